"""What the JSON API takes and gives, as marshmallow schemas, so that the OpenAPI description is never out of date."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from services.scheduling.domain.fleet import Tip, Vehicle, load_part
from services.scheduling.domain.job import Job
from services.scheduling.domain.job_state import public_state
from services.scheduling.domain.roster import Standing
from shared.contracts.codes import JOB_STATES, LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES
from shared.contracts.scheduling import NO_PHOTO_REASONS
from shared.web.api import QuerySchema


class ReasonItem(Schema):
    """One rule that gave the report its priority."""

    rule = fields.String()
    value = fields.String(allow_none=True)


class JobItem(Schema):
    """A job: its public state, its version, and why it has its priority."""

    id = fields.String()
    reference = fields.String()
    visit = fields.Integer()
    state = fields.String(validate=validate.OneOf(JOB_STATES))
    held = fields.Boolean()
    contractor = fields.Boolean()
    kind = fields.String()
    channel = fields.String()
    report_id = fields.String(allow_none=True, metadata={"description": "None for a beat, which nobody reported."})
    title = fields.String(allow_none=True, metadata={"description": "What a beat is about."})
    depot_id = fields.String()
    crew_id = fields.String(allow_none=True)
    vehicle_id = fields.String(allow_none=True)
    priority = fields.Integer(allow_none=True)
    reasons = fields.List(fields.Nested(ReasonItem))
    deadline = fields.AwareDateTime(allow_none=True, format="iso")
    overdue = fields.Boolean()
    report_kind = fields.String(metadata={"description": "The kind of report, as `council.toml` declares it."})
    waste_type = fields.String(allow_none=True)
    land_type = fields.String(allow_none=True)
    size = fields.String(allow_none=True)
    lat = fields.Float()
    lon = fields.Float()
    ward = fields.String()
    neighbourhood = fields.String()
    created_at = fields.AwareDateTime(format="iso")
    assigned_at = fields.AwareDateTime(allow_none=True, format="iso")
    started_at = fields.AwareDateTime(allow_none=True, format="iso")
    completed_at = fields.AwareDateTime(allow_none=True, format="iso")
    outcome = fields.String(allow_none=True)
    proof = fields.String(allow_none=True)
    no_photo_reason = fields.String(allow_none=True)
    has_evidence = fields.Boolean()
    estimated_kg = fields.Integer(allow_none=True, metadata={"description": "From the size; an estimate."})
    weighed_kg = fields.Integer(allow_none=True, metadata={"description": "Its share of the weighbridge tickets."})
    tip_id = fields.String(allow_none=True)
    version = fields.Integer()


class JobList(Schema):
    """A page of jobs."""

    items = fields.List(fields.Nested(JobItem))
    next = fields.String(allow_none=True)


class JobQuery(QuerySchema):
    """Which jobs to list."""

    reference = fields.String()
    state = fields.String(validate=validate.OneOf(JOB_STATES))
    limit = fields.Integer()
    after = fields.String()


class CrewItem(Schema):
    """A crew, whether it is on shift, and what it has in hand."""

    id = fields.String()
    name = fields.String()
    depot_id = fields.String()
    vehicle_id = fields.String(allow_none=True)
    kind = fields.String()
    neighbourhoods = fields.List(fields.String())
    on_shift = fields.Boolean()
    jobs = fields.Integer(metadata={"description": "Active jobs assigned to it."})
    rota_starts_at = fields.AwareDateTime(
        allow_none=True,
        format="iso",
        metadata={"description": "Its shift by the rota: the one that goes on, or the next of today."},
    )
    rota_ends_at = fields.AwareDateTime(allow_none=True, format="iso")
    why_not = fields.String(allow_none=True, metadata={"description": "Why it can't be planned today, in words."})


class CrewList(Schema):
    """All crews."""

    items = fields.List(fields.Nested(CrewItem))
    next = fields.String(allow_none=True)


class DepotItem(Schema):
    """A depot, and where its yard is."""

    id = fields.String()
    name = fields.String()
    lat = fields.Float()
    lon = fields.Float()


class DepotList(Schema):
    """All depots."""

    items = fields.List(fields.Nested(DepotItem))
    next = fields.String(allow_none=True)


class VehicleItem(Schema):
    """A vehicle, and the estimated weight on it."""

    id = fields.String()
    registration = fields.String()
    depot_id = fields.String()
    vehicle_class = fields.String()
    payload_kg = fields.Integer()
    tare_kg = fields.Integer()
    state = fields.String()
    last_tip_id = fields.String(allow_none=True)
    loaded_kg = fields.Integer(metadata={"description": "Estimated, since the last tip."})
    version = fields.Integer()


class VehicleList(Schema):
    """All vehicles."""

    items = fields.List(fields.Nested(VehicleItem))
    next = fields.String(allow_none=True)


class AssignBody(Schema):
    """Give a job to a crew."""

    crew_id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)


class OrderPart(Schema):
    """One of many jobs."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)


class AssignManyBody(Schema):
    """Give many jobs to a crew."""

    crew_id = fields.String(required=True)
    jobs = fields.List(fields.Nested(OrderPart), required=True)


