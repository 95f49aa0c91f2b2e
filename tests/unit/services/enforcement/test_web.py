"""The pages and the API of enforcement, in each of their states."""

import pytest

from services.enforcement import subscriptions
from services.enforcement.domain.case import case_id
from services.enforcement.store import log_of, notices
from tests.builders import make_app
from tests.unit.services.browser import Browser
from tests.unit.services.enforcement.made import (
    PIXEL,
    REFERENCE,
    REPORT,
    deliver,
    evidence_flagged,
    hand_over,
    job_completed,
    own_events,
    report_amended,
    sealed,
)

FLYTIP = {"offence_code": "FLYTIP", "tier": "L1", "amount_pence": 50_000}
PERSON = {"name": "Canary Surname", "address": "1 Canary Street\nLiverpool"}


@pytest.fixture
def app(ctx):
    return make_app(ctx)


@pytest.fixture
def officer(app, ctx):
    return Browser(app, ctx.settings, "officer", "officer-1")


@pytest.fixture
def other_officer(app, ctx):
    return Browser(app, ctx.settings, "officer", "officer-2")


@pytest.fixture
def public(app, ctx):
    return Browser(app, ctx.settings)


@pytest.fixture
def notice(officer, case, pump):
    made = officer.call("POST", f"/api/enforcement/v1/cases/{case.id}/notices", FLYTIP, 201)
    pump.drain()
    return made


@pytest.mark.parametrize("state", ["open", "opened", "evidence", "decision", "notice", "closed", "nonsense"])
def test_an_empty_list_says_so(officer, state):
    assert "No cases here" in officer.get(f"/enforcement?state={state}")


def test_the_list_shows_each_case_with_its_clock(officer, case, pump, ctx):
    deliver(ctx, subscriptions.REPORTS, report_amended())

    page = officer.get("/enforcement")
    assert case.number in page
    assert "Opened today" in page

    officer.call("POST", f"/api/enforcement/v1/cases/{case.id}/notices", FLYTIP, 201)
    pump.drain()
    assert "To be served; 14 days of the period left" in officer.get("/enforcement")


def test_a_case_shows_what_happened_its_evidence_and_an_unbroken_log(officer, case, ctx):
    deliver(ctx, subscriptions.REPORTS, report_amended())
    deliver(ctx, subscriptions.JOBS, job_completed())

    page = officer.get(f"/enforcement/cases/{case.id}")

    assert "Alley or back entry" in page
    assert "EX1" in page
    assert "entries is unbroken" in page
    assert f"/operations/follow/{REFERENCE}" in page


def test_a_case_without_exhibits_says_so(officer, ctx):
    deliver(ctx, subscriptions.EVIDENCE, evidence_flagged(None))

    page = officer.get(f"/enforcement/cases/{case_id(REPORT)}")

    assert "No exhibits yet" in page
    assert "The log is being written" in page


def test_looking_at_an_exhibit_verifies_it_and_is_logged_once_a_day(officer, case, ctx):
    officer.get(f"/enforcement/cases/{case.id}/exhibits/1")
    picture = officer.client.get(f"/enforcement/cases/{case.id}/exhibits/1/files/1")

    assert (picture.data, picture.content_type) == (PIXEL, "image/png")
    assert picture.headers["Cache-Control"] == "no-store"
    looks = [entry for entry in log_of(ctx.store, case.id) if entry.action == "evidence.viewed"]
    assert [(entry.actor, entry.subject) for entry in looks] == [("officer-1", "EX1")]


def test_a_statement_is_shown_to_officers(officer, case, ctx):
    words = sealed(holds="statement", job_id=None, files=(), statement="It was a white van.", sealed_by="reporter")
    deliver(ctx, subscriptions.EVIDENCE, evidence_flagged(hand_over(ctx, words, "reports")))

    assert "It was a white van." in officer.get(f"/enforcement/cases/{case.id}/exhibits/2")


