"""The one mapping from errors to HTTP: pages in plain words for people, RFC 9457 problem details for programs.

Handlers and views only raise. A prefix with a format of its own (Open311) registers it with `use_error_format`; the
rest is JSON under `/api/` and a page everywhere else. Nobody is ever shown the text of an unexpected error.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from shared.errors import Conflict, DomainError, Duplicate, Forbidden, NotFound, StoreUnavailable
from shared.texts import gettext, marked

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_STORE_SECONDS = 5


@dataclass(frozen=True)
class Problem:
    """What went wrong, in words for whoever asked."""

    status: int
    title: str
    detail: str
    errors: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    rule: str | None = None


ErrorFormat = Callable[[Problem], Response]

TITLES: Mapping[int, str] = {
    400: marked("That can’t be done"),
    401: marked("Sign in to continue"),
    403: marked("You do not have permission"),
    404: marked("Page not found"),
    405: marked("That can’t be done here"),
    409: marked("Somebody else changed this"),
    413: marked("The file is too large"),
    415: marked("That kind of file can’t be used"),
    422: marked("Some of it is missing or wrong"),
    429: marked("Too many tries"),
    500: marked("Something went wrong on our side"),
    503: marked("This is not available at the moment"),
}

DETAILS: Mapping[int, str] = {
    401: marked("This needs a bearer token, or a signed-in browser."),
    404: marked("There is nothing at this address."),
    409: marked("It was changed while you were looking at it. Load it again to see how it is now."),
    413: marked("Send a smaller photo, or one taken at a lower resolution."),
    422: marked("Some of what was sent is missing or does not fit."),
    429: marked("You have tried this many times in a short while. Wait a little, then try again."),
    500: marked("It has been recorded and will be looked at. Nothing that we had confirmed to you is lost."),
    503: marked("Nothing was changed. Try again in a few minutes."),
}

OPEN_TOO_LONG = marked("This page was open for too long")
LOAD_AGAIN = marked("Go back, load the page again, and send it once more.")
UNANSWERABLE = marked("The request can’t be answered as it was made.")


def use_error_format(app: Flask, prefix: str, error_format: ErrorFormat) -> None:
    """Answer errors below a path prefix in a format of its own."""
    app.extensions["streetscene_error_formats"][prefix] = error_format


def register_error_handlers(app: Flask) -> None:
    """Make every error of the app answer through `problem_of`."""
    app.extensions["streetscene_error_formats"] = {"/api/": problem_response}
    app.register_error_handler(Exception, _answer)


def problem_of(error: Exception) -> Problem:
    """Return what an error means for the caller."""
    if isinstance(error, DomainError):
        status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, Forbidden) else 400
        errors = {error.field: [error.message]} if error.field else {}
        return Problem(status, TITLES[status], error.message, errors, rule=error.rule)
    if isinstance(error, Conflict | Duplicate):
        return Problem(409, TITLES[409], DETAILS[409])
    if isinstance(error, StoreUnavailable):
        return Problem(503, TITLES[503], DETAILS[503], headers={"Retry-After": str(RETRY_AFTER_STORE_SECONDS)})
    if isinstance(error, CSRFError):
        return Problem(400, OPEN_TOO_LONG, LOAD_AGAIN)
    if isinstance(error, HTTPException) and error.code:
        return _problem_of_http(error, error.code)
    return Problem(500, TITLES[500], DETAILS[500])


def problem_response(problem: Problem) -> Response:
    """Return a problem as RFC 9457 JSON."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": f"urn:request:{g.get('request_id', 'unknown')}",
    }
    if problem.errors:
        body["errors"] = problem.errors
    if problem.rule:
        body["rule"] = problem.rule
    response = Response(json.dumps(body, ensure_ascii=False), problem.status, content_type=PROBLEM_JSON)
    response.headers.update(problem.headers)
    return response


def problem_page(problem: Problem) -> Response:
    """Return a problem as a page, in the language that is spoken: programs are answered in English."""
    said = replace(problem, title=gettext(problem.title), detail=gettext(problem.detail))
    page = render_template("error.html", problem=said, request_id=g.get("request_id"))
    response = Response(page, problem.status, content_type="text/html; charset=utf-8")
    response.headers.update(problem.headers)
    return response


def _answer(error: Exception) -> Response:
    """Answer any error in the format of the path that was asked for."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        redirect: Response = error.get_response()  # type: ignore[assignment]
        return redirect
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("request_failed", exc_info=error, extra={"status": problem.status})
    formats: Mapping[str, ErrorFormat] = current_app.extensions["streetscene_error_formats"]
    for prefix, error_format in formats.items():
        if request.path.startswith(prefix):
            return error_format(problem)
    return problem_page(problem)


def _problem_of_http(error: HTTPException, status: int) -> Problem:
    """Return the problem of an HTTP error, whether of ours, Werkzeug's or webargs'."""
    data = getattr(error, "data", None) or {}
    errors = data.get("errors") or data.get("messages") or {}
    # webargs groups messages by where a field came from; callers think in fields.
    fields = {name: texts for group in errors.values() if isinstance(group, dict) for name, texts in group.items()}
    own_words = error.description if status in {400, 401, 403, 415} and not _is_stock(error) else None
    headers = {"WWW-Authenticate": 'Bearer realm="streetscene"'} if status == 401 else {}
    if isinstance(data.get("headers"), dict):
        headers |= data["headers"]
    detail = own_words or DETAILS.get(status) or UNANSWERABLE
    return Problem(status, TITLES.get(status, error.name), detail, fields or errors, headers)


def _is_stock(error: HTTPException) -> bool:
    """Say whether an HTTP error carries its class's stock text, written for programmers."""
    return error.description == type(error).description
