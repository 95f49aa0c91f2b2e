"""The web app of operations. A stream process serves the same app; the proxy sends it the stream's address only."""

from flask import Flask

from services.operations.web import api, open_data, pages
from shared.service import ServiceContext
from shared.web.app import create_app as create_base


def create_app(ctx: ServiceContext) -> Flask:
    """Return the app over its service's context."""
    return create_base(
        ctx, package=__name__, pages=[pages.bp, open_data.bp], apis=[api.api], title="Streetscene operations"
    )
