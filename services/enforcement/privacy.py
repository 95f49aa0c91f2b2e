"""What enforcement holds of people: witnesses' accounts, sealed, and who received a notice.

It is held under Part 3 of the Data Protection Act 2018, not under the rules for reports: rights exist and are narrower
(sections 45 and 47). So an account is not given out while its case is open, evidence is kept for the council's times,
and what is about somebody else, a person alleged to have done it above all, is listed for the office alone. A notice is
found by its serial number, an account by the report that it came with: neither knows anybody's e-mail address.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from services.enforcement.domain.case import Case, Exhibit
from services.enforcement.domain.keeping import case_since, case_way, is_settled, notice_since, notice_way
from services.enforcement.domain.notice import Notice
from services.enforcement.evidence import open_exhibit
from services.enforcement.retention import days_kept, erase_exhibit, erase_recipient, log_once
from services.enforcement.store import PEOPLE, cases, notices, notices_of
from shared import metrics
from shared.calendar import london_date
from shared.errors import NotFound
from shared.ids import new_id
from shared.privacy import Exported, Holding, Subject, refuse_kept
from shared.service import ServiceContext
from shared.store.port import HasAny

SAYS = (
    "Enforcement holds witnesses’ accounts, sealed, and the names and addresses of people who received a notice, under "
    "Part 3 of the Data Protection Act 2018."
)
ACCOUNT, NOTICE, OFFICER = "witness account", "notice", "member of staff"
WITHHELD = (
    "Not given out while the case is open, so as not to prejudice the investigation of an offence: "
    "Data Protection Act 2018 section 45(4)(b)"
)
OF_ANOTHER = "About somebody else, who is alleged to have done it: Data Protection Act 2018 section 45(4)(e)"
EVIDENCE = "Kept as evidence: Data Protection Act 2018 section 47(2)"
ON_RECORD = "Who did what in a case is part of its record: Data Protection Act 2018 section 62"
COMMAND = "privacy-command"


def find(ctx: ServiceContext, subject: Subject) -> Sequence[Holding]:
    """Return accounts that came with their reports, their notice by its serial number, and their name as an officer."""
    officers = [
        Holding(ctx.service, OFFICER, user_id, "Their name, as an officer of cases", kept=ON_RECORD)
        for user_id in sorted(subject.user_ids)
        if ctx.store.get(PEOPLE.name, user_id) is not None
    ]
    return [*_accounts(ctx, subject), *_notices(ctx, subject), *officers]


def export(ctx: ServiceContext, holding: Holding) -> Exported:
    """Return an account, a notice or a name in full; the reading of the first two is in the custody log."""
    if holding.kind == OFFICER:
        person = ctx.store.get(PEOPLE.name, holding.id)
        return Exported({"name": person["name"] if person else ""})
    if holding.kind == ACCOUNT:
        case, exhibit = _exhibit(ctx, holding)
        parcel = open_exhibit(ctx, exhibit)
        _log(ctx, case.id, "evidence.disclosed", exhibit.label)
        return Exported({"case": case.number, "given_at": exhibit.sealed_at.isoformat(), "account": parcel.statement})
    notice = notices(ctx.store).require(holding.id)
    recipient = notice.recipient
    _log(ctx, notice.case_id, "notice.disclosed", notice.serial)
    return Exported(
        {
            "serial": notice.serial,
            "name": recipient.name if recipient else "",
            "address": recipient.address if recipient else "",
            "offence": notice.law.offence_name,
            "particulars": notice.particulars,
            "amount_pence": notice.amount_pence,
            "issued_on": notice.issued_on.isoformat(),
            "state": notice.state,
            "payments": [
                {"amount_pence": one.amount_pence, "paid_on": one.paid_on.isoformat(), "method": one.method}
                for one in notice.payments
            ],
        }
    )


def erase(ctx: ServiceContext, holding: Holding) -> None:
    """Erase an account or a recipient whose time has passed; raises `DomainError` for what must be kept."""
    refuse_kept(holding)
    if holding.kind == ACCOUNT:
        case, exhibit = _exhibit(ctx, holding)
        erase_exhibit(ctx, case, exhibit, by=COMMAND)
    else:
        erase_recipient(ctx, holding.id, by=COMMAND)
    metrics.record_personal_erased(ctx.service, "request")


def _accounts(ctx: ServiceContext, subject: Subject) -> Iterator[Holding]:
    """Yield what came sealed with the person's own reports, and for the office the notices in those cases."""
    for reference in sorted(subject.references):
        found, _ = cases(ctx.store).find({"references": HasAny([reference])})
        for case in found:
            for exhibit in case.exhibits:
                # One that a crew found is no account of the reporter's; one that was erased is not there.
                if exhibit.source == "reporter" and exhibit.has_statement and ctx.blobs.exists(exhibit.parcel_key):
                    yield _account(ctx, case, exhibit)
            for notice in notices_of(ctx.store, case.id):
                what = f"Notice {notice.serial} in a case about report {reference}"
                yield Holding(ctx.service, NOTICE, notice.id, what, withheld=OF_ANOTHER, kept=EVIDENCE, is_theirs=False)


