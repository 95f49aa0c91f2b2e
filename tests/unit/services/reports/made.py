"""What the reports tests are made of: submissions, events of jobs and notices, and a resident at a browser."""

import io
import re
from dataclasses import replace
from datetime import timedelta

from PIL import Image

from services.reports.domain.submission import Submission
from services.reports.intake import accept_report
from services.reports.store import by_reference, reports
from shared.bus.answer import answer
from shared.contracts.enforcement import NoticePaidV1
from shared.contracts.envelope import decode, encode
from shared.contracts.example import example
from shared.contracts.scheduling import (
    JobAssignedV1,
    JobCancelledV1,
    JobCompletedV1,
    JobCreatedV1,
    JobDeferredV1,
    JobExpectedV1,
    JobStartedV1,
)
from shared.web.identity import COOKIE, User, sign
from shared.web.keys import load_private_key
from tests.builders import TUESDAY_MORNING

JOB_EVENTS = {
    "open": JobCreatedV1,
    "assigned": JobAssignedV1,
    "started": JobStartedV1,
    "deferred": JobDeferredV1,
    "cancelled": JobCancelledV1,
    "completed": JobCompletedV1,
}
CANARY = {
    "name": "Canary Nightingale",
    "email": "canary.nightingale@example.com",
    "phone": "07700900982",
    "description": "Canary words about the gate",
    "place_text": "Canary spot behind number 12",
}


def submission(ctx, **changes):
    place = ctx.council.gazetteer.places[0]
    given = {
        "channel": "web",
        "lat": place.lat,
        "lon": place.lon,
        "place_id": place.id,
        "waste_type": "other-household",
        "land_type": "back-alleyway",
        "size": "small-van",
    }
    return Submission(**{**given, **changes})


def accept(ctx, key="key-1", **changes):
    return accept_report(ctx, submission(ctx, **changes), idempotency_key=key)


def stored(ctx, report):
    return reports(ctx.store).require(report.id)


def events(ctx, *names):
    found = [decode(logged.body) for logged in ctx.store.log.read(after=0)]
    return [event for event in found if not names or event.name in names]


def job_event(report, state, sequence, *, outcome=None, contract=None, **changes):
    """An event of a report's job, as scheduling would send it; `report` may be None for a tip that a crew found."""
    made = example(contract or JOB_EVENTS[state])
    fields = {"state": state, "outcome": outcome, **changes}
    if report is not None:
        fields = {
            "report_id": report.id,
            "reference": report.reference,
            "visit": report.visit,
            "job_id": f"job-{report.id}-{report.visit}",
            "channel": "web",
            **fields,
        }
    if state == "completed":
        fields.setdefault("completed_at", TUESDAY_MORNING + timedelta(hours=3))
    state_data = {**made.state, **fields}
    return replace(
        made,
        id=f"{state_data['job_id']}-{sequence}",
        subject=state_data["job_id"],
        sequence=sequence,
        time=TUESDAY_MORNING + timedelta(minutes=sequence),
        data={**made.data, "state": state_data},
    )


def expected_event(report, sequence, day):
    event = job_event(report, "open", sequence, contract=JobExpectedV1)
    return replace(event, data={**event.data, "expected_on": day})


def paid_event(*report_ids, sequence=4, state="paid"):
    made = example(NoticePaidV1)
    notice = {**made.state, "state": state, "report_ids": list(report_ids)}
    return replace(made, id=f"notice-{sequence}", sequence=sequence, time=TUESDAY_MORNING, data={"state": notice})


def deliver(ctx, subscription, *sent):
    return [answer(ctx, subscription, encode(event)).value for event in sent]


def photo(width=40, height=30, kind="JPEG"):
    content = io.BytesIO()
    Image.new("RGB", (width, height), "#8a8").save(content, kind)
    return content.getvalue()


def sign_in(client, ctx, *roles):
    user = User(f"user-{roles[0]}", roles, "Dana Desk")
    client.set_cookie(
        "streetscene-user", sign(load_private_key(ctx.settings), user, use=COOKIE, lifetime=timedelta(hours=1))
    )
    return client


def csrf(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)


