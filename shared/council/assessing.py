"""A council's rules for priority and deadline, as frozen values, and which of them apply to a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Provenance:
    """Where a figure comes from, and whether it was read there (`verified`) or only taken over."""

    source: str
    verified: bool


@dataclass(frozen=True)
class AssessmentRule:
    """One reason for a priority and a deadline: it applies when the report's `field` has one of the `values`.

    Exactly one of `working_hours` and `working_days` is set. `code` is what events and pages name as the reason; the
    default rule (field `any`) has no values. A rule of one `kind` applies to no other; its field is `any`, or `answer`
    for what was answered to its question `attribute`. A rule of `near` names sorts of landmark within `within_m`; one
    of `repeat` applies from the `times`-th time on, and has no values either.
    """

    code: str
    field: Literal["hazard", "waste_type", "size", "land_type", "near", "repeat", "answer", "any"]
    values: tuple[str, ...]
    priority: int
    working_hours: int | None
    working_days: int | None
    explanation: str
    provenance: Provenance
    kind: str | None = None
    attribute: str | None = None
    within_m: int | None = None
    times: int | None = None


@dataclass(frozen=True)
class Repeat:
    """What counts as the same place being tipped on again: so near, and within so many days."""

    within_m: int
    days: int


@dataclass(frozen=True)
class Applying:
    """A rule that applies to a report, and the value that made it apply (None for the default)."""

    rule: AssessmentRule
    value: str | None


@dataclass(frozen=True)
class Assessment:
    """The council's rules for priority and deadline, in the order of the file."""

    rules: tuple[AssessmentRule, ...]
    repeat: Repeat | None = None

    @cached_property
    def explanations(self) -> Mapping[str, str]:
        """The council's words for each rule, by its code."""
        return {rule.code: rule.explanation for rule in self.rules}

    def applying(
        self,
        *,
        waste_type: str | None,
        land_type: str | None,
        size: str | None,
        hazards: tuple[str, ...] = (),
        kind: str | None = None,
        answers: Mapping[str, tuple[str, ...]] | None = None,
        near: Mapping[str, int] | None = None,
        times_here: int = 1,
    ) -> tuple[Applying, ...]:
        """Return the rules that apply, the most urgent first; a default only where no other does.

        The kind's own default comes before the council's. `near` is how many metres away the nearest landmark of each
        sort is, `times_here` the how-manieth time within the days of `repeat` this place was tipped on.
        """
        known = {"hazard": hazards, "waste_type": (waste_type,), "size": (size,), "land_type": (land_type,)}
        given = answers or {}
        rules = [rule for rule in self.rules if rule.kind is None or rule.kind == kind]
        found = [
            Applying(rule, value)
            for rule in rules
            for value in (given.get(rule.attribute, ()) if rule.attribute else known.get(rule.field, ()))
            if value is not None and value in rule.values
        ]
        found += self._of_the_place(near or {}, times_here)
        if not found:
            defaults = [rule for rule in rules if rule.field == "any"]
            own = [rule for rule in defaults if rule.kind is not None]
            found = [Applying(rule, None) for rule in own or defaults]
        return tuple(sorted(found, key=lambda applying: applying.rule.priority))

    def _of_the_place(self, near: Mapping[str, int], times_here: int) -> list[Applying]:
        """Return the rules that apply by what is around, and by how often it was tipped on."""
        found = [
            Applying(rule, sort)
            for rule in self.rules
            for sort, metres in near.items()
            if rule.field == "near" and sort in rule.values and metres <= (rule.within_m or 0)
        ]
        days = self.repeat.days if self.repeat else 0
        reached = [rule for rule in self.rules if rule.field == "repeat" and times_here >= (rule.times or 0)]
        return [*found, *(Applying(rule, f"{times_here}-in-{days}-days") for rule in reached)]
