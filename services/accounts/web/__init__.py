"""The web process of accounts: signing in and out, one's own account, administration, and statements."""

from flask import Flask

from services.accounts.web import about, api, credentials, demonstration, own, signing_in, staff
from shared.service import ServiceContext
from shared.web.app import create_app as create_service_app


def create_app(ctx: ServiceContext) -> Flask:
    """Return the app of accounts."""
    pages = [signing_in.bp, own.bp, staff.bp, credentials.bp, about.bp]
    return create_service_app(
        ctx,
        package=__name__,
        pages=[*pages, demonstration.bp] if ctx.settings.demo else pages,
        apis=[api.bp],
        title="Streetscene accounts",
    )
