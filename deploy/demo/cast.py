"""The scripted cast on top of the random days: one of everything that a newcomer should be able to find.

Each role is a short story told through the public doors, at its own days before the present: with the JSON APIs where
there is one, and otherwise with the form that a member of staff would fill in. The first, `path`, is the report that
`/demo` follows from alley to penalty.
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from deploy.demo.crews import bulky
from deploy.demo.doors import Answer, WsgiDoors
from deploy.demo.pictures import Pictures
from shared.calendar import london_date, london_instant
from shared.council import Council

FIRST_DAYS_AGO = 33
CREW_KIND = "hit"
NEIGHBOURHOOD = "kensington-and-fairfield"
ALLEY = "alley-behind-ashcombe-lane"
PENALTY = ("L2", 75_000)
"""Four or more bags and less than a van load: £750 by the council's tariff."""

RESIDENT = "resident@example.org"
"""Whoever reported the heap hears how it goes on; example.org takes no post."""

RECIPIENT = {"name": "C. Example", "address": "3 Demonstration House, Liverpool"}


def demo_crew(council: Council) -> str:
    """Return the crew that the cast and a demonstration's visitors work with; the simulation leaves it to them."""
    return next(crew.id for crew in council.crews if crew.kind == CREW_KIND and NEIGHBOURHOOD in crew.neighbourhoods)


