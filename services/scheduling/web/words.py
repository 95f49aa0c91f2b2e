"""How the board and the phones say things: where a job is, when it is due, why it has its priority, what waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from services.scheduling import store
from services.scheduling.domain import job as rules
from services.scheduling.domain.job import Job, Reason
from services.scheduling.domain.plan import TRIGGERS
from services.scheduling.domain.supervising import RETURN_REASONS
from services.scheduling.domain.what_if import WhatIf
from services.scheduling.web.depots import depot_name
from shared.calendar import london_date
from shared.contracts.codes import OUTCOMES
from shared.council import Council
from shared.errors import NotFound
from shared.geo.drawing import DrawnMap
from shared.service import ServiceContext
from shared.web.app import context
from shared.web.filters import LONDON, plain

CLOSE_ENOUGH_M = 120
"""A place further away than this does not name a spot."""

NO_PHOTO_WORDS: Mapping[str, str] = {
    "camera-broken": "The camera does not work",
    "unsafe-to-stop": "It was not safe to stop",
    "people-in-view": "There were people in view",
    "nothing-to-show": "There was nothing to show",
    "no-signal": "The photo could not be sent",
}
"""What a crew may choose. `other` is not among them: only a program that gave words of its own has it."""


SOLVER_WORDS: Mapping[str, str] = {
    "pyvrp": "PyVRP",
    "own-patch": "the rule of crews who know their patch",
    "present": "keeping to the present sheets, because the search found nothing better",
}
"""Who worked a plan out."""


class PlaceNames:
    """Names of spots from the council's gazetteer, looked up once per spot."""

    def __init__(self, council: Council) -> None:
        self._council = council
        self._near: dict[tuple[float, float], str | None] = {}

    def of(self, job: Job) -> str:
        """Return the name of the job's place, the place near it, or its neighbourhood."""
        if job.place_id is not None:
            try:
                return self._council.gazetteer.place(job.place_id).name
            except NotFound:
                pass  # the gazetteer has changed since
        spot = (job.lat, job.lon)
        if spot not in self._near:
            self._near[spot] = self._nearest(*spot)
        return self._near[spot] or self._council.neighbourhood(job.neighbourhood).name

    def _nearest(self, lat: float, lon: float) -> str | None:
        """Return the name of the nearest place, if it is near."""
        place = self._council.gazetteer.nearest(lat, lon, within_m=CLOSE_ENOUGH_M)
        return f"Near {place.name}" if place else None


def register(app: Flask, ctx: ServiceContext) -> None:
    """Give scheduling's templates their words."""
    places = PlaceNames(ctx.council)
    app.jinja_env.globals.update(
        place_name=places.of,
        job_what=lambda job: job_what(ctx.council, job),
        reason_words=lambda reason: reason_words(ctx.council, reason),
        due_words=due_words,
        waits_words=waits_words,
        cancel_words=cancel_words,
        returned_words=returned_words,
        clock_words=clock_words,
        map_paths=map_paths,
        no_photo_words=lambda code: NO_PHOTO_WORDS.get(code, "another reason, which a program gave"),
        trigger_words=lambda code: TRIGGERS.get(code, code),
        solver_words=lambda code: SOLVER_WORDS.get(code, code),
        what_if_words=lambda asked: what_if_words(context(), asked),
        depot_name=depot_name,
        site_name=lambda site_id: _name(ctx.council.sites, site_id),
        neighbourhood_name=lambda neighbourhood_id: _name(ctx.council.neighbourhoods, neighbourhood_id),
    )


def job_what(council: Council, job: Job) -> str:
    """Return what a job is about: a beat's name, the waste in plain words, or the name of its report's kind."""
    if job.title is not None:
        return job.title
    return plain("waste_type", job.waste_type) if job.is_waste else council.kind_of(job.report_kind).name


def reason_words(council: Council, reason: Reason) -> str:
    """Return the council's own explanation of a rule that applied; the code where the rule is gone."""
    for rule in council.assessment.rules:
        # Of a repeat the value says how often it was, which no rule lists.
        if rule.code == reason.rule and (
            reason.value is None or rule.field in ("any", "repeat") or reason.value in rule.values
        ):
            return rule.explanation
    return reason.rule.replace("-", " ").capitalize()


