"""The parts of the board that change, each drawn by itself and known by its fingerprint.

The page and its live updates are made of the same parts. A browser says which ones it has; it is sent the others only,
so that a change of one round costs one round, however many there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from flask import current_app, request
from markupsafe import Markup

from services.scheduling import store
from services.scheduling.live import LiveRounds
from services.scheduling.web import access, view
from services.scheduling.web.timeline import make_timeline
from services.scheduling.web.view import Filters
from shared.contracts.codes import PRIORITIES
from shared.geo.drawing import load_drawn_map
from shared.web.app import context
from shared.web.auth import signed_in_user

EXTENSION = "streetscene_rounds"
KEPT_EXTENSION = "streetscene_parts"
KNOWN_HEADER = "X-Known-Parts"
FINGERPRINT = 12


@dataclass(frozen=True)
class PagePart:
    """A part of the page: where it goes, what it is, and its fingerprint."""

    id: str
    html: Markup
    mark: str


def live_rounds() -> LiveRounds:
    """Return the rounds that this app keeps."""
    kept: LiveRounds = current_app.extensions[EXTENSION]
    return kept


def board_values(filters: Filters, selected: Any = ()) -> Mapping[str, Any]:
    """Return what the board's templates need."""
    ctx = context()
    made = view.make_board(ctx, filters, live_rounds().active_jobs(ctx))
    return {
        "board": made,
        "timeline": make_timeline(ctx, live_rounds(), made.crews, made.everything, made.now),
        "drawn": load_drawn_map(ctx.settings.council),
        "filters": filters,
        "filter_values": filters.chosen(),
        "now": made.now,
        "crew_names": {crew.id: crew.name for crew in store.all_crews(ctx.store)},
        "priorities": PRIORITIES,
        "empty_groups": view.EMPTY_GROUPS,
        "group_names": list(view.GROUPS),
        "selected": {text.partition(":")[0] for text in selected},
        "may_act": access.is_supervisor(signed_in_user()),
    }


def make_parts(values: Mapping[str, Any], *, rounds_only: bool = False) -> dict[str, PagePart]:
    """Return every part of the board by its id, in the order of the page; or only the rounds, figures and scale."""
    names = dict(values)
    current_app.update_template_context(names)
    # The template's macros, which only it knows by name.
    drawn: Any = current_app.jinja_env.get_template("scheduling/board_parts.html").make_module(names)
    board, timeline = values["board"], values["timeline"]
    kept: KeptParts = current_app.extensions[KEPT_EXTENSION]
    minute = board.now.replace(second=0, microsecond=0)
    made = {"live-figures": _part("live-figures", drawn.figures(board))}
    made["live-scale"] = _part("live-scale", drawn.scale(timeline))
    for row in timeline.rows:
        name = f"round-{row.load.crew.id}"
        scale = (timeline.hours, minute, values["may_act"])
        made[name] = kept.part(name, (row, scale), partial(drawn.round, row, timeline))
    if rounds_only:
        return made
    made["live-note"] = _part("live-note", drawn.note(board))
    groups = {group.state: group for group in board.groups}
    for state in view.GROUPS:
        name, group = f"live-{state}", groups.get(state)
        look = (values["filters"], values["selected"], board.shown, minute, values["may_act"])
        made[name] = kept.part(name, (group, look), partial(drawn.group, group)) if group else _part(name, "")
    made["live-map"] = _part("live-map", drawn.city_map(board, timeline))
    made["live-plans"] = _part("live-plans", drawn.plans(board))
    return made


class KeptParts:
    """The parts as they were drawn last, with what they were drawn from; one for each process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, PagePart]] = {}

    def part(self, name: str, depends_on: Any, draw: Callable[[], str]) -> PagePart:
        """Return a part, drawn anew only where what it depends on is another."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != depends_on:
            # Two requests that draw the same part at once do the same twice, and no harm.
            kept = self._kept[name] = (depends_on, _part(name, draw()))
        return kept[1]


def changed_parts(parts: Mapping[str, PagePart]) -> str:
    """Return the parts that the browser does not have as they are, as elements with their ids and fingerprints."""
    known = dict(each.split("=", 1) for each in request.headers.get(KNOWN_HEADER, "").split(";") if "=" in each)
    news = [part for part in parts.values() if known.get(part.id) != part.mark]
    if not news and len(known) == len(parts):
        return ""
    drawn = [Markup('<div id="{}" data-mark="{}">{}</div>').format(part.id, part.mark, part.html) for part in news]
    return Markup('<p data-parts="{}"></p>').format(" ".join(parts)) + Markup("").join(drawn)


def _part(name: str, html: str) -> PagePart:
    """Return a part with the fingerprint of what is in it."""
    text = str(html).strip()
    return PagePart(name, Markup(text), sha256(text.encode()).hexdigest()[:FINGERPRINT])  # noqa: S704 — drawn by our templates
