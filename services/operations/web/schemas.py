"""What the API of operations answers, described for its OpenAPI document."""

from marshmallow import Schema, fields


class CountSchema(Schema):
    """A number of the wall, and where the rows are that make it."""

    value = fields.Integer(required=True)
    href = fields.String(required=True)


class CountsSchema(Schema):
    """All numbers of the wall."""

    open = fields.Nested(CountSchema, required=True)
    overdue = fields.Nested(CountSchema, required=True)
    jobs_by_state = fields.Dict(keys=fields.String(), values=fields.Nested(CountSchema), required=True)
    tonnes_kg_by_material = fields.Dict(keys=fields.String(), values=fields.Nested(CountSchema), required=True)
    notices_by_state = fields.Dict(keys=fields.String(), values=fields.Nested(CountSchema), required=True)


class SummarySchema(Schema):
    """The wall at one instant; `revision` differs whenever a number does."""

    as_of = fields.String(required=True)
    revision = fields.String(required=True)
    counts = fields.Nested(CountsSchema, required=True)


class ToldSchema(Schema):
    """One event of a report's story; `withheld` names the fields that the role may not see."""

    id = fields.String(required=True)
    type = fields.String(required=True)
    service = fields.String(required=True)
    time = fields.String(required=True)
    cause = fields.String(required=True, allow_none=True)
    cause_kind = fields.String(required=True)
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    withheld = fields.List(fields.String(), required=True)
    sentence = fields.String(required=True)


class StopSchema(Schema):
    """One stop of a report's way: reached, not yet, not needed, or withheld."""

    stop = fields.String(required=True)
    standing = fields.String(required=True)
    headline = fields.String(required=True)
    href = fields.String(required=True, allow_none=True)


class FollowSchema(Schema):
    """A report's whole story in order."""

    reference = fields.String(required=True)
    events = fields.List(fields.Nested(ToldSchema), required=True)
    path = fields.List(fields.Nested(StopSchema), required=True)
