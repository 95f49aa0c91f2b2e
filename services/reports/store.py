"""The documents of the reports service, their indexes, and the ways to find them.

`reports` holds everything about a report, its private part included; `drafts` what a resident has answered so far;
`deliveries` what is to be sent to reporters; `forecasts` how long crews take by depot and priority; `depots` where they
are and which neighbourhoods they serve;
`audit` who of the staff has read personal data, of which report or complaint;
`holds` which reports an open enforcement case needs whole;
`views` the filters that staff have saved; `complaints` formal complaints with who complains.
"""

from collections.abc import Mapping
from typing import Any

from services.reports.contacts import contact_keys
from services.reports.domain.area import GONE
from services.reports.domain.erasure import due_since, files_of, holds_photos, holds_words
from services.reports.domain.report import Report, public_state
from shared.errors import NotFound
from shared.geo import cell
from shared.ids import normalise_reference
from shared.notify import DELIVERIES, MESSAGES
from shared.retention import OLDEST_TO_ERASE
from shared.store.port import ASCENDING, DESCENDING, Collection, HasAny, Index, Store
from shared.store.repository import Repository
from shared.web.deny import DENIED_USERS

NEWEST_FIRST = (("reported_at", DESCENDING),)
QUEUE_ORDER = (("queue_rank", ASCENDING), ("due_at", ASCENDING))
WAITING, UNDER_WAY, WITH_OTHERS = 0, 1, 2
"""What waits for the desk comes first; what waits for somebody outside comes last, and comes back by itself."""

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
        "kind": "text",
        "priority": "integer",
        "land_type": "text",
        "dangers": "text",
        "chased": "integer",
        "times_here": "integer",
        "gone": "boolean",
        "closed_at": "instant",
        "easting": "integer",
        "northing": "integer",
        "ward": "text",
        "exact": "boolean",
        "paused": "boolean",
        "paused_until": "instant",
        "to_tell": "boolean",
        "contact_keys": "texts",
        "merged_into": "text",
        "blob_keys": "texts",
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
        Index(equal=("cell",), sort=NEWEST_FIRST, only_while="gone"),
        Index(sort=(("paused_until", ASCENDING),), only_while="paused"),
        Index(sort=(("reported_at", ASCENDING),), only_while="to_tell"),
        Index(equal=("contact_keys",), sort=NEWEST_FIRST),
        Index(equal=("merged_into",)),
        Index(equal=("blob_keys",)),
        Index(equal=("neighbourhood",), sort=(("changed_at", ASCENDING),)),
        # In neither while a report is open: taking a report writes nothing here.
        Index(sort=OLDEST_TO_ERASE, only_while="words_to_erase"),
        Index(sort=OLDEST_TO_ERASE, only_while="photos_to_erase"),
    ),
    nullable=frozenset({"merged_into", "priority", "land_type", "paused_until", "closed_at"}),
)
DRAFTS = Collection(
    "drafts",
    fields={"expires_at": "instant", "photo_keys": "texts"},
    indexes=(Index(sort=(("expires_at", ASCENDING),)), Index(equal=("photo_keys",))),
)
AUDIT = Collection(
    "audit",
    fields={"about": "text", "at": "instant"},
    indexes=(Index(equal=("about",), sort=(("at", DESCENDING),)), Index(sort=(("at", DESCENDING),))),
)
DEPOTS = Collection("depots")
FORECASTS = Collection("forecasts", fields={"published_at": "instant", "sequence": "integer"}, indexes=())
HOLDS = Collection(
    "holds",
    fields={"report_ids": "texts", "sequence": "integer", "is_open": "boolean"},
    indexes=(Index(equal=("report_ids",)),),
)
VIEWS = Collection(
    "views",
    fields={"user_id": "text", "name": "text", "made_at": "instant"},
    indexes=(Index(equal=("user_id",), sort=(("name", ASCENDING),)),),
)
COMPLAINTS = Collection(
    "complaints",
    fields={
        "reference": "text",
        "idempotency_key": "text",
        "open": "boolean",
        "due_at": "instant",
        "received_at": "instant",
        "report_id": "text",
        "contact_keys": "texts",
        "erase_from": "instant",
        "to_erase": "boolean",
    },
    indexes=(
        Index(equal=("reference",), unique=True),
        Index(equal=("idempotency_key",), unique=True),
        Index(sort=(("due_at", ASCENDING),), only_while="open"),
        Index(equal=("open",), sort=(("received_at", DESCENDING),)),
        Index(equal=("report_id",), sort=(("received_at", DESCENDING),)),
        Index(equal=("contact_keys",), sort=(("received_at", DESCENDING),)),
        Index(sort=OLDEST_TO_ERASE, only_while="to_erase"),
    ),
    nullable=frozenset({"report_id"}),
)
COLLECTIONS = (REPORTS, DRAFTS, AUDIT, DEPOTS, FORECASTS, HOLDS, VIEWS, COMPLAINTS, DELIVERIES, MESSAGES, DENIED_USERS)


def _derived(report: Report) -> Mapping[str, Any]:
    """Return the fields that the indexes are made of."""
    pause = report.running_pause
    return {
        "open": report.is_open,
        "changed_at": report.changed_at,
        "queue_rank": _rank(report),
        "due_at": report.deadline or report.reported_at,
        "neighbourhood": report.place.neighbourhood,
        "cell": cell(report.place.easting, report.place.northing),
        "blob_keys": sorted(files_of(report.private.photos)),
        "erase_from": due_since(report),
        "words_to_erase": not report.is_open and holds_words(report),
        "photos_to_erase": not report.is_open and holds_photos(report),
        "gone": report.closure in GONE,
        "easting": report.place.easting,
        "northing": report.place.northing,
        "ward": report.place.ward,
        "exact": report.place.place_precision == "exact",
        "dangers": " ".join(report.hazards),
        "chased": len(report.chases),
        "paused": pause is not None,
        "paused_until": pause.until if pause else None,
        "to_tell": report.waits_to_be_told,
        "contact_keys": contact_keys(report.private),
    }


def _rank(report: Report) -> int:
    """Return where in the queue a report belongs."""
    if report.waits_for_staff:
        return WAITING
    return WITH_OTHERS if report.running_pause is not None or report.state == "referred" else UNDER_WAY


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
