"""The JSON API of operations: the wall's numbers, and a report's story."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from services.operations.story import read_story
from services.operations.summary import read_summary
from services.operations.web.following import as_json
from services.operations.web.names import CouncilNames
from services.operations.web.schemas import FollowSchema, SummarySchema
from shared.web.app import context
from shared.web.auth import SIGNED_IN, STAFF, policy, signed_in_user

api = Blueprint("operations_api", __name__, url_prefix="/api/operations/v1", description="The wall and the stories")


@api.get("/summary")
@policy(SIGNED_IN)
@api.response(200, SummarySchema)
def summary() -> Mapping[str, Any]:
    """Give every count of the wall, each with the address of the rows that make it."""
    ctx = context()
    places = tuple(place.id for place in ctx.council.neighbourhoods)
    return read_summary(ctx.store, places, now=ctx.clock.now()).as_json()


@api.get("/follow/<reference>")
@policy(STAFF)
@api.response(200, FollowSchema)
def follow(reference: str) -> Mapping[str, Any]:
    """Give every event of one report in order; what the role may not see is named in `withheld`."""
    ctx = context()
    return as_json(read_story(ctx.store, reference), CouncilNames(ctx.council), signed_in_user())
