"""What tests are made of: contexts over SQLite in a temporary folder, and a whole city in one process.

`City` has every service's context, the pump that carries events between them without a broker, and a client for the
whole site, with the accounts of a first start.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shared.clock import Clock, ClockSetting, CouncilClock, SetClock
from shared.config import SERVICES, Settings
from shared.council import Council, load_council
from shared.processes import open_context
from shared.service import ServiceContext

TUESDAY_MORNING = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)
"""An ordinary working day: not a bank holiday, not near a clock change."""


SUNDAY_AFTER = TUESDAY_MORNING + timedelta(days=5)


def behind_the_machine(ctx: ServiceContext, monkeypatch: pytest.MonkeyPatch) -> ServiceContext:
    """Return a demonstration's context: its council begins on Tuesday, while the machine has the Sunday after."""
    monkeypatch.setattr("shared.clock.machine_now", lambda: SUNDAY_AFTER)
    return replace(ctx, clock=CouncilClock(lambda: ClockSetting(SUNDAY_AFTER, TUESDAY_MORNING, 20)))


def make_settings(folder: Path, **changes: Any) -> Settings:
    """Return the settings of an embedded system whose data lie in a temporary folder."""
    settings = Settings.from_env({"STREETSCENE_DATA": str(folder), "STREETSCENE_RATE_LIMITS": "off"})
    return replace(settings, **changes)


def make_context(service: str, folder: Path, clock: Clock | None = None, **changes: Any) -> ServiceContext:
    """Return one service's context over SQLite; the caller closes its store."""
    settings = make_settings(folder, **changes)
    return open_context(service, settings, clock=clock or SetClock(TUESDAY_MORNING), council=_council(settings))


def _council(settings: Settings) -> Council | None:
    """Return the example council, read once for all tests; None where a test has one of its own, to be read anew."""
    is_example = settings.council == Settings.from_env({}).council
    has_imported = settings.boundaries.exists() or settings.gazetteer.exists()
    return _example(settings.council) if is_example and not has_imported else None


@cache
def _example(path: Path) -> Council:
    return load_council(path)


class City:
    """All services in one process: contexts, pump, site and the credentials of a first start."""

    def __init__(self, folder: Path, services: Sequence[str] = SERVICES, **changes: Any) -> None:
        from deploy.local import first_start
        from shared.bus.inline import Pump
        from shared.processes import subscriptions_of, timers_of
        from shared.web.embedded import create_embedded

        self.clock = SetClock(TUESDAY_MORNING)
        self.settings = make_settings(folder, **changes)
        self.contexts = {
            service: open_context(service, self.settings, clock=self.clock, council=_council(self.settings))
            for service in services
        }
        self.pump = Pump(
            self.contexts,
            {service: subscriptions_of(service) for service in services},
            {service: timers_of(service) for service in services},
        )
        first_start(self.contexts, self.settings)
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
