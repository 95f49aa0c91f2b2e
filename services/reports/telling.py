"""What messages to reporters say: subject and body of each kind, in the recipient's language.

By the state that the event announced, and not by what came after: a message that is late must not say something else
than one that was in time. Nothing here knows who is told or how; `messages.py` does. Every text is in the catalogue.
"""

from collections.abc import Callable, Mapping

from services.reports.domain.referral import HANDED_OVER
from services.reports.domain.report import Report
from services.reports.words import (
    CLOSURE_TEXTS,
    REFERRED_TO,
    closure_words,
    place_words,
    promise,
    public_waiting,
    reason_sentences,
    reasons,
    waste_words,
)
from shared.calendar import london_date
from shared.contracts.envelope import Event
from shared.service import ServiceContext
from shared.texts import gettext, weekday_words
from shared.web.links import DAY_SECONDS, sign_link

STILL_THERE = "still-there"
STILL_THERE_SECONDS = 30 * DAY_SECONDS
"""Long enough to come home and look; after that a new report says more than an old one reopened."""

STILL_THERE_CLOSURES = frozenset({"cleared", "already-cleared", "not-found", "cleared-by-owner"})
"""Closures that a reporter can know better than we do."""

Words = tuple[str, str]
"""The end of the subject, after “Your report FT-…”, and what the body tells."""


def message_words(ctx: ServiceContext, report: Report, kind: str, event: Event, *, name: str, own: Report) -> Words:
    """Return the subject and body of a message.

    `own` is the recipient's report; where it was joined to `report`, both are named.
    """
    headline, text = _TOLD[kind](ctx, report, event)
    joined = " " + gettext("(joined to %(other)s)", other=report.reference) if own.id != report.id else ""
    what = f"{waste_words(report, ctx.council)}, {place_words(report, ctx.council)}"
    parts = (
        gettext("Dear %(name)s,", name=name) if name else gettext("Hello,"),
        text,
        gettext("Your report: %(what)s", what=what)
        + "\n"
        + gettext("Reference: %(reference)s", reference=f"{own.reference}{joined}"),
        gettext("Follow it here: %(address)s", address=page_of(ctx, report)),
        ctx.council.name,
    )
    named = f"{own.reference}{'' if kind == 'merged' else joined}"
    subject = gettext("Your report %(reference)s %(headline)s", reference=named, headline=headline)
    return subject, "\n\n".join(parts)


def page_of(ctx: ServiceContext, report: Report) -> str:
    """Return the address of the report's public page."""
    return f"{ctx.settings.public_url}/report/{report.reference}"


def still_there_link(ctx: ServiceContext, report: Report) -> str:
    """Return the address of the page with the button that opens this visit's report again."""
    token = sign_link(ctx, STILL_THERE, f"{report.id}:{report.visit}")
    return f"{page_of(ctx, report)}/still-there/{token}"


def _received(ctx: ServiceContext, report: Report, event: Event) -> Words:
    """Tell that a report was received, with the date and why."""
    headline, thanks = gettext("was received"), gettext("Thank you for your report.")
    promised = promise(report, on=london_date(ctx.clock.now()))
    if event.state["deadline"] is None or promised is None:
        return headline, thanks + " " + gettext("We will look at it and decide how urgent it is.")
    why = [*reasons(report, ctx.council)]
    if promised.is_forecast:
        why.insert(0, gettext("Four of five reports like this one were cleared in about this time lately"))
    because = gettext("Why this date: %(reasons)s", reasons=reason_sentences(why))
    return headline, f"{thanks} {_aim(ctx, report)}\n{because}"


def _aim(ctx: ServiceContext, report: Report) -> str:
    """Return by when it is to be done, in a sentence; empty where nobody knows yet."""
    promised = promise(report, on=london_date(ctx.clock.now()))
    if promised is None:
        return ""
    by, makes_jobs = weekday_words(promised.by), ctx.council.kind_of(report.kind).makes_jobs
    if promised.is_forecast and makes_jobs:
        return gettext("We expect to have cleared it by %(day)s.", day=by)
    if promised.is_forecast:
        return gettext("We expect to have dealt with it by %(day)s.", day=by)
    if makes_jobs:
        return gettext("We aim to clear it by %(day)s.", day=by)
    return gettext("We aim to deal with it by %(day)s.", day=by)


