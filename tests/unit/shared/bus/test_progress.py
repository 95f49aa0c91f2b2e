"""What a bus that forgets must remember for its consumers."""

import pytest

from shared.bus.documents import read_progress
from shared.bus.progress import Progress
from tests.unit.shared.bus.toys import subscription, toy_context

USERS, ACCOUNTS = "reports.users", "accounts"


@pytest.fixture
def contexts(tmp_path):
    found = {service: toy_context(service, tmp_path) for service in ("accounts", "reports")}
    yield found
    for context in found.values():
        context.store.close()


def progress_of(contexts) -> Progress:
    return Progress(contexts, {"reports": [subscription()]})


def send(progress, *positions):
    for position in positions:
        progress.sent(USERS, ACCOUNTS, position)
        progress.scanned(ACCOUNTS, position)


def test_progress_stays_below_what_is_open(contexts):
    progress = progress_of(contexts)
    send(progress, 1, 2, 3, 4)

    for position in (4, 2, 1):
        progress.done(USERS, ACCOUNTS, position)

    assert progress.position(USERS, ACCOUNTS) == 2
    assert progress.open_count(ACCOUNTS) == 1


def test_progress_reaches_the_end_when_nothing_is_open(contexts):
    progress = progress_of(contexts)
    send(progress, 1, 2)
    progress.scanned(ACCOUNTS, 7)

    progress.done(USERS, ACCOUNTS, 1)
    progress.done(USERS, ACCOUNTS, 2)

    assert progress.settled(ACCOUNTS) == 7


def test_what_is_stored_is_where_the_next_start_begins(contexts):
    before = progress_of(contexts)
    send(before, 1, 2, 3)
    before.done(USERS, ACCOUNTS, 1)
    before.store()

    after = progress_of(contexts)

    assert read_progress(contexts["reports"].store, USERS, ACCOUNTS) == 1
    assert after.first(ACCOUNTS) == 1
    assert [after.wants(USERS, ACCOUNTS, position) for position in (1, 2, 3)] == [False, True, True]


def test_a_log_that_concerns_nobody_here_has_no_first_position(contexts):
    assert progress_of(contexts).first("tonnage") is None


def test_nothing_is_written_when_nothing_has_changed(contexts):
    progress = progress_of(contexts)
    send(progress, 1)
    progress.done(USERS, ACCOUNTS, 1)
    progress.store()
    contexts["reports"].store.close()
    before = contexts["reports"].store.get("progress", f"{USERS}|{ACCOUNTS}")

    progress.store()

    assert contexts["reports"].store.get("progress", f"{USERS}|{ACCOUNTS}") == before
