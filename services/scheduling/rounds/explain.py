"""Plans in words: every difference between two of them with its reason, and why a job is not planned.

A reason is not what the solver thought, which nobody knows, but what would happen otherwise: the job is put back where
it was, the replay drives that, and what goes wrong or costs more is the reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from services.scheduling.rounds.day import DAY_END, Crew, Day, Job
from services.scheduling.rounds.drive import Round, Stop, drive
from services.scheduling.rounds.insert import Insertion, best_insertion, detours, insertion, with_job, without_job
from services.scheduling.rounds.travel import Travel

WORTH_TELLING_SECONDS = 300
"""A time that moves by less than this is the same to a crew."""

CREWS_LOOKED_AT, PLACES_LOOKED_AT = 5, 3
"""To say how much time is missing, these nearest crews and places on their sheets are looked at."""

MOST_MINUTES_SAID = 150
"""More than that is said in hours."""

Clock = Callable[[float], str]
"""How a time of the day is written, such as 9:10am."""


@dataclass(frozen=True)
class Difference:
    """One job that the new plan treats otherwise, in words: with whom, or only when."""

    job_id: str
    kind: Literal["moved", "added", "left", "time"]
    words: str


@dataclass(frozen=True)
class Reason:
    """Why a job is not planned: a code, and the words for this job."""

    code: str
    words: str


def differences(
    day: Day, old: Mapping[str, Round], new: Mapping[str, Round], travel: Travel, *, clock: Clock
) -> list[Difference]:
    """Return every difference between two plans of a day: moved and added jobs first, then left ones, then times."""
    before, after = _visits(old), _visits(new)
    found: list[Difference] = []
    for job_id, (crew_id, stop) in after.items():
        if job_id not in before:
            words = f"{_said(day, job_id)} is new on {_name(day, crew_id)}’s sheet, at {clock(stop.begin)}"
            found.append(Difference(job_id, "added", words))
        elif before[job_id][0] != crew_id:
            move = _Move(day, new, job_id, source=before[job_id][0], target=crew_id, travel=travel)
            found.append(Difference(job_id, "moved", _moved(move)))
    for job_id, (crew_id, _) in before.items():
        if job_id not in after:
            found.append(Difference(job_id, "left", _left(day, new, job_id, crew_id, travel)))
    found += _times(day, before, after, clock)
    order = ("moved", "added", "left", "time")
    return sorted(found, key=lambda each: order.index(each.kind))


def why_left(day: Day, rounds: Mapping[str, Round], job: Job, travel: Travel) -> Reason:
    """Return why a plan has no place for a job."""
    return _barred(day, job) or _no_room(day, rounds, job, travel)


@dataclass(frozen=True)
class _Move:
    """A job that goes from one crew to another in a new plan."""

    day: Day
    new: Mapping[str, Round]
    job_id: str
    source: str
    target: str
    travel: Travel

    def saved_minutes(self, back: Insertion) -> int:
        """Return the minutes of driving that the move saves, over both crews."""
        source, target = self.new[self.source], self.new[self.target]
        lighter = drive(self.day, self.target, without_job(target.steps, self.job_id), self.travel)
        kept = back.round.travel_seconds + lighter.travel_seconds
        return round((kept - source.travel_seconds - target.travel_seconds) / 60)


def _moved(move: _Move) -> str:
    """Say that a job goes to another crew, what would happen with the first, and what that saves."""
    day, source = move.day, _name(move.day, move.source)
    return f"{_said(day, move.job_id)} moves from {source} to {_name(day, move.target)}: {_because(move, source)}"


def _because(move: _Move, source: str) -> str:
    """Say why a job moves: what its crew before can't do, or what would be worse, and what the move saves."""
    if move.source not in move.day.crews:
        why = move.day.absent.get(move.source)
        return why.words if why is not None else f"{source} is not on shift any more"
    crew, job = move.day.crews[move.source], move.day.jobs[move.job_id]
    if not crew.can_do(job):
        return _unable(crew, job)
    back = insertion(move.day, move.new[move.source], job, move.travel)
    if back is None:
        return _missing_time(move.day, crew, move.new[move.source], job, move.travel)
    saved = move.saved_minutes(back)
    saving = f"{'saves' if saved > 0 else 'costs'} {_minutes(abs(saved))} of driving" if saved else ""
    parts = [part for part in (_drawback(move.day, move.new, back, job, move.target), saving) if part]
    return "; ".join(parts) or "it makes no difference to the driving"


