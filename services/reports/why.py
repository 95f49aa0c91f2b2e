"""Why a report has its priority and its deadline: each rule with its value, and the deadline counted day by day."""

from dataclasses import dataclass
from datetime import timedelta

from services.reports.domain.entries import Pause, stretches
from services.reports.domain.report import Reason, Report
from services.reports.words import HAZARD_WORDS
from shared.calendar import Counted, count_deadline
from shared.contracts.codes import LAND_TYPES, PRIORITIES, SIZES, WAITING_FOR, WASTE_TYPES
from shared.council import Council
from shared.council.assessing import AssessmentRule


@dataclass(frozen=True)
class WhyRule:
    """One rule that applied: its words, the value that made it apply, what it asks for, and where that comes from."""

    code: str
    words: str
    value: str
    priority: str
    time: str
    source: str
    is_verified: bool
    decides: bool


@dataclass(frozen=True)
class WhyPause:
    """A pause in words."""

    pause: Pause
    waiting_for: str
    lost: str


@dataclass(frozen=True)
class Why:
    """All that a page says of it; `counted` is None where no rule of today gives the deadline that was set."""

    rules: tuple[WhyRule, ...]
    counted: Counted | None
    pauses: tuple[WhyPause, ...]
    in_days: bool


def why(report: Report, council: Council) -> Why | None:
    """Return why a report has its priority and deadline; None before anybody has assessed it."""
    if report.due_by_rule is None or report.counted_from is None:
        return None
    found = [(reason, _rule_of(reason, report, council)) for reason in report.reasons]
    deciding = next((rule for _, rule in found if rule is not None), None)
    counted = _counted(report, deciding, council) if deciding else None
    if counted is not None and counted.before_pauses != report.due_by_rule:
        counted = None  # the rules have changed since: what is counted today is not why
    lost = [pause.lost for pause in counted.pauses] if counted else [timedelta()] * len(report.pauses)
    pauses = tuple(
        WhyPause(pause, WAITING_FOR[pause.reason], hours_words(taken))
        for pause, taken in zip(report.pauses, lost, strict=True)
    )
    rules = tuple(
        _words(reason, rule, report, council, decides=rule is not None and rule is deciding) for reason, rule in found
    )
    return Why(rules, counted, pauses, deciding is not None and deciding.working_days is not None)


def _counted(report: Report, rule: AssessmentRule, council: Council) -> Counted | None:
    """Return the count of the deciding rule's time from where it began."""
    if report.counted_from is None:
        return None
    return count_deadline(
        report.counted_from,
        working_days=rule.working_days,
        hours=rule.working_hours,
        pauses=stretches(report.pauses),
        working=council.working_time,
    )


def _rule_of(reason: Reason, report: Report, council: Council) -> AssessmentRule | None:
    """Return the rule of the council's that a reason names; None where it has been taken out since."""
    for rule in council.assessment.rules:
        if rule.code != reason.rule or rule.kind not in (None, report.kind):
            continue
        if rule.field in ("any", "repeat") or reason.value in rule.values:
            return rule
    return None


def _words(reason: Reason, rule: AssessmentRule | None, report: Report, council: Council, *, decides: bool) -> WhyRule:
    """Return a rule in words."""
    value = value_words(reason, report, council)
    if rule is None:
        return WhyRule(reason.rule, reason.rule.replace("-", " "), value, "–", "no longer a rule", "", True, decides)
    return WhyRule(
        code=reason.rule,
        words=rule.explanation,
        value=value,
        priority=PRIORITIES[rule.priority],
        time=_time(rule),
        source=rule.provenance.source,
        is_verified=rule.provenance.verified,
        decides=decides,
    )


def value_words(reason: Reason, report: Report, council: Council) -> str:
    """Return the value that made a rule apply in words; empty for a default, which asks for none."""
    if reason.value is None:
        return ""
    if reason.rule == "repeat" or "-in-" in reason.value:
        return repeat_words(reason.value)
    for codes in (WASTE_TYPES, LAND_TYPES, SIZES):
        if reason.value in codes:
            return codes[reason.value].plain
    if reason.value in HAZARD_WORDS:
        return HAZARD_WORDS[reason.value]
    if reason.value in council.landmarks.sorts:
        near = council.landmarks.near(report.place.lat, report.place.lon).get(reason.value)
        return f"{near[0]} metres from {near[1]}" if near else reason.value
    asked = [attribute for attribute in council.kind_of(report.kind).attributes if attribute.is_list]
    return next((words for one in asked if (words := one.words(reason.value)) != reason.value), reason.value)


def repeat_words(value: str) -> str:
    """Return “5-in-60-days” as people say it."""
    times, _, days = value.partition("-in-")
    return f"{ordinal(int(times))} time in {days.removesuffix('-days')} days" if times.isdigit() else value


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }".replace(" ", "")


def hours_words(lasting: timedelta) -> str:
    """Return a stretch of working time in hours and minutes."""
    minutes = round(lasting.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} working hour{'s' if hours != 1 else ''}"] if hours else []
    if rest:
        parts.append(f"{rest} minute{'s' if rest != 1 else ''}")
    return " ".join(parts) or "no working time"


def _time(rule: AssessmentRule) -> str:
    """Return how long a rule gives."""
    count, noun = (rule.working_days, "day") if rule.working_days is not None else (rule.working_hours, "hour")
    return f"{count} working {noun}{'s' if count != 1 else ''}"
