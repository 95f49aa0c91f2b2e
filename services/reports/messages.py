"""What reporters are told: received, closed, opened again, passed on, joined to another, and that action was taken.

The service consumes its own events: a report's event makes at most one delivery per channel, under an id derived from
the event, so that hearing the event again makes no second one. A timer sends what is due, and the report then says
that its reporter was told (`report.notified`).

Messages greet by the name that was given and carry a reference, a state, the street and links, and no more: they go
through other people's servers. Of enforcement a reporter hears only that action was taken, after it was paid, and never
how much or by whom.
"""

from hashlib import sha256

from services.reports.domain.merging import UNMERGED
from services.reports.domain.referral import HANDED_OVER
from services.reports.domain.report import Report, note_told
from services.reports.partners import PARTNER_MESSAGE, note_partner_sent, tell_partner
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
MOST_JOINED = 100
"""Reports of one heap whose reporters are told; more than a city has seen."""


def on_report(ctx: ServiceContext, event: Event) -> None:
    """Queue what everybody concerned is to be told of an event, once for each way to reach them."""
    report = reports(ctx.store).get(event.subject)
    if report is None:
        return
    if _is_for_a_partner(event):
        tell_partner(ctx, event, report)
    told: set[str] = set()
    for kind, about, own in _audiences(ctx, event, report):
        for recipient, channel, address, name in _recipients(own, kind, is_joined=own.id != event.subject):
            if address in told:
                continue  # who reported it twice hears of it once
            told.add(address)
            _queue(ctx, event, kind, (recipient, channel, address, name), about=about, own=own)


def _queue(
    ctx: ServiceContext, event: Event, kind: str, to: tuple[str, str, str, str], *, about: Report, own: Report
) -> None:
    """Queue one message to one address, about a report, to somebody whose own report may be another."""
    recipient, channel, address, name = to
    subject, body = _words(ctx, about, kind, event, name=name, own=own)
    if channel == "sms":
        body = f"{ctx.council.short_name}: {subject[0].lower()}{subject[1:]}. {_page_of(ctx, about)}"
    queue_delivery(
        ctx,
        event_id=event.id,
        recipient=recipient,
        kind=kind,
        message=Message("", channel, address, kind, subject, body),  # type: ignore[arg-type]
        event_time=event.time,
        about=own.id,
    )


def _is_for_a_partner(event: Event) -> bool:
    """Say whether an event passes a report on, or asks again after one that nobody answered."""
    is_again = event.name == "report.amended" and event.data["change"] == "paused"
    return event.name == "report.referred" or (is_again and event.state["state"] == "referred")


def _audiences(ctx: ServiceContext, event: Event, report: Report) -> list[tuple[str, Report, Report]]:
    """Return who hears what of an event: (kind of message, the report it is about, whose reporter and followers).

    Whose report was joined to another hears what happens to that; both sides hear of the joining and of its undoing.
    """
    for name, other, kinds in (
        ("report.merged", "into_report_id", ("merged", "joined")),
        ("report.unmerged", "from_report_id", ("unmerged", "separated")),
    ):
        if event.name == name:
            kept = reports(ctx.store).get(event.data[other])
            about = [(kinds[0], kept if kept is not None and name == "report.merged" else report, report)]
            return about + ([(kinds[1], kept, kept)] if kept is not None else [])
    kind = _kind(event)
    if kind is None:
        return []
    joined = [] if kind == "received" else [(kind, report, one) for one in _joined_to(ctx, report)]
    return [(kind, report, report), *joined]


def _joined_to(ctx: ServiceContext, report: Report) -> list[Report]:
    """Return the reports that were joined to one, and those that had been joined to these."""
    found: list[Report] = []
    waiting = [report.id]
    while waiting and len(found) < MOST_JOINED:
        joined, _ = reports(ctx.store).find({"merged_into": waiting.pop()}, limit=MOST_JOINED)
        found += joined
        waiting += [one.id for one in joined]
    return found


