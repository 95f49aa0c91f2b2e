"""How urgent a report is, and why: what the council's rules that apply to it come to together.

Every rule that applies is a reason that people are shown; the most urgent of them sets priority and deadline, and of
two equally urgent ones the one that is due first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reports.domain.report import Assessment, Reason


@dataclass(frozen=True)
class AppliedRule:
    """A rule of the council's that applies to a report, with the deadline it sets by the working calendar."""

    code: str
    value: str | None
    priority: int
    deadline: datetime


def conclude(applied: Sequence[AppliedRule]) -> Assessment:
    """Return the assessment that the applying rules come to; there is always one, the council's default."""
    by_urgency = sorted(applied, key=lambda rule: (rule.priority, rule.deadline))
    return Assessment(
        priority=by_urgency[0].priority,
        deadline=by_urgency[0].deadline,
        reasons=tuple(Reason(rule.code, rule.value) for rule in by_urgency),
    )
