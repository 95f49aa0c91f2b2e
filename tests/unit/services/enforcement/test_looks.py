"""Whoever is shown a witness's words or whom a notice is for is in the custody log: every route, every role.

The walk takes the routes as the app has them, so a new page that shows either and does not log it fails here.
"""

import re

import pytest

from services.enforcement.domain.case import case_id
from services.enforcement.domain.notice import Recipient
from services.enforcement.handlers import issue_notice
from services.enforcement.store import cases, log_of
from services.enforcement.subscriptions import EVIDENCE
from services.enforcement.web import create_app
from shared.contracts.codes import ROLES
from tests.unit.services.browser import Browser
from tests.unit.services.enforcement.made import (
    OFFICER,
    PIXEL,
    REPORT,
    deliver,
    evidence_flagged,
    hand_over,
    job_completed,
    sealed,
)

NEEDLES = (b"Canary Nightingale", b"12 Canary Lane", b"canary tipped", b"canary saw", PIXEL)
NOT_STAFF = ("/static", "/health", "/metrics", "/notice/")


@pytest.fixture
def notice(ctx, pump):
    """A notice with a canary on it, in a case on a witness's account and a crew's photo."""
    account = sealed(holds="statement", job_id=None, statement="A canary saw it", files=(), sealed_by="reporter")
    deliver(ctx, EVIDENCE, evidence_flagged(hand_over(ctx, account, "reports")))
    deliver(ctx, EVIDENCE, job_completed(hand_over(ctx, sealed())))
    made, _ = issue_notice(
        ctx, case_id(REPORT), offence_code="FLYTIP", tier="L1", amount_pence=50_000, officer_id=OFFICER,
        request_key="key", recipient=Recipient("Canary Nightingale", "12 Canary Lane"), particulars="canary tipped it",
    )  # fmt: skip
    pump.drain()
    return made


@pytest.fixture
def app(ctx):
    return create_app(ctx)


def paths(app, notice):
    """Every address of the service with an id in it that means something."""
    for rule in app.url_map.iter_rules():
        if str(rule).startswith(NOT_STAFF) or "GET" not in rule.methods:
            continue
        path = re.sub(r"<(?:[^<>:]*:)?case_id>", notice.case_id, str(rule))
        path = re.sub(r"<(?:[^<>:]*:)?notice_id>", notice.id, path)
        for step in ("recipient", "serve", "payment", "cancel") if "<any" in path else ("",):
            for number in (1, 2) if "<int:number>" in path else (1,):
                one = re.sub(r"<any[^>]*:step>", step, path).replace("<int:number>", str(number))
                yield re.sub(r"<[^>]*>", "1", one)


def client_of(app, ctx, role):
    return Browser(app, ctx.settings, role, f"user-{role}").client


def looks(ctx, role):
    """How many lines of the log say that somebody of a role looked."""
    return [one.action for one in log_of(ctx.store, case_id(REPORT)) if one.actor == f"user-{role}"]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_shown_is_in_the_log(ctx, app, notice, role, days_pass):
    client = client_of(app, ctx, role)
    shown, unlogged = [], []
    for path in paths(app, notice):
        days_pass(1)  # a line a day is enough, so each page is asked for on a day of its own
        client = client_of(app, ctx, role)
        before = len(looks(ctx, role))
        response = client.get(path)
        if any(needle in response.data for needle in NEEDLES):
            shown.append(path)
            if len(looks(ctx, role)) == before:
                unlogged.append(path)

    assert unlogged == []
    assert bool(shown) == (role in {"officer", "admin"})


def test_the_walk_comes_to_every_place_where_something_is_shown(ctx, app, notice):
    client = client_of(app, ctx, "officer")
    shown = {path for path in paths(app, notice) if any(one in client.get(path).data for one in NEEDLES)}

    case, one = f"/enforcement/cases/{notice.case_id}", f"/enforcement/notices/{notice.id}"
    assert {f"{case}/exhibits/1", f"{case}/exhibits/2/files/1", one, f"{one}/recipient"} <= shown


def test_looking_again_the_same_day_is_one_line(ctx, app, notice):
    client = client_of(app, ctx, "officer")

    client.get(f"/enforcement/notices/{notice.id}")
    client.get(f"/enforcement/notices/{notice.id}")

    assert looks(ctx, "officer") == ["notice.viewed"]
    assert "Recipient and particulars viewed" in client.get(f"/enforcement/cases/{notice.case_id}").text


def test_a_notice_that_names_nobody_is_no_look(ctx, app, case, pump):
    bare, _ = issue_notice(
        ctx, case.id, offence_code="FLYTIP", tier="L1", amount_pence=50_000, officer_id=OFFICER, request_key="key"
    )
    pump.drain()

    client_of(app, ctx, "officer").get(f"/enforcement/notices/{bare.id}")

    assert looks(ctx, "officer") == []
    assert cases(ctx.store).require(case.id).notices
