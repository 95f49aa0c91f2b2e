"""A made council day: residents report, supervisors dispatch, crews clear and tip, officers fine, offenders pay.

A list of things that will happen, each with its council time; doing one plans the next. It knows nothing but the
public doors, so the same simulation makes a demonstration's past and goes on live beside real visitors. It touches only
what it made itself. Shares of waste, size and land are Liverpool's of 2022/23 (Defra, LA_incidents, E08000012).
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from deploy.demo.doors import Answer, Doors
from deploy.demo.pictures import made_photo
from shared.calendar import london_date
from shared.council import Council

WASTE_SHARES = {
    "other-household": 13_354,
    "black-bags-household": 2_817,
    "white-goods": 2_176,
    "construction-demolition-excavation": 1_286,
    "other-commercial": 1_004,
    "other-unidentified": 899,
    "green": 778,
    "other-electrical": 408,
    "tyres": 253,
    "vehicle-parts": 140,
    "black-bags-commercial": 92,
}
SIZE_SHARES = {
    "small-van": 7_753,
    "tipper": 3_692,
    "transit-van": 3_272,
    "car-boot": 2_515,
    "single-item": 938,
    "single-black-bag": 85,
}
ALLEY_SHARE = 6_879 / (16_525 + 6_879)
"""Liverpool coded 6,879 of 23,404 incidents to back alleyways and the rest to the highway."""

EVIDENCE_SHARE = 0.08
"""Assumption: addressed letters or a seen vehicle in one clearance of twelve; the enforcement figures name no rate."""

PAID_SHARE = 0.6
"""Liverpool's first in-house year: 11 of 19 penalties paid (about 58 %)."""

OUTCOMES = {"cleared": 90, "not-found": 5, "already-cleared": 3, "access-blocked": 2}
WORKING_HOURS = range(7, 17)
TIP_AFTER_JOBS = 4
"""A crew tips after so many clearances, or at the end of its day."""


@dataclass(order=True)
class Planned:
    """Something that will happen at a council time."""

    at: datetime
    number: int
    act: Callable[[datetime], None] = field(compare=False)


