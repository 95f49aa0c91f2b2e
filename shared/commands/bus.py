"""Commands that look into the events and the parked messages of the services, and have them handled again."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from shared.commands.console import Group, as_json, contexts_of, err, launched_settings, say, show_table
from shared.config import SERVICES, named
from shared.errors import ConfigError, NotFound, StreetsceneError

WAIT_SECONDS = 60
"""How long `events replay --wait` waits for the relay."""


@click.group(cls=Group)
def events() -> None:
    """Look into, replay and archive the event logs."""


@events.command("tail")
@click.option("--service", "service", default="all", help="One service's log only.")
@click.option("--last", default=20, type=click.IntRange(min=0), help="How many of the latest events to begin with.")
@click.option("--follow/--no-follow", default=True, help="Wait for more, until Ctrl-C.")
@click.option("--json", "json_output", is_flag=True, help="Print whole events, one JSON object a line.")
def events_tail(service: str, last: int, follow: bool, json_output: bool) -> None:
    """Print the latest events, and those that come."""
    from shared.eventlogs import tail

    with contexts_of(named(service)) as contexts:
        if not json_output:
            say(f"{'recorded (UTC)':<19}  {'service':<11}  {'position':>8}  {'event':<30}  {'subject':<36}  id")
        try:
            for source, event in tail(contexts, last=last, follow=follow):
                if json_output:
                    say(event.body.decode())
                    continue
                subject = str(json.loads(event.body).get("subject", ""))
                say(
                    f"{event.recorded_at:%Y-%m-%d %H:%M:%S}  {source:<11}  {event.position:>8}  {event.type:<30}  "
                    f"{subject:<36}  {event.event_id}"
                )
        except KeyboardInterrupt:
            return


@events.command("replay")
@click.argument("consumer")
@click.option("--source", required=True, help="The service whose events are sent again.")
@click.option("--from", "first", default=1, type=click.IntRange(min=1), help="From this position of the source's log.")
@click.option("--to", "last", default=None, type=click.IntRange(min=1), help="Up to this position (default: the end).")
@click.option("--wait", is_flag=True, help="Wait until the relay has sent them.")
def events_replay(consumer: str, source: str, first: int, last: int | None, wait: bool) -> None:
    """Have a range of a service's log sent to one CONSUMER again, by the relay of the running system."""
    from shared.bus.documents import request_replay
    from shared.eventlogs import replayable

    _require_service(source)
    _require_consumer(consumer, source)
    with contexts_of((source,)) as contexts:
        store = contexts[source].store
        first_kept, last = replayable(contexts[source], first=first, last=last)
        if first_kept > first:
            say(f"Positions {first} to {first_kept - 1} are archived and no longer in the log: they are not sent.")
        request_id = request_replay(store, consumer=consumer, first=first_kept, last=last)
        say(f"The relay of {source} sends its events from {first_kept} to {last} to {consumer} again.")
        if wait:
            say(f"{_wait_for_replay(store, request_id)} events were sent.")


def _wait_for_replay(store: Any, request_id: str) -> int:
    """Return how many events were sent for a request; raises `StreetsceneError` where no relay takes it up."""
    from shared.bus.documents import show_replay

    deadline = time.monotonic() + WAIT_SECONDS
    with err().status("Waiting for the relay …"):
        while time.monotonic() < deadline:
            request = show_replay(store, request_id)
            if not request["open"]:
                return int(request["sent"])
            time.sleep(0.2)
    raise StreetsceneError(
        "no relay has taken it up: is the worker running? The request stays, and is carried out then"
    )


