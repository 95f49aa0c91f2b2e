"""A report's state and story in plain words, for the public page, the messages and the staff's view alike.

The codes stay in the domain; a person reads these. Nothing here takes anything from a report's private part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.reports.domain.entries import Pause
from services.reports.domain.report import Report
from services.reports.domain.steps import Step
from shared.calendar import london_date
from shared.contracts.codes import HAZARDS, WAITING_FOR, WASTE_TYPES
from shared.council import Council, Kind
from shared.council.kinds import NOT_KNOWN
from shared.errors import NotFound
from shared.geo import distance_m
from shared.texts import gettext, marked, ngettext, weekday_words

REFERRED_TO: Mapping[str, str] = {
    "land-owner": marked("the owner of the land"),
    "network-rail": marked("Network Rail"),
    "environment-agency": marked("the Environment Agency"),
    "riparian-owner": marked("whoever owns the bank"),
    "housing": marked("the housing association"),
    "highways": marked("National Highways"),
    "parking": marked("the parking team"),
    "planning": marked("the planning enforcement team"),
    "police": marked("the police"),
    "other": marked("the organisation responsible"),
}
HAZARD_WORDS: Mapping[str, str] = dict(
    zip(
        HAZARDS,
        (
            marked("Could be asbestos"),
            marked("Needles or medical waste"),
            marked("Chemicals, oil or fuel"),
            marked("Blocks a road or pavement"),
        ),
        strict=True,
    )
)
HAZARD_HINTS: Mapping[str, str] = {
    "asbestos": marked("Grey or white corrugated sheets, roof tiles, old pipe lagging."),
    "clinical": marked("Syringes, dressings or medicines, also in a bag."),
    "chemical": marked("Drums, cans, gas bottles, or a strong smell."),
    "obstruction": marked("People or traffic can’t get past safely."),
}
HAZARD_ADVICE: Mapping[str, str] = {
    "asbestos": marked("Stay upwind of it, keep children and pets away, and do not touch, break or move it."),
    "clinical": marked(
        "Do not touch it, even with gloves. If somebody is hurt by a needle, wash the wound and call 111."
    ),
    "chemical": marked(
        "Keep away, do not smoke or light anything nearby, and call 999 if there is smoke or a strong smell."
    ),
    "obstruction": marked("Do not move it yourself if there is traffic. If a driver could hit it now, call 999."),
}
CHANNEL_WORDS: Mapping[str, str] = {
    "web": marked("This website"),
    "open311": "Another app or website",
    "contact-centre": marked("Contact centre"),
    "crew": marked("Found by a crew"),
}
CLOSURE_WORDS: Mapping[str, str] = {
    "cleared": marked("Cleared"),
    "already-cleared": marked("Already gone"),
    "not-found": marked("Nothing found"),
    "no-action": marked("No action needed"),
    "not-ours": marked("Not the council’s to clear"),
    "duplicate": marked("Joined to another report"),
    "referred": marked("Passed on"),
    "cleared-by-owner": marked("Cleared by whoever is responsible"),
}
DEFERRED_WORDS: Mapping[str, str] = {
    "part-cleared": marked("A crew cleared some of it and will come back for the rest."),
    "access-blocked": marked("A crew came but could not reach it. We will try again."),
    "unsafe": marked("A crew came but it was not safe to clear. We will come back with what is needed."),
    "needs-specialist": marked("It needs special equipment or a licensed contractor. We are arranging that."),
    "evidence-held": marked("It is left in place for a short while so that our officers can look for evidence."),
    "refused": marked("A crew came but could not clear it. We are deciding what to do next."),
}
CLOSURE_TEXTS: Mapping[str, str] = {
    "cleared": marked("A crew has been and cleared it."),
    "already-cleared": marked("A crew went to look, and it had already gone."),
    "not-found": marked("A crew went to look and could not find it."),
    "no-action": marked("We looked into this and there is nothing for us to clear."),
    "not-ours": marked("This is not on land that the council is responsible for."),
    "duplicate": marked("Somebody had already told us about this, so we joined the two reports."),
    "referred": marked("This is not for our crews. We have passed it to the organisation responsible."),
    "cleared-by-owner": marked("Whoever is responsible for the land told us that it has been cleared."),
}

REOPENED_BY: Mapping[str, str] = {
    "reporter": marked("The person who reported it told us that it is still there."),
    "partner": marked("Somebody told us through another website that it is still there."),
    "unmerged": marked("It was joined to another report by mistake, and stands on its own again."),
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
    """Return what was reported in plain words: the waste, and that there is more; for other kinds the kind."""
    if report.waste_type:
        primary = gettext(WASTE_TYPES[report.waste_type].plain)
        return gettext("%(waste)s and other waste", waste=primary) if report.other_waste_types else primary
    if report.kind == "fly-tipping":
        return gettext("Fly-tipped waste")
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
    if distance > AT_M:
        return gettext("Near %(place)s, %(area)s", place=place.name, area=area)
    return f"{place.name}, {area}"


@dataclass(frozen=True)
class Promise:
    """The day by which a report is expected to be cleared, and how we come to it."""

    by: date
    is_forecast: bool
    is_late: bool = False
    """Whether it is after the deadline, which people are then told too."""

    is_planned: bool = False
    """Whether it is the day on which a crew is to come, and not only the last that is likely."""


def promise(report: Report, *, on: date) -> Promise | None:
    """Return the day that a reporter may count on as of a day; None before anybody has assessed the report.

    A crew's own day says more than what such jobs usually take, and that more than the deadline. A day that has gone by
    is expected by nobody, and nothing is while the clock stands still: then the deadline is what holds.
    """
    if report.deadline is None:
        return None
    deadline = london_date(report.deadline)
    expected = () if report.running_pause else (report.expected_on, report.promised_on)
    by = next((day for day in expected if day is not None and day >= on), None)
    if by is None:
        return Promise(deadline, is_forecast=False)
    return Promise(by, is_forecast=True, is_late=by > deadline, is_planned=by == report.expected_on)


def age_words(since: datetime, now: datetime) -> str:
    """Return how long ago something was reported, in whole days."""
    days = (london_date(now) - london_date(since)).days
    if days < 1:
        return gettext("today")
    return ngettext("%(count)s day ago", "%(count)s days ago", days)


def near_words(council: Council, lat: float, lon: float) -> str:
    """Return what a position is at or near, empty where no name says it."""
    place = council.gazetteer.nearest(lat, lon)
    if place is None:
        return ""
    metres = distance_m(lat, lon, place.lat, place.lon)
    if metres <= AT_M:
        return gettext("At %(place)s", place=place.name)
    return gettext("%(metres)s metres from %(place)s", metres=round(metres / 10) * 10, place=place.name)


def standing(report: Report, council: Council | None = None) -> Standing:
    """Return how a report stands, in the words of its kind where the council is given."""
    kind = council.kind_of(report.kind) if council else NOT_KNOWN
    if report.state == "closed":
        return Standing(*closure_words(report.closure or "no-action", kind), is_done=True)
    if report.running_pause is not None and report.state != "referred":
        return Standing(*waiting_words(report.running_pause), is_done=False)
    if report.state == "assessed" and kind.team:
        return Standing(gettext("On our list"), gettext("It is with %(team)s.", team=kind.team), is_done=False)
    if report.state == "referred":
        to = gettext(REFERRED_TO[report.referred_to or "other"])
        is_told = report.referral is None or report.referral.told_at is not None
        text = (
            gettext("This is for %(owner)s to clear. We have told them about it.", owner=to)
            if is_told
            else gettext("This is for %(owner)s to clear. We are telling them about it.", owner=to)
        )
        return Standing(gettext("Passed to %(owner)s", owner=to), text, is_done=False)
    if report.state == "assessed" and report.job_outcome is not None and report.job_outcome in DEFERRED_WORDS:
        return Standing(gettext("More to do"), gettext(DEFERRED_WORDS[report.job_outcome]), is_done=False)
    title, text = _OPEN_STANDINGS[report.state]
    return Standing(gettext(title), gettext(text), is_done=False)


def public_waiting(reason: str) -> str:
    """Return what a report waits for in the public's words: of enforcement nobody hears before its end."""
    return gettext(_CLOSER_LOOK if reason == "evidence" else WAITING_FOR[reason])


