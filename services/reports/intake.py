"""How a report comes to be: from a resident's form, Open311, or a crew that cleared a tip nobody had reported.

Accepting a report is one insert. Its idempotency key is a unique field of the report itself, so the same submission
sent twice over a bad line finds the report of the first time, whatever happened in between.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from services.reports.domain import report as rules
from services.reports.domain.answers import check_answers
from services.reports.domain.assessment import AppliedRule, conclude
from services.reports.domain.entries import stretches
from services.reports.domain.jobs import JobNews, follow_job
from services.reports.domain.private import Private
from services.reports.domain.referral import hand_over
from services.reports.domain.report import Assessment, Change, Place, Report
from services.reports.domain.steps import noted_steps
from services.reports.domain.submission import Submission, check_codes, hazards_of
from services.reports.domain.typed import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    PLACE_TEXT_LIMIT,
    clean_email,
    clean_partner_id,
    clean_phone,
    clean_text,
    clean_url,
)
from services.reports.forecast import forecast_day
from services.reports.partners import referral_to
from services.reports.repeats import times_at
from services.reports.store import reports
from services.reports.witness import seal_account
from shared.calendar import add_working_time, deadline_after_pauses, london_date
from shared.contracts.envelope import Cause
from shared.council import Kind
from shared.council.gazetteer import PlaceKind
from shared.council.kinds import CODED
from shared.errors import DomainError, Duplicate
from shared.geo import to_grid
from shared.ids import new_id, public_reference
from shared.service import ServiceContext
from shared.texts import gettext

COARSE_LAT, COARSE_LON = 0.002, 0.003
"""About 220 by 200 m in England: how finely a home is shown that has no named street near by."""

STREETS: tuple[PlaceKind, ...] = ("street",)
ATTEMPTS = 3
"""Ids to try before giving up: two reports drawing the same reference even once is a matter of centuries."""


def accept_report(
    ctx: ServiceContext, submission: Submission, *, idempotency_key: str, cause: Cause | None = None
) -> Report:
    """Store a new report, assessed if its waste type is known; the same key again returns the report of before.

    Raises:
        DomainError: something in the submission is wrong, or the place is outside the council's area.
    """
    try:
        return _accept(ctx, submission, idempotency_key, cause or Cause())
    except (DomainError, Duplicate):
        # Asked only now, because hardly anything is sent twice. What was accepted once stays accepted, whatever has
        # become wrong with it since: "today" may be yesterday by the time a phone gets through.
        known = _known(ctx, idempotency_key)
        if known is None:
            raise
        return known


def _known(ctx: ServiceContext, idempotency_key: str) -> Report | None:
    """Return the report that was accepted under a key before."""
    return reports(ctx.store).find_one({"idempotency_key": idempotency_key})


def _accept(ctx: ServiceContext, submission: Submission, idempotency_key: str, cause: Cause) -> Report:
    """Store a new report; raises `DomainError` for what is wrong, `Duplicate` for a key that is known."""
    now = ctx.clock.now()
    check_codes(submission, today=london_date(now))
    kind = ctx.council.kind(submission.kind)
    exact = locate(ctx, lat=submission.lat, lon=submission.lon, place_id=submission.place_id, at=now)
    if submission.is_street_only:
        exact = replace(exact, place_precision="street")
    place = shown_place(ctx, exact, kind)
    private = _private(submission, kind, exact if place != exact else None, today=london_date(now))
    hazards = hazards_of(submission.waste_type, submission.hazards, submission.other_waste_types)
    if submission.witness is not None and _known(ctx, idempotency_key) is not None:
        # Only here asked first: a parcel that nobody names would lie in enforcement's hands for nothing.
        raise Duplicate("reports", idempotency_key)
    for _ in range(ATTEMPTS):
        report_id = new_id()
        draft = Report(
            id=report_id,
            reference=public_reference(report_id, kind.prefix),
            idempotency_key=idempotency_key,
            kind=kind.code,
            channel=submission.channel,
            state="submitted",
            reported_at=now,
            place=place,
            private=private,
            hazards=hazards,
            waste_type=submission.waste_type,
            other_waste_types=submission.other_waste_types,
            land_type=submission.land_type,
            size=submission.size,
            happened_on=submission.happened_on,
            names_suspect=submission.witness is not None and submission.witness.names_suspect,
        )
        accepted, facts = _begun(ctx, draft, kind, at=now)
        if submission.witness is not None:
            parcel_key = seal_account(ctx, accepted, submission.witness, at=now)
            accepted, more = rules.flag_evidence(accepted, clue="witness", parcel_key=parcel_key)
            facts = facts + more
        try:
            return reports(ctx.store).add(accepted, facts, at=now, cause=cause)
        except Duplicate:
            if _known(ctx, idempotency_key) is not None:
                raise
    raise DomainError("Your report could not be given a reference. Please try again.")


def _begun(ctx: ServiceContext, draft: Report, kind: Kind, *, at: datetime) -> Change:
    """Return a new report as it starts: assessed where that is possible, or with the partner for its kind."""
    accepted, facts = rules.submit(draft, first_assessment(ctx, draft, at=at), at=at)
    if kind.referral is None:
        return accepted, facts
    # Nobody asks what came of it, so there is no day to answer by.
    referral = replace(referral_to(ctx, kind.referral.to, at=at), answer_by=None)
    passed_on, more = hand_over(accepted, referral, at=at)
    return passed_on, facts + more


def first_assessment(ctx: ServiceContext, report: Report, *, at: datetime) -> Assessment | None:
    """Return what the rules make of a report that nobody has looked at; None where somebody must look first.

    That is waste of which the type is not known, and whatever is not the council's to deal with.
    """
    kind = ctx.council.kind_of(report.kind)
    if kind.referral is not None or (kind.is_waste and report.waste_type is None):
        return None
    return assessment_of(ctx, report, at=at)


def accept_found_tip(ctx: ServiceContext, state: Mapping[str, Any], *, sequence: int, cause: Cause) -> Report:
    """Store the report of a tip that a crew found, under the id and reference that its job was given.

    Any event of the job will do: its state says everything, so that news that overtakes the job's creation is not lost.
    """
    now = ctx.clock.now()
    found_at: datetime = state["created_at"]
    draft = Report(
        id=state["report_id"],
        reference=state["reference"],
        idempotency_key=f"crew:{state['report_id']}",
        kind="fly-tipping",
        channel="crew",
        state="submitted",
        reported_at=found_at,
        place=Place(
            lat=state["lat"],
            lon=state["lon"],
            easting=round(to_grid(state["lat"], state["lon"])[0]),
            northing=round(to_grid(state["lat"], state["lon"])[1]),
            place_precision="exact",
            place_id=nearest_place(ctx, state["lat"], state["lon"]),
            ward=state["ward"],
            neighbourhood=state["neighbourhood"],
        ),
        private=Private(),
        hazards=hazards_of(state["waste_type"], ()),
        waste_type=state["waste_type"],
        land_type=state["land_type"],
        size=state["size"],
        happened_on=london_date(found_at),
    )
    # A crew has looked at it, so it is assessed even where the waste could not be told.
    accepted, facts = rules.submit(draft, assessment_of(ctx, draft, at=found_at), at=found_at)
    followed, more = follow_job(accepted, job_news(state, at=now, sequence=sequence))
    known = replace(followed, history=noted_steps(followed.history, 0, at=now))
    return reports(ctx.store).add(known, facts + more, at=now, cause=cause)


def job_news(state: Mapping[str, Any], *, at: datetime, sequence: int) -> JobNews:
    """Return what a report follows of a job's public state."""
    return JobNews(
        job_id=state["job_id"],
        visit=state["visit"],
        state=state["state"],
        outcome=state["outcome"],
        at=(state["completed_at"] if state["state"] == "completed" else None) or at,
        sequence=sequence,
        part_of=state["part_of"],
        parts=tuple(state["parts"]),
    )


