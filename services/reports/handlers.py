"""The use cases of the reports service: what staff and reporters do to a report, and what other services' events mean.

Each loads one report, asks the domain, and saves what came of it with its events. A `Conflict` is left to the caller:
the bus and the pages both load again and decide anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from services.reports.domain import report as rules
from services.reports.domain.complaint import Complaint
from services.reports.domain.jobs import expect, follow_job
from services.reports.domain.merging import before_merging, counts_from, merge, unmerge
from services.reports.domain.private import Follower
from services.reports.domain.referral import CLEARED_BY_OWNER, settled, take_back
from services.reports.domain.report import Change, Report
from services.reports.domain.showing import release
from services.reports.domain.steps import noted_steps
from services.reports.domain.typed import clean_email, clean_phone
from services.reports.forecast import forecast_day
from services.reports.holds import keep_hold
from services.reports.intake import accept_found_tip, assessment_of, first_assessment, job_news
from services.reports.partners import planned_change
from services.reports.store import AUDIT, by_reference, reports
from shared.contracts.envelope import Cause, Event
from shared.errors import DomainError, Duplicate, RetryLater
from shared.ids import new_id
from shared.service import ServiceContext
from shared.store import reload_on_conflict

FOUND_BY_CREW = "crew"
CONVICTED = "convicted"


def on_job(ctx: ServiceContext, event: Event) -> None:
    """Bring the report in line with its job; a job for a tip that a crew found brings its report with it."""
    state = event.state
    if state["report_id"] is None:
        return
    report = reports(ctx.store).get(state["report_id"])
    if report is None:
        _welcome(ctx, event)
    elif event.name == "job.expected":
        expected = expect(
            report,
            job_id=state["job_id"],
            visit=state["visit"],
            expected_on=event.data["expected_on"],
            sequence=event.sequence,
        )
        save_change(ctx, report, (expected, []), Cause.of(event))
    else:
        news = job_news(state, at=event.time, sequence=event.sequence)
        change = planned_change(ctx, follow_job(report, news), at=ctx.clock.now())
        save_change(ctx, report, change, Cause.of(event))


def _welcome(ctx: ServiceContext, event: Event) -> None:
    """Store the report of a tip that a crew found; any other unknown report must be on its way (a restored store)."""
    if event.state["channel"] != FOUND_BY_CREW:
        raise RetryLater(f"report {event.state['report_id']} is not known yet")
    try:
        accept_found_tip(ctx, event.state, sequence=event.sequence, cause=Cause.of(event))
    except Duplicate:
        raise RetryLater("the report was stored by another event of its job in the meantime", delay_seconds=0) from None


def on_notice(ctx: ServiceContext, event: Event) -> None:
    """Note on each report concerned that somebody has paid; nothing else about a notice is for reports to know."""
    if event.state["state"] == "paid":
        _note_action(ctx, event)


def on_case(ctx: ServiceContext, event: Event) -> None:
    """Keep whole what an open case needs, and note a conviction on each report that the case was about."""
    keep_hold(ctx, event)
    if event.data.get("result") == CONVICTED:
        _note_action(ctx, event)


def _note_action(ctx: ServiceContext, event: Event) -> None:
    """Note on each report of a notice or case that action was taken; again changes nothing."""
    for report_id in event.state["report_ids"]:
        report = reports(ctx.store).get(report_id)
        if report is None:
            raise RetryLater(f"report {report_id} is not known yet")
        save_change(ctx, report, rules.take_action(report, at=event.time), Cause.of(event))


@reload_on_conflict
def assess_report(
    ctx: ServiceContext,
    reference: str,
    *,
    waste_type: str | None,
    land_type: str | None,
    size: str | None,
    hazards: tuple[str, ...],
    by: str | None = None,
    cause: Cause | None = None,
) -> Report:
    """Set priority and deadline from what a member of staff says about it, counted from when it was reported.

    A report that was passed on is the council's own again.
    """
    before = by_reference(ctx.store, reference)
    found = {"waste_type": waste_type, "land_type": land_type, "size": size, "hazards": hazards}
    now = ctx.clock.now()
    report = take_back(before, by=by, at=now, working=ctx.council.working_time)
    # Assessing again moves no clock: it counts from where it began, which for a first visit is when it was reported.
    since = report.counted_from or (report.reported_at if report.visit == 1 else now)
    assessment = assessment_of(ctx, report, at=since, **found)  # type: ignore[arg-type]
    return save_change(ctx, before, rules.assess(report, assessment, at=now, **found), cause)  # type: ignore[arg-type]


@reload_on_conflict
def close_report(ctx: ServiceContext, reference: str, *, closure: str, cause: Cause | None = None) -> Report:
    """Close a report from the desk; raises `DomainError` for one as cleared that a crew is sent to."""
    report = by_reference(ctx.store, reference)
    now = ctx.clock.now()
    if closure == CLEARED_BY_OWNER:
        if report.state != "referred":
            raise DomainError("Only what was passed on can be cleared by its owner.", field="closure")
        cleared = rules.close(settled(report, CLEARED_BY_OWNER, at=now), closure, at=now)
        return save_change(ctx, report, cleared, cause)
    if closure == "cleared" and ctx.council.kind_of(report.kind).makes_jobs:
        raise DomainError("Only a crew that was there can say that this is cleared.", field="closure")
    return save_change(ctx, report, rules.close(report, closure, at=now), cause)


@reload_on_conflict
def reopen_report(
    ctx: ServiceContext, reference: str, *, by: str, visit: int | None = None, cause: Cause | None = None
) -> Report:
    """Open a closed report as a new visit; with `visit`, only if that is still the visit that was closed.

    So a reporter's link that is used twice, or after staff have reopened the report, opens nothing more.
    """
    report = by_reference(ctx.store, reference)
    if visit is not None and report.visit != visit:
        return report
    now = ctx.clock.now()
    return save_change(ctx, report, rules.reopen(report, first_assessment(ctx, report, at=now), by=by, at=now), cause)


@reload_on_conflict
def give_feedback(
    ctx: ServiceContext, reference: str, *, answer: str, visit: int, cause: Cause | None = None
) -> Report:
    """Note what a reporter says of a visit that was closed; "still there" opens the report again besides."""
    report = by_reference(ctx.store, reference)
    now = ctx.clock.now()
    answered, facts = rules.take_feedback(report, answer, visit=visit)
    if answer == "still-there" and visit == report.visit:
        answered, more = rules.reopen(answered, first_assessment(ctx, report, at=now), by="reporter", at=now)
        facts = facts + more
    return save_change(ctx, report, (answered, facts), cause)


@reload_on_conflict
def follow_report(ctx: ServiceContext, reference: str, *, email: str, phone: str) -> Report:
    """Let one more person, who saw the same, hear of a report; again changes nothing, and no second job is made."""
    report = by_reference(ctx.store, reference)
    return save_change(ctx, report, (rules.follow(report, Follower(clean_email(email), clean_phone(phone))), []))


@reload_on_conflict
def merge_report(ctx: ServiceContext, reference: str, *, into: str, cause: Cause | None = None) -> Report:
    """Close a report as a duplicate of another."""
    report, kept = by_reference(ctx.store, reference), by_reference(ctx.store, into)
    return save_change(ctx, report, merge(report, into=kept, at=ctx.clock.now()), cause)


@reload_on_conflict
def unmerge_report(ctx: ServiceContext, reference: str, *, cause: Cause | None = None) -> Report:
    """Let a report that was closed as a duplicate stand on its own again."""
    report = by_reference(ctx.store, reference)
    now = ctx.clock.now()
    assessment = first_assessment(ctx, before_merging(report), at=counts_from(report))
    if assessment is not None:
        # The deadline is that of before; what crews can do by when is known from now on only.
        promised_on = forecast_day(ctx, report, priority=assessment.priority, since=now)
        assessment = replace(assessment, promised_on=promised_on)
    return save_change(ctx, report, unmerge(report, assessment, at=now), cause)


@reload_on_conflict
def release_report(
    ctx: ServiceContext,
    reference: str,
    *,
    photo: bool | Collection[int],
    text: bool,
    user_id: str,
    user_name: str = "",
    looked_at: Mapping[int, str] | None = None,
) -> Report:
    """Let the public see a report's photos (all, none, or by number from 1) and words; who decided it is kept.

    `looked_at` says which copy of each photo was seen by whoever decides. Raises `DomainError` where there is nothing
    of the kind to show, or another copy has taken its place.
    """
    report = by_reference(ctx.store, reference)
    every = range(1, max(len(report.private.photos), 1) + 1)
    numbers = (every if photo else ()) if isinstance(photo, bool) else photo
    released = save_change(ctx, report, (release(report, photos=numbers, text=text, looked_at=looked_at), []))
    shown = " ".join(name for name, is_shown in (("photo", numbers), ("text", text)) if is_shown)
    note_access(ctx, report, user_id=user_id, user_name=user_name, what=f"released:{shown}")
    return released


def note_access(
    ctx: ServiceContext, about: Report | Complaint, *, user_id: str, user_name: str = "", what: str
) -> None:
    """Write into the audit log which member of staff saw or released which personal data of a report or complaint."""
    ctx.store.insert(
        AUDIT.name,
        {
            "_id": new_id(),
            "about": about.id,
            "at": ctx.clock.now(),
            "user_id": user_id,
            "user_name": user_name,
            "what": what,
        },
    )


def save_change(ctx: ServiceContext, before: Report, change: Change, cause: Cause | None = None) -> Report:
    """Save what a domain function made of a report, with when we heard of it; nothing where it made no change."""
    after, facts = change
    if after == before:
        return before
    now = ctx.clock.now()
    noted = replace(after, history=noted_steps(after.history, len(before.history), at=now))
    return reports(ctx.store).save(noted, facts, at=now, cause=cause or Cause())
