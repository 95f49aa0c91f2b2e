"""One's own account: who I am here, my password, and ending my sessions."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from services.accounts import handlers, store
from services.accounts.domain.account import Account
from services.accounts.web.forms import PasswordForm
from shared.errors import DomainError, NotFound
from shared.web.app import cause, context
from shared.web.auth import SIGNED_IN, clear_user_cookie, policy, set_user_cookie, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.limits import limited

bp = Blueprint("accounts_own", __name__, template_folder="templates")

PASSWORD_TRIES = "10 per minute; 30 per hour"  # noqa: S105 - a limit


@bp.get("/accounts")
@policy(SIGNED_IN)
def start() -> Response:
    """Go to where this user can do something."""
    return redirect("/accounts/users" if signed_in_user().has_role("admin") else "/accounts/me", 303)


@bp.get("/accounts/me")
@policy(SIGNED_IN)
def me() -> str:
    """Show the signed-in user's own account."""
    return _page({})


@bp.post("/accounts/me/password")
@policy(SIGNED_IN)
@limited(PASSWORD_TRIES)
def change_password() -> Response | tuple[str, int]:
    """Change one's own password; this browser stays signed in, all others do not."""
    account = _own_account()
    values, errors = read_form(PasswordForm, request.form)
    if not errors:
        try:
            changed = handlers.change_password(
                context(),
                account.id,
                current=values["current_password"],
                new=values["new_password"],
                cause=cause(),
            )
        except DomainError as error:
            errors = errors_of(error)
        else:
            flash("Your password is changed. Your other sessions have ended.")
            response = redirect("/accounts/me", 303)
            renewed = handlers.session_of(context(), changed)
            set_user_cookie(response, renewed.cookie, lifetime_seconds=int(renewed.lifetime.total_seconds()))
            return response
    return _page(errors), 400


@bp.post("/accounts/me/sign-out-everywhere")
@policy(SIGNED_IN)
def sign_out_everywhere() -> Response:
    """End every session of this user."""
    handlers.sign_out_everywhere(context(), _own_account().id, cause=cause())
    flash("You have signed out everywhere.")
    response = redirect("/accounts/sign-in", 303)
    clear_user_cookie(response)
    return response


def _page(errors: FormErrors) -> str:
    """Return the page, with a password form for those who have a password."""
    account = store.accounts(context().store).get(signed_in_user().id)
    return render_template("accounts/me.html", account=account, errors=errors)


def _own_account() -> Account:
    """Return the account of the signed-in user; a crew's phone or a wall's screen has none."""
    account = store.accounts(context().store).get(signed_in_user().id)
    if account is None:
        raise NotFound("You signed in without an account of your own.")
    return account
