"""The web process of reports: residents' pages, the desk, the JSON API and Open311."""

from flask import Flask

from services.reports.web import (
    api,
    area,
    complaints,
    contact_centre,
    decisions,
    form,
    letters,
    looks,
    messages,
    open311,
    pages,
    pin,
    queue,
    redacting,
    streets,
    triage,
    walkabout,
)
from shared.service import ServiceContext
from shared.web.app import create_app as create_base_app

DESK_VIEWS = (queue, decisions, letters, redacting)
"""Modules that put their views on the desk’s blueprint when they are imported."""


def create_app(ctx: ServiceContext) -> Flask:
    """Return the app over the service's context."""
    app = create_base_app(
        ctx,
        package="services.reports.web",
        pages=(
            pin.bp,
            streets.bp,
            form.bp,
            triage.bp,
            contact_centre.bp,
            complaints.bp,
            looks.bp,
            area.bp,
            walkabout.bp,
            messages.bp,
            *open311.BLUEPRINTS,
            pages.bp,
        ),
        apis=(api.bp,),
        title="Reports",
    )
    open311.register_errors(app)
    looks.register(app)
    return app
