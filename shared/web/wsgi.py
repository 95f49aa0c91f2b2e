"""What gunicorn serves: one service's app, or all behind the embedded front, named by the environment.

Opened in the worker, after the fork: neither stores nor threads survive one.
"""

import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING

from shared.config import LOOPBACK, Settings, named
from shared.errors import StreetsceneError
from shared.logs import configure_logs
from shared.processes import open_contexts, part
from shared.web.embedded import create_embedded
from shared.web.keys import ensure_keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("streetscene.web")

SERVICE_VARIABLE = "STREETSCENE_WEB_SERVICE"
FRONT = "reports"
"""The service of `/`, whose web process has what a demonstration adds to the site."""

GUNICORN_REFUSES_TO_RESTART = 4
"""gunicorn's exit code for an app that can't be loaded: it then stops instead of trying for ever."""


def application(environ: Mapping[str, str] = os.environ) -> "WSGIApplication":
    """Return the app that this process was started for; ends the process with one line where it can't be made."""
    which = environ.get(SERVICE_VARIABLE, "all")
    settings = Settings.from_env(environ)
    configure_logs(settings, "web" if which == "all" else which)
    try:
        ensure_keys(settings)
        return _application(which, settings)
    except StreetsceneError as error:
        # Without the traceback: what the operator needs is this one line.
        log.error("web_not_started", extra={"reason": str(error)})  # noqa: TRY400
        raise SystemExit(GUNICORN_REFUSES_TO_RESTART) from error


def _application(which: str, settings: Settings) -> "WSGIApplication":
    """Return the app of one service or of all; its stores stay open as long as the process lives."""
    services = named(which)
    mounts = _mounts(settings) if which in {"all", FRONT} else {}
    contexts = ExitStack().enter_context(open_contexts(services, settings))
    if which != "all" and not mounts:
        app: WSGIApplication = part(which, "web").create_app(contexts[which])
        return app
    return create_embedded(contexts, mounts=mounts)


def _mounts(settings: Settings) -> "Mapping[str, WSGIApplication]":
    """Return what a demonstration adds to the site: its controls under `/demo`, where only this machine can ask."""
    if not settings.demo or settings.host not in LOOPBACK:
        return {}
    # By name, because `shared` imports nothing of `deploy`.
    return {"/demo": import_module("deploy.demo.web").create_app(settings)}
