"""Open311 GeoReport v2, so that any app that speaks it can report here and follow what it reported.

XML and JSON, form-encoded posts, errors as arrays of code and description; `jurisdiction_id` is ignored, as there is
one. Free text and photos of reports are only given once staff have released them, as on the public page. The key of a
caller is a token of accounts, verified offline.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from flask import Blueprint, Flask, Response, jsonify, request

from services.reports.domain.report import Report
from services.reports.domain.submission import Submission
from services.reports.intake import accept_report
from services.reports.store import by_reference, reports
from services.reports.words import place_words, standing
from shared.contracts.codes import LAND_TYPES, SIZES, WASTE_TYPES, Code
from shared.council import Kind
from shared.errors import DomainError, NotFound
from shared.ids import derived_id, new_id
from shared.store import DESCENDING, Range
from shared.web.api_keys import require_api_key
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, policy, without_cookies
from shared.web.errors import Problem, use_error_format
from shared.web.idempotency import HEADER
from shared.web.limits import limited

bp = Blueprint("open311", __name__, url_prefix="/open311/v2")

XML, JSON = "xml", "json"
XML_TYPE = "text/xml; charset=utf-8"
SPAN_DAYS = 90
MOST_REQUESTS = 1_000
"""The specification's own bounds of a query: 90 days, or the first 1,000 requests."""

MOST_IDS = 100
KEYED_LIMIT = "300 per minute; 6000 per hour"
"""One address may be an app for the whole city; its key can be revoked."""

CHOICES: Mapping[str, Mapping[str, Code]] = {"waste_type": WASTE_TYPES, "land_type": LAND_TYPES, "size": SIZES}
FORMATS = f"<any({XML},{JSON}):kind>"


@bp.get(f"/services.{FORMATS}")
@policy(PUBLIC)
def services(kind: str) -> Response:
    """List the kinds of report that are taken."""
    return _answer(kind, "services", "service", [_service(found) for found in context().council.kinds.values()])


@bp.get(f"/services/<code>.{FORMATS}")
@policy(PUBLIC)
def service(code: str, kind: str) -> Response:
    """Describe the attributes of one kind of report."""
    found = context().council.kind(code)
    attributes = [
        {
            "variable": True,
            "code": attribute.code,
            "datatype": "singlevaluelist",
            "required": attribute.required,
            "datatype_description": attribute.help,
            "order": order,
            "description": attribute.question,
            "values": [{"key": key, "name": words.official} for key, words in CHOICES.get(attribute.code, {}).items()],
        }
        for order, attribute in enumerate(found.attributes, start=1)
    ]
    definition = {"service_code": found.code, "attributes": attributes}
    if kind == JSON:
        return jsonify(definition)
    return _xml(_element("service_definition", definition, {"attributes": "attribute", "values": "value"}))


@bp.post(f"/requests.{FORMATS}")
@policy(PUBLIC)
@without_cookies
@limited(KEYED_LIMIT)
def submit(kind: str) -> Response:
    """Take a report; an `Idempotency-Key` sent twice with one api key is the same report."""
    caller = _caller()
    code = _form("service_code")
    if not code:
        raise DomainError("service_code was not provided", field="service_code")
    found = context().council.kind(code)
    lat, lon = _position()
    sent_key = request.headers.get(HEADER)
    key = derived_id("open311", caller, sent_key[:200]) if sent_key else new_id()
    report = accept_report(
        context(),
        Submission(
            channel="open311",
            kind=found.code,
            lat=lat,
            lon=lon,
            waste_type=_attribute("waste_type"),
            land_type=_attribute("land_type"),
            size=_attribute("size"),
            place_text=_form("address_string"),
            description=_form("description"),
            name=" ".join(part for part in (_form("first_name"), _form("last_name")) if part),
            email=_form("email"),
            phone=_form("phone"),
        ),
        idempotency_key=f"open311:{key}",
        cause=cause(),
    )
    answer = {"service_request_id": report.reference, "service_notice": standing(report).text, "account_id": None}
    return _answer(kind, "service_requests", "request", [answer])


@bp.get(f"/requests/<reference>.{FORMATS}")
@policy(PUBLIC)
def one_request(reference: str, kind: str) -> Response:
    """Give the state of one report."""
    return _answer(kind, "service_requests", "request", [_request(by_reference(context().store, reference))])


@bp.get(f"/requests.{FORMATS}")
@policy(PUBLIC)
def list_requests(kind: str) -> Response:
    """List reports by ids, or those of a span of at most 90 days, newest first, at most 1,000."""
    wanted = request.args.get("service_request_id", "")
    found = _by_ids(wanted) if wanted else _by_span()
    codes = {code.strip() for code in request.args.get("service_code", "").split(",") if code.strip()}
    if codes and not wanted:
        found = [report for report in found if report.kind in codes]
    return _answer(kind, "service_requests", "request", [_request(report) for report in found])


def register_errors(app: Flask) -> None:
    """Answer every error below `/open311` as the specification says."""
    use_error_format(app, "/open311/", _error)


