"""What the wall shows at one instant, read once for all of its viewers.

The wall hangs where everybody walks past: its feed says what anybody may know, whoever is signed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any

from flask import current_app

from services.operations.domain.archiving import archived_event
from services.operations.domain.sentences import sentence
from services.operations.domain.withholding import classes_for
from services.operations.store import health, latest, newest_arrival, references_of
from services.operations.summary import Summary, read_summary
from services.operations.web.names import CouncilNames
from shared.calendar import london_date
from shared.contracts.envelope import Event
from shared.service import ServiceContext
from shared.store.port import Document

FEED_LENGTH = 14
PARTS = ("figures", "neighbourhoods", "states", "feed", "health")
"""The pieces of the page that a new state replaces, each a template of its own."""

ABOUT_OFFENDERS = ("report.evidence-flagged.v1",)
"""Events of other services than enforcement that the wall tells of without their report."""

FRESH_SECONDS = 3.0
"""How long a state without any new event stands: deadlines pass and processes fall silent without one."""


@dataclass(frozen=True)
class FeedItem:
    """One line of the feed: what happened, when and where, in which service, and the report to follow."""

    time: datetime
    is_today: bool
    place: str | None
    service: str
    sentence: str
    reference: str | None


@dataclass(frozen=True)
class Wall:
    """Everything on the wall."""

    summary: Summary
    feed: tuple[FeedItem, ...]
    health: tuple[Document, ...]

    @property
    def revision(self) -> str:
        """A text that differs whenever the wall looks different."""
        vitals = [(one["_id"], one["standing"], one["outbox_events"], one["parked_dead"]) for one in self.health]
        lines = [(item.time, item.sentence, item.reference) for item in self.feed]
        return sha256(repr((self.summary.revision, vitals, lines)).encode()).hexdigest()[:16]


def read_wall(ctx: ServiceContext) -> Wall:
    """Return the wall as it is now."""
    places = tuple(place.id for place in ctx.council.neighbourhoods)
    return Wall(
        summary=read_summary(ctx.store, places, now=ctx.clock.now()),
        feed=_feed(ctx),
        health=tuple(health(ctx.store)),
    )


def render_parts(ctx: ServiceContext, wall: Wall, *, may_follow: bool) -> dict[str, str]:
    """Return the pieces of the page as HTML."""
    environment = current_app.jinja_env
    names = CouncilNames(ctx.council)
    return {
        part: environment.get_template(f"operations/_{part}.html").render(wall=wall, names=names, may_follow=may_follow)
        for part in PARTS
    }


class LiveWall:
    """The state that the stream sends, made anew only where something may have changed."""

    def __init__(self, *, may_follow: bool) -> None:
        self._may_follow = may_follow
        self._lock = Lock()
        self._arrival = ""
        self._made_at = float("-inf")
        self._state: Mapping[str, Any] = {}

    def read(self, ctx: ServiceContext) -> Mapping[str, Any]:
        """Return the wall with its revision and its pieces as HTML."""
        with self._lock:
            arrival = newest_arrival(ctx.store)
            if arrival != self._arrival or monotonic() - self._made_at > FRESH_SECONDS:
                self._state = self._make(ctx)
                self._arrival, self._made_at = arrival, monotonic()
            return self._state

    def _make(self, ctx: ServiceContext) -> Mapping[str, Any]:
        """Return a fresh state; the pieces are only drawn again for a new revision."""
        wall = read_wall(ctx)
        if wall.revision == self._state.get("revision"):
            return self._state
        return {
            **wall.summary.as_json(),
            "revision": wall.revision,
            "parts": render_parts(ctx, wall, may_follow=self._may_follow),
        }


def _feed(ctx: ServiceContext) -> tuple[FeedItem, ...]:
    """Return the newest events as anybody may read them."""
    names, classes = CouncilNames(ctx.council), classes_for(())
    documents = latest(ctx.store, FEED_LENGTH)
    first_reports = {document["_id"]: document["report_ids"][:1] for document in documents}
    references = references_of(ctx.store, [report for reports in first_reports.values() for report in reports])
    items = []
    for document in documents:
        event = archived_event(document)
        reports = first_reports[event.id] if _names_its_report(event) else []
        reference = next((references[report] for report in reports if report in references), None)
        items.append(
            FeedItem(
                time=event.time,
                is_today=london_date(event.time) == london_date(ctx.clock.now()),
                place=_place(event, names) if reference else None,
                service=event.source,
                sentence=sentence(event, names, classes),
                reference=reference,
            )
        )
    return tuple(items)


def _place(event: Event, names: CouncilNames) -> str | None:
    """Return the neighbourhood where something happened, where the event says it."""
    neighbourhood = (event.state.get("place") or event.state).get("neighbourhood")
    return names.neighbourhood(neighbourhood) if neighbourhood else None


def _names_its_report(event: Event) -> bool:
    """Say whether the wall may tell which report an event belongs to: not where it is about an offender."""
    return event.source != "enforcement" and event.type not in ABOUT_OFFENDERS
