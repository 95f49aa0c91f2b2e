"""The documents of the tonnage service: tickets, tips, copies of vehicles and jobs, and totals made from tickets.

A total is one document per day, site, material and origin. It is never incremented: whenever one of its tickets changes
it is added up again from all of them, so that a repeated or late event can't make a published figure wrong.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.tonnage.domain.indicators import Bucket
from services.tonnage.domain.ticket import Ticket, Tip, plain_registration, public_state
from shared.store.paging import every
from shared.store.port import ASCENDING, DESCENDING, Collection, Document, HasAny, Index, Range, Store
from shared.store.repository import Repository
from shared.web.deny import DENIED_USERS

NEWEST_FIRST = (("booked_on", DESCENDING), ("weighed_at", DESCENDING))

TICKETS = Collection(
    "tickets",
    fields={
        "ticket_number": "text",
        "tip_id": "text",
        "bucket": "text",
        "booked_on": "text",
        "weighed_at": "instant",
        "net_kg": "integer",
        "standing": "boolean",
        "awaits_tip": "boolean",
        "holds_tip": "boolean",
        "job_ids": "texts",
        "facets": "texts",
    },
    indexes=(
        Index(equal=("facets",), sort=NEWEST_FIRST),
        Index(equal=("ticket_number",)),
        Index(equal=("bucket",), only_while="standing"),
        Index(equal=("tip_id",), only_while="awaits_tip"),
        # A tip is weighed once: of two standing tickets for it, the second is refused by the store itself.
        Index(equal=("tip_id",), only_while="holds_tip", unique=True),
        Index(equal=("job_ids",)),
    ),
    nullable=frozenset({"tip_id"}),
)
TIPS = Collection(
    "tips",
    fields={"tipped_at": "instant", "waiting": "boolean", "vehicle_id": "text"},
    indexes=(Index(sort=(("tipped_at", DESCENDING),), only_while="waiting"), Index(sort=(("tipped_at", DESCENDING),))),
)
VEHICLES = Collection("vehicles", fields={"registration": "text"}, indexes=(Index(equal=("registration",)),))
COLLECTED = Collection(
    "collected",
    fields={"completed_at": "instant", "waiting": "boolean", "material": "text", "estimated_kg": "integer"},
    indexes=(
        Index(sort=(("completed_at", DESCENDING),), only_while="waiting"),
        Index(equal=("material",), sort=(("completed_at", DESCENDING),), only_while="waiting"),
    ),
)
TOTALS = Collection(
    "totals",
    fields={"day": "text", "net_kg": "integer"},
    indexes=(Index(sort=(("day", ASCENDING),)),),
)
COLLECTIONS: tuple[Collection, ...] = (TICKETS, TIPS, VEHICLES, COLLECTED, TOTALS, DENIED_USERS)

ANY = "any"


def facet(what: str = ANY, site_id: str = ANY, status: str = ANY) -> str:
    """Return the key under which tickets of a material, stream or origin, of a site and of a status are listed."""
    return f"{what}|{site_id}|{status}"


def _facets(ticket: Ticket) -> list[str]:
    """Return every combination of filters that finds the ticket."""
    what = (ANY, f"material:{ticket.material}", f"stream:{ticket.stream}", f"origin:{ticket.origin}")
    marks = [mark for mark, holds in _marks(ticket).items() if holds]
    statuses = (ANY, ticket.state, *(("awaits-tip",) if ticket.awaits_tip else ()))
    return [facet(w, s, t) for w in (*what, *marks) for s in (ANY, ticket.weighing.site_id) for t in statuses]


def _marks(ticket: Ticket) -> Mapping[str, bool]:
    """Return the sets that the rates are made of, so that each number opens to its tickets."""
    from_collections = ticket.is_household and ticket.origin == "collection"
    return {
        "recycled": ticket.is_recycled,
        "household": from_collections,
        "household-recycled": from_collections and ticket.is_recycled,
        "household-with-streets": ticket.is_household,
        "household-with-streets-recycled": ticket.is_household and ticket.is_recycled,
    }


def _derived_of_ticket(ticket: Ticket) -> Mapping[str, Any]:
    """Return the fields that tickets are found by."""
    return {
        "ticket_number": ticket.weighing.ticket_number,
        "tip_id": ticket.weighing.tip_id,
        "bucket": "|".join(ticket.bucket),
        "weighed_at": ticket.weighing.second_weighed_at,
        "net_kg": ticket.weighing.net_kg,
        "standing": ticket.is_standing,
        "awaits_tip": ticket.awaits_tip,
        "holds_tip": ticket.is_standing and ticket.weighing.tip_id is not None,
        "job_ids": [share.job_id for share in ticket.shares] if ticket.is_standing else [],
        "facets": _facets(ticket),
    }


def tickets(store: Store) -> Repository[Ticket]:
    """Return the repository of tickets."""
    return Repository(store, TICKETS.name, Ticket, public_state=public_state, derived=_derived_of_ticket)


def tips(store: Store) -> Repository[Tip]:
    """Return the repository of tips."""
    return Repository(store, TIPS.name, Tip, derived=lambda tip: {"waiting": not tip.has_ticket})


def find_tickets(
    store: Store,
    *,
    what: str,
    site_id: str,
    status: str,
    first_day: str,
    after_last_day: str,
    after: str | None,
    limit: int,
) -> tuple[list[Ticket], str | None]:
    """Return a page of tickets of a period, the newest first."""
    where = {
        "facets": HasAny([facet(what or ANY, site_id or ANY, status or ANY)]),
        "booked_on": Range(first_day, after_last_day),
    }
    return tickets(store).find(where, sort=NEWEST_FIRST, limit=limit, after=after)


def weighed(store: Store, job_ids: Iterable[str]) -> frozenset[str]:
    """Return those of the jobs that have a share of a standing ticket."""
    wanted = tuple(job_ids)
    if not wanted:
        return frozenset()
    found = every(store, TICKETS.name, {"job_ids": HasAny(wanted)}, fields=("job_ids",))
    return frozenset(job_id for document in found for job_id in document["job_ids"]) & frozenset(wanted)


def vehicle_by_registration(store: Store, registration: str) -> Document | None:
    """Return the copy of the vehicle with a registration, however it was typed."""
    return next(
        iter(store.find(VEHICLES.name, {"registration": plain_registration(registration)}, limit=1).items), None
    )


def buckets(store: Store, *, first_day: str, after_last_day: str) -> list[Bucket]:
    """Return the totals of a period."""
    found = every(store, TOTALS.name, {"day": Range(first_day, after_last_day)}, sort=(("day", ASCENDING),))
    names = Bucket.__dataclass_fields__
    return [Bucket(**{name: document[name] for name in names}) for document in found]
