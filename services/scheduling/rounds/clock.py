"""A clock without breaks: the middle of a shift's break is cut out of the day, because the solver knows no breaks.

That is exact while no crew's shift holds another's break. Where shifts overlap, nothing is cut: each crew that is owed
a break has that much less time instead, and a deadline may be missed by as much. The replay shows the truth anyway.
"""

from dataclasses import dataclass

from services.scheduling.rounds.day import Crew, Day


@dataclass(frozen=True)
class Clock:
    """Breaks that are cut out: the time at which each begins, and its length; none where shifts overlap."""

    cuts: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, day: Day) -> "Clock":
        """Return the clock of a day's shifts."""
        rests = {(_middle(crew), crew.rest.seconds) for crew in day.crews.values() if crew.rest is not None}
        cuts = tuple(sorted(rests))
        for crew in day.crews.values():
            own = (_middle(crew), crew.rest.seconds) if crew.rest is not None else None
            if any(crew.start < begin < crew.end and (begin, long) != own for begin, long in cuts):
                return cls(())
        return cls(cuts)

    def short(self, at: int) -> int:
        """Return a time on the clock without breaks."""
        return at - sum(min(max(0, at - begin), long) for begin, long in self.cuts)

    def ready(self, crew: Crew) -> int:
        """Return when a crew is ready on this clock."""
        if not self.cuts:
            return crew.ready
        rest = crew.rest
        if rest is not None and crew.ready >= rest.earliest:
            # Its break is due before anything else.
            return self.short(crew.ready + rest.seconds)
        return self.short(crew.ready)

    def end(self, crew: Crew) -> int:
        """Return when a crew must be home on this clock."""
        if not self.cuts and crew.rest is not None:
            return crew.end - crew.rest.seconds
        return self.short(crew.end)


def _middle(crew: Crew) -> int:
    """Return the middle of the times at which a crew's break may begin."""
    return (crew.rest.earliest + crew.rest.latest) // 2 if crew.rest is not None else 0
