"""What the JSON API says of a plan, as marshmallow schemas, and how a plan becomes that."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from services.scheduling.domain.plan import Plan


class PublishBody(Schema):
    """Publish a proposal as it was seen."""

    version = fields.Integer(required=True, strict=True)


class PlannedStopItem(Schema):
    """One stop of a plan."""

    job_id = fields.String()
    reference = fields.String()
    crew_id = fields.String()
    position = fields.Integer()
    arrive_at = fields.AwareDateTime(format="iso")


class LeftItem(Schema):
    """A job that a plan leaves, and why."""

    job_id = fields.String()
    reference = fields.String()
    reason = fields.String()
    words = fields.String()


class PlanItem(Schema):
    """A plan of one depot's day; stops and what is left are there once it was proposed."""

    id = fields.String()
    depot_id = fields.String()
    day = fields.Date()
    state = fields.String(
        metadata={"description": "requested, claimed, proposed, kept, failed, published or discarded."}
    )
    problem = fields.String(allow_none=True, metadata={"description": "Why there is no proposal, in words."})
    solver = fields.String(allow_none=True, metadata={"description": "Who made it: a search, or the rules of thumb."})
    requested_at = fields.AwareDateTime(format="iso")
    published_at = fields.AwareDateTime(allow_none=True, format="iso")
    stops = fields.List(fields.Nested(PlannedStopItem))
    left = fields.List(fields.Nested(LeftItem))
    version = fields.Integer()


def plan_item(plan: Plan) -> Mapping[str, Any]:
    """Return a plan as the API gives it."""
    proposal = plan.proposal
    return {
        "id": plan.id,
        "depot_id": plan.depot_id,
        "day": plan.day,
        "state": plan.state,
        "problem": plan.problem,
        "solver": proposal.solver if proposal else None,
        "requested_at": plan.requested_at,
        "published_at": plan.published_at,
        "stops": proposal.stops if proposal else (),
        "left": proposal.unplanned if proposal else (),
        "version": plan.version,
    }
