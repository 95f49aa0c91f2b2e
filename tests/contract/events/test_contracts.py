"""Every declared event keeps the design's promises: strict out, tolerant in, classed, free of people and prose."""

import copy
import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from shared.contracts import REGISTRY, Contract, Event, base, decode, encode
from shared.contracts.base import CLASSES, PYTHON_TYPES
from shared.contracts.catalogue import FOLDER
from shared.contracts.example import STATES, example
from shared.errors import InvalidEvent

EVENT_TYPES = sorted(REGISTRY)
EVERY_EVENT = pytest.mark.parametrize("event_type", EVENT_TYPES)

DESIGN_TABLE = [
    "report.submitted",
    "report.assessed",
    "report.amended",
    "report.merged",
    "report.unmerged",
    "report.referred",
    "report.closed",
    "report.reopened",
    "report.evidence-flagged",
    "report.feedback",
    "job.created",
    "job.assigned",
    "job.started",
    "job.deferred",
    "job.cancelled",
    "job.amended",
    "job.expected",
    "forecast.published",
    "job.completed",
    "plan.published",
    "shift.started",
    "shift.ended",
    "vehicle.changed",
    "vehicle.tipped",
    "ticket.recorded",
    "ticket.voided",
    "receipt.submitted",
    "receipt.rejected",
    "period.locked",
    "period.restated",
    "case.opened",
    "case.evidence-secured",
    "evidence.received",
    "case.closed",
    "action.recorded",
    "notice.copied",
    "notice.issued",
    "notice.served",
    "notice.paid",
    "notice.cancelled",
    "notice.overdue",
    "notice.escalated",
    "representation.received",
    "representation.decided",
    "user.changed",
]
"""The names that the design fixes."""

SAME_LINE_LIMIT = 119
"""The longest text that any field takes: an identifier. A sentence of a resident's would not fit its pattern either."""


