"""The doors: password, shift code, wall link, and the way out. A link only ever opens a page with a button.

The door of the council's identity provider is in `oidc.py`.
"""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session
from werkzeug.wrappers import Response

from services.accounts import handlers
from services.accounts.domain.credential import normalise_code
from services.accounts.handlers import SignedIn
from services.accounts.web.forms import ShiftForm, SignInForm
from shared.errors import DomainError, Forbidden
from shared.web.app import context
from shared.web.auth import PUBLIC, clear_user_cookie, current_user, policy, set_user_cookie
from shared.web.forms import errors_of, read_form
from shared.web.limits import limited
from shared.web.navigation import start_page

bp = Blueprint("accounts_signing_in", __name__, template_folder="templates")

TRIES = "10 per minute; 60 per hour"
"""For one address; an account has a wait of its own after five wrong passwords."""

CODE_TRIES = "10 per minute; 30 per hour"
OPENINGS = "30 per minute"

Page = str | tuple[str, int]


@bp.get("/accounts/sign-in")
@policy(PUBLIC)
def sign_in_page() -> Page | Response:
    """Show the form, or send on whoever has signed in already."""
    user = current_user()
    if user is not None:
        return redirect(own_path(request.args.get("next")) or start_page(user), 303)
    return render_template("accounts/sign_in.html", errors={}, values={"next": own_path(request.args.get("next"))})


@bp.post("/accounts/sign-in")
@policy(PUBLIC)
@limited(TRIES)
def sign_in() -> Page | Response:
    """Sign a member of staff in, unless passwords are switched off."""
    if not context().settings.password_sign_in:
        raise Forbidden("Passwords are switched off here. Use the button on the page to sign in.")
    values, errors = read_form(SignInForm, request.form)
    wanted = own_path(request.form.get("next"))
    if not errors:
        try:
            return welcome(handlers.sign_in(context(), **values), wanted)
        except DomainError as error:
            errors = errors_of(error)
    shown = {"email": request.form.get("email", ""), "next": wanted}
    return render_template("accounts/sign_in.html", errors=errors, values=shown), 400


@bp.get("/accounts/shift")
@policy(PUBLIC)
def shift_page() -> Page:
    """Show the form for a shift code."""
    return render_template("accounts/shift.html", errors={}, values={})


@bp.get("/accounts/shift/<code>")
@policy(PUBLIC)
def shift_link(code: str) -> Page:
    """Show the button that a QR code leads to; opening the page signs nobody in."""
    return render_template("accounts/shift.html", errors={}, values={"code": normalise_code(code)}, from_link=True)


@bp.post("/accounts/shift")
@policy(PUBLIC)
@limited(CODE_TRIES)
def shift() -> Page | Response:
    """Sign a crew's shared phone in."""
    values, errors = read_form(ShiftForm, request.form)
    if not errors:
        try:
            return welcome(handlers.sign_in_with_code(context(), values["code"]), None)
        except DomainError as error:
            errors = errors_of(error)
    return render_template("accounts/shift.html", errors=errors, values=request.form), 400


@bp.get("/accounts/wall/<code>")
@policy(PUBLIC)
@limited(OPENINGS, methods=("GET",))
def wall(code: str) -> Response:
    """Make this browser a wall's screen; whoever is signed in stays who they are."""
    if current_user() is not None:
        return redirect("/operations", 303)
    return welcome(handlers.open_wall(context(), code), "/operations")


@bp.post("/accounts/sign-out")
@policy(PUBLIC)
def sign_out() -> Response:
    """Take the identity, and everything else of the session, out of this browser."""
    session.clear()
    flash("You have signed out.")
    response = redirect("/accounts/sign-in", 303)
    clear_user_cookie(response)
    return response


def own_path(wanted: str | None) -> str | None:
    """Return a path of this site to go to after signing in, None for anything that could lead elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return None
    if any(ord(character) < ord(" ") for character in wanted):
        return None
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else None


def welcome(signed_in: SignedIn, wanted: str | None) -> Response:
    """Put the identity into the browser, with a fresh session, and go on."""
    session.clear()
    response = redirect(wanted or start_page(signed_in.user), 303)
    set_user_cookie(response, signed_in.cookie, lifetime_seconds=int(signed_in.lifetime.total_seconds()))
    return response