def due_words(deadline: datetime | None, now: datetime) -> str:
    """Return when a job is due as a supervisor says it: Overdue by 3 hours, Due today by 3:05pm, Due by Thu 19 Nov."""
    if deadline is None:
        return "No deadline yet"
    if deadline < now:
        return f"Overdue by {_span(now - deadline)}"
    local, days = deadline.astimezone(LONDON), (london_date(deadline) - london_date(now)).days
    clock = f"{local.hour % 12 or 12}{f':{local.minute:02}' if local.minute else ''}{'am' if local.hour < 12 else 'pm'}"
    if days == 0:
        return f"Due today by {clock}"
    if days == 1:
        return f"Due tomorrow by {clock}"
    return f"Due by {local:%a} {local.day} {local:%b}"


def waits_words(job: Job) -> str:
    """Return why a job waits."""
    code = job.waits_because or ""
    if code in rules.DEFER_REASONS:
        return rules.DEFER_REASONS[code]
    if code == rules.CAMPAIGN_DAY:
        return "Waits for its day in a campaign"
    return OUTCOMES[code].plain if code in OUTCOMES else code


def cancel_words(job: Job) -> str:
    """Return why a job was cancelled."""
    code = job.cancelled_because or ""
    if code == rules.NEXT_ROUND:
        return "Its next round has come"
    if code == rules.CAMPAIGN_OFF:
        return "Its campaign was called off"
    return rules.CANCEL_REASONS.get(code) or rules.FOLLOWED_REASONS.get(code, code)


def map_paths(drawn: DrawnMap, jobs: Sequence[Job], now: datetime) -> dict[str, str]:
    """Return where jobs are on a drawn map, one path for each kind of mark: 500 elements are slow to lay out."""
    found: dict[str, list[str]] = {}
    for job in jobs:
        shape = "open" if job.state in ("open", "deferred") else job.state
        kind = f"{shape} city-map__jobs--late" if job.is_overdue(now) else shape
        x, y = drawn.point(job.lat, job.lon)
        # A line of no length: its round or square ends are the mark.
        found.setdefault(kind, []).append(f"M{x:.0f} {y:.0f}h.1")
    return {kind: "".join(points) for kind, points in sorted(found.items())}


def now_words(ctx: ServiceContext, job: Job) -> str:
    """Return what a job is like now, for whoever has seen it otherwise: It is now with North 2, since 10:41am."""
    crew = store.crews(ctx.store).get(job.crew_id) if job.crew_id else None
    name = crew.name if crew else "nobody"
    if job.state == "assigned":
        at = f", since {clock_words(job.assigned_at)}" if job.assigned_at else ""
        said = f"It is now with {name}{at}"
    elif job.state == "started":
        at = f", since {clock_words(job.started_at)}" if job.started_at else ""
        said = f"{name} is now at work on it{at}"
    elif job.state == "deferred":
        said = f"It now waits: {waits_words(job)}"
    elif job.state == "cancelled":
        said = f"It is now cancelled: {cancel_words(job)}"
    else:
        said = {"open": "It is now open, with no crew", "completed": "It is now completed"}.get(job.state, job.state)
    return f"{said}{'; held for evidence' if job.held else ''}."


def returned_words(job: Job) -> str:
    """Return why the proof of a job was sent back."""
    return RETURN_REASONS.get(job.returned_because or "", job.returned_because or "")


def clock_words(at: datetime) -> str:
    """Return a time of the day: 9:05am."""
    local = at.astimezone(LONDON)
    return f"{local.hour % 12 or 12}:{local.minute:02}{'am' if local.hour < 12 else 'pm'}"


def what_if_words(ctx: ServiceContext, asked: WhatIf) -> str:
    """Return what was asked: Shifts 30 minutes earlier, without North street crew 1."""
    names = {crew.id: crew.name for crew in store.all_crews(ctx.store)}
    parts = []
    if asked.earlier_minutes:
        parts.append(f"shifts {asked.earlier_minutes} minutes earlier")
    if asked.extra_like:
        parts.append(f"one more crew like {names.get(asked.extra_like, asked.extra_like)}")
    if asked.without:
        parts.append(f"without {names.get(asked.without, asked.without)}")
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


def _span(span: timedelta) -> str:
    """Return a span of time in its largest whole unit: 25 minutes, 3 hours, 2 days."""
    minutes = int(span.total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"


def _name(items: Any, item_id: str) -> str:
    """Return the name of a configured thing; its id where it is gone."""
    return next((str(item.name) for item in items if item.id == item_id), item_id)
