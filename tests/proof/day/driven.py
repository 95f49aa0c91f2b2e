"""The rounds as they were really driven, put before the planning core's own checker.

The checker was written for plans; here it gets what crews did, from the events: arrivals, work, tips and breaks at the
times at which they happened, and a day made of the register's files. It looks at every way, load, break and shift.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.scheduling.rounds.check import broken_rules
from services.scheduling.rounds.day import Crew, Day, Job, Rest, Site
from services.scheduling.rounds.drive import Round, Stop
from tests.proof.day.course import Ways
from tests.proof.day.crews import CHECKS, REST, REST_FROM, REST_UNTIL, TIPPING
from tests.proof.day.register import Crew as RegisterCrew
from tests.proof.day.rules import Checked, Lived
from tests.proof.day.story import Visit

RULE = "rounds as driven, by the checker"
OF_WHO_IS_GONE = ("break", "shift")
"""Rules that a crew which dropped out can't keep, beside those of coming home: empty, and in time."""

LATE = 300
"""Seconds that a day at speed may be behind its own clock."""


def check_rounds(lived: Lived) -> Checked:
    """Return what the checker says of every round of the day."""
    ways = Ways(lived.register.day)
    driven = _Driven(lived, ways)
    day = Day(crews=driven.crews, jobs=driven.jobs, sites=driven.sites)
    broken = [
        each
        for each in broken_rules(day, driven.rounds, ways.travel)
        if lived.ledger.gone_at(each.crew_id) is None or not (each.rule in OF_WHO_IS_GONE or "home" in each.words)
    ]
    return Checked(RULE, len(driven.rounds), tuple(f"{each.rule}: {each.words}" for each in broken))


class _Driven:
    """The day as the checker takes it."""

    def __init__(self, lived: Lived, ways: Ways) -> None:
        self._lived, self._ways = lived, ways
        council = lived.register.council
        places = {site.id: site for site in council.sites}
        self.sites = {
            site.id: Site(
                site.id,
                (places[site.id].lat, places[site.id].lon),
                int(TIPPING.total_seconds()),
                opens=self._seconds(site.opens),
                closes=self._seconds(site.closes),
                materials=site.takes,
            )
            for site in lived.register.sites.values()
        }
        self.jobs: dict[str, Job] = {}
        self.crews: dict[str, Crew] = {}
        self.rounds: dict[str, Round] = {}
        visits = defaultdict(list)
        for visit in lived.story.visits:
            visits[visit.crew_id].append(visit)
        shifts = {shift["crew_id"]: shift for shift in lived.story.shifts.values()}
        for crew in lived.register.crews.values():
            if crew.id in shifts and visits[crew.id]:
                self._add(crew, shifts[crew.id]["started_at"], shifts[crew.id]["ended_at"], visits[crew.id])

    def _add(self, crew: RegisterCrew, started: datetime, ended: datetime | None, visits: list[Visit]) -> None:
        """Add a crew with its round."""
        depot, vehicle = self._lived.register.council.depot(crew.depot), crew.vehicle
        stops = sorted([*self._stops(visits), *self._tips(crew), *self._break(crew)], key=lambda stop: stop.begin)
        at_home = self._seconds(ended) if ended else int(stops[-1].leave)
        self.crews[crew.id] = Crew(
            id=crew.id,
            name=crew.name,
            vehicle_class=vehicle.vehicle_class,
            payload_kg=vehicle.payload_kg,
            volume_litres=vehicle.volume_litres,
            skills=crew.tickets,
            position=(depot.lat, depot.lon),
            home=(depot.lat, depot.lon),
            start=self._seconds(started),
            end=self._seconds(crew.ends) + LATE,
            ready=self._seconds(started + CHECKS),
            rest=Rest(
                int(REST.total_seconds()),
                self._seconds(crew.starts + REST_FROM),
                self._seconds(crew.starts + REST_UNTIL) + LATE,
            ),
            licence_needed=vehicle.licence or None,
            licences=crew.licences,
            width_cm=vehicle.width_cm,
            gross_kg=vehicle.gross_kg,
            range_metres=vehicle.range_km * 1000 if vehicle.range_km else None,
        )
        self.rounds[crew.id] = Round(crew.id, tuple(stops), (), 0, 0, at_home, has_rested=True)

    def _stops(self, visits: list[Visit]) -> Iterator[Stop]:
        """Yield the visits, each as a job of its own: what was given up once may have been done later."""
        volumes, materials = self._lived.register.volumes, self._lived.register.council.ewc_by_waste_type
        for number, visit in enumerate(visits):
            state = visit.state
            key = f"{visit.job_id}#{visit.crew_id}#{number}"
            limit = self._lived.register.limit_at(state["lat"], state["lon"])
            begin, leave = self._seconds(visit.began), self._seconds(visit.left)
            job = Job(
                id=key,
                label=visit.reference,
                spot=(state["lat"], state["lon"]),
                work_seconds=0,
                kg=state["estimated_kg"] or 0,
                litres=volumes.get(state["size"] or "", 0),
                urgency=state["priority"] or 4,
                prize=0,
                late_rate=0,
                material=materials.get(state["waste_type"] or ""),
                held=state["held"],
                contractor=state["contractor"] and visit.is_whole,
                needs=self._lived.register.tickets_for(state["waste_type"], state["size"]),
                max_width_cm=int(limit["max_width_cm"]) if limit.get("max_width_cm") else None,
                max_gross_kg=int(limit["max_gross_kg"]) if limit.get("max_gross_kg") else None,
            )
            self.jobs[key] = job if visit.is_loaded else replace(job, kg=0, litres=0, material=None)
            yield Stop("job", key, begin, begin, leave, 0, 0)

    def _tips(self, crew: RegisterCrew) -> Iterator[Stop]:
        """Yield the tips of a crew's vehicle: it says so when it is done there."""
        for event in self._lived.story.tips:
            if event.data["vehicle_id"] == crew.vehicle.id:
                leave = self._seconds(event.data["tipped_at"])
                begin = leave - TIPPING.total_seconds()
                yield Stop("tip", event.data["site_id"], begin, begin, leave, 0, 0)

    def _break(self, crew: RegisterCrew) -> Iterator[Stop]:
        if crew.id in self._lived.ledger.breaks:
            began, ended = self._lived.ledger.breaks[crew.id]
            yield Stop("break", "", self._seconds(began), self._seconds(began), self._seconds(ended), 0, 0)

    def _seconds(self, instant: datetime) -> int:
        return self._ways.frame.seconds(instant)
