"""Eight real processes at once over one store: nobody gets what another has, and nothing is lost."""

from collections import Counter
from collections.abc import Callable

from shared.store import Store
from tests.contract.store import contenders
from tests.contract.store.samples import THINGS, logged, thing


def test_eight_processes_claim_four_hundred_things_and_none_twice(opened: Callable[..., Store], store_url: str) -> None:
    opened(THINGS).write_many("things", [thing(number) for number in range(400)])

    claimed = contenders.in_processes(contenders.claim_all, store_url)

    times = Counter(document_id for by_one in claimed for document_id in by_one)
    assert times == Counter(f"thing-{number:03}" for number in range(400))


def test_exactly_one_of_eight_conflicting_saves_wins_with_its_event(
    opened: Callable[..., Store], store_url: str
) -> None:
    store = opened(THINGS)
    store.insert("things", thing(1))

    won = contenders.in_processes(contenders.save_from_version_one, store_url)

    assert won.count(True) == 1
    assert len(logged(store)) == 1
    assert (store.get("things", "thing-001") or {})["version"] == 2


def test_exactly_one_of_eight_inserts_of_an_id_wins_with_its_event(
    opened: Callable[..., Store], store_url: str
) -> None:
    won = contenders.in_processes(contenders.insert_the_same, store_url)

    assert won.count(True) == 1
    assert len(logged(opened(THINGS))) == 1


def test_exactly_one_of_eight_inserts_of_a_unique_value_wins(opened: Callable[..., Store], store_url: str) -> None:
    won = contenders.in_processes(contenders.insert_the_same_reference, store_url)

    store = opened(THINGS)
    assert won.count(True) == 1
    assert store.count("things", {}) == len(logged(store)) == 1


def test_the_newest_of_many_copies_stays(opened: Callable[..., Store], store_url: str) -> None:
    taken = contenders.in_processes(contenders.put_copies, store_url)

    copy = opened(THINGS).get("things", "thing-001") or {}
    assert (copy["kg"], copy["sequence"]) == (199, 199)
    assert copy["version"] == sum(map(len, taken))


def test_no_change_is_lost_when_all_reload_on_conflict(opened: Callable[..., Store], store_url: str) -> None:
    store = opened(THINGS)
    store.insert("things", thing(1, kg=0))

    contenders.in_processes(contenders.add_one_thing_after_another, store_url)

    assert (store.get("things", "thing-001") or {})["kg"] == 10 * contenders.PROCESSES
    assert len(logged(store)) == 10 * contenders.PROCESSES
