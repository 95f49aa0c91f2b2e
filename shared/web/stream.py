"""Server-sent events: each frame is a full state with its revision, so a resumed stream has no gap.

One poller per process and name reads the state, never one per viewer, and at most every half second; viewers wait for
it. A stream ends after a few minutes and the browser comes back with `Last-Event-ID`: so policies are checked anew, and
viewers spread over processes. More than 128 streams in a process are refused with 503, and the page polls instead.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from socket import MSG_DONTWAIT, MSG_PEEK, socket
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import ServiceUnavailable

from shared import metrics
from shared.errors import StoreUnavailable

log = logging.getLogger(__name__)

State = Mapping[str, Any]
"""JSON-ready, with its `revision`: two states of one revision are the same."""

MAXIMUM_STREAMS = 128
HEARTBEAT_SECONDS = 15.0
HANG_UP_SECONDS = 1.0
"""Who has gone is missed by then: whoever walks from live page to live page would else take a place for each."""

LONGEST_SECONDS = 300.0
RETRY_MILLISECONDS = 2_000
IDLE_SECONDS = 10.0
"""A poller without viewers stops after this long."""

_EXTENSION = "streetscene_streams"
_STOPPING = Event()


class Places:
    """How many streams this process may send at once, whichever of its apps they come from."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.taken = 0
        self._lock = Lock()

    def take(self) -> bool:
        """Take a place, if there is one."""
        with self._lock:
            if self.taken >= self.capacity:
                return False
            self.taken += 1
            return True

    def give_back(self) -> None:
        """Give a place back."""
        with self._lock:
            self.taken -= 1


PLACES = Places(MAXIMUM_STREAMS)


def state_stream(poll: Callable[[], State], *, name: str | None = None, every_seconds: float = 0.5) -> Response:
    """Return the stream of a state; `poll` runs in the app's context, in one thread for all viewers of the name.

    Raises `ServiceUnavailable` (503 with Retry-After) where the process has as many streams as it can hold.
    """
    streams = _streams(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    if _STOPPING.is_set() or not PLACES.take():
        error = ServiceUnavailable("There are too many live pages at the moment; this one asks again by itself.")
        error.data = {"headers": {"Retry-After": "10"}}  # type: ignore[attr-defined]
        raise error
    poller = streams.poller(name or f"{poll.__module__}.{poll.__qualname__}", poll, every_seconds)
    frames = _frames(poller, request.headers.get("Last-Event-ID"), request.environ.get("gunicorn.socket"))
    response = Response(frames, content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(PLACES.give_back)
    return response


def end_all_streams() -> None:
    """Let every stream of this process end soon, so that a stop does not wait for viewers."""
    _STOPPING.set()


def viewers(app: Flask) -> int:
    """Return how many streams the app is sending."""
    return sum(poller.viewers for poller in list(_streams(app).pollers.values()))


def allow_streams(capacity: int) -> None:
    """Set how many streams this process may send at once: never all of its threads, or nothing else gets through."""
    PLACES.capacity = min(MAXIMUM_STREAMS, capacity)


def frame(state: State) -> str:
    """Return one event: the revision as its id, the state as its data."""
    data = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    return f"id: {state['revision']}\nevent: state\ndata: {data}\n\n"


@dataclass
class Poller:
    """Reads one state for all its viewers, in a thread that lives while there are any."""

    app: Flask
    poll: Callable[[], State]
    every_seconds: float
    viewers: int = 0
    state: State | None = None
    _changed: Condition = field(default_factory=Condition)
    _thread: Thread | None = None
    _left_at: float = 0.0

    def enter(self) -> None:
        """Count a viewer, and start the thread for the first."""
        with self._changed:
            self.viewers += 1
            self._tell()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="stream-poller", daemon=True)
                self._thread.start()

    def leave(self) -> None:
        """Count a viewer out."""
        with self._changed:
            self.viewers -= 1
            self._left_at = monotonic()
            self._tell()

    def wait(self, known: str | None, timeout: float) -> State | None:
        """Return the state as soon as its revision is another than the known one, or None after the time-out."""

        def is_news() -> bool:
            return self.state is not None and str(self.state["revision"]) != known

        with self._changed:
            return self.state if self._changed.wait_for(is_news, timeout) else None

    def _run(self) -> None:
        """Read the state every so often until nobody has looked for a while."""
        while True:
            started = monotonic()
            state = self._read()
            with self._changed:
                if state is not None and (self.state is None or state["revision"] != self.state["revision"]):
                    self.state = state
                    self._changed.notify_all()
                if _STOPPING.is_set() or (self.viewers == 0 and monotonic() - self._left_at > IDLE_SECONDS):
                    # The next viewer starts anew, and must not be shown an old state first.
                    self._thread, self.state = None, None
                    self._changed.notify_all()
                    return
            _STOPPING.wait(max(0.0, self.every_seconds - (monotonic() - started)))

    def _tell(self) -> None:
        """Say in the metrics how many streams this app is sending."""
        metrics.set_stream_viewers(self.app.extensions["streetscene"].service, viewers(self.app))

    def _read(self) -> State | None:
        """Return the state; None where the store does not answer or the read fails: viewers keep what they have."""
        try:
            with self.app.app_context():
                return self.poll()
        except StoreUnavailable:
            log.warning("stream_poll_failed", extra={"reason": "store unavailable"})
        except Exception:
            # One failed read must not end the poller under its viewers' feet; the next may succeed.
            log.exception("stream_poll_failed")
        return None


@dataclass
class _Streams:
    """The pollers of one app."""

    app: Flask
    pollers: dict[str, Poller] = field(default_factory=dict)

    def poller(self, name: str, poll: Callable[[], State], every_seconds: float) -> Poller:
        """Return the one poller of a name (dict.setdefault is atomic, and an unused poller costs nothing)."""
        return self.pollers.setdefault(name, Poller(self.app, poll, every_seconds))


def _streams(app: Flask) -> _Streams:
    """Return the app's streams."""
    streams: _Streams = app.extensions.setdefault(_EXTENSION, _Streams(app))
    return streams


def _frames(poller: Poller, known: str | None, connection: socket | None) -> Iterator[str]:
    """Yield a frame whenever the state changes, a comment when nothing does, until the stream has lasted or is left."""
    poller.enter()
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        told_at = monotonic()
        ends_at = told_at + LONGEST_SECONDS
        while not _STOPPING.is_set() and (left := ends_at - monotonic()) > 0 and not _has_hung_up(connection):
            state = poller.wait(known, min(HANG_UP_SECONDS, HEARTBEAT_SECONDS, left))
            if state is not None:
                known = str(state["revision"])
                yield frame(state)
                # Coalesces what changes faster than viewers need: the newest state is never more than this old.
                _STOPPING.wait(poller.every_seconds)
            elif monotonic() - told_at >= HEARTBEAT_SECONDS:
                yield ": still here\n\n"
            else:
                continue
            told_at = monotonic()
    finally:
        poller.leave()


def _has_hung_up(connection: socket | None) -> bool:
    """Say whether a viewer has gone, which the server would notice with the next frame only; None is nobody's."""
    if connection is None:
        return False
    try:
        return connection.recv(1, MSG_PEEK | MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
