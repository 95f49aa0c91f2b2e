"""What the wall counts, defined once: the number and the rows behind it are the same selection.

A count on the wall links to `/operations/records?show=<key>…`, and that page selects by the definition that counted.
There is no second place where either could be said differently.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from shared.contracts.codes import JOB_STATES, NOTICE_STATES
from shared.errors import DomainError

RECORDS_PATH = "/operations/records"

ROWS, KILOGRAMS = "rows", "kilograms"
"""What a count measures: how many records, or what they weigh together."""

WALL_NOTICE_STATES = tuple(state for state in NOTICE_STATES if state != "draft")
"""A draft is nobody's business yet, and no event tells of one."""


@dataclass(frozen=True)
class Count:
    """One number of the wall: which documents of which collection make it, and in which order they are listed.

    `before` selects documents whose instant lies before another one; `equal` those with a value.
    """

    key: str
    title: str
    collection: str
    equal: Mapping[str, Any]
    order: tuple[str, int]
    before: Mapping[str, datetime] = field(default_factory=dict)
    measure: str = ROWS
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def href(self) -> str:
        """The page of the rows that make this count."""
        return f"{RECORDS_PATH}?{urlencode({'show': self.key, **self.arguments})}"


OLDEST_FIRST, NEWEST_FIRST = 1, -1

OPEN = Count("open", "Open reports", "reports", {"open": True}, ("reported_at", NEWEST_FIRST))
OVERDUE = Count(
    "overdue", "Open reports past their deadline", "reports", {"open": True}, ("overdue_from", OLDEST_FIRST)
)
ALL_TICKETS = Count(
    "tonnes", "Weighed waste", "tickets", {"state": "recorded"}, ("weighed_at", NEWEST_FIRST), measure=KILOGRAMS
)
RECYCLED = Count(
    "tonnes-recycled",
    "Weighed waste that is recycled",
    "tickets",
    {"state": "recorded", "is_recycled": "recycled"},
    ("weighed_at", NEWEST_FIRST),
    measure=KILOGRAMS,
)


def open_reports(neighbourhood: str | None = None) -> Count:
    """Return the count of open reports, of the whole city or a neighbourhood."""
    return _within(OPEN, neighbourhood)


def overdue_reports(now: datetime, neighbourhood: str | None = None) -> Count:
    """Return the count of open reports whose deadline had passed at an instant.

    The link carries the instant, so that its rows are those that were counted and not those of a minute later.
    """
    count = _within(OVERDUE, neighbourhood)
    return replace(
        count,
        before={"overdue_from": now},
        arguments={**count.arguments, "as_of": now.isoformat(timespec="milliseconds")},
    )


def jobs_in(state: str) -> Count:
    """Return the count of jobs in a state; raises `DomainError` for a state that jobs do not have."""
    _check(state, JOB_STATES, "job")
    return Count(f"jobs-{state}", f"Jobs: {state}", "jobs", {"state": state}, ("created_at", NEWEST_FIRST))


def notices_in(state: str) -> Count:
    """Return the count of notices in a state; raises `DomainError` for a state that notices do not have."""
    _check(state, WALL_NOTICE_STATES, "notice")
    return Count(f"notices-{state}", f"Notices: {state}", "notices", {"state": state}, ("issued_on", NEWEST_FIRST))


def weighed(material: str) -> Count:
    """Return the weight of a material on tickets that count."""
    return replace(
        ALL_TICKETS,
        key=f"tonnes-of-{material}",
        title=f"Weighed waste: {material}",
        equal={"state": "recorded", "material": material},
    )


def count_of(key: str, *, now: datetime, neighbourhood: str | None = None) -> Count:
    """Return the count that a link names; raises `DomainError` where there is none."""
    if key in FIXED:
        return FIXED[key]
    if key == OPEN.key:
        return open_reports(neighbourhood)
    if key == OVERDUE.key:
        return overdue_reports(now, neighbourhood)
    for prefix, make in (("jobs-", jobs_in), ("notices-", notices_in), ("tonnes-of-", weighed)):
        if key.startswith(prefix):
            return make(key.removeprefix(prefix))
    raise DomainError(f"The wall has no count called {key}", field="show")


FIXED: Mapping[str, Count] = MappingProxyType({count.key: count for count in (ALL_TICKETS, RECYCLED)})


def _within(count: Count, neighbourhood: str | None) -> Count:
    """Return a count narrowed to a neighbourhood, where one is given."""
    if neighbourhood is None:
        return count
    return replace(
        count,
        equal={**count.equal, "neighbourhood": neighbourhood},
        arguments={**count.arguments, "neighbourhood": neighbourhood},
    )


def _check(state: str, states: tuple[str, ...], noun: str) -> None:
    """Refuse a state that does not exist: a link with a typing error must not look like an empty list."""
    if state not in states:
        raise DomainError(f"A {noun} has no state {state}", field="show")
