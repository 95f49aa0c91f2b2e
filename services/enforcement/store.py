"""The documents of the enforcement service: cases, notices, the custody log, and copies of what a case is about.

`serials` and `custody` are numbered by inserts under a natural key (`serial:<year>:<n>`, `<case>:<n>`): of two who want
the same number the store lets one through, and the other takes the next. Personal details of a recipient lie in
`notices` alone.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.enforcement.domain.case import Case
from services.enforcement.domain.case import public_state as case_state
from services.enforcement.domain.custody_log import Entry
from services.enforcement.domain.keeping import (
    case_since,
    case_way,
    holds_people,
    is_settled,
    names_somebody,
    notice_since_instant,
    notice_way,
)
from services.enforcement.domain.notice import OPEN_STATES, Notice
from services.enforcement.domain.notice import public_state as notice_state
from shared.contracts.codes import CASE_STATES
from shared.errors import NotFound
from shared.retention import OLDEST_TO_ERASE
from shared.store.port import ASCENDING, DESCENDING, Collection, Document, Index, Store
from shared.store.repository import Repository
from shared.web.deny import DENIED_USERS

NEWEST_FIRST = (("opened_at", DESCENDING),)
MOST_ENTRIES = 1000
"""Entries of one case's log that are read at once; a case with more has been looked at by a thousand people."""

CASES = Collection(
    "cases",
    fields={
        "number": "text",
        "state": "text",
        "open": "boolean",
        "opened_at": "instant",
        "references": "texts",
        "kept_as": "text",
        "erase_from": "instant",
        "to_erase": "boolean",
    },
    indexes=(
        Index(equal=("number",), unique=True),
        Index(equal=("references",), sort=NEWEST_FIRST),
        Index(equal=("state",), sort=NEWEST_FIRST),
        Index(sort=NEWEST_FIRST, only_while="open"),
        Index(sort=NEWEST_FIRST),
        Index(equal=("kept_as",), sort=OLDEST_TO_ERASE, only_while="to_erase"),
    ),
)
NOTICES = Collection(
    "notices",
    fields={
        "case_id": "text",
        "serial": "text",
        "public_code": "text",
        "state": "text",
        "issued_on": "text",
        "pay_by": "text",
        "falls_due": "boolean",
        "unsettled": "boolean",
        "kept_as": "text",
        "erase_from": "instant",
        "to_erase": "boolean",
    },
    indexes=(
        Index(equal=("case_id",), sort=(("issued_on", ASCENDING),)),
        Index(equal=("serial",), unique=True),
        Index(equal=("public_code",), unique=True),
        Index(sort=(("pay_by", ASCENDING),), only_while="falls_due"),
        Index(sort=(("pay_by", ASCENDING),), only_while="unsettled"),
        Index(equal=("kept_as",), sort=OLDEST_TO_ERASE, only_while="to_erase"),
    ),
)
SERIALS = Collection(
    "serials",
    fields={"year": "integer", "number": "integer", "notice_id": "text"},
    indexes=(
        Index(equal=("year",), sort=(("number", DESCENDING),)),
        Index(equal=("notice_id",), unique=True),
    ),
)
CUSTODY = Collection(
    "custody",
    fields={"case_id": "text", "n": "integer", "source_id": "text"},
    indexes=(
        Index(equal=("case_id",), sort=(("n", ASCENDING),)),
        Index(equal=("source_id",), unique=True),
    ),
)
REPORTS = Collection("reports")
JOBS = Collection("jobs", fields={"report_id": "text"}, indexes=(Index(equal=("report_id",)),))
PEOPLE = Collection("people")
"""Names of staff who have done something here, for the pages; events carry their ids only."""

COLLECTIONS: tuple[Collection, ...] = (CASES, NOTICES, SERIALS, CUSTODY, REPORTS, JOBS, PEOPLE, DENIED_USERS)

STATES_SHOWN = ("open", *CASE_STATES)


def cases(store: Store) -> Repository[Case]:
    """Return the repository of cases."""
    return Repository(store, CASES.name, Case, public_state=case_state, derived=_derived_of_case)


def _derived_of_case(case: Case) -> Mapping[str, Any]:
    """Return the fields that cases are found by."""
    return {
        "open": case.is_open,
        "kept_as": case_way(case),
        "erase_from": case_since(case),
        "to_erase": holds_people(case),
    }


def notices(store: Store) -> Repository[Notice]:
    """Return the repository of notices."""
    return Repository(store, NOTICES.name, Notice, public_state=notice_state, derived=_derived_of_notice)


def _derived_of_notice(notice: Notice) -> Mapping[str, Any]:
    """Return the fields that notices are found by."""
    return {
        "falls_due": notice.falls_due,
        "unsettled": notice.state in OPEN_STATES,
        "kept_as": notice_way(notice),
        "erase_from": notice_since_instant(notice),
        "to_erase": is_settled(notice) and names_somebody(notice),
    }


def notices_of(store: Store, case_id: str) -> list[Notice]:
    """Return a case's notices, the oldest first."""
    found, _ = notices(store).find({"case_id": case_id}, sort=(("issued_on", ASCENDING),))
    return sorted(found, key=lambda notice: notice.serial)


def notice_by_code(store: Store, public_code: str) -> Notice:
    """Return the notice of a public page's code; raises `NotFound`."""
    notice = notices(store).find_one({"public_code": public_code})
    if notice is None:
        raise NotFound("There is no notice under this address.")
    return notice


def log_of(store: Store, case_id: str) -> list[Entry]:
    """Return a case's custody log in order."""
    page = store.find(CUSTODY.name, {"case_id": case_id}, sort=(("n", ASCENDING),), limit=MOST_ENTRIES)
    return [_entry(document) for document in page.items]


def last_entry(store: Store, case_id: str) -> Entry | None:
    """Return the newest entry of a case's custody log."""
    page = store.find(CUSTODY.name, {"case_id": case_id}, sort=(("n", DESCENDING),), limit=1)
    return _entry(page.items[0]) if page.items else None


def entry_document(entry: Entry) -> Document:
    """Return the document of a log entry."""
    return {"_id": entry.id, **asdict(entry)}


def _entry(document: Document) -> Entry:
    """Return the log entry in a document."""
    return Entry(**{name: document[name] for name in Entry.__dataclass_fields__})


def names_of(store: Store, ids: set[str]) -> Mapping[str, str]:
    """Return the names of staff by their ids, as far as they are known here."""
    found = ((person_id, store.get(PEOPLE.name, person_id)) for person_id in ids)
    return {person_id: document["name"] for person_id, document in found if document}