def _drawback(day: Day, new: Mapping[str, Round], back: Insertion, job: Job, target: str) -> str:
    """Say what would be worse if the crew before kept the job: a tip more, or a deadline missed."""
    crew = day.crews[back.crew_id]
    if back.round.tips > new[back.crew_id].tips:
        full = _full_after(back.round)
        if full is None:
            return f"{crew.name} would have to tip once more"
        return f"{crew.name}’s vehicle is full after {_place(day, full)} and would have to tip once more"
    there = next(stop for stop in back.round.visits if stop.id == job.id)
    here = next(stop for stop in new[target].visits if stop.id == job.id)
    if job.deadline is not None and there.begin > job.deadline >= here.begin:
        return f"{crew.name} would be there {_minutes((there.begin - job.deadline) // 60 + 1)} after its deadline"
    late = _newly_late(day, new[back.crew_id], back.round)
    if late is not None:
        return f"{crew.name} would be late for {_said(day, late)}"
    return ""


def _full_after(round_: Round) -> str | None:
    """Return the job after which a vehicle tips for the first time before it goes on to another."""
    stops = [stop for stop in round_.stops if stop.kind != "break"]
    for stop, following in pairwise(stops[:-1]):
        if stop.kind == "job" and following.kind == "tip":
            return stop.id
    return None


def _newly_late(day: Day, without: Round, with_it: Round) -> str | None:
    """Return a job that is late only in the second of two rounds of a crew."""
    on_time = {stop.id for stop in without.visits if not day.jobs[stop.id].late_cost(stop.begin)}
    return next(
        (stop.id for stop in with_it.visits if stop.id in on_time and day.jobs[stop.id].late_cost(stop.begin)), None
    )


def _left(day: Day, new: Mapping[str, Round], job_id: str, source: str, travel: Travel) -> str:
    """Say that a job is on no sheet any more, and why."""
    job = day.jobs.get(job_id)
    if job is None:
        return f"{job_id} is no longer to be planned"
    words = why_left(day, new, job, travel).words
    if job.pinned_to == source:
        return f"{_said(day, job_id)} was given to {_name(day, source)} by hand and stays, but has no place: {words}"
    return f"{_said(day, job_id)} is no longer on {_name(day, source)}’s sheet: {words}"


def _times(
    day: Day, before: Mapping[str, tuple[str, Stop]], after: Mapping[str, tuple[str, Stop]], clock: Clock
) -> Iterator[Difference]:
    """Find jobs that stay with their crew at another time."""
    for job_id, (crew_id, stop) in after.items():
        if job_id not in before or before[job_id][0] != crew_id:
            continue
        shift = stop.begin - before[job_id][1].begin
        if abs(shift) >= WORTH_TELLING_SECONDS:
            earlier = "earlier" if shift < 0 else "later"
            words = (
                f"{_said(day, job_id)} stays with {_name(day, crew_id)}, {_minutes(abs(shift) // 60)} {earlier},"
                f" at {clock(stop.begin)}"
            )
            yield Difference(job_id, "time", words)


def _barred(day: Day, job: Job) -> Reason | None:
    """Return why no crew on shift may or can do a job, whatever the time; None where one can."""
    if job.held:
        return Reason("held", "it is held until enforcement has secured the evidence")
    if job.contractor:
        return Reason("contractor", "only a licensed contractor may take it")
    if not day.crews:
        return Reason("no-crew", "no crew is on shift")
    if not any(site.takes(frozenset({job.material} if job.material else ())) for site in day.sites.values()):
        return Reason("no-site", "no disposal site takes what it is")
    return _without_able_crew(day, job)


def _without_able_crew(day: Day, job: Job) -> Reason | None:
    """Return what every crew on shift lacks for a job, None where one lacks nothing."""
    crews = [crew for crew in day.crews.values() if job.pinned_to in (None, crew.id)]
    if not crews:
        return Reason("pinned", "it was given by hand to a crew that is not on shift")
    skilled = [crew for crew in crews if not crew.lacks(job)]
    if not skilled:
        least = min((crew.lacks(job) for crew in crews), key=lambda lacking: (len(lacking), sorted(lacking)))
        return Reason("no-skill", f"no crew on shift has what it needs: {', '.join(sorted(least))}")
    getting = [crew for crew in skilled if crew.gets_to(job)]
    if not getting:
        return Reason("no-access", "every vehicle that could be sent is too wide or too heavy for the place")
    licensed = [crew for crew in getting if crew.may_drive]
    if not licensed:
        return Reason("no-licence", "nobody in a crew that could do it may drive its vehicle")
    if any(crew.carries(job) for crew in licensed):
        return None
    heavy = all(job.kg > crew.payload_kg for crew in licensed)
    most = max(crew.payload_kg if heavy else crew.volume_litres for crew in licensed)
    have, unit = (job.kg, "kg") if heavy else (job.litres, "litres")
    return Reason("too-heavy", f"it is {have:,} {unit}, and no vehicle that could be sent takes more than {most:,}")


