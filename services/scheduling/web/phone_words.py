"""What the phone says about an action that was taken: in the crew's words, with when the office changed the job."""

from collections.abc import Mapping
from datetime import datetime

from services.scheduling.domain import late
from services.scheduling.domain.job import Job
from services.scheduling.phone import Taken
from shared.web.filters import LONDON

KINDS: Mapping[str, str] = {
    "arrive": "Arrived",
    "start": "Started",
    "finish": "Finished",
    "exception": "Something was wrong",
    "hand-back": "Handed back at the end of the shift",
    "found": "Found a tip",
    "tip": "Tipped the load",
    "check": "Vehicle check",
    "break": "Break",
    "shift": "Start of the shift",
    "end": "End of the shift",
}
"""The actions of a crew, as lists name them."""

RECORDED = "Your work was recorded and sent to the supervisor."
NOT_CHANGED = "What you sent was kept for the supervisor."


def crew_words(taken: Taken) -> str | None:
    """Return what the crew has to know of an action's result; None where it is what it expected."""
    job, ruling = taken.job, taken.ruling
    if ruling in (late.DONE, late.ALREADY):
        return None
    if ruling == "noted-told":
        return f"{job.reference}: your supervisor sees it. The job stays on your list."
    what = _what_the_office_did(job, ruling)
    return f"{job.reference}: {what} {RECORDED if ruling.startswith('done') else NOT_CHANGED}"


def _what_the_office_did(job: Job, ruling: str) -> str:
    """Return what had become of the job before the action arrived."""
    why = ruling.removeprefix("done-").removeprefix("noted-")
    if why in ("after-cancelling", "cancelled"):
        return f"the office cancelled this job{_at(job.cancelled_at)}."
    if why in ("for-another-crew", "another-crew"):
        return f"the office gave this job to another crew{_at(job.assigned_at)}."
    if why in ("while-held", "held"):
        return f"this job is held for enforcement{_at(job.held_at)}. Leave everything where it is."
    if why == "finished":
        return "this job was finished before."
    return "the office took this job back."


def _at(instant: datetime | None) -> str:
    """Return a time of the day as a clock shows it: at 10:12."""
    return f" at {instant.astimezone(LONDON):%H:%M}" if instant else ""
