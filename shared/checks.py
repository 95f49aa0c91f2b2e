"""What `streetscene check` looks at: the configuration and each connection, with ok or why not."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.config import SERVICES, Settings, unknown_settings
from shared.council import load_council
from shared.errors import ConfigError, StreetsceneError


@dataclass(frozen=True)
class CheckResult:
    """One thing that was checked."""

    what: str
    ok: bool
    why: str


def run_checks(environ: Mapping[str, str]) -> list[CheckResult]:
    """Check settings, council, every service's store and blobs, identity provider, broker; all need the settings."""
    results = [_check("settings", lambda: Settings.from_env(environ))]
    if not results[0].ok:
        return results
    settings = Settings.from_env(environ)
    results += [CheckResult("setting", ok=False, why=unknown) for unknown in unknown_settings(environ)]
    results.append(_check(f"data folder ({settings.data})", lambda: _data_folder(settings.data)))
    results.append(
        _check(
            f"council ({settings.council.name})",
            lambda: load_council(settings.council, boundaries=settings.boundaries, gazetteer=settings.gazetteer),
        )
    )
    results.append(_check(f"keys ({settings.secret_key_file})", lambda: _keys(settings.secret_key_file)))
    if all(result.ok for result in results if result.what != "setting"):
        results += _connections(settings)
        if settings.oidc_issuer:
            results.append(_check(f"sign-in ({settings.oidc_issuer})", lambda: _identity_provider(settings)))
    results.append(_check(f"broker ({settings.bus_url.partition('://')[0]})", lambda: _broker(settings)))
    return results


def _connections(settings: Settings) -> Iterator[CheckResult]:
    """Check every service's store and blobs."""
    from shared.processes import open_context, require_begun  # opens stores: only where the settings are right

    try:
        require_begun(settings)
    except ConfigError:
        yield CheckResult("stores and blobs", ok=True, why="none yet: the first start makes them")
        return
    for service in SERVICES:

        def store(service: str = service) -> None:
            context = open_context(service, settings)
            try:
                context.store.ping()
                context.blobs.ping()
            finally:
                context.store.close()

        yield _check(f"{service}: store and blobs", store)


def _data_folder(folder: Path) -> None:
    """Raise `ConfigError` unless the folder is there, or can be made, and can be written."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        raise ConfigError(f"{there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"{there} can't be written")


def _keys(file: Path) -> None:
    """Raise `ConfigError` unless the keys can be read, or made where there are none yet."""
    if not file.exists():
        _data_folder(file.parent)
    elif not os.access(file, os.R_OK):
        raise ConfigError(f"{file} can't be read")


def _identity_provider(settings: Settings) -> None:
    """Read what the identity provider publishes of itself, and what the council says of its groups."""
    from shared.processes import part  # as above

    part("accounts", "discovery").check(
        settings, load_council(settings.council, boundaries=settings.boundaries, gazetteer=settings.gazetteer)
    )


def _broker(settings: Settings) -> None:
    """Connect to the broker, unless it is the embedded one."""
    if settings.bus_url.startswith("memory://"):
        return
    from shared.bus.topology import require_broker

    require_broker(settings.bus_url)


def _check(what: str, run: Callable[[], object]) -> CheckResult:
    """Run one check."""
    try:
        run()
    except (StreetsceneError, OSError) as error:
        return CheckResult(what, ok=False, why=str(error))
    return CheckResult(what, ok=True, why="")
