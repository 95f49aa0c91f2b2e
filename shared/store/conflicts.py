"""Trying again where somebody else saved first: load, decide anew, save."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from shared.errors import Conflict

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 0.02
"""Long enough for the other to be through, short enough for nobody to notice."""


def reload_on_conflict(use_case: Callable[P, T]) -> Callable[P, T]:
    """Return the use case made to run again on `Conflict`, up to 5 times in all; it must load what it saves.

    A decorator; for one call, `reload_on_conflict(use_case)(arguments)`. Not for saves that carry a version from the
    user: there the conflict is the answer.
    """

    @functools.wraps(use_case)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(ATTEMPTS - 1):
            try:
                return use_case(*args, **kwargs)
            except Conflict:
                time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 — spreading retries
        return use_case(*args, **kwargs)

    return again