def committed(event_type: str) -> bytes:
    """Return the committed example as it would be on the wire."""
    document = json.loads((FOLDER / "examples" / f"{event_type}.json").read_text(encoding="utf-8"))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def structures(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every structure in an event's data, the data itself first."""
    if isinstance(data, dict):
        yield path
        for name, value in data.items():
            yield from structures(value, (*path, name))
    if isinstance(data, list):
        for position, value in enumerate(data):
            yield from structures(value, (*path, position))


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    """Return what is at a path."""
    for step in path:
        data = data[step]
    return data


def python_data(event_type: str) -> dict[str, Any]:
    """Return the example's data as Python values that may be changed."""
    return copy.deepcopy(dict(example(REGISTRY[event_type]).data))


def leaves(contract: type[Contract]) -> Iterator[tuple[str, fields.Field[Any]]]:
    """Yield every field of a contract that holds a value, with its dotted name."""

    def walk(schema: Any, prefix: str) -> Iterator[tuple[str, fields.Field[Any]]]:
        for name, field in schema.fields.items():
            inner = field.inner if isinstance(field, fields.List) else field
            if isinstance(inner, fields.Nested):
                yield from walk(inner.schema, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", inner

    return walk(contract(), f"{contract.type}.")


@pytest.mark.parametrize("name", DESIGN_TABLE)
def test_every_event_of_the_design_is_declared(name: str) -> None:
    assert f"{name}.v1" in REGISTRY


@EVERY_EVENT
def test_the_committed_example_decodes_and_encodes_to_the_same_bytes(event_type: str) -> None:
    body = committed(event_type)

    event = decode(body)

    assert event == example(REGISTRY[event_type])
    assert encode(event) == body


@EVERY_EVENT
def test_the_example_is_about_its_own_aggregate(event_type: str) -> None:
    contract = REGISTRY[event_type]
    event = decode(committed(event_type))

    assert event.source == contract.producer
    assert event.subject == event.state[f"{contract.aggregate}_id"]
    assert set(event.state) == set(STATES[contract.aggregate])


@EVERY_EVENT
def test_reading_ignores_unknown_fields_at_every_depth(event_type: str) -> None:
    body = json.loads(committed(event_type))
    newer = copy.deepcopy(body)
    newer["traceparent"] = "an extension we do not know"
    for path in list(structures(newer["data"])):
        at(newer["data"], path)["added_in_a_newer_version"] = {"anything": [1, "two"]}

    event = decode(json.dumps(newer).encode())

    assert event == decode(json.dumps(body).encode())


@EVERY_EVENT
def test_emitting_an_unknown_field_raises_at_every_depth(event_type: str) -> None:
    for path in list(structures(python_data(event_type))):
        data = python_data(event_type)
        at(data, path)["reporter_name"] = "somebody"

        with pytest.raises(InvalidEvent, match="reporter_name is not declared"):
            REGISTRY[event_type].write(data)


@EVERY_EVENT
def test_emitting_without_a_field_raises_at_every_depth(event_type: str) -> None:
    for path in list(structures(python_data(event_type))):
        for name in list(at(python_data(event_type), path)):
            data = python_data(event_type)
            del at(data, path)[name]

            with pytest.raises(InvalidEvent, match=f"{name} is missing"):
                REGISTRY[event_type].write(data)


@EVERY_EVENT
def test_emitting_a_value_of_the_wrong_type_raises_at_every_depth(event_type: str) -> None:
    class Foreign:
        """A type that no field takes."""

    for path in list(structures(python_data(event_type))):
        for name in list(at(python_data(event_type), path)):
            data = python_data(event_type)
            at(data, path)[name] = Foreign()

            with pytest.raises(InvalidEvent, match=f"{name} is a Foreign"):
                REGISTRY[event_type].write(data)


@EVERY_EVENT
def test_reading_without_a_field_raises_at_every_depth(event_type: str) -> None:
    body = json.loads(committed(event_type))
    for path in list(structures(body["data"])):
        for name in list(at(body["data"], path)):
            broken = copy.deepcopy(body)
            del at(broken["data"], path)[name]

            with pytest.raises(InvalidEvent):
                decode(json.dumps(broken).encode())


@EVERY_EVENT
def test_every_field_has_a_class_of_data(event_type: str) -> None:
    for name, field in leaves(REGISTRY[event_type]):
        assert field.metadata.get("class") in CLASSES, name


@EVERY_EVENT
def test_no_field_takes_free_text_or_a_kind_that_the_factories_do_not_make(event_type: str) -> None:
    for name, field in leaves(REGISTRY[event_type]):
        assert type(field) in PYTHON_TYPES, f"{name} is not made by a factory of shared/contracts/base.py"
        if isinstance(field, fields.String):
            assert field.validators, f"{name} takes any text"
            for prose in ("My neighbour Mr Smith did it", "a@b.example", "0151 496 0000", "x" * (SAME_LINE_LIMIT + 2)):
                with pytest.raises(Exception, match=r"."):
                    field.deserialize(prose)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visit", "1"),
        ("visit", True),
        ("visit", 0),
        ("visit", None),
        ("has_photo", "yes"),
        ("has_photo", 1),
        ("reported_at", datetime(2026, 3, 2, 8, 5)),  # noqa: DTZ001
        ("reported_at", "2026-03-02T08:05:00Z"),
        ("happened_on", datetime(2026, 3, 1, tzinfo=UTC)),
        ("state", "finished"),
        ("reference", "two words"),
        ("hazards", "asbestos"),
        ("hazards", ["fire"]),
        ("place", None),
        ("place", {**example(REGISTRY["report.feedback.v1"]).state["place"], "lat": math.nan}),
    ],
)
def test_emitting_never_turns_a_wrong_value_into_a_right_one(field: str, value: Any) -> None:
    data = python_data("report.feedback.v1")
    data["state"] = {**data["state"], field: value}

    with pytest.raises(InvalidEvent):
        REGISTRY["report.feedback.v1"].write(data)


