"""What is published of the tonnes: by material and stream, and recycling rates with their formula and their scope.

National indicator 192 is household waste sent for reuse, recycling and composting over all household waste collected.
Ours is worked out the same way, over our own tickets and nothing else, and says so: it is a figure for running the
service, not the council's return. Whether cleared fly-tips count as household waste is not settled between the guidance
that could be seen (WasteDataFlow books them in a row of their own), so the rate is given both ways.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from services.tonnage.domain.ticket import FROM_COLLECTIONS, FROM_STREETS


@dataclass(frozen=True)
class Bucket:
    """The tickets of one day, site, material and origin, added up."""

    day: str
    site_id: str
    material: str
    stream: str
    origin: str
    is_recycled: bool
    is_household: bool
    net_kg: int
    tickets: int


@dataclass(frozen=True)
class Row:
    """One line of a table: kilograms and tickets of a material or stream."""

    code: str
    stream: str
    is_recycled: bool
    net_kg: int
    tickets: int


@dataclass(frozen=True)
class Rate:
    """A rate with what it was made from; thousandths, so that no float is kept. None where nothing was weighed."""

    recycled_kg: int
    all_kg: int

    @property
    def thousandths(self) -> int | None:
        """The rate in thousandths, rounded half up."""
        return (2000 * self.recycled_kg + self.all_kg) // (2 * self.all_kg) if self.all_kg else None

    @property
    def percent(self) -> float | None:
        """The rate as a percentage with one decimal."""
        return None if self.thousandths is None else self.thousandths / 10


@dataclass(frozen=True)
class Summary:
    """Everything that is shown for a period."""

    weighed_kg: int
    tickets: int
    recycled_kg: int
    from_streets_kg: int
    by_material: tuple[Row, ...]
    by_stream: tuple[Row, ...]
    everything: Rate
    household: Rate
    household_with_streets: Rate


def summarise(buckets: Sequence[Bucket]) -> Summary:
    """Return the figures of a period's buckets."""
    return Summary(
        weighed_kg=sum(bucket.net_kg for bucket in buckets),
        tickets=sum(bucket.tickets for bucket in buckets),
        recycled_kg=sum(bucket.net_kg for bucket in buckets if bucket.is_recycled),
        from_streets_kg=sum(bucket.net_kg for bucket in buckets if bucket.origin == FROM_STREETS),
        by_material=_rows(buckets, lambda bucket: bucket.material),
        by_stream=_rows(buckets, lambda bucket: bucket.stream),
        everything=_rate(buckets),
        household=_rate(bucket for bucket in buckets if bucket.is_household and bucket.origin == FROM_COLLECTIONS),
        household_with_streets=_rate(bucket for bucket in buckets if bucket.is_household),
    )


def _rate(buckets: Iterable[Bucket]) -> Rate:
    """Return recycled over all of the buckets."""
    counted = tuple(buckets)
    return Rate(
        recycled_kg=sum(bucket.net_kg for bucket in counted if bucket.is_recycled),
        all_kg=sum(bucket.net_kg for bucket in counted),
    )


def _rows(buckets: Sequence[Bucket], code_of: Callable[[Bucket], str]) -> tuple[Row, ...]:
    """Return a line per code, the heaviest first."""
    grouped: dict[str, list[Bucket]] = {}
    for bucket in buckets:
        if bucket.net_kg:
            grouped.setdefault(code_of(bucket), []).append(bucket)
    rows = [
        Row(
            code,
            members[0].stream,
            all(member.is_recycled for member in members),
            sum(member.net_kg for member in members),
            sum(member.tickets for member in members),
        )
        for code, members in grouped.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.net_kg, row.code)))
