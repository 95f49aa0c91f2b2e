"""Where the API is, which kinds of report it takes, and what each asks."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from services.reports.web.open311.formats import FORMATS, JSON_TYPE, XML_TYPE, listed, single
from shared.council import Kind, KindAttribute
from shared.web.app import context
from shared.web.auth import PUBLIC, policy

bp = Blueprint("open311", __name__, url_prefix="/open311")

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-22T00:00:00Z"
"""When what this API offers last changed: programs that keep its description load it again after that."""

SERVER_SET: Mapping[str, str] = {
    "fixmystreet_id": "Number of the report on FixMyStreet",
    "easting": "Easting (EPSG:27700)",
    "northing": "Northing (EPSG:27700)",
}
"""What FixMyStreet fills in by itself where a service asks for it (mySociety's extension)."""


@bp.get(f"/discovery.{FORMATS}")
@bp.get(f"/v2/discovery.{FORMATS}")
@policy(PUBLIC)
def discover(kind: str) -> Response:
    """Say where the API is, in which formats, and whom to ask for a key."""
    ctx = context()
    contact = ctx.council.contact
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{ctx.settings.public_url}/open311/v2",
        "changeset": CHANGESET,
        "type": "test" if ctx.council.is_demonstration else "production",
        "formats": [_media_type(XML_TYPE), _media_type(JSON_TYPE)],
    }
    found = {
        "changeset": CHANGESET,
        "contact": f"{ctx.council.name}: {contact.email}, {contact.phone}",
        "key_service": ctx.council.open311.key_service or f"Ask for an API key: {contact.email}",
        "endpoints": [endpoint],
    }
    return single(kind, "discovery", found)


@bp.get(f"/v2/services.{FORMATS}")
@policy(PUBLIC)
def services(kind: str) -> Response:
    """List the kinds of report that are taken."""
    return listed(kind, "services", "service", [_service(found) for found in context().council.kinds.values()])


@bp.get(f"/v2/services/<code>.{FORMATS}")
@policy(PUBLIC)
def service(code: str, kind: str) -> Response:
    """Describe the attributes of one kind of report."""
    found = context().council.kind(code)
    attributes = [_attribute(attribute, order) for order, attribute in enumerate(found.attributes, start=1)]
    if context().council.open311.fixmystreet:
        attributes += [
            _server_set(key, words, order) for order, (key, words) in enumerate(SERVER_SET.items(), len(attributes) + 1)
        ]
    return single(kind, "service_definition", {"service_code": found.code, "attributes": attributes})


def _service(kind: Kind) -> dict[str, Any]:
    """Return a kind of report as a service."""
    return {
        "service_code": kind.code,
        "service_name": kind.name,
        "description": kind.description,
        "metadata": bool(kind.attributes) or context().council.open311.fixmystreet,
        "type": "realtime",
        "keywords": ",".join(kind.keywords),
        "group": kind.group,
    }


def _attribute(attribute: KindAttribute, order: int) -> dict[str, Any]:
    """Return a question as an attribute; only lists have values."""
    described: dict[str, Any] = {
        "variable": True,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": attribute.required,
        "datatype_description": attribute.help,
        "order": order,
        "description": attribute.question,
    }
    if attribute.is_list:
        described["values"] = [{"key": choice.key, "name": choice.name} for choice in attribute.choices]
    return described


def _server_set(code: str, words: str, order: int) -> dict[str, Any]:
    """Return what the sending website fills in, and no person is asked."""
    return {
        "variable": True,
        "code": code,
        "datatype": "string" if code == "fixmystreet_id" else "number",
        "required": False,
        "datatype_description": "Filled in by the website that sends the report",
        "order": order,
        "description": words,
        "automated": "server_set",
    }


def _media_type(content_type: str) -> str:
    """Return a content type without its parameters."""
    return content_type.partition(";")[0]
