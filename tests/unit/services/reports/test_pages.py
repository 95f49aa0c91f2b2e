"""What the public and staff see of a report, in each of its states."""

import pytest

from services.reports.handlers import close_report, merge_report, release_report
from services.reports.photos import keep_photo
from services.reports.referring import refer_report
from services.reports.store import AUDIT
from services.reports.subscriptions import JOBS, NOTICES, USERS
from services.reports.telling import still_there_link
from shared.contracts.accounts import UserChangedV1
from shared.contracts.codes import ROLES
from shared.contracts.example import example
from shared.web.auth import views_without_policy
from tests.unit.services.reports.made import (
    CANARY,
    accept,
    csrf,
    deliver,
    events,
    job_event,
    paid_event,
    photo,
    sign_in,
    stored,
)

PERSONAL = [*CANARY.values(), "Canary"]


def submitted(ctx):
    return accept(ctx, waste_type=None, **CANARY)


def moved(state, outcome=None):
    def make(ctx):
        report = accept(ctx, **CANARY)
        deliver(ctx, JOBS, job_event(report, state, 2, outcome=outcome))
        return report

    return make


def referred(ctx):
    return refer_report(ctx, accept(ctx, **CANARY).reference, to="housing")


def merged(ctx):
    kept = accept(ctx, "kept")
    return merge_report(ctx, accept(ctx, **CANARY).reference, into=kept.reference)


def acted(ctx):
    report = moved("completed", "cleared")(ctx)
    deliver(ctx, NOTICES, paid_event(report.id))
    return report


STATES = {
    "submitted": (submitted, "Received"),
    "assessed": (lambda ctx: accept(ctx, **CANARY), "On our list"),
    "scheduled": (moved("assigned"), "A crew has the job"),
    "in-progress": (moved("started"), "A crew is on it"),
    "deferred": (moved("deferred", "part-cleared"), "More to do"),
    "refused": (moved("completed", "refused"), "More to do"),
    "cleared": (moved("completed", "cleared"), "Cleared"),
    "already-cleared": (moved("completed", "already-cleared"), "Already gone"),
    "not-found": (moved("completed", "not-found"), "Nothing found"),
    "no-action": (
        lambda ctx: close_report(ctx, accept(ctx, **CANARY).reference, closure="no-action"),
        "No action needed",
    ),
    "not-ours": (
        lambda ctx: close_report(ctx, accept(ctx, **CANARY).reference, closure="not-ours"),
        "Not the council’s",
    ),
    "referred": (referred, "Passed to the housing association"),
    "merged": (merged, "Joined to another report"),
    "acted": (acted, "Action was taken"),
}


@pytest.mark.parametrize("state", STATES)
def test_the_public_page_says_how_it_stands_and_nothing_personal(ctx, client, state):
    make, said = STATES[state]
    report = make(ctx)

    page = client.get(f"/report/{report.reference}")

    assert page.status_code == 200
    assert said in page.text
    for personal in PERSONAL:
        assert personal not in page.text


@pytest.mark.parametrize("state", STATES)
def test_staff_see_a_report_in_every_state(ctx, client, state):
    report = STATES[state][0](ctx)

    page = sign_in(client, ctx, "contact-centre").get(f"/triage/{report.reference}")

    assert page.status_code == 200
    assert CANARY["description"] in page.text
    assert CANARY["email"] not in page.text


def test_every_view_says_who_may_use_it(app):
    assert views_without_policy(app) == []


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/triage", {"contact-centre", "manager", "supervisor", "admin"}),
        ("/triage/{}", {"contact-centre", "manager", "supervisor", "admin"}),
        ("/report/{}/crew", {"crew", "supervisor", "admin"}),
        ("/report/{}/photo/view", {"contact-centre", "manager", "supervisor", "crew", "officer", "admin"}),
        ("/report/{}/photo/original", {"contact-centre", "manager", "officer", "admin"}),
        ("/messages", {"contact-centre", "admin"}),
        ("/contact-centre", {"contact-centre", "manager", "admin"}),
    ],
)
def test_a_page_is_for_its_roles_only(ctx, app, path, allowed):
    report = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()),))

    admitted = {
        role
        for role in ROLES
        if sign_in(app.test_client(), ctx, role).get(path.format(report.reference)).status_code == 200
    }

    assert admitted == allowed


def test_the_public_is_sent_to_sign_in(ctx, client):
    assert client.get("/triage").headers["Location"].startswith("/accounts/sign-in")


def test_a_user_who_was_switched_off_is_out(ctx, client):
    made = example(UserChangedV1)
    state = {**made.state, "user_id": "user-manager", "active": False}
    deliver(ctx, USERS, type(made)(**{**vars(made), "data": {"state": state}}))

    assert sign_in(client, ctx, "manager").get("/triage").status_code == 303


