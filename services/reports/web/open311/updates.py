"""mySociety's extension of Open311: what has happened to reports since, and what other websites are told about them.

As FixMyStreet speaks it (its `Open311.pm` and open311-adapter's `Role/mySociety.pm`). Names and addresses of whoever
wrote an update there are taken and not kept: the website knows its own people, and staff only need what they say.
"""

from typing import Any

from flask import Blueprint, Response

from services.reports.domain.notes import Note
from services.reports.domain.statuses import Update
from services.reports.domain.typed import DESCRIPTION_LIMIT, clean_partner_id, clean_text
from services.reports.domain.updates import STATUSES
from services.reports.updates import receive_update, updates_between
from services.reports.web.open311 import parameters
from services.reports.web.open311.formats import FORMATS, XML, listed, w3c
from services.reports.web.open311.parameters import Faults, Fields
from services.reports.web.open311.service_requests import KEYED_LIMIT, LISTED_LIMIT, span
from services.reports.words import step_words
from shared.errors import DomainError, NotFound
from shared.ids import derived_id
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, policy, without_cookies
from shared.web.limits import limited

bp = Blueprint("open311_updates", __name__, url_prefix="/open311/v2")

MOST_UPDATES = 1_000
DEFAULT_DAYS = 1.0
ROOT, ONE = "service_request_updates", "request_update"


@bp.get("/servicerequestupdates")
@bp.get(f"/servicerequestupdates.{FORMATS}")
@policy(PUBLIC)
@limited(LISTED_LIMIT, methods=("GET",))
def list_updates(kind: str = XML) -> Response:
    """List what became known in a span of time (the last day by default), the oldest first, at most 1,000."""
    start, end = span(default_days=DEFAULT_DAYS)
    found = updates_between(context(), start, end, limit=MOST_UPDATES)
    return listed(kind, ROOT, ONE, [_told(update) for update in found])


@bp.post("/servicerequestupdates")
@bp.post(f"/servicerequestupdates.{FORMATS}")
@policy(PUBLIC)
@without_cookies
@limited(KEYED_LIMIT)
def post_update(kind: str = XML) -> Response:
    """Take an update of a report; the same `update_id` of the same caller again changes nothing."""
    key_id = parameters.caller()
    sent, faults = parameters.fields(), Faults()
    faults.require(sent, "service_request_id", "status", "updated_datetime")
    note = _note(key_id, sent, faults)
    faults.tell()
    if note is None:  # what is missing has been told
        raise DomainError("updated_datetime was not provided", field="updated_datetime")
    partner_id = clean_partner_id(sent["service_request_id_ext"])
    try:
        receive_update(context(), sent["service_request_id"], note, partner_id=partner_id, cause=cause())
    except NotFound:
        raise NotFound("service_request_id was not found") from None
    account_id = parameters.identifier(sent, "account_id", faults)
    return listed(kind, ROOT, ONE, [{"update_id": note.id, "account_id": account_id or None}])


def _note(key_id: str, sent: Fields, faults: Faults) -> Note | None:
    """Return the update that was sent, or None with the faults of it."""
    update_id = parameters.identifier(sent, "update_id", faults) or parameters.identifier(sent, "update_id_ext", faults)
    if not update_id:
        faults.add("update_id", "update_id was not provided")
    if "description" not in sent:
        faults.add("description", "description was not provided")
    status = sent["status"].lower().replace(" ", "_").replace("-", "_")
    if status and status not in STATUSES:
        faults.add("status", f"status must be one of: {', '.join(STATUSES).upper()}")
    text, at, now = "", None, context().clock.now()
    with faults.collected("description"):
        text = clean_text(sent["description"], DESCRIPTION_LIMIT)
    with faults.collected("updated_datetime"):
        at = parameters.instant("updated_datetime", sent["updated_datetime"])
    pictures = parameters.pictures(faults)
    if at is None:
        return None
    # A sender's clock may run ahead of ours; nothing has been written in the future.
    return Note(
        id=derived_id("open311-update", key_id, update_id),
        update_id=update_id,
        key_id=key_id,
        at=min(at, now),
        received_at=now,
        status=status,
        text=text,
        media_urls=pictures,
    )


def _told(update: Update) -> dict[str, Any]:
    """Return an update in the extension's words; what staff have not released is never in it."""
    report = update.report
    title, text = step_words(update.step, context().council.kind_of(report.kind))
    return {
        "update_id": update.id,
        "service_request_id": report.reference,
        "status": update.status,
        "description": f"{title}. {text}".strip() if text else f"{title}.",
        "updated_datetime": w3c(update.at),
        "media_url": None,
        "external_status_code": update.code,
        "customer_reference": report.reference,
        "fixmystreet_id": report.private.partner_id,
    }