class Simulation:
    """What will happen next in the made day."""

    def __init__(self, doors: Doors, council: Council, random: Random, *, api_key: str) -> None:
        self._doors = doors
        self._api_key = api_key
        self._council = council
        self._random = random
        self._planned: list[Planned] = []
        self._numbers = itertools.count()
        self._crews = self._items("/api/scheduling/v1/crews", "supervisor")
        self._vehicles = {
            vehicle["id"]: vehicle for vehicle in self._items("/api/scheduling/v1/vehicles", "supervisor")
        }
        self._cleared: dict[str, int] = {}
        self._ticket_numbers = itertools.count(random.randrange(100_000, 900_000))
        self.refused: list[tuple[str, Answer]] = []

    @property
    def crew_count(self) -> int:
        """How many crews the supervisor's door has shown; none where it did not open."""
        return len(self._crews)

    def plan(self, at: datetime, act: Callable[[datetime], None]) -> None:
        """Plan something for a council time."""
        heapq.heappush(self._planned, Planned(at, next(self._numbers), act))

    def plan_end_of_day(self, at: datetime) -> None:
        """Plan that every vehicle with something on it tips before it goes home."""
        for vehicle_id in self._vehicles:
            self.plan(at, partial(self.tip, vehicle_id=vehicle_id))

    def next_at(self) -> datetime | None:
        """Return when the next thing happens."""
        return self._planned[0].at if self._planned else None

    def step(self) -> None:
        """Do the next thing."""
        planned = heapq.heappop(self._planned)
        planned.act(planned.at)

    # --- residents -----------------------------------------

    def report(self, at: datetime) -> None:
        """A resident reports a fly-tip on a made street or alley."""
        kind = "alley" if self._random.random() < ALLEY_SHARE else "street"
        place = self._random.choice([place for place in self._council.places if place.kind == kind])
        waste = self._weighted(WASTE_SHARES)
        form = {
            "api_key": self._api_key,
            "service_code": "fly-tipping",
            "lat": f"{place.lat + self._random.uniform(-2e-5, 2e-5):.6f}",
            "long": f"{place.lon + self._random.uniform(-2e-5, 2e-5):.6f}",
            "description": f"Left on {place.name}",
            "attribute[waste_type]": waste,
            "attribute[land_type]": "back-alleyway" if kind == "alley" else "highway",
            "attribute[size]": self._weighted(SIZE_SHARES),
        }
        answer = self._call("POST", "/open311/v2/requests.json", form=form)
        if answer.ok:
            reference = answer.body[0]["service_request_id"]
            self.plan(self._working_time(at, minutes=(20, 240)), lambda now: self._dispatch(now, reference))

    # --- supervisors and crews -----------------------------------------

    def _dispatch(self, at: datetime, reference: str) -> None:
        """A supervisor gives the job to the crew that knows the place."""
        job = self._job(reference)
        if job is None or job["state"] not in ("open", "deferred") or job["held"]:
            return
        near = [crew for crew in self._crews if job["neighbourhood"] in crew["neighbourhoods"]] or self._crews
        crew = self._random.choice(near)
        path = f"/api/scheduling/v1/jobs/{job['id']}"
        if self._call("POST", f"{path}/assign", role="supervisor", body=_versioned(job, crew_id=crew["id"])).ok:
            self.plan(self._working_time(at, minutes=(15, 180)), lambda now: self._start(now, reference, crew))

    def _start(self, at: datetime, reference: str, crew: dict[str, Any]) -> None:
        """The crew starts."""
        job = self._job(reference)
        if job is None or job["state"] != "assigned":
            return
        if self._call("POST", f"/api/scheduling/v1/jobs/{job['id']}/start", role="supervisor", body=_versioned(job)).ok:
            minutes = timedelta(minutes=self._random.randint(8, 35))
            self.plan(at + minutes, lambda now: self._complete(now, reference, crew))

    def _complete(self, at: datetime, reference: str, crew: dict[str, Any]) -> None:
        """The crew is done, with a photo of what it left; now and then with evidence."""
        job = self._job(reference)
        if job is None or job["state"] != "started":
            return
        outcome = self._weighted(OUTCOMES)
        cleared = outcome == "cleared"
        evidence = cleared and self._random.random() < EVIDENCE_SHARE
        form = {
            "outcome": outcome,
            "waste_type": job["waste_type"] or "other-unidentified",
            "land_type": job["land_type"] or "highway",
            "size": job["size"] or "small-van",
            "evidence": "true" if evidence else "false",
            "version": str(job["version"]),
        }
        photo = made_photo(self._random, waste_type=form["waste_type"], cleared=cleared and not evidence)
        answer = self._call(
            "POST", f"/api/scheduling/v1/jobs/{job['id']}/complete", role="supervisor", form=form, photo=photo
        )
        if not answer.ok:
            return
        if cleared:
            vehicle_id = crew["vehicle_id"]
            self._cleared[vehicle_id] = self._cleared.get(vehicle_id, 0) + 1
            if self._cleared[vehicle_id] >= TIP_AFTER_JOBS:
                self.plan(at + timedelta(minutes=self._random.randint(10, 25)), lambda now: self.tip(now, vehicle_id))
        if evidence:
            self.plan(self._working_time(at, minutes=(60, 600)), lambda now: self._fine(now, reference))

    def tip(self, at: datetime, vehicle_id: str) -> None:
        """A vehicle with something on it tips at a disposal site, and is weighed."""
        if not self._cleared.pop(vehicle_id, 0):
            return
        site = self._random.choice([site for site in self._council.sites if self._bulky(site.ewc_codes)])
        answer = self._call(
            "POST", f"/api/scheduling/v1/vehicles/{vehicle_id}/tips", role="supervisor", body={"site_id": site.id}
        )
        if answer.ok and answer.body["loads"]:
            estimate = sum(load["estimated_kg"] for load in answer.body["loads"])
            tip_id = answer.body["tip_id"]
            self.plan(at + timedelta(minutes=12), lambda now: self._weigh(now, vehicle_id, site, tip_id, estimate))

    def _weigh(self, at: datetime, vehicle_id: str, site: Any, tip_id: str, estimate: int) -> None:
        """The weighbridge operator records the ticket; crews' estimates are off by up to 30 per cent."""
        vehicle = self._vehicles[vehicle_id]
        net = max(20, round(estimate * self._random.uniform(0.7, 1.3) / 20) * 20)
        body = {
            "ticket_number": f"{site.id[:2].upper()}{next(self._ticket_numbers)}",
            "site_id": site.id,
            "tip_id": tip_id,
            "vehicle_registration": vehicle["registration"],
            "ewc_code": self._bulky(site.ewc_codes),
            "gross_kg": vehicle["tare_kg"] + net,
            "tare_kg": vehicle["tare_kg"],
            "net_kg": net,
            "first_weighed_at": (at - timedelta(minutes=9)).isoformat(),
            "second_weighed_at": at.isoformat(),
        }
        self._call("POST", "/api/tonnage/v1/tickets", role="waste-officer", body=body)

    # --- officers and offenders -----------------------------------------

    def _fine(self, at: datetime, reference: str) -> None:
        """An officer issues a notice in the case that the evidence opened."""
        case = self._case(reference)
        if case is None:
            return
        tier, amount = self._random.choice([("L1", 50_000), ("L2", 75_000), ("L3", 100_000)])
        body = {"offence_code": "FLYTIP", "tier": tier, "amount_pence": amount}
        answer = self._call("POST", f"/api/enforcement/v1/cases/{case['id']}/notices", role="officer", body=body)
        if answer.ok and self._random.random() < PAID_SHARE:
            notice_id = answer.body["id"]
            paid = self._working_time(at, minutes=(24 * 60, 9 * 24 * 60))
            self.plan(paid, lambda now: self._pay(now, notice_id, amount))

    def _pay(self, at: datetime, notice_id: str, amount: int) -> None:
        """The offender pays."""
        body = {"amount_pence": amount, "paid_on": london_date(at).isoformat()}
        self._call("POST", f"/api/enforcement/v1/notices/{notice_id}/payments", role="officer", body=body)

    # --- finding things again -----------------------------------------

    def _job(self, reference: str) -> dict[str, Any] | None:
        """Return the newest visit's job of a report."""
        jobs = self._items(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")
        return max(jobs, key=lambda job: int(job["visit"])) if jobs else None

    def _case(self, reference: str) -> dict[str, Any] | None:
        """Return the case that a report's evidence opened."""
        cases = self._items(f"/api/enforcement/v1/cases?reference={reference}", "officer")
        return cases[0] if cases else None

    def _items(self, path: str, role: str) -> list[dict[str, Any]]:
        """Return the first page of a list."""
        answer = self._call("GET", path, role=role)
        return list(answer.body["items"]) if answer.ok else []

    def _call(self, method: str, path: str, **what: Any) -> Answer:
        """Knock on a door, and remember it if it did not open."""
        key = f"simulation-{self._random.getrandbits(64):016x}" if method == "POST" else None
        answer = self._doors.call(method, path, key=key, **what)
        if not answer.ok:
            self.refused.append((f"{method} {path}", answer))
        return answer

    def _bulky(self, ewc_codes: tuple[str, ...]) -> str | None:
        """Return the code under which a site takes cleared fly-tips: bulky waste, or street-cleaning residues."""
        return next((code for code in ("200307", "200303", "200301") if code in ewc_codes), None)

    def _weighted(self, shares: dict[str, int]) -> str:
        """Draw one of the keys by its share."""
        return self._random.choices(list(shares), weights=list(shares.values()))[0]

    def _working_time(self, after: datetime, *, minutes: tuple[int, int]) -> datetime:
        """Return a time so many minutes later, moved to the next morning where it falls outside crews' hours."""
        at = after + timedelta(minutes=self._random.randint(*minutes))
        if at.hour in WORKING_HOURS:
            return at
        morning = at.replace(hour=WORKING_HOURS[0], minute=self._random.randint(0, 59))
        return morning if at.hour < WORKING_HOURS[0] else morning + timedelta(days=1)


def _versioned(job: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a body that names the version of the job that was looked at."""
    return {"version": job["version"], **more}
