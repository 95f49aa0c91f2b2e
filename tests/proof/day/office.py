"""The depot office: one supervisor who publishes what the planner proposes, and deals with what happens in between.

All of it goes by the pages and the programs' doors that a supervisor has: the board, a plan's page, a job's page, a
crew's absence, a vehicle off the road. Residents are here too: they report by Open311.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from tests.proof.day.course import Course
from tests.proof.day.crews import CrewOut
from tests.proof.day.ledger import Gone
from tests.proof.day.setting import Left
from tests.proof.day.stage import Browser

PROPOSAL = re.compile(r'href="(/dispatch/plans/[^"]+)">Proposal:')
VERSION = re.compile(r'name="version" value="(\d+)"')
REFUSAL = re.compile(r"govuk-error-summary.*?<li>(.*?)</li>", re.DOTALL)
TAGS = re.compile(r"<[^>]+>")
DEPOT = re.compile(r'/dispatch/depots/([^"/]+)/what-if')
LOOK_EVERY, ANSWERED_IN = timedelta(minutes=4), timedelta(minutes=1)
PAGE = 200
CONTRACTOR = "contractor-asbestos"


class Office:
    """The supervisor at the board, and the residents who write in."""

    def __init__(self, course: Course, browser: Browser) -> None:
        self._course, self._browser = course, browser
        self._held: list[str] = []

    # --- residents -----------------------------------------

    def report(self, left: Left) -> None:
        """A resident reports what lies there."""
        form = {
            "api_key": self._course.stage.credentials["tokens"]["open311"],
            "service_code": "fly-tipping",
            "lat": f"{left.lat:.6f}",
            "long": f"{left.lon:.6f}",
            "description": "Left here",
            "attribute[waste_type]": left.waste_type,
            "attribute[land_type]": left.land_type,
            "attribute[size]": left.size,
        }
        answer = self._course.stage.doors.call("POST", "/open311/v2/requests.json", form=form)
        if answer.ok:
            self._course.ledger.reports.append(answer.body[0]["service_request_id"])
        else:
            self._problem(f"a report was answered with {answer.status}: {answer.body}")

    def waits_for(self) -> int:
        """Return how many reports have no job yet."""
        known = {job["reference"] for job in self.jobs()}
        return sum(reference not in known for reference in self._course.ledger.reports)

    # --- before the shifts -----------------------------------------

    def prepare(self) -> None:
        """Give some jobs by hand, keep some back, call the contractor for asbestos, and ask for the plans."""
        size, ledger = self._course.size, self._course.ledger
        jobs = [job for job in self.jobs() if job["state"] == "open" and job["report_id"]]
        ours = [job for job in jobs if not job["contractor"]]
        for job in [job for job in jobs if job["contractor"]]:
            self._assign(job, CONTRACTOR)
        light = [job for job in ours if job["size"] in ("car-boot", "single-item") and self._is_for_anybody(job)]
        for job in light[: size.by_hand]:
            crews = [crew for crew in self._course.register.crews.values() if crew.depot == job["depot_id"]]
            self._assign(job, self._course.random.choice(crews).id)
        for job in ours[-size.held :]:
            self._press(job, "hold")
            self._held.append(job["id"])
        ledger.by_hand.update(self._held)
        for depot in size.depots:
            self.ask(depot)

    def ask(self, depot: str) -> None:
        """Ask for a plan of a depot's day."""
        self._browser.get("/dispatch")
        answer = self._browser.post(f"/dispatch/depots/{depot}/plans", {})
        if answer.status != 303:
            self._problem(f"a plan could not be asked for: {answer.status}")

    # --- during the day -----------------------------------------

    def look(self, until: datetime) -> None:
        """Look at the board, publish what is proposed, and look again after a while."""
        self._look_once()
        now = self._course.stage.now()
        if now < until:
            self._course.plan(now + LOOK_EVERY, self.look, until)

    def lose_crew(self, crew: CrewOut) -> None:
        """Record that a crew is not there any more."""
        path = f"/dispatch/crews/{crew.crew.id}/absence"
        self._browser.get(path)
        answer = self._browser.post(path, {"reason": "sickness"})
        self._gone(crew, answer.status, "absent")
        crew.fall_ill()

    def lose_vehicle(self, crew: CrewOut, how: str) -> None:
        """Take a vehicle off the road, because the crew rang or because its phone said so."""
        if how == "told":
            path = f"/dispatch/vehicles/{crew.crew.vehicle.id}/off-road"
            self._browser.get(path)
            answer = self._browser.post(path, {})
            self._gone(crew, answer.status, "its vehicle broke down")
        crew.break_down(how)

    def change_minds(self) -> None:
        """Put one waiting job off, call another off, and let one that was held go on."""
        ledger = self._course.ledger
        jobs = [job for job in self.jobs() if job["state"] in ("open", "assigned") and job["report_id"]]
        free = [job for job in jobs if not (job["held"] or job["contractor"] or job["id"] in ledger.by_hand)]
        free.sort(key=lambda job: job["state"] != "open")
        for job, (button, reason) in zip(free, (("defer", "weather"), ("cancel", "not-ours")), strict=False):
            ledger.by_hand.add(job["id"])
            self._press(job, button, reason=reason)
        if self._held:
            held = next((job for job in self.jobs() if job["id"] == self._held[0]), None)
            if held is not None:
                self._press(held, "release")
                self._held.pop(0)

    # --- what a supervisor knows -----------------------------------------

    def jobs(self) -> list[dict[str, Any]]:
        """Return every job, page after page."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            path = f"/api/scheduling/v1/jobs?limit={PAGE}{after}"
            answer = self._course.stage.doors.call("GET", path, role="supervisor")
            if not answer.ok:
                self._problem(f"{path} answers {answer.status}: {answer.body}")
                return found
            found += answer.body["items"]
            if answer.body["next"] is None:
                return found
            after = f"&after={answer.body['next']}"

    def _is_for_anybody(self, job: dict[str, Any]) -> bool:
        """Say whether a job needs no ticket, and nothing stands in the way."""
        register = self._course.register
        is_free = not register.limit_at(job["lat"], job["lon"])
        return is_free and not register.tickets_for(job["waste_type"], job["size"])

    # --- buttons -----------------------------------------

    def _look_once(self) -> None:
        """Publish what is proposed now."""
        board = self._browser.get("/dispatch")
        if board.status != 200:
            self._problem(f"the board answers {board.status}")
        for path in PROPOSAL.findall(board.text):
            self._publish(path)

    def _publish(self, path: str) -> None:
        """Publish a proposal as its page shows it; where it breaks a rule by now, ask for another."""
        page = self._browser.get(path)
        version = VERSION.search(page.text)
        if version is None or "Publish this plan" not in page.text:
            return  # a newer one was asked for meanwhile
        answer = self._browser.post(f"{path}/publish", {"version": version.group(1)})
        if answer.status == 303:
            self._course.ledger.published += 1
            return
        said = REFUSAL.search(answer.text)
        words = TAGS.sub("", said.group(1)).strip() if said else f"answered with {answer.status}"
        self._course.ledger.refused_plans.append(words)
        depot = DEPOT.search(page.text)
        if depot is not None:
            self.ask(depot.group(1))
            self._course.plan(self._course.stage.now() + ANSWERED_IN, self._look_once)

    def _assign(self, job: dict[str, Any], crew_id: str) -> None:
        body = {"version": job["version"], "crew_id": crew_id}
        path = f"/api/scheduling/v1/jobs/{job['id']}/assign"
        answer = self._course.stage.doors.call("POST", path, role="supervisor", body=body)
        if not answer.ok:
            self._problem(f"{job['reference']} could not be given to {crew_id}: {answer.status} {answer.body}")
        self._course.ledger.by_hand.add(job["id"])

    def _press(self, job: dict[str, Any], button: str, **said: str) -> None:
        """Press a button of a job's page."""
        path = f"/dispatch/jobs/{job['id']}"
        self._browser.get(path)
        answer = self._browser.post(f"{path}/{button}", {"version": str(job["version"]), **said})
        if answer.status not in (303, 409):
            self._problem(f"“{button}” of {job['reference']} was answered with {answer.status}")

    def _gone(self, crew: CrewOut, status: int, why: str) -> None:
        if status != 303:
            self._problem(f"that {crew.crew.name} is gone was answered with {status}")
        self._course.ledger.gone.append(Gone(crew.crew.id, self._course.stage.now(), why))

    def _problem(self, words: str) -> None:
        self._course.ledger.problems.append(f"the office at {self._course.stage.now():%H:%M}: {words}")
