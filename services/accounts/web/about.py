"""Statements that a public service owes its users: accessibility, privacy, cookies.

What they say is the council's own, from `[privacy]`, `[accessibility]` and `[retention]` of `council.toml`.
"""

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from shared.council.statements import AccessibilityStatement, PrivacyNotice, time_words
from shared.texts import date_words
from shared.web.app import context
from shared.web.auth import PUBLIC, policy

bp = Blueprint("accounts_about", __name__, template_folder="templates")

STATEMENTS = ("accessibility", "privacy", "cookies")


@bp.get("/accounts/about/<name>")
@policy(PUBLIC)
def about(name: str) -> str:
    """Show a statement."""
    if name not in STATEMENTS:
        raise NotFound
    council = context().council
    return render_template(
        f"accounts/about_{name}.html",
        notice=council.privacy or PrivacyNotice(),
        statement=council.accessibility or AccessibilityStatement(),
        date_words=date_words,
        time_words=time_words,
    )
