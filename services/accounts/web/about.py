"""Statements that a public service owes its users: accessibility, privacy, cookies.

What they say is the council's own, from `[privacy]`, `[accessibility]` and `[retention]` of `council.toml`.
"""

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from shared.council.statements import AccessibilityStatement, PrivacyNotice
from shared.texts import date_words, ngettext
from shared.web.app import context
from shared.web.auth import PUBLIC, policy

bp = Blueprint("accounts_about", __name__, template_folder="templates")

STATEMENTS = ("accessibility", "privacy", "cookies")
DAYS_OF_A_YEAR = 365


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
        time_words=_time_words,
    )


def _time_words(days: int) -> str:
    """Return a time of keeping as people say it: whole years as years, any other in days."""
    years, rest = divmod(days, DAYS_OF_A_YEAR)
    if years and not rest:
        return ngettext("%(count)s year", "%(count)s years", years)
    return ngettext("%(count)s day", "%(count)s days", days)
