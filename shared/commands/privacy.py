"""Commands for what people may ask: everything that is held about them, and to have it erased.

Nobody's address is printed, logged or kept: what is asked for comes in as an argument, and the record of requests has
a keyed digest of it. Everything that reads or erases is on that record, `--dry-run` too, with who ran it.
"""

import getpass
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from shared.commands.console import Group, as_json, contexts_of, say, show_table
from shared.errors import DomainError
from shared.privacy import Holding, Subject, gather

KEPT, ERASED, WOULD_ERASE, PARTLY = "kept", "erased", "would be erased", "partly erased"
NOTHING = "Nothing is held about them."
SHORTEST_REASON = 5


@click.group(cls=Group)
def privacy() -> None:
    """What is held about a person: give it out, or erase it."""


def about_somebody(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options by which a person is found."""
    for name, words in (
        ("--reference", "Of a report that they made, or the serial number of a notice that they received."),
        ("--phone", "Their telephone number."),
        ("--email", "Their email address."),
    ):
        command = click.option(name, default="", help=words)(command)
    return command


@privacy.command("export")
@about_somebody
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=None, help="A folder that is not there yet, made 0700."
)
@click.option("--reason", default="Asked by the person", help="Why, for the record.")
@as_json
def privacy_export(
    *, email: str, phone: str, reference: str, folder: Path | None, reason: str, json_output: bool
) -> None:
    """Write everything that is held about a person into a folder: pages, JSON and photos.

    `for-the-person` may be handed over; `for-the-office` says what must not be, and why.
    """
    from shared.clock import machine_now
    from shared.commands.privacy_folder import write_folder
    from shared.config import SERVICES

    target = folder or Path(f"privacy-{machine_now():%Y%m%d-%H%M%S}")
    if target.exists():
        raise DomainError(f"{target} is there already: name a folder that is not.")
    subject = Subject(email, phone, reference)
    with contexts_of(SERVICES) as contexts:
        modules = _modules(SERVICES)
        found, known = gather(contexts, modules, subject)
        _record(contexts, subject, action="export", reason=reason, found=len(found), done=0)
        given = [(one, modules[one.service].export(contexts[one.service], one)) for one in found if _may_give(one)]
        write_folder(
            target,
            council=contexts["accounts"].council,
            given=given,
            withheld=[one for one in found if not _may_give(one)],
            says={service: modules[service].SAYS for service in SERVICES},
            made_at=machine_now(),
        )
        _record(contexts, known, action="exported", reason=reason, found=len(found), done=len(given))
    if not json_output:
        say(f"{target} holds what may be given out, and what may not be with the reason." if found else NOTHING)
    rows = [_row(one, "given" if _may_give(one) else "withheld", one.withheld) for one in found]
    _show(rows, json_output=json_output)


@privacy.command("erase")
@about_somebody
@click.option("--reason", required=True, help="Why, for the record; nothing about the person.")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@as_json
def privacy_erase(*, email: str, phone: str, reference: str, reason: str, dry_run: bool, json_output: bool) -> None:
    """Erase what is held about a person; the anonymous record of their reports stays.

    Ends with 1 where something must be kept; the table says what, and which exemption allows it.
    """
    from shared.config import SERVICES

    if len(reason.strip()) < SHORTEST_REASON:
        raise DomainError("Say in a few words why it is erased (--reason).")
    subject = Subject(email, phone, reference)
    with contexts_of(SERVICES) as contexts:
        modules = _modules(SERVICES)
        found, _ = gather(contexts, modules, subject)
        theirs = [one for one in found if one.is_theirs]
        action = "erase-dry-run" if dry_run else "erase"
        # Before and after: a kill in between leaves a record that it was begun.
        _record(contexts, subject, action=action, reason=reason, found=len(theirs), done=0)
        rows = [_erased(contexts, modules, one, dry_run=dry_run) for one in theirs]
        if not dry_run:
            done = sum(row["outcome"] != KEPT for row in rows)
            _record(contexts, subject, action="erased", reason=reason, found=len(theirs), done=done)
    if not rows and not json_output:
        say(NOTHING)
    _show(rows, json_output=json_output)
    if any(row["outcome"] == KEPT for row in rows):
        raise SystemExit(1)


@privacy.command("log")
@click.option("--last", default=50, type=click.IntRange(1, 1000), help="How many requests to show.")
@as_json
def privacy_log(last: int, json_output: bool) -> None:
    """Show who asked for people's data or had them erased, the newest first."""
    from shared.processes import part

    with contexts_of(("accounts",)) as contexts:
        found = part("accounts", "privacy").requests(contexts["accounts"], limit=last)
    columns = ["at", "by", "action", "found", "done", "reason", "subject"]
    rows = [{**one, "at": _minute(one["at"]), "subject": " ".join(one["subject"])} for one in found]
    if not rows and not json_output:
        say("Nobody has asked for anything.")
        return
    show_table(columns, [{name: row[name] for name in columns} for row in rows], json_output=json_output)


def _modules(services: Sequence[str]) -> Mapping[str, Any]:
    """Return the module of each service that answers for people's data."""
    from shared.processes import part

    return {service: part(service, "privacy") for service in services}


def _may_give(holding: Holding) -> bool:
    """Say whether a piece may be handed to the person."""
    return holding.is_theirs and not holding.withheld


def _erased(
    contexts: Mapping[str, Any], modules: Mapping[str, Any], holding: Holding, *, dry_run: bool
) -> Mapping[str, str]:
    """Erase one piece, unless it must be kept, and return its row."""
    if holding.kept:
        return _row(holding, KEPT, holding.kept)
    if dry_run:
        return _row(holding, WOULD_ERASE, holding.later)
    try:
        modules[holding.service].erase(contexts[holding.service], holding)
    except DomainError as error:
        return _row(holding, KEPT, error.message)
    return _row(holding, PARTLY if holding.later else ERASED, holding.later)


def _row(holding: Holding, outcome: str, why: str) -> Mapping[str, str]:
    """Return a piece as the table shows it."""
    return {"service": holding.service, "what": holding.what, "outcome": outcome, "why": why}


def _show(rows: Sequence[Mapping[str, str]], *, json_output: bool) -> None:
    """Print the rows; for people nothing where there are none."""
    if rows or json_output:
        show_table(["service", "what", "outcome", "why"], rows, json_output=json_output)


def _record(contexts: Mapping[str, Any], subject: Subject, *, action: str, reason: str, found: int, done: int) -> None:
    """Write the request into the record that accounts keeps."""
    from shared.processes import part

    part("accounts", "privacy").record_request(
        contexts["accounts"],
        subject,
        action=action,
        by=f"shell:{getpass.getuser()}",
        reason=reason.strip(),
        found=found,
        done=done,
    )


def _minute(instant: datetime) -> str:
    """Return an instant as the table shows it."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"
