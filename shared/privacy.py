"""What a person may ask a council for: everything held about them, and to have it erased.

Each service answers for its own store in `services/<name>/privacy.py`, found by name like its other parts:

    SAYS                       one sentence: what the service holds of people, for whoever reads the answer
    find(ctx, subject)         what it holds of them, and of each piece why it may not be given out, or not erased
    export(ctx, holding)       one piece in full, with its files
    erase(ctx, holding)        take it out; safe to repeat

A service without anybody's data says so in `SAYS` and takes the three functions from here. `gather` asks the services
in an order in which each can use what those before it found: `reports` learns which reports a person made, `accounts`
which member of staff somebody is, and only then can enforcement say what it has about them.

The sections of law that services name were not checked again against the statute: a council’s data protection officer
confirms them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from shared.errors import DomainError, NotFound
from shared.service import ServiceContext

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
PHONE = re.compile(r"\+?[\d\s().-]{7,}")

ASKED_FIRST = ("reports", "accounts")
"""Whose answers say who somebody is to the others."""


@dataclass(frozen=True)
class Subject:
    """Whose data are meant: what somebody gave to be found by, and what services found out from it.

    `references` are of reports that they made (never of one they only follow: the rest of it is somebody else's).
    """

    email: str = ""
    phone: str = ""
    reference: str = ""
    references: frozenset[str] = frozenset()
    user_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Holding:
    """One piece that a service holds of somebody.

    `what` says it in words without personal data. `withheld` is why it may not be given to them, `kept` why it may not
    be erased, both in words and empty where it may; `later` is what stays for now where only a part can go. A piece
    that is not `is_theirs` is about somebody else: listed for the office, never given out, never erased with theirs.
    `reference` is the report that they made, `user_id` their account; `found_by` is for the service's own use.
    """

    service: str
    kind: str
    id: str
    what: str
    reference: str = ""
    user_id: str = ""
    withheld: str = ""
    kept: str = ""
    later: str = ""
    is_theirs: bool = True
    found_by: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class HeldFile:
    """A file that belongs to a piece: its name, without folders, and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Exported:
    """A piece in full: what programs can read, and its files."""

    content: Mapping[str, Any] = field(repr=False)
    files: Sequence[HeldFile] = ()


class Privacy(Protocol):
    """What the module `services/<name>/privacy.py` has."""

    SAYS: str

    def find(self, ctx: ServiceContext, subject: Subject) -> Sequence[Holding]:
        """Return what the service holds of somebody."""
        ...

    def export(self, ctx: ServiceContext, holding: Holding) -> Exported:
        """Return one piece in full."""
        ...

    def erase(self, ctx: ServiceContext, holding: Holding) -> None:
        """Take one piece out of the store; raises `DomainError` for one that is `kept`."""
        ...


def find_nothing(_ctx: ServiceContext, _subject: Subject) -> Sequence[Holding]:
    """Find nothing: for a service that holds nobody's data."""
    return ()


def export_nothing(_ctx: ServiceContext, holding: Holding) -> Exported:
    """Raise `NotFound`: for a service that holds nobody's data."""
    raise NotFound(f"{holding.service} holds nothing about anybody.")


def erase_nothing(_ctx: ServiceContext, holding: Holding) -> None:
    """Raise `NotFound`: for a service that holds nobody's data."""
    raise NotFound(f"{holding.service} holds nothing about anybody.")


def gather(
    contexts: Mapping[str, ServiceContext], modules: Mapping[str, Privacy], subject: Subject
) -> tuple[list[Holding], Subject]:
    """Return all that the services hold of somebody, and who they turned out to be.

    Raises:
        DomainError: nothing was given to find them by, or what nobody could be found by. The answer to a slip must
            not be that nothing is held.
    """
    if not (subject.email or subject.phone or subject.reference):
        raise DomainError("Give an email address, a telephone number or a reference to look for.")
    if subject.email and not EMAIL.fullmatch(subject.email.strip()):
        raise DomainError("--email is not an email address.", field="email")
    if subject.phone and not PHONE.fullmatch(subject.phone.strip()):
        raise DomainError("--phone is not a telephone number.", field="phone")
    found: list[Holding] = []
    for service in sorted(contexts, key=lambda name: (name not in ASKED_FIRST, name)):
        held = modules[service].find(contexts[service], subject)
        found += held
        subject = replace(
            subject,
            references=subject.references | {one.reference for one in held if one.reference},
            user_ids=subject.user_ids | {one.user_id for one in held if one.user_id},
        )
    return found, subject


def refuse_kept(holding: Holding) -> None:
    """Raise `DomainError` for a piece that must be kept, whoever calls."""
    if holding.kept:
        raise DomainError(holding.kept)
