import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from shared.errors import StoreUnavailable
from shared.service import ServiceContext
from shared.web import stream
from shared.web.app import context, create_app
from shared.web.auth import PUBLIC, policy
from shared.web.stream import Places, frame, state_stream


class Wall:
    """A state that tests change, and a count of how often it was read."""

    def __init__(self) -> None:
        self.revision = 1
        self.reads = 0
        self.services: set[str] = set()
        self.fails = False

    def poll(self) -> dict[str, Any]:
        self.reads += 1
        self.services.add(context().service)
        if self.fails:
            raise StoreUnavailable("gone")
        return {"revision": self.revision, "open": self.revision * 10}


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def app(ctx: ServiceContext, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    from flask import Blueprint

    monkeypatch.setattr(stream, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(stream, "PLACES", Places(3))
    pages = Blueprint("live", __name__)

    @pages.get("/live")
    @policy(PUBLIC)
    def live() -> Response:
        return state_stream(wall.poll, name="wall", every_seconds=0.01)

    yield create_app(ctx, package=__name__, pages=[pages], title="Live")
    for thread in threading.enumerate():
        if thread.name == "stream-poller":
            thread.join(5)


def frames(client: FlaskClient, **headers: str) -> tuple[Any, Iterator[str]]:
    answer = client.get("/live", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return answer, (chunk.decode() for chunk in answer.iter_encoded())


def next_state(chunks: Iterator[str]) -> dict[str, Any]:
    for chunk in chunks:
        if "data: " in chunk:
            state: dict[str, Any] = json.loads(chunk.partition("data: ")[2])
            return state
    raise AssertionError("the stream ended")


def test_a_frame_is_a_full_state_with_its_revision_as_id() -> None:
    assert frame({"revision": 7, "open": 3}) == 'id: 7\nevent: state\ndata: {"revision":7,"open":3}\n\n'


def test_a_viewer_gets_the_state_at_once_and_again_when_it_changes(client: FlaskClient, wall: Wall) -> None:
    answer, chunks = frames(client)

    assert answer.content_type.startswith("text/event-stream")
    assert next(chunks) == "retry: 2000\n\n"
    assert next_state(chunks) == {"revision": 1, "open": 10}
    wall.revision = 5
    assert next_state(chunks) == {"revision": 5, "open": 50}
    assert wall.services == {"accounts"}
    answer.close()


def test_a_viewer_who_comes_back_is_not_sent_what_it_has(client: FlaskClient, wall: Wall) -> None:
    answer, chunks = frames(client, Last_Event_ID="1")

    assert next(chunks) == "retry: 2000\n\n"
    assert next(chunks) == ": still here\n\n"
    wall.revision = 2
    assert next_state(chunks)["revision"] == 2
    answer.close()


def test_a_viewer_who_missed_some_is_sent_the_whole_state(client: FlaskClient, wall: Wall) -> None:
    wall.revision = 9
    answer, chunks = frames(client, Last_Event_ID="4")

    assert next_state(chunks) == {"revision": 9, "open": 90}
    answer.close()


def test_all_viewers_share_one_poller(app: Flask, wall: Wall) -> None:
    answers = [frames(app.test_client()) for _ in range(3)]
    for _, chunks in answers:
        next_state(chunks)

    pollers = [thread for thread in threading.enumerate() if thread.name == "stream-poller"]
    assert len(pollers) == 1
    assert stream.viewers(app) == 3
    for answer, _ in answers:
        answer.close()
    assert stream.viewers(app) == 0


def test_more_viewers_than_places_are_told_to_poll(app: Flask) -> None:
    answers = [frames(app.test_client())[0] for _ in range(3)]

    refused = app.test_client().get("/live")

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "10"
    answers[0].close()
    again = app.test_client().get("/live")
    assert again.status_code == 200
    for answer in [*answers[1:], again]:
        answer.close()


def test_a_viewer_who_hangs_up_gives_the_place_back_although_nothing_changes(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 60.0)
    monkeypatch.setattr(stream, "HANG_UP_SECONDS", 0.05)
    ours, theirs = socket.socketpair()
    with ours:
        answer = app.test_client().get("/live", environ_overrides={"gunicorn.socket": ours})
        chunks = (chunk.decode() for chunk in answer.iter_encoded())
        next_state(chunks)
        threading.Timer(0.3, theirs.close).start()
        started = time.monotonic()

        assert list(chunks) == []
        assert time.monotonic() - started >= 0.3
        answer.close()
    assert stream.PLACES.taken == 0


def test_a_viewer_whose_line_breaks_gives_the_place_back(app: Flask) -> None:
    ours, theirs = socket.socketpair()
    answer = app.test_client().get("/live", environ_overrides={"gunicorn.socket": ours})
    ours.close()
    theirs.close()

    assert "event: state" not in "".join(chunk.decode() for chunk in answer.iter_encoded())
    answer.close()


def test_a_store_that_is_gone_for_a_moment_ends_no_stream(client: FlaskClient, wall: Wall) -> None:
    answer, chunks = frames(client)
    next_state(chunks)
    wall.fails = True
    assert ": still here\n\n" in (next(chunks), next(chunks))
    wall.fails, wall.revision = False, 2

    assert next_state(chunks)["revision"] == 2
    answer.close()


def test_a_stream_ends_after_a_while_so_that_policies_are_checked_anew(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LONGEST_SECONDS", 0.1)
    answer, chunks = frames(client)

    assert "event: state" in "".join(chunks)
    answer.close()
