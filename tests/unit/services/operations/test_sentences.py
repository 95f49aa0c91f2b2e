"""Every event has a sentence in plain words, and nobody reads in it what their role may not see."""

from dataclasses import replace

import pytest

from services.operations.domain.sentences import PROTECTED_SENTENCES, REFERRED_TO, SENTENCES, sentence
from services.operations.domain.withholding import WITHHELD, classes_for, view
from services.operations.domain.words import said_day, said_instant, said_kg, said_pounds, said_time
from services.operations.web.names import CouncilNames
from shared.contracts import REGISTRY
from shared.contracts.codes import ROLES
from shared.contracts.example import example
from shared.contracts.reports import REFERRED_TO_CODES
from shared.council import load_council
from tests.builders import TUESDAY_MORNING, make_settings
from tests.unit.services.operations.made import SECRETS, event

IN_AN_ALLEY = "in Kensington and Fairfield (alley or back entry)"
OPEN_TO_ALL = ("contact-centre", "supervisor", "crew", "waste-officer", "councillor", "wall-viewer")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> CouncilNames:
    return CouncilNames(load_council(make_settings(tmp_path_factory.mktemp("settings")).council))


def test_every_declared_event_has_exactly_one_sentence() -> None:
    assert set(SENTENCES) | set(PROTECTED_SENTENCES) == set(REGISTRY)
    assert set(SENTENCES) & set(PROTECTED_SENTENCES) == set()


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("event_type", sorted(REGISTRY))
def test_every_sentence_starts_with_a_capital_and_ends_with_a_full_stop(
    names: CouncilNames, event_type: str, role: str
) -> None:
    said = sentence(example(REGISTRY[event_type]), names, classes_for([role]))

    assert said[0].isupper()
    assert said.endswith(".")
    assert "None" not in said
    assert ".." not in said


@pytest.mark.parametrize("role", OPEN_TO_ALL)
@pytest.mark.parametrize("event_type", sorted(REGISTRY))
def test_no_sentence_and_no_field_tells_a_protected_fact_to_other_roles(
    names: CouncilNames, event_type: str, role: str
) -> None:
    classes = classes_for([role])
    seen = f"{sentence(example(REGISTRY[event_type]), names, classes)} {view(example(REGISTRY[event_type]), classes)}"

    assert not [secret for secret in SECRETS if secret in seen]


@pytest.mark.parametrize("role", ["officer", "manager", "admin"])
@pytest.mark.parametrize("event_type", sorted(REGISTRY))
def test_nothing_is_withheld_from_those_who_may_see_it_all(event_type: str, role: str) -> None:
    shown = view(example(REGISTRY[event_type]), classes_for([role]))

    assert shown.withheld == ()
    assert shown.data == example(REGISTRY[event_type]).data


def test_what_is_withheld_is_replaced_and_named() -> None:
    seen = view(event("notice.issued.v1"), classes_for(["supervisor"]))

    assert seen.data["state"]["serial"] == seen.data["state"]["amount_pence"] == WITHHELD
    assert seen.data["state"]["notice_id"] == event("notice.issued.v1").subject
    assert "state.serial" in seen.withheld
    assert "state.officer_id" not in seen.withheld


def test_a_councillor_is_not_told_which_crew_or_vehicle() -> None:
    seen = view(event("job.assigned.v1"), classes_for(["councillor"]))

    assert set(seen.withheld) == {"state.crew_id", "state.vehicle_id", "state.has_evidence"}


def test_an_unknown_role_sees_what_is_public_and_no_more() -> None:
    assert classes_for(["intern"]) == classes_for([]) == classes_for(["councillor"])


@pytest.mark.parametrize(
    ("event_type", "said"),
    [
        (
            "report.submitted.v1",
            f"A resident reported furniture, mattress or other household items, a small van full, {IN_AN_ALLEY}.",
        ),
        ("report.assessed.v1", "Priority set to standard, to be cleared by 9 March 2026 at 8:05am."),
        ("report.closed.v1", "The report was closed: it was cleared."),
        ("report.referred.v1", "The report was passed to the owner of the land."),
        ("report.reopened.v1", "The reporter said that it is still there. This is visit 2."),
        ("report.notified.v1", "The reporter was told by email how the report ended."),
        ("job.amended.v1", "The weighbridge makes this job 274 kg."),
        ("ticket.reconciled.v1", "Ticket ER-104233 was matched with its tip and shared over 2 jobs."),
        ("notice.issued.v1", "Notice FPN-2026-00017 was issued for fly-tipping: £750, to be paid by 19 March 2026."),
        ("notice.paid.v1", "Notice FPN-2026-00017 was paid: £750."),
        ("case.opened.v1", "Enforcement opened case EC-2026-0041 on evidence from the crew."),
    ],
)
def test_an_officer_reads(names: CouncilNames, event_type: str, said: str) -> None:
    assert sentence(event(event_type), names, classes_for(["officer"])) == said


def test_everybody_a_report_can_be_passed_to_has_a_name() -> None:
    assert set(REFERRED_TO) == set(REFERRED_TO_CODES)


def test_numbers_are_said_as_people_say_them() -> None:
    assert said_kg(1250) == "1,250 kg"
    assert (said_pounds(75_000), said_pounds(5250)) == ("£750", "£52.50")
    assert said_day(TUESDAY_MORNING.date()) == "17 November 2026"
    assert said_time(TUESDAY_MORNING) == "10:40am"
    hours = (0, 9, 12, 17)
    said = [said_time(TUESDAY_MORNING.replace(hour=hour, minute=0)) for hour in hours]
    assert said == ["midnight", "9am", "midday", "5pm"]
    assert said_instant(TUESDAY_MORNING.replace(month=7)) == "17 July 2026 at 11:40am"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("fly-tipping", "waste that nobody has named yet"),
        ("dog-fouling", "dog fouling"),
        ("missed-bin", "missed bin collection"),
        ("taken-out-since", "taken out since"),
    ],
)
def test_a_report_is_told_by_its_waste_or_its_kind(names: CouncilNames, kind: str, said: str) -> None:
    made = example(REGISTRY["report.submitted.v1"])
    state = {**made.state, "kind": kind, "waste_type": None, "land_type": None, "size": None}

    told = sentence(replace(made, data={"state": state}), names, classes_for(["manager"]))

    assert told == f"A resident reported {said}, in Kensington and Fairfield."


def test_a_report_that_somebody_else_deals_with_is_told_so(names: CouncilNames) -> None:
    made = example(REGISTRY["report.closed.v1"])
    passed_on = replace(made, data={**made.data, "state": {**made.state, "closure": "referred"}})
    reopened = example(REGISTRY["report.reopened.v1"])
    by_partner = replace(reopened, data={**reopened.data, "by": "partner"})

    assert "somebody else deals with such reports" in sentence(passed_on, names, classes_for(["manager"]))
    assert sentence(by_partner, names, classes_for(["manager"])).startswith("Another website passed on")


def test_a_job_that_leaves_no_load_is_told_without_a_weight(names: CouncilNames) -> None:
    made = example(REGISTRY["job.completed.v1"])
    state = {**made.state, "waste_type": None, "size": None, "land_type": None, "estimated_kg": None}

    told = sentence(replace(made, data={**made.data, "state": state, "kg_is_estimate": False}), names, frozenset())

    assert "kg" not in told
    assert "None" not in told
