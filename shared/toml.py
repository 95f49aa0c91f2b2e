"""Read a TOML file key by key, so that a slip in configuration is one clear line and never a traceback.

`tomllib` gives nested dicts and says nothing about a key that is missing, misspelt or of the wrong type. A `Table`
takes each key once, checks its type, and `close` complains about any key that nothing asked for: a misspelt optional
key would otherwise be ignored without a word. Every complaint is a `ConfigError` that names the file and the key.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from shared.errors import ConfigError

SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
IDENTIFIER = re.compile(r"^[A-Za-z0-9][A-Za-z0-9:._/-]{0,119}$")
"""What contracts accept as an id (`shared/contracts/base.py`): configuration can't bring forth a bad event."""

T = TypeVar("T")


class Table:
    """One TOML table of a file, with the path of keys that leads to it."""

    def __init__(self, file: Path, values: Mapping[str, Any], where: str = "") -> None:
        self.file = file
        self._values = values
        self._where = where
        self._taken: set[str] = set()

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise the `ConfigError` for a key of this table."""
        raise ConfigError(f"{self.file}: {self._path(key)} {problem}")

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self._take(key, str, "a text", default)
        if not value.strip():
            self.fail(key, "must not be empty")
        return value

    def slug(self, key: str) -> str:
        """Return an id made of lower-case letters, digits and single hyphens."""
        value = self.text(key)
        if not SLUG.match(value):
            self.fail(key, f"must be lower-case words joined by hyphens, not {value!r}")
        return value

    def identifier(self, key: str) -> str:
        """Return an id that events may carry."""
        value = self.text(key)
        if not IDENTIFIER.match(value):
            self.fail(key, f"must be letters, digits and :._/- without spaces, not {value!r}")
        return value

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """Return one of the choices."""
        value = self.text(key, default)
        allowed = tuple(choices)
        if value not in allowed:
            self.fail(key, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def whole(self, key: str, *, minimum: int = 0, maximum: int | None = None, default: int | None = None) -> int:
        """Return a whole number within bounds."""
        value = self._take(key, int, "a whole number", default)
        if value < minimum or (maximum is not None and value > maximum):
            bounds = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
            self.fail(key, f"must be {bounds}, not {value}")
        return value

    def optional_whole(self, key: str, *, minimum: int = 0) -> int | None:
        """Return a whole number, or None where the key is absent."""
        return self.whole(key, minimum=minimum) if self.has(key) else None

    def number(self, key: str, *, minimum: float, maximum: float) -> float:
        """Return a number within bounds."""
        value = float(self._take(key, (int, float), "a number", None))
        if not minimum <= value <= maximum:
            self.fail(key, f"must be from {minimum} to {maximum}, not {value}")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        return self._take(key, bool, "true or false", default)

    def day(self, key: str) -> date:
        """Return a date written as YYYY-MM-DD without quotes."""
        return self._take(key, date, "a date (YYYY-MM-DD, without quotes)", None)

    def optional_day(self, key: str) -> date | None:
        """Return a date, or None where the key is absent."""
        return self.day(key) if self.has(key) else None

    def time_of_day(self, key: str) -> time:
        """Return a local time written as HH:MM:SS without quotes."""
        return self._take(key, time, "a time (HH:MM:SS, without quotes)", None)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        return self._list(key, str, "a list of texts", default)

    def days(self, key: str) -> tuple[date, ...]:
        """Return a list of dates."""
        return self._list(key, date, "a list of dates", None)

    def table(self, key: str) -> "Table":
        """Return a nested table."""
        return Table(self.file, self._take(key, dict, "a table", None), self._path(key))

    def tables(self, key: str, *, minimum: int = 1) -> "list[Table]":
        """Return a list of tables (`[[key]]`)."""
        values = self._take(key, list, "a list of tables", [] if minimum == 0 else None)
        if len(values) < minimum or not all(isinstance(value, dict) for value in values):
            self.fail(key, f"must be a list of at least {minimum} tables ([[{key}]])")
        return [Table(self.file, value, f"{self._path(key)}[{number}]") for number, value in enumerate(values, start=1)]

    def names(self) -> tuple[str, ...]:
        """Return the keys that are there, in the file's order."""
        return tuple(self._values)

    def close(self) -> None:
        """Complain about keys that nothing asked for."""
        for key in self._values:
            if key not in self._taken:
                self.fail(key, "is not a key that is known here")

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def _take(self, key: str, kind: type[T] | tuple[type[T], ...], described: str, default: T | None) -> T:
        """Return the value of a key if it is of the right kind."""
        self._taken.add(key)
        if key not in self._values:
            if default is None:
                self.fail(key, f"is missing: it must be {described}")
            return default
        value = self._values[key]
        # A bool is an int to Python, and a datetime a date; in a file of settings each is a slip.
        wrong_bool = isinstance(value, bool) and kind is not bool
        wrong_date = kind is date and type(value) is not date
        if wrong_bool or wrong_date or not isinstance(value, kind):
            self.fail(key, f"must be {described}, not {value!r}")
        return value

    def _list(self, key: str, kind: type[T], described: str, default: tuple[T, ...] | None) -> tuple[T, ...]:
        """Return a list whose items are all of one kind."""
        if default is not None and not self.has(key):
            return default
        values = self._take(key, list, described, None)
        if not all(type(value) is kind for value in values):
            self.fail(key, f"must be {described}, not {values!r}")
        return tuple(values)


def read_toml(path: Path) -> Table:
    """Return a file's top table; raises `ConfigError` where it can't be read or is not TOML."""
    try:
        return Table(path, tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


def each(tables: Iterable[Table], make: Callable[[Table], T]) -> Iterator[T]:
    """Yield what is made of each table, closing it afterwards."""
    for table in tables:
        yield make(table)
        table.close()
