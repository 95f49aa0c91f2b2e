"""The web app of tonnage: figures and tickets for waste officers, and the JSON API."""

from flask import Flask

from services.tonnage.web import api, forms, pages
from shared.service import ServiceContext
from shared.web.app import create_app as create_base


def create_app(ctx: ServiceContext) -> Flask:
    """Return the app over its service's context."""
    return create_base(ctx, package=__name__, pages=[pages.bp, forms.bp], apis=[api.bp], title="Streetscene tonnage")
