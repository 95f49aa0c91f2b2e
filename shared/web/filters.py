"""How templates show time, weight, money and codes, and what they may use without importing it.

Aware UTC comes in, Europe/London goes out; integer kilograms and pence come in, words go out.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from markupsafe import Markup
from werkzeug.exceptions import Unauthorized

from shared import texts
from shared.clock import machine_now
from shared.contracts import codes
from shared.errors import StoreUnavailable
from shared.ids import new_id
from shared.service import ServiceContext
from shared.web import assets, navigation
from shared.web.auth import current_user
from shared.web.identity import User

LONDON = ZoneInfo("Europe/London")
NO_VALUE = "–"

STATE_WORDS: Mapping[str, Mapping[str, str]] = {
    "report": {
        "submitted": "Received",
        "assessed": "Assessed",
        "scheduled": "Scheduled",
        "in-progress": "In progress",
        "closed": "Closed",
        "referred": "Referred",
    },
    "closure": {
        "cleared": "Cleared",
        "already-cleared": "Already cleared",
        "not-found": "Nothing found",
        "no-action": "No action needed",
        "not-ours": "Not the council’s",
        "duplicate": "Reported before",
        "referred": "Passed on",
    },
    "job": {
        "open": "To assign",
        "assigned": "Assigned",
        "started": "Started",
        "completed": "Completed",
        "deferred": "Waiting",
        "cancelled": "Cancelled",
    },
    "ticket": {"recorded": "Recorded", "voided": "Voided"},
    "case": {
        "opened": "Opened",
        "evidence": "Evidence secured",
        "decision": "Decision",
        "notice": "Notice given",
        "closed": "Closed",
    },
    "notice": {
        "draft": "Draft",
        "issued": "Issued",
        "served": "Served",
        "paid": "Paid",
        "cancelled": "Cancelled",
        "withdrawn": "Withdrawn",
        "escalated": "Escalated",
        "overdue": "Overdue",
    },
    "channel": {
        "web": "Web form",
        "open311": "Open311",
        "contact-centre": "Contact centre",
        "crew": "Found by a crew",
    },
    "user": {"active": "Active", "inactive": "Switched off"},
    "credential": {"active": "Active", "expired": "Run out", "revoked": "Revoked"},
    "sign-in": {"accepted": "Signed in", "refused": "Refused"},
}

STATE_COLOURS: Mapping[str, str] = {
    "submitted": "blue",
    "assessed": "blue",
    "open": "blue",
    "opened": "blue",
    "draft": "grey",
    "evidence": "purple",
    "decision": "purple",
    "scheduled": "teal",
    "assigned": "teal",
    "issued": "teal",
    "notice": "teal",
    "served": "turquoise",
    "recorded": "turquoise",
    "in-progress": "yellow",
    "started": "yellow",
    "deferred": "orange",
    "referred": "orange",
    "overdue": "red",
    "escalated": "red",
    "closed": "green",
    "cleared": "green",
    "already-cleared": "green",
    "completed": "green",
    "paid": "green",
    "active": "green",
    "accepted": "green",
    "refused": "orange",
}
"""Colours only repeat what the words say."""

SENTENCE_END = re.compile(r"[.?!]\s")

CODES: Mapping[str, Mapping[Any, codes.Code]] = {
    "waste_type": codes.WASTE_TYPES,
    "land_type": codes.LAND_TYPES,
    "size": codes.SIZES,
    "outcome": codes.OUTCOMES,
}


def register(app: Flask, ctx: ServiceContext) -> None:
    """Give the app's templates their filters and globals."""
    app.jinja_env.filters.update(
        local_time=local_time,
        local_date=local_date,
        local_weekday=local_weekday,
        local_clock=local_clock,
        machine_time=machine_time,
        kg=kg,
        tonnes=tonnes,
        pounds=pounds,
        as_error=as_error,
        plain=lambda code, kind: plain(kind, code),
        official=lambda code, kind: official(kind, code),
    )
    app.jinja_env.globals.update(
        council=ctx.council,
        static_url=assets.static_url,
        council_stylesheet_url=assets.council_stylesheet_url(ctx.council),
        plain=plain,
        official=official,
        state_words=state_words,
        state_colour=state_colour,
        idempotency_field=idempotency_field,
        is_demo=ctx.settings.demo,
        is_current=navigation.is_current,
        public_url=ctx.settings.public_url,
    )
    app.context_processor(_of_this_request)


