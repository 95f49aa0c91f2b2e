"""Any sequence of operations gives the same answers from both adapters: the embedded mode can't quietly differ."""

import tempfile
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pymongo import MongoClient

from shared.errors import Conflict, DomainError, Duplicate
from shared.store import HasAny, In, NoIndex, Range, Store, open_store
from tests.contract.store.samples import MINUTE, NOON, THINGS, an_event, ids
from tests.servers.mongo import MongoServer

NUMBERS = st.integers(0, 5)
CREWS = st.sampled_from([None, "", "east", "north", "nört", "\uffee"])
"""None beyond the first plane: the in-memory server compares UTF-16 units there (see `test_mongo.py`)."""

INSTANTS = st.integers(-3, 3).map(lambda number: NOON + number * MINUTE + timedelta(microseconds=number * 400))
WORDS = st.lists(st.sampled_from(["bag", "tyre", "sofa"]), max_size=3)
SERIALS = st.sampled_from([None, None, None, "S1", "S2"])
DOCUMENTS = st.fixed_dictionaries(
    {
        "_id": NUMBERS.map(str),
        "reference": st.integers(0, 9).map("FT-{}".format),
        "serial": SERIALS,
        "crew": CREWS,
        "open": st.booleans(),
        "due_at": INSTANTS,
        "kg": st.integers(-2, 2),
        "words": WORDS,
    },
    optional={"note": st.none() | st.text("aß☂", max_size=2) | st.dictionaries(st.text("a.b", max_size=2), INSTANTS)},
)


