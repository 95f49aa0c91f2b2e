"""A plan as SQL: conditions, the keyset, the order, and `INDEXED BY`, which makes SQLite keep to the planned index."""

from collections.abc import Sequence
from typing import Any

from shared.store.plan import Condition, Is, Plan, index_name
from shared.store.port import ASCENDING, Collection, HasAny, In, Range
from shared.store.sqlite_schema import column_value

Parameters = list[Any]


class Query:
    """The parts of a SELECT that follow from a plan, with their parameters in order."""

    def __init__(self, collection: Collection, plan: Plan, after: Sequence[Any] | None = None) -> None:
        self._collection = collection
        self._plan = plan
        self.parameters: Parameters = []
        terms = [self._condition(name, condition) for name, condition in plan.conditions.items()]
        if after is not None:
            terms += self._keyset(after)
        self.where = " AND ".join(terms) or "1"
        self.order = ", ".join(f'"{name}"' if way == ASCENDING else f'"{name}" DESC' for name, way in plan.order)

    @property
    def source(self) -> str:
        """Return the table with the index that the plan found: the ids', where the side table of arrays leads."""
        conditions = self._plan.conditions.values()
        table = self._collection.name
        if any(isinstance(condition, In | HasAny) and not condition.values for condition in conditions):
            return f'"{table}"'  # one of no values: SQLite knows that nothing matches, and refuses an index for it
        led_by_array = any(isinstance(condition, HasAny) for condition in conditions)
        if self._plan.index is None or led_by_array:
            return f'"{table}" INDEXED BY "sqlite_autoindex_{table}_1"'
        return f'"{table}" INDEXED BY "{index_name(self._collection, self._plan.index)}"'

    def _condition(self, name: str, condition: Condition) -> str:
        """Return the SQL of one condition."""
        if isinstance(condition, Is):
            return self._equality(name, condition.value)
        if isinstance(condition, In):
            return f'"{name}" IN ({self._marks(name, condition.values)})'
        if isinstance(condition, Range):
            return self._range(name, condition)
        self.parameters += [name, *condition.values]
        marks = ", ".join("?" * len(condition.values))
        texts = f'"{self._collection.name}__texts"'
        return f"_id IN (SELECT owner FROM {texts} WHERE field = ? AND value IN ({marks}))"  # noqa: S608 — checked names

    def _equality(self, name: str, value: Any) -> str:
        """Return an equality; booleans are written out, or SQLite could not see that a partial index fits."""
        if value is None:
            return f'"{name}" IS NULL'
        if isinstance(value, bool):
            return f'"{name}" = {int(value)}'
        self.parameters.append(self._value(name, value))
        return f'"{name}" = ?'

    def _range(self, name: str, condition: Range) -> str:
        """Return a range; what has no value is in none."""
        terms = []
        for operator, bound in ((">=", condition.at_least), ("<", condition.below)):
            if bound is not None:
                terms.append(f'"{name}" {operator} ?')
                self.parameters.append(self._value(name, bound))
        return " AND ".join(terms)

    def _keyset(self, values: Sequence[Any]) -> list[str]:
        """Return the terms for "after this place": a bound on the first key for the index, then the rule."""
        keys = list(zip(self._plan.order, values, strict=True))
        (first, way), value = keys[0]
        terms = []
        if value is not None and (way == ASCENDING or first == "_id" or first not in self._collection.nullable):
            terms.append(f'"{first}" {">=" if way == ASCENDING else "<="} ?')
            self.parameters.append(self._value(first, value))
        alternatives = []
        for number, ((name, own_way), own_value) in enumerate(keys):
            before = [self._equality(earlier, earlier_value) for (earlier, _), earlier_value in keys[:number]]
            alternatives.append(" AND ".join([*before, self._beyond(name, own_way, own_value)]))
        terms.append(f"(({') OR ('.join(alternatives)}))")
        return terms

    def _beyond(self, name: str, way: int, value: Any) -> str:
        """Return "comes later in this order", where having no value comes before every value."""
        if value is None:
            return f'"{name}" IS NOT NULL' if way == ASCENDING else "0"
        self.parameters.append(self._value(name, value))
        if way == ASCENDING:
            return f'"{name}" > ?'
        return f'("{name}" < ? OR "{name}" IS NULL)' if name in self._collection.nullable else f'"{name}" < ?'

    def _marks(self, name: str, values: Sequence[Any]) -> str:
        """Return the placeholders of values."""
        self.parameters += [self._value(name, value) for value in values]
        return ", ".join("?" * len(values))

    def _value(self, name: str, value: Any) -> Any:
        """Return a value as its column holds it."""
        return value if name == "_id" else column_value(self._collection.fields[name], value)
