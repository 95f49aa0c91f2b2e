"""A made council day: residents report, crews clear and tip, officers fine, offenders pay.

The past ends with jobs under way, and the live simulation goes on with them. It knows nothing but the public doors, and
touches only what it made itself.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from deploy.demo.crews import Crews, Visitors
from deploy.demo.doors import Doors
from deploy.demo.streets import Streets
from deploy.demo.volumes import Volumes
from shared.calendar import LONDON, london_date
from shared.council import Council

NAMES = ("A. Example", "B. Example", "C. Example", "D. Example", "E. Example")
TIERS = (("L1", 50_000), ("L2", 75_000), ("L3", 100_000))
"""Liverpool's tariff for fly-tipping since June 2025, as the example council has it."""


class Simulation(Crews):
    """What will happen next in the made day."""

    def __init__(
        self,
        doors: Doors,
        council: Council,
        random: Random,
        volumes: Volumes,
        *,
        api_key: str,
        visitors: Visitors | None = None,
        without_places: Collection[str] = (),
    ) -> None:
        super().__init__(doors, council, random, volumes, visitors=visitors)
        self._api_key = api_key
        self._planned_to: date | None = None
        self._streets = Streets(council, unevenness=volumes.place_unevenness, without_places=without_places)
        self.doing = {
            **self.doing,
            "report": self._report,
            "fine": self._fine,
            "serve": self._serve,
            "pay": self._pay,
        }

    def plan_days(self, first: date, last: date, *, since: datetime | None = None, with_reports: bool = True) -> None:
        """Plan every day's reports and shifts unless that was done before; nothing for earlier than `since`."""
        planned_to = self._planned_to
        day = first if planned_to is None or planned_to < first else planned_to + timedelta(days=1)
        while day <= last:
            self._plan_morning(day, since)
            if with_reports:
                self._plan_reports(day, since)
            self._planned_to = day
            day += timedelta(days=1)

    def _plan_reports(self, day: date, since: datetime | None) -> None:
        """Plan one day in London."""
        midnight = datetime.combine(day, time(), LONDON).astimezone(UTC)
        first, last = self._volumes.day["reports_from"] * 60, self._volumes.day["reports_to"] * 60
        for _ in range(round(self._volumes.reports_on(day) * self._random.uniform(0.85, 1.15))):
            at = midnight + timedelta(minutes=self._random.randint(first, last))
            if since is None or at >= since:
                self.plan(at, "report")

    def as_json(self) -> dict[str, Any]:
        """Return the list and what goes with it, to be taken up again by `resume`."""
        return {**super().as_json(), "planned_to": self._planned_to.isoformat() if self._planned_to else None}

    def resume(self, stored: Mapping[str, Any]) -> None:
        """Go on with what was stored."""
        super().resume(stored)
        self._planned_to = date.fromisoformat(stored["planned_to"]) if stored["planned_to"] else None

    # --- residents -----------------------------------------

    def _report(self, _: datetime) -> None:
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
            self._own.add(answer.body[0]["service_request_id"])

    # --- officers and offenders -----------------------------------------

    def _found_evidence(self, at: datetime, reference: str) -> None:
        """An officer takes up the case that evidence of a crew opens."""
        self._in_office(at, "until_notice", "fine", reference=reference)

    def _fine(self, at: datetime, reference: str) -> None:
        """An officer issues a notice in the case that the evidence opened."""
        cases = self._items(f"/api/enforcement/v1/cases?reference={reference}", "officer")
        if not cases:
            return
        tier, amount = self._random.choice(TIERS)
        body = {"offence_code": "FLYTIP", "tier": tier, "amount_pence": amount}
        answer = self._call("POST", f"/api/enforcement/v1/cases/{cases[0]['id']}/notices", role="officer", body=body)
        if answer.ok:
            self._in_office(at, "until_served", "serve", notice_id=answer.body["id"], amount=amount)

    def _serve(self, at: datetime, notice_id: str, amount: int) -> None:
        """The officer finds out who it was, and the post takes it there."""
        person = {"name": self._random.choice(NAMES), "address": "1 Demonstration House, Liverpool"}
        path = f"/api/enforcement/v1/notices/{notice_id}"
        if not self._call("PUT", f"{path}/recipient", role="officer", body=person).ok:
            return
        body = {"served_on": london_date(at).isoformat(), "how": "post"}
        served = self._call("POST", f"{path}/serve", role="officer", body=body)
        if served.ok and self._random.random() < self._volumes.paid_share:
            self._in_office(at, "until_paid", "pay", notice_id=notice_id, amount=amount)

    def _pay(self, at: datetime, notice_id: str, amount: int) -> None:
        """The offender pays."""
        body = {"amount_pence": amount, "paid_on": london_date(at).isoformat()}
        self._call("POST", f"/api/enforcement/v1/notices/{notice_id}/payments", role="officer", body=body)

    def _in_office(self, at: datetime, minutes: str, name: str, **about: Any) -> None:
        """Plan an officer's next act after as long as it takes in working hours."""
        self.plan(self._volumes.working_time(at, minutes, self._random), name, **about)