def test_photo_and_words_are_public_only_after_release_and_until_it_is_taken_back(ctx, client):
    report = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()),))
    photo_path = f"/report/{report.reference}/photo"

    assert client.get(photo_path).status_code == 404

    release_report(ctx, report.reference, photo=True, text=True, user_id="u")
    page = client.get(f"/report/{report.reference}").text
    assert CANARY["description"] in page
    assert CANARY["place_text"] not in page
    assert client.get(photo_path).content_type == "image/jpeg"

    release_report(ctx, report.reference, photo=False, text=False, user_id="u")
    assert client.get(photo_path).status_code == 404
    assert CANARY["description"] not in client.get(f"/report/{report.reference}").text


def test_contact_details_are_for_the_contact_centre_and_every_reading_is_logged(ctx, app):
    report = accept(ctx, **CANARY)
    agent, manager = sign_in(app.test_client(), ctx, "contact-centre"), sign_in(app.test_client(), ctx, "manager")
    path = f"/triage/{report.reference}"
    token = csrf(agent.get(path))

    shown = agent.post(f"{path}/contact", data={"csrf_token": token})

    assert CANARY["email"] in shown.text
    assert "Show contact details" not in manager.get(path).text
    assert manager.post(f"{path}/contact", data={"csrf_token": csrf(manager.get(path))}).status_code == 403
    log = ctx.store.find(AUDIT.name, {"about": report.id}, sort=(("at", -1),)).items
    assert sum(entry["what"] == "contact-details" for entry in log) == 1
    assert {entry["user_name"] for entry in log} == {"Dana Desk"}


def test_the_crew_sees_words_and_photo_and_no_contact_details(ctx, client):
    report = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()),))

    page = sign_in(client, ctx, "crew").get(f"/report/{report.reference}/crew").text

    assert CANARY["description"] in page
    assert CANARY["place_text"] in page
    for name in ("name", "email", "phone"):
        assert CANARY[name] not in page


def act(ctx, client, report, action, **data):
    path = f"/triage/{report.reference}"
    return client.post(f"{path}/{action}", data={"csrf_token": csrf(client.get(path)), **data})


def test_staff_assess_what_waits(ctx, client):
    report = submitted(ctx)
    sign_in(client, ctx, "contact-centre")

    assert act(ctx, client, report, "assess").status_code == 400
    assert act(ctx, client, report, "assess", waste_type="asbestos", size="car-boot").status_code == 303

    after = stored(ctx, report)
    assert (after.state, after.priority, after.hazards, after.size) == ("assessed", 1, ("asbestos",), "car-boot")


def test_staff_pass_on_close_and_open_again(ctx, client):
    report = accept(ctx)
    sign_in(client, ctx, "manager")

    act(ctx, client, report, "refer", to="network-rail")
    assert stored(ctx, report).state == "referred"
    act(ctx, client, report, "close", closure="not-ours")
    assert stored(ctx, report).closure == "not-ours"
    act(ctx, client, report, "reopen")
    assert (stored(ctx, report).state, stored(ctx, report).visit) == ("assessed", 2)
    assert act(ctx, client, report, "close", closure="cleared").status_code == 400


def test_staff_join_a_duplicate_and_take_it_apart(ctx, client):
    kept, report = accept(ctx, "kept"), accept(ctx)
    sign_in(client, ctx, "contact-centre")

    assert act(ctx, client, report, "merge", into="FT-NOTTHERE").status_code == 400
    act(ctx, client, report, "merge", into=kept.reference.lower())
    assert stored(ctx, report).merged_into == kept.id
    assert report.reference in client.get(f"/triage/{kept.reference}").text
    act(ctx, client, report, "unmerge")
    assert stored(ctx, report).merged_into is None


def test_supervisors_look_and_do_not_decide(ctx, client):
    report = submitted(ctx)

    page = sign_in(client, ctx, "supervisor").get(f"/triage/{report.reference}")

    assert 'id="decide"' not in page.text
    assert act(ctx, client, report, "assess", waste_type="tyres").status_code == 403


def test_the_queue_puts_first_what_waits_for_a_decision(ctx, client):
    under_way, waits = accept(ctx, "key-1"), accept(ctx, "key-2", waste_type=None)

    page = sign_in(client, ctx, "manager").get("/triage").text

    assert page.index(waits.reference) < page.index(under_way.reference)
    assert "<strong>1</strong> needs a decision" in page


def test_the_queue_can_be_narrowed_and_paged(ctx, client):
    for number in range(3):
        accept(ctx, f"key-{number}")
    sign_in(client, ctx, "manager")
    area = ctx.council.gazetteer.places[0].neighbourhood

    first = client.get(f"/triage?neighbourhood={area}&limit=2").text
    assert first.count("app-queue__title") == 2
    following = first.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert client.get(following).text.count("app-queue__title") == 1
    assert "No report matches what you chose" in client.get("/triage?show=closed").text
    assert client.get("/triage?state=nonsense&neighbourhood=nowhere").status_code == 200


