"""What reporters are told: received, closed, opened again, passed on, and that action was taken.

The service consumes its own events: a report's event makes at most one delivery per channel, under an id derived from
the event, so that hearing the event again makes no second one. A timer sends what is due, and the report then says
that its reporter was told (`report.notified`).

Messages greet by the name that was given and carry a reference, a state, the street and links, and no more: they go
through other people's servers. Of enforcement a reporter hears only that action was taken, after it was paid, and never
how much or by whom.
"""

from hashlib import sha256

from services.reports.domain.referral import HANDED_OVER
from services.reports.domain.report import Report, note_told
from services.reports.store import reports
from services.reports.words import (
    CLOSURE_TEXTS,
    REFERRED_TO,
    closure_words,
    place_words,
    promise,
    reasons,
    waste_words,
)
from shared.contracts.envelope import Cause, Event
from shared.notify import Delivery, Message, open_sender, queue_delivery, send_due
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.texts import weekday_words
from shared.web.links import DAY_SECONDS, sign_link

STILL_THERE = "still-there"
STILL_THERE_SECONDS = 30 * DAY_SECONDS
"""Long enough to come home and look; after that a new report says more than an old one reopened."""

STILL_THERE_CLOSURES = frozenset({"cleared", "already-cleared", "not-found", "cleared-by-owner"})
"""Closures that a reporter can know better than we do."""

KIND_OF_EVENT = {
    "report.submitted": "received",
    "report.closed": "closed",
    "report.reopened": "reopened",
    "report.referred": "referred",
}


def on_report(ctx: ServiceContext, event: Event) -> None:
    """Queue what the reporter is to be told of an event, once for each way to reach them."""
    kind = _kind(event)
    report = reports(ctx.store).get(event.subject)
    if kind is None or report is None:
        return
    for recipient, channel, address, name in _recipients(report, kind):
        subject, body = _words(ctx, report, kind, event, name)
        if channel == "sms":
            body = f"{ctx.council.short_name}: {subject[0].lower()}{subject[1:]}. {_page_of(ctx, report)}"
        queue_delivery(
            ctx,
            event_id=event.id,
            recipient=recipient,
            kind=kind,
            message=Message("", channel, address, kind, subject, body),  # type: ignore[arg-type]
            event_time=event.time,
            about=report.id,
        )


def send_messages(ctx: ServiceContext) -> None:
    """Send what is due, and note on each report that its reporter was told."""
    send_due(ctx, open_sender(ctx.settings, ctx.store), on_sent=lambda delivery: note_sent(ctx, delivery))


@reload_on_conflict
def note_sent(ctx: ServiceContext, delivery: Delivery) -> None:
    """Note on the report that its reporter was told; safe to repeat."""
    report = reports(ctx.store).get(delivery.about or "")
    if report is None:
        return
    told, facts = note_told(report, message_id=delivery.id, message=delivery.kind, by=delivery.channel)
    if facts:
        reports(ctx.store).save(told, facts, at=ctx.clock.now(), cause=Cause(report.id, delivery.event_id))


def still_there_link(ctx: ServiceContext, report: Report) -> str:
    """Return the address of the page with the button that opens this visit's report again."""
    token = sign_link(ctx, STILL_THERE, f"{report.id}:{report.visit}")
    return f"{ctx.settings.public_url}/report/{report.reference}/still-there/{token}"


def _page_of(ctx: ServiceContext, report: Report) -> str:
    """Return the address of the report's public page."""
    return f"{ctx.settings.public_url}/report/{report.reference}"


def _kind(event: Event) -> str | None:
    """Return which message an event calls for."""
    if event.name == "report.amended":
        return "action-taken" if event.data["change"] == "action-taken" else None
    if event.state["closure"] == HANDED_OVER and event.name != "report.referred":
        return None  # it came in, was passed on and closed in one moment: one message says so
    return KIND_OF_EVENT.get(event.name)


def _recipients(report: Report, kind: str) -> list[tuple[str, str, str, str]]:
    """Return whom to tell: (who it is to the delivery, channel, address, name); followers hear no "received"."""
    private = report.private
    reachable = [("email", "email", private.email, private.name), ("sms", "sms", private.phone, private.name)]
    if kind != "received":
        for follower in private.followers:
            # By a hash of the address: numbers in a list would change when somebody is erased from it.
            reachable += [
                (f"{channel}:{sha256(address.encode()).hexdigest()[:20]}", channel, address, "")
                for channel, address in (("email", follower.email), ("sms", follower.phone))
            ]
    return [one for one in reachable if one[2]]


def _words(ctx: ServiceContext, report: Report, kind: str, event: Event, name: str) -> tuple[str, str]:
    """Return the subject and body of a message, by the state that the event announced and not by what came after."""
    page = _page_of(ctx, report)
    what = f"{waste_words(report, ctx.council)}, {place_words(report, ctx.council)}"
    told = {
        "received": _received,
        "closed": _closed,
        "reopened": lambda *_: ("is open again", "We opened this report again, and a crew will be sent."),
        "referred": _referred,
        "action-taken": lambda *_: ("action was taken", "Our enforcement officers took action over this."),
    }
    headline, text = told[kind](ctx, report, event)
    greeting = f"Dear {name}," if name else "Hello,"
    body = (
        f"{greeting}\n\n{text}\n\nYour report: {what}\nReference: {report.reference}\n\n"
        f"Follow it here: {page}\n\n{ctx.council.name}"
    )
    return f"Your report {report.reference} {headline}", body


def _received(ctx: ServiceContext, report: Report, event: Event) -> tuple[str, str]:
    """Tell that a report was received, with the date and why."""
    promised = promise(report)
    if event.state["deadline"] is None or promised is None:
        return "was received", "Thank you for your report. We will look at it and decide how urgent it is."
    why = [*reasons(report, ctx.council)]
    if promised.is_forecast:
        why.insert(0, "four of five reports like this one were cleared in this time lately")
    by = weekday_words(promised.by)
    done = (
        ("cleared it", "clear it") if ctx.council.kind_of(report.kind).makes_jobs else ("dealt with it", "deal with it")
    )
    aim = f"We expect to have {done[0]} by" if promised.is_forecast else f"We aim to {done[1]} by"
    return "was received", f"Thank you for your report. {aim} {by}.\nWhy this date: {'; '.join(why)}."


def _closed(ctx: ServiceContext, report: Report, event: Event) -> tuple[str, str]:
    """Tell how a report was closed, with the link to say that it is still there."""
    closure = event.state["closure"]
    known = closure in CLOSURE_TEXTS
    text = closure_words(closure, ctx.council.kind_of(report.kind))[1] if known else "We closed your report."
    # The link is good for the visit that was closed; after a reopening it opens nothing more.
    if closure in STILL_THERE_CLOSURES and event.state["visit"] == report.visit:
        text += f"\n\nIs it gone, or still there? Tell us: {still_there_link(ctx, report)}"
    return ("has been cleared" if closure == "cleared" else "is closed"), text


def _referred(ctx: ServiceContext, report: Report, event: Event) -> tuple[str, str]:
    """Tell to whom a report was passed."""
    referral = ctx.council.kind_of(report.kind).referral
    if referral is not None and event.state["closure"] == HANDED_OVER:
        return "was passed on", f"Thank you for your report. {referral.words}"
    to = REFERRED_TO.get(event.data["to"], REFERRED_TO["other"])
    return "was passed on", f"This is for {to} to clear. We have passed your report on."
