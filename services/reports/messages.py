"""What reporters are told: received, waiting, going on, closed, opened again, passed on, joined, and action taken.

The service consumes its own events: a report's event makes at most one delivery per channel, under an id derived from
the event, so that hearing the event again makes no second one. A timer sends what is due, and the report then says
that its reporter was told (`report.notified`).

Messages greet by the name that was given and carry a reference, a state, the street and links, and no more: they go
through other people's servers. Of enforcement a reporter hears only that action was taken, after payment or conviction,
never how much or by whom, and not at all where they said who did it.
"""

from hashlib import sha256

from services.reports.domain.merging import UNMERGED
from services.reports.domain.referral import HANDED_OVER
from services.reports.domain.report import Report, note_told
from services.reports.partners import PARTNER_MESSAGE, note_partner_sent, tell_partner
from services.reports.store import reports
from services.reports.telling import message_words, page_of
from shared.contracts.envelope import Cause, Event
from shared.notify import Delivery, Message, open_sender, queue_delivery, send_due
from shared.service import ServiceContext
from shared.store import reload_on_conflict

KIND_OF_EVENT = {
    "report.submitted": "received",
    "report.closed": "closed",
    "report.reopened": "reopened",
    "report.referred": "referred",
}
ACTION_TAKEN = "action-taken"
TOLD_CHANGES = frozenset({ACTION_TAKEN, "paused", "resumed"})
"""Of the changes that amend a report, those that its reporter hears of."""

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
        if kind == ACTION_TAKEN and own.names_suspect:
            continue  # what becomes of somebody they know is not for them to hear, by another's report neither
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
    subject, body = message_words(ctx, about, kind, event, name=name, own=own)
    if channel == "sms":
        body = f"{ctx.council.short_name}: {subject[0].lower()}{subject[1:]}. {page_of(ctx, about)}"
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


def _kind(event: Event) -> str | None:
    """Return which message an event calls for."""
    if event.name == "report.amended":
        # Asking an owner again stops the clock too; that the report is with them has been told.
        is_reminder = event.data["change"] == "paused" and event.state["state"] == "referred"
        return event.data["change"] if event.data["change"] in TOLD_CHANGES and not is_reminder else None
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