def local_time(instant: datetime | None) -> Markup | str:
    """Return an instant as people say it in London, in a `<time>` element: 2 November 2026 at 3:05pm."""
    if instant is None:
        return NO_VALUE
    local = instant.astimezone(LONDON)
    words = texts.gettext("%(date)s at %(time)s", date=texts.date_words(local.date()), time=clock(local))
    return _time_element(instant, words)


def local_clock(instant: datetime | None) -> Markup | str:
    """Return the time of day of an instant in London: 3:05pm."""
    return NO_VALUE if instant is None else _time_element(instant, clock(instant.astimezone(LONDON)))


def local_date(when: datetime | date | None) -> Markup | str:
    """Return a date, or the London date of an instant: 2 November 2026."""
    if when is None:
        return NO_VALUE
    if isinstance(when, datetime):
        local = when.astimezone(LONDON)
        return _time_element(when, texts.date_words(local.date()))
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), texts.date_words(when))


def local_weekday(day: date) -> Markup:
    """Return a day that people plan by, with its day of the week: Monday 2 November 2026."""
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), texts.weekday_words(day))


def machine_time(instant: datetime) -> str:
    """Return an instant for scripts and attributes: ISO 8601 in UTC."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def kg(kilograms: int | None) -> str:
    """Return a weight in kilograms: 1,200 kg."""
    return NO_VALUE if kilograms is None else f"{kilograms:,} kg"


def tonnes(kilograms: int | None) -> str:
    """Return a weight in tonnes to two places: 1.20 tonnes."""
    return NO_VALUE if kilograms is None else f"{kilograms / 1000:,.2f} tonnes"


def pounds(pence: int | None) -> str:
    """Return an amount of pence in pounds: £400, £1,000.50."""
    if pence is None:
        return NO_VALUE
    sign, whole, rest = ("−" if pence < 0 else ""), abs(pence) // 100, abs(pence) % 100
    return f"{sign}£{whole:,}.{rest:02}" if rest else f"{sign}£{whole:,}"


def plain(kind: str, code: Any) -> str:
    """Return a code in plain words: of `waste_type`, `land_type`, `size`, `outcome`, `priority`, `role` or a state."""
    if code is None or code == "":
        return NO_VALUE
    if kind in CODES:
        known = CODES[kind].get(code)
        return known.plain if known else str(code)
    if kind == "priority":
        return codes.PRIORITIES.get(code, str(code))
    if kind == "role":
        return codes.ROLES.get(code, str(code))
    return state_words(kind, code)


def official(kind: str, code: Any) -> str:
    """Return the official name of a code, as the statutory return prints it; the plain words where there is none."""
    known = CODES.get(kind, {}).get(code)
    return known.official if known else plain(kind, code)


def state_words(kind: str, state: str) -> str:
    """Return what people read for a state of a report, closure, job, ticket, case, notice, channel or user."""
    return STATE_WORDS.get(kind, {}).get(state, str(state).replace("-", " ").capitalize())


def as_error(message: str) -> str:
    """Return a message as it stands beside its field: a single sentence without its full stop, as on GOV.UK."""
    sentence = message.removesuffix(".")
    return message if SENTENCE_END.search(sentence) else sentence


def state_colour(state: str) -> str:
    """Return the tag colour of a state."""
    return STATE_COLOURS.get(state, "grey")


def idempotency_field() -> Markup:
    """Return the hidden field that makes sending a form twice the same as sending it once."""
    key = request.form.get("idempotency_key") or new_id()
    return Markup('<input type="hidden" name="idempotency_key" value="{}">').format(key)


def _of_this_request() -> dict[str, Any]:
    """Return what templates see of the request; an error page is drawn even when the store can't say who this is."""
    user: User | None
    try:
        user = current_user()
    except (StoreUnavailable, Unauthorized):
        user = g.streetscene_user = None
    return {"user": user, "places": navigation.places_for(user), "now": machine_now()}


def clock(local: datetime | time) -> str:
    """Return a local time of day as GOV.UK writes it: 3:05pm, 9am, midday, midnight."""
    if not texts.locale().startswith("en"):
        return texts.time_words(local)
    if local.minute == 0 and local.hour in {0, 12}:
        return "midnight" if local.hour == 0 else "midday"
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{hour}{minutes}{'am' if local.hour < 12 else 'pm'}"


def _time_element(instant: datetime, words: str) -> Markup:
    """Return words in a `<time>` element that keeps the exact instant."""
    return Markup('<time datetime="{}">{}</time>').format(machine_time(instant), words)
