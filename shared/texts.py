"""What people read, in their language: a text is looked up by its English words, and said in them without a catalogue.

The standard library's gettext does the work. Which catalogue holds is a context variable, so that it is the same in the
domain as in a template; English needs none. Dates and numbers are Babel's, by the same locale.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time
from gettext import NullTranslations
from typing import Any


@dataclass(frozen=True)
class Language:
    """A catalogue of texts, and the locale whose words and order dates and numbers have."""

    locale: str
    catalogue: NullTranslations


ENGLISH = Language("en_GB", NullTranslations())

_spoken: ContextVar[Language] = ContextVar("streetscene_language", default=ENGLISH)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Say everything in a language while the context lasts."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def locale() -> str:
    """Return the locale that is spoken."""
    return _spoken.get().locale


def for_one(text: str) -> str:
    """Return a text in the language spoken with its `%(name)s` still in it: templates put values in themselves."""
    return _spoken.get().catalogue.gettext(text)


def for_many(one: str, many: str, count: int) -> str:
    """Return a text for one or for several with its `%(name)s` still in it, for templates."""
    return _spoken.get().catalogue.ngettext(one, many, count)


def gettext(text: str, **values: Any) -> str:
    """Return a text in the language spoken, `%(name)s` replaced by the values; one with none is taken as it is."""
    said = for_one(text)
    return said % values if values else said


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """Return a text for one or for several, `%(count)s` being how many."""
    return for_many(one, many, count) % {"count": count, **values}


def marked(text: str) -> str:
    """Mark a text for the catalogue where it is written; whoever shows it says `gettext`."""
    return text


def date_words(day: date) -> str:
    """Return a date as people write it: 2 November 2026."""
    from babel.dates import format_date  # 20 ms of import that a worker without messages never pays

    return format_date(day, "d MMMM y", locale=locale())


def weekday_words(day: date) -> str:
    """Return a date with its day of the week: Monday 2 November 2026."""
    from babel.dates import format_date  # as above

    return format_date(day, "EEEE d MMMM y", locale=locale())


def time_words(local: datetime | time) -> str:
    """Return a time of day as the language writes it."""
    from babel.dates import format_time  # as above

    return format_time(local, "short", locale=locale())