def waiting_words(pause: Pause) -> tuple[str, str]:
    """Return what is said of a report whose clock stands still, and until when it may."""
    what = public_waiting(pause.reason)
    until = weekday_words(london_date(pause.until))
    return gettext("Waiting for %(what)s", what=what), gettext(
        "Until then we can’t go on. We look at it again by %(day)s.", day=until
    )


def closure_words(closure: str, kind: Kind) -> tuple[str, str]:
    """Return what a closure is called and says, of a report of a kind."""
    if closure == "referred" and kind.referral:
        return gettext("Passed to %(owner)s", owner=kind.referral.name), kind.referral.words
    if closure == "cleared" and kind.team:
        return gettext("Dealt with"), gettext("%(team)s dealt with it.", team=f"{kind.team[0].upper()}{kind.team[1:]}")
    return gettext(CLOSURE_WORDS[closure]), gettext(CLOSURE_TEXTS[closure])


def story(report: Report, council: Council | None = None) -> list[Line]:
    """Return the report's story for the public, newest first."""
    kind = council.kind_of(report.kind) if council else NOT_KNOWN
    return [Line(step.at, *step_words(step, kind)) for step in reversed(report.history)]


def reasons(report: Report, council: Council) -> list[str]:
    """Return why the report has its priority and deadline, the council's words for each rule that applied."""
    explanations = council.assessment.explanations
    found = [explanations.get(reason.rule, reason.rule.replace("-", " ")) for reason in report.reasons]
    return list(dict.fromkeys(found))


