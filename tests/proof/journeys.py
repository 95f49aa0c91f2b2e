"""Stubborn senders: they take reports from alley to penalty, try again with the same key until they are answered, and
keep a ledger of what they were told. What they were told must be there afterwards, once."""

import csv
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import requests

from deploy.demo.doors import Answer, Doors
from deploy.demo.pictures import made_photo
from shared.config import REPOSITORY
from shared.council import Council
from shared.ids import new_id

PATIENCE_SECONDS = 90
"""How long a sender waits for an event to have its effect, restarts of killed processes included."""

with (REPOSITORY / "deploy/councils/liverpool/register/access.csv").open(encoding="utf-8") as _file:
    LIMITED = {row["place_id"] for row in csv.DictReader(_file)}
"""Where not every crew can go: the senders give their jobs to any."""

REPORTS = "/open311/v2/requests.json"
JOBS_PER_TIP = 2
PHOTO = made_photo(Random(1), waste_type="black-bags-household", cleared=True)


@dataclass
class Ledger:
    """What senders were told, by kind: idempotency key (or natural key) to what was answered."""

    reports: dict[str, str] = field(default_factory=dict)
    completed: dict[str, str] = field(default_factory=dict)
    tips: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    notices: dict[str, str] = field(default_factory=dict)
    paid: dict[str, str] = field(default_factory=dict)
    attempts: int = 0
    unanswered: int = 0
    problems: list[str] = field(default_factory=list)


class StubbornDoors:
    """Knocks until it is answered: a lost connection or a 5xx says nothing about whether it was done."""

    def __init__(self, doors: Doors, ledger: Ledger, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._doors = doors
        self._ledger = ledger
        self._patience_seconds = patience_seconds

    def call(self, method: str, path: str, **what: Any) -> Answer:
        """Call until there is an answer below 500."""
        deadline = time.monotonic() + self._patience_seconds
        while True:
            self._ledger.attempts += 1
            try:
                answer = self._doors.call(method, path, **what)
            except requests.RequestException:
                answer = Answer(599, None)
            if answer.status < 500 and answer.status != 429:
                return answer
            self._ledger.unanswered += 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path} was not answered in {self._patience_seconds} s: {answer}")
            time.sleep(0.1)


def report_form(tokens: Mapping[str, str], council: Council, key: str) -> dict[str, str]:
    """Return what an app sends for a report: bags in an alley, somewhere in the city."""
    places = [place for place in council.gazetteer.places if place.kind == "alley" and place.id not in LIMITED]
    place = places[hash(key) % len(places)]
    return {
        "api_key": tokens["open311"],
        "service_code": "fly-tipping",
        "lat": str(place.lat),
        "long": str(place.lon),
        "description": "Bags in the alley",
        "email": f"reporter-{key}@example.com",
        "attribute[waste_type]": "black-bags-household",
        "attribute[land_type]": "back-alleyway",
        "attribute[size]": "car-boot",
    }


