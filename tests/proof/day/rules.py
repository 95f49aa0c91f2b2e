"""The rules of a day, checked against its events and the register's files: not against what planning believes.

Each rule says how much it has looked at, so that one that found nothing to check is seen, and every breach in words.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from shared.contracts.envelope import Event
from tests.proof.day.ledger import Ledger
from tests.proof.day.register import Crew, Register
from tests.proof.day.story import Story, Visit

AT_A_SITE = timedelta(minutes=15)
SLACK = timedelta(seconds=1)


@dataclass(frozen=True)
class Lived:
    """A day that is over: what the events say, what the register says, and what everybody was told."""

    story: Story
    register: Register
    ledger: Ledger


@dataclass(frozen=True)
class Checked:
    """One rule: how many things it looked at, and each that breaks it."""

    rule: str
    looked_at: int
    broken: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there was something to look at, and all of it was right."""
        return self.looked_at > 0 and not self.broken


Finding = str | None
Rule = Callable[[Lived], Iterator[Finding]]
"""Yields for each thing that it looks at what is wrong with it, None where nothing is."""


def check_rules(lived: Lived) -> list[Checked]:
    """Return what each rule found."""
    checked = []
    for name, rule in RULES.items():
        found = list(rule(lived))
        checked.append(Checked(name, len(found), tuple(words for words in found if words is not None)))
    return checked


def _is_ours(lived: Lived, crew_id: str | None) -> bool:
    return crew_id in lived.register.crews


def _of_visits(says: Callable[[Lived, Crew, Visit], Finding]) -> Rule:
    """Return a rule that looks at every visit of a crew of the council's."""

    def rule(lived: Lived) -> Iterator[Finding]:
        for visit in lived.story.visits:
            if _is_ours(lived, visit.crew_id):
                yield says(lived, lived.register.crews[visit.crew_id], visit)

    return rule


def _tickets(lived: Lived, crew: Crew, visit: Visit) -> Finding:
    """A crew has the tickets that a job needs."""
    lacks = lived.register.tickets_for(visit.state["waste_type"], visit.state["size"]) - crew.tickets
    return f"{crew.name} was at {visit.reference} without {sorted(lacks)}" if lacks else None


def _licence(lived: Lived, crew: Crew, visit: Visit) -> Finding:
    """Somebody who is there may drive the vehicle."""
    needed = crew.vehicle.licence
    if not needed or needed in crew.licences:
        return None
    return f"nobody in {crew.name} may drive its vehicle, and it was at {visit.reference}"


def _access(lived: Lived, crew: Crew, visit: Visit) -> Finding:
    """The vehicle gets there, and the crew has the keys."""
    limit = lived.register.limit_at(visit.state["lat"], visit.state["lon"])
    if not limit:
        return None
    vehicle = crew.vehicle
    if limit["is_gated"] == "yes" and not crew.has_keys:
        return f"{crew.name} was at {visit.reference} without keys to its gate"
    if limit["max_width_cm"] and vehicle.width_cm and vehicle.width_cm > int(limit["max_width_cm"]):
        return f"the vehicle of {crew.name} is too wide for {visit.reference}"
    if limit["max_gross_kg"] and vehicle.gross_kg > int(limit["max_gross_kg"]):
        return f"the vehicle of {crew.name} is too heavy for {visit.reference}"
    return None


def _load(lived: Lived) -> Iterator[Finding]:
    """Between two tips a vehicle never has more on it than it carries, in kilograms and litres."""
    volumes = lived.register.volumes
    for crew in lived.register.crews.values():
        tips = [event.data["tipped_at"] for event in lived.story.tips if event.data["vehicle_id"] == crew.vehicle.id]
        loaded = [visit for visit in lived.story.visits if visit.crew_id == crew.id and visit.is_loaded]
        for since, until in pairwise([None, *tips, None]):
            trip = [
                visit
                for visit in loaded
                if (since is None or visit.left > since) and (until is None or visit.left <= until)
            ]
            kg = sum(visit.state["estimated_kg"] for visit in trip)
            litres = sum(volumes.get(visit.state["size"] or "", 0) for visit in trip)
            if kg > crew.vehicle.payload_kg or litres > crew.vehicle.volume_litres:
                yield f"{crew.name} had {kg} kg and {litres} l on board"
            else:
                yield None


def _tips(lived: Lived) -> Iterator[Finding]:
    """A site is open while a vehicle tips there, and takes what is tipped; a job is on one tip at the most."""
    tipped: Counter[str] = Counter()
    materials = lived.register.council.ewc_by_waste_type
    for event in lived.story.tips:
        site = lived.register.sites[event.data["site_id"]]
        at, loads = event.data["tipped_at"], event.data["loads"]
        tipped.update(load["job_id"] for load in loads)
        codes = {materials.get(load["waste_type"] or "") for load in loads} - {None}
        if not site.opens + AT_A_SITE - SLACK <= at <= site.closes + SLACK:
            yield f"{site.id} was closed at {at:%H:%M}"
        elif codes - site.takes:
            yield f"{site.id} does not take {sorted(codes - site.takes)}"
        else:
            yield None
    for job_id, times in tipped.items():
        yield f"{job_id} was tipped {times} times" if times > 1 else None


