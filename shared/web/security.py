"""The headers that tell browsers what our pages never do: no inline script or style, no frames, no other origins."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, g, request
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self' blob:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""`blob:` shows a photo before it is sent and lets a map draw in a worker; `data:` is for the marks in stylesheets."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=(), interest-cohort=()",
}
HSTS_SECONDS = 365 * 24 * 3600

FOR_NOBODY_ELSE = "no-store"
"""A page for one signed-in user leaves no copy on a shared phone or desk."""

CHECK_AGAIN = "private, no-cache"


def register(app: Flask) -> None:
    """Put the headers on every answer of the app."""
    app.after_request(_keep_for)
    app.wsgi_app = Standing(app.wsgi_app, _standing_headers(app))  # type: ignore[method-assign]


class Standing:
    """Adds the headers that are the same for every answer, on its way out and unless the view has set its own."""

    def __init__(self, app: "WSGIApplication", headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = tuple((name, value, name.lower()) for name, value in headers.items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            own = {name.lower() for name, _ in headers}
            standing = [(name, value) for name, value, lowered in self._headers if lowered not in own]
            return start_response(status, headers + standing, *exc_info)

        return self._app(environ, start)


def _standing_headers(app: Flask) -> Mapping[str, str]:
    """Return the headers of every answer of an app, which depend on its configuration alone."""
    policy = "; ".join(f"{name} {value}" for name, value in CONTENT_SECURITY_POLICY.items())
    headers = {**HEADERS, "Content-Security-Policy": policy}
    ctx = app.extensions["streetscene"]
    if ctx.settings.demo or ctx.council.is_demonstration:
        # Nobody should find made-up people and penalties where they look for real ones.
        headers["X-Robots-Tag"] = "noindex, nofollow"
    if app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}; includeSubDomains"
    return headers


def _keep_for(response: Response) -> Response:
    """Say who may keep the answer, unless the view has."""
    if "Cache-Control" not in response.headers:
        signed_in = g.get("streetscene_user") is not None or "Authorization" in request.headers
        response.headers["Cache-Control"] = FOR_NOBODY_ELSE if signed_in else CHECK_AGAIN
    return response
