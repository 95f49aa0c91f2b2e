"""The made crews' days: a plan in the morning, the shift by the rota, one stop after the other, and home again.

Before the first shift the supervisor asks for a plan of each depot and publishes it. Each crew signs on with its phone,
walks round its vehicle, goes through its list in its order, has its break, tips, and signs off with a reason for what
it did not get to. A crew works only at what the simulation reported itself, and at beats; what somebody else put on its
list it hands back. One crew may be left to visitors: it is signed on, and off if nobody has played it.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

from deploy.demo.acts import Acts
from deploy.demo.doors import Answer, Doors
from deploy.demo.pictures import Pictures
from deploy.demo.volumes import Volumes
from shared.calendar import LONDON, london_instant
from shared.council import Council, Site
from shared.geo import distance_m

JOBS = "/api/scheduling/v1/jobs"
PLANS = "/api/scheduling/v1/plans"
LOOK_AT_PLAN, WAIT_FOR_PLAN = timedelta(minutes=2), timedelta(hours=2)
UNDER_WAY = timedelta(minutes=10)
"""How long a crew that is still at work puts off its end of shift."""

MOST_TRIES = 3
"""Jobs that a supervisor offers to a crew with nothing to do: not every crew has the tickets, keys and vehicle."""

NOT_DONE, NOT_OURS = "no-time", "told-to-stop"
"""Why a job is handed back: of `crew_lists.toml`."""


class Visitors(NamedTuple):
    """The crew that is left to visitors, from a moment on; None for always."""

    crew_id: str
    since: datetime | None = None


class Crews(Acts):
    """The part of the made day that happens at depots and on the road."""

    def __init__(
        self, doors: Doors, council: Council, random: Random, volumes: Volumes, *, visitors: Visitors | None = None
    ) -> None:
        super().__init__(doors, random, volumes)
        self._council = council
        self._visitors = visitors
        self._pictures = Pictures()
        self._own: set[str] = set()
        self._cleared: dict[str, int] = {}
        self._next_ticket = random.randrange(100_000, 900_000)
        self._waiting: set[str] = set()
        crews = self._items("/api/scheduling/v1/crews", "supervisor")
        self._crews = {crew["id"]: crew for crew in crews if crew["kind"] != "contractor"}
        vehicles = self._items("/api/scheduling/v1/vehicles", "supervisor")
        self._vehicles = {vehicle["id"]: vehicle for vehicle in vehicles}
        self.doing: Mapping[str, Callable[..., None]] = {
            "morning": self._morning,
            "ask-plan": self._ask_plan,
            "publish": self._publish,
            "sign-on": self._sign_on,
            "next": self._next,
            "back": self._back,
            "start": self._start,
            "complete": self._complete,
            "again": self._again,
            "tip": self._tip,
            "weigh": self._weigh,
            "sign-off": self._sign_off,
        }

    @property
    def crew_count(self) -> int:
        """How many crews the supervisor's door has shown; none where it did not open."""
        return len(self._crews)

    @property
    def waits_for_plans(self) -> bool:
        """Whether the planner has been asked for something: who makes a past has to have it answered."""
        return bool(self._waiting)

    @property
    def has_work(self) -> bool:
        """Whether anything that was reported is not done."""
        return bool(self._own)

    def as_json(self) -> dict[str, Any]:
        """Return the list, what is on the vehicles, and what was reported and is not done."""
        more = {"next_ticket": self._next_ticket, "cleared": dict(self._cleared), "own": sorted(self._own)}
        return {**super().as_json(), **more}

    def resume(self, stored: Mapping[str, Any]) -> None:
        """Go on with what was stored."""
        super().resume(stored)
        self._next_ticket, self._cleared = stored["next_ticket"], dict(stored["cleared"])
        self._own = set(stored["own"])

    def _plan_morning(self, day: date, since: datetime | None) -> None:
        """Plan the morning of a day; who begins in the middle of a day has it at once."""
        hour, minute = divmod(self._volumes.shift["plans_at"], 60)
        at = london_instant(day, time(hour, minute))
        self.plan(at if since is None else max(at, since), "morning")

    # --- the depot -----------------------------------------

    def _morning(self, at: datetime) -> None:
        """See who works today by the rota, and ask for a plan of every depot where somebody does."""
        depots = set()
        for crew in self._items("/api/scheduling/v1/crews", "supervisor"):
            if crew["id"] not in self._crews or crew["why_not"] or crew["rota_starts_at"] is None:
                continue
            begins, ends = (datetime.fromisoformat(crew[name]) for name in ("rota_starts_at", "rota_ends_at"))
            depots.add(crew["depot_id"])
            about = {"crew_id": crew["id"], "ends": ends.isoformat(), "is_on": crew["on_shift"]}
            self._soon(max(at, begins), "sign_on_late", "sign-on", **about)
        for depot_id in sorted(depots):
            self.plan(at, "ask-plan", depot_id=depot_id, since=at.isoformat())

    def _ask_plan(self, at: datetime, depot_id: str, since: str) -> None:
        """The supervisor asks for a plan of the depot's day."""
        answer = self._call("POST", f"/api/scheduling/v1/depots/{depot_id}/plans", role="supervisor")
        if answer.ok:
            self._waiting.add(answer.body["id"])
            self.plan(at + LOOK_AT_PLAN, "publish", depot_id=depot_id, plan_id=answer.body["id"], since=since)

    def _publish(self, at: datetime, depot_id: str, plan_id: str, since: str) -> None:
        """The supervisor publishes what the planner proposes; where there is nothing, crews are given jobs by hand."""
        answer = self._call("GET", f"{PLANS}/{plan_id}", role="supervisor")
        if not answer.ok:
            return
        has_time = at - datetime.fromisoformat(since) < WAIT_FOR_PLAN
        if answer.body["state"] in ("requested", "claimed"):
            if has_time:
                self.plan(at + LOOK_AT_PLAN, "publish", depot_id=depot_id, plan_id=plan_id, since=since)
            return
        self._waiting.discard(plan_id)
        if answer.body["state"] != "proposed":
            return
        version = {"version": answer.body["version"]}
        published = self._call("POST", f"{PLANS}/{plan_id}/publish", role="supervisor", body=version)
        if published.ok or not self._is_refusal(published, "plan-breaks-rule", "plan-state"):
            return
        if has_time and published.body.get("rule") == "plan-breaks-rule":
            self.plan(at + LOOK_AT_PLAN, "ask-plan", depot_id=depot_id, since=since)

    # --- the shift -----------------------------------------

    def _sign_on(self, at: datetime, crew_id: str, ends: str, *, is_on: bool) -> None:
        """The crew begins its shift and walks round its vehicle, unless it had before the simulation began."""
        if at >= datetime.fromisoformat(ends):
            return
        if not is_on:
            if not self._tell(crew_id, "shift").ok:
                return
            self._tell(crew_id, "check", result="nothing")
        self.plan(datetime.fromisoformat(ends), "sign-off", crew_id=crew_id)
        rest_at = at + timedelta(minutes=self._volumes.shift["rest_after"])
        self._soon(at, "checks", "next", crew_id=crew_id, ends=ends, rest_at=rest_at.isoformat())

    def _next(self, at: datetime, crew_id: str, ends: str, rest_at: str | None) -> None:
        """Have the break when it is time, go to the next stop, ask for more, or go home."""
        about = {"crew_id": crew_id, "ends": ends, "rest_at": rest_at}
        if self._is_for_visitors(crew_id, at):
            return
        if at >= datetime.fromisoformat(ends) - timedelta(minutes=self._volumes.shift["last_stop_before"]):
            if self._cleared.get(self._vehicle_of(crew_id)):
                self._soon(at, "to_site", "tip", crew_id=crew_id)
            return
        if rest_at is not None and at >= datetime.fromisoformat(rest_at):
            self._tell(crew_id, "break", on="yes")
            self._soon(at, "rest", "back", **about)
            return
        job = next((job for job in self._list_of(crew_id) if self._is_ours(job)), None) or self._given_more(crew_id)
        if job is None:
            self._soon(at, "look_again", "next", **about)
        else:
            self._soon(at, "on_the_way", "start", job_id=job["id"], **about)

    def _back(self, at: datetime, crew_id: str, ends: str, **_: Any) -> None:
        """The break is over."""
        self._tell(crew_id, "break", on="no")
        self.plan(at, "next", crew_id=crew_id, ends=ends, rest_at=None)

    def _given_more(self, crew_id: str) -> dict[str, Any] | None:
        """A crew with nothing left rings the supervisor, who gives it what waits at its depot, if anything does."""
        depot_id = self._crews[crew_id]["depot_id"]
        waiting = [
            job
            for job in self._items(f"{JOBS}?state=open", "supervisor")
            if job["depot_id"] == depot_id and not job["contractor"] and self._is_ours(job)
        ]
        by_urgency = sorted(waiting, key=lambda job: (job["priority"] or 9, job["created_at"]))
        return next((job for job in by_urgency[:MOST_TRIES] if self._is_given(job, crew_id)), None)

    def _is_given(self, job: Mapping[str, Any], crew_id: str) -> bool:
        """Give a job to a crew, and say whether it was taken."""
        body = {"version": job["version"], "crew_id": crew_id}
        answer = self._call("POST", f"{JOBS}/{job['id']}/assign", role="supervisor", body=body)
        if not answer.ok:
            self._is_refusal(answer, "crew-unfit")  # that is how a supervisor who knows not every ticket finds out
        return answer.ok

    def _sign_off(self, at: datetime, crew_id: str) -> None:
        """The crew ends its shift, and says of every job that is left why; not with one under way."""
        left = self._list_of(crew_id)
        if self._is_for_visitors(crew_id, at) and not all(self._is_ours(job) for job in left):
            return  # somebody has given it work
        if any(job["state"] == "started" for job in left):
            if not self._is_for_visitors(crew_id, at):
                self.plan(at + UNDER_WAY, "sign-off", crew_id=crew_id)
            return
        if self._cleared.get(self._vehicle_of(crew_id)):
            self._tip(at, crew_id)
        reasons = {f"reason-{job['id']}": NOT_DONE if self._is_ours(job) else NOT_OURS for job in left}
        self._tell(crew_id, "end", **reasons)

    # --- a stop -----------------------------------------

    def _start(self, at: datetime, job_id: str, crew_id: str, ends: str, rest_at: str | None) -> None:
        """The crew begins a job, if it still has it."""
        about = {"crew_id": crew_id, "ends": ends, "rest_at": rest_at}
        job = self._own_job(job_id, crew_id)
        is_begun = job is not None and job["state"] == "started"  # a kill came between this and the plan for its end
        if job is not None and job["state"] == "assigned" and not job["held"]:
            version = {"version": job["version"]}
            is_begun = self._call("POST", f"{JOBS}/{job_id}/start", role="supervisor", body=version).ok
        if is_begun:
            self._soon(at, "at_work", "complete", job_id=job_id, **about)
        else:
            self.plan(at, "next", **about)

    def _complete(self, at: datetime, job_id: str, crew_id: str, ends: str, rest_at: str | None) -> None:
        """The crew is done, with a photo of what it left; now and then with evidence."""
        about = {"crew_id": crew_id, "ends": ends, "rest_at": rest_at}
        job = self._own_job(job_id, crew_id)
        if job is None or job["state"] != "started":
            self.plan(at, "next", **about)
            return
        outcome = self._volumes.draw("outcome", self._random)
        cleared = outcome == "cleared"
        evidence = cleared and job["channel"] != "beat" and self._random.random() < self._volumes.evidence_share
        form = {
            "outcome": outcome,
            "waste_type": job["waste_type"] or "other-unidentified",
            "land_type": job["land_type"] or "highway",
            "size": job["size"] or "small-van",
            "evidence": "true" if evidence else "false",
            "version": str(job["version"]),
        }
        photo = self._pictures.draw(self._random, waste_type=form["waste_type"], cleared=cleared and not evidence)
        answer = self._call("POST", f"{JOBS}/{job_id}/complete", role="supervisor", form=form, photo=photo)
        vehicle_id = self._vehicle_of(crew_id)
        if answer.ok and cleared:
            self._cleared[vehicle_id] = self._cleared.get(vehicle_id, 0) + 1
        if answer.ok and outcome == "access-blocked":
            self._soon(at, "until_again", "again", job_id=job_id)
        elif answer.ok:
            self._own.discard(job["reference"])
        if answer.ok and evidence:
            self._found_evidence(at, job["reference"])
        if self._cleared.get(vehicle_id, 0) >= self._volumes.shift["tips_after"]:
            self._soon(at, "to_site", "tip", then=about, crew_id=crew_id)
        else:
            self.plan(at, "next", **about)

    def _again(self, at: datetime, job_id: str) -> None:
        """The supervisor sends somebody again to where nobody could get at it, once a crew of the depot is at work."""
        answer = self._call("GET", f"{JOBS}/{job_id}", role="supervisor")
        if not answer.ok or answer.body["state"] != "deferred" or not self._is_ours(answer.body):
            return
        crews = self._items("/api/scheduling/v1/crews", "supervisor")
        here = [
            crew["id"]
            for crew in crews
            if crew["on_shift"] and crew["depot_id"] == answer.body["depot_id"] and crew["id"] in self._crews
        ]
        offered = [crew_id for crew_id in here if not self._is_for_visitors(crew_id, at)]
        if not any(self._is_given(answer.body, crew_id) for crew_id in offered):
            self._soon(at, "until_again", "again", job_id=job_id)

    def _found_evidence(self, at: datetime, reference: str) -> None:
        """Somebody else goes on with what the crew found."""

    # --- the load -----------------------------------------

    def _tip(self, at: datetime, crew_id: str, then: Mapping[str, Any] | None = None) -> None:
        """The vehicle tips at the nearest site that is open, and is weighed; where none is, the load stays on it."""
        vehicle_id = self._vehicle_of(crew_id)
        sites = [site for site in self._council.sites if bulky(site.ewc_codes) and _is_open(site, at)]
        if sites and self._cleared.get(vehicle_id):
            depot = self._council.depot(self._crews[crew_id]["depot_id"])
            site = min(sites, key=lambda site: distance_m(depot.lat, depot.lon, site.lat, site.lon))
            path = f"/api/scheduling/v1/vehicles/{vehicle_id}/tips"
            answer = self._call("POST", path, role="supervisor", body={"site_id": site.id})
            self._cleared.pop(vehicle_id)
            if not answer.ok:
                self._is_refusal(answer, "empty-vehicle")  # somebody else has tipped it
            if answer.ok and answer.body["loads"]:
                about = {"vehicle_id": vehicle_id, "site_id": site.id, "tip_id": answer.body["tip_id"]}
                estimate = sum(load["estimated_kg"] for load in answer.body["loads"])
                self._soon(at, "at_weighbridge", "weigh", estimate=estimate, **about)
        if then is not None:
            self._soon(at, "at_weighbridge", "next", **then)

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

    # --- finding things -----------------------------------------

    def _list_of(self, crew_id: str) -> list[dict[str, Any]]:
        """Return what a crew's phone shows, in the order of its sheet."""
        answer = self._noted(f"list of {crew_id}", self._doors.phone(crew_id).get(JOBS))
        return list(answer.body["items"]) if answer.ok else []

    def _own_job(self, job_id: str, crew_id: str) -> dict[str, Any] | None:
        """Return the job while it is with the crew that it was given to: a visitor may have decided otherwise."""
        answer = self._call("GET", f"{JOBS}/{job_id}", role="supervisor")
        return dict(answer.body) if answer.ok and answer.body["crew_id"] == crew_id else None

    def _is_ours(self, job: Mapping[str, Any]) -> bool:
        """Say whether a job is one that the simulation may have its crews do."""
        return not job["held"] and (job["channel"] == "beat" or job["reference"] in self._own)

    def _is_for_visitors(self, crew_id: str, at: datetime) -> bool:
        """Say whether a crew is left to visitors by now."""
        if self._visitors is None or crew_id != self._visitors.crew_id:
            return False
        return self._visitors.since is None or at >= self._visitors.since

    def _vehicle_of(self, crew_id: str) -> str:
        """Return a crew's vehicle."""
        return str(self._crews[crew_id]["vehicle_id"])

    def _is_refusal(self, answer: Answer, *rules: str) -> bool:
        """Say whether the last door stayed shut for one of these rules; what is usual is no refusal to tell of."""
        is_usual = (answer.body or {}).get("rule") in rules
        if is_usual:
            self.refused.pop()
        return is_usual


def bulky(ewc_codes: Collection[str]) -> str | None:
    """Return the code under which a site takes cleared fly-tips: bulky waste, or street-cleaning residues."""
    return next((code for code in ("200307", "200303", "200301") if code in ewc_codes), None)


def _is_open(site: Site, at: datetime) -> bool:
    """Say whether a site takes loads at a moment."""
    return site.opens <= at.astimezone(LONDON).time() <= site.closes
