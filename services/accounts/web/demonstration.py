"""The one-click sign-in of a demonstration: mounted with DEMO=1 alone, and only for who sits at the machine itself."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from services.accounts.demonstration import sign_in_as
from services.accounts.web.signing_in import own_path, welcome
from shared.web.app import context
from shared.web.auth import PUBLIC, policy
from shared.web.loopback import refuse_strangers

bp = Blueprint("accounts_demonstration", __name__)


@bp.post("/accounts/demonstration")
@policy(PUBLIC)
def become() -> Response:
    """Become one of the made people, and go where they work."""
    refuse_strangers()
    crew_id = request.form.get("crew_id") or None
    signed_in = sign_in_as(context(), request.form.get("role", ""), crew_id=crew_id)
    return welcome(signed_in, own_path(request.form.get("next")))
