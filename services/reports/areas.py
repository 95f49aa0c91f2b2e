"""Reading an area: what is open in it, and what became known of it lately, by two indexed finds.

A neighbourhood has an index of its own for both; a ward is read through the neighbourhoods that it lies in. Reports are
taken apart to what `domain/area.py` needs before anything is counted: of 250,000 reports a few hundred are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.reports.domain.area import WEEK, Repeat, Seen, repeats
from services.reports.domain.report import Report
from services.reports.store import QUEUE_ORDER, REPORTS, reports
from shared.council import Council
from shared.errors import NotFound
from shared.service import ServiceContext
from shared.store.port import ASCENDING, Document, In, Range
from shared.web.identity import User

PAGE = 500
MOST_READ = 10_000
"""More than the whole of a large city has open, or hears of in two months in one part of it."""

FIELDS = ("reference", "kind", "open", "closure", "place", "cell", "reported_at", "deadline", "history")


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
    """Return every report of an area that is open, or became known to change in the days that its page counts."""
    counted = ctx.council.assessment.repeat
    window = max(WEEK, timedelta(days=counted.days)) if counted else WEEK
    where = {"neighbourhood": In(area.neighbourhoods)}
    opened = _documents(ctx, {**where, "open": True}, QUEUE_ORDER)
    changed = {**where, "changed_at": Range(at_least=now - window)}
    recent = _documents(ctx, changed, (("changed_at", ASCENDING),))
    found = {document["_id"]: document for document in (*opened, *recent)}
    seen = [_seen(document) for document in found.values()]
    return [one for one in seen if area.kind == "neighbourhood" or one.ward == area.id]


def repeats_in(council: Council, seen: Sequence[Seen], now: datetime) -> list[Repeat]:
    """Return the places that come back, by what the council counts as the same place; none where it counts none."""
    counted = council.assessment.repeat
    return repeats(seen, now, within_m=counted.within_m, days=counted.days) if counted else []


def read_open(ctx: ServiceContext) -> Mapping[str, list[Seen]]:
    """Return every open report by its neighbourhood."""
    found: dict[str, list[Seen]] = {one.id: [] for one in ctx.council.neighbourhoods}
    for document in _documents(ctx, {"open": True}, QUEUE_ORDER):
        found.setdefault(document["place"]["neighbourhood"], []).append(_seen(document))
    return found


def in_full(ctx: ServiceContext, seen: Sequence[Seen]) -> list[Report]:
    """Return reports in full, in the order given, for the words that pages say of them."""
    found: dict[str, Report] = {}
    for begin in range(0, len(seen), PAGE):
        ids = [one.id for one in seen[begin : begin + PAGE]]
        found |= {report.id: report for report in reports(ctx.store).find({"_id": In(ids)}, limit=PAGE)[0]}
    return [found[one.id] for one in seen if one.id in found]


def _documents(ctx: ServiceContext, where: Mapping[str, object], sort: Sequence[tuple[str, int]]) -> Iterator[Document]:
    """Yield what a find gives, page by page, up to `MOST_READ`."""
    cursor, read = None, 0
    while read < MOST_READ:
        page = ctx.store.find(REPORTS.name, where, sort=sort, limit=PAGE, after=cursor, fields=FIELDS)
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
        place_id=place["place_id"],
        cell=document["cell"],
        is_exact=place["place_precision"] != "street",
        lat=place["lat"],
        lon=place["lon"],
        easting=place["easting"],
        northing=place["northing"],
        reported_at=document["reported_at"],
        deadline=document["deadline"],
        steps=tuple((step["at"], step["what"]) for step in document["history"]),
    )
