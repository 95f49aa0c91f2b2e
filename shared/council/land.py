"""Who clears which kind of land: the answer that a resident gets before anything else is asked."""

from collections.abc import Mapping
from typing import Literal

from shared.contracts.codes import LAND_TYPES
from shared.council.model import LandAnswer
from shared.toml import Table

WHOSE: tuple[Literal["council", "highway", "private", "other"], ...] = ("council", "highway", "private", "other")


def land_answers(top: Table) -> Mapping[str, LandAnswer]:
    """Return the answer for every kind of land (`[[land]]`); raises `ConfigError` for one that is missing or twice."""
    answers: dict[str, LandAnswer] = {}
    for table in top.tables("land"):
        answer = _answer(table)
        if answer.land_type in answers:
            table.fail("type", f"is {answer.land_type!r} a second time")
        answers[answer.land_type] = answer
    missing = [land for land in LAND_TYPES if land not in answers]
    if missing:
        top.fail("land", f"has no answer for {', '.join(missing)}")
    return answers


def _answer(table: Table) -> LandAnswer:
    """Return the answer of one table."""
    written = table.choice("whose", WHOSE)
    whose = next(known for known in WHOSE if known == written)
    answer = LandAnswer(
        land_type=table.choice("type", LAND_TYPES),
        whose=whose,
        owner=table.text("owner") if table.has("owner") else None,
        url=table.text("url") if table.has("url") else None,
    )
    if whose in ("other", "highway") and answer.owner is None:
        table.fail("owner", "must name whose land it is")
    table.close()
    return answer
