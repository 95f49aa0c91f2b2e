"""mySociety's updates both ways: what other websites are told, and what they may do to a report."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.reports.domain.statuses import OF_CLOSURE, OF_STATE, status_of, updates_of
from services.reports.domain.updates import MOST_NOTES, STATUSES
from services.reports.handlers import assess_report, close_report, reopen_report
from services.reports.referring import refer_report
from services.reports.store import by_reference, reports
from services.reports.subscriptions import JOBS, NOTICES
from shared.contracts.codes import CLOSURES, REPORT_STATES
from shared.contracts.envelope import encode
from tests.builders import TUESDAY_MORNING
from tests.unit.services.reports.made import (
    CANARY,
    accept,
    deliver,
    events,
    job_event,
    paid_event,
    sign_in,
    stored,
)
from tests.unit.services.reports.open311 import OTHER_KEY_ID, UPDATES, Program, shape, tree

DAY = timedelta(days=1)


@pytest.fixture
def program(ctx, client):
    return Program(ctx, client)


def told(program, **span):
    return program.get("v2/servicerequestupdates.json", **span).json


def written(instant):
    return instant.isoformat().replace("+00:00", "Z")


def cleared(ctx, program, **changes):
    """A report of the program's that a crew has cleared; the closure is known now."""
    report = by_reference(ctx.store, program.reference(**changes))
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared", completed_at=ctx.clock.now()))
    return stored(ctx, report)


def test_every_state_and_closure_has_a_status_of_the_extension():
    assert set(OF_STATE) == set(REPORT_STATES) - {"closed"}
    assert set(OF_CLOSURE) == set(CLOSURES)
    assert {*OF_STATE.values(), *OF_CLOSURE.values()} <= set(STATUSES)


def test_updates_tell_a_reports_story_in_order(ctx, program):
    reference = program.reference(**{"attribute[fixmystreet_id]": "4711"})
    report = by_reference(ctx.store, reference)
    for sequence, state in enumerate(("open", "assigned", "started"), start=1):
        deliver(ctx, JOBS, job_event(report, state, sequence))
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))
    deliver(ctx, NOTICES, paid_event(report.id))

    found = told(program)

    assert [(one["status"], one["external_status_code"]) for one in found] == [
        ("investigating", "assessed"),
        ("action_scheduled", "scheduled"),
        ("in_progress", "started"),
        ("fixed", "cleared"),
        ("fixed", "action-taken"),
    ]
    assert [one["update_id"] for one in found] == [f"{reference}.{number}" for number in range(1, 6)]
    assert {(one["service_request_id"], one["customer_reference"]) for one in found} == {(reference, reference)}
    assert {one["fixmystreet_id"] for one in found} == {"4711"}
    assert found[3]["description"] == "Cleared. A crew has been and cleared it."


def test_updates_in_xml_are_as_fixmystreet_reads_them(program):
    reference = program.reference()

    for path in ("v2/servicerequestupdates.xml", "v2/servicerequestupdates"):
        root, updates = tree(program.get(path))
        assert root == "service_request_updates"
        assert shape(updates[0]) == (
            "request_update",
            [
                "update_id",
                "service_request_id",
                "status",
                "description",
                "updated_datetime",
                "media_url",
                "external_status_code",
                "customer_reference",
                "fixmystreet_id",
            ],
        )
        assert dict(updates[0][1])["service_request_id"] == reference


def test_the_story_ends_where_the_report_stands(ctx, program):
    def last(reference):
        report = by_reference(ctx.store, reference)
        return list(updates_of(report))[-1].status, status_of(report)

    waiting, referred, closed, reopened = (program.reference() for _ in range(4))
    refer_report(ctx, referred, to="housing")
    close_report(ctx, closed, closure="not-ours")
    close_report(ctx, reopened, closure="no-action")
    reopen_report(ctx, reopened, by="staff")
    passed_on = program.reference(service_code="inconsiderate-parking")

    assert last(waiting) == ("investigating", "investigating")
    assert last(referred) == ("internal_referral", "internal_referral")
    assert last(closed) == ("not_councils_responsibility", "not_councils_responsibility")
    assert last(reopened) == ("investigating", "investigating")
    assert last(passed_on) == ("internal_referral", "internal_referral")


def test_a_window_of_time_holds_what_became_known_in_it_and_the_next_window_the_rest(ctx, program):
    reference = program.reference()
    report = by_reference(ctx.store, reference)
    noon = TUESDAY_MORNING + timedelta(hours=2)
    ctx.clock.instant = noon + timedelta(minutes=30)
    # The crew was without signal: it was there an hour before we heard of it.
    late = job_event(report, "completed", 4, outcome="cleared", completed_at=noon - timedelta(minutes=30))
    deliver(ctx, JOBS, late)

    morning = told(program, start_date=written(TUESDAY_MORNING), end_date=written(noon))
    afternoon = told(program, start_date=written(noon), end_date=written(noon + timedelta(hours=1)))

    assert [one["status"] for one in morning] == ["investigating"]
    assert [one["status"] for one in afternoon] == ["fixed"]
    assert afternoon[0]["updated_datetime"] == written(noon + timedelta(minutes=30))


