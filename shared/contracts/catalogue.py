"""The catalogue of events, generated from their declarations: `CATALOGUE.md` for people, `asyncapi.json` for machines.

Who consumes an event is not declared here but collected from the services' `SUBSCRIPTIONS`, so that the catalogue
can't claim a consumer that does not exist. `write` makes the files, `check` says which committed ones differ.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.contracts import encode
from shared.contracts.base import REGISTRY, Contract
from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.example import example
from shared.contracts.json_schema import FieldLine, envelope_schema, field_lines, part_schemas

FOLDER = Path(__file__).resolve().parent
"""Where the committed catalogue is."""

EXCHANGE = "streetscene.events"
"""The topic exchange whose routing keys are the event types."""

Consumers = Mapping[str, Sequence[str]]
"""Event type → names of the consumers (and queues) that answer it."""

INTRODUCTION = f"""# The events of Streetscene

Generated from `shared/contracts` and the services' subscriptions by `make catalogue`; not to be edited by hand.

Every event is a fact in the past tense, immutable, with a version in its name; a breaking change is a new version
beside the old. The envelope is CloudEvents 1.0 in JSON (`{CONTENT_TYPE}`) with `sequence` (counts the events of the
aggregate that `subject` names), `correlationid` (the journey) and `causationid` (the event or request that set it off).
`data` holds the facts of the change and `state`, the aggregate's whole public state after it.

Emitting is strict: an unknown, missing or wrong field raises. Reading is tolerant: unknown fields are ignored. A new
choice in a list of choices therefore goes to all readers before any writer uses it. Any order is normal, and so is
twice.

No event carries a person or free text. Each field has a class: `public` (fit for open data), `fleet` (the council's
vehicles, crews and staff references) or `protected` (facts about enforcement, shown by role only).
"""


def catalogue_markdown(consumers: Consumers) -> str:
    """Return the text of `CATALOGUE.md`: an overview, then each event with its fields and an example."""
    contracts = _contracts()
    sections = [INTRODUCTION, _overview(contracts, consumers)]
    for producer, events in groupby(contracts, key=lambda contract: contract.producer):
        sections.append(f"## {producer.capitalize()}\n")
        for _, same in groupby(sorted(events, key=_by_aggregate), key=lambda contract: contract.aggregate):
            of_aggregate = list(same)
            sections.append(_state_section(of_aggregate[0]))
            sections += [_section(contract, consumers) for contract in of_aggregate]
    return "\n".join(sections)


def asyncapi(consumers: Consumers) -> dict[str, Any]:
    """Return the AsyncAPI 3.0 description: a channel and message per event, an operation per producer and consumer."""
    contracts = _contracts()
    schemas: dict[str, Any] = {}
    for contract in contracts:
        schemas |= part_schemas(contract)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Streetscene events",
            "version": "1.0.0",
            "description": "Events of a council’s street scene operations: reports, jobs, tickets, cases and notices.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {contract.type: _channel(contract) for contract in contracts},
        "operations": _operations(contracts, consumers),
        "components": {
            "messages": {contract.type: _message(contract) for contract in contracts},
            "schemas": {name: schemas[name] for name in sorted(schemas)},
        },
    }


def example_text(contract: type[Contract]) -> str:
    """Return the example of an event as the text of its committed file."""
    return _pretty(json.loads(encode(example(contract))))


def files(consumers: Consumers) -> dict[str, str]:
    """Return every generated file: path inside the folder → text."""
    generated = {
        "CATALOGUE.md": catalogue_markdown(consumers),
        "asyncapi.json": _pretty(asyncapi(consumers)),
    }
    return generated | {f"examples/{contract.type}.json": example_text(contract) for contract in _contracts()}


def write(folder: Path, consumers: Consumers) -> list[Path]:
    """Write the catalogue, the AsyncAPI description and the examples; return the paths that changed."""
    changed = []
    for name, text in files(consumers).items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    for path in _leftovers(folder):
        path.unlink()
        changed.append(path)
    return changed


def check(folder: Path, consumers: Consumers) -> list[str]:
    """Return a line for each committed file that is missing, differs from what is declared, or is left over."""
    problems = [f"{path.relative_to(folder)} is the example of no declared event" for path in _leftovers(folder)]
    for name, text in files(consumers).items():
        path = folder / name
        if not path.exists():
            problems.append(f"{name} is missing: run make catalogue")
        elif path.read_text(encoding="utf-8") != text:
            problems.append(f"{name} is out of date: run make catalogue")
    return problems


def _contracts() -> list[type[Contract]]:
    """Return every contract, by producer and then type."""
    return sorted(REGISTRY.values(), key=lambda contract: (contract.producer, contract.type))


def _by_aggregate(contract: type[Contract]) -> tuple[str, str]:
    """Order contracts by aggregate and then type."""
    return contract.aggregate, contract.type


def _leftovers(folder: Path) -> list[Path]:
    """Return the example files of events that are no longer declared."""
    return sorted(path for path in (folder / "examples").glob("*.json") if path.stem not in REGISTRY)


def _pretty(value: Any) -> str:
    """Return JSON to be read by people."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _purpose(contract: type[Contract]) -> str:
    """Return what an event says has happened: its docstring."""
    return " ".join((contract.__doc__ or "").split())


