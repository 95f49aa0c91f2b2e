"""What enforcement's pages are drawn from: cases with their clocks, and what is known of the report behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.enforcement.domain.case import Case
from services.enforcement.domain.notice import CIVIL_PENALTY, Notice
from services.enforcement.store import CASES, JOBS, NOTICES, REPORTS, notices
from shared.calendar import london_date
from shared.council import TariffEntry
from shared.errors import DomainError
from shared.law import Offence, offence
from shared.service import ServiceContext
from shared.store.port import ASCENDING, In, Range

NOTICES_OF_A_PAGE = 500
MOST_COUNTED = 1000
SOON_DAYS = 3
NOBODY: Mapping[str, str] = {
    "streetscene": "Streetscene",
    "reporter": "The reporter",
    "retention": "The clock",
    "privacy-command": "The privacy command",
}
"""Who acts in a log without being a member of staff."""

DUE: Mapping[str, str] = {
    "all": "All to be paid",
    "soon": f"Period ends within {SOON_DAYS} days",
    "overdue": "Past their period",
}


@dataclass(frozen=True)
class Clock:
    """The next date that matters in a case; `kind` says how it is shown."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class CaseRow:
    """A case in a list."""

    case: Case
    place: str
    notices: Sequence[Notice]
    clock: Clock


@dataclass(frozen=True)
class Penalty:
    """One line of the tariff with the law that bounds it, as an officer chooses it."""

    value: str
    entry: TariffEntry
    law: Offence


@dataclass(frozen=True)
class Counts:
    """The figures above the list of cases."""

    open_cases: int
    to_be_paid: int
    overdue: int
    due_soon: int


def today_of(ctx: ServiceContext) -> date:
    """Return the council's date."""
    return london_date(ctx.clock.now())


def case_rows(ctx: ServiceContext, found: Sequence[Case]) -> Sequence[CaseRow]:
    """Return cases with their notices, place and clock."""
    by_case = _notices_by_case(ctx, [case.id for case in found])
    today = today_of(ctx)
    return [
        CaseRow(case, place_of(ctx, case), by_case.get(case.id, []), clock_of(case, by_case.get(case.id, []), today))
        for case in found
    ]


def clock_of(case: Case, of_case: Sequence[Notice], today: date) -> Clock:
    """Return the most pressing date of a case."""
    if not case.is_open:
        return Clock("–")
    unsettled = sorted((notice for notice in of_case if notice.can_be_paid), key=lambda notice: notice.pay_by)
    if not unsettled:
        days = (today - london_date(case.opened_at)).days
        return Clock("Opened today" if days == 0 else f"Open for {days} day{'' if days == 1 else 's'}")
    return notice_clock(unsettled[0], today)


def notice_clock(notice: Notice, today: date) -> Clock:
    """Return what is next for a notice that is to be paid."""
    left = (notice.pay_by - today).days
    if notice.is_overdue or left < 0:
        since = notice.pay_by + timedelta(days=1)
        return Clock(f"Overdue since {since:%-d %B}" if notice.state == "served" else "Period passed", "late")
    if notice.state == "issued":
        return Clock(f"To be served; {_days(left)} of the period left", "soon" if left <= SOON_DAYS else "")
    return Clock(f"Pay by {notice.pay_by:%-d %B}, {_days(left)} left", "soon" if left <= SOON_DAYS else "")


def unsettled(due: str, today: date) -> Mapping[str, Any]:
    """Return what finds the notices to be paid: `all`, due `soon`, or `overdue`."""
    soon = today + timedelta(days=SOON_DAYS + 1)
    periods: Mapping[str, Mapping[str, Any]] = {
        "all": {},
        "soon": {"pay_by": Range(today.isoformat(), soon.isoformat())},
        "overdue": {"pay_by": Range(below=today.isoformat())},
    }
    return {"unsettled": True, **periods[due]}


def counts(ctx: ServiceContext) -> Counts:
    """Return the figures above the list, each counted up to a bound and the same as the list that it opens."""
    today = today_of(ctx)

    def notices_due(due: str) -> int:
        return ctx.store.count(NOTICES.name, unsettled(due, today), limit=MOST_COUNTED)

    return Counts(
        open_cases=ctx.store.count(CASES.name, {"open": True}, limit=MOST_COUNTED),
        to_be_paid=notices_due("all"),
        overdue=notices_due("overdue"),
        due_soon=notices_due("soon"),
    )


def place_of(ctx: ServiceContext, case: Case) -> str:
    """Return the ward of a case's report, by whichever copy is there."""
    copy = facts_of(ctx, case)
    return ctx.council.ward_name(copy["ward"]) if copy else "–"


def facts_of(ctx: ServiceContext, case: Case) -> Mapping[str, Any] | None:
    """Return what is known of the report: its own copy, else that of the first job."""
    for report_id in case.report_ids:
        report = ctx.store.get(REPORTS.name, report_id)
        if report:
            return report
    jobs = jobs_of(ctx, case)
    return jobs[0] if jobs else None


def jobs_of(ctx: ServiceContext, case: Case) -> Sequence[Mapping[str, Any]]:
    """Return the copies of the jobs done for a case's reports."""
    return ctx.store.find(JOBS.name, {"report_id": In(case.report_ids)}).items


def penalties(ctx: ServiceContext) -> Sequence[Penalty]:
    """Return today's tariff, with the law that bounds each line of it."""
    today = today_of(ctx)
    found = []
    for entry in ctx.council.tariff_on(today):
        try:
            law = offence(entry.offence_code, today)
        except DomainError:
            continue  # the council sets an amount for what the table of law does not know: nothing can be issued
        if law.kind == CIVIL_PENALTY:
            continue  # it has a procedure of its own, with a warning and a notice of intent before it
        found.append(Penalty(f"{entry.offence_code}|{entry.tier or ''}", entry, law))
    return found


def person_name(names: Mapping[str, str], person_id: str | None) -> str:
    """Return who it was, as far as it is known here."""
    if person_id is None:
        return "–"
    return NOBODY.get(person_id) or names.get(person_id, person_id)


def sealer_name(ctx: ServiceContext, sealer_id: str) -> str:
    """Return who sealed a parcel: a crew by its name, the reporter without one, else the id."""
    crews = {crew.id: crew.name for crew in ctx.council.crews}
    return crews.get(sealer_id) or person_name({}, sealer_id)


def _notices_by_case(ctx: ServiceContext, case_ids: Sequence[str]) -> Mapping[str, list[Notice]]:
    """Return the notices of several cases."""
    if not case_ids:
        return {}
    found, _ = notices(ctx.store).find(
        {"case_id": In(case_ids)}, sort=(("issued_on", ASCENDING),), limit=NOTICES_OF_A_PAGE
    )
    by_case: dict[str, list[Notice]] = {}
    for notice in found:
        by_case.setdefault(notice.case_id, []).append(notice)
    return by_case


def _days(count: int) -> str:
    """Return a number of days in words."""
    return f"{count} day{'' if count == 1 else 's'}"
