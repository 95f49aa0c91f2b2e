"""The headers that tell browsers what our pages never do: no inline script or style, no frames, no other origins."""

import functools

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

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
    app.after_request(_add_headers)


def allow_images_from(app: Flask, *origins: str) -> None:
    """Let pages of this app show images of other origins (the configured source of map tiles)."""
    app.config["STREETSCENE_IMAGE_ORIGINS"] = origins


@functools.cache
def content_security_policy(image_origins: tuple[str, ...] = ()) -> str:
    """Return the policy as a header's value."""
    directives = dict(CONTENT_SECURITY_POLICY)
    if image_origins:
        directives["img-src"] = " ".join([directives["img-src"], *image_origins])
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _add_headers(response: Response) -> Response:
    """Add what is missing; a view may have set its own `Cache-Control`."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    ctx = current_app.extensions["streetscene"]
    if ctx.settings.demo or ctx.council.is_demonstration:
        # Nobody should find made-up people and penalties where they look for real ones.
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    response.headers.setdefault(
        "Content-Security-Policy", content_security_policy(current_app.config.get("STREETSCENE_IMAGE_ORIGINS", ()))
    )
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}; includeSubDomains")
    signed_in = g.get("streetscene_user") is not None or "Authorization" in request.headers
    response.headers.setdefault("Cache-Control", FOR_NOBODY_ELSE if signed_in else CHECK_AGAIN)
    return response
