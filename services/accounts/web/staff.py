"""Administration of staff accounts, and the record of sign-ins."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from services.accounts import handlers, store
from services.accounts.depots import depot_name, working_depots
from services.accounts.domain.account import SCOPES, Account
from services.accounts.web.forms import ACCOUNT_ROLES, NewUserForm, RolesForm
from shared.errors import DomainError
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.pagination import next_url, page_request

bp = Blueprint("accounts_staff", __name__, template_folder="templates")

ADMIN = roles("admin")
BY_EMAIL = (("email", 1),)


@bp.get("/accounts/users")
@policy(ADMIN)
def users() -> str:
    """List everybody with an account."""
    asked = page_request()
    found, cursor = store.accounts(context().store).find({}, sort=BY_EMAIL, limit=asked.limit, after=asked.after)
    return render_template("accounts/users.html", accounts=found, next_url=next_url(cursor))


@bp.get("/accounts/users/new")
@policy(ADMIN)
def new_user_page() -> str:
    """Show the form for a new account."""
    return _new_user_page({}, {})


@bp.post("/accounts/users/new")
@policy(ADMIN)
def new_user() -> str | tuple[str, int]:
    """Add an account, and show its generated password once."""
    values, errors = read_form(NewUserForm, request.form)
    if not errors:
        try:
            account, password = handlers.add_user(
                context(),
                email=values["email"],
                name=values["name"],
                roles=values["roles"],
                scopes=_scopes(values),
                cause=cause(),
            )
        except DomainError as error:
            errors = errors_of(error)
        else:
            return render_template("accounts/password_once.html", account=account, password=password, is_new=True)
    return _new_user_page(_typed(request.form), errors), 400


@bp.get("/accounts/users/<account_id>")
@policy(ADMIN)
def user(account_id: str) -> str:
    """Show one account, with what can be done to it."""
    return _user_page(store.accounts(context().store).require(account_id), {})


@bp.post("/accounts/users/<account_id>/roles")
@policy(ADMIN)
def change_roles(account_id: str) -> Response | tuple[str, int]:
    """Give an account other roles and scopes."""
    values, errors = read_form(RolesForm, request.form)
    if not errors:
        try:
            handlers.change_roles(
                context(),
                account_id,
                roles=values["roles"],
                scopes=_scopes(values),
                by=signed_in_user().id,
                cause=cause(),
            )
        except DomainError as error:
            errors = errors_of(error)
        else:
            flash("The roles are changed. What was signed in before has ended.")
            return redirect(f"/accounts/users/{account_id}", 303)
    return _user_page(store.accounts(context().store).require(account_id), errors, _typed(request.form)), 400


@bp.post("/accounts/users/<account_id>/switch-off")
@policy(ADMIN)
def switch_off(account_id: str) -> Response:
    """Switch an account off; its sessions end within seconds."""
    handlers.switch(context(), account_id, is_active=False, by=signed_in_user().id, cause=cause())
    flash("The account is switched off.")
    return redirect(f"/accounts/users/{account_id}", 303)


@bp.post("/accounts/users/<account_id>/switch-on")
@policy(ADMIN)
def switch_on(account_id: str) -> Response:
    """Switch an account on again."""
    handlers.switch(context(), account_id, is_active=True, by=signed_in_user().id, cause=cause())
    flash("The account is switched on.")
    return redirect(f"/accounts/users/{account_id}", 303)


@bp.post("/accounts/users/<account_id>/reset-password")
@policy(ADMIN)
def reset_password(account_id: str) -> str:
    """Give an account a generated password, and show it once."""
    account, password = handlers.reset_password(context(), account_id, cause=cause())
    return render_template("accounts/password_once.html", account=account, password=password, is_new=False)


@bp.post("/accounts/users/<account_id>/link")
@policy(ADMIN)
def link(account_id: str) -> Response:
    """Let whoever signs in with the identity provider under this account's address have the account."""
    handlers.allow_link(context(), account_id, by=signed_in_user().id, cause=cause())
    flash("The next person to sign in there with this email address has this account. Its password then ends.")
    return redirect(f"/accounts/users/{account_id}", 303)


@bp.post("/accounts/users/<account_id>/end-sessions")
@policy(ADMIN)
def end_sessions(account_id: str) -> Response:
    """End every session of an account."""
    handlers.sign_out_everywhere(context(), account_id, cause=cause())
    flash("Every session has ended.")
    return redirect(f"/accounts/users/{account_id}", 303)


@bp.get("/accounts/sign-ins")
@policy(ADMIN)
def sign_ins() -> str:
    """Show who signed in and who was refused, newest first."""
    asked = page_request()
    records, cursor = store.recent_sign_ins(context().store, limit=asked.limit, after=asked.after)
    repository = store.accounts(context().store)
    known = {user_id: repository.get(user_id) for user_id in {record["user_id"] for record in records} if user_id}
    return render_template("accounts/sign_ins.html", records=records, known=known, next_url=next_url(cursor))


def _new_user_page(values: dict[str, Any], errors: FormErrors) -> str:
    """Return the form for a new account."""
    depots = working_depots(context())
    return render_template("accounts/new_user.html", values=values, errors=errors, roles=ACCOUNT_ROLES, depots=depots)


def _user_page(account: Account, errors: FormErrors, typed: dict[str, Any] | None = None) -> str:
    """Return the page of one account."""
    values = typed or {"roles": account.roles, **account.scopes}
    ctx, own = context(), account.scopes.get("depot_id")
    # A depot that was retired since: without it in the list, saving would widen the account to all depots.
    depots = {**working_depots(ctx), **({own: depot_name(ctx, own)} if own else {})}
    return render_template(
        "accounts/user.html", account=account, values=values, errors=errors, roles=ACCOUNT_ROLES, depots=depots
    )


def _typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """Return a form as it was typed, with every chosen role."""
    return {**form.to_dict(), "roles": form.getlist("roles")}


def _scopes(values: dict[str, Any]) -> dict[str, str]:
    """Return the scopes that a form chose."""
    return {name: values[name] for name in SCOPES if values.get(name)}
