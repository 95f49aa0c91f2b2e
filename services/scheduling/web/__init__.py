"""The web process of scheduling: the dispatch board, the crews' phones, and the JSON API."""

from flask import Flask

from services.scheduling.live import LiveRounds
from services.scheduling.web import (
    campaigns,
    crew,
    crew_day,
    day_end,
    from_crews,
    job_page,
    parts,
    phone,
    register,
    rounds,
    what_ifs,
    words,
)
from services.scheduling.web.api import api
from shared.service import ServiceContext
from shared.web.app import create_app as create_service_app


def create_app(ctx: ServiceContext) -> Flask:
    """Return scheduling's WSGI app."""
    app = create_service_app(
        ctx,
        package=__name__,
        pages=(
            job_page.bp,
            rounds.bp,
            crew.bp,
            crew_day.bp,
            day_end.bp,
            campaigns.bp,
            phone.bp,
            from_crews.bp,
            what_ifs.bp,
            register.bp,
        ),
        apis=(api,),
        title="Streetscene scheduling",
    )
    app.extensions[parts.EXTENSION] = LiveRounds()
    app.extensions[parts.KEPT_EXTENSION] = parts.KeptParts()
    words.register(app, ctx)
    app.jinja_env.globals.update(campaign_state=campaigns.state_words)
    return app
