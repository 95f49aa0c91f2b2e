"""Events of the reports service.

A report's place is its coordinates, ward and neighbourhood; what a resident typed about it stays in reports. Kinds of
report whose place is the reporter's home carry the street's centre instead (`place_precision`).
"""

from collections.abc import Callable

from shared.contracts.base import (
    PROTECTED,
    C,
    Contract,
    Part,
    code,
    contract,
    day,
    degrees,
    each,
    flag,
    identifier,
    instant,
    part,
    sha256,
    whole,
)
from shared.contracts.codes import (
    CHANNELS,
    CLOSURES,
    HAZARDS,
    LAND_TYPES,
    REPORT_STATES,
    SIZES,
    WAITING_FOR,
    WASTE_TYPES,
)

PLACE_PRECISIONS = ("exact", "street")
MESSAGE_KINDS = (
    "received",
    "closed",
    "reopened",
    "referred",
    "action-taken",
    "merged",
    "joined",
    "unmerged",
    "separated",
    "paused",
    "resumed",
)
REFERRED_TO_CODES = (
    "land-owner",
    "network-rail",
    "environment-agency",
    "riparian-owner",
    "housing",
    "highways",
    "parking",
    "planning",
    "police",
    "other",
)
MESSAGE_CHANNELS = ("email", "sms")


class PlacePart(Part):
    """Where it is, WGS84 and EPSG:27700; street and place are ids of the council's gazetteer, never typed text."""

    lat = degrees()
    lon = degrees()
    easting = whole()
    northing = whole()
    place_precision = code(PLACE_PRECISIONS)
    place_id = identifier(nullable=True)
    ward = identifier()
    neighbourhood = identifier()


class ReportState(Part):
    """The whole public state of a report."""

    report_id = identifier()
    reference = identifier()
    kind = code()
    channel = code(CHANNELS)
    state = code(REPORT_STATES)
    closure = code(CLOSURES, nullable=True)
    visit = whole(minimum=1)
    waste_type = code(WASTE_TYPES, nullable=True)
    other_waste_types = each(code(WASTE_TYPES))
    land_type = code(LAND_TYPES, nullable=True)
    size = code(SIZES, nullable=True)
    hazards = each(code(HAZARDS))
    place = part(PlacePart)
    priority = whole(nullable=True, minimum=1, maximum=5)
    deadline = instant(nullable=True)
    waiting_for = code(WAITING_FOR, nullable=True)
    reported_at = instant()
    happened_on = day(nullable=True)
    has_photo = flag()
    has_evidence = flag(data_class=PROTECTED)
    merged_into = identifier(nullable=True)
    cleared_at = instant(nullable=True)
    action_taken = flag()


class ReasonPart(Part):
    """One rule of the council's that applied, with the value that made it apply."""

    rule = code()
    value = code(nullable=True)


class ReportContract(Contract):
    """Base of the events of a report."""

    state = part(ReportState)


def _report(name: str) -> Callable[[C], C]:
    """Declare an event of this aggregate."""
    return contract(f"report.{name}.v1", producer="reports", aggregate="report")


@_report("submitted")
class ReportSubmittedV1(ReportContract):
    """A report was accepted and has its reference."""


@_report("assessed")
class ReportAssessedV1(ReportContract):
    """Priority and deadline were set, by the rules named."""

    reasons = each(part(ReasonPart))


@_report("amended")
class ReportAmendedV1(ReportContract):
    """Something else of the public state changed; `change` says what."""

    change = code(
        (
            "scheduled",
            "started",
            "deferred",
            "details",
            "evidence",
            "action-taken",
            "unscheduled",
            "paused",
            "resumed",
        )
    )


@_report("merged")
class ReportMergedV1(ReportContract):
    """The report was joined to another as a duplicate of it."""

    into_report_id = identifier()


@_report("unmerged")
class ReportUnmergedV1(ReportContract):
    """The report stands on its own again."""

    from_report_id = identifier()


@_report("referred")
class ReportReferredV1(ReportContract):
    """The report was handed to an owner or partner."""

    to = code(REFERRED_TO_CODES)


@_report("closed")
class ReportClosedV1(ReportContract):
    """The report was closed, with the reason in `state.closure`."""

    job_id = identifier(nullable=True)


@_report("reopened")
class ReportReopenedV1(ReportContract):
    """The report was opened again as a new visit."""

    by = code(("reporter", "staff", "partner", "unmerged"))


@_report("evidence-flagged")
class ReportEvidenceFlaggedV1(ReportContract):
    """A witness or a visible clue was reported; where there is something to keep, the parcel is in custody."""

    clue = code(("witness", "visible-clue"), data_class=PROTECTED)
    parcel_key = sha256(nullable=True)


@_report("feedback")
class ReportFeedbackV1(ReportContract):
    """The reporter said how it went."""

    answer = code(("still-there", "cleared", "satisfied", "dissatisfied"))


@_report("notified")
class ReportNotifiedV1(ReportContract):
    """A reporter was told; which kind of message by which channel, never to whom or what it said."""

    message_id = identifier()
    message = code(MESSAGE_KINDS)
    by = code(MESSAGE_CHANNELS)
