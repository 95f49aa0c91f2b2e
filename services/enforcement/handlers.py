"""What enforcement officers do with cases and notices, and what follows of itself: clocks, copies, the custody log."""

import secrets
from collections.abc import Callable, Mapping
from datetime import date

from services.enforcement.custody import append
from services.enforcement.domain import case as case_rules
from services.enforcement.domain import notice as notice_rules
from services.enforcement.domain.case import Case, NoticeMark
from services.enforcement.domain.notice import Notice, Recipient
from services.enforcement.store import NOTICES, PEOPLE, SERIALS, cases, notices, notices_of
from shared.calendar import london_date
from shared.contracts.envelope import Cause, Event
from shared.council import TariffEntry
from shared.errors import Conflict, DomainError, Duplicate
from shared.ids import derived_id
from shared.law import offence
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import ASCENDING, DESCENDING, Range

CODE_BYTES = 15
"""Of the public page's code: 120 bits can't be guessed, and 20 characters can still be typed from paper."""
TRIES = 20
OVERDUE_BATCH = 200
SYSTEM = "streetscene"
"""The actor in the custody log where nobody but the clock or a rule has acted."""

UNKNOWN_CAUSE = Cause()
"""Nothing is known of what set it off; the journey is that of the case all the same."""


class AlreadyIssued(Duplicate):
    """The case has a notice for this offence; the text is for the officer."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(NOTICES.name, notice.id)
        self.notice = notice
        self.message = (
            f"Notice {notice.serial} has already been issued for this offence in this case, "
            "and no second one may be given for the same offence"
        )


@reload_on_conflict
def issue_notice(
    ctx: ServiceContext,
    case_id: str,
    *,
    offence_code: str,
    tier: str | None,
    amount_pence: int,
    officer_id: str,
    request_key: str,
    recipient: Recipient | None = None,
    particulars: str = "",
    cause: Cause = UNKNOWN_CAUSE,
) -> tuple[Notice, bool]:
    """Issue a notice within tariff and statute and return it, and whether it is new.

    Raises `DomainError` quoting the section beyond them, `AlreadyIssued` where the offence has its notice.
    """
    case = cases(ctx.store).require(case_id)
    now = ctx.clock.now()
    today = london_date(now)
    law = offence(offence_code, today)
    entry = tariff_entry(ctx, offence_code, tier, today)
    notice_rules.check_tariff(law, entry, amount_pence)
    new_id = notice_rules.notice_id(case.id, offence_code)
    known = notices(ctx.store).get(new_id)
    if known is not None:
        return _same_request(known, request_key)
    if not case.is_open:
        raise DomainError("The case is closed: no notice can be issued in it")
    notice, facts = notice_rules.issue(
        new_id=new_id,
        case_id=case.id,
        case_number=case.number,
        report_ids=case.report_ids,
        correlation_id=case.correlation_id,
        offence=law,
        entry=entry,
        amount_pence=amount_pence,
        serial=_serial(ctx, new_id, today.year),
        public_code=secrets.token_urlsafe(CODE_BYTES),
        request_key=request_key,
        officer_id=officer_id,
        recipient=recipient,
        particulars=particulars,
        issued_on=today,
        at=now,
    )
    try:
        return notices(ctx.store).add(notice, facts, at=now, cause=_in_journey(cause, case.correlation_id)), True
    except Duplicate:
        return _same_request(notices(ctx.store).require(new_id), request_key)


@reload_on_conflict
def name_recipient(
    ctx: ServiceContext, notice_id: str, recipient: Recipient, *, cause: Cause = UNKNOWN_CAUSE
) -> Notice:
    """Write the person's name and address into an issued notice; no event, because no event may know."""
    notice = notices(ctx.store).require(notice_id)
    named = notice_rules.name_recipient(notice, recipient)
    return notices(ctx.store).save(named, at=ctx.clock.now(), cause=_in_journey(cause, notice.correlation_id))