def assessment_of(
    ctx: ServiceContext,
    report: Report,
    *,
    at: datetime,
    waste_type: str | None = None,
    land_type: str | None = None,
    size: str | None = None,
    hazards: tuple[str, ...] | None = None,
) -> Assessment:
    """Return what the council's rules make of a report, or of what staff now say about it, counted from `at`."""
    kind, place = ctx.council.kind_of(report.kind), report.place
    around = ctx.council.landmarks.near(place.lat, place.lon) if place.place_precision == "exact" else {}
    times_here = times_at(ctx, place, kind, before=report.reported_at, but=report.id)
    applying = ctx.council.assessment.applying(
        waste_type=waste_type or report.waste_type,
        land_type=land_type or report.land_type,
        size=size or report.size,
        hazards=report.hazards if hazards is None else hazards,
        kind=report.kind,
        answers={answer.code: answer.values for answer in report.private.answers},
        near={sort: metres for sort, (metres, _) in around.items()},
        times_here=times_here,
    )
    concluded = conclude(
        [
            AppliedRule(
                code=found.rule.code,
                value=found.value,
                priority=found.rule.priority,
                deadline=add_working_time(
                    at,
                    working_days=found.rule.working_days,
                    hours=found.rule.working_hours,
                    working=ctx.council.working_time,
                ),
            )
            for found in applying
        ]
    )
    return replace(
        concluded,
        deadline=deadline_after_pauses(concluded.deadline, stretches(report.pauses), ctx.council.working_time),
        promised_on=forecast_day(ctx, report, priority=concluded.priority, since=at),
        due_by_rule=concluded.deadline,
        counted_from=at,
        times_here=times_here,
    )


