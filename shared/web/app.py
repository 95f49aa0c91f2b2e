"""The app factory: every service's web process is made here, so all have the same doors, locks and lights.

`create_app` gives a Flask app with its JSON API, request ids, policies (deny by default), CSRF, security headers, rate
limits, error pages, health, metrics and templates. Apps carry their full paths, so that several can share one origin
(`embedded.py`) or stand behind a proxy without any rewriting.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask
import flask_smorest
from flask import Blueprint, Flask, Request, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from shared import failpoints
from shared.contracts.envelope import Cause
from shared.ids import new_id
from shared.service import ServiceContext
from shared.web import api, assets, csrf, filters, health, limits, measures, security, templating
from shared.web.auth import enforce_policy
from shared.web.deny import DenyList
from shared.web.errors import register_error_handlers
from shared.web.keys import ensure_keys
from shared.web.rules import Rule

EXTENSION = "streetscene"
MAXIMUM_REQUEST_BYTES = 48 * 1024 * 1024
"""Three photos of a modern phone and the form around them; `uploads.py` is stricter for each file."""

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,80}")


def create_app(
    ctx: ServiceContext,
    *,
    package: str,
    pages: Sequence[Blueprint],
    apis: Sequence[flask_smorest.Blueprint] = (),
    title: str,
) -> Flask:
    """Return a service's app over its context, with pages, APIs and everything that every app has."""
    app = App(package, static_folder=None, template_folder=None)
    app.config.update(_configuration(ctx))
    app.session_interface = Sessions()
    put_over(app, ctx)
    templating.register(app)
    app.url_map.strict_slashes = False

    register_error_handlers(app)
    app.before_request(_begin)
    app.after_request(_add_request_id)
    app.after_request(_pass_failpoint)
    measures.register(app)
    security.register(app)
    app.before_request(enforce_policy)
    csrf.register(app)
    filters.register(app, ctx)
    app.register_blueprint(assets.bp)
    app.register_blueprint(health.bp)
    for blueprint in pages:
        app.register_blueprint(blueprint)
    api.register(app, ctx.service, title=title, apis=apis)
    # Last, because it wraps the views that are there.
    limits.register(app, ctx.settings)
    if ctx.settings.trusted_proxies:
        hops = ctx.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def put_over(app: Flask, ctx: ServiceContext) -> None:
    """Have an app answer over a context: its store, its keys, whom it denies."""
    keys = ensure_keys(ctx.settings)
    app.secret_key = keys.secret
    app.extensions[EXTENSION] = ctx
    app.extensions["streetscene_keys"] = keys
    app.extensions["streetscene_deny"] = DenyList(ctx.store)


class App(Flask):
    """Flask, but that no view or hook is looked at again at each request for being a coroutine: none is."""

    url_rule_class = Rule

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, but that a request without any cookie (every program's) costs nothing."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a request, a new one where it brings none."""
        if "HTTP_COOKIE" not in request.environ or self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: flask.Response) -> None:
        """Put the session into the answer; one that is empty and that nobody looked at leaves nothing there."""
        if session or session.accessed or session.modified:
            super().save_session(app, session, response)


def context() -> ServiceContext:
    """Return the service context of the app that answers this request."""
    ctx: ServiceContext = current_app.extensions[EXTENSION]
    return ctx


def request_id() -> str:
    """Return the id of this request: the caller's, where it sent a fit one."""
    identifier: str = g.request_id
    return identifier


def cause(correlation_id: str | None = None) -> Cause:
    """Return this request as the cause of what is done in it."""
    return Cause(correlation_id, request_id())


def _configuration(ctx: ServiceContext) -> Mapping[str, Any]:
    """Return Flask's settings: one session cookie for the whole origin, so that its CSRF token holds in every app."""
    secure = ctx.settings.public_url.startswith("https://")
    return {
        "SESSION_COOKIE_NAME": "__Host-streetscene-session" if secure else "streetscene-session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_PATH": "/",
        "MAX_CONTENT_LENGTH": MAXIMUM_REQUEST_BYTES,
        "TEMPLATES_AUTO_RELOAD": False,
        "PREFERRED_URL_SCHEME": "https" if secure else "http",
    }


def _begin() -> None:
    """Give the request its id."""
    offered = request.headers.get(REQUEST_ID_HEADER, "")
    g.request_id = offered if _REQUEST_ID.fullmatch(offered) else new_id()


def _add_request_id(response: Response) -> Response:
    """Tell the caller the id under which this request is found in the logs."""
    response.headers[REQUEST_ID_HEADER] = g.get("request_id", "unknown")
    return response


def _pass_failpoint(response: Response) -> Response:
    """Pass the moment at which the work is done and nobody has been told."""
    if request.method == "POST" and response.status_code < 400:
        failpoints.reach(failpoints.SAVED_UNANSWERED)
    return response
