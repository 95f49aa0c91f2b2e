"""What scheduling does when something happened: keep a copy, then bring its own documents in line with it.

Events come in any order and more than once. The copy is replaced by newer ones only, and the jobs are reconciled from
the copy, never from the event's name; so each handler may run again at any time.
"""

from collections.abc import Mapping
from typing import Any

from services.scheduling import found, planning, store, tipping
from services.scheduling.domain import job as rules
from services.scheduling.domain import loads
from services.scheduling.domain.job import Job, Reason
from services.scheduling.domain.reconcile import ReportCopy, new_job, reconcile
from services.scheduling.domain.worked import TipRecord
from shared.contracts.envelope import Cause, Event
from shared.contracts.reports import ReportAssessedV1
from shared.council.serving import depot_serving
from shared.errors import Conflict, Duplicate
from shared.ids import derived_id
from shared.service import ServiceContext
from shared.store.port import ASCENDING

COPIED = (
    "report_id",
    "reference",
    "kind",
    "channel",
    "state",
    "visit",
    "waste_type",
    "land_type",
    "size",
    "hazards",
    "place",
    "priority",
    "deadline",
    "has_photo",
    "has_evidence",
    "merged_into",
)
"""The part of a report's public state that its jobs depend on."""


def on_report(ctx: ServiceContext, event: Event) -> None:
    """Keep the newest copy of the report, and bring its jobs in line."""
    if event.type == ReportAssessedV1.type:
        reasons = [dict(reason) for reason in event.data["reasons"]]
        document = {"_id": event.subject, "sequence": event.sequence, "reasons": reasons}
        ctx.store.put_if_newer(store.ASSESSMENTS.name, document, sequence=event.sequence)
    copy = {name: event.state[name] for name in COPIED}
    document = {"_id": event.subject, "sequence": event.sequence, **copy}
    ctx.store.put_if_newer(store.REPORT_COPIES.name, document, sequence=event.sequence)
    follow_report(ctx, event.subject, cause=Cause.of(event))


def on_vehicle_tipped(ctx: ServiceContext, event: Event) -> None:
    """Keep the tip for the day's loads, and tell every job of the load that it was tipped."""
    _keep_tip(ctx, event)
    jobs = [load["job_id"] for load in event.data["loads"]]
    tipping.mark_jobs(ctx, event.subject, event.data["tip_id"], jobs, cause=Cause.of(event))


def on_ticket(ctx: ServiceContext, event: Event) -> None:
    """Note each job's share of the weighed kilograms, or that a voided ticket's share no longer counts."""
    repository, at = store.jobs(ctx.store), ctx.clock.now()
    counts = event.state["state"] != "voided"
    for share in event.state["shares"]:
        job = repository.get(share["job_id"])
        if job is None:
            continue
        kg = share["weighed_kg"] if counts else None
        weighed, facts = loads.weigh(job, event.subject, kg=kg, sequence=event.sequence)
        if weighed != job:
            repository.save(weighed, facts, at=at, cause=Cause(job.report_id, event.id))


def on_evidence_secured(ctx: ServiceContext, event: Event) -> None:
    """Remember that the reports' evidence is secured, and release the jobs that waited for it."""
    # By the case's time and not its sequence: several cases may be about one report.
    order = int(event.time.timestamp() * 1000)
    for report_id in event.state["report_ids"]:
        document = {"_id": report_id, "sequence": order, "secured_at": event.time}
        ctx.store.put_if_newer(store.SECURED_EVIDENCE.name, document, sequence=order)
        follow_report(ctx, report_id, cause=Cause.of(event))


def on_plan_published(ctx: ServiceContext, event: Event) -> None:
    """Assign the plan's jobs one at a time."""
    planning.assign_stops(ctx, event.subject, cause=Cause.of(event))