@pytest.mark.parametrize("path", ["exhibits/2", "exhibits/1/files/2", "exhibits/1/files/0"])
def test_what_is_not_in_a_case_is_not_found(officer, case, path):
    officer.get(f"/enforcement/cases/{case.id}/{path}", 404)


def test_the_form_shows_the_law_and_what_is_not_verified(officer, case):
    page = officer.get(f"/enforcement/cases/{case.id}/notices/new")

    assert "EPA 1990 s33ZA allows £150 to £1,000" in page
    assert "Not checked against the statute: the minimum" in page
    assert "A copy goes to the Environment Agency" in page


def test_an_officer_issues_serves_and_is_paid(officer, public, case, pump, ctx):
    answer = officer.send(
        f"/enforcement/cases/{case.id}/notices/new", {"penalty": "FLYTIP|L1", **PERSON, "particulars": "A mattress."}
    )
    path = answer.location
    pump.drain()
    assert "Canary Surname, 1 Canary Street, Liverpool" in officer.get(path)

    officer.send(f"{path}/serve", {"served_on": "2026-11-17", "how": "by-hand"})
    officer.send(f"{path}/payment", {"amount": "£200", "paid_on": "2026-11-17", "method": "card"})
    pump.drain()
    page = officer.get(path)
    assert "£300" in page
    assert "Served" in page
    assert "Fly-tipping: one to three bags of household waste" in page

    officer.send(f"{path}/payment", {"amount": "300.00", "paid_on": "2026-11-17", "method": "cheque"})
    pump.drain()
    assert "Notice paid" in officer.get(f"/enforcement/cases/{case.id}")
    assert "closed" in officer.get("/enforcement?state=closed")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Select the offence"),
        ({"penalty": "FLYTIP|L1", "amount": "1,500"}, "EPA 1990 s33ZA: between £150 and £1,000"),
        ({"penalty": "FLYTIP|L1", "amount": "750"}, "is outside it"),
        ({"penalty": "FLYTIP|L1", "amount": "lots"}, "Enter an amount in pounds"),
        ({"penalty": "NONE|"}, "Select the offence"),
        ({"penalty": "FLYTIP|L1", "name": "Somebody"}, "address too"),
    ],
)
def test_a_notice_beyond_the_law_is_refused_at_its_field(officer, case, fields, said):
    answer = officer.send(f"/enforcement/cases/{case.id}/notices/new", fields, status=400)

    page = answer.get_data(as_text=True)
    assert said in page
    assert "<title>Error: " in page


def test_sending_the_form_twice_issues_one_notice(officer, case, pump):
    fields = {"penalty": "FLYTIP|L1", "idempotency_key": "the-same"}
    first = officer.send(f"/enforcement/cases/{case.id}/notices/new", fields)
    again = officer.send(f"/enforcement/cases/{case.id}/notices/new", fields)

    assert first.location == again.location


def test_a_second_notice_for_the_offence_is_refused_on_the_form(officer, case, notice):
    answer = officer.send(f"/enforcement/cases/{case.id}/notices/new", {"penalty": "FLYTIP|L2"}, status=400)

    assert "already been issued" in answer.get_data(as_text=True)


@pytest.mark.parametrize("step", ["recipient", "serve", "payment"])
def test_an_empty_form_says_what_is_missing(officer, notice, step):
    path = f"{notice['href']}/{step}"
    officer.call("PUT", f"/api/enforcement/v1/notices/{notice['id']}/recipient", PERSON)

    answer = officer.send(path, {}, status=400)

    assert "There is a problem" in answer.get_data(as_text=True)


def test_the_issuer_does_not_cancel_and_another_officer_does(officer, other_officer, notice):
    path = f"{notice['href']}/cancel"
    assert "Another officer must decide" in officer.get(path)
    officer.call("POST", f"/api/enforcement/v1/notices/{notice['id']}/cancel", {"reason": "issued-in-error"}, 403)

    other_officer.send(path, {"reason": "issued-in-error"})

    assert "Cancelled" in officer.get(notice["href"])
    for step in ("recipient", "serve", "payment", "cancel"):
        officer.get(f"{notice['href']}/{step}")


