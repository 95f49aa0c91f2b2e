"""What the contact centre does during a call: find the caller's reports, note that they ask again, take a report."""

import re
from contextlib import suppress
from dataclasses import replace

from services.reports.contacts import contact_keys, keys_of
from services.reports.domain.chasing import chase
from services.reports.domain.private import Follower
from services.reports.domain.report import Report
from services.reports.domain.submission import Submission
from services.reports.domain.typed import clean_email, clean_phone
from services.reports.handlers import note_access, save_change
from services.reports.intake import accept_report
from services.reports.store import NEWEST_FIRST, by_reference, reports
from shared.contracts.envelope import Cause
from shared.errors import NotFound
from shared.ids import normalise_reference
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import HasAny

MOST_FOUND = 20
MOST_LOOKED_AT = 100
REFERENCE = re.compile(r"[A-Z]{2}-[0-9A-HJKMNP-TV-Z]{8}")
CHANNEL = "contact-centre"


def find_caller(ctx: ServiceContext, typed: str, *, user_id: str, user_name: str = "") -> list[Report]:
    """Return the reports of a caller by what they say (reference, address, number, name), the newest first.

    Each report that is found is noted in the log as looked at.
    """
    # A name of ten letters can look like a reference, so that what is none may still be somebody.
    found = _by_reference(ctx, typed) or _by_keys(ctx, keys_of(typed[:200]))
    for report in found:
        note_access(ctx, report, user_id=user_id, user_name=user_name, what="caller-search")
    return found


def _by_reference(ctx: ServiceContext, typed: str) -> list[Report]:
    """Return the report of a reference, nothing where there is none or it can't be one."""
    reference = normalise_reference(typed[:40])
    if not REFERENCE.fullmatch(reference):
        return []
    with suppress(NotFound):
        return [by_reference(ctx.store, reference)]
    return []


def _by_keys(ctx: ServiceContext, keys: list[str]) -> list[Report]:
    """Return the reports that have all the keys: each word of a name."""
    if not keys:
        return []
    # The last word of a name is the rarest in most names.
    found, _ = reports(ctx.store).find({"contact_keys": HasAny([keys[-1]])}, sort=NEWEST_FIRST, limit=MOST_LOOKED_AT)
    return [report for report in found if set(keys) <= set(contact_keys(report.private))][:MOST_FOUND]


@reload_on_conflict
def chase_report(
    ctx: ServiceContext, reference: str, *, call: str, email: str, phone: str, user_id: str, user_name: str = ""
) -> Report:
    """Note that a caller asks again after a report, and tell them from now on where they can be reached."""
    report = by_reference(ctx.store, reference)
    follower = Follower(clean_email(email), clean_phone(phone))
    reachable = follower if follower.email or follower.phone else None
    chased = chase(report, call=call, by=user_id, at=ctx.clock.now(), follower=reachable)
    saved = save_change(ctx, report, (chased, []))
    if len(saved.chases) > len(report.chases):
        note_access(ctx, saved, user_id=user_id, user_name=user_name, what="chased")
    return saved


def take_report(
    ctx: ServiceContext,
    submission: Submission,
    *,
    call: str,
    user_id: str,
    user_name: str = "",
    cause: Cause | None = None,
) -> Report:
    """Take a report for a caller: the same gate as for residents, with who took it; the same call again is one report.

    Raises:
        DomainError: something in it is wrong, or the place is outside the council's area.
    """
    told = replace(submission, channel=CHANNEL, agent_id=user_id)
    report = accept_report(ctx, told, idempotency_key=f"desk:{user_id}:{call}", cause=cause)
    note_access(ctx, report, user_id=user_id, user_name=user_name, what="taken")
    return report
