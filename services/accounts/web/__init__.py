"""The web process of accounts: signing in and out, one's own account, administration, and statements."""

from flask import Flask

from services.accounts.web import about, api, credentials, demonstration, oidc, own, signing_in, staff
from shared.service import ServiceContext
from shared.web.app import create_app as create_service_app


def create_app(ctx: ServiceContext) -> Flask:
    """Return the app of accounts."""
    pages = [signing_in.bp, oidc.bp, own.bp, staff.bp, credentials.bp, about.bp]
    app = create_service_app(
        ctx,
        package=__name__,
        pages=[*pages, demonstration.bp] if ctx.settings.demo else pages,
        apis=[api.bp],
        title="Streetscene accounts",
    )
    oidc.register(app, ctx)
    return app