def _no_room(day: Day, rounds: Mapping[str, Round], job: Job, travel: Travel) -> Reason:
    """Return why a job that a crew could do has no place in the day."""
    found = best_insertion(day, rounds, job, travel)
    if found is not None:
        if found.cost < job.prize:
            return Reason("no-time", "the search ended before it had a place; plan again")
        minutes = _minutes(found.cost / 60)
        if job.deadline is None:
            return Reason("later", f"it is not due today, and would cost {minutes} of driving and lateness")
        return Reason("costly", f"it would cost {minutes} of driving and lateness, more than it is worth today")
    able = [crew for crew in day.crews.values() if crew.can_do(job)]
    able.sort(key=lambda crew: _distance(crew, rounds[crew.id], day, job, travel))
    overruns = [
        (overrun, crew)
        for crew in able[:CREWS_LOOKED_AT]
        for overrun in [_overrun(day, crew, rounds[crew.id], job, travel)]
        if overrun is not None
    ]
    if not overruns:
        return Reason("site-closed", "no disposal site is open once a crew has the time")
    seconds, crew = min(overruns, key=lambda each: each[0])
    if len(able) == 1:
        return Reason("no-time", f"{crew.name}, the only crew that can do it, would be home {_late(seconds)}")
    return Reason("no-time", f"every crew that can do it has a full day; {crew.name} would be home {_late(seconds)}")


def _missing_time(day: Day, crew: Crew, round_: Round, job: Job, travel: Travel) -> str:
    """Say what stands in the way of a job on a crew's sheet."""
    overrun = _overrun(day, crew, round_, job, travel)
    if overrun is None:
        return f"no disposal site is open for {crew.name} after it"
    if overrun <= 0:
        return f"{crew.name} would have to leave out another job for it"
    return f"{crew.name} would be home {_late(overrun)}"


def _overrun(day: Day, crew: Crew, round_: Round, job: Job, travel: Travel) -> float | None:
    """Return by how many seconds a job more makes a crew miss its shift's end; None where it can't tip then."""
    longer = replace(day, crews={**day.crews, crew.id: replace(crew, end=DAY_END)})
    tried = [
        drive(longer, crew.id, with_job(round_.steps, place, job.id), travel)
        for _, place in detours(day, crew, round_.steps, job.spot, travel)[:PLACES_LOOKED_AT]
    ]
    homes = [each.home_at for each in tried if not each.dropped]
    return min(homes) - crew.end if homes else None


def _distance(crew: Crew, round_: Round, day: Day, job: Job, travel: Travel) -> float:
    """Return how near a crew's round comes to a job, in metres."""
    spots = [crew.position, *(day.jobs[stop.id].spot for stop in round_.visits)]
    return min(travel.metres(spot, job.spot) for spot in spots)


def _unable(crew: Crew, job: Job) -> str:
    """Say why a crew may not or can't do a job at all."""
    if job.pinned_to not in (None, crew.id):
        return "it was given to another crew by hand"
    if crew.lacks(job):
        return f"{crew.name} doesn’t have what it needs: {', '.join(sorted(crew.lacks(job)))}"
    if not crew.gets_to(job):
        return f"{crew.name}’s vehicle is too wide or too heavy for the place"
    if not crew.may_drive:
        return f"nobody in {crew.name} may drive its vehicle"
    return f"it is too big for {crew.name}’s vehicle"


def _visits(rounds: Mapping[str, Round]) -> dict[str, tuple[str, Stop]]:
    """Return every planned job with its crew and stop."""
    return {stop.id: (crew_id, stop) for crew_id, round_ in rounds.items() for stop in round_.visits}


def _said(day: Day, job_id: str) -> str:
    """Return what people call a job."""
    return day.jobs[job_id].label if job_id in day.jobs else job_id


def _place(day: Day, job_id: str) -> str:
    """Return where a job is as people say it, or what they call it."""
    return day.jobs[job_id].place or day.jobs[job_id].label


def _name(day: Day, crew_id: str) -> str:
    """Return the name of a crew."""
    return day.crews[crew_id].name if crew_id in day.crews else day.gone.get(crew_id, crew_id)


def _minutes(minutes: float) -> str:
    """Return minutes in words."""
    whole = max(1, round(minutes))
    if whole > MOST_MINUTES_SAID:
        return f"{round(whole / 60)} hours"
    return f"{whole} minute{'' if whole == 1 else 's'}"


def _late(seconds: float) -> str:
    """Return how late a crew would be home."""
    return f"{_minutes(seconds / 60)} late"