def _shifts(lived: Lived) -> Iterator[Finding]:
    """Crews work within the shift that they have signed on for, and plans within the hours of their rota."""
    spans = defaultdict(list)
    for shift in lived.story.shifts.values():
        spans[shift["crew_id"]].append((shift["started_at"], shift["ended_at"]))
    for visit in lived.story.visits:
        if not _is_ours(lived, visit.crew_id):
            continue
        within = any(start <= visit.began and (end is None or visit.left <= end) for start, end in spans[visit.crew_id])
        gone = lived.ledger.gone_at(visit.crew_id)
        # Who is there after the others have gone finishes what was begun.
        is_last = gone is not None and visit.began <= gone
        yield None if within or is_last else f"{visit.crew_id} worked at {visit.reference} outside its shift"
    for plan in lived.story.plans:
        for stop in plan.state["stops"]:
            crew = lived.register.crews.get(stop["crew_id"])
            at = stop["arrive_at"]
            outside = crew is None or not crew.starts <= at < crew.ends
            yield f"{stop['crew_id']} was planned at {at:%H:%M}, outside its rota" if outside else None


def _next_stop_stays(lived: Lived) -> Iterator[Finding]:
    """A job that a crew was shown as its next stop stays with it, whatever is published meanwhile."""
    for shown in lived.ledger.shown:
        gone = lived.ledger.gone_at(shown.crew_id)
        if shown.job_id in lived.ledger.by_hand or (gone is not None and gone <= shown.until):
            continue
        taken = [
            event
            for event in lived.story.jobs[shown.job_id]
            if shown.since < event.time < shown.until and event.state["crew_id"] != shown.crew_id
        ]
        if not taken:
            yield None
            continue
        yield f"{taken[0].state['reference']} was taken from {shown.crew_id} on its way there, at {taken[0].time:%H:%M}"


def _one_crew(lived: Lived) -> Iterator[Finding]:
    """A job is with one crew at a time, only that crew begins and ends it, and a crew is at one place at a time."""
    for job_id, steps in lived.story.jobs.items():
        yield _wrong_holder(job_id, steps)
    by_crew = defaultdict(list)
    for visit in lived.story.visits:
        by_crew[visit.crew_id].append(visit)
    for crew_id, visits in by_crew.items():
        for one, other in pairwise(visits):
            overlaps = other.began < one.left
            yield f"{crew_id} was at {one.reference} and {other.reference} at once" if overlaps else None


def _wrong_holder(job_id: str, steps: list[Event]) -> Finding:
    """Return which step of a job was not its crew's."""
    holder: str | None = None
    for event in steps:
        crew_id, reference = event.state["crew_id"], event.state["reference"] or job_id
        if event.type == "job.created.v1":
            continue  # one that its finder keeps was given in the same save, whose state both events carry
        if event.type == "job.assigned.v1":
            if event.data["previous_crew_id"] != holder:
                return f"{reference} was taken from {event.data['previous_crew_id']}, and {holder} had it"
        elif event.type in ("job.started.v1", "job.completed.v1") and crew_id != holder:
            return f"{event.type} of {reference} by {crew_id}, and {holder} had it"
        holder = crew_id
    done = sum(event.type == "job.completed.v1" for event in steps)
    return f"{job_id} was done {done} times" if done > 1 else None


def _nobody_who_is_gone(lived: Lived) -> Iterator[Finding]:
    """After a crew or its vehicle has dropped out it gets no work, by a plan or by hand."""
    for gone in lived.ledger.gone:
        for steps in lived.story.jobs.values():
            for event in steps:
                if event.type == "job.assigned.v1" and event.state["crew_id"] == gone.crew_id and event.time > gone.at:
                    yield f"{gone.crew_id} was given {event.state['reference']} at {event.time:%H:%M}: {gone.why}"
        for plan in lived.story.plans:
            if plan.time > gone.at:
                planned = [stop for stop in plan.state["stops"] if stop["crew_id"] == gone.crew_id]
                yield f"a plan of {plan.time:%H:%M} has stops for {gone.crew_id}: {gone.why}" if planned else None


def _held_and_contractors(lived: Lived) -> Iterator[Finding]:
    """No crew of the council's is planned for, given, or begins a job that is held or a contractor's."""
    for steps in lived.story.jobs.values():
        for event in steps:
            if event.type not in ("job.assigned.v1", "job.started.v1") or not _is_ours(lived, event.state["crew_id"]):
                continue
            kept = "held" if event.state["held"] else "a contractor’s" if event.state["contractor"] else None
            yield f"{event.type} of {event.state['reference']}, which is {kept}" if kept else None
    for plan in lived.story.plans:
        for stop in plan.state["stops"]:
            state = lived.story.state_at(stop["job_id"], plan.time)
            is_kept = state is None or state["held"] or state["contractor"]
            yield f"a plan has {stop['job_id']}, which nobody may be sent to" if is_kept else None


RULES: Mapping[str, Rule] = {
    "tickets that a job needs": _of_visits(_tickets),
    "driving licence": _of_visits(_licence),
    "keys, width and weight at the place": _of_visits(_access),
    "load between tips": _load,
    "site open, takes it, tipped once": _tips,
    "shift": _shifts,
    "next stop stays": _next_stop_stays,
    "one crew, one place, done once": _one_crew,
    "no work for who is gone": _nobody_who_is_gone,
    "held and contractor’s jobs": _held_and_contractors,
}
