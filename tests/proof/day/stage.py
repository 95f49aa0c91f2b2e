"""Where a day is lived: a running system at speed over HTTP, or the same apps and handlers in this process.

Whoever acts in the day knows neither: they knock on doors, ask what time it is, and wait.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests
from werkzeug.test import Client

from deploy.demo.doors import Doors, HttpDoors, WsgiDoors
from services.scheduling.planner import plan_next
from shared.clock import ClockSetting, CouncilClock, machine_now
from shared.ids import new_id
from shared.processes import write_clock
from shared.service import ServiceContext
from shared.store import Store
from tests.builders import City

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
PATIENCE_SECONDS = 30
TIMERS = (
    "scheduling.finish-tips",
    "scheduling.finish-plans",
    "scheduling.finish-dropping-out",
    "scheduling.replan",
    "scheduling.beats",
)
TIMERS_EVERY = timedelta(minutes=5)
SEARCH_SECONDS = 0.2


@dataclass(frozen=True)
class Page:
    """What a browser got: the status, the text, and where it was sent on to."""

    status: int
    text: str
    location: str = ""


class Browser:
    """Somebody at a browser: opens pages, and sends forms with the token of a page that was opened before."""

    def __init__(self, open_page: Callable[..., Page]) -> None:
        self._open = open_page
        self.token = ""

    def get(self, path: str) -> Page:
        """Open a page, and remember its token."""
        page = self._open("GET", path, None, {})
        found = TOKEN.search(page.text)
        if found:
            self.token = found.group(1)
        return page

    def post(self, path: str, fields: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> Page:
        """Send a form under a key of its own."""
        sent = {"csrf_token": self.token, "idempotency_key": new_id(), **fields}
        return self._open("POST", path, sent, files or {})


class Stage(Protocol):
    """What everybody who acts in a day needs."""

    doors: Doors
    credentials: Mapping[str, Any]

    def browser(self) -> Browser:
        """Return a browser in which nobody is signed in."""
        ...

    def now(self) -> datetime:
        """Return the council's time."""
        ...

    def wait_until(self, at: datetime) -> None:
        """Wait until the council's clock says so."""
        ...

    def settle(self) -> None:
        """Let what has been done have its effects, where nothing else sees to that."""
        ...


@dataclass
class LiveStage:
    """A running system: its web, worker and planner are processes of their own, and its clock runs fast."""

    url: str
    credentials: Mapping[str, Any]
    demo: Store
    doors: Doors = field(init=False)
    _clock: CouncilClock = field(init=False)

    def __post_init__(self) -> None:
        """Find the doors, and the clock that all its processes read."""
        from shared.processes import read_clock

        self.doors = HttpDoors(self.url, self.credentials["tokens"])
        self._clock = CouncilClock(lambda: read_clock(self.demo))

    def run_clock(self, council: datetime, speed: float) -> None:
        """Let the council's clock run on from an instant, so many times as fast as this machine's."""
        write_clock(self.demo, ClockSetting(machine_now(), council, speed))
        time.sleep(2 * CouncilClock.REFRESH_SECONDS)

    def browser(self) -> Browser:
        """Return a browser with a session of its own."""
        session = requests.Session()

        def open_page(method: str, path: str, fields: Mapping[str, Any] | None, files: Mapping[str, bytes]) -> Page:
            answer = session.request(
                method,
                self.url + path,
                data=fields,
                files={name: (f"{name}.jpg", content, "image/jpeg") for name, content in files.items()} or None,
                allow_redirects=False,
                timeout=PATIENCE_SECONDS,
            )
            return Page(answer.status_code, answer.text, answer.headers.get("Location", ""))

        return Browser(open_page)

    def now(self) -> datetime:
        """Return the council's time."""
        return self._clock.now()

    def wait_until(self, at: datetime) -> None:
        """Sleep until then."""
        while self.now() < at:
            time.sleep(0.02)

    def settle(self) -> None:
        """Leave it to the worker and the planner."""


@dataclass
class MadeStage:
    """The whole city in this process: events are carried, timers run and plans made between two acts."""

    city: City
    doors: Doors = field(init=False)
    credentials: Mapping[str, Any] = field(init=False)
    _timers_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Find the doors."""
        self.credentials = self.city.credentials
        self.doors = WsgiDoors(self.city.site, self.credentials)
        self._timers_at = self.city.clock.instant

    @property
    def _scheduling(self) -> ServiceContext:
        return self.city.contexts["scheduling"]

    def browser(self) -> Browser:
        """Return a browser with cookies of its own."""
        client = Client(self.city.site)

        def open_page(method: str, path: str, fields: Mapping[str, Any] | None, files: Mapping[str, bytes]) -> Page:
            import io

            data = {**(fields or {}), **{name: (io.BytesIO(got), f"{name}.jpg") for name, got in files.items()}}
            with client.open(path, method=method, data=data or None) as answer:
                return Page(answer.status_code, answer.get_data(as_text=True), answer.headers.get("Location", ""))

        return Browser(open_page)

    def now(self) -> datetime:
        """Return the council's time."""
        return self.city.clock.now()

    def wait_until(self, at: datetime) -> None:
        """Let the time pass, with the timers in between."""
        while self._timers_at + TIMERS_EVERY <= at:
            self._timers_at += TIMERS_EVERY
            self.city.clock.instant = max(self.city.clock.instant, self._timers_at)
            self.city.pump.run_timers(*TIMERS)
            self.settle()
        self.city.clock.instant = max(self.city.clock.instant, at)

    def settle(self) -> None:
        """Carry every event to whom it is for, and answer what the planner was asked."""
        self.city.pump.drain()
        while plan_next(self._scheduling, seconds=SEARCH_SECONDS):
            self.city.pump.drain()
