"""What the processes of the concurrency tests do; they import this and little else, so that many can start."""

import multiprocessing
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import shared.store.mongo
import shared.store.sqlite  # noqa: F401 — loaded once, before the processes are forked
from shared.errors import Conflict, Duplicate
from shared.store import Store, open_store, reload_on_conflict
from tests.contract.store.samples import THINGS, an_event, thing

PROCESSES = 8
START_SECONDS = 60
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


def in_processes(work: Callable[[Store, int], Any], url: str) -> list[Any]:
    """Run the work in 8 processes that begin at the same moment, each over a store of its own; return what they say."""
    barrier = CONTEXT.Barrier(PROCESSES)
    answers = CONTEXT.SimpleQueue()
    processes = [
        CONTEXT.Process(target=_run, args=(work, url, number, barrier, answers)) for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
        process.close()
    answers.close()
    failures = [answer for answer in found if isinstance(answer, BaseException)]
    if failures:
        raise failures[0]
    return found


def _run(work: Callable[[Store, int], Any], url: str, number: int, barrier: Any, answers: Any) -> None:
    """Do the work in this process and put its result, or what it raised, into the queue."""
    try:
        with closing(open_store(url, "reports", [THINGS])) as store:
            barrier.wait(START_SECONDS)
            answers.put(work(store, number))
    except BaseException as error:  # noqa: BLE001 — the test is told, whatever it was
        answers.put(RuntimeError(f"process {number}: {error!r}"))


def claim_all(store: Store, number: int) -> list[str]:
    """Claim open things until there are none; return which."""
    claimed = []
    while document := store.claim("things", {"open": True}, {"open": False, "by": number}):
        claimed.append(document["_id"])
    return claimed


def save_from_version_one(store: Store, number: int) -> bool:
    """Save the one thing as if nobody else did; say whether that was so."""
    try:
        store.save("things", thing(1, kg=number), expected_version=1, events=[an_event(f"by-{number}")])
    except Conflict:
        return False
    return True


def insert_the_same(store: Store, number: int) -> bool:
    """Insert one thing under the one id; say whether this process was it."""
    try:
        store.insert("things", thing(1, kg=number), [an_event(f"by-{number}")])
    except Duplicate:
        return False
    return True


def insert_the_same_reference(store: Store, number: int) -> bool:
    """Insert a thing of its own with the one reference; say whether this process was it."""
    try:
        store.insert("things", thing(number, reference="FT-same"), [an_event(f"by-{number}")])
    except Duplicate:
        return False
    return True


def put_copies(store: Store, number: int) -> Sequence[int]:
    """Put copies of one thing with sequences of its own, rising; return which were taken."""
    sequences = range(1 + number, 200, PROCESSES)
    return [
        sequence for sequence in sequences if store.put_if_newer("things", thing(1, kg=sequence), sequence=sequence)
    ]


def add_one_thing_after_another(store: Store, number: int) -> None:
    """Raise one thing's weight 10 times, reloading after each conflict."""

    def add() -> None:
        document = store.get("things", "thing-001") or {}
        changed = {**document, "kg": document["kg"] + 1}
        store.save("things", changed, expected_version=document["version"], events=[an_event(f"by-{number}")])

    for _ in range(10):
        patiently = add
        for _ in range(4):  # eight writers of one document are more than any council has: 5 attempts may not do
            patiently = reload_on_conflict(patiently)
        patiently()
