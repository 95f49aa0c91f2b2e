"""Service requests of GeoReport v2: posting one, finding those of a token, an id or a span of time."""

import functools
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from flask import Blueprint, Response, request

from services.reports.domain.report import Report
from services.reports.domain.statuses import status_of, updates_of
from services.reports.domain.submission import Submission
from services.reports.domain.typed import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    PLACE_TEXT_LIMIT,
    clean_email,
    clean_phone,
    clean_text,
)
from services.reports.intake import accept_report
from services.reports.store import NEWEST_FIRST, by_reference, reports
from services.reports.web.open311 import parameters
from services.reports.web.open311.formats import FORMATS, listed, w3c
from services.reports.web.open311.parameters import Faults, Fields, Where, separated
from services.reports.words import place_words, reason_sentences, reasons, standing, step_words
from shared.calendar import london_date
from shared.council import Kind
from shared.council.kinds import CODED
from shared.errors import DomainError, NotFound
from shared.ids import derived_id, new_id
from shared.store import Range
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, policy, without_cookies
from shared.web.idempotency import HEADER
from shared.web.limits import limited

bp = Blueprint("open311_requests", __name__, url_prefix="/open311/v2")

SPAN_DAYS = 90
MOST_REQUESTS = 1_000
"""The specification's own bounds of a query: 90 days, or the first 1,000 requests."""

MOST_IDS = 100
PAGE = 200
REMEMBERED_DAYS = 100
STATUSES = ("open", "closed")
KEYED_LIMIT = "300 per minute; 6000 per hour"
"""One address may be an app for the whole city; its key can be revoked."""

LISTED_LIMIT = "60 per minute; 1200 per hour"
"""A list may hold a quarter of a year, and anybody may ask for it; a program that follows us asks every few minutes."""


@bp.post(f"/requests.{FORMATS}")
@policy(PUBLIC)
@without_cookies
@limited(KEYED_LIMIT)
def submit(kind: str) -> Response:
    """Take a report; what a caller sends twice is one report, and `service_request_id` the same."""
    key_id = parameters.caller()
    sent, faults = parameters.fields(), Faults()
    service = parameters.named(sent["service_code"], faults)
    submission = _submission(service, sent, faults) if service else None
    account_id = parameters.identifier(sent, "account_id", faults)
    faults.tell()
    if submission is None:  # a missing service is a fault, which has been told
        raise DomainError("service_code was not provided", field="service_code")
    report = accept_report(context(), submission, idempotency_key=_key(key_id, submission), cause=cause())
    answer = {
        "service_request_id": report.reference,
        "service_notice": _notice(report),
        "account_id": account_id or None,
    }
    return listed(kind, "service_requests", "request", [answer])


@bp.get(f"/tokens/<token>.{FORMATS}")
@policy(PUBLIC)
def by_token(token: str, kind: str) -> Response:
    """Give the id of a report by the `Idempotency-Key` that its sender chose: it may never have got our answer.

    A token is its sender's own, so that without the sender's api key there is none.
    """
    known = {"idempotency_key": _sent_key(parameters.caller(), token)} if request.args.get("api_key") else None
    report = reports(context().store).find_one(known) if known else None
    if report is None:
        raise NotFound("token was not found")
    return listed(kind, "service_requests", "request", [{"service_request_id": report.reference, "token": token}])


@bp.get(f"/requests/<reference>.{FORMATS}")
@policy(PUBLIC)
def one_request(reference: str, kind: str) -> Response:
    """Give the state of one report."""
    try:
        report = by_reference(context().store, reference)
    except NotFound:
        raise NotFound("service_request_id was not found") from None
    return listed(kind, "service_requests", "request", [_request(report)])


@bp.get(f"/requests.{FORMATS}")
@policy(PUBLIC)
@limited(LISTED_LIMIT, methods=("GET",))
def list_requests(kind: str) -> Response:
    """List reports by ids, or those of a span of at most 90 days, newest first, at most 1,000."""
    wanted = separated("service_request_id")
    found = _by_ids(wanted) if wanted else _by_span()
    return listed(kind, "service_requests", "request", [_request(report) for report in found])


