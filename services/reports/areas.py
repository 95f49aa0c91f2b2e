"""Reading an area: what is open in it, and what became known of it in a week, by two indexed finds.

A neighbourhood has an index of its own for both; a ward is read through the neighbourhoods that it lies in. Reports are
taken apart to what `domain/area.py` needs before anything is counted: of 250,000 reports a few hundred are read. Places
that come back need two months: of those columns alone are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.reports.domain.area import WEEK, Repeat, Seen, Spot, repeats
from services.reports.domain.report import Report
from services.reports.store import QUEUE_ORDER, REPORTS, reports
from shared.council import Council
from shared.errors import NotFound
from shared.service import ServiceContext
from shared.store.port import ASCENDING, Document, In, Range
from shared.web.identity import User

BY_CHANGE = (("changed_at", ASCENDING),)
PAGE = 500
MOST_READ = 10_000
"""More than the whole of a large city has open, or hears of in two months in one part of it."""

FIELDS = ("reference", "kind", "open", "closure", "place", "reported_at", "deadline", "history")
SPOT_FIELDS = ("reference", "kind", "open", "easting", "northing", "reported_at", "closed_at")
ASKED_FIELDS = (*SPOT_FIELDS, "gone", "exact", "ward")
"""All declared, so that no body is read for them."""


@dataclass(frozen=True)
class Area:
    """A neighbourhood or a ward, and the neighbourhoods that its reports are found in."""

    kind: str
    id: str
    name: str
    neighbourhoods: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return where its page is."""
        return f"/area/{self.id}" if self.kind == "neighbourhood" else f"/area/wards/{self.id}"


def neighbourhood_area(council: Council, neighbourhood_id: str) -> Area:
    """Return a neighbourhood as an area; raises `NotFound`."""
    found = council.neighbourhood(neighbourhood_id)
    return Area("neighbourhood", found.id, found.name, (found.id,))


def ward_area(council: Council, ward_id: str) -> Area:
    """Return a ward as an area; raises `NotFound`.

    Official wards don't nest in neighbourhoods: such a ward is looked for in all of them.
    """
    ward = next((one for one in council.wards if one.id == ward_id), None)
    if ward is None:
        raise NotFound("There is no such ward.")
    within = (ward.neighbourhood,) if ward.neighbourhood else tuple(one.id for one in council.neighbourhoods)
    return Area("ward", ward.id, ward.name, within)


def areas_of(user: User, council: Council) -> list[Area]:
    """Return the areas that a user is answerable for: a councillor's wards, a manager's neighbourhood or all."""
    found = []
    if user.has_role("manager"):
        only = user.scopes.get("neighbourhood")
        found = [neighbourhood_area(council, one.id) for one in council.neighbourhoods if only in (None, one.id)]
    if "councillor" in user.roles:
        wards = set(user.scopes.get("ward", "").split())
        found += [ward_area(council, ward.id) for ward in council.wards if ward.id in wards]
    return found


def may_see(user: User, area: Area, council: Council) -> bool:
    """Say whether an area is one of the user's, or a ward in one of a manager's."""
    own = areas_of(user, council)
    if (area.kind, area.id) in {(one.kind, one.id) for one in own}:
        return True
    mine = {one.id for one in own if one.kind == "neighbourhood"}
    return area.kind == "ward" and bool(mine) and set(area.neighbourhoods) <= mine


def read_area(ctx: ServiceContext, area: Area, *, now: datetime) -> list[Seen]:
    """Return every report of an area that is open, or of which something became known in the last week."""
    where = {"neighbourhood": In(area.neighbourhoods)}
    opened = _documents(ctx, {**where, "open": True}, QUEUE_ORDER)
    changed = {**where, "changed_at": Range(at_least=now - WEEK)}
    recent = _documents(ctx, changed, BY_CHANGE)
    found = {document["_id"]: document for document in (*opened, *recent)}
    seen = (_seen(document) for document in found.values())
    return [one for one in seen if area.kind == "neighbourhood" or one.ward == area.id]


def repeats_of(ctx: ServiceContext, area: Area, *, now: datetime) -> list[Repeat]:
    """Return the places of an area that come back, by what the council counts as one; none where it counts none."""
    counted = ctx.council.assessment.repeat
    if counted is None:
        return []
    since = now - timedelta(days=counted.days)
    changed = {"neighbourhood": In(area.neighbourhoods), "changed_at": Range(at_least=since)}
    spots = [
        Spot(row["_id"], *(row[name] for name in SPOT_FIELDS))
        for row in _documents(ctx, changed, BY_CHANGE, fields=ASKED_FIELDS)
        # What lies at a home says too much about who lives there, and does not count.
        if row["exact"] and (row["open"] or row["gone"]) and since < row["reported_at"] <= now
        if area.kind == "neighbourhood" or row["ward"] == area.id
    ]
    return repeats(spots, within_m=counted.within_m)


def seen_by_id(ctx: ServiceContext, ids: Sequence[str]) -> list[Seen]:
    """Return reports as they are seen from their area, in the order given."""
    found: dict[str, Seen] = {}
    for begin in range(0, len(ids), PAGE):
        page = ctx.store.find(REPORTS.name, {"_id": In(ids[begin : begin + PAGE])}, limit=PAGE, fields=FIELDS)
        found |= {document["_id"]: _seen(document) for document in page.items}
    return [found[one] for one in ids if one in found]


def read_open(ctx: ServiceContext) -> Mapping[str, list[Seen]]:
    """Return every open report by its neighbourhood."""
    found: dict[str, list[Seen]] = {one.id: [] for one in ctx.council.neighbourhoods}
    for document in _documents(ctx, {"open": True}, QUEUE_ORDER):
        found.setdefault(document["place"]["neighbourhood"], []).append(_seen(document))
    return found


def in_full(ctx: ServiceContext, seen: Sequence[Seen | Spot]) -> list[Report]:
    """Return reports in full, in the order given, for the words that pages say of them."""
    found: dict[str, Report] = {}
    for begin in range(0, len(seen), PAGE):
        ids = [one.id for one in seen[begin : begin + PAGE]]
        found |= {report.id: report for report in reports(ctx.store).find({"_id": In(ids)}, limit=PAGE)[0]}
    return [found[one.id] for one in seen if one.id in found]


def _documents(
    ctx: ServiceContext,
    where: Mapping[str, object],
    sort: Sequence[tuple[str, int]],
    *,
    fields: Sequence[str] = FIELDS,
) -> Iterator[Document]:
    """Yield what a find gives, page by page, up to `MOST_READ`."""
    cursor, read = None, 0
    while read < MOST_READ:
        page = ctx.store.find(REPORTS.name, where, sort=sort, limit=PAGE, after=cursor, fields=fields)
        yield from page.items
        read += len(page.items)
        cursor = page.next
        if cursor is None:
            return


def _seen(document: Document) -> Seen:
    """Return a report as it is seen from its area."""
    place = document["place"]
    return Seen(
        id=document["_id"],
        reference=document["reference"],
        kind=document["kind"],
        closure=document["closure"],
        is_open=document["open"],
        ward=place["ward"],
        is_exact=place["place_precision"] != "street",
        lat=place["lat"],
        lon=place["lon"],
        easting=place["easting"],
        northing=place["northing"],
        reported_at=document["reported_at"],
        deadline=document["deadline"],
        steps=tuple((step["at"], step["what"]) for step in document["history"]),
    )
