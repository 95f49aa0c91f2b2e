"""The JSON API of reports for staff and programs: the list by state, one report, and the release of photo and words."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators look untyped.

from collections.abc import Mapping
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from services.reports.domain.private import MOST_PHOTOS
from services.reports.domain.report import Report, public_state
from services.reports.handlers import note_access, release_report
from services.reports.store import QUEUE_ORDER, by_reference, reports
from services.reports.words import reasons
from shared.contracts.codes import REPORT_STATES
from shared.contracts.reports import ReportState
from shared.errors import Conflict
from shared.store import DESCENDING
from shared.web.api import QuerySchema, listing
from shared.web.app import context
from shared.web.auth import STAFF, policy, roles, signed_in_user
from shared.web.pagination import page_request

bp = Blueprint("reports_api", __name__, url_prefix="/api/reports/v1", description="Reports, as staff see them")


class ListQuery(QuerySchema):
    """Which reports to list."""

    state = fields.String(
        validate=validate.OneOf(REPORT_STATES), metadata={"description": "only this state; else all open"}
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    after = fields.String(metadata={"description": "`next` of the page before"})


class ReportItem(ReportState):
    """A report's public state, with what else the desk needs to know of it. Never anybody's contact details."""

    version = fields.Integer()
    reasons = fields.List(fields.String())
    needs_decision = fields.Boolean()
    waits_for_staff = fields.Boolean()
    photo_released = fields.Boolean()
    text_released = fields.Boolean()
    expected_on = fields.Date(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)


class PhotoItem(Schema):
    """A photo as those who decide on it need it: which copy there is now, and whether the public sees it."""

    number = fields.Integer()
    copy = fields.String(metadata={"description": "changes whenever parts are painted over; for `looked_at`"})
    parts_painted_over = fields.Integer()
    is_released = fields.Boolean()
    href = fields.String(metadata={"description": "the copy without metadata, for staff"})


class ReportDetail(ReportItem):
    """One report with its words, for the roles that work with it."""

    description = fields.String()
    place_text = fields.String()
    photos = fields.List(fields.Nested(PhotoItem))


class ReportList(Schema):
    """A page of reports."""

    items = fields.List(fields.Nested(ReportItem))
    next = fields.String(allow_none=True)


class ReleaseBody(Schema):
    """What the public may see from now on, as far as the report has it; with neither `photo` nor `text`, both."""

    photo = fields.Boolean(load_default=None, allow_none=True)
    text = fields.Boolean(load_default=None, allow_none=True)
    version = fields.Integer(load_default=None, allow_none=True)
    looked_at = fields.Dict(
        keys=fields.Integer(validate=validate.Range(1, MOST_PHOTOS)),
        values=fields.String(validate=validate.Length(max=200)),
        load_default=None,
        allow_none=True,
        metadata={
            "description": "the copy of each photo that was looked at, by its number: these photos are released, and "
            "none if one has changed since. Without it `photo` means all of them as they are now."
        },
    )


@bp.route("/reports")
class Reports(MethodView):
    """The list of reports."""

    @policy(STAFF)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200, ReportList)
    def get(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """List the reports of a state, newest first; without a state the open ones, in the order of the queue."""
        page = page_request()
        where: dict[str, Any] = {"state": query["state"]} if "state" in query else {"open": True}
        sort = (("reported_at", DESCENDING),) if "state" in query else QUEUE_ORDER
        found, cursor = reports(context().store).find(where, sort=sort, limit=page.limit, after=page.after)
        return listing([item(report) for report in found], cursor)


@bp.route("/reports/<reference>")
class OneReport(MethodView):
    """One report."""

    @policy(roles("contact-centre", "manager", "supervisor", "officer"))
    @bp.response(200, ReportDetail)
    def get(self, reference: str) -> Mapping[str, Any]:
        """Return a report with its words; reading them is logged."""
        report = by_reference(context().store, reference)
        user = signed_in_user()
        if report.private.description or report.private.place_text:
            note_access(context(), report, user_id=user.id, user_name=user.name, what="words-and-photo")
        return detail(report)


@bp.route("/reports/<reference>/release")
class Release(MethodView):
    """What the public may see of a report."""

    @policy(roles("contact-centre", "manager"))
    @bp.arguments(ReleaseBody)
    @bp.response(200, ReportDetail)
    def post(self, body: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
        """Release photo and words, or take a release back."""
        ctx, user = context(), signed_in_user()
        report = by_reference(ctx.store, reference)
        if body["version"] is not None and report.version != body["version"]:
            raise Conflict(f"report {reference} is not at version {body['version']}")
        looked_at, everything = body["looked_at"], body["photo"] is None and body["text"] is None
        photo = bool(body["photo"] or everything) and bool(report.private.photos)
        text = bool(body["text"] or everything) and bool(report.private.description)
        return detail(
            release_report(
                ctx,
                reference,
                photo=list(looked_at) if photo and looked_at is not None else photo,
                text=text,
                user_id=user.id,
                user_name=user.name,
                looked_at=looked_at,
            )
        )


def item(report: Report) -> dict[str, Any]:
    """Return a report as a list shows it."""
    return {
        **public_state(report),
        "version": report.version,
        "reasons": reasons(report, context().council),
        "needs_decision": report.needs_decision,
        "waits_for_staff": report.waits_for_staff,
        "photo_released": report.photo_released,
        "text_released": report.text_released,
        "expected_on": report.expected_on,
        "closed_at": report.closed_at,
    }


def detail(report: Report) -> dict[str, Any]:
    """Return a report with its words."""
    photos = [
        {
            "number": number,
            "copy": photo.public_key,
            "parts_painted_over": len(photo.redactions),
            "is_released": photo.is_released,
            "href": f"/report/{report.reference}/photo/view?n={number}",
        }
        for number, photo in enumerate(report.private.photos, start=1)
    ]
    words = {"description": report.private.description, "place_text": report.private.place_text}
    return {**item(report), **words, "photos": photos}