def test_many_updates_come_oldest_first_and_at_most_so_many(ctx, program, monkeypatch):
    monkeypatch.setattr("services.reports.updates.PAGE", 2)
    monkeypatch.setattr("services.reports.web.open311.updates.MOST_UPDATES", 4)
    references = []
    for _ in range(5):
        references.append(program.reference())
        ctx.clock.advance(timedelta(minutes=1))

    assert [one["service_request_id"] for one in told(program)] == references[:4]


def test_looking_back_too_far_is_refused_and_not_endless(program, monkeypatch):
    monkeypatch.setattr("services.reports.updates.PAGE", 1)
    monkeypatch.setattr("services.reports.updates.MOST_READ", 2)
    for _ in range(4):
        program.reference()

    assert "later start_date" in program.get("v2/servicerequestupdates.json").json[0]["description"]


def test_updates_out_name_nobody_and_quote_nothing(ctx, program):
    report = accept(ctx, **CANARY)
    program.update(report.reference, description="Canary note", email="canary@example.com", first_name="Canary")

    assert "anary" not in program.get("v2/servicerequestupdates.xml").text
    assert "anary" not in program.get(f"v2/requests/{report.reference}.xml", extensions="true").text


def test_an_update_is_kept_for_staff_and_its_writer_is_not(ctx, client, program):
    reference = program.reference()

    response = program.update(
        reference,
        email="jo@example.com",
        phone="0151 496 0110",
        first_name="Jo",
        last_name="Canary",
        title="MS",
        public_anonymity_required="TRUE",
        email_alerts_requested="FALSE",
        service_request_id_ext="4711",
        media_url="https://www.fixmystreet.example/photo/c/1.jpeg",
    )

    report = by_reference(ctx.store, reference)
    (note,) = report.private.notes
    assert response.json == [{"update_id": note.id, "account_id": None}]
    assert (note.text, note.status, note.update_id) == ("Still there this morning", "open", "comment-1")
    assert note.media_urls == ("https://www.fixmystreet.example/photo/c/1.jpeg",)
    assert report.private.partner_id == "4711"
    kept = str(ctx.store.get("reports", report.id))
    assert "jo@example.com" not in kept
    assert "Canary" not in kept
    staff = sign_in(client, ctx, "contact-centre").get(f"/triage/{reference}").text
    assert "Still there this morning" in staff


def test_an_update_in_xml_is_answered_as_fixmystreet_reads_it(ctx, program):
    reference = program.reference()

    answer = tree(program.update(reference, "xml", update_id=None, update_id_ext="12"))

    (note,) = by_reference(ctx.store, reference).private.notes
    assert answer == (
        "service_request_updates",
        [("request_update", [("update_id", note.id), ("account_id", "")])],
    )


def test_the_address_without_a_format_takes_updates_too(ctx, program):
    reference = program.reference()
    form = {
        "api_key": program.key,
        "service_request_id": reference,
        "update_id": "1",
        "status": "IN PROGRESS",
        "updated_datetime": "2026-11-17T10:00:00+00:00",
        "description": "",
    }

    assert program.client.post(UPDATES, data=form).content_type == "text/xml; charset=utf-8"
    assert by_reference(ctx.store, reference).private.notes[0].status == "in_progress"


def test_the_same_update_again_changes_nothing_and_another_callers_is_another(ctx, client, program):
    report = cleared(ctx, program)
    ctx.clock.advance(DAY)
    again = {"status": "REOPEN", "updated_datetime": written(ctx.clock.now())}

    first, second = (program.update(report.reference, **again) for _ in range(2))
    other = Program(ctx, client, OTHER_KEY_ID).update(report.reference, **again)

    after = stored(ctx, report)
    assert first.json == second.json != other.json
    assert (after.visit, len(after.private.notes)) == (2, 2)
    assert len(events(ctx, "report.reopened")) == 1


def test_the_same_update_from_many_at_once_is_one(ctx, app, program):
    report = cleared(ctx, program)
    ctx.clock.advance(DAY)
    again = {"status": "REOPEN", "updated_datetime": written(ctx.clock.now())}

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Program(ctx, app.test_client()).update(report.reference, **again), range(8)))

    assert (stored(ctx, report).visit, len(stored(ctx, report).private.notes)) == (2, 1)