def test_service_needs_a_recipient(officer, notice):
    assert "has no recipient yet" in officer.get(f"{notice['href']}/serve")


def test_a_case_is_closed_for_a_reason_only(officer, case, pump):
    officer.send(f"/enforcement/cases/{case.id}", {}, to=f"/enforcement/cases/{case.id}/close", status=400)
    officer.send(f"/enforcement/cases/{case.id}", {"result": "warning"}, to=f"/enforcement/cases/{case.id}/close")
    pump.drain()

    assert "warning given" in officer.get(f"/enforcement/cases/{case.id}")
    assert "The case is closed" in officer.get(f"/enforcement/cases/{case.id}/notices/new")


# The recipient's page


def test_the_recipients_page_says_what_the_law_asks_and_names_nobody(officer, public, notice):
    officer.call("PUT", f"/api/enforcement/v1/notices/{notice['id']}/recipient", PERSON)

    answer = public.client.get(notice["public_path"])

    page = answer.get_data(as_text=True)
    assert "£500" in page
    assert "no proceedings will be taken" in page
    assert "14 days following the date of the notice" in page
    assert "1 December 2026" in page
    assert "Canary" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_the_recipients_page_follows_the_notice(officer, public, notice, days_pass):
    path = notice["public_path"]
    days_pass(15)
    assert "The time to pay ended" in public.get(path)

    payment = {"amount_pence": 50_000, "paid_on": "2026-11-20"}
    officer.call("POST", f"/api/enforcement/v1/notices/{notice['id']}/payments", payment, 201)

    assert "There is nothing more to do" in public.get(path)


def test_the_page_of_a_cancelled_notice_asks_for_nothing(other_officer, public, notice):
    other_officer.call("POST", f"/api/enforcement/v1/notices/{notice['id']}/cancel", {"reason": "wrong-person"})

    assert "Nothing to pay" in public.get(notice["public_path"])


def test_the_page_offers_the_early_amount_while_it_holds(officer, public, case, days_pass):
    litter = {"offence_code": "LITTER", "tier": None, "amount_pence": 15_000}
    made = officer.call("POST", f"/api/enforcement/v1/cases/{case.id}/notices", litter, 201)

    assert "After that it is £150" in public.get(made["public_path"])


def test_a_code_that_is_none_is_not_found(public, notice):
    public.get("/notice/guessed", 404)


# The API


def test_the_api_lists_cases_by_state(officer, case):
    assert [item["id"] for item in officer.call("GET", "/api/enforcement/v1/cases")["items"]] == [case.id]
    assert officer.call("GET", "/api/enforcement/v1/cases?state=evidence")["items"][0]["evidence_count"] == 1
    assert officer.call("GET", "/api/enforcement/v1/cases?state=closed") == {"items": [], "next": None}
    assert officer.call("GET", f"/api/enforcement/v1/cases/{case.id}")["references"] == [REFERENCE]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({**FLYTIP, "amount_pence": 100_100}, 400, "EPA 1990 s33ZA: between £150 and £1,000"),
        ({**FLYTIP, "amount_pence": 60_000}, 400, "EPA 1990 s33ZA"),
        ({**FLYTIP, "tier": "L8"}, 400, "no amount for FLYTIP L8"),
        ({**FLYTIP, "offence_code": "NONE"}, 400, "No penalty for NONE"),
        ({"offence_code": "FLYTIP"}, 422, "missing"),
    ],
)
def test_the_api_refuses_what_the_law_does_not_allow(officer, case, body, status, said):
    problem = officer.call("POST", f"/api/enforcement/v1/cases/{case.id}/notices", body, status)

    assert said in problem["detail"]