def _submission(service: Kind, sent: Fields, faults: Faults) -> Submission | None:
    """Return what the caller reports; None where it is faulty in what a report can't be without."""
    place = parameters.where(sent, faults)
    answers = parameters.attributes(service, faults)
    # Checked here too, so that all that is wrong is told together; intake has the last word.
    for name, check in (
        ("description", lambda text: clean_text(text, DESCRIPTION_LIMIT)),
        ("address_string", lambda text: clean_text(text, PLACE_TEXT_LIMIT)),
        ("email", clean_email),
        ("phone", clean_phone),
    ):
        with faults.collected(name):
            check(sent[name])
    with faults.collected("first_name"):
        clean_text(parameters.full_name(sent), NAME_LIMIT, one_line=True)
    pictures = parameters.pictures(faults)
    parameters.identifier(sent, "device_id", faults)
    return _made(service, sent, place, answers, pictures) if place else None


def _made(
    service: Kind, sent: Fields, place: Where, answers: Mapping[str, tuple[str, ...]], pictures: tuple[str, ...]
) -> Submission:
    """Return the submission of parameters that were read."""
    coded: dict[str, Any] = {code: next(iter(answers.get(code, ())), None) for code in CODED}
    return Submission(
        channel="open311",
        kind=service.code,
        lat=place.lat,
        lon=place.lon,
        place_id=place.place_id,
        is_street_only=place.is_street,
        **coded,
        answers={code: values for code, values in answers.items() if code not in CODED},
        place_text=sent["address_string"],
        description=sent["description"],
        name=parameters.full_name(sent),
        email=sent["email"],
        phone=sent["phone"],
        media_urls=pictures,
        partner_id=sent["attribute[fixmystreet_id]"] or None,
    )


def _key(key_id: str, submission: Submission) -> str:
    """Return the key under which the report is accepted once: the caller's own, or what FixMyStreet calls the problem.

    There, a problem that was put into another category is sent again and is another report.
    """
    sent = request.headers.get(HEADER)
    if sent:
        return _sent_key(key_id, sent)
    if submission.partner_id:
        return f"open311:{derived_id('open311-partner', key_id, submission.kind, submission.partner_id)}"
    return f"open311:{new_id()}"


def _sent_key(key_id: str, sent: str) -> str:
    """Return the key of a report that was sent with an `Idempotency-Key`."""
    return f"open311:{derived_id('open311', key_id, sent)}"


def _by_ids(wanted: list[str]) -> list[Report]:
    """Return the reports of a list of references, leaving out those that are not known."""
    if len(wanted) > MOST_IDS:
        raise DomainError(f"service_request_id may list at most {MOST_IDS} ids", field="service_request_id")
    found = []
    for reference in wanted:
        try:
            found.append(by_reference(context().store, reference))
        except NotFound:
            continue
    return found


def _by_span() -> list[Report]:
    """Return the reports of a span of time that the query asks for, newest first."""
    start, end = span(default_days=SPAN_DAYS)
    codes = set(separated("service_code"))
    statuses = {status.lower() for status in separated("status")}
    if not statuses <= set(STATUSES):
        raise DomainError("status must be open or closed", field="status")
    size = parameters.whole("page_size", default=MOST_REQUESTS, maximum=MOST_REQUESTS)
    page = parameters.whole("page", default=1, maximum=1_000)
    matching = (report for report in _newest(start, end, statuses) if not codes or report.kind in codes)
    return list(islice(matching, (page - 1) * size, page * size))


