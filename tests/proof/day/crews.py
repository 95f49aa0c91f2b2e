"""Crews: each signs its phone in with its code and does what is on its sheet, in order, by the phone's own doors.

A crew drives and works as long as the plans assume, or a little longer. It tips when the next job does not fit and
before it goes home, has its break in its time, meets trouble now and then, and goes home within its shift.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.scheduling.rounds.day import Spot
from tests.proof.day.course import Course
from tests.proof.day.ledger import Gone, Shown
from tests.proof.day.register import Crew, Site
from tests.proof.day.setting import Left

CHECKS, TIPPING, REST = timedelta(minutes=10), timedelta(minutes=15), timedelta(minutes=30)
REST_FROM, REST_UNTIL = timedelta(hours=3), timedelta(hours=4, minutes=30)
LONG_WAY_ROUND = timedelta(minutes=20)
"""What a crew reckons with for the way by a disposal site."""

LOOK_AGAIN, AT_TROUBLE = timedelta(minutes=8), timedelta(minutes=5)
SLOWEST = 0.1
"""Up to a tenth longer than planned."""

TROUBLES = ("alleygate-locked", "vehicle-parked", "no-access", "unsafe-place")
TROUBLED, NOTHING_THERE = 0.05, 0.04
LOAD_SECONDS, LOAD_SECONDS_PER_KG, LONGEST_LOAD_SECONDS = 600, 0.9, 2700


class CrewOut:
    """One crew with its phone and its vehicle."""

    def __init__(self, course: Course, crew: Crew, code: str, finds: list[tuple[Left, bool]]) -> None:
        self.crew, self._course, self._code, self._finds = crew, course, code, finds
        self._browser = course.stage.browser()
        depot = course.council.depot(crew.depot)
        self._home: Spot = (depot.lat, depot.lon)
        self._spot = self._home
        self._kg = self._litres = 0
        self._materials: frozenset[str] = frozenset()
        self._has_rested = self._has_ended = False
        self._working: str | None = None

    # --- the shift -----------------------------------------

    def begin(self) -> None:
        """Sign the phone in, sign on, and walk round the vehicle."""
        self._browser.get("/accounts/shift")
        answer = self._browser.post("/accounts/shift", {"code": self._code})
        if answer.status != 303:
            self._problem(f"its code was refused with {answer.status}")
            return
        self._browser.token = self._json("/crew/round")["csrf"]
        self._act("shift")
        self._act("check", result="nothing")
        self._course.plan(self._now() + CHECKS, self._next)

    def break_down(self, how: str) -> None:
        """Take note that the vehicle is off the road: the phone says so, or the supervisor knows already."""
        if how == "phone":
            self._act("check", result="defects", defects="brakes")
            self._course.ledger.gone.append(Gone(self.crew.id, self._now(), "its phone said that its brakes fail"))
        self._has_ended = True
        self._course.plan(self._now() + CHECKS, self._sign_off, "vehicle-fault")

    def fall_ill(self) -> None:
        """Stop, but for a job under way: who is there finishes it."""
        self._has_ended = True

    def _sign_off(self, reason: str) -> None:
        """Sign off, with the reason for every job that is left."""
        left = {f"reason-{job['id']}": reason for job in self._jobs()}
        self._has_ended = True
        self._act("end", **left)

    # --- one stop after the other -----------------------------------------

    def _next(self) -> None:
        """Go to what comes next: a break, a site, a job, or home."""
        if self._has_ended:
            return
        now = self._now()
        self._find_something()
        jobs = [job for job in self._jobs() if not job["held"]]
        if not self._has_rested and now >= self.crew.starts + REST_FROM:
            self._rest()
        elif self._must_go_home(now) or (jobs and not self._has_time_for(jobs[0], now)):
            self._go_home()
        elif not jobs:
            self._course.plan(now + LOOK_AGAIN, self._next)
        elif not self._fits(jobs[0]):
            self._drive_to_site(_spot(jobs[0]), self._tip)
        elif not self._has_rested and self._done_at(jobs[0], now) > self.crew.starts + REST_UNTIL:
            self._course.plan(max(now, self.crew.starts + REST_FROM), self._rest)
        else:
            self._drive_to(jobs[0], now)

    def _drive_to(self, job: Mapping[str, Any], now: datetime) -> None:
        """Look at the job's page, and drive there."""
        page = self._browser.get(f"/crew/jobs/{job['id']}")
        if page.status != 200:
            self._problem(f"the page of {job['reference']} on its list answers {page.status}")
        self._course.plan(now + self._way(_spot(job), now), self._arrive, job["id"], now)

    def _arrive(self, job_id: str, since: datetime) -> None:
        """Be there, and begin, if the job is still the crew's."""
        now = self._now()
        self._course.ledger.shown.append(Shown(self.crew.id, job_id, since, now))
        if self._has_ended:
            return
        mine = {job["id"]: job for job in self._jobs()}
        job = mine.get(job_id)
        if job is None or job["held"]:
            self._next()
            return
        self._spot, self._working = _spot(job), job_id
        self._act("arrive", job_id, no_photo_reason="unsafe-to-stop")
        self._act("start", job_id)
        self._course.ledger.visits += 1
        if self._course.random.random() < TROUBLED:
            self._course.plan(now + AT_TROUBLE, self._meet_trouble, job)
        else:
            self._course.plan(now + self._slower(_work(job, self._course)), self._finish, job)

    def _meet_trouble(self, job: Mapping[str, Any]) -> None:
        """Tell what keeps the crew from the job, and go on."""
        if self._working is None or self._is_broken_down():
            return
        code = self._course.random.choice(TROUBLES)
        self._act("exception", job["id"], {"photo": self._photo(job, cleared=False)}, exception=code)
        self._course.ledger.troubles += 1
        self._working = None
        self._next()

    def _finish(self, job: Mapping[str, Any]) -> None:
        """Finish the job: cleared, or nothing was there."""
        if self._working is None or self._is_broken_down():
            return
        is_gone = self._course.random.random() < NOTHING_THERE
        outcome = self._course.random.choice(("not-found", "already-cleared")) if is_gone else "cleared"
        said = {name: job[name] for name in ("waste_type", "land_type", "size") if job[name] and not is_gone}
        answer = self._act("finish", job["id"], {"photo": self._photo(job, cleared=True)}, outcome=outcome, **said)
        if answer.get("result") == "taken" and not is_gone:
            self._course.ledger.cleared.add(job["id"])
            self._load(job["size"], job["waste_type"])
        self._working = None
        self._next()

    def _rest(self) -> None:
        """Have the break."""
        if self._has_ended:
            return
        began = self._now()
        self._has_rested = True
        self._act("break")

        def back() -> None:
            if not self._has_ended:
                self._act("break", on="no")
                self._course.ledger.breaks[self.crew.id] = (began, self._now())
                self._next()

        self._course.plan(began + REST, back)

    def _find_something(self) -> None:
        """Come upon a tip that nobody reported, and clear it or leave it for later."""
        if not self._finds:
            return
        left, is_cleared = self._finds.pop()
        files = {"photo": self._course.pictures.draw(self._course.random, waste_type=left.waste_type, cleared=True)}
        said = {"lat": self._spot[0], "lon": self._spot[1], "land_type": left.land_type}
        answer = self._act(
            "found",
            "",
            files if is_cleared else {},
            waste_type=left.waste_type,
            size=left.size,
            cleared="yes" if is_cleared else "no",
            **said,
        )
        if answer.get("result") == "taken":
            self._course.ledger.found += 1
            if is_cleared:
                self._load(left.size, left.waste_type)

    # --- tipping and going home -----------------------------------------

    def _go_home(self) -> None:
        """Tip what is on board, drive home and sign off."""
        if self._kg or self._litres:
            self._drive_to_site(self._home, self._tip_and_go_home)
            return
        now = self._now()
        self._course.plan(now + self._way(self._home, now), self._sign_off, "no-time")

    def _tip_and_go_home(self, site: Site) -> None:
        """Tip, and go home whatever is still on the list."""
        if self._tip_at(site):
            self._go_home()

    def _tip(self, site: Site) -> None:
        """Tip, and go on."""
        if self._tip_at(site):
            self._next()

    def _tip_at(self, site: Site) -> bool:
        """Tell the phone that the vehicle was emptied; say whether the crew still goes on."""
        if self._has_ended:
            return False
        self._spot = self._place(site)
        if self._act("tip", site_id=site.id).get("result") == "taken":
            self._course.ledger.tips += 1
        self._kg = self._litres = 0
        self._materials = frozenset()
        return True

    def _drive_to_site(self, then: Spot, do: Any) -> None:
        """Drive to the site that is least out of the way, and be done there a quarter of an hour later."""
        now = self._now()
        sites = [site for site in self._course.register.sites.values() if self._materials <= site.takes]
        open_ones = [site for site in sites if self._at_site(site, now) + TIPPING <= site.closes]
        if not open_ones:
            self._problem(f"no site takes {sorted(self._materials)} at {now:%H:%M}")
            self._course.plan(now, self._sign_off, "vehicle-full")
            self._kg = self._litres = 0
            return
        best = min(open_ones, key=lambda site: self._detour(site, then))
        self._course.plan(self._at_site(best, now) + self._slower(TIPPING), do, best)

    def _at_site(self, site: Site, now: datetime) -> datetime:
        """Return when a tip can begin there."""
        return max(now + self._way(self._place(site), now), site.opens)

    def _detour(self, site: Site, then: Spot) -> float:
        return self._from(self._place(site))(self._spot) + self._from(self._place(site))(then)

    # --- what a crew reckons with -----------------------------------------

    def _has_time_for(self, job: Mapping[str, Any], now: datetime) -> bool:
        """Say whether the crew would be home in time after a job, its break and a tip included."""
        done = self._done_at(job, now) + (timedelta(0) if self._has_rested else REST)
        if not self._fits(job):
            done += TIPPING + LONG_WAY_ROUND
        home = self._home_by_site(_spot(job), done, self._materials | _material(job["waste_type"], self._course))
        return now + (home - now) * (1 + SLOWEST) <= self.crew.ends

    def _must_go_home(self, now: datetime) -> bool:
        """Say whether it is time to go home, by way of a site with what is on board."""
        if self._kg:
            home = self._home_by_site(self._spot, now, self._materials)
        else:
            home = now + self._course.ways.driving(self._spot, self._home, self.crew.vehicle.vehicle_class, now)
        return now + (home - now) * (1 + SLOWEST) + LOOK_AGAIN > self.crew.ends

    def _home_by_site(self, spot: Spot, now: datetime, materials: frozenset[str]) -> datetime:
        """Return when the crew is home that tips at the nearest site which takes what is on board."""
        ways, vehicle = self._course.ways, self.crew.vehicle.vehicle_class
        sites = [self._place(site) for site in self._course.register.sites.values() if materials <= site.takes]
        there = min(sites, key=self._from(spot), default=self._home)
        tipped = now + ways.driving(spot, there, vehicle, now) + TIPPING
        return tipped + ways.driving(there, self._home, vehicle, tipped)

    def _from(self, spot: Spot) -> Callable[[Spot], float]:
        return lambda other: self._course.ways.travel.metres(spot, other)

    def _place(self, site: Site) -> Spot:
        place = self._course.council.site(site.id)
        return (place.lat, place.lon)

    def _done_at(self, job: Mapping[str, Any], now: datetime) -> datetime:
        way = self._course.ways.driving(self._spot, _spot(job), self.crew.vehicle.vehicle_class, now)
        return now + way + _work(job, self._course)

    def _fits(self, job: Mapping[str, Any]) -> bool:
        """Say whether a job fits on top of what is on board, and may be tipped together with it."""
        kg, litres = _load_of(job["size"], self._course)
        vehicle = self.crew.vehicle
        if self._kg and (self._kg + kg > vehicle.payload_kg or self._litres + litres > vehicle.volume_litres):
            return False
        together = self._materials | _material(job["waste_type"], self._course)
        return not self._materials or any(together <= site.takes for site in self._course.register.sites.values())

    def _load(self, size: str | None, waste_type: str | None) -> None:
        kg, litres = _load_of(size, self._course)
        self._kg, self._litres = self._kg + kg, self._litres + litres
        self._materials |= _material(waste_type, self._course)

    def _way(self, spot: Spot, now: datetime) -> timedelta:
        driving = self._course.ways.driving(self._spot, spot, self.crew.vehicle.vehicle_class, now)
        return self._slower(driving)

    def _slower(self, planned: timedelta) -> timedelta:
        return planned * (1 + self._course.random.uniform(0, SLOWEST))

    # --- the phone -----------------------------------------

    def _jobs(self) -> list[dict[str, Any]]:
        """Return what is on the crew's list, in the order of its sheet."""
        return list(self._json("/api/scheduling/v1/jobs")["items"])

    def _json(self, path: str) -> dict[str, Any]:
        page = self._browser.get(path)
        if page.status != 200:
            self._problem(f"{path} answers {page.status}: {page.text[:200]}")
            return {"items": []}
        return dict(json.loads(page.text))

    def _act(
        self, kind: str, job_id: str = "", files: Mapping[str, bytes] | None = None, **said: Any
    ) -> dict[str, Any]:
        """Send one action of the phone, at the moment at which it happens."""
        fields = {"kind": kind, "job_id": job_id, "occurred_at": self._now().isoformat(), **said}
        page = self._browser.post("/crew/actions", fields, files)
        if page.status != 200:
            self._problem(f"“{kind}” was answered with {page.status}: {page.text[:300]}")
            return {}
        answer = dict(json.loads(page.text))
        if answer["result"] != "taken":
            self._problem(f"“{kind}” was refused: {answer.get('errors')}")
        elif answer.get("words") and kind not in ("check", "hand-over"):
            self._course.ledger.told_otherwise.append(f"{self.crew.name}, {kind}: {answer['words']}")
        return answer

    def _is_broken_down(self) -> bool:
        return self._has_ended and any(
            gone.crew_id == self.crew.id and gone.why != "absent" for gone in self._course.ledger.gone
        )

    def _photo(self, job: Mapping[str, Any], *, cleared: bool) -> bytes:
        return self._course.pictures.draw(self._course.random, waste_type=job["waste_type"] or "green", cleared=cleared)

    def _now(self) -> datetime:
        return self._course.stage.now()

    def _problem(self, words: str) -> None:
        self._course.ledger.problems.append(f"{self.crew.name} at {self._now():%H:%M}: {words}")


def _spot(job: Mapping[str, Any]) -> Spot:
    return (job["lat"], job["lon"])


def _load_of(size: str | None, course: Course) -> tuple[int, int]:
    """Return kilograms and litres of a size."""
    return course.council.size_kg.get(size or "", 0), course.register.volumes.get(size or "", 0)


def _material(waste_type: str | None, course: Course) -> frozenset[str]:
    code = course.council.ewc_by_waste_type.get(waste_type or "")
    return frozenset() if code is None else frozenset({code})


def _work(job: Mapping[str, Any], course: Course) -> timedelta:
    """Return how long loading takes, as plans assume, or what a beat says."""
    if job["title"] in course.register.beats:
        return timedelta(minutes=course.register.beats[job["title"]])
    kg, _ = _load_of(job["size"], course)
    return timedelta(seconds=min(LONGEST_LOAD_SECONDS, LOAD_SECONDS + int(kg * LOAD_SECONDS_PER_KG)))
