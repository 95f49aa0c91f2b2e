"""A report's story as its page and its API show it to one user: sentences, causes, links, and what is withheld."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from services.operations.domain.journey import Journey, Step
from services.operations.domain.path import Stop, path
from services.operations.domain.sentences import sentence
from services.operations.domain.withholding import classes_for, view
from services.operations.domain.words import LONDON, Names
from services.operations.web.names import ADDRESSES, address
from shared.contracts.base import PROTECTED
from shared.contracts.envelope import Event, contract_of
from shared.web.identity import User

DEEPEST = 3
"""Further causes of causes are not indented more: a phone is 320 px wide."""

IN_EVERY_EVENT = ("state.has_evidence", "state.vehicle_registration")
"""Fields of the whole state: the page would otherwise mark every event for them, and mean nothing by it."""

EVENT_PATH = "/operations/events/{}"


@dataclass(frozen=True)
class Link:
    """A link from an event to the thing that it is about."""

    kind: str
    text: str
    href: str


@dataclass(frozen=True)
class Share:
    """What of a ticket's net weight came from this report, weighed and as it was estimated."""

    net_kg: int
    weighed_kg: int
    estimated_kg: int


@dataclass(frozen=True)
class Told:
    """One event of the story as one user may read it."""

    step: Step
    sentence: str
    links: tuple[Link, ...]
    withheld: tuple[str, ...]
    because: str | None
    share: Share | None

    @property
    def event(self) -> Event:
        """The event itself."""
        return self.step.event

    @property
    def depth(self) -> int:
        """How far it is indented."""
        return min(self.step.depth, DEEPEST)

    @property
    def href(self) -> str:
        """The page of the event."""
        return EVENT_PATH.format(self.event.id)

    @property
    def withheld_here(self) -> tuple[str, ...]:
        """What is withheld of this event in particular: not the facts that are in every event of its kind."""
        return tuple(path for path in self.withheld if path not in IN_EVERY_EVENT)

    def as_json(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {
            "id": self.event.id,
            "type": self.event.type,
            "service": self.event.source,
            "time": _iso(self.event.time),
            "cause": self.event.causationid,
            "cause_kind": self.step.cause_kind,
            "links": {**{link.kind: link.href for link in self.links}, "event": self.href},
            "withheld": list(self.withheld),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Day:
    """The events of one day in London."""

    day: date
    told: tuple[Told, ...]


@dataclass(frozen=True)
class LinkedStop:
    """A stop of the path with where its thing has its page, for this user."""

    stop: Stop
    href: str | None


def tell(journey: Journey, names: Names, user: User) -> tuple[Told, ...]:
    """Return the events of a story for one user, in order."""
    classes = classes_for(user.roles)
    told: list[Told] = []
    for step in journey.steps:
        because = told[step.cause_number - 1].sentence if step.cause_number else None
        told.append(
            Told(
                step=step,
                sentence=sentence(step.event, names, classes),
                links=_links(step.event, classes, user),
                withheld=view(step.event, classes).withheld,
                because=because,
                share=_share(journey, step.event),
            )
        )
    return tuple(told)


def by_day(told: Sequence[Told]) -> tuple[Day, ...]:
    """Return the events by their day in London, in order."""
    days = groupby(told, key=lambda one: one.event.time.astimezone(LONDON).date())
    return tuple(Day(day, tuple(of_day)) for day, of_day in days)


def stops(journey: Journey, names: Names, user: User) -> tuple[LinkedStop, ...]:
    """Return the path of a story for one user, each stop with its link."""
    found = path(journey, names, classes_for(user.roles))
    return tuple(LinkedStop(stop, address(stop.key, stop.target, user)) for stop in found)


def as_json(journey: Journey, names: Names, user: User) -> Mapping[str, Any]:
    """Return a story as `GET /api/operations/v1/follow/<reference>` gives it."""
    return {
        "reference": journey.reference,
        "events": [told.as_json() for told in tell(journey, names, user)],
        "path": [
            {"stop": one.stop.key, "standing": one.stop.standing, "headline": one.stop.headline, "href": one.href}
            for one in stops(journey, names, user)
        ],
    }


def _links(event: Event, classes: frozenset[str], user: User) -> tuple[Link, ...]:
    """Return the links of an event to what it is about, as far as the user may open them."""
    aggregate = contract_of(event.type).aggregate
    if aggregate in {"case", "notice"} and PROTECTED not in classes:
        return ()
    targets = {
        "report": event.state["reference"] if aggregate == "report" else None,
        "job": event.subject if aggregate == "job" else event.data.get("job_id"),
        "tip": event.data.get("tip_id"),
        "ticket": event.state.get("ticket_id"),
        "case": event.state.get("case_id"),
        "notice": event.subject if aggregate == "notice" else None,
        "message": event.data.get("message_id"),
    }
    found = ((kind, address(kind, target, user)) for kind, target in targets.items())
    return tuple(Link(kind, ADDRESSES[kind].text, href) for kind, href in found if href)


def _share(journey: Journey, event: Event) -> Share | None:
    """Return this report's share of a ticket, on the event that shared it."""
    if event.type != "ticket.reconciled.v1":
        return None
    share = journey.share_of(event.state)
    return Share(event.state["net_kg"], share[1], share[0]) if share else None


def _iso(instant: datetime) -> str:
    """Return an instant as the API gives it."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
