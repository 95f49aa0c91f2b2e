"""A story is the same whatever order its events came in, and nothing comes before what caused it."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from services.operations.domain.journey import BY_EVENT, BY_ITSELF, BY_REQUEST, journey
from services.operations.domain.path import NOT_NEEDED, NOT_YET, REACHED, WITHHELD, path
from services.operations.domain.withholding import classes_for
from services.operations.web.names import CouncilNames
from shared.council import load_council
from tests.builders import make_settings
from tests.unit.services.operations.made import JOURNEY, REFERENCE, REPORT, event, whole_journey


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> CouncilNames:
    return CouncilNames(load_council(make_settings(tmp_path_factory.mktemp("settings")).council))


@pytest.mark.parametrize("seed", range(10))
def test_the_events_are_told_in_the_order_they_happened(seed: int) -> None:
    shuffled = [*whole_journey(), *whole_journey()]
    random.Random(seed).shuffle(shuffled)

    story = journey(REPORT, shuffled)

    assert sorted(step.event.type for step in story.steps) == sorted(JOURNEY)
    assert [step.number for step in story.steps] == list(range(1, len(JOURNEY) + 1))
    assert all(step.cause_number is None or step.cause_number < step.number for step in story.steps)
    assert [step.event.type for step in story.steps][:3] == list(JOURNEY[:3])
    assert [step.event.time for step in story.steps] == sorted(step.event.time for step in story.steps)


def test_an_effect_stamped_before_its_cause_by_another_clock_is_told_after_it() -> None:
    created = event("job.created.v1")
    early = replace(created, time=created.time - timedelta(hours=1))

    story = journey(REPORT, [early, event("report.submitted.v1"), event("report.assessed.v1")])

    assert [step.event.type for step in story.steps] == ["report.submitted.v1", "report.assessed.v1", "job.created.v1"]


def test_events_of_one_instant_are_told_in_the_order_of_their_making() -> None:
    tip, ticket = event("vehicle.tipped.v1"), event("ticket.recorded.v1")
    first = replace(tip, id="01a20104-8f96-7d6e-9bf9-5ca079399616", time=ticket.time)
    second = replace(ticket, id="01a20104-8ff9-7491-93fe-f196bb98d30d")

    stories = [journey(REPORT, events) for events in ([first, second], [second, first])]

    assert [[step.event.type for step in story.steps] for story in stories] == [[tip.type, ticket.type]] * 2


def test_a_circle_of_causes_ends() -> None:
    first, second = event("job.started.v1"), event("job.assigned.v1")
    story = journey(REPORT, [replace(first, causationid=second.id), replace(second, causationid=first.id)])

    assert len(story.steps) == 2


def test_each_step_says_what_set_it_off() -> None:
    asked = replace(event("job.assigned.v1"), causationid="request-17")
    story = journey(REPORT, [event("report.submitted.v1"), event("report.assessed.v1"), event("job.created.v1"), asked])

    kinds = {step.event.name: (step.cause_kind, step.cause_number, step.depth) for step in story.steps}

    assert kinds == {
        "report.submitted": (BY_ITSELF, None, 0),
        "report.assessed": (BY_ITSELF, None, 0),
        "job.created": (BY_EVENT, 2, 1),
        "job.assigned": (BY_REQUEST, None, 0),
    }


def test_the_path_of_a_whole_journey_is_reached_at_every_stop(names: CouncilNames) -> None:
    stops = path(journey(REPORT, whole_journey()), names, classes_for(["officer"]))

    assert [stop.key for stop in stops] == ["report", "job", "crew", "tip", "ticket", "case", "notice", "told"]
    assert {stop.standing for stop in stops} == {REACHED}
    assert stops[0].target == REFERENCE
    assert "274 kg from here (250 kg estimated)" in stops[4].details
    assert stops[6].headline == "FPN-2026-00017"


def test_the_path_of_a_new_report_says_what_is_still_to_come(names: CouncilNames) -> None:
    stops = path(journey(REPORT, [event("report.submitted.v1")]), names, classes_for(["officer"]))

    assert [stop.standing for stop in stops] == [
        REACHED, NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_NEEDED, NOT_NEEDED, NOT_YET,
    ]  # fmt: skip


def test_case_and_notice_are_withheld_from_a_councillor(names: CouncilNames) -> None:
    stops = path(journey(REPORT, whole_journey()), names, classes_for(["councillor"]))

    assert [stop.standing for stop in stops if stop.key in {"case", "notice"}] == [WITHHELD, WITHHELD]
    assert "FPN-2026-00017" not in str(stops)
    assert next(stop for stop in stops if stop.key == "crew").headline == "A crew"


def test_a_voided_ticket_is_no_stop(names: CouncilNames) -> None:
    events = [*whole_journey(), event("ticket.voided.v1")]

    stops = {stop.key: stop for stop in path(journey(REPORT, events), names, classes_for(["officer"]))}

    assert stops["ticket"].standing == NOT_YET


def test_the_share_of_a_ticket_is_that_of_this_report_alone() -> None:
    story = journey(REPORT, whole_journey())

    assert story.share_of(story.tickets[0]) == (250, 274)