class Sender(threading.Thread):
    """One sender: journey after journey until it is told to stop."""

    def __init__(
        self,
        doors: Doors,
        tokens: Mapping[str, str],
        council: Council,
        ledger: Ledger,
        stop: threading.Event,
        *,
        number: int,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(name=f"sender-{number}", daemon=True)
        self._doors = StubbornDoors(doors, ledger, patience_seconds)
        self._patience_seconds = patience_seconds
        self._tokens = tokens
        self._council = council
        self._ledger = ledger
        self._stop_asked = stop
        self._number = number
        self._crew: dict[str, Any] = {}
        self._vehicle: dict[str, Any] = {}

    def run(self) -> None:
        """Take reports from alley to penalty."""
        try:
            every = self._items("/api/scheduling/v1/crews", "supervisor")
            crews = [crew for crew in every if crew["kind"] != "contractor"]
            self._crew = crews[self._number % len(crews)]
            vehicles = self._items("/api/scheduling/v1/vehicles", "supervisor")
            self._vehicle = next(vehicle for vehicle in vehicles if vehicle["id"] == self._crew["vehicle_id"])
            done = 0
            while not self._stop_asked.is_set():
                self._journey(with_evidence=done % 2 == 0)
                done += 1
                if done % JOBS_PER_TIP == 0:
                    self._tip_and_weigh()
            self._tip_and_weigh()
        except Exception as error:  # noqa: BLE001 - a sender's failure is a finding of the proof
            self._ledger.problems.append(f"{self.name}: {type(error).__name__}: {error}")

    def _journey(self, *, with_evidence: bool) -> None:
        """Report, assign, start, complete; with evidence also fine and be paid."""
        key = new_id()
        form = report_form(self._tokens, self._council, key)
        reference = self._done("POST", REPORTS, form=form, key=key)[0]["service_request_id"]
        self._ledger.reports[key] = reference
        job = self._wait_for_job(reference, "open")
        path = f"/api/scheduling/v1/jobs/{job['id']}"
        job = self._act(reference, f"{path}/assign", job, crew_id=self._crew["id"])
        job = self._act(reference, f"{path}/start", job)
        self._act(
            reference,
            f"{path}/complete",
            job,
            photo=PHOTO,
            outcome="cleared",
            waste_type="black-bags-household",
            land_type="back-alleyway",
            size="car-boot",
            evidence="true" if with_evidence else "false",
        )
        self._ledger.completed[job["id"]] = reference
        if with_evidence:
            self._fine(reference)

    def _act(
        self, reference: str, path: str, job: dict[str, Any], *, photo: bytes | None = None, **body: Any
    ) -> dict[str, Any]:
        """Act on the newest version of a job, under one key: asked again when unanswered, looked at anew when stale."""
        key = new_id()
        deadline = time.monotonic() + self._patience_seconds
        while time.monotonic() < deadline:
            sent = {**body, "version": job["version"]}
            what = {"form": sent, "photo": photo} if photo else {"body": sent}
            answer = self._doors.call("POST", path, role="supervisor", key=key, **what)
            if answer.ok:
                return dict(answer.body)
            if answer.status != 409:
                raise AssertionError(f"{path}: {answer}")
            job = self._job(reference) or job
        raise AssertionError(f"{path}: stale for {self._patience_seconds} s")

    def _tip_and_weigh(self) -> None:
        """Empty the vehicle and record the ticket."""
        site = next(site for site in self._council.sites if "200301" in site.ewc_codes)
        key = new_id()
        path = f"/api/scheduling/v1/vehicles/{self._vehicle['id']}/tips"
        answer = self._doors.call("POST", path, role="supervisor", body={"site_id": site.id}, key=key)
        if not answer.ok or not answer.body["loads"]:
            return
        tip_id = answer.body["tip_id"]
        self._ledger.tips[key] = tip_id
        at = datetime.now(UTC)
        number = f"P{self._number}{len(self._ledger.tickets):05d}{tip_id[-6:]}"
        net = 20 * len(answer.body["loads"]) * 3
        body = {
            "ticket_number": number,
            "site_id": site.id,
            "tip_id": tip_id,
            "vehicle_registration": self._vehicle["registration"],
            "ewc_code": "200301",
            "gross_kg": self._vehicle["tare_kg"] + net,
            "tare_kg": self._vehicle["tare_kg"],
            "net_kg": net,
            "first_weighed_at": (at - timedelta(minutes=6)).isoformat(),
            "second_weighed_at": at.isoformat(),
        }
        ticket = self._done("POST", "/api/tonnage/v1/tickets", role="waste-officer", body=body, key=new_id())
        self._ledger.tickets[number] = ticket["id"]

    def _fine(self, reference: str) -> None:
        """Issue a notice in the case that the evidence opened, and have it paid."""
        path = f"/api/enforcement/v1/cases?reference={reference}"
        case = self._wait(lambda: next(iter(self._items(path, "officer")), None), f"case of {reference}")
        body = {"offence_code": "FLYTIP", "tier": "L1", "amount_pence": 50_000}
        notice = self._done(
            "POST", f"/api/enforcement/v1/cases/{case['id']}/notices", role="officer", body=body, key=new_id()
        )
        self._ledger.notices[case["id"]] = notice["id"]
        paid = {"amount_pence": 50_000, "paid_on": datetime.now(UTC).date().isoformat()}
        self._done(
            "POST", f"/api/enforcement/v1/notices/{notice['id']}/payments", role="officer", body=paid, key=new_id()
        )
        self._ledger.paid[notice["id"]] = reference

    def _wait_for_job(self, reference: str, state: str) -> dict[str, Any]:
        """Return the report's job once it is there in a state."""

        def look() -> dict[str, Any] | None:
            job = self._job(reference)
            return job if job and job["state"] == state else None

        return self._wait(look, f"{state} job of {reference}")

    def _job(self, reference: str) -> dict[str, Any] | None:
        jobs = self._items(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")
        return jobs[0] if jobs else None

    def _items(self, path: str, role: str) -> list[dict[str, Any]]:
        return list(self._done("GET", path, role=role)["items"])

    def _done(self, method: str, path: str, **what: Any) -> Any:
        answer = self._doors.call(method, path, **what)
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer.body

    def _wait(self, look: Callable[[], dict[str, Any] | None], what: str) -> dict[str, Any]:
        """Look until it is there."""
        deadline = time.monotonic() + self._patience_seconds
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(0.05)
        raise TimeoutError(f"no {what} in {self._patience_seconds} s")
