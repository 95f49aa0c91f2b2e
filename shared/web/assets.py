"""Built stylesheets, scripts and images: named by their content, cached for ever, sent compressed where possible.

`frontend/build.mjs` writes `static/build/` and its `manifest.json`; `static_url('app.css')` gives the hashed address.
Every app serves `/static`, so no page depends on another service to look right.
"""

import gzip
import hashlib
import json
import mimetypes
from dataclasses import asdict
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request

from shared.council import Council
from shared.web.auth import PUBLIC, policy

BUILD = Path(__file__).parent / "static" / "build"
MANIFEST = "manifest.json"
FOR_EVER = "public, max-age=31536000, immutable"
COMPRESSED_TYPES = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")

bp = Blueprint("assets", __name__)


@bp.get("/static/<path:name>")
@policy(PUBLIC)
def static_file(name: str) -> Response:
    """Give a built file; only names of the manifest exist."""
    # A file may be gone while the process still knows its name: the assets were built anew beside it.
    if name not in _built_names() or not (BUILD / name).is_file():
        abort(404)
    content, content_type, is_compressed = _file(name, "gzip" in request.headers.get("Accept-Encoding", ""))
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = FOR_EVER
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@bp.get("/static/council/<digest>.css")
@policy(PUBLIC)
def council_stylesheet(digest: str) -> Response:
    """Give the council's colours as custom properties, so that no page needs an inline style."""
    content = council_css(current_app.extensions["streetscene"].council)
    if digest != _digest(content):
        abort(404)
    response = Response(content, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = FOR_EVER
    return response


def council_css(council: Council) -> str:
    """Return the stylesheet of the council's palette (`--council-brand` and the like)."""
    colours = asdict(council.colours)
    properties = "".join(f"--council-{name.replace('_', '-')}:{value};" for name, value in sorted(colours.items()))
    return f":root{{{properties}}}\n"


def council_stylesheet_url(council: Council) -> str:
    """Return the address of the council's stylesheet, which changes with its colours."""
    return f"/static/council/{_digest(council_css(council))}.css"


def static_url(name: str) -> str:
    """Return the address of a built file by its plain name (`app.css`, `pages/board.js`)."""
    return f"/static/{manifest().get(name, name)}"


@cache
def manifest() -> dict[str, str]:
    """Return plain name → hashed name; empty before the assets are built, and pages then go unstyled but work."""
    path = BUILD / MANIFEST
    return dict(json.loads(path.read_text())) if path.exists() else {}


@cache
def _built_names() -> frozenset[str]:
    """Return the names that may be asked for."""
    return frozenset(manifest().values())


@cache
def _file(name: str, compress: bool) -> tuple[bytes, str, bool]:
    """Return a built file's bytes, type, and whether they are compressed; the few files stay in memory."""
    content = (BUILD / name).read_bytes()
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    if compress and content_type.startswith(COMPRESSED_TYPES):
        return gzip.compress(content, mtime=0), content_type, True
    return content, content_type, False


def _digest(content: str) -> str:
    """Return the part of a name that changes with its content."""
    return hashlib.sha256(content.encode()).hexdigest()[:12]