@pytest.mark.parametrize("query", ["limit=²", "limit=0", "limit=9999", "limit=x", "after=nonsense"])
def test_a_queue_that_cannot_be_is_refused_in_words(ctx, client, query):
    assert sign_in(client, ctx, "manager").get(f"/triage?{query}").status_code == 400


def test_a_link_in_a_message_opens_a_page_and_only_the_button_opens_the_report(ctx, client):
    report = moved("completed", "cleared")(ctx)
    path = still_there_link(ctx, stored(ctx, report)).removeprefix(ctx.settings.public_url)

    page = client.get(path)
    assert stored(ctx, report).state == "closed"

    for _ in range(2):
        client.post(path, data={"csrf_token": csrf(page)})

    assert (stored(ctx, report).state, stored(ctx, report).visit) == ("assessed", 2)
    assert [event.data["by"] for event in events(ctx, "report.reopened")] == ["reporter"]
    assert "This report is open" in client.get(path).text


def test_an_old_link_does_not_open_a_later_visit(ctx, client):
    report = moved("completed", "cleared")(ctx)
    path = still_there_link(ctx, stored(ctx, report)).removeprefix(ctx.settings.public_url)
    client.post(path, data={"csrf_token": csrf(client.get(path))})
    again = stored(ctx, report)
    deliver(ctx, JOBS, job_event(again, "completed", 9, outcome="cleared"))

    client.post(path, data={"csrf_token": csrf(client.get(path))})

    assert (stored(ctx, report).state, stored(ctx, report).visit) == ("closed", 2)


@pytest.mark.parametrize("token", ["x", "a.b.c", "…"])
def test_a_link_that_was_changed_opens_nothing(ctx, client, token):
    report = accept(ctx)

    assert client.get(f"/report/{report.reference}/still-there/{token}").status_code == 400


def test_a_link_opens_its_own_report_only(ctx, client):
    report, other = accept(ctx, "key-1"), accept(ctx, "key-2")
    token = still_there_link(ctx, report).rpartition("/")[2]

    assert client.get(f"/report/{other.reference}/still-there/{token}").status_code == 404


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{spaced}"])
def test_a_report_is_found_however_its_reference_is_typed(ctx, client, typed):
    reference = accept(ctx).reference
    wanted = typed.format(reference, lower=reference.lower(), spaced=reference.replace("-", " "))

    response = client.get("/report/find", query_string={"reference": wanted})

    assert response.headers["Location"] == f"/report/{reference}"


@pytest.mark.parametrize("typed", ["", "FT-00000000", "\x00", "🛋️", "x" * 5000, "<script>"])
def test_a_reference_that_is_none_is_answered_in_words(client, typed):
    response = client.get("/report/find", query_string={"reference": typed})

    assert response.status_code in {400, 404}
    assert 'id="reference-error"' in response.text


def test_a_report_that_is_not_there_is_not_found(client):
    assert client.get("/report/FT-00000000").status_code == 404
    assert client.get("/report").headers["Location"] == "/report/new/?kind=fly-tipping"
    assert client.get("/").status_code == 200


def answered(client, ctx, report, **fields):
    address = still_there_link(ctx, stored(ctx, report)).removeprefix(ctx.settings.public_url)
    page = client.get(address)
    return client.post(address, data={"csrf_token": csrf(page), **fields})


def test_thanks_and_how_satisfied_a_reporter_is_are_answered_by_button_once(ctx, client):
    report = accept(ctx)
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))

    first = answered(client, ctx, report, answer="cleared")
    assert "How did we do with this report?" in first.text
    for _ in range(2):
        assert "Your answer counts" in answered(client, ctx, report, answer="satisfied").text

    told = [event.data["answer"] for event in events(ctx, "report.feedback")]
    assert told == ["cleared", "satisfied"]
    assert stored(ctx, report).state == "closed"


def test_still_there_is_feedback_and_opens_the_report_again_once(ctx, client):
    report = accept(ctx)
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))
    address = still_there_link(ctx, stored(ctx, report)).removeprefix(ctx.settings.public_url)
    token = csrf(client.get(address))

    for _ in range(2):
        client.post(address, data={"csrf_token": token, "answer": "still-there"})
    client.post(address, data={"csrf_token": token, "answer": "cleared"})

    assert [event.data["answer"] for event in events(ctx, "report.feedback")] == ["still-there"]
    assert len(events(ctx, "report.reopened")) == 1
    assert stored(ctx, report).visit == 2


def test_an_answer_that_is_none_of_ours_is_refused(ctx, client):
    report = accept(ctx)
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))

    assert answered(client, ctx, report, answer="marvellous").status_code == 400
    assert events(ctx, "report.feedback") == []