@events.command("archive")
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Archive what is older (UTC).")
@click.option("--service", "service", default="all", help="One service's log only.")
@click.option("--folder", default=None, type=click.Path(path_type=Path), help="Where to (default <DATA>/archive).")
def events_archive(before: datetime, service: str, folder: Path | None) -> None:
    """Move old events that are published and handled from the logs into compressed files."""
    from rich.progress import Progress

    from shared.eventlogs import archivable_up_to, archive
    from shared.processes import subscriptions_of

    target = folder or launched_settings().data / "archive"
    subscriptions = {each: subscriptions_of(each) for each in SERVICES}
    with contexts_of(SERVICES) as contexts, Progress(console=err(), transient=True) as progress:
        for name in named(service):
            up_to = archivable_up_to(name, contexts, subscriptions)
            task = progress.add_task(f"Archiving {name}", total=up_to)
            count, file = archive(
                contexts[name],
                before=before.replace(tzinfo=UTC),
                up_to=up_to,
                folder=target,
                on_batch=lambda position, task=task: progress.update(task, completed=position),  # type: ignore[misc]
            )
            progress.remove_task(task)
            say(f"{name}: {count} events" + (f" to {file}" if count else ""))


@click.group("dead-letters", cls=Group)
def dead_letters() -> None:
    """Look into messages that could not be handled, and have them handled again."""


@dead_letters.command("list")
@click.option("--service", "service", default="all", help="One service's messages only.")
@as_json
def dead_letters_list(service: str, json_output: bool) -> None:
    """List parked messages: dead ones, and those being retried."""
    from shared.bus.documents import list_parked

    with contexts_of(named(service)) as contexts:
        rows = [_row(name, parked) for name, context in contexts.items() for parked in list_parked(context.store)]
    if not rows and not json_output:
        say("Nothing is parked.")
        return
    show_table(["service", "id", "state", "attempts", "event", "parked_at", "reason"], rows, json_output=json_output)


def _row(service: str, parked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the list says of a parked message."""
    return {
        "service": service,
        "id": parked["_id"],
        "state": parked["state"],
        "attempts": parked["attempts"],
        "event": parked["event_type"],
        "parked_at": f"{parked['parked_at']:%Y-%m-%dT%H:%M:%SZ}",
        "reason": parked["reason"],
    }


@dead_letters.command("show")
@click.argument("parked_id")
def dead_letters_show(parked_id: str) -> None:
    """Print one parked message whole as JSON, with why it is parked."""
    from shared.bus.documents import show_parked

    service = _service_of(parked_id)
    with contexts_of((service,)) as contexts:
        say(json.dumps(show_parked(contexts[service].store, parked_id), default=str, ensure_ascii=False, indent=2))


@dead_letters.command("replay")
@click.argument("parked_id")
def dead_letters_replay(parked_id: str) -> None:
    """Have one parked message handled again by the running worker; `SERVICE:all` means all of a service's."""
    from shared.bus.documents import list_parked, request_replay_of_parked

    service = _service_of(parked_id)
    with contexts_of((service,)) as contexts:
        store = contexts[service].store
        if parked_id != f"{service}:all":
            request_replay_of_parked(store, parked_id)
            say("1 message to be handled again.")
            return
        count = 0
        for each in [parked["_id"] for parked in list_parked(store)]:
            try:
                request_replay_of_parked(store, each)
            except NotFound:
                continue  # handled in the meantime
            count += 1
        say(f"{count} message{'' if count == 1 else 's'} to be handled again.")


def _service_of(parked_id: str) -> str:
    """Return the service whose store holds a parked message: its id begins with the consumer's name."""
    service = parked_id.partition(":")[0].partition(".")[0]
    if ":" not in parked_id or service not in SERVICES:
        raise ConfigError(f"{parked_id!r} is not the id of a parked message: `dead-letters list` shows them")
    return service


def _require_service(service: str) -> None:
    """Raise `ConfigError` unless a service of that name exists; `all` is none."""
    if service not in SERVICES:
        raise ConfigError(f"There is no service {service!r}; the services are {', '.join(SERVICES)}")


def _require_consumer(consumer: str, source: str) -> None:
    """Raise `ConfigError` unless a consumer of that name exists and is interested in the source's events."""
    from shared.processes import subscriptions_of

    known = {each.consumer: each for service in SERVICES for each in subscriptions_of(service)}
    if consumer not in known:
        raise ConfigError(f"There is no consumer {consumer!r}; the consumers are {', '.join(sorted(known))}")
    if all(contract.producer != source for contract in known[consumer].events):
        raise ConfigError(f"{consumer} consumes no events of {source}")
