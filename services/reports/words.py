"""A report's state and story in plain words, for the public page, the messages and the staff's view alike.

The codes stay in the domain; a person reads these. Nothing here takes anything from a report's private part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.reports.domain.report import Report
from services.reports.domain.steps import Step
from shared.contracts.codes import HAZARDS, WASTE_TYPES
from shared.council import Council, Kind
from shared.council.kinds import NOT_KNOWN
from shared.errors import NotFound
from shared.geo import distance_m

REFERRED_TO: Mapping[str, str] = {
    "land-owner": "the owner of the land",
    "network-rail": "Network Rail",
    "environment-agency": "the Environment Agency",
    "housing": "the housing association",
    "highways": "National Highways",
    "parking": "the parking team",
    "planning": "the planning enforcement team",
    "police": "the police",
    "other": "the organisation responsible",
}
HAZARD_WORDS: Mapping[str, str] = dict(
    zip(
        HAZARDS,
        ("Could be asbestos", "Needles or medical waste", "Chemicals, oil or fuel", "Blocks a road or pavement"),
        strict=True,
    )
)
HAZARD_HINTS: Mapping[str, str] = {
    "asbestos": "Grey or white corrugated sheets, roof tiles, old pipe lagging. Keep away and don’t disturb it.",
    "clinical": "Don’t touch them, even with gloves.",
    "chemical": "Drums, cans, gas bottles, or a strong smell. Keep away and don’t smoke nearby.",
    "obstruction": "People or traffic can’t get past safely.",
}
CHANNEL_WORDS: Mapping[str, str] = {
    "web": "This website",
    "open311": "Another app or website",
    "contact-centre": "Contact centre",
    "crew": "Found by a crew",
}
CLOSURE_WORDS: Mapping[str, str] = {
    "cleared": "Cleared",
    "already-cleared": "Already gone",
    "not-found": "Nothing found",
    "no-action": "No action needed",
    "not-ours": "Not the council’s to clear",
    "duplicate": "Joined to another report",
    "referred": "Passed on",
}
DEFERRED_WORDS: Mapping[str, str] = {
    "part-cleared": "A crew cleared some of it and will come back for the rest.",
    "access-blocked": "A crew came but could not reach it. We will try again.",
    "unsafe": "A crew came but it was not safe to clear. We will come back with what is needed.",
    "needs-specialist": "It needs special equipment or a licensed contractor. We are arranging that.",
    "evidence-held": "It is left in place for a short while so that our officers can look for evidence.",
    "refused": "A crew came but could not clear it. We are deciding what to do next.",
}
CLOSURE_TEXTS: Mapping[str, str] = {
    "cleared": "A crew has been and cleared it.",
    "already-cleared": "A crew went to look, and it had already gone.",
    "not-found": "A crew went to look and could not find it.",
    "no-action": "We looked into this and there is nothing for us to clear.",
    "not-ours": "This is not on land that the council is responsible for.",
    "duplicate": "Somebody had already told us about this, so we joined the two reports.",
    "referred": "This is not for our crews. We have passed it to the organisation responsible.",
}

REOPENED_BY: Mapping[str, str] = {
    "reporter": "The person who reported it told us that it is still there.",
    "partner": "Somebody told us through another website that it is still there.",
}

AT_M = 30
"""Further than this from a place’s middle, a report is near it rather than at it."""


@dataclass(frozen=True)
class Line:
    """One line of a report's story."""

    at: datetime
    title: str
    text: str


@dataclass(frozen=True)
class Standing:
    """How a report stands, in a few words and a sentence or two."""

    title: str
    text: str
    is_done: bool


def waste_words(report: Report, council: Council | None = None) -> str:
    """Return what was reported, in plain words: the waste, or for other kinds of report the kind."""
    if report.waste_type:
        return WASTE_TYPES[report.waste_type].plain
    if report.kind == "fly-tipping":
        return "Fly-tipped waste"
    kind = council.kinds.get(report.kind) if council else None
    return kind.name if kind else report.kind.replace("-", " ").capitalize()


def answer_words(report: Report, kind: Kind, *, published: bool) -> list[tuple[str, str]]:
    """Return the answers to the kind's own questions in words; with `published` only those that anybody may see."""
    asked = {attribute.code: attribute for attribute in kind.attributes}
    return [
        (attribute.question, ", ".join(attribute.words(value) for value in answer.values))
        for answer in report.private.answers
        if (attribute := asked.get(answer.code)) and (attribute.is_published or not published)
    ]


def place_words(report: Report, council: Council) -> str:
    """Return where it is as finely as may be shown to anybody: a street or place of the gazetteer, and the area."""
    area = council.neighbourhood(report.place.neighbourhood).name
    try:
        place = council.gazetteer.place(report.place.place_id or "")
    except NotFound:
        return area
    distance = distance_m(report.place.lat, report.place.lon, place.lat, place.lon)
    return f"{'Near ' if distance > AT_M else ''}{place.name}, {area}"


