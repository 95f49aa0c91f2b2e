"""What the crew's pages share: whose they are, addresses that keep the crew a supervisor looks at, and sending a form.

A crew is who it is signed in as (scope `crew_id`); a supervisor may look at, and act for, any crew by `?crew=`.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from services.scheduling import store
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.phone import Act
from services.scheduling.web import access, actions
from services.scheduling.web.actions import Incomplete, Said
from services.scheduling.web.words import NO_PHOTO_WORDS
from shared.contracts.codes import LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES
from shared.errors import DomainError, Forbidden, NotFound
from shared.web.app import context
from shared.web.auth import signed_in_user
from shared.web.forms import FormErrors, errors_of

Page = str | Response | tuple[str, int]
"""What a view that takes a form answers with: the next page, or the same one with what is wrong and 400."""


def this_crew() -> Crew | None:
    """Return the crew that the user is, or that a supervisor has chosen."""
    user, ctx = signed_in_user(), context()
    crew_id = access.crew_of(user) or (request.values.get("crew") if access.is_supervisor(user) else None)
    return store.crews(ctx.store).get(crew_id) if crew_id else None


def required_crew() -> Crew:
    """Return the crew; raises `DomainError` for a supervisor who has chosen none."""
    crew = this_crew()
    if crew is None:
        raise DomainError("Choose a crew first.", field="crew")
    return crew


def crew_url(endpoint: str, **values: Any) -> str:
    """Return the address of a crew page, with the crew that a supervisor looks at."""
    return url_for(endpoint, **{**values, **_chosen()})


def vehicle_of(crew: Crew) -> Vehicle:
    """Return the crew's vehicle; raises `DomainError` for a crew without one."""
    vehicle = store.vehicles(context().store).get(crew.vehicle_id or "")
    if vehicle is None:
        raise DomainError("Your crew has no vehicle today. Ask your supervisor.", field="site_id")
    return vehicle


def send(take: Callable[[Act, str], Said], crew: Crew, job_id: str, again: Callable[[FormErrors], str]) -> Page:
    """Take this request's form and go on, or show the page again with what is wrong with it."""
    try:
        told = take(actions.act_now(crew), job_id)
    except Incomplete as refusal:
        return again(refusal.errors), 400
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        return again(errors_of(refusal)), 400
    if told.words:
        flash(told.words, "important")
    chosen = _chosen()
    return redirect(f"{told.next}?{urlencode(chosen)}" if chosen else told.next, 303)


def choices() -> Mapping[str, Any]:
    """Return the codes of the crew's forms in plain words."""
    return {
        "outcomes": [(code, words.plain) for code, words in OUTCOMES.items()],
        "waste_types": [(code, words.plain) for code, words in WASTE_TYPES.items()],
        "land_types": [(code, words.plain) for code, words in LAND_TYPES.items()],
        "sizes": [(code, words.plain) for code, words in SIZES.items()],
        "no_photo_reasons": list(NO_PHOTO_WORDS.items()),
    }


def _chosen() -> dict[str, str]:
    """Return the crew that a supervisor looks at, as a query."""
    chosen = request.values.get("crew")
    return {"crew": chosen} if chosen else {}