def reason_sentences(given: Sequence[str]) -> str:
    """Return reasons as sentences after each other, each as the council wrote it."""
    return " ".join(f"{reason}." for reason in given)


def step_words(step: Step, kind: Kind) -> tuple[str, str]:
    """Return the title and text of one step of a story."""
    detail = step.detail or ""
    if step.what == "received" and detail == "crew":
        return gettext("Found by a crew"), gettext("One of our crews came across this.")
    if step.what == "closed":
        return closure_words(detail, kind) if detail in CLOSURE_WORDS else (gettext("Closed"), "")
    if step.what == "deferred":
        return gettext("More to do"), gettext(DEFERRED_WORDS.get(detail, _PUT_OFF))
    if step.what in ("referred", "paused", "reopened"):
        return _decided_words(step.what, detail)
    steps = _TEAM_STEPS if kind.team else _PLAIN_STEPS
    title, text = steps.get(step.what, (step.what.capitalize(), ""))
    return gettext(title), gettext(text) if text else ""


def _decided_words(what: str, detail: str) -> tuple[str, str]:
    """Return the title and text of a step that somebody decided."""
    if what == "paused":
        return gettext("Waiting for %(what)s", what=public_waiting(detail)), gettext(_PAUSED)
    if what == "reopened":
        return gettext("Opened again"), gettext(REOPENED_BY.get(detail, _BY_STAFF))
    to = gettext(REFERRED_TO.get(detail, REFERRED_TO["other"]))
    return gettext("Passed to %(owner)s", owner=to), gettext("It is for them to clear.")


_PAUSED = marked("We can’t go on before that, so the date to clear it by moves.")
_PUT_OFF = marked("The visit was put off.")
_BY_STAFF = marked("We opened it again.")
_OPEN_STANDINGS: Mapping[str, tuple[str, str]] = {
    "submitted": (marked("Received"), marked("We have this report and are looking at what is needed.")),
    "assessed": (marked("On our list"), marked("We worked out how urgent it is, and it is waiting for a crew.")),
    "scheduled": (marked("A crew has the job"), marked("It is on a crew’s list.")),
    "in-progress": (marked("A crew is on it"), marked("A crew has started work there.")),
}
_PLAIN_STEPS: Mapping[str, tuple[str, str]] = {
    "received": (marked("Reported"), marked("We received the report.")),
    "assessed": (marked("Put on our list"), marked("We worked out how urgent it is and set a date to clear it by.")),
    "scheduled": (marked("Given to a crew"), marked("A crew has it on its list.")),
    "unscheduled": (marked("Waiting for a crew"), marked("It is waiting for another crew.")),
    "started": (marked("Crew at work"), marked("A crew started work there.")),
    "resumed": (marked("We can go on"), marked("The date to clear it by was worked out again.")),
    "action-taken": (marked("Action was taken"), marked("Our enforcement officers took action over this.")),
}
_TEAM_STEPS: Mapping[str, tuple[str, str]] = {
    **_PLAIN_STEPS,
    "assessed": (marked("Put on our list"), marked("We worked out how urgent it is and set a date for it.")),
}


def access_words(what: str) -> str:
    """Return a line of the audit log in words."""
    if what.startswith("redacted:"):
        return f"parts of photo {what.removeprefix('redacted:')} were painted over"
    released = what.removeprefix("released:") if what.startswith("released:") else None
    if released is not None:
        shown = {"": "nothing", "photo": "the photo", "text": "the details", "photo text": "the photo and details"}
        return f"{shown.get(released, released)} released to the public"
    return _ACCESS_WORDS.get(what, what)


_CLOSER_LOOK = marked("a closer look by our officers")
_ACCESS_WORDS: Mapping[str, str] = {
    "words-and-photo": marked("the words and photo were read"),
    "contact-details": marked("the contact details were read"),
    "photo-unredacted": marked("the photo was looked at with nothing painted over"),
    "caller-search": marked("it was found by a caller’s details"),
    "taken": marked("the report was taken for a caller"),
    "chased": marked("a caller asked about it again"),
    "complaint": marked("a formal complaint about it was taken"),
    "complaint-taken": marked("the complaint was taken for a caller"),
    "complaint-read": marked("the complaint was read, and who made it"),
    "erased:complaint": marked("who complained, and of what, was erased when its time had come"),
    "photo-original": marked("the sealed original of the photo was saved"),
    "photo": marked("a photo was looked at"),
    "messages": marked("messages to people about it were read"),
    "exported": marked("it was given out to the person it is about"),
    "erased:request": marked("what is about a person was erased at their request"),
    "erased:words": marked("words and contact details were erased when their time had come"),
    "erased:photos": marked("photos were erased when their time had come"),
}
