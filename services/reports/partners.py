"""Owners and partners whom reports are passed on to: by when they should answer, and the e-mail that tells them.

The e-mail says what lies where and how urgent it is, and asks for an answer; it names nobody who told the council, nor
repeats what they wrote. Whoever has no address in `council.toml` is told by the desk, which ticks that off.
"""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.entries import Referral
from services.reports.domain.referral import note_partner_told, planned
from services.reports.domain.report import Change, Report
from services.reports.store import reports
from services.reports.words import HAZARD_WORDS, REFERRED_TO, place_words, waste_words
from shared.calendar import LONDON, add_working_days, london_date, london_instant
from shared.contracts.codes import LAND_TYPES, SIZES
from shared.contracts.envelope import Cause, Event
from shared.council.partners import Partner
from shared.notify import Delivery, Message, queue_delivery
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.texts import weekday_words

PARTNER_MESSAGE = "partner"
"""The kind of a delivery to a partner; it tells no reporter anything."""

USUAL_ANSWER_DAYS = 10
"""For a partner of whom `council.toml` says nothing."""


def referral_to(ctx: ServiceContext, to: str, *, at: datetime, by: str | None = None) -> Referral:
    """Return a referral to a partner: how they are told, and by when they should answer, as `council.toml` says."""
    partner = ctx.council.partners.get(to)
    told_by = "email" if partner is not None and partner.email else "hand"
    return Referral(to, at, told_by=told_by, by=by, answer_by=answer_by(ctx, to, at=at))


def answer_by(ctx: ServiceContext, to: str, *, at: datetime) -> datetime:
    """Return the end of the working day by which a partner should have answered."""
    partner = ctx.council.partners.get(to)
    days = partner.answer_working_days if partner else USUAL_ANSWER_DAYS
    working = ctx.council.working_time
    return london_instant(add_working_days(london_date(at), days, working), working.ends)


def planned_change(ctx: ServiceContext, change: Change, *, at: datetime) -> Change:
    """Return a change after which every referral has a day to answer by: a crew that refers says only whose land."""
    report, facts = change
    referral = report.referral
    if report.state != "referred" or referral is None or referral.answer_by is not None:
        return change
    full = replace(referral_to(ctx, referral.to, at=at), at=referral.at)
    return planned(report, full, at=at, working=ctx.council.working_time), facts


def partner_for(ctx: ServiceContext, report: Report) -> Partner | None:
    """Return the partner that is proposed for the land of a report."""
    return next((one for one in ctx.council.partners.values() if report.land_type in one.lands), None)


def tell_partner(ctx: ServiceContext, event: Event, report: Report) -> None:
    """Queue the e-mail to whoever a report was passed to, once per event; nothing where they have no address here."""
    to = event.data["to"] if event.name == "report.referred" else report.referred_to
    partner = ctx.council.partners.get(to or "")
    if partner is None or partner.email is None or report.referral is None:
        return
    is_again = event.name != "report.referred"
    subject, body = partner_words(ctx, report, partner, is_again=is_again)
    queue_delivery(
        ctx,
        event_id=event.id,
        recipient="partner",
        kind=PARTNER_MESSAGE,
        message=Message("", "email", partner.email, PARTNER_MESSAGE, subject, body),
        event_time=event.time,
        about=report.id,
    )


def partner_words(ctx: ServiceContext, report: Report, partner: Partner, *, is_again: bool) -> tuple[str, str]:
    """Return the subject and body of the e-mail to a partner: nothing of who reported, or of what they wrote."""
    council, place = ctx.council, report.place
    what, where = waste_words(report, council), place_words(report, council)
    lines = [f"Where: {where}"]
    if place.place_precision == "exact":
        lines.append(f"Position: {place.lat:.5f}, {place.lon:.5f} (easting {place.easting}, northing {place.northing})")
    lines.append(f"What: {what}")
    if report.size:
        lines.append(f"How much: {SIZES[report.size].plain}")
    if report.land_type:
        lines.append(f"Kind of place: {LAND_TYPES[report.land_type].plain}")
    if report.hazards:
        lines.append(f"Dangers: {', '.join(HAZARD_WORDS[hazard] for hazard in report.hazards)}")
    lines += [
        f"Reported: {report.reported_at.astimezone(LONDON):%d %B %Y}",
        f"Our reference: {report.reference}",
        f"Page: {ctx.settings.public_url}/report/{report.reference}",
    ]
    referral = report.referral
    asked = ""
    if report.is_open and referral is not None and referral.answer_by is not None:
        day = weekday_words(london_date(referral.answer_by))
        asked = (
            f"\n\nPlease tell us by {day} what you will do, or that it is not yours. Reply to {council.contact.email}."
        )
    opening = (
        "We told you of this before and have not heard what came of it."
        if is_again
        else "We were told of this and believe that it is for you to deal with."
    )
    heading = "Reminder: report" if is_again else "Report"
    details = "\n".join(lines)
    return (
        f"{heading} {report.reference} for {partner.name}: {what}",
        f"To {partner.name}\n\n{opening}\n\n{details}{asked}\n\n{council.name}",
    )


@reload_on_conflict
def note_partner_sent(ctx: ServiceContext, delivery: Delivery) -> None:
    """Note on the report that its partner was told by e-mail; safe to repeat."""
    report = reports(ctx.store).get(delivery.about or "")
    if report is None:
        return
    told = note_partner_told(report, by=None, at=ctx.clock.now())
    if told != report:
        reports(ctx.store).save(told, at=ctx.clock.now(), cause=Cause(report.id, delivery.event_id))


def partner_name(ctx: ServiceContext, to: str) -> str:
    """Return a partner's name: the council's own for it, or the words of its code."""
    partner = ctx.council.partners.get(to)
    return partner.name if partner else REFERRED_TO.get(to, REFERRED_TO["other"])