def _overview(contracts: Iterable[type[Contract]], consumers: Consumers) -> str:
    """Return the table of all events."""
    rows = ["| event | producer | what has happened | consumers |", "|---|---|---|---|"]
    for contract in contracts:
        anchor = contract.type.replace(".", "")
        rows.append(
            f"| [`{contract.type}`](#{anchor}) | {contract.producer} | {_purpose(contract)} "
            f"| {_names(consumers.get(contract.type, ()))} |"
        )
    return "\n".join(rows) + "\n"


def _names(consumers: Iterable[str]) -> str:
    """Return the consumers of an event in a line."""
    return ", ".join(f"`{name}`" for name in sorted(consumers)) or "none yet"


def _state_section(contract: type[Contract]) -> str:
    """Return what the catalogue says of an aggregate's state, once for all its events."""
    lines = [line for line in field_lines(contract) if line.path.startswith("state.")]
    return f"### State of a {contract.aggregate}\n\n{_table(lines, 'field of `data`')}\n"


def _section(contract: type[Contract], consumers: Consumers) -> str:
    """Return what the catalogue says of one event."""
    facts = [line for line in field_lines(contract) if not line.path.startswith("state.")]
    state = f"[state of the {contract.aggregate}](#state-of-a-{contract.aggregate})"
    example_link = f"[examples/{contract.type}.json](examples/{contract.type}.json)"
    names = _names(consumers.get(contract.type, ()))
    paragraphs = [
        f"### {contract.type}",
        _purpose(contract),
        f"Aggregate: {contract.aggregate}. Consumers: {names}. Example: {example_link}.",
        f"`data` is the {state} after it and:" if facts else f"`data` is the {state} after it, nothing else.",
    ]
    if contract.deprecated:
        paragraphs.insert(2, "**Deprecated**: it is still emitted beside its successor.")
    if facts:
        paragraphs.append(_table(facts, "field of `data`"))
    return "\n\n".join(paragraphs) + "\n"


def _table(lines: Iterable[FieldLine], heading: str) -> str:
    """Return fields as a table."""
    rows = [f"| `{line.path}` | {line.kind} | {line.data_class} | {_yes(line.nullable)} |" for line in lines]
    return "\n".join([f"| {heading} | type | class | may be null |", "|---|---|---|---|", *rows])


def _yes(condition: bool) -> str:
    """Return `yes`, or nothing."""
    return "yes" if condition else ""


def _channel(contract: type[Contract]) -> dict[str, Any]:
    """Return the channel of an event: its routing key on the one exchange."""
    return {
        "address": contract.type,
        "title": contract.type,
        "summary": _purpose(contract),
        "messages": {contract.type: {"$ref": f"#/components/messages/{contract.type}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _message(contract: type[Contract]) -> dict[str, Any]:
    """Return the message of an event, with its example."""
    document = json.loads(encode(example(contract)))
    return {
        "name": contract.type,
        "title": contract.type,
        "summary": _purpose(contract),
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": envelope_schema(contract),
        "examples": [{"name": contract.type, "payload": document}],
    }


def _operations(contracts: Iterable[type[Contract]], consumers: Consumers) -> dict[str, Any]:
    """Return who sends and who receives: `<service>.sends.<event>` and `<consumer>.receives.<event>`."""
    operations: dict[str, Any] = {}
    for contract in contracts:
        operations[f"{contract.producer}.sends.{contract.type}"] = _operation("send", contract)
        for consumer in sorted(consumers.get(contract.type, ())):
            operations[f"{consumer}.receives.{contract.type}"] = _operation("receive", contract, queue=consumer)
    return operations


def _operation(action: str, contract: type[Contract], queue: str | None = None) -> dict[str, Any]:
    """Return one operation on an event's channel."""
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{contract.type}"},
        "messages": [{"$ref": f"#/channels/{contract.type}/messages/{contract.type}"}],
    }
    if queue:
        operation["title"] = f"{queue} answers {contract.type}"
    return operation