def locate(ctx: ServiceContext, *, lat: float, lon: float, place_id: str | None, at: datetime) -> Place:
    """Return the structured place of a point; raises `DomainError` outside the council's area."""
    location = ctx.council.locate(lat, lon, london_date(at)) if -90 <= lat <= 90 and -180 <= lon <= 180 else None
    if location is None:
        swapped = ctx.council.locate(lon, lat, london_date(at)) if -90 <= lon <= 90 else None
        hint = " " + gettext("Are latitude and longitude the wrong way round?") if swapped else ""
        raise DomainError(_outside(ctx, lat, lon, at) + hint, field="place", rule="area")
    easting, northing = to_grid(lat, lon)
    return Place(
        lat=round(lat, 6),
        lon=round(lon, 6),
        easting=round(easting),
        northing=round(northing),
        place_precision="exact",
        place_id=_named_place(ctx, lat, lon, place_id),
        ward=location.ward,
        neighbourhood=location.neighbourhood,
    )


def _outside(ctx: ServiceContext, lat: float, lon: float, at: datetime) -> str:
    """Return what is said of a place outside the council's area: whose it is, where that is known."""
    council = ctx.council
    is_on_earth = -90 <= lat <= 90 and -180 <= lon <= 180
    neighbour = council.neighbour_at(lat, lon, london_date(at)) if is_on_earth else None
    if neighbour is None:
        return gettext("This place is outside %(council)s’s area, so we can’t clear it.", council=council.name)
    return gettext(
        "This place is outside %(council)s’s area, so we can’t clear it. It is in the area of %(neighbour)s: report it"
        " to them at %(address)s",
        council=council.name,
        neighbour=neighbour.name,
        address=neighbour.url,
    )


def _named_place(ctx: ServiceContext, lat: float, lon: float, place_id: str | None) -> str | None:
    """Return the place by which the report is known: the chosen one, unless that is a postcode, or the nearest."""
    gazetteer = ctx.council.gazetteer
    named = gazetteer.named_by(gazetteer.place(place_id)) if place_id else None
    return named.id if named else nearest_place(ctx, lat, lon)


def nearest_place(ctx: ServiceContext, lat: float, lon: float) -> str | None:
    """Return the place of the gazetteer that a position is at or next to, to name it by; None where there is none."""
    place = ctx.council.gazetteer.nearest(lat, lon)
    return place.id if place else None


def shown_place(ctx: ServiceContext, exact: Place, kind: Kind) -> Place:
    """Return the place as finely as reports of a kind show it: the spot, or for a home the middle of its street.

    Ward and neighbourhood stay those of the spot. Where the gazetteer has no street near by, the coordinates are
    rounded to about 200 m, and name nothing.
    """
    if kind.place_precision == "exact":
        return exact
    street = ctx.council.gazetteer.nearest(exact.lat, exact.lon, kinds=STREETS)
    if street is not None:
        lat, lon = street.lat, street.lon
    else:
        lat, lon = round(exact.lat / COARSE_LAT) * COARSE_LAT, round(exact.lon / COARSE_LON) * COARSE_LON
    easting, northing = to_grid(lat, lon)
    return replace(
        exact,
        lat=round(lat, 6),
        lon=round(lon, 6),
        easting=round(easting),
        northing=round(northing),
        place_precision="street",
        place_id=street.id if street else None,
    )


def _private(submission: Submission, kind: Kind, spot: Place | None, *, today: date) -> Private:
    """Return what a person told us, cleaned and within bounds; the spot where the report itself has only the street."""
    _check_coded(submission, kind)
    return Private(
        name=clean_text(submission.name, NAME_LIMIT, one_line=True),
        email=clean_email(submission.email),
        phone=clean_phone(submission.phone),
        description=clean_text(submission.description, DESCRIPTION_LIMIT),
        place_text=clean_text(submission.place_text, PLACE_TEXT_LIMIT),
        answers=check_answers(kind, submission.answers, today=today),
        lat=spot.lat if spot else None,
        lon=spot.lon if spot else None,
        media_urls=tuple(address for url in submission.media_urls if (address := clean_url(url))),
        partner_id=clean_partner_id(submission.partner_id),
        photos=submission.photos,
        taken_by=submission.agent_id,
    )


def _check_coded(submission: Submission, kind: Kind) -> None:
    """Raise `DomainError` where the kind insists on one of the shared codes and the submission has none."""
    for code in CODED:
        attribute = kind.attribute(code)
        if attribute is not None and attribute.required and getattr(submission, code) is None:
            raise DomainError(f"{attribute.question} An answer is needed.", field=code, rule="required")