@reload_on_conflict
def serve_notice(
    ctx: ServiceContext, notice_id: str, *, on: date, how: str, by: str, cause: Cause = UNKNOWN_CAUSE
) -> Notice:
    """Record the service of a notice."""
    notice = notices(ctx.store).require(notice_id)
    served, facts = notice_rules.serve(notice, on=on, how=how, by=by, today=london_date(ctx.clock.latest()))
    if served is notice:
        return notice
    return notices(ctx.store).save(served, facts, at=ctx.clock.now(), cause=_in_journey(cause, notice.correlation_id))


@reload_on_conflict
def record_payment(
    ctx: ServiceContext,
    notice_id: str,
    *,
    amount_pence: int,
    paid_on: date,
    method: str,
    by: str,
    request_key: str,
    cause: Cause = UNKNOWN_CAUSE,
) -> tuple[Notice, bool]:
    """Record money that came in for a notice; return it, and whether this payment is new."""
    notice = notices(ctx.store).require(notice_id)
    now = ctx.clock.now()
    paid, facts = notice_rules.pay(
        notice,
        payment_id=derived_id("payment", notice.id, request_key),
        amount_pence=amount_pence,
        paid_on=paid_on,
        method=method,
        today=london_date(ctx.clock.latest()),
        at=now,
        by=by,
    )
    if paid is notice:
        return notice, False
    return notices(ctx.store).save(paid, facts, at=now, cause=_in_journey(cause, notice.correlation_id)), True


@reload_on_conflict
def cancel_notice(ctx: ServiceContext, notice_id: str, *, reason: str, by: str, cause: Cause = UNKNOWN_CAUSE) -> Notice:
    """Cancel or withdraw a notice, by another officer than its issuer."""
    notice = notices(ctx.store).require(notice_id)
    now = ctx.clock.now()
    cancelled, facts = notice_rules.cancel(notice, reason=reason, by=by, on=london_date(now))
    if cancelled is notice:
        return notice
    return notices(ctx.store).save(cancelled, facts, at=now, cause=_in_journey(cause, notice.correlation_id))


@reload_on_conflict
def close_case(ctx: ServiceContext, case_id: str, *, result: str, by: str, cause: Cause = UNKNOWN_CAUSE) -> Case:
    """Close a case by an officer's decision."""
    case = cases(ctx.store).require(case_id)
    closed, facts = case_rules.close(case, result=result, by=by, at=ctx.clock.now())
    if closed is case:
        return case
    return cases(ctx.store).save(closed, facts, at=ctx.clock.now(), cause=_in_journey(cause, case.correlation_id))


def remember_person(ctx: ServiceContext, person_id: str, name: str) -> None:
    """Keep the name of a member of staff who does something here."""
    known = ctx.store.get(PEOPLE.name, person_id)
    if known is None or known["name"] != name:
        ctx.store.write_many(PEOPLE.name, [{"_id": person_id, "name": name}])


def tariff_entry(ctx: ServiceContext, offence_code: str, tier: str | None, on: date) -> TariffEntry:
    """Return the council's tariff for an offence and tier, however its letters are cased; raises `DomainError`."""
    wanted = (tier or "").strip().lower()
    for entry in ctx.council.tariff_on(on):
        if entry.offence_code == offence_code and (entry.tier or "").lower() == wanted:
            return entry
    described = f"{offence_code} {tier}" if tier else offence_code
    raise DomainError(f"The council’s tariff has no amount for {described} on {on:%-d %B %Y}", field="tier")


def on_notice_changed(ctx: ServiceContext, event: Event) -> None:
    """Bring the case into step with its notices, as they are now rather than as the event found them."""
    case = cases(ctx.store).require(event.state["case_id"])
    marks = [
        NoticeMark(notice.id, notice.state, notice.offence_code, notice.issued_on)
        for notice in notices_of(ctx.store, case.id)
    ]
    followed, facts = case_rules.follow_notices(case, marks, at=ctx.clock.now())
    if followed is not case:
        cases(ctx.store).save(followed, facts, at=ctx.clock.now(), cause=Cause.of(event))


