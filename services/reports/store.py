"""The documents of the reports service, their indexes, and the ways to find them.

`reports` holds everything about a report, its private part included; `drafts` what a resident has answered so far;
`deliveries` what is to be sent to reporters; `forecasts` how long crews take by depot and priority;
`audit` who of the staff has read personal data; `holds` which reports an open enforcement case needs whole.
"""

from collections.abc import Mapping
from typing import Any

from services.reports.domain.erasure import addresses_of, due_since, files_of, holds_photos, holds_words
from services.reports.domain.report import Report, public_state
from shared.errors import NotFound
from shared.geo import cell
from shared.ids import normalise_reference
from shared.notify import DELIVERIES, MESSAGES
from shared.store.port import ASCENDING, DESCENDING, Collection, HasAny, Index, Store
from shared.store.repository import Repository
from shared.web.deny import DENIED_USERS

NEWEST_FIRST = (("reported_at", DESCENDING),)
QUEUE_ORDER = (("queue_rank", ASCENDING), ("due_at", ASCENDING))
OLDEST_TO_ERASE = (("erase_from", ASCENDING),)
WAITING, UNDER_WAY = 0, 1

REPORTS = Collection(
    "reports",
    fields={
        "reference": "text",
        "idempotency_key": "text",
        "state": "text",
        "open": "boolean",
        "reported_at": "instant",
        "changed_at": "instant",
        "queue_rank": "integer",
        "due_at": "instant",
        "neighbourhood": "text",
        "cell": "text",
        "merged_into": "text",
        "blob_keys": "texts",
        "addresses": "texts",
        "erase_from": "instant",
        "words_to_erase": "boolean",
        "photos_to_erase": "boolean",
    },
    indexes=(
        Index(equal=("reference",), unique=True),
        Index(equal=("idempotency_key",), unique=True),
        Index(sort=QUEUE_ORDER, only_while="open"),
        Index(equal=("neighbourhood",), sort=QUEUE_ORDER, only_while="open"),
        Index(equal=("state",), sort=NEWEST_FIRST),
        Index(equal=("open",), sort=NEWEST_FIRST),
        Index(sort=NEWEST_FIRST),
        Index(sort=(("changed_at", ASCENDING),)),
        Index(equal=("cell",), sort=NEWEST_FIRST, only_while="open"),
        Index(equal=("merged_into",)),
        Index(equal=("blob_keys",)),
        Index(equal=("neighbourhood",), sort=(("changed_at", ASCENDING),)),
        Index(equal=("addresses",)),
        # In neither while a report is open: taking a report writes nothing here.
        Index(sort=OLDEST_TO_ERASE, only_while="words_to_erase"),
        Index(sort=OLDEST_TO_ERASE, only_while="photos_to_erase"),
    ),
    nullable=frozenset({"merged_into"}),
)
DRAFTS = Collection(
    "drafts",
    fields={"expires_at": "instant", "photo_keys": "texts"},
    indexes=(Index(sort=(("expires_at", ASCENDING),)), Index(equal=("photo_keys",))),
)
AUDIT = Collection(
    "audit",
    fields={"report_id": "text", "at": "instant"},
    indexes=(Index(equal=("report_id",), sort=(("at", DESCENDING),)), Index(sort=(("at", DESCENDING),))),
)
FORECASTS = Collection("forecasts", fields={"published_at": "instant", "sequence": "integer"}, indexes=())
HOLDS = Collection(
    "holds",
    fields={"report_ids": "texts", "sequence": "integer", "is_open": "boolean"},
    indexes=(Index(equal=("report_ids",)),),
)
COLLECTIONS = (REPORTS, DRAFTS, AUDIT, FORECASTS, HOLDS, DELIVERIES, MESSAGES, DENIED_USERS)


def _derived(report: Report) -> Mapping[str, Any]:
    """Return the fields that the indexes are made of."""
    return {
        "open": report.is_open,
        "changed_at": report.changed_at,
        "queue_rank": WAITING if report.waits_for_staff else UNDER_WAY,
        "due_at": report.deadline or report.reported_at,
        "neighbourhood": report.place.neighbourhood,
        "cell": cell(report.place.easting, report.place.northing),
        "blob_keys": sorted(files_of(report.private.photos)),
        "addresses": sorted(addresses_of(report.private)),
        "erase_from": due_since(report),
        "words_to_erase": not report.is_open and holds_words(report),
        "photos_to_erase": not report.is_open and holds_photos(report),
    }


def reports(store: Store) -> Repository[Report]:
    """Return the repository of reports."""
    return Repository(store, REPORTS.name, Report, public_state=public_state, derived=_derived)


def by_reference(store: Store, typed: str) -> Report:
    """Return the report with a reference as typed by a person; raises `NotFound`."""
    report = reports(store).find_one({"reference": normalise_reference(typed[:40])})
    if report is None:
        raise NotFound("There is no report with this reference.")
    return report


def names_blob(store: Store, key: str) -> bool:
    """Say whether any report or draft still names a blob."""
    in_reports = store.count(REPORTS.name, {"blob_keys": HasAny([key])}, limit=1)
    return bool(in_reports or store.count(DRAFTS.name, {"photo_keys": HasAny([key])}, limit=1))