@EVERY_EVENT
def test_what_is_known_to_be_right_is_written_as_the_validators_would_let_it_pass(
    event_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = python_data(event_type)
    written = REGISTRY[event_type].write(data)

    def nothing_is_known(schema: Schema) -> dict[str, tuple[None, None]]:
        return dict.fromkeys(schema.fields, (None, None))

    monkeypatch.setattr(base, "_usual_values", nothing_is_known)

    assert REGISTRY[event_type].write(data) == written


@pytest.mark.parametrize(
    "validator",
    [
        validate.OneOf(("north", "south")),
        validate.Regexp(r"^[a-z]{1,5}$"),
        validate.Range(min=1, max=5),
        validate.Range(min=1),
        validate.Range(max=5.5),
        validate.Range(min=1, max=5, min_inclusive=False),
        validate.Length(max=3),
        validate.NoneOf(("north",)),
    ],
)
@pytest.mark.parametrize("value", ["north", "west", "", "n0rth", "north\n", 0, 1, 5, 6, -1, 5.5, math.nan, math.inf])
def test_nothing_is_known_to_be_right_that_a_validator_refuses(validator: Callable[[Any], Any], value: Any) -> None:
    judge = base._judge(validator)
    if isinstance(value, str) == isinstance(validator, validate.Range):
        return  # a field's values have its type before they are judged

    if judge is not None and judge(value):
        validator(value)


def test_a_float_without_bounds_is_still_finite() -> None:
    class Measured(Schema):
        metres = fields.Float(required=True)

    for value in (math.nan, math.inf):
        writing = base.Writing()
        base._written(Measured(), {"metres": value}, "", writing)
        assert writing.problems == ["metres is a float that the field does not take"]


def test_instants_are_written_in_utc_to_the_millisecond_whatever_their_offset() -> None:
    event = example(REGISTRY["report.submitted.v1"])
    summer = datetime(2026, 7, 1, 9, 30, 0, 123_000, tzinfo=timezone(timedelta(hours=1)))
    state = {**event.state, "reported_at": summer}

    body = json.loads(encode(Event(**{**vars(event), "data": {"state": state}, "time": summer})))

    assert body["time"] == "2026-07-01T08:30:00.123Z"
    assert body["data"]["state"]["reported_at"] == "2026-07-01T08:30:00.123Z"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"not json",
        b"[]",
        b"{}",
        b'{"id": 1}',
    ],
)
def test_bytes_that_are_no_event_raise_invalid_event_and_nothing_else(body: bytes) -> None:
    with pytest.raises(InvalidEvent):
        decode(body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", "yesterday"),
        ("time", "2026-03-02T08:05:00"),
        ("time", None),
        ("sequence", "first"),
        ("data", "text"),
        ("data", None),
        ("type", "report.vanished.v1"),
        ("causationid", 7),
    ],
)
def test_a_wrong_envelope_raises_invalid_event(name: str, value: Any) -> None:
    body = json.loads(committed("report.submitted.v1"))
    body[name] = value

    with pytest.raises(InvalidEvent):
        decode(json.dumps(body).encode())


def test_the_examples_of_the_journey_add_up() -> None:
    ticket = example(REGISTRY["ticket.reconciled.v1"]).state
    tip = example(REGISTRY["vehicle.tipped.v1"]).data
    job = example(REGISTRY["job.amended.v1"]).state

    assert ticket["gross_kg"] - ticket["tare_kg"] == ticket["net_kg"] == sum(s["weighed_kg"] for s in ticket["shares"])
    assert [load["estimated_kg"] for load in tip["loads"]] == [share["estimated_kg"] for share in ticket["shares"]]
    assert job["weighed_kg"] == ticket["shares"][0]["weighed_kg"]
    assert tip["tip_id"] == ticket["tip_id"] == job["tip_id"]
