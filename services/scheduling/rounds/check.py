"""The independent checker: no plan is shown or published that breaks a rule, and whoever made it is told which.

It takes a plan with its times and trusts none of it: not the solver, and not the replay either. It walks each round by
itself, adds up loads and times again, and knows nothing of how plans are made. What it asks of a plan is in `RULES`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from services.scheduling.rounds.day import Absent, Crew, Day, Job, Spot
from services.scheduling.rounds.drive import Round, Stop
from services.scheduling.rounds.travel import Travel

RULES: Mapping[str, str] = {
    "unknown": "every crew, job and site of a plan exists",
    "duplicate": "no job is planned twice",
    "held": "a job held for evidence is nobody’s",
    "contractor": "a contractor’s job goes to no crew of the council",
    "pinned": "a job that was given to a crew by hand stays with it",
    "locked": "the stops that a crew has been shown already come first, in their order",
    "off-shift": "the crew is on shift by its pattern, bank holidays counted, or has signed on",
    "no-vehicle": "the crew has a vehicle",
    "off-road": "the vehicle is on the road",
    "short-handed": "as many of the crew are there as its work takes",
    "skill": "the crew has the tickets, keys and kind that the job needs",
    "access": "the vehicle is narrow and light enough for the place",
    "licence": "somebody in the crew may drive the vehicle",
    "range": "an electric vehicle comes home on its charge",
    "load": "the vehicle carries what is on it, in kilograms and litres, and is empty when it comes home",
    "materials": "a site takes what is tipped there",
    "opening-hours": "a site is open while a vehicle tips there",
    "travel": "there is time for every way and every piece of work, and nothing begins before it is known",
    "break": "the crew has its break in time",
    "shift": "the crew begins and ends within its shift",
}

REFUSING = frozenset({"unknown", "held", "contractor", "skill", "access", "licence", "load"})
"""Rules that nobody may bend. The others a supervisor may, knowing it: a shift that ends later, another next stop."""

TOLERANCE = 1.0
"""Seconds: times are rounded when they are written down."""

ROUNDING_METRES = 1.0


@dataclass(frozen=True)
class Broken:
    """A rule that a plan breaks, by which crew, and in words."""

    rule: str
    crew_id: str
    words: str


@dataclass(frozen=True)
class Walk:
    """One round to be checked, with what is needed for that."""

    day: Day
    crew: Crew
    round: Round
    travel: Travel


def broken_rules(day: Day, rounds: Mapping[str, Round], travel: Travel) -> list[Broken]:
    """Return every rule that a plan breaks; an empty list is a plan that may be published."""
    found: list[Broken] = []
    seen: dict[str, str] = {}
    for crew_id, round_ in rounds.items():
        crew = day.crews.get(crew_id)
        if crew is None:
            if round_.stops:
                why = day.absent.get(crew_id, Absent("unknown", f"{day.gone.get(crew_id, crew_id)} is not on shift"))
                found.append(Broken(why.rule, crew_id, why.words))
            continue
        found += _duplicates(day, crew, round_, seen)
        for rule, check in _CHECKS:
            found += [Broken(rule, crew_id, words) for words in check(Walk(day, crew, round_, travel))]
    return found


def broken_alone(crew: Crew, job: Job, travel: Travel) -> list[Broken]:
    """Return the rules that nobody may bend and that a crew breaks with a job wherever it is on its round.

    The crew has nothing else to do, and tips at once: what is left is whether it may and can do the job at all.
    """
    empty = replace(crew, loaded_kg=0, loaded_litres=0, materials=frozenset())
    stops = (Stop("job", job.id, 0, 0, 0, job.kg, job.litres), Stop("tip", "", 0, 0, 0, 0, 0))
    round_ = Round(crew.id, stops, dropped=(), travel_seconds=0, metres=0, home_at=0, has_rested=True)
    walk = Walk(Day({crew.id: empty}, {job.id: job}, {}), empty, round_, travel)
    found = [
        Broken(rule, crew.id, words)
        for rule, check in _CHECKS
        if rule in REFUSING - {"unknown", "load"}
        for words in check(walk)
    ]
    if any(_load(walk)):
        is_bulky = job.kg <= crew.payload_kg
        much = f"{job.litres:,} litres" if is_bulky else f"{job.kg:,} kg"
        room = f"{crew.volume_litres:,}" if is_bulky else f"{crew.payload_kg:,}"
        words = f"{job.label} is about {much}, and {crew.name}’s vehicle carries {room}"
        found.append(Broken("load", crew.id, f"{words}: split it, or send a larger one"))
    return found


def _duplicates(day: Day, crew: Crew, round_: Round, seen: dict[str, str]) -> Iterator[Broken]:
    """Find jobs that another round, or this one, has already."""
    for stop in round_.visits:
        if stop.id in seen:
            label = day.jobs[stop.id].label if stop.id in day.jobs else stop.id
            yield Broken("duplicate", crew.id, f"{label} is planned twice, for {seen[stop.id]} and for {crew.name}")
        seen[stop.id] = crew.name


def _unknown(walk: Walk) -> Iterator[str]:
    """Find jobs and sites that nobody knows."""
    for stop in walk.round.stops:
        if stop.kind == "job" and stop.id not in walk.day.jobs:
            yield f"{walk.crew.name} has a job that is not there to be planned: {stop.id}"
        if stop.kind == "tip" and stop.id not in walk.day.sites:
            yield f"{walk.crew.name} tips at a site that nobody knows: {stop.id}"


def _of_jobs(says: Callable[[Crew, Job], str | None]) -> "Check":
    """Return a check that looks at every job of a round."""

    def check(walk: Walk) -> Iterator[str]:
        for stop in walk.round.visits:
            job = walk.day.jobs.get(stop.id)
            words = says(walk.crew, job) if job is not None else None
            if words is not None:
                yield words

    return check


def _held(crew: Crew, job: Job) -> str | None:
    """Say that a held job has a crew."""
    return f"{job.label} is held for evidence and can’t go to {crew.name}" if job.held else None


def _contractor(crew: Crew, job: Job) -> str | None:
    """Say that a contractor's job has a crew."""
    return f"{job.label} is for a contractor and can’t go to {crew.name}" if job.contractor else None