def _keep_tip(ctx: ServiceContext, event: Event) -> None:
    """Keep what a tip was; a vehicle remembers its last few only."""
    loads_told = event.data["loads"]
    tip = TipRecord(
        id=event.data["tip_id"],
        crew_id=event.data["crew_id"],
        vehicle_id=event.subject,
        site_id=event.data["site_id"],
        tipped_at=event.data["tipped_at"],
        job_ids=tuple(load["job_id"] for load in loads_told),
        estimated_kg=sum(load["estimated_kg"] for load in loads_told),
    )
    if store.tips(ctx.store).get(tip.id) is not None:
        return
    try:
        store.tips(ctx.store).add(tip, at=ctx.clock.now(), cause=Cause.of(event))
    except Duplicate:
        return  # the same event, handled a moment ago


def follow_report(ctx: ServiceContext, report_id: str, *, cause: Cause) -> None:
    """Bring the jobs of a report in line with its newest copy; without a copy there is nothing to do yet."""
    document = ctx.store.get(store.REPORT_COPIES.name, report_id)
    if document is None:
        return
    report = report_copy(ctx, document)
    job_id = derived_id(report_id, report.visit)
    known, _ = store.jobs(ctx.store).find({"report_id": report_id}, sort=(("visit", ASCENDING),), limit=100)
    for job in known:
        _reconcile_one(ctx, job, report, cause)
    if report.wants_a_job and job_id not in {job.id for job in known}:
        _make_job(ctx, job_id, report, cause)


def report_copy(ctx: ServiceContext, document: Mapping[str, Any]) -> ReportCopy:
    """Return the copy in a document, with what the council says of reports of its kind."""
    # Copies of before there were other kinds do not name theirs.
    state = {"kind": found.KIND, **document}
    kind = ctx.council.kind_of(state["kind"])
    return ReportCopy.of(state, is_for_crews=kind.makes_jobs, is_waste=kind.is_waste)


def depot_for(ctx: ServiceContext, report: ReportCopy) -> str:
    """Return the depot whose crews know the neighbourhood, else the nearest one."""
    return depot_serving(store.all_depots(ctx.store), report.neighbourhood, report.lat, report.lon).id


def _make_job(ctx: ServiceContext, job_id: str, report: ReportCopy, cause: Cause) -> None:
    """Make the job of the report's present visit, held at once where its evidence is not secured."""
    at = ctx.clock.now()
    job, facts = new_job(report, job_id=job_id, depot_id=depot_for(ctx, report), reasons=_reasons(ctx, report), at=at)
    job, more = _reconciled(ctx, job, report)
    try:
        store.jobs(ctx.store).add(job, [*facts, *more], at=at, cause=Cause(report.report_id, cause.causation_id))
    except Duplicate as error:
        # Another event of the same report made it a moment ago; that job may need what this one knows.
        raise Conflict(f"job {job_id} was made in the meantime") from error


def _reconcile_one(ctx: ServiceContext, job: Job, report: ReportCopy, cause: Cause) -> None:
    """Save a job as its report would have it, if that is a change."""
    changed, facts = _reconciled(ctx, job, report)
    if changed != job:
        at = ctx.clock.now()
        store.jobs(ctx.store).save(changed, facts, at=at, cause=Cause(job.report_id, cause.causation_id))


def _reconciled(ctx: ServiceContext, job: Job, report: ReportCopy) -> rules.Change:
    """Return the job as its report would have it."""
    secured: Mapping[str, Any] = ctx.store.get(store.SECURED_EVIDENCE.name, report.report_id) or {}
    return reconcile(
        job, report, reasons=_reasons(ctx, report), secured_at=secured.get("secured_at"), at=ctx.clock.now()
    )


def _reasons(ctx: ServiceContext, report: ReportCopy) -> tuple[Reason, ...]:
    """Return why the report has its priority, as far as is known."""
    document = ctx.store.get(store.ASSESSMENTS.name, report.report_id)
    return tuple(Reason(reason["rule"], reason["value"]) for reason in document["reasons"]) if document else ()
