"""Use cases of passing a report on: to whom, that they were told, ask again, and the council's after all."""

from dataclasses import replace

from services.reports.domain.private import OWNER_LIMIT
from services.reports.domain.referral import ask_again, note_partner_told, pass_on
from services.reports.domain.report import Report
from services.reports.domain.typed import clean_text
from services.reports.handlers import assess_report, save_change
from services.reports.partners import answer_by, referral_to
from services.reports.store import by_reference
from shared.contracts.envelope import Cause
from shared.errors import DomainError
from shared.service import ServiceContext
from shared.store import reload_on_conflict


@reload_on_conflict
def refer_report(
    ctx: ServiceContext, reference: str, *, to: str, by: str | None = None, owner: str = "", cause: Cause | None = None
) -> Report:
    """Hand a report to an owner or partner; `owner` is who that is where only the desk knows, and stays private."""
    report = by_reference(ctx.store, reference)
    now = ctx.clock.now()
    referred, facts = pass_on(report, referral_to(ctx, to, at=now, by=by), at=now, working=ctx.council.working_time)
    known = clean_text(owner, OWNER_LIMIT)
    if known:
        referred = replace(referred, private=replace(referred.private, owner=known))
    return save_change(ctx, report, (referred, facts), cause)


@reload_on_conflict
def tick_partner_told(ctx: ServiceContext, reference: str, *, by: str) -> Report:
    """Note that the desk has told whoever a report was passed to; again changes nothing."""
    report = by_reference(ctx.store, reference)
    return save_change(ctx, report, (note_partner_told(report, by=by, at=ctx.clock.now()), []))


@reload_on_conflict
def ask_partner_again(ctx: ServiceContext, reference: str, *, by: str, cause: Cause | None = None) -> Report:
    """Give whoever has not answered as long again, and have them told again."""
    report = by_reference(ctx.store, reference)
    now = ctx.clock.now()
    until = answer_by(ctx, report.referred_to or "other", at=now)
    change = ask_again(report, answer_by=until, by=by, at=now, working=ctx.council.working_time)
    return save_change(ctx, report, change, cause)


def keep_report(ctx: ServiceContext, reference: str, *, by: str, cause: Cause | None = None) -> Report:
    """Take a report back that was passed on: the council deals with it after all.

    Raises:
        DomainError: it is not with anybody, or nobody has said what it is, without which it can't be assessed.
    """
    report = by_reference(ctx.store, reference)
    if report.state != "referred":
        raise DomainError("This report is not with anybody: there is nothing to take back.")
    if ctx.council.kind_of(report.kind).is_waste and report.waste_type is None:
        raise DomainError("Say what it is first: assess the report.", field="waste_type")
    return assess_report(
        ctx,
        reference,
        waste_type=report.waste_type,
        land_type=report.land_type,
        size=report.size,
        hazards=report.hazards,
        by=by,
        cause=cause,
    )
