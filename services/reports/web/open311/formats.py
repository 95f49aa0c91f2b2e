"""How Open311 answers look: XML and JSON of the same data, instants, and errors.

JSON follows the specification's Spark convention: the list itself is the answer, and a list in XML is an element of
elements. A definition is the one answer that is not a list.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import orjson
from flask import Flask, Response, request

from shared.web.errors import Problem, use_error_format

XML, JSON = "xml", "json"
XML_TYPE = "text/xml; charset=utf-8"
JSON_TYPE = "application/json; charset=utf-8"
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
FORMATS = f"<any({XML},{JSON}):kind>"
"""The end of every path: the format that is asked for."""

PREFIX = "/open311/"
OWN_STATUSES = frozenset({403, 404})
"""What the specification gives a status of its own; all else that the caller did wrong is 400."""

TOLD_STATUSES = OWN_STATUSES | {429}
"""A caller that is too fast must know to wait, which 400 would not say; nor what is a fault on our side (ADR 0025)."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold in any way, as somebody may have sent it in a code that we name back to them."""

ITEM_NAMES: Mapping[str, str] = {
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""What the elements of a nested list are called."""


def listed(kind: str, root: str, one: str, items: Sequence[Mapping[str, Any]]) -> Response:
    """Return a list in the format that was asked for."""
    if kind == JSON:
        return _json(list(items))
    element = ET.Element(root)
    element.extend(_element(one, found) for found in items)
    return _xml(element)


def single(kind: str, root: str, item: Mapping[str, Any]) -> Response:
    """Return one thing in the format that was asked for."""
    return _json(item) if kind == JSON else _xml(_element(root, item))


def w3c(instant: datetime | None) -> str | None:
    """Return an instant with its offset, to the second."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None


def register_errors(app: Flask) -> None:
    """Answer every error below `/open311` as the specification says."""
    use_error_format(app, PREFIX, _error)


def _error(problem: Problem) -> Response:
    """Return a problem as an array of errors, one for each thing that is wrong."""
    status = problem.status if problem.status in TOLD_STATUSES or problem.status >= 500 else 400
    texts = [text for found in problem.errors.values() for text in found] or [problem.detail]
    kind = JSON if request.path.endswith(f".{JSON}") else XML
    response = listed(kind, "errors", "error", [{"code": status, "description": text} for text in texts])
    response.status_code = status
    response.headers.update(problem.headers)
    return response


def _json(value: Any) -> Response:
    """Return a JSON answer that names its encoding, as the specification wants it."""
    return Response(orjson.dumps(value), content_type=JSON_TYPE)


def _xml(element: ET.Element) -> Response:
    """Return an XML answer."""
    return Response(DECLARATION + ET.tostring(element, encoding="utf-8"), content_type=XML_TYPE)


def _element(name: str, value: Any) -> ET.Element:
    """Return a value as XML; nothing is an empty element."""
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, list):
        element.extend(_element(ITEM_NAMES[name], inner) for inner in value)
    elif isinstance(value, bool):
        element.text = str(value).lower()
    elif value is not None:
        element.text = NOT_XML.sub("\ufffd", str(value))
    return element