ANSWERS = {
    "photos": {},
    "place": {"place_text": CANARY["place_text"]},
    "land": {"land_type": "back-alleyway"},
    "waste": {"waste_types": ["tyres"]},
    "size": {"size": "small-van"},
    "danger": {"hazards": ["none"]},
    "when": {"when": "yesterday"},
    "witness": {"witnessed": "no"},
    "details": {"description": CANARY["description"]},
    "contact": {"name": CANARY["name"], "email": CANARY["email"], "phone": CANARY["phone"]},
}


class Resident:
    """Somebody who fills in the form."""

    def __init__(self, client, ctx):
        self.client = client
        self.ctx = ctx
        self.place = ctx.council.gazetteer.places[0]

    def answer(self, slug, **answers):
        page = self.client.get(f"/report/new/{slug}")
        assert page.status_code == 200, (slug, page.status_code, page.headers.get("Location"))
        return self.client.post(f"/report/new/{slug}", data={"csrf_token": csrf(page), **answers})

    def answer_all(self, until=None, *, since=None, then=False, place_id=None):
        """Answer the questions from `since` on and before `until`; `then` leaves out the photos that are there."""
        slugs = list(ANSWERS)
        first = slugs.index(since) if since else int(then)
        for slug in slugs[first : slugs.index(until) if until else None]:
            answers = ANSWERS[slug]
            given = {**answers, "place_id": place_id or self.place.id} if slug == "place" else answers
            response = self.answer(slug, **given)
            assert response.status_code == 303, (slug, response.text)

    def send(self):
        page = self.client.get("/report/new/check")
        return self.client.post("/report/new/check", data={"csrf_token": csrf(page)})

    def reference(self):
        return re.search(r"FT-[0-9A-Z]{8}", self.client.get("/report/new/sent").text).group(0)


KIND_ANSWERS = {
    "litter": {"land": {"land_type": "back-alleyway"}, "about-litter_type": {"answer": "glass"}},
    "overflowing-bin": {"about-bin_type": {}, "about-bin_problem": {"answer": ["full", "damaged"]}},
    "graffiti": {"about-graffiti_type": {"answer": "poster"}, "about-offensive": {}, "about-surface": {}},
    "dog-fouling": {"about-near_children": {"answer": "yes"}, "about-how_often": {}},
    "dead-animal": {"about-animal": {"answer": "cat"}, "about-in_road": {"answer": "no"}},
    "abandoned-vehicle": {
        "about-registration": {},
        "about-make_and_colour": {"answer": "A blue Fiesta"},
        "about-vehicle_state": {},
        "about-days_there": {"answer": "9"},
    },
    "missed-bin": {
        "about-bin": {"answer": ["general"]},
        "about-house": {"answer": "Canary house 12b"},
        "about-collection_day": {"day": "16", "month": "11", "year": "2026"},
        "about-assisted": {"answer": "yes"},
    },
    "untidy-land": {"about-land_problem": {"answer": ["rubbish"]}},
    "inconsiderate-parking": {"about-parking_problem": {}, "about-registration": {"answer": "AB12 CDE"}},
}


class Reporter(Resident):
    """Somebody who reports something of a kind."""

    def __init__(self, client, ctx, kind):
        super().__init__(client, ctx)
        self.kind = kind
        self.place = next(place for place in ctx.council.gazetteer.places if place.kind == "street")

    def begin(self):
        """Answer the first question of the kind's form, found by its link on the start page."""
        link = re.search(rf'href="(/report/new/\?kind={self.kind})"', self.client.get("/").text).group(1)
        first = self.client.get(link, follow_redirects=True)
        if "photos" not in first.request.path:
            first = self.client.get(f"/report/new/photos?kind={self.kind}")
        assert first.status_code == 200
        return self.client.post(f"/report/new/photos?kind={self.kind}", data={"csrf_token": csrf(first)})

    def go_on(self, own, until=None):
        """Answer what follows, as far as a question."""
        assert self.begin().headers["Location"] == "/report/new/place"
        every = {"place": {"place_id": self.place.id}, **own, "details": {}, "contact": {"email": CANARY["email"]}}
        for slug, answers in every.items():
            if slug == until:
                return
            response = self.answer(slug, **answers)
            assert response.status_code == 303, (slug, response.text)

    def report(self):
        """Return the report that was sent."""
        page = self.client.get("/report/new/sent").text
        prefix = self.ctx.council.kind(self.kind).prefix
        return by_reference(self.ctx.store, re.search(rf"{prefix}-[0-9A-Z]{{8}}", page).group(0))
