"""What a council must tell the public about itself: its privacy notice and its accessibility statement, as data.

The pages are made of `[privacy]` and `[accessibility]` of `council.toml`, so that what they say is what the council has
decided, and the times in them are those that the worker erases by: a purpose names the key of `[retention]`.
"""

from dataclasses import dataclass
from datetime import date

from shared.council.assessing import Provenance
from shared.council.model import Retention
from shared.council.rules import provenance
from shared.texts import ngettext
from shared.toml import Table, each

WHILE_NEEDED = "while-needed"
DAYS_OF_A_YEAR = 365
RETENTION_KEYS = tuple(name for name in Retention.__dataclass_fields__ if name != "provenance")
NO_SOURCE = Provenance("", verified=False)


@dataclass(frozen=True)
class Purpose:
    """One use of personal data: what for, which data, the lawful basis, who else gets them, how long they are kept.

    `kept` is a key of `[retention]`, or `while-needed` where `until` says in words when they go.
    """

    what: str
    data: str
    basis: str
    shared_with: str
    kept: str
    until: str


@dataclass(frozen=True)
class PrivacyNotice:
    """Who answers for personal data, and what they are used for."""

    controller: str = ""
    officer: str = ""
    email: str = ""
    complaints: str = ""
    purposes: tuple[Purpose, ...] = ()
    provenance: Provenance = NO_SOURCE


@dataclass(frozen=True)
class AccessibilityStatement:
    """How far the service meets the standard, how that was looked at, what is not right yet, who enforces."""

    standing: str = ""
    prepared_on: date | None = None
    tested_on: date | None = None
    how: str = ""
    answer_days: int = 0
    problems: tuple[str, ...] = ()
    enforcement: str = ""
    provenance: Provenance = NO_SOURCE


STANDINGS = ("fully", "partially", "not")
"""The three words of the model statement of the 2018 accessibility regulations."""


def privacy_notice(top: Table) -> PrivacyNotice:
    """Return the privacy notice; a council without `[privacy]` has a page without purposes, and `check` says so."""
    if not top.has("privacy"):
        return PrivacyNotice()
    table = top.table("privacy")
    found = PrivacyNotice(
        controller=table.text("controller"),
        officer=table.text("officer"),
        email=table.text("email"),
        complaints=table.text("complaints"),
        purposes=tuple(each(table.tables("purposes"), _purpose)),
        provenance=provenance(table),
    )
    table.close()
    return found


def _purpose(table: Table) -> Purpose:
    """Return one use of personal data; raises `ConfigError` for one that does not say how long."""
    kept = table.choice("kept", (*RETENTION_KEYS, WHILE_NEEDED))
    until = table.text("until") if table.has("until") else ""
    if (kept == WHILE_NEEDED) != bool(until):
        table.fail("until", f"must be given where kept is {WHILE_NEEDED!r}, and only there")
    return Purpose(
        what=table.text("what"),
        data=table.text("data"),
        basis=table.text("basis"),
        shared_with=table.text("shared_with"),
        kept=kept,
        until=until,
    )


def accessibility_statement(top: Table) -> AccessibilityStatement:
    """Return the accessibility statement; a council without `[accessibility]` has claimed nothing yet."""
    if not top.has("accessibility"):
        return AccessibilityStatement()
    table = top.table("accessibility")
    found = AccessibilityStatement(
        standing=table.choice("standing", STANDINGS),
        prepared_on=table.day("prepared_on"),
        tested_on=table.day("tested_on"),
        how=table.text("how"),
        answer_days=table.whole("answer_days", minimum=1),
        problems=table.texts("problems", ()),
        enforcement=table.text("enforcement"),
        provenance=provenance(table),
    )
    if found.standing != "fully" and not found.problems:
        table.fail("problems", "must say what is not right yet, unless standing is 'fully'")
    table.close()
    return found


def time_words(days: int) -> str:
    """Return a time of keeping as people say it: whole years as years, any other in days."""
    years, rest = divmod(days, DAYS_OF_A_YEAR)
    if years and not rest:
        return ngettext("%(count)s year", "%(count)s years", years)
    return ngettext("%(count)s day", "%(count)s days", days)