def _account(ctx: ServiceContext, case: Case, exhibit: Exhibit) -> Holding:
    """Return what is held of a witness in a case."""
    return Holding(
        service=ctx.service,
        kind=ACCOUNT,
        id=f"{case.id}:{exhibit.number}",
        what=f"What they saw, sealed as {exhibit.label} of case {case.number}",
        withheld=WITHHELD if case.is_open else "",
        kept=_kept(ctx, None if case.is_open else _until(ctx, case)),
    )


def _notices(ctx: ServiceContext, subject: Subject) -> Iterator[Holding]:
    """Yield the notice whose serial number was given: whoever asks by it is the person that it is for."""
    if not subject.reference:
        return
    notice = notices(ctx.store).find_one({"serial": subject.reference.strip().upper()})
    if notice is None:
        return
    yield Holding(
        service=ctx.service,
        kind=NOTICE,
        id=notice.id,
        what=f"Notice {notice.serial}, given to them",
        kept=_kept(ctx, _notice_until(ctx, notice)),
    )


def _kept(ctx: ServiceContext, until: date | None) -> str:
    """Return why something is kept until a day, or while its case is open (None); empty where that has passed."""
    if until is None:
        return f"{EVIDENCE}; the case is open"
    return f"{EVIDENCE}; until {until:%d %B %Y}" if until > london_date(ctx.clock.now()) else ""


def _until(ctx: ServiceContext, case: Case) -> date:
    """Return the day until which a closed case's evidence is kept, by how it ended."""
    return london_date(case_since(case)) + timedelta(days=days_kept(ctx, case_way(case)))


def _notice_until(ctx: ServiceContext, notice: Notice) -> date | None:
    """Return the day until which a notice keeps its recipient, None while it is to be settled or before a court."""
    if is_settled(notice):
        return notice_since(notice) + timedelta(days=days_kept(ctx, notice_way(notice)))
    case = cases(ctx.store).require(notice.case_id)
    return None if case.is_open else _until(ctx, case)


def _exhibit(ctx: ServiceContext, holding: Holding) -> tuple[Case, Exhibit]:
    """Return the case and exhibit that a holding means; raises `NotFound`."""
    case_id, _, number = holding.id.rpartition(":")
    case = cases(ctx.store).require(case_id)
    exhibit = case.exhibit(int(number))
    if exhibit is None:
        raise NotFound("There is no such exhibit in this case.")
    return case, exhibit


def _log(ctx: ServiceContext, case_id: str, action: str, subject: str) -> None:
    """Write into the custody log what was given to the person that it is about; each time is a line."""
    log_once(ctx, case_id, f"{action}:{new_id()}", by=COMMAND, action=action, subject=subject)
