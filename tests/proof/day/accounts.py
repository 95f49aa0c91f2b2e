"""What became of every report of the day: each has one job that counts, and that job is in one state that says why."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import Event
from tests.proof.day.rules import Lived

DONE, CARRIED_OVER, PUT_OFF, CALLED_OFF, HELD, CONTRACTOR = FATES = (
    "done",
    "carried over",
    "put off, with a reason",
    "called off",
    "held for evidence",
    "with the contractor",
)


@dataclass(frozen=True)
class Account:
    """How many reports came to what, and what does not add up."""

    fates: Mapping[str, int]
    reports: int
    beats: int
    problems: Sequence[str]


def account_for(lived: Lived) -> Account:
    """Return what became of every report, by what residents and crews were told."""
    story, ledger = lived.story, lived.ledger
    of_reference: dict[str, list[Sequence[Event]]] = defaultdict(list)
    for steps in story.jobs.values():
        if steps[-1].state["report_id"] is not None:
            of_reference[steps[-1].state["reference"]].append(steps)
    told = set(ledger.reports)
    found = {reference for reference, state in story.reports.items() if state["channel"] == "crew"}
    fates: Counter[str] = Counter()
    problems = list(_unknown(story.reports, told, found, ledger.found))
    for reference in sorted(told | found):
        fate, problem = _fate(reference, of_reference.get(reference, []), story.reports.get(reference))
        fates[fate] += 1
        problems += [problem] if problem else []
    problems += _not_as_told(lived)
    beats = [steps[-1].state for steps in story.jobs.values() if steps[-1].state["report_id"] is None]
    problems += [
        f"a beat ended the day {state['state']}" for state in beats if state["state"] in ("assigned", "started")
    ]
    return Account(fates, len(told | found), len(beats), problems)


def _unknown(
    reports: Mapping[str, Mapping[str, Any]], told: set[str], found: set[str], crews_told: int
) -> Iterator[str]:
    """Find reports that nobody made, or that are not there."""
    for reference in sorted(told - set(reports)):
        yield f"{reference} was accepted, and no event tells of it"
    for reference in sorted(set(reports) - told - found):
        yield f"{reference} was reported by nobody"
    if len(found) != crews_told:
        yield f"crews found {crews_told} tips, and {len(found)} reports came of it"


def _fate(reference: str, jobs: list[Sequence[Event]], report: Mapping[str, Any] | None) -> tuple[str, str | None]:
    """Return what became of a report, and what is wrong with that."""
    if report is None:
        return "lost", None
    live = [steps for steps in jobs if steps[-1].state["visit"] == report["visit"]]
    if len(live) != 1 or len(jobs) != report["visit"]:
        return "unclear", f"{reference} has {len(jobs)} jobs in {report['visit']} visits, {len(live)} of the last"
    state = live[0][-1].state
    fate = _fate_of(state)
    if fate is None:
        return "unclear", f"{reference} ended the day {state['state']} with {state['crew_id']}"
    if fate == PUT_OFF and not _last_reason(live[0]):
        return fate, f"{reference} was put off without a reason"
    is_settled = report["state"] in ("closed", "referred")
    if fate != CALLED_OFF and (fate == DONE) != is_settled:
        return fate, f"{reference} is {fate}, and its report is {report['state']}"
    return fate, None


def _fate_of(state: Mapping[str, Any]) -> str | None:
    """Return what became of a job, None where it is still with a crew that has gone home."""
    if state["state"] == "completed":
        return DONE
    if state["state"] == "cancelled":
        return CALLED_OFF
    if state["contractor"]:
        return CONTRACTOR
    if state["held"]:
        return HELD
    return {"open": CARRIED_OVER, "deferred": PUT_OFF}.get(str(state["state"]))


def _last_reason(steps: Sequence[Event]) -> str | None:
    """Return why a job was put off last."""
    return next((event.data["reason"] for event in reversed(steps) if event.type == "job.deferred.v1"), None)


def _not_as_told(lived: Lived) -> Iterator[str]:
    """Find clearances that crews were told of and that are not there, and those that nobody was told of."""
    done = {
        job_id
        for job_id, steps in lived.story.jobs.items()
        if steps[-1].state["state"] == "completed" and steps[-1].state["outcome"] == "cleared"
    }
    found = {
        job_id
        for job_id in done
        if lived.story.jobs[job_id][0].state["channel"] == "crew" and job_id not in lived.ledger.cleared
    }
    for job_id in sorted(lived.ledger.cleared - done):
        steps = lived.story.jobs.get(job_id)
        yield f"{job_id} was cleared, as its crew was told, and is {steps[-1].state['state'] if steps else 'not there'}"
    for job_id in sorted(done - found - lived.ledger.cleared):
        yield f"{job_id} is cleared, and no crew was told so"
    if len(lived.story.tips) != lived.ledger.tips:
        yield f"crews tipped {lived.ledger.tips} times, and {len(lived.story.tips)} tips are there"