def span(*, default_days: float) -> tuple[datetime, datetime]:
    """Return the span of time that a query asks for; raises `DomainError` for one over 90 days or back to front."""
    now = context().clock.now()
    asked_start = parameters.instant("start_date", request.args.get("start_date", "").strip())
    end = parameters.instant("end_date", request.args.get("end_date", "").strip())
    if end is None:
        end = now + timedelta(seconds=1)
        if asked_start is not None:
            end = min(end, asked_start + timedelta(days=SPAN_DAYS))
    start = asked_start or end - timedelta(days=default_days)
    if start > end:
        raise DomainError("start_date must not be later than end_date", field="start_date")
    if end - start > timedelta(days=SPAN_DAYS, seconds=1):
        raise DomainError(f"start_date and end_date may be at most {SPAN_DAYS} days apart", field="start_date")
    return start, end


def _newest(start: datetime, end: datetime, statuses: set[str]) -> Iterator[Report]:
    """Yield the reports of a span, newest first, a page at a time."""
    where: dict[str, Any] = {"reported_at": Range(at_least=start, below=end)}
    if len(statuses) == 1:
        where["open"] = "open" in statuses
    cursor = None
    while True:
        page, cursor = reports(context().store).find(where, sort=NEWEST_FIRST, limit=PAGE, after=cursor)
        yield from page
        if cursor is None:
            return


def _notice(report: Report) -> str:
    """Return what happens next, by when, and why."""
    council = context().council
    told = standing(report, council).text
    if not (report.is_open and report.deadline):
        return told
    why = reason_sentences(reasons(report, council))
    return f"{told} We aim to deal with it by {_day_words(london_date(report.deadline))}. Why this date: {why}"


@functools.lru_cache(maxsize=REMEMBERED_DAYS)
def _day_words(day: date) -> str:
    """Return a day as programs are told it, in English; remembered, as all of a day's reports are due on a few days."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _request(report: Report) -> dict[str, Any]:
    """Return a report as a service request: nothing that its public page would not show."""
    ctx = context()
    photo = f"{ctx.settings.public_url}/report/{report.reference}/photo" if report.photo_released else None
    found = {
        "service_request_id": report.reference,
        "status": "open" if report.is_open else "closed",
        "status_notes": standing(report, ctx.council).text,
        "service_name": ctx.council.kind_of(report.kind).name,
        "service_code": report.kind,
        "description": report.private.description if report.text_released else None,
        "agency_responsible": _responsible(report),
        "service_notice": None,
        "requested_datetime": w3c(report.reported_at),
        "updated_datetime": w3c(report.closed_at if not report.is_open else report.changed_at),
        "expected_datetime": w3c(report.deadline) if report.is_open else None,
        "address": place_words(report, ctx.council),
        "address_id": report.place.place_id,
        "zipcode": None,
        "lat": report.place.lat,
        "long": report.place.lon,
        "media_url": photo,
    }
    if request.args.get("extensions", "").lower() == "true":
        found |= _extended(report)
    return found


def _responsible(report: Report) -> str:
    """Return who deals with a report: the council, or whoever reports of its kind go to."""
    council = context().council
    referral = council.kind_of(report.kind).referral
    return f"{council.name}, {referral.name}" if referral else council.name


def _extended(report: Report) -> dict[str, Any]:
    """Return what else is public of a report, for callers that ask for `extensions=true`."""
    kind = context().council.kind_of(report.kind)
    return {
        "extended_attributes": {
            "status": status_of(report),
            "state": report.state,
            "closure": report.closure,
            "visit": report.visit,
            "priority": report.priority,
            "waste_type": report.waste_type,
            "land_type": report.land_type,
            "size": report.size,
            "easting": report.place.easting,
            "northing": report.place.northing,
            "ward": report.place.ward,
            "neighbourhood": report.place.neighbourhood,
            "fixmystreet_id": report.private.partner_id,
        },
        "notes": [
            {
                "datetime": w3c(update.at),
                "status": update.status,
                "description": ". ".join(text.rstrip(".") for text in step_words(update.step, kind) if text) + ".",
            }
            for update in updates_of(report)
        ],
    }
