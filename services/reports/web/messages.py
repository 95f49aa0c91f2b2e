"""The page of messages that the default sender has kept: what would have gone out by e-mail and text message.

It shows addresses, so it is for the contact centre and administrators, and each opening is in the audit log.
"""

from flask import Blueprint, render_template

from services.reports.web.looks import note_messages_look
from shared.notify import messages_page
from shared.web.app import context
from shared.web.auth import policy, roles
from shared.web.pagination import next_url, page_request

bp = Blueprint("messages", __name__, template_folder="templates")

PAGE_SIZE = 20


@bp.get("/messages")
@policy(roles("contact-centre"))
def sent() -> str:
    """Show what reporters were told, newest first."""
    asked = page_request(default_limit=PAGE_SIZE)
    page = messages_page(context().store, after=asked.after, limit=asked.limit)
    note_messages_look([message["_id"] for message in page.items])
    return render_template("reports/messages.html", messages=page.items, next_page=next_url(page.next))