class AssignedItem(Schema):
    """What became of one of many."""

    id = fields.String()
    assigned = fields.Boolean()
    problem = fields.String(allow_none=True)
    job = fields.Nested(JobItem, allow_none=True)


class AssignedList(Schema):
    """What became of many."""

    items = fields.List(fields.Nested(AssignedItem))


class StartBody(Schema):
    """Begin a job."""

    version = fields.Integer(required=True, strict=True)


class CompleteBody(Schema):
    """Finish a job; as a multipart form it may carry `photo` and `evidence_photo`."""

    class Meta:
        unknown = EXCLUDE

    outcome = fields.String(required=True, validate=validate.OneOf(tuple(OUTCOMES)))
    waste_type = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(tuple(WASTE_TYPES)))
    land_type = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(tuple(LAND_TYPES)))
    size = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(tuple(SIZES)))
    evidence = fields.Boolean(load_default=False)
    no_photo_reason = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(NO_PHOTO_REASONS),
        metadata={"description": "A program's own words count as `other`, and are not kept."},
    )
    version = fields.Integer(required=True)

    @pre_load
    def with_coded_reason(self, data: Any, **_options: Any) -> Any:
        """Code what was said of a photo that is missing: any words are a reason, and only the code is kept."""
        said = data.get("no_photo_reason") if isinstance(data, Mapping) else None
        if not isinstance(said, str):
            return data
        code = "-".join(said.lower().replace("_", " ").split())
        return {**data, "no_photo_reason": (code if code in NO_PHOTO_REASONS else "other") if code else None}


class CompleteForm(CompleteBody):
    """The same as a multipart form, with its files."""

    photo = fields.Raw(metadata={"type": "string", "format": "binary"})
    evidence_photo = fields.Raw(metadata={"type": "string", "format": "binary"})


class FoundTipBody(Schema):
    """A tip that a crew found."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    waste_type = fields.String(required=True, validate=validate.OneOf(tuple(WASTE_TYPES)))
    land_type = fields.String(required=True, validate=validate.OneOf(tuple(LAND_TYPES)))
    size = fields.String(required=True, validate=validate.OneOf(tuple(SIZES)))
    crew_id = fields.String(required=True)


class TipBody(Schema):
    """Empty a vehicle at a site."""

    site_id = fields.String(required=True)


class LoadItem(Schema):
    """One job's share of a load."""

    job_id = fields.String()
    report_id = fields.String(allow_none=True)
    reference = fields.String(allow_none=True)
    ward = fields.String()
    neighbourhood = fields.String()
    waste_type = fields.String(allow_none=True)
    estimated_kg = fields.Integer()


class TipItem(Schema):
    """A tip, with its load list."""

    tip_id = fields.String()
    vehicle_id = fields.String()
    site_id = fields.String()
    tipped_at = fields.AwareDateTime(format="iso")
    loads = fields.List(fields.Nested(LoadItem))  # type: ignore[assignment]  # becomes a field, not `Schema.loads`


def job_item(job: Job, *, overdue: bool) -> Mapping[str, Any]:
    """Return a job as the API gives it."""
    return {
        **public_state(job),
        "id": job.id,
        "reference": job.reference,
        "title": job.title,
        "report_kind": job.report_kind,
        "version": job.version,
        "overdue": overdue,
        "reasons": [{"rule": reason.rule, "value": reason.value} for reason in job.reasons],
    }


def crew_item(standing: Standing, *, on_shift: bool, jobs: int) -> Mapping[str, Any]:
    """Return a crew as the API gives it, as it stands today."""
    crew, rota = standing.crew, standing.shift
    return {
        "id": crew.id,
        "name": crew.name,
        "depot_id": crew.depot_id,
        "vehicle_id": crew.vehicle_id,
        "kind": crew.kind,
        "neighbourhoods": list(crew.neighbourhoods),
        "on_shift": on_shift,
        "jobs": jobs,
        "rota_starts_at": rota.starts_at if rota else None,
        "rota_ends_at": rota.ends_at if rota else None,
        "why_not": standing.missing[0].words if standing.missing else None,
    }


def vehicle_item(vehicle: Vehicle, *, loaded_kg: int) -> Mapping[str, Any]:
    """Return a vehicle as the API gives it."""
    return {
        "id": vehicle.id,
        "registration": vehicle.registration,
        "depot_id": vehicle.depot_id,
        "vehicle_class": vehicle.vehicle_class,
        "payload_kg": vehicle.payload_kg,
        "tare_kg": vehicle.tare_kg,
        "state": vehicle.state,
        "last_tip_id": vehicle.last_tip_id,
        "loaded_kg": loaded_kg,
        "version": vehicle.version,
    }


def tip_item(tip: Tip, vehicle_id: str) -> Mapping[str, Any]:
    """Return a tip as the API gives it."""
    return {
        "tip_id": tip.tip_id,
        "vehicle_id": vehicle_id,
        "site_id": tip.site_id,
        "tipped_at": tip.tipped_at,
        "loads": [load_part(load) for load in tip.loads],
    }
