"""The committed catalogue says what the code says, and its AsyncAPI description fits itself and every example."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.contracts import REGISTRY
from shared.contracts.catalogue import FOLDER, asyncapi, catalogue_markdown, check, write
from shared.contracts.json_schema import field_lines
from shared.processes import consumers_by_event

CONSUMERS = {"report.submitted.v1": ("operations.archive", "scheduling.reports")}


def references(value: Any) -> Iterator[str]:
    """Yield every `$ref` in a document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(document: Any, reference: str) -> Any:
    """Return what a local reference points to; raises `KeyError`."""
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def test_the_committed_catalogue_is_what_the_code_generates() -> None:
    assert check(FOLDER, consumers_by_event()) == []


def test_writing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    first, second = write(tmp_path, CONSUMERS), write(tmp_path, CONSUMERS)

    assert len(first) == len(REGISTRY) + 2
    assert second == []
    assert check(tmp_path, CONSUMERS) == []


def test_check_names_each_file_that_is_missing_changed_or_left_over(tmp_path: Path) -> None:
    write(tmp_path, CONSUMERS)
    (tmp_path / "CATALOGUE.md").write_text("edited by hand")
    (tmp_path / "examples" / "job.created.v1.json").unlink()
    (tmp_path / "examples" / "job.forgotten.v1.json").write_text("{}")

    problems = check(tmp_path, CONSUMERS)

    assert [line.split(" ")[0] for line in problems] == [
        "examples/job.forgotten.v1.json",
        "CATALOGUE.md",
        "examples/job.created.v1.json",
    ]


def test_the_catalogue_lists_every_event_with_its_fields_and_consumers() -> None:
    text = catalogue_markdown(CONSUMERS)

    for event_type, contract in REGISTRY.items():
        assert f"\n### {event_type}\n" in text
        assert all(f"| `{line.path}` | {line.kind} | {line.data_class} |" in text for line in field_lines(contract))
    assert "Consumers: `operations.archive`, `scheduling.reports`." in text


def test_every_reference_in_the_asyncapi_description_resolves() -> None:
    document = asyncapi(CONSUMERS)

    assert document["asyncapi"] == "3.0.0"
    for reference in set(references(document)):
        assert resolve(document, reference)


def test_every_operation_names_an_action_a_channel_and_that_channels_messages() -> None:
    document = asyncapi(CONSUMERS)

    assert "scheduling.reports.receives.report.submitted.v1" in document["operations"]
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["action"] in {"send", "receive"}
        assert [message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"]] == [True]


@pytest.mark.parametrize("event_type", sorted(REGISTRY))
def test_the_schema_of_an_event_takes_its_example_and_refuses_it_without_any_required_field(event_type: str) -> None:
    document = asyncapi({})
    payload = document["components"]["messages"][event_type]["payload"]
    validator = jsonschema.Draft7Validator({**payload, "components": document["components"]})
    text = json.loads((FOLDER / "examples" / f"{event_type}.json").read_text(encoding="utf-8"))

    jsonschema.Draft7Validator.check_schema(payload)
    assert list(validator.iter_errors(text)) == []
    for name in payload["properties"]["data"]["required"]:
        data = {key: value for key, value in text["data"].items() if key != name}
        assert not validator.is_valid({**text, "data": data}), f"{name} may be left out"
