"""A made council day: residents report, supervisors dispatch, crews clear and tip, officers fine, offenders pay.

A list of acts, each with its council time; doing one plans the next. Acts are data, so that the list can be stored and
taken up again: the past ends with jobs under way, and the live simulation goes on with them, whatever was stopped or
killed in between. It knows nothing but the public doors, and touches only what it made itself.
"""

import heapq
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from deploy.demo.doors import Answer, Doors
from deploy.demo.pictures import Pictures
from deploy.demo.streets import Streets
from deploy.demo.volumes import Volumes
from shared.calendar import LONDON, london_date
from shared.council import Council
from shared.ids import new_id

NAMES = ("A. Example", "B. Example", "C. Example", "D. Example", "E. Example")
TIERS = (("L1", 50_000), ("L2", 75_000), ("L3", 100_000))
"""Liverpool's tariff for fly-tipping since June 2025, as the example council has it."""


@dataclass(order=True)
class Act:
    """Something that will happen at a council time, named, with what it is about."""

    at: datetime
    number: int
    name: str = field(compare=False)
    about: Mapping[str, Any] = field(compare=False, default_factory=dict)


class Simulation:
    """What will happen next in the made day."""

    def __init__(
        self,
        doors: Doors,
        council: Council,
        random: Random,
        volumes: Volumes,
        *,
        api_key: str,
        without_crews: Collection[str] = (),
        without_places: Collection[str] = (),
    ) -> None:
        self._doors = doors
        self._api_key = api_key
        self._council = council
        self._random = random
        self._volumes = volumes
        self._pictures = Pictures()
        self._acts: list[Act] = []
        self._next_number = 0
        self._run = new_id()
        self._cleared: dict[str, int] = {}
        self._next_ticket = random.randrange(100_000, 900_000)
        self._planned_to: date | None = None
        self._key = ""
        self._calls = 0
        crews = self._items("/api/scheduling/v1/crews", "supervisor")
        self._crews = [crew for crew in crews if crew["id"] not in without_crews and crew["kind"] != "contractor"]
        vehicles = self._items("/api/scheduling/v1/vehicles", "supervisor")
        self._vehicles = {vehicle["id"]: vehicle for vehicle in vehicles}
        self._streets = Streets(council, unevenness=volumes.place_unevenness, without_places=without_places)
        self._doing: Mapping[str, Callable[..., None]] = {
            "report": self._report,
            "dispatch": self._dispatch,
            "start": self._start,
            "complete": self._complete,
            "tip": self._tip,
            "weigh": self._weigh,
            "fine": self._fine,
            "serve": self._serve,
            "pay": self._pay,
        }
        self.refused: list[tuple[str, Answer]] = []

    @property
    def crew_count(self) -> int:
        """How many crews the supervisor's door has shown; none where it did not open."""
        return len(self._crews)

    # --- the list of acts -----------------------------------------

    def plan(self, at: datetime, name: str, **about: Any) -> None:
        """Plan an act for a council time."""
        heapq.heappush(self._acts, Act(at, self._next_number, name, about))
        self._next_number += 1

    def plan_days(self, first: date, last: date, *, since: datetime | None = None) -> None:
        """Plan every day's reports and last tips unless that was done before; nothing for earlier than `since`."""
        planned_to = self._planned_to
        day = first if planned_to is None or planned_to < first else planned_to + timedelta(days=1)
        while day <= last:
            self._plan_day(day, since)
            self._planned_to = day
            day += timedelta(days=1)

    def _plan_day(self, day: date, since: datetime | None) -> None:
        """Plan one day in London."""
        midnight = datetime.combine(day, time(), LONDON).astimezone(UTC)
        first, last = self._volumes.day["reports_from"] * 60, self._volumes.day["reports_to"] * 60
        for _ in range(round(self._volumes.reports_on(day) * self._random.uniform(0.85, 1.15))):
            at = midnight + timedelta(minutes=self._random.randint(first, last))
            if since is None or at >= since:
                self.plan(at, "report")
        for crew in self._crews:
            home = midnight + timedelta(hours=self._volumes.day["works_to"], minutes=30)
            self.plan(home, "tip", vehicle_id=crew["vehicle_id"])

    def next_at(self) -> datetime | None:
        """Return when the next thing happens."""
        return self._acts[0].at if self._acts else None

    def step(self) -> None:
        """Do the next thing; it leaves the list when it is done, so that a kill repeats it under the same keys."""
        act = self._acts[0]
        self._key, self._calls = f"simulation-{self._run}-{act.number}", 0
        self._doing[act.name](act.at, **act.about)
        self._acts.remove(act)
        heapq.heapify(self._acts)

    def as_json(self) -> dict[str, Any]:
        """Return the list and what goes with it, to be taken up again by `resume`."""
        return {
            "run": self._run,
            "next_number": self._next_number,
            "next_ticket": self._next_ticket,
            "cleared": dict(self._cleared),
            "planned_to": self._planned_to.isoformat() if self._planned_to else None,
            "acts": [
                {"at": act.at.isoformat(), "number": act.number, "name": act.name, "about": dict(act.about)}
                for act in sorted(self._acts)
            ],
        }

    def resume(self, stored: Mapping[str, Any]) -> None:
        """Go on with what was stored."""
        self._run, self._next_number = stored["run"], stored["next_number"]
        self._next_ticket, self._cleared = stored["next_ticket"], dict(stored["cleared"])
        self._planned_to = date.fromisoformat(stored["planned_to"]) if stored["planned_to"] else None
        self._acts = [
            Act(datetime.fromisoformat(act["at"]), act["number"], act["name"], act["about"]) for act in stored["acts"]
        ]
        heapq.heapify(self._acts)

    # --- residents -----------------------------------------

    def _report(self, at: datetime) -> None:
        """A resident reports a fly-tip on a made street or alley."""
        land = self._volumes.draw("land", self._random)
        lat, lon, words = self._streets.draw(land, self._random)
        form = {
            "api_key": self._api_key,
            "service_code": "fly-tipping",
            "lat": f"{lat:.6f}",
            "long": f"{lon:.6f}",
            "description": words,
            "attribute[waste_type]": self._volumes.draw("waste", self._random),
            "attribute[land_type]": land,
            "attribute[size]": self._volumes.draw("size", self._random),
        }
        answer = self._call("POST", "/open311/v2/requests.json", form=form)
        if answer.ok:
            self._soon(at, "until_dispatched", "dispatch", reference=answer.body[0]["service_request_id"])

    # --- supervisors and crews -----------------------------------------

    def _dispatch(self, at: datetime, reference: str) -> None:
        """A supervisor gives the job to the crew that knows the place."""
        job = self._job(reference)
        if job is None or job["held"] or job["contractor"]:
            return
        if job["state"] in ("open", "deferred"):
            near = [crew for crew in self._crews if job["neighbourhood"] in crew["neighbourhoods"]] or self._crews
            chosen = self._random.choice(near)
            # Not every crew has the tickets, keys and vehicle for it: then the next one is tried.
            able = (crew["id"] for crew in (chosen, *near, *self._crews) if self._is_given(job, crew["id"]))
            crew_id = next(able, None)
            if crew_id is None:
                return
        elif job["state"] == "assigned" and any(crew["id"] == job["crew_id"] for crew in self._crews):
            crew_id = job["crew_id"]  # a kill came between the assignment and the plan for the start
        else:
            return
        self._soon(at, "until_started", "start", reference=reference, crew_id=crew_id)

    def _is_given(self, job: Mapping[str, Any], crew_id: str) -> bool:
        """Give a job to a crew, and say whether it was taken."""
        body = {"version": job["version"], "crew_id": crew_id}
        answer = self._call("POST", f"/api/scheduling/v1/jobs/{job['id']}/assign", role="supervisor", body=body)
        if not answer.ok and (answer.body or {}).get("rule") == "crew-unfit":
            self.refused.pop()  # that is how a supervisor who does not know every ticket finds out
        return answer.ok

    def _start(self, at: datetime, reference: str, crew_id: str) -> None:
        """The crew starts."""
        job = self._own_job(reference, crew_id)
        if job is None:
            return
        if job["state"] == "assigned" and not job["held"]:
            body = {"version": job["version"]}
            if not self._call("POST", f"/api/scheduling/v1/jobs/{job['id']}/start", role="supervisor", body=body).ok:
                return
        elif job["state"] != "started":
            return
        self._soon(at, "at_work", "complete", reference=reference, crew_id=crew_id)

    def _complete(self, at: datetime, reference: str, crew_id: str) -> None:
        """The crew is done, with a photo of what it left; now and then with evidence."""
        job = self._own_job(reference, crew_id)
        if job is None or job["state"] != "started":
            return
        outcome = self._volumes.draw("outcome", self._random)
        cleared = outcome == "cleared"
        evidence = cleared and self._random.random() < self._volumes.evidence_share
        form = {
            "outcome": outcome,
            "waste_type": job["waste_type"] or "other-unidentified",
            "land_type": job["land_type"] or "highway",
            "size": job["size"] or "small-van",
            "evidence": "true" if evidence else "false",
            "version": str(job["version"]),
        }
        photo = self._pictures.draw(self._random, waste_type=form["waste_type"], cleared=cleared and not evidence)
        path = f"/api/scheduling/v1/jobs/{job['id']}/complete"
        if not self._call("POST", path, role="supervisor", form=form, photo=photo).ok:
            return
        if outcome == "access-blocked":
            self._soon(at, "until_dispatched", "dispatch", reference=reference)
        if cleared:
            vehicle_id = next(crew["vehicle_id"] for crew in self._crews if crew["id"] == crew_id)
            self._cleared[vehicle_id] = self._cleared.get(vehicle_id, 0) + 1
            if self._cleared[vehicle_id] >= self._volumes.tips_after:
                self.plan(at + timedelta(minutes=self._random.randint(10, 25)), "tip", vehicle_id=vehicle_id)
        if evidence:
            self._soon(at, "until_notice", "fine", reference=reference)

    def _tip(self, at: datetime, vehicle_id: str) -> None:
        """A vehicle with something on it tips at a disposal site, and is weighed."""
        if not self._cleared.get(vehicle_id):
            return
        site = self._random.choice([site for site in self._council.sites if bulky(site.ewc_codes)])
        path = f"/api/scheduling/v1/vehicles/{vehicle_id}/tips"
        answer = self._call("POST", path, role="supervisor", body={"site_id": site.id})
        self._cleared.pop(vehicle_id)
        if answer.ok and answer.body["loads"]:
            estimate = sum(load["estimated_kg"] for load in answer.body["loads"])
            self.plan(
                at + timedelta(minutes=12),
                "weigh",
                vehicle_id=vehicle_id,
                site_id=site.id,
                tip_id=answer.body["tip_id"],
                estimate=estimate,
            )

    def _weigh(self, at: datetime, vehicle_id: str, site_id: str, tip_id: str, estimate: int) -> None:
        """The weighbridge operator records the ticket."""
        vehicle = self._vehicles[vehicle_id]
        site = next(site for site in self._council.sites if site.id == site_id)
        off = self._volumes.estimate_off
        net = max(20, round(estimate * self._random.uniform(1 - off, 1 + off) / 20) * 20)
        body = {
            "ticket_number": f"{site.id[:2].upper()}{self._next_ticket}",
            "site_id": site.id,
            "tip_id": tip_id,
            "vehicle_registration": vehicle["registration"],
            "ewc_code": bulky(site.ewc_codes),
            "gross_kg": vehicle["tare_kg"] + net,
            "tare_kg": vehicle["tare_kg"],
            "net_kg": net,
            "first_weighed_at": (at - timedelta(minutes=9)).isoformat(),
            "second_weighed_at": at.isoformat(),
        }
        self._call("POST", "/api/tonnage/v1/tickets", role="waste-officer", body=body)
        self._next_ticket += 1

    # --- officers and offenders -----------------------------------------

    def _fine(self, at: datetime, reference: str) -> None:
        """An officer issues a notice in the case that the evidence opened."""
        cases = self._items(f"/api/enforcement/v1/cases?reference={reference}", "officer")
        if not cases:
            return
        tier, amount = self._random.choice(TIERS)
        body = {"offence_code": "FLYTIP", "tier": tier, "amount_pence": amount}
        answer = self._call("POST", f"/api/enforcement/v1/cases/{cases[0]['id']}/notices", role="officer", body=body)
        if answer.ok:
            self._soon(at, "until_served", "serve", notice_id=answer.body["id"], amount=amount)

    def _serve(self, at: datetime, notice_id: str, amount: int) -> None:
        """The officer finds out who it was, and the post takes it there."""
        person = {"name": self._random.choice(NAMES), "address": "1 Demonstration House, Liverpool"}
        path = f"/api/enforcement/v1/notices/{notice_id}"
        if not self._call("PUT", f"{path}/recipient", role="officer", body=person).ok:
            return
        body = {"served_on": london_date(at).isoformat(), "how": "post"}
        served = self._call("POST", f"{path}/serve", role="officer", body=body)
        if served.ok and self._random.random() < self._volumes.paid_share:
            self._soon(at, "until_paid", "pay", notice_id=notice_id, amount=amount)

    def _pay(self, at: datetime, notice_id: str, amount: int) -> None:
        """The offender pays."""
        body = {"amount_pence": amount, "paid_on": london_date(at).isoformat()}
        self._call("POST", f"/api/enforcement/v1/notices/{notice_id}/payments", role="officer", body=body)

    # --- finding things again -----------------------------------------

    def _job(self, reference: str) -> dict[str, Any] | None:
        """Return the newest visit's job of a report."""
        jobs = self._items(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")
        return max(jobs, key=lambda job: int(job["visit"])) if jobs else None

    def _own_job(self, reference: str, crew_id: str) -> dict[str, Any] | None:
        """Return the job while it is with the crew that it was given to: a visitor may have decided otherwise."""
        job = self._job(reference)
        return job if job is not None and job["crew_id"] == crew_id else None

    def _items(self, path: str, role: str) -> list[dict[str, Any]]:
        """Return the first page of a list."""
        answer = self._call("GET", path, role=role)
        return list(answer.body["items"]) if answer.ok else []

    def _call(self, method: str, path: str, **what: Any) -> Answer:
        """Knock on a door, and remember it if it did not open."""
        self._calls += 1
        key = f"{self._key}-{self._calls}" if method == "POST" else None
        answer = self._doors.call(method, path, key=key, **what)
        if not answer.ok:
            self.refused.append((f"{method} {path}", answer))
        return answer

    def _soon(self, at: datetime, minutes: str, name: str, **about: Any) -> None:
        """Plan the next act after as long as it takes."""
        self.plan(self._volumes.working_time(at, minutes, self._random), name, **about)


def bulky(ewc_codes: tuple[str, ...]) -> str | None:
    """Return the code under which a site takes cleared fly-tips: bulky waste, or street-cleaning residues."""
    return next((code for code in ("200307", "200303", "200301") if code in ewc_codes), None)