def _paused(ctx: ServiceContext, report: Report, event: Event) -> Words:
    """Tell what a report waits for, and by when somebody looks at it again."""
    reason = event.state["waiting_for"]
    text = gettext("We can’t go on with it for now. We are waiting for %(what)s.", what=public_waiting(reason))
    if reason == "reporter":
        email = ctx.council.contact.email
        text = gettext(
            "We can’t go on with it for now, because we need an answer from the person who reported it. "
            "If that is you, write to %(email)s.",
            email=email,
        )
    meant = [one for one in report.pauses if one.reason == reason and one.began_at <= event.time]
    if not meant:
        return gettext("has to wait"), text
    day = weekday_words(london_date(meant[-1].until))
    again = gettext("We look at it again by %(day)s, and tell you when it goes on.", day=day)
    return gettext("has to wait"), f"{text} {again}"


def _resumed(ctx: ServiceContext, report: Report, event: Event) -> Words:
    """Tell that a report goes on, and by when it is to be done."""
    if event.state["state"] == "referred":
        to = gettext(REFERRED_TO.get(report.referred_to or "", REFERRED_TO["other"]))
        text = gettext("We have not heard from %(owner)s, to whom we passed it. We now decide what to do.", owner=to)
        return gettext("is with us again"), text
    aim = _aim(ctx, report) if event.state["deadline"] is not None else ""
    text = gettext("What it was waiting for is over, so we go on with it.")
    return gettext("goes on"), f"{text} {aim}".strip()


def _closed(ctx: ServiceContext, report: Report, event: Event) -> Words:
    """Tell how a report was closed, with the link to say that it is still there."""
    closure = event.state["closure"]
    known = closure in CLOSURE_TEXTS
    text = closure_words(closure, ctx.council.kind_of(report.kind))[1] if known else gettext("We closed your report.")
    # The link is good for the visit that was closed; after a reopening it opens nothing more.
    if closure in STILL_THERE_CLOSURES and event.state["visit"] == report.visit:
        link = still_there_link(ctx, report)
        text += "\n\n" + gettext("Is it gone, or still there? Tell us: %(address)s", address=link)
    return gettext("has been cleared") if closure == "cleared" else gettext("is closed"), text


def _referred(ctx: ServiceContext, report: Report, event: Event) -> Words:
    """Tell to whom a report was passed."""
    headline, referral = gettext("was passed on"), ctx.council.kind_of(report.kind).referral
    if referral is not None and event.state["closure"] == HANDED_OVER:
        return headline, gettext("Thank you for your report.") + " " + referral.words
    to = gettext(REFERRED_TO.get(event.data["to"], REFERRED_TO["other"]))
    return headline, gettext("This is for %(owner)s to clear. We pass your report on to them.", owner=to)


def _merged(_ctx: ServiceContext, report: Report, _event: Event) -> Words:
    """Tell to which report one was joined, and that what happens to that will be told."""
    text = gettext(
        "Somebody had already told us about this, so we joined your report to theirs, %(reference)s.",
        reference=report.reference,
    )
    headline = gettext("was joined to %(reference)s", reference=report.reference)
    return headline, text + " " + gettext("You hear from us what happens to it.")


def _reopened(_ctx: ServiceContext, _report: Report, _event: Event) -> Words:
    """Tell that a report is open again."""
    return gettext("is open again"), gettext("We opened this report again, and a crew will be sent.")


def _action_taken(_ctx: ServiceContext, _report: Report, _event: Event) -> Words:
    """Tell that there was enforcement, after payment or conviction, and nothing of whom or how much."""
    return gettext("action was taken"), gettext("Our enforcement officers took action over this.")


def _joined(_ctx: ServiceContext, _report: Report, _event: Event) -> Words:
    """Tell that another report was joined to one."""
    return gettext("was reported again"), gettext("Somebody else told us of the same. Nothing changes for you.")


def _unmerged(_ctx: ServiceContext, _report: Report, _event: Event) -> Words:
    """Tell that a report that had been joined goes on by itself."""
    text = gettext(
        "We had joined your report to another one. It is about something else, so it goes on by itself again."
    )
    return gettext("stands on its own again"), text


def _separated(_ctx: ServiceContext, _report: Report, _event: Event) -> Words:
    """Tell that the report which had been joined to one is joined no more."""
    text = gettext("We had joined another report to yours. It is about something else. Nothing changes for you.")
    return gettext("stands alone again"), text


_TOLD: Mapping[str, Callable[[ServiceContext, Report, Event], Words]] = {
    "received": _received,
    "paused": _paused,
    "resumed": _resumed,
    "closed": _closed,
    "reopened": _reopened,
    "referred": _referred,
    "action-taken": _action_taken,
    "merged": _merged,
    "joined": _joined,
    "unmerged": _unmerged,
    "separated": _separated,
}
KINDS = tuple(_TOLD)
"""Every kind of message that a reporter can get."""
