"""What tests are made of: contexts over SQLite in a temporary folder, and a whole city in one process.

`City` has every service's context, the pump that carries events between them without a broker, and a client for the
whole site, with the accounts of a first start.
"""

import atexit
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from shared.clock import Clock, ClockSetting, CouncilClock, SetClock
from shared.config import SERVICES, Settings
from shared.council import Council, load_council
from shared.processes import collections_of, open_context, part
from shared.service import ServiceContext
from shared.store import open_store
from shared.web.app import put_over

OF_THE_FOLDER = ("data", "store_url", "blob_url", "secret_key_file")
"""The settings that say where a system's data lie."""

TUESDAY_MORNING = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)
"""An ordinary working day: not a bank holiday, not near a clock change."""


SUNDAY_AFTER = TUESDAY_MORNING + timedelta(days=5)


def behind_the_machine(ctx: ServiceContext, monkeypatch: pytest.MonkeyPatch) -> ServiceContext:
    """Return a demonstration's context: its council begins on Tuesday, while the machine has the Sunday after."""
    monkeypatch.setattr("shared.clock.machine_now", lambda: SUNDAY_AFTER)
    return replace(ctx, clock=CouncilClock(lambda: ClockSetting(SUNDAY_AFTER, TUESDAY_MORNING, 20)))


def make_settings(folder: Path, **changes: Any) -> Settings:
    """Return the settings of an embedded system whose data lie in a temporary folder, which no power cut can spoil."""
    settings = Settings.from_env({"STREETSCENE_DATA": str(folder), "STREETSCENE_RATE_LIMITS": "off"})
    return replace(settings, **{"store_url": f"{settings.store_url}?synchronous=off", **changes})


def make_context(service: str, folder: Path, clock: Clock | None = None, **changes: Any) -> ServiceContext:
    """Return one service's context over SQLite; the caller closes its store."""
    settings = make_settings(folder, **changes)
    return _open(service, settings, clock or SetClock(TUESDAY_MORNING))


def _open(service: str, settings: Settings, clock: Clock) -> ServiceContext:
    """Return one service's context; an empty store begins as a copy of one, because making its tables takes longer."""
    file = Path(urlsplit(settings.store_url).path) / f"{service}.sqlite3"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_empty_store(service))
    return open_context(service, settings, clock=clock, council=_council(settings))


@cache
def _empty_store(service: str) -> bytes:
    """Return the file of a service's store as its first start makes it."""
    with TemporaryDirectory() as folder:
        open_store(f"sqlite://{folder}", service, collections_of(service)).close()
        return (Path(folder) / f"{service}.sqlite3").read_bytes()


def make_app(ctx: ServiceContext) -> Flask:
    """Return the service's app over a context: one for all tests of a process, because making it outlasts most of them.

    A test with a council or settings of its own gets an app of its own, by `create_app`.
    """
    assert ctx.council is _council(ctx.settings)
    app, configuration = _app(ctx.service, _without_folder(ctx.settings))
    app.config.clear()
    app.config.update(configuration)
    app.test_client_class = None
    put_over(app, ctx)
    return app


@cache
def _app(service: str, settings: Settings) -> tuple[Flask, Mapping[str, Any]]:
    """Return an app, made over a folder that is gone again, with its configuration."""
    with TemporaryDirectory() as folder:
        ctx = make_context(service, Path(folder), **_differing(settings))
        try:
            app: Flask = part(service, "web").create_app(ctx)
        finally:
            ctx.store.close()
    return app, dict(app.config)


def _without_folder(settings: Settings) -> Settings:
    """Return settings with a data folder that is nobody's, so that those of two tests can be alike."""
    nobodys = make_settings(Path("/nobodys"))
    return replace(settings, **{name: getattr(nobodys, name) for name in OF_THE_FOLDER})


def _differing(settings: Settings) -> dict[str, Any]:
    """Return how settings differ from those that a test gets without asking, but for their folder."""
    plain = make_settings(Path("/nobodys"))
    return {
        each.name: value
        for each in fields(plain)
        if (value := getattr(settings, each.name)) != getattr(plain, each.name)
    }


def _council(settings: Settings) -> Council | None:
    """Return the example council, read once for all tests; None where a test has one of its own, to be read anew."""
    is_example = settings.council == Settings.from_env({}).council
    has_imported = settings.boundaries.exists() or settings.gazetteer.exists()
    return _example(settings.council) if is_example and not has_imported else None


@cache
def _example(path: Path) -> Council:
    return load_council(path)


@cache
def _begun(services: Sequence[str], **changes: Any) -> Path:
    """Return a data folder after a first start of these services, made once: eight passwords and a fleet."""
    from deploy.local import first_start

    folder = Path(mkdtemp(prefix="streetscene-begun-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = make_settings(folder, **changes)
    contexts = {service: _open(service, settings, SetClock(TUESDAY_MORNING)) for service in services}
    first_start(contexts, settings)
    for context in contexts.values():
        context.store.close()
    return folder


class City:
    """All services in one process: contexts, pump, site and the credentials of a first start."""

    def __init__(self, folder: Path, services: Sequence[str] = SERVICES, **changes: Any) -> None:
        from shared.bus.inline import Pump
        from shared.processes import subscriptions_of, timers_of
        from shared.web.embedded import create_embedded

        self.clock = SetClock(TUESDAY_MORNING)
        self.settings = make_settings(folder, **changes)
        shutil.copytree(_begun(tuple(services), **changes), folder, dirs_exist_ok=True)
        self.contexts = {service: _open(service, self.settings, self.clock) for service in services}
        self.pump = Pump(
            self.contexts,
            {service: subscriptions_of(service) for service in services},
            {service: timers_of(service) for service in services},
        )
        self.site = create_embedded(self.contexts)
        self.credentials = json.loads((folder / "credentials.json").read_text())

    def client(self) -> Any:
        """Return a browser-like client of the whole site, not signed in."""
        from werkzeug.test import Client

        return Client(self.site)

    def token(self, role: str) -> dict[str, str]:
        """Return the header that calls an API as a role."""
        return {"Authorization": f"Bearer {self.credentials['tokens'][role]}"}

    def user(self, role: str) -> dict[str, str]:
        """Return the credentials of the first user of a role."""
        return next(user for user in self.credentials["users"] if user["role"] == role)

    def close(self) -> None:
        """Close every store."""
        for context in self.contexts.values():
            context.store.close()
