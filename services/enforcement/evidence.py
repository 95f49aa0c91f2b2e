"""Evidence: taking sealed parcels into keeping, and showing them again only with the seal verified anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.enforcement.custody import append
from services.enforcement.domain.case import Case, Exhibit, case_id, open_case, receive, secured
from services.enforcement.store import JOBS, REPORTS, cases
from shared.calendar import london_date
from shared.contracts.base import Fact
from shared.contracts.envelope import Cause, Event
from shared.contracts.scheduling import JobCompletedV1, JobDeferredV1, JobEvidenceFoundV1
from shared.custody import Parcel, ParcelFile, open_parcel
from shared.errors import Conflict, Duplicate, NotFound, RetryLater
from shared.service import ServiceContext


@dataclass(frozen=True)
class HandedOver:
    """What an event says was handed over: about which report, by whom, and the keys of its parcels."""

    report_id: str
    reference: str | None
    job_id: str | None
    source: str
    parcel_keys: Sequence[str]


def on_evidence(ctx: ServiceContext, event: Event) -> None:
    """Open the report's case and take the parcels into it; raises `RetryLater` while one has not arrived."""
    handed = handed_over(event)
    if handed is None:
        return
    # Outside the loop of saves: each parcel is moved and verified before any document names it.
    parcels = [(key, _accepted(ctx, key)) for key in handed.parcel_keys]
    now = ctx.clock.now()
    case = cases(ctx.store).get(case_id(handed.report_id))
    facts: list[Fact] = []
    is_new = case is None
    if case is None:
        case, facts = open_case(
            report_id=handed.report_id,
            reference=handed.reference,
            job_id=handed.job_id,
            source=handed.source,
            at=now,
            correlation_id=event.correlationid,
        )
    received: list[Fact] = []
    for key, parcel in parcels:
        case, more = receive(case, parcel, parcel_key=key, source=handed.source, at=now)
        received += more
    if received:
        facts = [*facts, *received, secured()]
    _store(ctx, case, facts, is_new=is_new, cause=Cause.of(event))


def handed_over(event: Event) -> HandedOver | None:
    """Return what an event hands over, or None where it has nothing for enforcement."""
    state = event.state
    if event.type in {JobCompletedV1.type, JobDeferredV1.type, JobEvidenceFoundV1.type}:
        keys = [parcel["parcel_key"] for parcel in event.data["parcels"]]
        # Work that stopped may have brought evidence too; there the flag alone may be of an earlier stop.
        is_flagged = event.type == JobCompletedV1.type and state["has_evidence"]
        if state["report_id"] is None or not (keys or is_flagged):
            return None
        return HandedOver(state["report_id"], state["reference"], state["job_id"], "crew", keys)
    key = event.data["parcel_key"]
    return HandedOver(state["report_id"], state["reference"], None, "reporter", [key] if key else [])


def on_report_changed(ctx: ServiceContext, event: Event) -> None:
    """Keep the newest copy of a report: what, where and when, for the case page."""
    state = event.state
    place = state["place"]
    document = {
        "_id": state["report_id"],
        "sequence": event.sequence,
        **{name: state[name] for name in ("reference", "state", "closure", "waste_type", "land_type", "size")},
        **{name: place[name] for name in ("ward", "neighbourhood", "place_id", "easting", "northing")},
        "reported_at": state["reported_at"],
        "happened_on": state["happened_on"].isoformat() if state["happened_on"] else None,
    }
    ctx.store.put_if_newer(REPORTS.name, document, sequence=event.sequence)


def on_job_completed(ctx: ServiceContext, event: Event) -> None:
    """Keep a copy of a completed job: what the crew found there."""
    state = event.state
    names = ("reference", "outcome", "crew_id", "waste_type", "land_type", "size", "ward", "neighbourhood", "visit")
    document = {
        "_id": state["job_id"],
        "sequence": event.sequence,
        "report_id": state["report_id"] or "",
        "completed_at": state["completed_at"],
        **{name: state[name] for name in names},
    }
    ctx.store.put_if_newer(JOBS.name, document, sequence=event.sequence)


def open_exhibit(ctx: ServiceContext, exhibit: Exhibit) -> Parcel:
    """Return an exhibit's parcel, its seal verified again; raises `DomainError` where it no longer holds.

    Raises `NotFound` for one that was erased.
    """
    if not ctx.blobs.exists(exhibit.parcel_key):
        raise NotFound(f"What {exhibit.label} held is no longer kept. The custody log says when it was erased.")
    return open_parcel(ctx.blobs.get(exhibit.parcel_key))


def look_at(ctx: ServiceContext, case: Case, exhibit: Exhibit, *, officer_id: str) -> Parcel:
    """Return an exhibit's parcel and log that the officer looked, once a day (DPA 2018 s62: consultation)."""
    parcel = open_exhibit(ctx, exhibit)
    now = ctx.clock.now()
    append(
        ctx,
        case_id=case.id,
        at=now,
        actor=officer_id,
        action="evidence.viewed",
        subject=exhibit.label,
        source_id=f"viewed:{exhibit.parcel_key}:{officer_id}:{london_date(now).isoformat()}",
    )
    return parcel


def file_of(parcel: Parcel, position: int) -> ParcelFile:
    """Return a file of a parcel by its position from 1; raises `NotFound`."""
    if not 1 <= position <= len(parcel.files):
        raise NotFound("There is no such file in this exhibit.")
    return parcel.files[position - 1]


def _accepted(ctx: ServiceContext, key: str) -> Parcel:
    """Take a parcel into this service's keeping and verify it."""
    try:
        content = ctx.blobs.accept(key)
    except NotFound:
        raise RetryLater(f"parcel {key} has not arrived") from None
    return open_parcel(content)


def _store(ctx: ServiceContext, case: Case, facts: list[Fact], *, is_new: bool, cause: Cause) -> None:
    """Save the case with what has happened to it; raises `Conflict` where another parcel came first."""
    if not facts:
        return
    if not is_new:
        cases(ctx.store).save(case, facts, at=ctx.clock.now(), cause=cause)
        return
    try:
        cases(ctx.store).add(case, facts, at=ctx.clock.now(), cause=cause)
    except Duplicate:
        raise Conflict(f"case {case.id} was just opened") from None
