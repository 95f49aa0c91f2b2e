"""The JSON API of accounts: who I am, and administration of staff for other systems of the council."""

from typing import Any

import flask_smorest
from marshmallow import Schema, fields

from services.accounts import handlers, store
from services.accounts.domain.account import Account
from shared.web.api import listing
from shared.web.app import cause, context
from shared.web.auth import SIGNED_IN, policy, roles, signed_in_user
from shared.web.identity import User
from shared.web.pagination import page_request

bp = flask_smorest.Blueprint(
    "accounts_api", __name__, url_prefix="/api/accounts/v1", description="Staff accounts and who is signed in"
)

ADMIN = roles("admin")
BY_EMAIL = (("email", 1),)


class WhoSchema(Schema):
    """Whoever makes the request."""

    id = fields.String()
    name = fields.String()
    roles = fields.List(fields.String())
    scopes = fields.Dict(keys=fields.String(), values=fields.String())


class UserSchema(WhoSchema):
    """A member of staff."""

    email = fields.String()
    active = fields.Boolean(attribute="is_active")
    created_at = fields.AwareDateTime()
    last_sign_in_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class UsersSchema(Schema):
    """A page of staff."""

    items = fields.List(fields.Nested(UserSchema))
    next = fields.String(allow_none=True)


@bp.route("/me")
@policy(SIGNED_IN)
@bp.response(200, WhoSchema)
def me() -> User:
    """Say who this token or cookie is."""
    return signed_in_user()


@bp.route("/users")
@policy(ADMIN)
@bp.response(200, UsersSchema)
def users() -> Any:
    """List staff accounts by e-mail address."""
    asked = page_request()
    found, cursor = store.accounts(context().store).find({}, sort=BY_EMAIL, limit=asked.limit, after=asked.after)
    return listing(found, cursor)


@bp.route("/users/<account_id>")
@policy(ADMIN)
@bp.response(200, UserSchema)
def user(account_id: str) -> Account:
    """Return one staff account."""
    return store.accounts(context().store).require(account_id)


@bp.route("/users/<account_id>/switch-off", methods=["POST"])
@policy(ADMIN)
@bp.response(200, UserSchema)
def switch_off(account_id: str) -> Account:
    """Switch an account off; again changes nothing more than the instant."""
    return handlers.switch(context(), account_id, is_active=False, by=signed_in_user().id, cause=cause())


@bp.route("/users/<account_id>/switch-on", methods=["POST"])
@policy(ADMIN)
@bp.response(200, UserSchema)
def switch_on(account_id: str) -> Account:
    """Switch an account on."""
    return handlers.switch(context(), account_id, is_active=True, by=signed_in_user().id, cause=cause())