def _error(problem: Problem) -> Response:
    """Return a problem as Open311's array of errors: 403 for the key, 404 for what is unknown, 400 for the rest."""
    status = problem.status if problem.status in {403, 404, 429} or problem.status >= 500 else 400
    body = [{"code": status, "description": problem.detail}]
    kind = JSON if request.path.endswith(f".{JSON}") else XML
    response = _answer(kind, "errors", "error", body)
    response.status_code = status
    response.headers.update(problem.headers)
    return response


def _caller() -> str:
    """Return whose api key this is; raises `Forbidden` for a missing or wrong one."""
    return require_api_key(request.form.get("api_key") or request.args.get("api_key"))


def _position() -> tuple[float, float]:
    """Return the position of a report; raises `DomainError` where there is none, or no number."""
    lat, lon = _form("lat"), _form("long")
    if not lat or not lon:
        raise DomainError("lat and long were not provided", field="lat")
    try:
        return float(lat), float(lon)
    except ValueError:
        raise DomainError("lat and long must be decimal degrees (WGS84)", field="lat") from None


def _form(name: str) -> str:
    """Return a form field, an absent one as an empty text: Open311 treats the two alike."""
    return request.form.get(name, "").strip()


def _attribute(code: str) -> str | None:
    """Return an attribute of the kind of report; raises `DomainError` for a value that is none of its choices."""
    value = _form(f"attribute[{code}]")
    if value and value not in CHOICES[code]:
        raise DomainError(f"attribute[{code}] must be one of: {', '.join(CHOICES[code])}", field=code)
    return value or None


def _by_ids(wanted: str) -> list[Report]:
    """Return the reports of a list of references, leaving out those that are not known."""
    found = []
    for reference in wanted.split(",")[:MOST_IDS]:
        try:
            found.append(by_reference(context().store, reference.strip()))
        except NotFound:
            continue
    return found


def _by_span() -> list[Report]:
    """Return the reports of a span of time, newest first."""
    now = context().clock.now()
    end = _instant("end_date") or now + timedelta(seconds=1)
    start = _instant("start_date") or end - timedelta(days=SPAN_DAYS)
    if end - start > timedelta(days=SPAN_DAYS, seconds=1):
        raise DomainError(f"start_date and end_date may be at most {SPAN_DAYS} days apart", field="start_date")
    where: dict[str, Any] = {"reported_at": Range(at_least=start, below=end)}
    status = request.args.get("status", "")
    if status in {"open", "closed"}:
        where["open"] = status == "open"
    elif status:
        raise DomainError("status must be open or closed", field="status")
    newest = (("reported_at", DESCENDING),)
    return reports(context().store).find(where, sort=newest, limit=MOST_REQUESTS)[0]


def _instant(name: str) -> datetime | None:
    """Return a W3C instant of the query; raises `DomainError` where it is none."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise DomainError(f"{name} must be a date and time like 2026-11-17T10:40:00Z", field=name) from None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _service(kind: Kind) -> dict[str, Any]:
    """Return a kind of report as a service."""
    return {
        "service_code": kind.code,
        "service_name": kind.name,
        "description": kind.description,
        "metadata": bool(kind.attributes),
        "type": "realtime",
        "keywords": ",".join(kind.keywords),
        "group": kind.group,
    }


def _request(report: Report) -> dict[str, Any]:
    """Return a report as a service request: nothing that its public page would not show."""
    ctx = context()
    changed = report.history[-1].at if report.history else report.reported_at
    photo = f"{ctx.settings.public_url}/report/{report.reference}/photo" if report.photo_released else None
    return {
        "service_request_id": report.reference,
        "status": "open" if report.is_open else "closed",
        "status_notes": standing(report).text,
        "service_name": ctx.council.kind(report.kind).name,
        "service_code": report.kind,
        "description": report.private.description if report.text_released else None,
        "agency_responsible": ctx.council.name,
        "service_notice": None,
        "requested_datetime": _w3c(report.reported_at),
        "updated_datetime": _w3c(changed),
        "expected_datetime": _w3c(report.deadline) if report.is_open else None,
        "address": place_words(report, ctx.council),
        "address_id": report.place.place_id,
        "zipcode": None,
        "lat": report.place.lat,
        "long": report.place.lon,
        "media_url": photo,
    }


def _w3c(instant: datetime | None) -> str | None:
    """Return an instant with its offset, to the second."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None


def _answer(kind: str, root: str, one: str, items: Sequence[Mapping[str, Any]]) -> Response:
    """Return a list in the format that was asked for."""
    if kind == JSON:
        return jsonify(list(items))
    element = ET.Element(root)
    element.extend(_element(one, found, {}) for found in items)
    return _xml(element)


def _element(name: str, value: Any, plural: Mapping[str, str]) -> ET.Element:
    """Return a value as XML; a list's items are named by `plural`."""
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inner, plural) for key, inner in value.items())
    elif isinstance(value, list):
        element.extend(_element(plural[name], inner, plural) for inner in value)
    elif isinstance(value, bool):
        element.text = str(value).lower()
    elif value is not None:
        element.text = str(value)
    return element


def _xml(element: ET.Element) -> Response:
    """Return an XML answer."""
    return Response(ET.tostring(element, encoding="utf-8", xml_declaration=True), content_type=XML_TYPE)
