"""The forms of the board and of the phones, with their messages."""

from marshmallow import fields

from services.scheduling.crew_lists import crew_lists
from services.scheduling.domain.absence import ABSENCE_REASONS
from services.scheduling.domain.job import CANCEL_REASONS, DEFER_REASONS
from services.scheduling.domain.supervising import RETURN_REASONS
from shared.contracts.codes import LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES
from shared.contracts.scheduling import NO_PHOTO_REASONS
from shared.web.forms import Form, choice, text

MACHINERY = frozenset(
    {
        "csrf_token",
        "idempotency_key",
        "occurred_at",
        "kind",
        "job_id",
        "crew",
        "photo_lat",
        "photo_lon",
        "refused_kind",
        "refused_because",
    }
)
"""Fields of a phone's forms that say nothing a person said."""


class VersionForm(Form):
    """A button that changes a job as it was seen."""

    version = fields.Integer(required=True)


class AssignForm(VersionForm):
    """Give one job to a crew."""

    crew_id = text("Choose a crew", longest=120)


class AssignManyForm(Form):
    """Give the selected jobs to a crew; each is sent as `id:version`."""

    crew_id = text("Choose a crew", longest=120)
    job = fields.List(
        fields.String(),
        required=True,
        error_messages={"required": "Select at least one job", "null": "Select at least one job"},
    )


class DeferForm(VersionForm):
    """Put a job off."""

    reason = choice("Choose why it has to wait", DEFER_REASONS)
    until = fields.Date(
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Enter the day as in 19/11/2026, or leave it empty"},
    )


class CancelForm(VersionForm):
    """Call a job off."""

    reason = choice("Choose why it is cancelled", CANCEL_REASONS)


class ReturnForm(VersionForm):
    """Send proof back to its crew."""

    reason = choice("Choose what is wrong with the proof", RETURN_REASONS)


class SplitForm(VersionForm):
    """Cut a part off a job: how much each is, and of what where that is not the same."""

    part_size = choice("Choose how much goes to another crew", SIZES)
    part_waste = choice("Choose what it is", WASTE_TYPES, required=False)
    kept_size = choice("Choose how much stays", SIZES)
    kept_waste = choice("Choose what stays", WASTE_TYPES, required=False)


class MoveForm(VersionForm):
    """Give a job to a crew at a place of its sheet, as it was shown."""

    crew_id = text("Choose a crew", longest=120)
    place = fields.Integer(load_default=None, allow_none=True, error_messages={"invalid": "Choose a place"})
    sheet = text("", longest=64, required=False)


class DivertForm(Form):
    """Send a crew to a disposal site first."""

    site_id = text("Choose where it tips", longest=120)


class AbsenceForm(Form):
    """Say that a crew is not there today."""

    reason = choice("Choose why the crew is not there", ABSENCE_REASONS)


class FinishForm(Form):
    """What a crew says when it is done; photos are read beside it."""

    outcome = choice("Choose what happened", OUTCOMES)
    waste_type = choice("Choose what the waste was", WASTE_TYPES, required=False)
    size = choice("Choose how much there was", SIZES, required=False)
    land_type = choice("Choose what kind of land it was on", LAND_TYPES, required=False)
    no_photo_reason = choice("Choose why there is no photo", NO_PHOTO_REASONS, required=False)
    no_before_reason = choice("Choose why there is no photo", NO_PHOTO_REASONS, required=False)
    has_evidence = fields.Boolean(load_default=False)
    evidence_note = text("", longest=2000, required=False)


class ArriveForm(Form):
    """What a crew sends as it arrives; the photo is read beside it."""

    no_photo_reason = choice("Choose why there is no photo", NO_PHOTO_REASONS, required=False)


class ExceptionForm(Form):
    """What keeps a crew from a job; the photo is read beside it."""

    exception = choice("Choose what is wrong", crew_lists().exceptions)
    no_photo_reason = choice("Choose why there is no photo", NO_PHOTO_REASONS, required=False)


class CheckForm(Form):
    """The walk round the vehicle; the photo is read beside it."""

    result = choice("Say whether anything is wrong", ("nothing", "defects"))
    defects = fields.List(fields.String(), load_default=list)
    note = text("", longest=500, required=False)


class FoundForm(Form):
    """A tip that a crew found: where it is, what it is, and whether it is cleared already."""

    place = text("Choose where it is", longest=120, required=False)
    lat = fields.Float(load_default=None, allow_none=True)
    lon = fields.Float(load_default=None, allow_none=True)
    waste_type = choice("Choose what the waste is", WASTE_TYPES)
    size = choice("Choose how much there is", SIZES)
    land_type = choice("Choose what kind of land it is on", LAND_TYPES)
    cleared = choice("Say whether you have cleared it", ("yes", "no"))
    no_photo_reason = choice("Choose why there is no photo", NO_PHOTO_REASONS, required=False)
    has_evidence = fields.Boolean(load_default=False)
    evidence_note = text("", longest=2000, required=False)


class TipForm(Form):
    """Empty the vehicle."""

    site_id = text("Choose where you tip", longest=120)
