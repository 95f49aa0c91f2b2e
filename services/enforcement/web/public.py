"""The page for whoever received a notice: what it is, what to pay by when, and what the law says. It names nobody.

Its address holds a code that can't be guessed and is on the paper alone: never in an event, a log or a search engine.
"""

from flask import Blueprint, Response, make_response, render_template

from services.enforcement.store import JOBS, REPORTS, notice_by_code
from services.enforcement.web.view import today_of
from services.enforcement.web.words import in_full
from shared.store.port import In
from shared.web.app import context
from shared.web.auth import PUBLIC, policy
from shared.web.limits import limited

bp = Blueprint("public_notice", __name__, template_folder="templates")

LOOKS = "30 per minute; 300 per hour"
"""Enough for a family around one phone; far too little to guess 120 bits."""


@bp.get("/notice/<public_code>")
@policy(PUBLIC)
@limited(LOOKS, methods=("GET",))
def notice(public_code: str) -> Response:
    """Show a notice to whoever has its code."""
    ctx = context()
    found = notice_by_code(ctx.store, public_code[:60])
    report = next((copy for copy in (ctx.store.get(REPORTS.name, key) for key in found.report_ids) if copy), None)
    if report is None:
        jobs = ctx.store.find(JOBS.name, {"report_id": In(found.report_ids)}, limit=1).items
        report = jobs[0] if jobs else None
    today = today_of(ctx)
    page = render_template(
        "enforcement/public.html",
        notice=found,
        today=today,
        left_pence=found.left_pence(today),
        place=ctx.council.neighbourhood(report["neighbourhood"]).name if report else None,
        facts=report,
        in_full=in_full,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