def _pinned(crew: Crew, job: Job) -> str | None:
    """Say that a job was taken from the crew that a person gave it to."""
    if job.pinned_to in (None, crew.id):
        return None
    return f"{job.label} was given to another crew by hand and can’t go to {crew.name}"


def _skill(crew: Crew, job: Job) -> str | None:
    """Say that a crew lacks a ticket, a key, or is of another kind."""
    missing = ({job.skill} if job.skill is not None else set()) | job.needs
    missing -= crew.skills
    return f"{job.label} needs {', '.join(sorted(missing))}, which {crew.name} doesn’t have" if missing else None


def _access(crew: Crew, job: Job) -> str | None:
    """Say that a vehicle is too wide or too heavy for a place."""
    if job.max_width_cm is not None and (crew.width_cm or 0) > job.max_width_cm:
        return f"{job.label} is behind a width of {job.max_width_cm} cm, and {crew.name}’s vehicle has {crew.width_cm}"
    if job.max_gross_kg is not None and (crew.gross_kg or 0) > job.max_gross_kg:
        return f"{job.label} is behind a limit of {job.max_gross_kg} kg, and {crew.name}’s vehicle has {crew.gross_kg}"
    return None


def _licence(walk: Walk) -> Iterator[str]:
    """Find a round that nobody may drive."""
    if walk.round.stops and not (walk.crew.licence_needed is None or walk.crew.licence_needed in walk.crew.licences):
        yield f"nobody in {walk.crew.name} holds licence {walk.crew.licence_needed}, which its vehicle needs"


def _locked(walk: Walk) -> Iterator[str]:
    """Find a crew whose next stops were taken away or moved."""
    first = tuple(stop.id for stop in walk.round.visits)[: len(walk.crew.locked)]
    if first != walk.crew.locked:
        label = next(
            (walk.day.jobs[job_id].label for job_id in walk.crew.locked if job_id in walk.day.jobs),
            ", ".join(walk.crew.locked),
        )
        yield f"{walk.crew.name} is on its way to {label}, which must stay its next stop"


def _range(walk: Walk) -> Iterator[str]:
    """Find a round that is longer than the charge lasts."""
    most = walk.crew.range_metres
    if most is None or not walk.round.stops:
        return
    spot, metres = walk.crew.position, 0.0
    for stop in walk.round.stops:
        there, _, _, _ = _needs(walk, stop, spot)
        metres += walk.travel.metres(spot, there) if there != spot else 0.0
        spot = there
    metres += walk.travel.metres(spot, walk.crew.home) if spot != walk.crew.home else 0.0
    if metres > most + ROUNDING_METRES:
        driven, left = metres / 1000, max(0.0, most) / 1000
        yield f"{walk.crew.name} would drive {driven:.0f} km, and its vehicle’s charge lasts for {left:.0f}"


def _load(walk: Walk) -> Iterator[str]:
    """Find a vehicle with too much on it, or that comes home with anything on board."""
    kg, litres = walk.crew.loaded_kg, walk.crew.loaded_litres
    for stop in walk.round.stops:
        if stop.kind == "tip":
            kg = litres = 0
        job = walk.day.jobs.get(stop.id) if stop.kind == "job" else None
        if job is None:
            continue
        kg, litres = kg + job.kg, litres + job.litres
        if kg > walk.crew.payload_kg:
            yield f"after {job.label} {walk.crew.name} has {kg} kg on board, of {walk.crew.payload_kg}"
        if litres > walk.crew.volume_litres:
            yield f"after {job.label} {walk.crew.name} has {litres} litres on board, of {walk.crew.volume_litres}"
    if (kg or litres) and (walk.round.visits or walk.crew.is_under_way):
        yield f"{walk.crew.name} comes home with {kg} kg on board and has not tipped"


