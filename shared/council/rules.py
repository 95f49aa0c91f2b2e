"""The council's rules of `council.toml`: assessment, working time, tariff within the law, retention."""

from collections.abc import Collection, Sequence
from typing import Literal

from shared import law
from shared.calendar import WorkingTime
from shared.contracts.codes import HAZARDS, LAND_TYPES, PRIORITIES, SIZES, WASTE_TYPES
from shared.council.assessing import Assessment, AssessmentRule, Provenance, Repeat
from shared.council.landmarks import FURTHEST_M
from shared.council.model import Retention, TariffEntry
from shared.errors import DomainError
from shared.toml import Table, each

LONGEST_DAYS = 40 * 365
"""Longer than any duty to keep a record; catches a figure that was meant as something else."""

RuleField = Literal["hazard", "waste_type", "size", "land_type", "near", "repeat", "any"]
CHOICES: dict[RuleField, tuple[str, ...]] = {
    "hazard": HAZARDS,
    "waste_type": tuple(WASTE_TYPES),
    "size": tuple(SIZES),
    "land_type": tuple(LAND_TYPES),
    "near": (),
    "repeat": (),
    "any": (),
}
WITHOUT_VALUES = ("repeat", "any")
LONGEST_REPEAT_DAYS = 366


def provenance(table: Table) -> Provenance:
    """Return where a table's figures come from."""
    return Provenance(table.text("source"), table.flag("verified"))


def working_time(table: Table) -> WorkingTime:
    """Return the hours of a working day and the council's own closures, which are listed by year."""
    starts, ends = table.time_of_day("starts"), table.time_of_day("ends")
    if starts >= ends:
        table.fail("ends", "must be later than starts")
    closures = table.table("closures")
    days = frozenset(
        day for year in closures.names() for day in closures.days(year) if _of_year(closures, year, day.year)
    )
    table.close()
    return WorkingTime(starts, ends, days)


def _of_year(closures: Table, key: str, year: int) -> bool:
    """Accept a day under its own year; raises `ConfigError` for any other."""
    if key != str(year):
        closures.fail(key, f"lists a day of {year}")
    return True


def assessment(table: Table, of_kinds: Sequence[AssessmentRule] = (), *, landmarks: Collection[str] = ()) -> Assessment:
    """Return the rules of assessment, those of single kinds of report last; there must be one default for all.

    `landmarks` are the sorts of landmark that a rule may name.
    """
    rules = tuple(each(table.tables("rules"), lambda rule: _rule(rule, landmarks)))
    repeat = _repeat(table.table("repeat")) if table.has("repeat") else None
    if repeat is None and any(rule.field == "repeat" for rule in rules):
        table.fail("repeat", "must say what counts as the same place (within_m, days), because a rule asks for it")
    table.close()
    explanations = {rule.code: rule.explanation for rule in rules}
    for number, rule in enumerate(rules, start=1):
        if rule.explanation != explanations[rule.code]:
            table.fail(f"rules[{number}].explanation", f"differs from another rule’s with the code {rule.code!r}")
    if [rule.field for rule in rules].count("any") != 1:
        table.fail("rules", 'must have exactly one default rule (field = "any")')
    for rule in of_kinds:
        if explanations.setdefault(rule.code, rule.explanation) != rule.explanation:
            table.fail("rules", f"of {rule.kind} explain {rule.code!r} differently from another rule with that code")
    return Assessment((*rules, *of_kinds), repeat)


def _repeat(table: Table) -> Repeat:
    """Return what counts as the same place being tipped on again."""
    found = Repeat(
        within_m=table.whole("within_m", minimum=1, maximum=FURTHEST_M),
        days=table.whole("days", minimum=1, maximum=LONGEST_REPEAT_DAYS),
    )
    table.close()
    return found


def _rule(table: Table, landmarks: Collection[str]) -> AssessmentRule:
    """Return one rule."""
    chosen = table.choice("field", CHOICES)
    field = next(name for name in CHOICES if name == chosen)
    values = table.texts("values", ())
    known = landmarks if field == "near" else CHOICES[field]
    for value in values:
        if value not in known:
            table.fail("values", f"names {value!r}, which is no {chosen}")
    if bool(values) == (field in WITHOUT_VALUES):
        table.fail("values", "must be given, but not for the default rule, nor for repeat")
    hours, days = how_long(table)
    return AssessmentRule(
        code=table.slug("code"),
        field=field,
        values=values,
        priority=table.whole("priority", minimum=min(PRIORITIES), maximum=max(PRIORITIES)),
        working_hours=hours,
        working_days=days,
        explanation=table.text("explanation"),
        provenance=provenance(table),
        within_m=table.whole("within_m", minimum=1, maximum=FURTHEST_M) if field == "near" else None,
        times=table.whole("times", minimum=2) if field == "repeat" else None,
    )


def how_long(table: Table) -> tuple[int | None, int | None]:
    """Return a rule's working hours and working days, of which exactly one is given."""
    hours, days = table.optional_whole("working_hours", minimum=1), table.optional_whole("working_days", minimum=1)
    if (hours is None) == (days is None):
        table.fail("working_days", "or working_hours must be given, and not both")
    return hours, days


def tariff(top: Table) -> tuple[TariffEntry, ...]:
    """Return the tariff, each entry within the law of every period that it spans, no two for the same day."""
    tables = top.tables("tariff")
    entries = tuple(each(tables, _entry))
    for number, later in enumerate(entries):
        for earlier in entries[:number]:
            same = (earlier.offence_code, earlier.tier) == (later.offence_code, later.tier)
            if same and (earlier.holds(later.effective_from) or later.holds(earlier.effective_from)):
                tables[number].fail(
                    "effective_from", f"overlaps another entry for {later.offence_code} {later.tier or ''}"
                )
    return entries


def _entry(table: Table) -> TariffEntry:
    """Return one entry of the tariff."""
    entry = TariffEntry(
        offence_code=table.identifier("offence_code"),
        tier=table.identifier("tier") if table.has("tier") else None,
        name=table.text("name"),
        amount_pence=table.whole("amount_pence", minimum=1),
        early_pence=table.optional_whole("early_pence", minimum=1),
        early_days=table.optional_whole("early_days", minimum=1),
        effective_from=table.day("effective_from"),
        effective_to=table.optional_day("effective_to"),
        provenance=provenance(table),
    )
    if entry.effective_to and entry.effective_to < entry.effective_from:
        table.fail("effective_to", "must not be before effective_from")
    _check_lawful(table, entry)
    return entry


def _check_lawful(table: Table, entry: TariffEntry) -> None:
    """Check an entry against the law of every period that it spans; raises `ConfigError` quoting the section."""
    rows = [
        row
        for row in law.offence_history(entry.offence_code)
        if (row.effective_to is None or row.effective_to >= entry.effective_from)
        and (entry.effective_to is None or row.effective_from <= entry.effective_to)
    ]
    if not any(row.holds(entry.effective_from) for row in rows):
        table.fail("offence_code", f"is not an offence of {entry.effective_from.isoformat()}: {entry.offence_code!r}")
    for row in rows:
        try:
            law.check_amount(row, entry.amount_pence, early_pence=entry.early_pence, early_days=entry.early_days)
        except DomainError as error:
            table.fail(error.field or "amount_pence", f"is unlawful: {error.message}")


def retention(table: Table) -> Retention:
    """Return how long personal records are kept."""
    days = {
        name: table.whole(name, minimum=1, maximum=LONGEST_DAYS)
        for name in Retention.__dataclass_fields__
        if name != "provenance"
    }
    found = Retention(**days, provenance=provenance(table))
    table.close()
    return found
