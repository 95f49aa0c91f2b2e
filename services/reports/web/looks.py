"""Who looked: every showing of personal data to staff is written down, and shown to staff, report by report.

A view that shows words, photos or contact details says so with `note_look`. One line a day and person is enough for
pictures, which a browser asks for again with every page. Forms of the staff's page that come back with an error show
the report too; they are caught here in one place, whatever form it was.
"""

from contextlib import suppress

from flask import Blueprint, Flask, Response, render_template, request, url_for

from services.reports.domain.complaint import Complaint
from services.reports.domain.report import Report
from services.reports.handlers import note_access
from services.reports.store import AUDIT, by_reference
from services.reports.words import access_words
from shared.calendar import london_date
from shared.errors import Duplicate, NotFound
from shared.ids import derived_id, new_id
from shared.notify import DELIVERIES
from shared.store import DESCENDING, In
from shared.store.port import Document
from shared.web.app import context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.pagination import next_url, page_request

bp = Blueprint("looks", __name__, template_folder="templates")

READERS = ("contact-centre", "manager", "supervisor")
PAGE_SIZE = 50
NEWEST_FIRST = (("at", DESCENDING),)


@bp.get("/triage/<reference>/log")
@policy(roles(*READERS))
def log(reference: str) -> str:
    """Show who has looked at what of a report, and what was released, given out or erased, newest first."""
    report = by_reference(context().store, reference)
    return look_log(report, title=report.reference, back=url_for("triage.view", reference=report.reference))


def look_log(about: Report | Complaint, *, title: str, back: str) -> str:
    """Return the page of who has looked at a report or complaint, with the way back to it."""
    asked = page_request(default_limit=PAGE_SIZE)
    found = context().store.find(
        AUDIT.name, {"about": about.id}, sort=NEWEST_FIRST, limit=asked.limit, after=asked.after
    )
    return render_template(
        "reports/triage/log.html",
        title=title,
        back=back,
        log=found.items,
        next_page=next_url(found.next),
        access_words=access_words,
    )


def note_look(about: Report | Complaint, what: str) -> None:
    """Write down that this user saw personal data of a report or complaint."""
    user = signed_in_user()
    note_access(context(), about, user_id=user.id, user_name=user.name, what=what)


def note_photo_look(report: Report) -> None:
    """Write down, once a day, that this user saw photos of a report."""
    ctx, user = context(), signed_in_user()
    now = ctx.clock.now()
    entry = _entry(report.id, "photo", derived_id("look", report.id, user.id, "photo", london_date(now).isoformat()))
    with suppress(Duplicate):
        ctx.store.insert(AUDIT.name, entry)


def note_messages_look(message_ids: list[str]) -> None:
    """Write down that this user read messages: one line for the page, and one in the log of each report concerned."""
    store = context().store
    deliveries = (
        store.find(DELIVERIES.name, {"_id": In(message_ids)}, limit=len(message_ids)).items if message_ids else []
    )
    about = dict.fromkeys(one["about"] for one in deliveries if one["about"])
    store.write_many(AUDIT.name, [_entry(report_id, "messages") for report_id in ("", *about)])


def register(app: Flask) -> None:
    """Have looks written down that no single view knows of."""

    @app.after_request
    def note_report_shown(response: Response) -> Response:
        came_back = request.path.startswith("/triage/") and request.method == "POST" and response.status_code == 400
        is_page = request.endpoint == "triage.view" and response.status_code == 200
        reference = (request.view_args or {}).get("reference")
        if reference and (came_back or is_page):
            with suppress(NotFound):
                report = by_reference(context().store, reference)
                if came_back or _was_shown_unnoted(report):
                    note_look(report, "words-and-photo")
        return response


def _was_shown_unnoted(report: Report) -> bool:
    """Say whether the staff's page of a report has just shown what its view does not write down.

    That is the exact spot of a report at a home, or the address of a picture elsewhere, where there is nothing besides.
    """
    told = report.private
    is_noted = told.description or told.place_text or told.photos or told.answers or told.notes
    return not is_noted and (told.lat is not None or bool(told.media_urls))


def _entry(about: str, what: str, entry_id: str | None = None) -> Document:
    """Return a line of the audit log about this user."""
    user = signed_in_user()
    return {
        "_id": entry_id or new_id(),
        "about": about,
        "at": context().clock.now(),
        "user_id": user.id,
        "user_name": user.name,
        "what": what,
    }
