"""What the JSON API says of a day, as marshmallow schemas, and how a day becomes that."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from services.scheduling.day_end import DayEnd
from services.scheduling.domain.day_end import ENDINGS, ORIGINS, DayJob
from services.scheduling.web import day_view
from services.scheduling.web.day_view import SIDES


class FigureItem(Schema):
    """A number, and the address of the page with the records behind it."""

    value = fields.Integer()
    href = fields.String()


class SumItem(Schema):
    """Jobs that came to the day, and how they left it: both sides are the same."""

    planned = fields.Nested(FigureItem)
    added = fields.Nested(FigureItem)
    off_list = fields.Nested(FigureItem, metadata={"description": "Due or decided that day, on no crew's list."})
    done = fields.Nested(FigureItem)
    done_unplanned = fields.Nested(FigureItem)
    called_off = fields.Nested(FigureItem)
    carried = fields.Nested(FigureItem)


class WorkItem(Schema):
    """Hours, planned travel and loads, by crew or depot and never by person."""

    worked_minutes = fields.Integer(metadata={"description": "Without breaks, of shifts that began that day."})
    planned_travel_minutes = fields.Integer(allow_none=True, metadata={"description": "By the day's first plan."})
    planned_km = fields.Float(allow_none=True)
    tips = fields.Integer()
    estimated_kg = fields.Integer()
    weighed_kg = fields.Integer(metadata={"description": "The shares of the tickets that have come so far."})
    tips_by_site = fields.Dict(keys=fields.String(), values=fields.Integer())


class ShiftItem(Schema):
    """One shift; its hours are null where nobody signed off."""

    began_at = fields.AwareDateTime(format="iso")
    ended_at = fields.AwareDateTime(allow_none=True, format="iso")
    break_minutes = fields.Integer()
    worked_minutes = fields.Integer(allow_none=True)


class CrewDayItem(Schema):
    """A crew's day."""

    crew_id = fields.String()
    name = fields.String()
    jobs = fields.Nested(SumItem)
    work = fields.Nested(WorkItem)
    shifts = fields.List(fields.Nested(ShiftItem))


class DepotDayItem(Schema):
    """A depot's day, and whether it is closed."""

    depot_id = fields.String()
    state = fields.String(validate=validate.OneOf(("open", "closed")))
    closed_at = fields.AwareDateTime(allow_none=True, format="iso")
    changed_since = fields.Integer(metadata={"description": "Jobs that are otherwise than as the day was closed."})
    version = fields.Integer()
    jobs = fields.Nested(SumItem)
    work = fields.Nested(WorkItem)
    crews = fields.List(fields.Nested(CrewDayItem))


class DayJobItem(Schema):
    """One job of the day: how it came, what became of it, why, and to when it is carried over."""

    job_id = fields.String()
    reference = fields.String()
    depot_id = fields.String()
    crew_id = fields.String(allow_none=True)
    came = fields.String(validate=validate.OneOf(tuple(ORIGINS)))
    ended = fields.String(validate=validate.OneOf(tuple(ENDINGS)))
    side = fields.String(validate=validate.OneOf(tuple(SIDES)))
    reason = fields.String(allow_none=True)
    carried_to = fields.Date(allow_none=True)
    at = fields.AwareDateTime(allow_none=True, format="iso")


class DayItem(Schema):
    """A day of every depot."""

    day = fields.Date()
    balances = fields.Boolean(metadata={"description": "Whether both sides of the sum are the same."})
    unaccounted = fields.List(fields.String(), metadata={"description": "Planned jobs that nothing is known of."})
    jobs = fields.Nested(SumItem)
    depots = fields.List(fields.Nested(DepotDayItem))
    items = fields.List(fields.Nested(DayJobItem))


def day_item(found: DayEnd) -> Mapping[str, Any]:
    """Return a day as the API gives it."""
    made = found.tally()
    return {
        "day": found.day,
        "balances": made.balances and not found.unaccounted,
        "unaccounted": list(found.unaccounted),
        "jobs": day_view.sum_of(found),
        "depots": [_depot(found, depot.id) for depot in found.depots],
        "items": [_job(found, row) for row in found.rows],
    }


def _depot(found: DayEnd, depot_id: str) -> Mapping[str, Any]:
    """Return a depot's day."""
    record, crews = found.record(depot_id), found.crews_of(depot_id)
    return {
        "depot_id": depot_id,
        "state": record.state,
        "closed_at": record.last.at if record.is_closed and record.last else None,
        "changed_since": len(found.differences(depot_id)),
        "version": record.version,
        "jobs": day_view.sum_of(found, depot=depot_id),
        "work": _work(found, [crew.id for crew in crews], found.planned_travel(depot_id)),
        "crews": [
            {
                "crew_id": crew.id,
                "name": crew.name,
                "jobs": day_view.sum_of(found, depot=depot_id, crew=crew.id),
                "work": _work(found, [crew.id], day_view.crew_travel(found, crew)),
                "shifts": found.shifts_of([crew.id]),
            }
            for crew in crews
        ],
    }


def _work(found: DayEnd, crew_ids: list[str], travel: tuple[int, float] | None) -> Mapping[str, Any]:
    """Return what crews worked and tipped."""
    loads = found.loads(crew_ids)
    return {
        "worked_minutes": found.minutes(crew_ids),
        "planned_travel_minutes": travel[0] if travel else None,
        "planned_km": round(travel[1], 1) if travel else None,
        "tips": loads.tips,
        "estimated_kg": loads.estimated_kg,
        "weighed_kg": loads.weighed_kg,
        "tips_by_site": dict(loads.by_site),
    }


def _job(found: DayEnd, row: DayJob) -> Mapping[str, Any]:
    """Return a job of the day."""
    return {
        "job_id": row.job_id,
        "reference": row.reference,
        "depot_id": row.depot_id,
        "crew_id": row.crew_id,
        "came": row.origin,
        "ended": row.ending,
        "side": row.side,
        "reason": found.reason_of(row),
        "carried_to": row.until,
        "at": row.at,
    }
