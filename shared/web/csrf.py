"""CSRF protection of every form and every cookie-authenticated call, for staff and anonymous residents alike.

The token is bound to the session cookie, which all apps of the origin share with the secret that signs it; it holds as
long as the session, because a resident who fetches a photo for an hour should not lose the form. A request that no
browser could be tricked into making with somebody's authority needs none: one with a bearer token, one to the API
without our user cookie, and views declared `without_cookies`.
"""

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup, escape

from shared.web.auth import cookie_name, declared, has_bearer_token, is_api

FIELD_NAME = "csrf_token"


def register(app: Flask) -> None:
    """Check every unsafe request of the app, and give templates `csrf_field()`."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_FIELD_NAME=FIELD_NAME)
    protection = CSRFProtect(app)

    def protect() -> None:
        """Refuse an unsafe request without the session's token."""
        if request.endpoint is not None and not _needs_no_token():
            protection.protect()

    app.before_request(protect)
    app.jinja_env.globals["csrf_field"] = csrf_field


def csrf_field() -> Markup:
    """Return the hidden field that every form carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD_NAME, escape(generate_csrf()))


def _needs_no_token() -> bool:
    """Say whether the request carries no authority that a browser adds by itself."""
    if has_bearer_token():
        return True
    if is_api():
        return cookie_name(current_app) not in request.cookies
    return bool(declared(current_app, request.endpoint or "", request.method, "streetscene_without_cookies"))