class Cast:
    """Who does what on which day, and the references that came of it."""

    def __init__(self, doors: WsgiDoors, council: Council, end: datetime, *, api_key: str, alone_before: date) -> None:
        """Plan all of it; before `alone_before` nobody else signs the crew on and off."""
        self._doors = doors
        self._council = council
        self._api_key = api_key
        self._alone_before = alone_before
        self._today = london_date(end)
        self._random = Random(self._today.toordinal())  # noqa: S311 - a made past, not a secret
        self._pictures = Pictures()
        self._crew = demo_crew(council)
        self._vehicle = next(crew.vehicle_id for crew in council.crews if crew.id == self._crew)
        self._acts: list[tuple[datetime, int, Callable[[], Any]]] = []
        self._numbers = itertools.count()
        self._notices: dict[str, str] = {}
        self.references: dict[str, str] = {}
        self.refused: list[tuple[str, Answer]] = []
        self._earlier_visits()
        self._path()
        self._without_penalty()
        self._notices_that_ended_otherwise()

    @staticmethod
    def first_day(today: date) -> date:
        """Return the first day on which the cast does anything."""
        return today - timedelta(days=FIRST_DAYS_AGO)

    def next_at(self) -> datetime | None:
        """Return when the next thing happens."""
        return self._acts[0][0] if self._acts else None

    def step(self) -> None:
        """Do the next thing."""
        heapq.heappop(self._acts)[2]()

    # --- the stories -----------------------------------------

    def _earlier_visits(self) -> None:
        """Four times before, somebody left something in the same alley."""
        for number, (days, waste, size) in enumerate(
            ((33, "black-bags-household", "car-boot"), (28, "other-household", "small-van"),
             (24, "white-goods", "single-item"), (20, "black-bags-household", "car-boot")), start=1,
        ):  # fmt: skip
            role = f"earlier-{number}"
            self._on(days, "08:20", self._report, role, "Left in the alley again", waste, size)
            self._clear_on(days, role, waste=waste, size=size)
            self._on(days, "15:10", self._tip)

    def _path(self) -> None:
        """Six bags, a mattress and a fridge: the fifth time in 60 days, and this time somebody left a letter."""
        self._on(
            16,
            "08:05",
            self._report,
            "path",
            "Six bags, a mattress and a fridge",
            "other-household",
            "small-van",
            email=RESIDENT,
        )
        self._on(16, "08:31", self._report, "second-reporter", "Big heap behind our house", "other-household", None)
        self._on(16, "08:52", self._merge, "second-reporter", "path")
        self._on(16, "09:05", self._board, "path", "hold")
        self._on(16, "11:20", self._board, "path", "release")
        self._shift_on(16)
        self._on(16, "11:26", self._assign, "path")
        self._on(16, "13:10", self._start, "path")
        self._on(16, "13:42", self._finish, "path", evidence=True)
        self._on(16, "15:24", self._tip)
        self._on(15, "10:12", self._issue, "path")
        self._on(14, "11:30", self._serve, "path", "by-hand")
        self._on(6, "09:48", self._pay, "path")

    def _without_penalty(self) -> None:
        """What no crew may take, what is not the council's, and what was still there."""
        self._on(2, "14:15", self._report, "asbestos", "Grey sheets, broken", "asbestos", "car-boot", place=1)
        self._on(5, "09:30", self._report, "private-land", "On the land behind", "other-household", "car-boot", place=2)
        self._clear_on(5, "private-land", outcome="private-land")
        waste, size = "green", "small-van"
        self._on(9, "09:10", self._report, "still-there", "Branches and soil", waste, size, place=2)
        self._clear_on(9, "still-there", waste=waste, size=size)
        self._on(9, "15:30", self._tip)
        # The reporter rings: the contact centre opens it again.
        self._on(1, "16:05", self._reopen, "still-there")

    def _notices_that_ended_otherwise(self) -> None:
        """A notice that a second officer took back, and one that nobody paid."""
        waste, size = "black-bags-household", "car-boot"
        for role, days, place in (("overdue", 25, 0), ("cancelled", 12, 3)):
            self._on(days, "08:40", self._report, role, "Bags with letters in them", waste, size, place=place)
            self._clear_on(days, role, evidence=True)
            self._on(days, "15:50", self._tip)
            self._on(days - 1, "10:40", self._issue, role)
        self._on(22, "12:00", self._serve, "overdue", "post")
        self._on(9, "11:15", self._cancel, "cancelled")

    # --- what people do -----------------------------------------

    def _clear_on(self, days: int, role: str, **what: Any) -> None:
        """Plan that the crew is sent and does its work on a day."""
        self._shift_on(days)
        self._on(days, "10:15", self._assign, role)
        self._on(days, "12:30", self._start, role)
        self._on(days, "13:05", self._finish, role, **what)

    def _shift_on(self, days: int) -> None:
        """Plan the crew's shift on a day on which nobody else does."""
        if self._today - timedelta(days=days) < self._alone_before:
            for at, kind, said in (
                ("09:00", "shift", {}),
                ("09:02", "check", {"result": "nothing"}),
                ("16:00", "end", {}),
            ):
                self._on(days, at, self._tell, kind, **said)

    def _tell(self, kind: str, **said: str) -> None:
        """The crew presses a button on its phone."""
        key = f"cast-{self._today}-{next(self._numbers)}"
        self._note(kind, self._doors.phone(self._crew).act(kind, key=key, **said))

    def _report(
        self, role: str, words: str, waste: str, size: str | None, *, place: int | None = None, email: str = ""
    ) -> None:
        """Somebody reports it: in the alley, or on a street of the same neighbourhood."""
        streets = [
            one for one in self._council.gazetteer.places if (one.neighbourhood, one.kind) == (NEIGHBOURHOOD, "street")
        ]
        where = self._council.gazetteer.place(ALLEY) if place is None else streets[place]
        form = {
            "api_key": self._api_key,
            "service_code": "fly-tipping",
            "lat": f"{where.lat:.6f}",
            "long": f"{where.lon:.6f}",
            "description": words,
            "attribute[waste_type]": waste,
            "attribute[land_type]": "back-alleyway" if place is None else "highway",
            **({"attribute[size]": size} if size else {}),
            **({"email": email} if email else {}),
        }
        answer = self._note(f"report {role}", self._doors.call("POST", "/open311/v2/requests.json", form=form))
        if answer.ok:
            self.references[role] = answer.body[0]["service_request_id"]

    def _merge(self, role: str, into: str) -> None:
        """The contact centre sees that two mean the same heap."""
        page = f"/triage/{self.references[role]}"
        agent = self._doors.person("contact-centre")
        self._note("merge", agent.submit(page, f"{page}/merge", into=self.references[into]))

    def _reopen(self, role: str) -> None:
        """The contact centre opens a closed report again."""
        page = f"/triage/{self.references[role]}"
        self._note("reopen", self._doors.person("contact-centre").submit(page, f"{page}/reopen"))

    def _board(self, role: str, step: str) -> None:
        """The supervisor holds or releases the job."""
        job = self._job(role)
        page = f"/dispatch/jobs/{job['id']}"
        supervisor = self._doors.person("supervisor")
        self._note(step, supervisor.submit(page, f"{page}/{step}", version=str(job["version"])))

    def _assign(self, role: str) -> None:
        """The supervisor gives the job to the crew."""
        job = self._job(role)
        body = {"version": job["version"], "crew_id": self._crew}
        self._post(f"/api/scheduling/v1/jobs/{job['id']}/assign", "supervisor", body)

    def _start(self, role: str) -> None:
        """The crew starts."""
        job = self._job(role)
        self._post(f"/api/scheduling/v1/jobs/{job['id']}/start", "supervisor", {"version": job["version"]})

    def _finish(
        self,
        role: str,
        *,
        outcome: str = "cleared",
        waste: str | None = None,
        size: str | None = None,
        evidence: bool = False,
    ) -> None:
        """The crew is done: with a photo of the swept place, and with the letter that it found."""
        job = self._job(role)
        form = {
            "outcome": outcome,
            "waste_type": waste or job["waste_type"],
            "land_type": job["land_type"],
            "size": size or job["size"],
            "evidence": "true" if evidence else "false",
            "version": str(job["version"]),
        }
        seen = self._pictures.draw(self._random, waste_type=form["waste_type"], cleared=outcome == "cleared")
        found = self._pictures.draw(self._random, waste_type=form["waste_type"], cleared=False) if evidence else None
        path = f"/api/scheduling/v1/jobs/{job['id']}/complete"
        self._note(
            f"finish {role}",
            self._doors.call("POST", path, role="supervisor", form=form, photo=seen, evidence_photo=found),
        )

    def _tip(self) -> None:
        """The lorry is emptied and weighed, unless that was done on its round."""
        vehicles = self._doors.call("GET", "/api/scheduling/v1/vehicles", role="supervisor").body["items"]
        if not next(each["loaded_kg"] for each in vehicles if each["id"] == self._vehicle):
            return
        site = next(site for site in self._council.sites if bulky(site.ewc_codes))
        answer = self._post(f"/api/scheduling/v1/vehicles/{self._vehicle}/tips", "supervisor", {"site_id": site.id})
        if not answer.ok:
            return
        vehicle = next(one for one in self._council.vehicles if one.id == self._vehicle)
        net = round(sum(load["estimated_kg"] for load in answer.body["loads"]) * 1.12 / 20) * 20
        body = {
            "ticket_number": f"DEMO-{next(self._numbers):05d}",
            "site_id": site.id,
            "tip_id": answer.body["tip_id"],
            "vehicle_registration": vehicle.registration,
            "ewc_code": bulky(site.ewc_codes),
            "gross_kg": vehicle.tare_kg + net,
            "tare_kg": vehicle.tare_kg,
            "net_kg": net,
            "first_weighed_at": (self._now - timedelta(minutes=9)).isoformat(),
            "second_weighed_at": self._now.isoformat(),
        }
        self._post("/api/tonnage/v1/tickets", "waste-officer", body)

    def _issue(self, role: str) -> None:
        """An officer issues a notice in the case that the evidence opened."""
        answer = self._doors.call("GET", f"/api/enforcement/v1/cases?reference={self.references[role]}", role="officer")
        case = self._note(f"case of {role}", answer).body["items"][0]
        body = {"offence_code": "FLYTIP", "tier": PENALTY[0], "amount_pence": PENALTY[1]}
        issued = self._post(f"/api/enforcement/v1/cases/{case['id']}/notices", "officer", body)
        if issued.ok:
            self._notices[role] = issued.body["id"]

    def _serve(self, role: str, how: str) -> None:
        """The officer knows by now who it was, and the notice reaches them."""
        path = f"/api/enforcement/v1/notices/{self._notices[role]}"
        self._note("recipient", self._doors.call("PUT", f"{path}/recipient", role="officer", body=RECIPIENT))
        self._post(f"{path}/serve", "officer", {"served_on": london_date(self._now).isoformat(), "how": how})

    def _pay(self, role: str) -> None:
        """It is paid in full, on the ninth day."""
        body = {"amount_pence": PENALTY[1], "paid_on": london_date(self._now).isoformat()}
        self._post(f"/api/enforcement/v1/notices/{self._notices[role]}/payments", "officer", body)

    def _cancel(self, role: str) -> None:
        """Another officer than the issuer decides that the evidence is not enough."""
        page = f"/enforcement/notices/{self._notices[role]}/cancel"
        answer = self._doors.person("second-officer").submit(page, reason="insufficient-evidence")
        self._note("cancel", answer)

    # --- how it is told -----------------------------------------

    def _on(self, days_ago: int, at: str, act: Callable[..., Any], *what: Any, **more: Any) -> None:
        """Plan an act so many days before the present, at a time in London."""
        instant = london_instant(self._today - timedelta(days=days_ago), time.fromisoformat(at))

        def do() -> None:
            self._now = instant
            act(*what, **more)

        heapq.heappush(self._acts, (instant, next(self._numbers), do))

    def _job(self, role: str) -> dict[str, Any]:
        """Return the newest visit's job of a role's report."""
        path = f"/api/scheduling/v1/jobs?reference={self.references[role]}"
        answer = self._note(f"job of {role}", self._doors.call("GET", path, role="supervisor"))
        newest: dict[str, Any] = max(answer.body["items"], key=lambda job: int(job["visit"]))
        return newest

    def _post(self, path: str, role: str, body: dict[str, Any]) -> Answer:
        """Send JSON."""
        key = f"cast-{self._today}-{next(self._numbers)}"
        return self._note(f"POST {path}", self._doors.call("POST", path, role=role, body=body, key=key))

    def _note(self, what: str, answer: Answer) -> Answer:
        """Remember what did not open."""
        if not answer.ok:
            self.refused.append((what, answer))
        return answer