def standing(report: Report, council: Council | None = None) -> Standing:
    """Return how a report stands, in the words of its kind where the council is given."""
    kind = council.kind_of(report.kind) if council else NOT_KNOWN
    if report.state == "closed":
        return Standing(*closure_words(report.closure or "no-action", kind), is_done=True)
    if report.state == "assessed" and kind.team:
        return Standing("On our list", f"It is with {kind.team}.", is_done=False)
    if report.state == "referred":
        to = REFERRED_TO[report.referred_to or "other"]
        return Standing(f"Passed to {to}", f"This is for {to} to clear. We have told them about it.", is_done=False)
    if report.state == "assessed" and report.job_outcome is not None and report.job_outcome in DEFERRED_WORDS:
        return Standing("More to do", DEFERRED_WORDS[report.job_outcome], is_done=False)
    return Standing(*_OPEN_STANDINGS[report.state], is_done=False)


def closure_words(closure: str, kind: Kind) -> tuple[str, str]:
    """Return what a closure is called and says, of a report of a kind."""
    if closure == "referred" and kind.referral:
        return f"Passed to {kind.referral.name}", kind.referral.words
    if closure == "cleared" and kind.team:
        return "Dealt with", f"{kind.team[0].upper()}{kind.team[1:]} dealt with it."
    return CLOSURE_WORDS[closure], CLOSURE_TEXTS[closure]


def story(report: Report, council: Council | None = None) -> list[Line]:
    """Return the report's story for the public, newest first."""
    kind = council.kind_of(report.kind) if council else NOT_KNOWN
    return [Line(step.at, *step_words(step, kind)) for step in reversed(report.history)]


def reasons(report: Report, council: Council) -> list[str]:
    """Return why the report has its priority and deadline, the council's words for each rule that applied."""
    explanations = {rule.code: rule.explanation for rule in council.assessment.rules}
    found = [explanations.get(reason.rule, reason.rule.replace("-", " ")) for reason in report.reasons]
    return list(dict.fromkeys(found))


def step_words(step: Step, kind: Kind) -> tuple[str, str]:
    """Return the title and text of one step of a story."""
    detail = step.detail or ""
    if step.what == "received" and detail == "crew":
        return "Found by a crew", "One of our crews came across this."
    if step.what == "closed":
        return closure_words(detail, kind) if detail in CLOSURE_WORDS else ("Closed", "")
    if step.what == "deferred":
        return "More to do", DEFERRED_WORDS.get(detail, "The visit was put off.")
    if step.what == "referred":
        return f"Passed to {REFERRED_TO.get(detail, REFERRED_TO['other'])}", "It is for them to clear."
    if step.what == "reopened":
        return "Opened again", REOPENED_BY.get(detail, "We opened it again.")
    steps = _TEAM_STEPS if kind.team else _PLAIN_STEPS
    return steps.get(step.what, (step.what.capitalize(), ""))


_OPEN_STANDINGS: Mapping[str, tuple[str, str]] = {
    "submitted": ("Received", "We have this report and are looking at what is needed."),
    "assessed": ("On our list", "We have looked at your report and it is waiting for a crew."),
    "scheduled": ("A crew has the job", "It is on a crew’s list."),
    "in-progress": ("A crew is on it", "A crew has started work there."),
}
_PLAIN_STEPS: Mapping[str, tuple[str, str]] = {
    "received": ("Reported", "We received the report."),
    "assessed": ("Put on our list", "We worked out how urgent it is and set a date to clear it by."),
    "scheduled": ("Given to a crew", "A crew has it on its list."),
    "unscheduled": ("Waiting for a crew", "It is waiting for another crew."),
    "started": ("Crew at work", "A crew started work there."),
    "action-taken": ("Action was taken", "Our enforcement officers took action over this."),
}
_TEAM_STEPS: Mapping[str, tuple[str, str]] = {
    **_PLAIN_STEPS,
    "assessed": ("Put on our list", "We worked out how urgent it is and set a date for it."),
}


def access_words(what: str) -> str:
    """Return a line of the audit log in words."""
    released = what.removeprefix("released:") if what.startswith("released:") else None
    if released is not None:
        shown = {"": "nothing", "photo": "the photo", "text": "the details", "photo text": "the photo and details"}
        return f"{shown.get(released, released)} released to the public"
    return _ACCESS_WORDS.get(what, what)


_ACCESS_WORDS: Mapping[str, str] = {
    "words-and-photo": "the words and photo were read",
    "contact-details": "the contact details were read",
    "photo-original": "the sealed original of the photo was saved",
}