def send_messages(ctx: ServiceContext) -> None:
    """Send what is due, and note on each report that its reporter was told."""
    send_due(ctx, open_sender(ctx.settings, ctx.store), on_sent=lambda delivery: note_sent(ctx, delivery))


@reload_on_conflict
def note_sent(ctx: ServiceContext, delivery: Delivery) -> None:
    """Note on the report that its reporter or partner was told; safe to repeat."""
    if delivery.kind == PARTNER_MESSAGE:
        note_partner_sent(ctx, delivery)
        return
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
    if event.name == "report.closed" and event.state["closure"] == "duplicate":
        return None  # report.merged says so, and to whom it was joined
    if event.name == "report.reopened" and event.data["by"] == UNMERGED:
        return None
    if event.state["closure"] == HANDED_OVER and event.name != "report.referred":
        return None  # it came in, was passed on and closed in one moment: one message says so
    return KIND_OF_EVENT.get(event.name)


def _recipients(report: Report, kind: str, *, is_joined: bool = False) -> list[tuple[str, str, str, str]]:
    """Return whom to tell: (who it is to the delivery, channel, address, name); followers hear no "received"."""
    private = report.private
    reachable = [
        (f"{channel}:{report.id}" if is_joined else channel, channel, address, private.name)
        for channel, address in (("email", private.email), ("sms", private.phone))
    ]
    if kind != "received":
        for follower in private.followers:
            # By a hash of the address: numbers in a list would change when somebody is erased from it.
            reachable += [
                (f"{channel}:{sha256(address.encode()).hexdigest()[:20]}", channel, address, "")
                for channel, address in (("email", follower.email), ("sms", follower.phone))
            ]
    return [one for one in reachable if one[2]]


def _words(ctx: ServiceContext, report: Report, kind: str, event: Event, *, name: str, own: Report) -> tuple[str, str]:
    """Return the subject and body of a message, by the state that the event announced and not by what came after.

    `own` is the recipient's report; where it was joined to `report`, both are named.
    """
    page = _page_of(ctx, report)
    what = f"{waste_words(report, ctx.council)}, {place_words(report, ctx.council)}"
    told = {
        "received": _received,
        "closed": _closed,
        "reopened": lambda *_: ("is open again", "We opened this report again, and a crew will be sent."),
        "referred": _referred,
        "action-taken": lambda *_: ("action was taken", "Our enforcement officers took action over this."),
        "merged": _merged,
        "joined": lambda *_: ("was reported again", "Somebody else told us of the same. Nothing changes for you."),
        "unmerged": lambda *_: (
            "stands on its own again",
            "We had joined your report to another one. It is about something else, so it goes on by itself again.",
        ),
        "separated": lambda *_: (
            "stands alone again",
            "We had joined another report to yours. It is about something else. Nothing changes for you.",
        ),
    }
    headline, text = told[kind](ctx, report, event)
    greeting = f"Dear {name}," if name else "Hello,"
    joined = f" (joined to {report.reference})" if own.id != report.id else ""
    body = (
        f"{greeting}\n\n{text}\n\nYour report: {what}\nReference: {own.reference}{joined}\n\n"
        f"Follow it here: {page}\n\n{ctx.council.name}"
    )
    return f"Your report {own.reference}{'' if kind == 'merged' else joined} {headline}", body


def _merged(_ctx: ServiceContext, report: Report, _event: Event) -> tuple[str, str]:
    """Tell to which report one was joined, and that what happens to that will be told."""
    text = f"Somebody had already told us about this, so we joined your report to theirs, {report.reference}."
    return f"was joined to {report.reference}", f"{text} You hear from us what happens to it."


def _received(ctx: ServiceContext, report: Report, event: Event) -> tuple[str, str]:
    """Tell that a report was received, with the date and why."""
    promised = promise(report)
    if event.state["deadline"] is None or promised is None:
        return "was received", "Thank you for your report. We will look at it and decide how urgent it is."
    why = [*reasons(report, ctx.council)]
    if promised.is_forecast:
        why.insert(0, "four of five reports like this one were cleared in about this time lately")
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
