"""Other days: the same jobs with a shift that begins earlier, a crew more, or a vehicle off the road, side by side.

Each is a change to the day, planned by the same planner in the same time, so that figures differ by the day and not by
the care that was taken. Nothing of it is published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from services.scheduling.rounds.check import broken_rules
from services.scheduling.rounds.day import Crew, Day
from services.scheduling.rounds.dispatch import LIST_ORDER
from services.scheduling.rounds.factors import Factors
from services.scheduling.rounds.make import Refused, drive_listed, make_plan
from services.scheduling.rounds.measures import Measures, measure
from services.scheduling.rounds.travel import Travel
from shared.errors import DomainError

MOST_MINUTES_EARLIER = 120
EXTRA = "extra"


@dataclass(frozen=True)
class Scenario:
    """What is to be otherwise; nothing at all is the day as it is."""

    earlier_minutes: int = 0
    extra_like: str | None = None
    without: str | None = None


@dataclass(frozen=True)
class Compared:
    """A day and what its plan would be like; `problem` says why there is none."""

    name: str
    measures: Measures | None
    problem: str | None = None


def changed(day: Day, scenario: Scenario) -> Day:
    """Return the day as a scenario has it; raises `DomainError` for a crew that is not on shift."""
    other = day
    if scenario.without is not None:
        other = _without(other, _require(day, scenario.without))
    if scenario.earlier_minutes:
        other = _earlier(other, scenario.earlier_minutes * 60)
    if scenario.extra_like is not None:
        other = _with_another(other, _require(day, scenario.extra_like))
    return other


def named(day: Day, scenario: Scenario) -> str:
    """Return what a scenario is called."""
    parts = []
    if scenario.earlier_minutes:
        parts.append(f"shifts {scenario.earlier_minutes} minutes earlier")
    if scenario.extra_like is not None:
        parts.append(f"one more crew like {_require(day, scenario.extra_like).name}")
    if scenario.without is not None:
        parts.append(f"without {_require(day, scenario.without).name}")
    text = ", ".join(parts) or "as it is"
    return text[0].upper() + text[1:]


def compare(
    day: Day,
    scenarios: Mapping[str, Scenario],
    travel: Travel,
    factors: Factors,
    *,
    seconds: float,
    seed: int = 1,
    iterations: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Compared]:
    """Return the baseline, the day as it is and each scenario, planned in about `seconds` each."""
    listed = drive_listed(day, travel)
    broken = broken_rules(day, listed, travel)
    baseline = Compared(
        LIST_ORDER, None if broken else measure(day, listed, factors), broken[0].words if broken else None
    )
    rows = [baseline]
    for name, scenario in {named(day, Scenario()): Scenario(), **scenarios}.items():
        tell(name)
        other = changed(day, scenario)
        if scenario != Scenario() and other == day:
            rows.append(Compared(name, None, "every crew has set off already, so nothing would be different"))
            continue
        try:
            made = make_plan(other, travel, seconds=seconds, seed=seed, iterations=iterations)
        except Refused as refused:
            rows.append(Compared(name, None, str(refused)))
        else:
            rows.append(Compared(name, measure(other, made.rounds, factors)))
    return rows


def _earlier(day: Day, seconds: int) -> Day:
    """Return the day with the shifts of all crews that have not set off beginning and ending earlier."""

    def moved(crew: Crew) -> Crew:
        if _has_set_off(day, crew):
            return crew
        rest = crew.rest
        return replace(
            crew,
            start=crew.start - seconds,
            end=crew.end - seconds,
            ready=crew.ready - seconds,
            rest=replace(rest, earliest=rest.earliest - seconds, latest=rest.latest - seconds) if rest else None,
        )

    return replace(day, crews={crew.id: moved(crew) for crew in day.crews.values()})


def _has_set_off(day: Day, crew: Crew) -> bool:
    """Say whether a crew is out; a vehicle that stood in the yard overnight with waste on it is not."""
    return crew.is_under_way and (crew.position != crew.home or crew.start < day.now)


def _with_another(day: Day, crew: Crew) -> Day:
    """Return the day with a fresh crew of the same kind, at the yard, for the same hours."""
    another = replace(
        crew,
        id=f"{crew.id}-{EXTRA}",
        name=f"another {crew.name}",
        position=crew.home,
        loaded_kg=0,
        loaded_litres=0,
        materials=frozenset(),
        locked=(),
        is_under_way=False,
    )
    return replace(day, crews={**day.crews, another.id: another})


def _without(day: Day, crew: Crew) -> Day:
    """Return the day without a crew; what it was given by hand may go to others."""
    jobs = {job.id: replace(job, pinned_to=None) if job.pinned_to == crew.id else job for job in day.jobs.values()}
    return replace(day, jobs=jobs, crews={key: each for key, each in day.crews.items() if key != crew.id})


def _require(day: Day, crew_id: str) -> Crew:
    """Return a crew of the day; raises `DomainError`."""
    if crew_id not in day.crews:
        raise DomainError("Choose a crew that is on shift", field="crew_id")
    return day.crews[crew_id]
