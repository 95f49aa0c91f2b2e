"""How a report's state and story read in mySociety's vocabulary, which FixMyStreet follows.

Open311 knows open and closed only. The extension knows what is between, and why something was closed; updates out are
made of the report's own story, so that there is no second account of what happened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.reports.domain.report import Report
from services.reports.domain.steps import Step

OF_STATE: Mapping[str, str] = {
    "submitted": "open",
    "assessed": "investigating",
    "scheduled": "action_scheduled",
    "in-progress": "in_progress",
    "referred": "internal_referral",
}
OF_CLOSURE: Mapping[str, str] = {
    "cleared": "fixed",
    "already-cleared": "fixed",
    "not-found": "no_further_action",
    "no-action": "no_further_action",
    "not-ours": "not_councils_responsibility",
    "duplicate": "duplicate",
    "referred": "internal_referral",
    "cleared-by-owner": "fixed",
}
OF_STEP: Mapping[str, str] = {
    "received": "open",
    "assessed": "investigating",
    "unscheduled": "investigating",
    "deferred": "investigating",
    "scheduled": "action_scheduled",
    "started": "in_progress",
    "referred": "internal_referral",
    "reopened": "open",
}
"""What a step of the story made of the report; a step that is not here changed nothing of how it stands."""


@dataclass(frozen=True)
class Update:
    """One thing that happened to a report, as another website is told it; `code` is ours for it."""

    id: str
    report: Report
    step: Step
    status: str
    code: str
    at: datetime


def status_of(report: Report) -> str:
    """Return how a report stands."""
    if report.state == "closed":
        return OF_CLOSURE[report.closure or "no-action"]
    return OF_STATE[report.state]


def updates_of(report: Report) -> Iterator[Update]:
    """Yield what has happened since the report came in, in the order in which it became known.

    That it came in is what its own request says; the id of an update is its place in the story, which only grows.
    """
    status = OF_STEP["received"]
    for number, step in enumerate(report.history):
        status = OF_CLOSURE[step.detail or ""] if step.what == "closed" else OF_STEP.get(step.what, status)
        if number > 0:
            code = step.detail if step.what == "closed" and step.detail else step.what
            yield Update(f"{report.reference}.{number}", report, step, status, code, step.known_at)