@pytest.mark.parametrize(
    ("status", "after", "opens"),
    [
        ("REOPEN", timedelta(minutes=1), True),
        ("OPEN", timedelta(hours=3), True),
        ("OPEN", timedelta(hours=1), False),  # the sender may not have heard yet that it was closed
        ("REOPEN", -timedelta(minutes=1), False),  # written before it was closed
        ("OPEN", timedelta(days=31), False),
        ("REOPEN", timedelta(days=31), False),
        ("IN_PROGRESS", timedelta(hours=3), False),
        ("FIXED", timedelta(hours=3), False),
        ("CLOSED", timedelta(hours=3), False),
    ],
)
def test_still_there_opens_a_cleared_report_as_a_new_visit(ctx, program, status, after, opens):
    report = cleared(ctx, program)
    wrote_at = report.closed_at + after
    ctx.clock.instant = max(wrote_at, report.closed_at) + timedelta(minutes=1)

    assert program.update(report.reference, status=status, updated_datetime=written(wrote_at)).status_code == 200

    after_it = stored(ctx, report)
    assert (after_it.is_open, after_it.visit) == (opens, 2 if opens else 1)
    assert [event.data["by"] for event in events(ctx, "report.reopened")] == (["partner"] if opens else [])
    assert [event.data["answer"] for event in events(ctx, "report.feedback")] == (["still-there"] if opens else [])
    assert len(after_it.private.notes) == 1


@pytest.mark.parametrize("closure", ["no-action", "not-ours", "referred"])
def test_what_the_council_decided_itself_is_not_reopened_from_outside(ctx, program, closure):
    report = by_reference(ctx.store, program.reference())
    if closure == "referred":
        report = by_reference(ctx.store, program.reference(service_code="untidy-land"))
    else:
        close_report(ctx, report.reference, closure=closure)
    ctx.clock.advance(DAY)

    program.update(report.reference, status="REOPEN", updated_datetime=written(ctx.clock.now()))

    assert not stored(ctx, report).is_open


@pytest.mark.parametrize(
    "status", ["DUPLICATE", "NOT_COUNCILS_RESPONSIBILITY", "NO_FURTHER_ACTION", "INTERNAL_REFERRAL", "CANCELLED"]
)
def test_no_update_decides_for_the_council(ctx, program, status):
    report = by_reference(ctx.store, program.reference())

    program.update(report.reference, status=status)

    after = stored(ctx, report)
    assert (after.state, after.history) == (report.state, report.history)
    assert after.private.notes[0].status == status.lower()
    assert events(ctx, "report.feedback") == []


def test_fixed_of_an_open_report_is_heard_and_leaves_it_to_the_crew(ctx, program):
    report = by_reference(ctx.store, program.reference())

    program.update(report.reference, status="FIXED")

    assert stored(ctx, report).is_open
    assert [event.data["answer"] for event in events(ctx, "report.feedback")] == ["cleared"]


def test_a_note_from_the_future_is_written_now(ctx, program):
    reference = program.reference()

    program.update(reference, updated_datetime="2031-01-01T00:00:00Z")

    assert by_reference(ctx.store, reference).private.notes[0].at == ctx.clock.now()


def test_what_came_in_is_not_sent_out_again(ctx, program):
    reference = program.reference()
    before = told(program)

    program.update(reference, status="INVESTIGATING")

    assert told(program) == before


def test_the_partners_own_id_is_not_replaced_by_anothers(ctx, program):
    reference = program.reference(**{"attribute[fixmystreet_id]": "4711"})

    program.update(reference, service_request_id_ext="9999")

    assert by_reference(ctx.store, reference).private.partner_id == "4711"


def test_a_report_takes_only_so_many_updates(ctx, program, monkeypatch):
    monkeypatch.setattr("services.reports.domain.updates.MOST_NOTES", 2)
    reference = program.reference()

    answers = [program.update(reference, update_id=str(number)).status_code for number in range(3)]

    assert answers == [200, 200, 400]
    assert MOST_NOTES == 100
    assert program.update(reference, update_id="0").status_code == 200


def test_no_event_carries_a_word_of_an_update(ctx, program):
    report = cleared(ctx, program)
    ctx.clock.advance(DAY)
    words = {"description": "Canary words", "email": "canary@example.com", "media_url": "https://canary.example/1.jpg"}
    program.update(report.reference, status="REOPEN", updated_datetime=written(ctx.clock.now()), **words)

    told_all = b" ".join(encode(event) for event in events(ctx)).lower()
    assert b"canary" not in told_all
    assert b"comment-1" not in told_all


def test_a_crews_job_after_a_partners_still_there_is_a_new_one(ctx, program):
    report = cleared(ctx, program)
    ctx.clock.advance(DAY)
    program.update(report.reference, status="REOPEN", updated_datetime=written(ctx.clock.now()))

    again = stored(ctx, report)
    assert (again.state, again.visit, again.job_id) == ("assessed", 2, None)
    # News of the first visit's job, late or twice, no longer moves it.
    deliver(ctx, JOBS, job_event(report, "completed", 5, outcome="not-found"))
    assert stored(ctx, report).state == "assessed"


def test_assessing_again_is_one_more_update(ctx, program):
    reference = program.reference()
    report = by_reference(ctx.store, reference)
    assess_report(ctx, reference, waste_type="green", land_type=None, size=None, hazards=())

    kinds = [update.code for update in updates_of(by_reference(ctx.store, reference))]

    assert kinds == ["assessed", "assessed"]
    assert reports(ctx.store).require(report.id).changed_at == ctx.clock.now()
