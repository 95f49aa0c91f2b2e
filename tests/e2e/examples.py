"""A record of every kind, made through the public doors of a running system, and visitors who have signed in."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from html import unescape
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import requests

from deploy.demo.doors import HttpDoors
from deploy.demo.pictures import made_photo
from shared.ids import new_id
from tests.servers.system import System

WAIT_SECONDS = 60
TIMEOUT_SECONDS = 30
WASTE = {"waste_type": "black-bags-household", "land_type": "back-alleyway", "size": "car-boot"}
DRAFT_ANSWERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("photos", {}),
    ("place", {"place_id": "{place}", "place_text": "By the green gate, behind number 3"}),
    ("land", {"land_type": "back-alleyway"}),
    ("waste", {"waste_types": "black-bags-household"}),
    ("size", {"size": "car-boot"}),
    ("danger", {"hazards": "none"}),
    ("when", {"when": "today"}),
    ("witness", {"witnessed": "no"}),
    ("details", {"description": "Six black bags and a broken chair. Dogs have been at them."}),
    ("contact", {"name": "Robin Resident", "email": "robin@example.com", "phone": "07700 900123"}),
)
ABOUT_ALL = {slug: answers for slug, answers in DRAFT_ANSWERS if slug in ("photos", "place", "details", "contact")}
DRAFTS_OF_KINDS: dict[str, dict[str, dict[str, str]]] = {
    "missed-bin": {
        "about-bin": {"answer": "general"},
        "about-house": {"answer": "12b"},
        "about-collection_day": {"day": "2", "month": "11", "year": "2026"},
        "about-assisted": {"answer": "yes"},
    },
    "abandoned-vehicle": {
        "about-registration": {"answer": "AB12 CDE"},
        "about-make_and_colour": {"answer": "A blue Ford Fiesta"},
        "about-vehicle_state": {"answer": "damaged"},
        "about-days_there": {"answer": "12"},
    },
    "untidy-land": {"about-land_problem": {"answer": "overgrown"}},
}
"""What residents answer to a kind's own questions."""

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """Somebody with a browser's cookies and no browser: signs in and sends forms, quickly."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.session = requests.Session()

    def open(self, path: str) -> requests.Response:
        """Return what is at a path."""
        return self.session.get(self._url + path, timeout=TIMEOUT_SECONDS)

    def send(
        self, at: str, fields: dict[str, str], *, to: str | None = None, photo: bytes | None = None
    ) -> requests.Response:
        """Send a form of the page `at`."""
        token = CSRF.search(self.open(at).text)
        assert token, f"{at} has no form"
        files = {"photo": ("photo.jpg", photo, "image/jpeg")} if photo else None
        sent = self.session.post(
            self._url + (to or at), data={**fields, "csrf_token": token[1]}, files=files, timeout=TIMEOUT_SECONDS
        )
        assert sent.status_code == 200, f"{to or at}: {sent.status_code} {sent.text[:2000]}"
        return sent

    def sign_in(self, user: dict[str, str]) -> None:
        """Sign in by shift code, wall link or password, and read what greets the user."""
        if "shift_code" in user:
            self.send("/accounts/shift", {"code": user["shift_code"]})
        elif "link" in user:
            assert self.open(user["link"][user["link"].index("/accounts/") :]).ok
        else:
            self.send("/accounts/sign-in", {"email": user["email"], "password": user["password"]})

    def browser_cookies(self) -> list[dict[str, Any]]:
        """Return the cookies as a browser context takes them."""
        return [
            {"name": cookie.name, "value": cookie.value, "domain": cookie.domain, "path": cookie.path}
            for cookie in self.session.cookies
        ]


class Examples(dict[str, str]):
    """Names of records to what stands for them in addresses."""

    def __init__(self, system: System) -> None:
        super().__init__()
        self._system = system
        self._doors = HttpDoors(system.url, system.credentials["tokens"])

    def choose(self) -> None:
        """Choose the place and the crew of the records to make."""
        self["place"] = self._place()
        self._choose_crew()

    def make(self, visitors: "Visitors") -> None:
        """Make what the addresses of pages name."""
        for name in ("tipped", "loaded", "started", "assigned", "open", "held"):
            self[name] = self._report()
        self["cleared"] = self["tipped"]
        self._make_other_kinds()
        reporter = visitors["reported"]
        self["sent"] = re.search(r"FT-[0-9A-Z]{8}", reporter.open("/report/new/sent").text)[0]
        for name in ("tipped", "loaded", "started", "assigned", "open", "held"):
            self[f"{name}_job"] = self._job(self[name])["id"]
        self._work(visitors["supervisor"])
        self._close_yesterday(visitors["supervisor"])
        self._build_campaign(visitors["supervisor"])
        self._weigh()
        self._fine(visitors["officer"])
        self._decide(visitors["contact-centre"])
        self["still_there"] = self._still_there(visitors["contact-centre"])
        self["event"] = self._json(f"/api/operations/v1/follow/{self['cleared']}", "manager")["events"][0]["id"]
        self["unread"] = self._unread(visitors["contact-centre"])
        self["account"] = self._account(visitors["admin"])
        report = self._json(f"/api/reports/v1/reports/{self['open']}", "manager")
        self["neighbourhood"] = report["place"]["neighbourhood"]
        # A councillor of one ward is sent on to it.
        self["ward"] = visitors["councillor"].open("/area").url.rpartition("/")[2]

    def _place(self) -> str:
        """Return a place of the gazetteer near which a report of the demonstration lies."""
        found = self._json("/api/reports/v1/reports?limit=50", "manager")["items"]
        return next((one["place"]["place_id"] for one in found if one["place"]["place_id"]), "lark-lane")

    def _choose_crew(self) -> None:
        """Choose an ordinary crew with the least on its list."""
        credentials = {user["crew_id"] for user in self._system.credentials["users"] if "crew_id" in user}
        crews = [
            crew for crew in self._json("/api/scheduling/v1/crews", "supervisor")["items"] if crew["id"] in credentials
        ]
        crew = min(
            (crew for crew in crews if crew["vehicle_id"]), key=lambda crew: (crew["id"].endswith("hit"), crew["jobs"])
        )
        self["crew"], self["vehicle"] = crew["id"], crew["vehicle_id"]
        self["depot"] = crew["depot_id"]
        self["other_crew"] = next(
            each["id"] for each in crews if each["depot_id"] == crew["depot_id"] and each["id"] != crew["id"]
        )

    def _unread(self, desk: "Visitor") -> str:
        """Return a report of the past that nobody has looked at, by its own log."""
        past = self._json("/api/reports/v1/reports?state=closed", "manager")["items"]
        for report in past:
            if "Nobody has looked yet" in desk.open(f"/triage/{report['reference']}/log").text:
                return str(report["reference"])
        raise AssertionError("every report of the past has been looked at")

    def _make_other_kinds(self) -> None:
        """Report graffiti that a crew is at, a missed bin of which another website says more, and what is passed on."""
        self["graffiti"] = self._report("graffiti", graffiti_type="graffiti", offensive="yes", surface="brick")
        self["graffiti_job"] = self._job(self["graffiti"])["id"]
        self._act("graffiti", "assign", {"crew_id": self["crew"]})
        self._act("graffiti", "start", {})
        self["missed_bin"] = self._report("missed-bin", bin="general", house="12b", assisted="yes")
        self["passed_on"] = self._report("inconsiderate-parking", parking_problem="pavement")
        update = {
            "api_key": self._system.credentials["tokens"]["open311"],
            "service_request_id": self["missed_bin"],
            "update_id": new_id(),
            "status": "OPEN",
            "updated_datetime": datetime.now(UTC).isoformat(),
            "description": "The bin next door was not emptied either",
            "media_url": "https://photos.example/bin.jpg",
        }
        answer = self._doors.call("POST", "/open311/v2/servicerequestupdates.json", form=update)
        assert answer.ok, answer

    def _report(self, kind: str = "fly-tipping", **answers: str) -> str:
        report = self._json("/api/reports/v1/reports?limit=1", "manager")["items"][0]
        form = {
            "api_key": self._system.credentials["tokens"]["open311"],
            "service_code": kind,
            "lat": str(report["place"]["lat"]),
            "long": str(report["place"]["lon"]),
            "description": "Black bags and a broken chair by the gate",
            "email": "resident@example.com",
            **{f"attribute[{name}]": value for name, value in (answers or WASTE).items()},
        }
        answer = self._doors.call("POST", "/open311/v2/requests.json", form=form)
        assert answer.ok, answer
        return answer.body[0]["service_request_id"]

    def _work(self, supervisor: Visitor) -> None:
        """Assign four jobs, start three, finish two and tip the first; hold one; plan the day of a depot."""
        photo = made_photo(Random(3), waste_type=WASTE["waste_type"], cleared=True)
        for name in ("tipped", "loaded", "started", "assigned"):
            self._act(name, "assign", {"crew_id": self["crew"]})
        for name in ("tipped", "loaded", "started"):
            self._act(name, "start", {})
        outcome = {"outcome": "cleared", **WASTE}
        self._act("tipped", "complete", {**outcome, "evidence": "true"}, photo=photo)
        self._tip()
        self._act("loaded", "complete", {**outcome, "evidence": "false"}, photo=photo)
        self._tell_of_trouble()
        held = f"/dispatch/jobs/{self['held_job']}"
        supervisor.send(held, {"version": str(self._job(self["held"])["version"])}, to=f"{held}/hold")
        plan = supervisor.send("/dispatch", {}, to=f"/dispatch/depots/{self['depot']}/plans")
        self["plan"] = plan.url.rpartition("/")[2]
        self._until(lambda: "data-awaiting" not in supervisor.open(f"/dispatch/plans/{self['plan']}").text, "plan")
        asked = f"/dispatch/depots/{self['depot']}/what-if"
        what_if = supervisor.send(asked, {"earlier_minutes": "30", "extra_like": self["crew"]}, to=asked)
        self["what_if"] = what_if.url.rpartition("/")[2]
        self._until(
            lambda: "data-awaiting" not in supervisor.open(f"/dispatch/what-if/{self['what_if']}").text, "what if"
        )

    def _close_yesterday(self, supervisor: Visitor) -> None:
        """Close the day before of a depot, with the reasons that stand where nobody chooses another."""
        self["today"] = supervisor.open("/dispatch/days").url.rpartition("/")[2]
        self["yesterday"] = str(date.fromisoformat(self["today"]) - timedelta(days=1))
        address = f"/dispatch/days/{self['yesterday']}/{self['depot']}"
        shown = supervisor.open(address).text
        form = dict(re.findall(r'<input type="hidden" name="(version|mark)" value="([^"]*)"', shown))
        form |= dict.fromkeys(re.findall(r'<select[^>]* name="(reason-[^"]+)"', shown), "not-reached")
        supervisor.send(address, form, to=f"{address}/close")

    def _build_campaign(self, supervisor: Visitor) -> None:
        """Build a campaign at the worst spot."""
        found = re.search(r'href="/dispatch/campaigns/new\?(lat=[^"]+)"', supervisor.open("/dispatch/campaigns").text)
        assert found, "no hot spot"
        self["spot"] = unescape(found[1])
        crews = self._json("/api/scheduling/v1/crews", "supervisor")["items"]
        form_at = f"/dispatch/campaigns/new?{self['spot']}"
        shown = supervisor.open(form_at).text
        built = supervisor.send(
            form_at,
            {
                **dict(parse_qsl(self["spot"])),
                "week": re.findall(r'<option value="([^"]+)"', shown)[1],
                "days": "mon",
                "visits_a_day": "2",
                "minutes": "45",
                "crew_ids": next(crew["id"] for crew in crews if crew["kind"] == "hit"),
            },
            to="/dispatch/campaigns/new",
        )
        self["campaign"] = built.url.rpartition("/")[2]

    def _tell_of_trouble(self) -> None:
        """Let the crew tell its supervisor something of a job, and of its vehicle."""
        users = self._system.credentials["users"]
        crew = Visitor(self._system.url)
        crew.sign_in(next(user for user in users if user.get("crew_id") == self["crew"]))
        stop = f"/crew/jobs/{self['started_job']}/exception"
        crew.send(stop, {"exception": "extra-waste", "no_photo_reason": "camera-broken"})
        crew.send("/crew/check", {"result": "defects", "defects": "lights", "note": "Left rear"})

    def _decide(self, agent: Visitor) -> None:
        """Stop a report's clock, pass one on, save a view, and take two complaints."""
        for name, step, form in (
            ("waits", "pause", {"reason": "weather", "until": str((datetime.now(UTC) + timedelta(days=9)).date())}),
            ("with_owner", "refer", {"to": "land-owner", "owner": "Made Estates, 1 Made Street"}),
        ):
            self[name] = self._report()
            agent.send(f"/triage/{self[name]}", form, to=f"/triage/{self[name]}/{step}")
        view = agent.send("/triage?hazard=any", {"hazard": "any", "name": "Dangers"}, to="/triage/views")
        self["view"] = view.url.rpartition("=")[2]
        for name in ("complaint", "new_complaint"):
            told = {
                "about": "Nobody has come",
                "email": "resident@example.com",
                "reference": self["open"],
                "call": name,
            }
            taken = agent.send("/contact-centre/complaints/new", told)
            self[name] = taken.url.rpartition("/")[2]
        address = f"/contact-centre/complaints/{self['complaint']}"
        agent.send("/contact-centre", {}, to=f"{address}/acknowledge")

    def _tip(self) -> None:
        """Empty the vehicle of the crew."""
        site = self._json("/api/tonnage/v1/tickets?limit=1", "waste-officer")["items"][0]["site_id"]
        path = f"/api/scheduling/v1/vehicles/{self['vehicle']}/tips"
        tip = self._doors.call("POST", path, role="supervisor", body={"site_id": site}, key=new_id())
        assert tip.ok, tip
        self["tip"], self["site"] = tip.body["tip_id"], site

    def _weigh(self) -> None:
        """Choose a reconciled ticket, and record one that is void."""
        found = self._json("/api/tonnage/v1/tickets?limit=100", "waste-officer")["items"]
        self["ticket"] = next(ticket["id"] for ticket in found if ticket["is_reconciled"])
        at = datetime.now(UTC) - timedelta(days=1)
        sample = next(ticket for ticket in found if ticket["is_reconciled"])
        body = {
            **{
                name: sample[name]
                for name in ("site_id", "vehicle_registration", "ewc_code", "gross_kg", "tare_kg", "net_kg")
            },
            "ticket_number": f"PAGES-{new_id()[-6:]}",
            "first_weighed_at": (at - timedelta(minutes=6)).isoformat(),
            "second_weighed_at": at.isoformat(),
        }
        ticket = self._doors.call("POST", "/api/tonnage/v1/tickets", role="waste-officer", body=body, key=new_id())
        assert ticket.ok, ticket
        self["voided_ticket"] = ticket.body["id"]
        path = f"/api/tonnage/v1/tickets/{ticket.body['id']}/void"
        void = self._doors.call("POST", path, role="waste-officer", body={"reason": "wrong-weight"}, key=new_id())
        assert void.ok, void

    def _fine(self, officer: Visitor) -> None:
        """Issue a notice in the case that the evidence opened, and find one that is paid."""
        path = f"/api/enforcement/v1/cases?reference={self['tipped']}"
        case = self._until(lambda: next(iter(self._json(path, "officer")["items"]), None), "case")
        self["case"] = case["id"]
        body = {"offence_code": "FLYTIP", "tier": "L1", "amount_pence": 50_000}
        self["notice"] = self._notice(case["id"], body)
        recipient = {"name": "Sam Sample", "address": "1 Made Street, L1 1AA"}
        officer.send(f"/enforcement/notices/{self['notice']}/recipient", recipient)
        self["public_notice"] = re.search(
            r'href="(/notice/[^"]+)"', officer.open(f"/enforcement/notices/{self['notice']}").text
        )[1]
        found = self._json("/api/operations/v1/summary", "manager")["counts"]["notices_by_state"]["paid"]
        listed = officer.open(found["href"]).text
        paid = re.search(r'href="/enforcement/notices/([^"/]+)"', listed)
        self["paid_notice"] = paid[1] if paid else self["notice"]

    def _notice(self, case_id: str, body: dict[str, Any]) -> str:
        answer = self._doors.call(
            "POST", f"/api/enforcement/v1/cases/{case_id}/notices", role="officer", body=body, key=new_id()
        )
        assert answer.ok, answer
        return answer.body["id"]

    def _still_there(self, agent: Visitor) -> str:
        """Return the link in the message that the report was cleared."""
        link = re.compile(rf"/report/{self['cleared']}/still-there/[A-Za-z0-9._~-]+")
        return self._until(lambda: link.search(agent.open("/messages").text), "message")[0]

    def _account(self, admin: Visitor) -> str:
        """Add an account whose password may be reset without anybody being locked out."""
        email = f"pages-{new_id()[-8:]}@council.example"
        made = admin.send("/accounts/users/new", {"name": "Pat Example", "email": email, "roles": "councillor"})
        assert email in made.text
        found = self._json("/api/accounts/v1/users?limit=100", "admin")["items"]
        return next(account["id"] for account in found if account["email"] == email)

    def _job(self, reference: str) -> dict[str, Any]:
        path = f"/api/scheduling/v1/jobs?reference={reference}"
        return self._until(lambda: next(iter(self._json(path, "supervisor")["items"]), None), f"job of {reference}")

    def _act(self, name: str, verb: str, body: dict[str, Any], *, photo: bytes | None = None) -> None:
        """Act on the newest version of a job."""
        path = f"/api/scheduling/v1/jobs/{self[f'{name}_job']}/{verb}"
        for _ in range(20):
            sent = {**body, "version": self._job(self[name])["version"]}
            what = {"form": sent, "photo": photo} if photo else {"body": sent}
            answer = self._doors.call("POST", path, role="supervisor", key=new_id(), **what)
            if answer.status != 409:
                break
        assert answer.ok, answer

    def _json(self, path: str, role: str) -> Any:
        return self._system.get(path, role)

    @staticmethod
    def _until(look: Any, what: str) -> Any:
        """Look until it is there."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"no {what} in {WAIT_SECONDS} s")


class Visitors(dict[str, Visitor]):
    """Visitors by role, each signed in when first asked for.

    `reporting` and `reported` are residents with a draft; `reporting missed-bin` has one of that kind.
    """

    def __init__(self, system: System, *, place: str | None = None, crew: str | None = None) -> None:
        super().__init__()
        self._system = system
        self.place = place
        self.crew = crew

    def __missing__(self, name: str) -> Visitor:
        visitor = Visitor(self._system.url)
        step, _, kind = name.partition(" ")
        if step in ("reporting", "reported"):
            self._answer(visitor, kind, is_sent=step == "reported")
        elif name == "crew":
            users = self._system.credentials["users"]
            visitor.sign_in(
                next(user for user in users if user["role"] == "crew" and self.crew in (None, user["crew_id"]))
            )
        elif name != "public":
            visitor.sign_in(self._system.user(name))
        self[name] = visitor
        return visitor

    def _answer(self, visitor: Visitor, kind: str, *, is_sent: bool) -> None:
        """Answer every question of the report form, and perhaps send it."""
        photo = made_photo(Random(5), waste_type=WASTE["waste_type"], cleared=False)
        every = {**ABOUT_ALL, **DRAFTS_OF_KINDS[kind]} if kind else dict(DRAFT_ANSWERS)
        for slug, answers in every.items():
            fields = {name: value.format(place=self.place) for name, value in answers.items()}
            at = f"/report/new/{slug}?kind={kind}" if kind and slug == "photos" else f"/report/new/{slug}"
            visitor.send(at, fields, photo=photo if slug == "photos" else None)
        if is_sent:
            visitor.send("/report/new/check", {})