def _materials(walk: Walk) -> Iterator[str]:
    """Find a tip at a site that does not take what is on board."""
    on_board = set(walk.crew.materials)
    for stop in walk.round.stops:
        job = walk.day.jobs.get(stop.id) if stop.kind == "job" else None
        if job is not None and job.material is not None:
            on_board.add(job.material)
        site = walk.day.sites.get(stop.id) if stop.kind == "tip" else None
        if site is not None:
            refused = on_board - site.materials if site.materials is not None else set()
            if refused:
                names = ", ".join(sorted(refused))
                yield f"{site.name or site.id} doesn’t take {names}, which {walk.crew.name} tips there"
            on_board = set()


def _opening_hours(walk: Walk) -> Iterator[str]:
    """Find a tip at a site that is closed."""
    for stop in walk.round.stops:
        site = walk.day.sites.get(stop.id) if stop.kind == "tip" else None
        if site is not None and (stop.begin < site.opens - TOLERANCE or stop.leave > site.closes + TOLERANCE):
            yield f"{site.name or site.id} is closed when {walk.crew.name} would tip there"


def _travel(walk: Walk) -> Iterator[str]:
    """Find ways, work and tips that there is no time for."""
    spot, free = walk.crew.position, float(walk.crew.ready)
    for stop in walk.round.stops:
        there, needed, earliest, what = _needs(walk, stop, spot)
        way = walk.travel.seconds(spot, there, walk.crew.vehicle_class, free) if there != spot else 0.0
        if stop.begin < max(free + way, earliest) - TOLERANCE:
            yield f"{walk.crew.name} can’t be at {what} so early"
        if stop.leave - stop.begin < needed - TOLERANCE:
            yield f"{walk.crew.name} has too little time at {what}"
        spot, free = there, stop.leave
    if walk.round.stops and spot != walk.crew.home:
        way = walk.travel.seconds(spot, walk.crew.home, walk.crew.vehicle_class, free)
        if walk.round.home_at < free + way - TOLERANCE:
            yield f"{walk.crew.name} can’t be home so early"


def _needs(walk: Walk, stop: Stop, spot: Spot) -> tuple[Spot, float, float, str]:
    """Return where a stop is, how long it takes, when it may begin at the earliest, and its name."""
    if stop.kind == "job" and stop.id in walk.day.jobs:
        job = walk.day.jobs[stop.id]
        return job.spot, job.work_seconds, job.release, job.label
    if stop.kind == "tip" and stop.id in walk.day.sites:
        site = walk.day.sites[stop.id]
        return site.spot, site.tip_seconds, 0, site.name or site.id
    return spot, walk.crew.rest.seconds if stop.kind == "break" and walk.crew.rest else 0, 0, "its break"


def _break(walk: Walk) -> Iterator[str]:
    """Find a crew that works on without the break that it is owed."""
    rest = walk.crew.rest
    if rest is None or not walk.round.visits:
        return
    breaks = [stop for stop in walk.round.stops if stop.kind == "break"]
    if not breaks:
        # Whoever is home before the window is open has worked too short for a break.
        last = max(stop.leave for stop in walk.round.stops)
        if last > rest.latest + TOLERANCE:
            yield f"{walk.crew.name} has no break"
        return
    # A crew that was busy past its window has its break before anything else.
    latest = max(rest.latest, walk.crew.ready)
    if not rest.earliest - TOLERANCE <= breaks[0].begin <= latest + TOLERANCE:
        yield f"{walk.crew.name} has its break too early or too late"


def _shift(walk: Walk) -> Iterator[str]:
    """Find a round that begins before the shift or ends after it."""
    if not walk.round.stops:
        return
    if walk.round.stops[0].begin < max(walk.crew.start, walk.crew.ready) - TOLERANCE:
        yield f"{walk.crew.name} begins before its shift"
    late = max(walk.round.home_at, walk.round.stops[-1].leave) - walk.crew.end
    if late > TOLERANCE:
        yield f"{walk.crew.name} would be home {int(late // 60) + 1} minutes after the end of its shift"


Check = Callable[[Walk], Iterator[str]]

_CHECKS: tuple[tuple[str, Check], ...] = (
    ("unknown", _unknown),
    ("held", _of_jobs(_held)),
    ("contractor", _of_jobs(_contractor)),
    ("pinned", _of_jobs(_pinned)),
    ("locked", _locked),
    ("skill", _of_jobs(_skill)),
    ("access", _of_jobs(_access)),
    ("licence", _licence),
    ("range", _range),
    ("load", _load),
    ("materials", _materials),
    ("opening-hours", _opening_hours),
    ("travel", _travel),
    ("break", _break),
    ("shift", _shift),
)