def test_the_same_request_is_the_same_notice_and_another_is_a_conflict(officer, case):
    path = f"/api/enforcement/v1/cases/{case.id}/notices"
    first = officer.call("POST", path, FLYTIP, 201, **{"Idempotency-Key": "one"})
    again = officer.call("POST", path, FLYTIP, 200, **{"Idempotency-Key": "one"})
    problem = officer.call("POST", path, FLYTIP, 409, **{"Idempotency-Key": "two"})

    assert again == first
    assert first["serial"] in problem["detail"]


def test_the_same_payment_is_recorded_once(officer, notice):
    path = f"/api/enforcement/v1/notices/{notice['id']}/payments"
    body = {"amount_pence": 20_000, "paid_on": "2026-11-17"}
    officer.call("POST", path, body, 201, **{"Idempotency-Key": "one"})

    again = officer.call("POST", path, body, 200, **{"Idempotency-Key": "one"})

    assert (again["paid_pence"], again["left_pence"]) == (20_000, 30_000)


def test_a_notice_is_served_by_the_api(officer, notice, ctx):
    officer.call("PUT", f"/api/enforcement/v1/notices/{notice['id']}/recipient", PERSON)

    served = officer.call(
        "POST", f"/api/enforcement/v1/notices/{notice['id']}/serve", {"served_on": "2026-11-17", "how": "post"}
    )

    assert (served["state"], served["has_recipient"]) == ("served", True)
    assert "Canary" not in str(served)
    assert notices(ctx.store).require(notice["id"]).recipient.name == "Canary Surname"


# Who may


def test_a_manager_sees_the_list_and_nothing_more(app, ctx, case, notice):
    manager = Browser(app, ctx.settings, "manager")

    assert f"/enforcement/cases/{case.id}" not in manager.get("/enforcement")
    manager.call("GET", "/api/enforcement/v1/cases")
    assert notice["href"] not in manager.get("/enforcement/notices")
    for path in (f"/enforcement/cases/{case.id}", f"/enforcement/cases/{case.id}/exhibits/1", notice["href"]):
        manager.get(path, 403)
    manager.call("POST", f"/api/enforcement/v1/cases/{case.id}/notices", FLYTIP, 403)


@pytest.mark.parametrize("role", ["crew", "supervisor", "waste-officer", "contact-centre", "wall-viewer", "councillor"])
def test_others_may_not_see_enforcement(app, ctx, role):
    Browser(app, ctx.settings, role).get("/enforcement", 403)


def test_an_overdue_notice_is_shown_as_overdue(officer, notice, pump, days_pass):
    officer.call("PUT", f"/api/enforcement/v1/notices/{notice['id']}/recipient", PERSON)
    officer.call(
        "POST", f"/api/enforcement/v1/notices/{notice['id']}/serve", {"served_on": "2026-11-17", "how": "post"}
    )
    days_pass(15)
    pump.run_timers("enforcement.overdue")

    assert "Overdue since 2 December" in officer.get(notice["href"])
    assert "Overdue since 2 December" in officer.get("/enforcement")
    assert "overdue" in officer.get(f"/enforcement/cases/{notice['case_id']}").lower()


def test_the_figures_open_to_just_the_notices_they_count(officer, notice, days_pass):
    assert "No notices here" in officer.get("/enforcement/notices?due=overdue")
    assert notice["serial"] in officer.get("/enforcement/notices")
    assert "No notices here" in officer.get("/enforcement/notices?due=soon")

    days_pass(12)
    assert notice["serial"] in officer.get("/enforcement/notices?due=soon")

    days_pass(5)
    assert notice["serial"] in officer.get("/enforcement/notices?due=overdue")
    assert "No notices here" in officer.get("/enforcement/notices?due=soon")


def test_what_an_officer_does_belongs_to_the_reports_journey_and_names_its_request(officer, notice, ctx):
    (issued,) = own_events(ctx, "notice.issued")

    assert issued.correlationid == REPORT
    assert issued.causationid is not None


def test_the_clock_warns_three_days_before_the_end(officer, notice, days_pass):
    days_pass(11)

    assert "enforcement-clock--soon" in officer.get("/enforcement")
