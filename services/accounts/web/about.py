"""Statements that a public service owes its users: accessibility, privacy, cookies."""

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from shared.web.auth import PUBLIC, policy

bp = Blueprint("accounts_about", __name__, template_folder="templates")

STATEMENTS = ("accessibility", "privacy", "cookies")


@bp.get("/accounts/about/<name>")
@policy(PUBLIC)
def about(name: str) -> str:
    """Show a statement."""
    if name not in STATEMENTS:
        raise NotFound
    return render_template(f"accounts/about_{name}.html")