def either(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A condition on a field with these values."""
    present = values.filter(lambda value: value is not None)
    return (
        values
        | st.lists(present, max_size=2).map(In)
        | st.builds(Range, present, present)
        | st.builds(Range, present)
        | st.builds(lambda below: Range(below=below), present)
    )


CONDITIONS = {
    "_id": either(NUMBERS.map(str)),
    "crew": either(CREWS),
    "open": st.booleans(),
    "due_at": either(INSTANTS),
    "kg": either(st.integers(-2, 2)),
    "words": WORDS.map(HasAny),
    "reference": either(st.integers(0, 9).map("FT-{}".format)),
    "serial": either(SERIALS),
}
SERVED = [(), ("crew",), ("crew", "due_at"), ("open",), ("open", "due_at"), ("open", "crew"), ("kg",), ("kg", "_id")]
SERVED += [("words",), ("words", "due_at"), ("reference",), ("serial",), ("_id",), ("_id", "kg")]
WHERES = (
    st.sampled_from(SERVED) | st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=3, unique=True).map(tuple)
).flatmap(lambda names: st.fixed_dictionaries({name: CONDITIONS[name] for name in names}))
DIRECTIONS = st.sampled_from([1, -1])
SORTS = st.sampled_from([(), ("due_at",), ("due_at", "kg"), ("crew",), ("_id",), ("kg",), ("reference",)]).flatmap(
    lambda names: st.tuples(*(st.tuples(st.just(name), DIRECTIONS) for name in names))
)
LISTS = st.sampled_from(
    [
        ((), (("crew", 1), ("due_at", -1), ("kg", 1))),
        ((), (("crew", -1), ("due_at", 1))),
        ((), (("reference", 1),)),
        (("open",), (("_id", 1),)),
        (("crew",), (("due_at", 1), ("kg", -1))),
        (("kg",), (("_id", -1),)),
        (("words",), (("due_at", 1),)),
    ]
).flatmap(
    lambda list_: st.tuples(st.fixed_dictionaries({name: CONDITIONS[name] for name in list_[0]}), st.just(list_[1]))
)
"""Conditions and orders that go together, or pages would seldom follow one another."""

EXPECTED = (Conflict, DomainError, NoIndex, TypeError)


class BothStores(RuleBasedStateMachine):
    """Does everything to both stores and compares what they answer, errors included."""

    cursors = Bundle("cursors")

    mongo_url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.name = f"h{uuid.uuid4().hex[:12]}"
        self.stores = [
            open_store(f"sqlite://{self.folder.name}", "reports", [THINGS]),
            open_store(urlsplit(self.mongo_url)._replace(path=f"/{self.name}").geturl(), "reports", [THINGS]),
        ]

    def both(self, operation: Callable[[Store], Any]) -> Any:
        """Do it to both and return the one answer."""
        answers = []
        for store in self.stores:
            try:
                answers.append(operation(store))
            except Duplicate as error:
                # Where two unique values are taken at once, either may be named; the id always before them.
                answers.append((Duplicate, error.collection, error.key if error.key.isdigit() else "a field"))
            except EXPECTED as error:
                answers.append((type(error), str(error)))
        assert answers[0] == answers[1], f"SQLite: {answers[0]}\nMongoDB: {answers[1]}"
        return answers[0]

    @initialize(documents=st.lists(DOCUMENTS, min_size=4, max_size=6))
    def fill(self, documents: list[dict[str, Any]]) -> None:
        apart = [
            {**document, "_id": str(number), "reference": f"FT-{number}", "serial": None}
            for number, document in enumerate(documents)
        ]
        self.both(lambda store: store.write_many("things", apart))

    @rule(document=DOCUMENTS, events=st.integers(0, 2))
    def insert(self, document: dict[str, Any], events: int) -> None:
        announced = [an_event(sequence=number) for number in range(events)]
        self.both(lambda store: store.insert("things", document, announced))

    @rule(document=DOCUMENTS, off_by=st.sampled_from([0, 0, 0, 1, -1]), events=st.integers(0, 2))
    def save(self, document: dict[str, Any], off_by: int, events: int) -> None:
        announced = [an_event(sequence=number) for number in range(events)]
        present = self.stores[0].get("things", document["_id"]) or {"version": 1}
        version = present["version"] + off_by
        self.both(lambda store: store.save("things", document, expected_version=version, events=announced))

    @rule(document=DOCUMENTS, sequence=st.integers(1, 5))
    def put_if_newer(self, document: dict[str, Any], sequence: int) -> None:
        self.both(lambda store: store.put_if_newer("things", document, sequence=sequence))

    @rule(document_id=NUMBERS.map(str), version=st.none() | st.integers(1, 3))
    def delete(self, document_id: str, version: int | None) -> None:
        self.both(lambda store: store.delete("things", document_id, expected_version=version))

    @rule(document=DOCUMENTS)
    def write_many(self, document: dict[str, Any]) -> None:
        self.both(lambda store: store.write_many("things", [document]))

    @rule(
        where=WHERES, changes=st.sampled_from([{"open": False}, {"kg": 2, "open": True}, {"crew": None}, {"kg": None}])
    )
    def claim(self, where: dict[str, Any], changes: dict[str, Any]) -> None:
        self.both(lambda store: store.claim("things", where, changes))

    @rule(target=cursors, where=WHERES, order=SORTS, limit=st.integers(1, 3))
    def find(self, where: dict[str, Any], order: tuple[tuple[str, int], ...], limit: int) -> Any:
        page = self.both(lambda store: store.find("things", where, sort=order, limit=limit))
        cursor = getattr(page, "next", None)
        return multiple() if cursor is None else (where, order, cursor)

    @rule(target=cursors, place=consumes(cursors))
    def find_further(self, place: tuple[Any, Any, str]) -> Any:
        where, order, after = place
        page = self.both(lambda store: store.find("things", where, sort=order, limit=2, after=after))
        return multiple() if page.next is None else (where, order, page.next)

    @rule(list_=LISTS, limit=st.integers(1, 3))
    def find_page_by_page(self, list_: tuple[dict[str, Any], tuple[tuple[str, int], ...]], limit: int) -> None:
        where, order = list_
        self.both(lambda store: ids(store, where, sort=order, page=limit))

    @rule(where=WHERES, limit=st.integers(1, 3))
    def count(self, where: dict[str, Any], limit: int) -> None:
        self.both(lambda store: store.count("things", where, limit=limit))

    @rule(where=WHERES, by=st.sampled_from(["crew", "open", "due_at", "kg"]))
    def sum(self, where: dict[str, Any], by: str) -> None:
        self.both(lambda store: store.sum("things", "kg", where, by=by))

    @rule()
    def collect_and_compare_the_logs(self) -> None:
        def bodies(store: Store) -> set[bytes]:
            while store.log.collect(limit=2):
                pass
            return {entry.body for entry in store.log.read(after=0, limit=10_000)}

        self.both(bodies)

    @invariant()
    def all_documents_are_alike(self) -> None:
        self.both(lambda store: store.find("things", {}).items)

    def teardown(self) -> None:
        self.collect_and_compare_the_logs()
        for store in self.stores:
            store.close()
        self.folder.cleanup()
        client: MongoClient[dict[str, Any]] = MongoClient(self.mongo_url)
        with closing(client):
            client.drop_database(f"{self.name}_reports")


def test_both_adapters_answer_alike_whatever_is_done(mongo: MongoServer) -> None:
    class OverThisServer(BothStores):
        mongo_url = mongo.url

    thorough = settings(
        max_examples=30,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate),  # shrinking asks the server for minutes: forty steps can be read
    )
    run_state_machine_as_test(OverThisServer, settings=thorough)
