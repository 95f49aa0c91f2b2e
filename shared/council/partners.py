"""Whom reports are passed on to, and how complaints go: tables of `council.toml`.

A partner clears what is not the council's to clear. Where its e-mail address is given, it is told by e-mail as soon as
a report is passed on; where not, the desk tells it and ticks that off. How long it has, and by which law, is data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.contracts.codes import LAND_TYPES
from shared.contracts.reports import REFERRED_TO_CODES
from shared.toml import Table

LONGEST_ANSWER = 366


@dataclass(frozen=True)
class Partner:
    """Whom a code of `report.referred` stands for: how to reach them, how long they have, and by which law.

    `answer_working_days` is when the desk asks again; `lands` are the kinds of land for which they are proposed.
    `letter` is what a letter to them says besides what lies where: what may follow, and by which law.
    """

    code: str
    name: str
    email: str | None
    phone: str | None
    url: str | None
    answer_working_days: int
    route: str
    lands: tuple[str, ...]
    source: str
    verified: bool
    letter: str = ""


@dataclass(frozen=True)
class ComplaintStages:
    """The deadlines of the complaint handling code, in working days, while they hold.

    `answer_counts_from` says whether the days to answer count from the acknowledgement or from the receipt.
    """

    acknowledge_working_days: int
    answer_working_days: tuple[int, int]
    answer_counts_from: Literal["acknowledgement", "receipt"]
    effective_from: date
    source: str
    verified: bool


def partners(top: Table) -> Mapping[str, Partner]:
    """Return the partners by code (`[[partners]]`, which may be missing); raises `ConfigError` for one twice."""
    found: dict[str, Partner] = {}
    lands: set[str] = set()
    for table in top.tables("partners", minimum=0):
        partner = _partner(table)
        if partner.code in found:
            table.fail("code", f"is {partner.code!r} a second time")
        if again := lands & set(partner.lands):
            table.fail("lands", f"names {', '.join(sorted(again))}, which another partner is proposed for")
        lands |= set(partner.lands)
        found[partner.code] = partner
    return found


def complaint_stages(top: Table) -> ComplaintStages | None:
    """Return the deadlines of complaints (`[complaints]`); None where the council takes none here."""
    if not top.has("complaints"):
        return None
    table = top.table("complaints")
    counts = table.choice("answer_counts_from", ("acknowledgement", "receipt"))
    found = ComplaintStages(
        acknowledge_working_days=table.whole("acknowledge_working_days", minimum=1),
        answer_working_days=(
            table.whole("stage_1_working_days", minimum=1),
            table.whole("stage_2_working_days", minimum=1),
        ),
        answer_counts_from="receipt" if counts == "receipt" else "acknowledgement",
        effective_from=table.day("effective_from"),
        source=table.text("source"),
        verified=table.flag("verified"),
    )
    table.close()
    return found


def _partner(table: Table) -> Partner:
    """Return one partner."""
    lands = table.texts("lands", ())
    _check_known(table, "lands", lands, LAND_TYPES)
    email = _optional(table, "email")
    if email is not None and "@" not in email:
        table.fail("email", f"is no address: {email!r}")
    found = Partner(
        code=table.choice("code", REFERRED_TO_CODES),
        name=table.text("name"),
        email=email,
        phone=_optional(table, "phone"),
        url=_optional(table, "url"),
        answer_working_days=table.whole("answer_working_days", minimum=1, maximum=LONGEST_ANSWER),
        route=table.text("route"),
        lands=lands,
        source=table.text("source"),
        verified=table.flag("verified"),
        letter=_optional(table, "letter") or "",
    )
    table.close()
    return found


def _check_known(table: Table, key: str, values: Iterable[str], known: Iterable[str]) -> None:
    """Raise `ConfigError` for a value that is not known."""
    for value in values:
        if value not in set(known):
            table.fail(key, f"names {value!r}, which is none of {', '.join(known)}")


def _optional(table: Table, key: str) -> str | None:
    """Return a text that may be missing."""
    return table.text(key) if table.has(key) else None
