"""The web app of enforcement: officers' cases and notices, the page of whoever received one, and the JSON API."""

from flask import Flask

from services.enforcement.web import api, cases, notices, public
from shared.service import ServiceContext
from shared.web.app import create_app as create_base


def create_app(ctx: ServiceContext) -> Flask:
    """Return the app over its service's context."""
    return create_base(
        ctx,
        package=__name__,
        pages=[cases.bp, notices.bp, public.bp],
        apis=[api.bp],
        title="Streetscene enforcement",
    )