def on_notice_issued(ctx: ServiceContext, event: Event) -> None:
    """Make the copies that statute asks for (EPA 1990 s34ZA(5): to the Environment Agency)."""
    notice = notices(ctx.store).require(event.subject)
    for recipient in notice.law.copies_to:
        copied, facts = notice_rules.copy_to(notice, recipient, on=london_date(ctx.clock.now()))
        if copied is not notice:
            notice = notices(ctx.store).save(copied, facts, at=ctx.clock.now(), cause=Cause.of(event))


def on_anything(ctx: ServiceContext, event: Event) -> None:
    """Write the event into the case's custody log, with who did it."""
    is_notice = event.type.startswith("notice.")
    append(
        ctx,
        case_id=event.state["case_id"],
        at=event.time,
        actor=_actor_in_notice(ctx, event) if is_notice else _actor_in_case(ctx, event),
        action=event.name,
        subject=event.state["serial"] if is_notice else _subject_in_case(event),
        source_id=event.id,
    )


def mark_overdue(ctx: ServiceContext) -> None:
    """Mark served notices whose statutory period has passed; the timer's work, a batch at a time."""
    now = ctx.clock.now()
    today = london_date(now)
    due, _ = notices(ctx.store).find(
        {"falls_due": True, "pay_by": Range(below=today.isoformat())},
        sort=(("pay_by", ASCENDING),),
        limit=OVERDUE_BATCH,
    )
    for notice in due:
        marked, facts = notice_rules.mark_overdue(notice, today=today, at=now)
        try:
            notices(ctx.store).save(marked, facts, at=now, cause=Cause(notice.correlation_id))
        except Conflict:
            continue  # another worker, or a payment in this very moment: the next round sees how it is


def _in_journey(cause: Cause, correlation_id: str) -> Cause:
    """Return the cause of something done in a case: what set it off, in the journey of the case's report."""
    return Cause(correlation_id, cause.causation_id)


_ACTORS: Mapping[str, Callable[[Notice], str | None]] = {
    "notice.issued": lambda notice: notice.officer_id,
    "notice.served": lambda notice: notice.served_by,
    "notice.paid": lambda notice: notice.payments[-1].recorded_by if notice.payments else None,
    "notice.cancelled": lambda notice: notice.cancelled_by,
}


def _actor_in_notice(ctx: ServiceContext, event: Event) -> str:
    """Return who did what a notice's event says."""
    notice = notices(ctx.store).require(event.subject)
    find = _ACTORS.get(event.name)
    return (find(notice) if find else None) or SYSTEM


def _actor_in_case(ctx: ServiceContext, event: Event) -> str:
    """Return who did what a case's event says."""
    if event.name == "case.closed":
        return cases(ctx.store).require(event.subject).closed_by or SYSTEM
    return SYSTEM


def _subject_in_case(event: Event) -> str:
    """Return what a case's event is about: an exhibit, an action, else the case itself."""
    subject: str = event.data.get("exhibit") or event.data.get("action") or event.state["case_number"]
    return subject


def _same_request(known: Notice, request_key: str) -> tuple[Notice, bool]:
    """Return the notice to whoever asked for it before; raises `AlreadyIssued` to anybody else."""
    if known.request_key == request_key:
        return known, False
    raise AlreadyIssued(known)


def _serial(ctx: ServiceContext, notice_id: str, year: int) -> str:
    """Return the notice's serial number of the year, taking the next one where it has none yet."""
    for _ in range(TRIES):
        mine = ctx.store.find(SERIALS.name, {"notice_id": notice_id}, limit=1).items
        if mine:
            return f"PN-{mine[0]['year']}-{mine[0]['number']:05d}"
        last = ctx.store.find(SERIALS.name, {"year": year}, sort=(("number", DESCENDING),), limit=1).items
        number = last[0]["number"] + 1 if last else 1
        document = {"_id": f"serial:{year}:{number}", "year": year, "number": number, "notice_id": notice_id}
        try:
            ctx.store.insert(SERIALS.name, document)
        except Duplicate:
            continue
    raise Conflict(f"serial numbers of {year} are busy")
