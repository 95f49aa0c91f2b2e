"""Settings of a process, read once from the environment; the council's own configuration is `shared/council.py`.

Nothing here has a secret for a default. `Settings.redacted()` is what may be printed and logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from shared.errors import ConfigError

SERVICES = ("reports", "scheduling", "tonnage", "enforcement", "operations", "accounts")
"""Every service by the name of its package under `services/`, its source in events and its prefix in stores."""

FROM_FILES = ("STORE_URL", "BUS_URL", "BLOB_URL", "SMTP_URL")
"""Addresses hold passwords, so each may come from a file instead, named by the setting's name with `_FILE`."""

SETTINGS = frozenset(
    """
    BLOB_URL BUS_URL COUNCIL DATA DEMO DEMO_DAYS DEMO_LIVE HOST LOG_LEVEL MAIL_FROM METRICS_PORT METRICS_TARGETS
    NOTIFY_EMAIL_TEMPLATE NOTIFY_KEY_FILE NOTIFY_SMS_TEMPLATE NOTIFY_URL OIDC_CLIENT_ID OIDC_CLIENT_SECRET_FILE
    OIDC_ISSUER OIDC_LABEL PASSWORD_SIGN_IN PORT PROMETHEUS_URL PUBLIC_URL RATE_LIMITS REFERENCE_DATA SECRET_KEY_FILE
    SMTP_URL STORE_URL TRUSTED_PROXIES WEB_BIND WEB_THREADS WEB_WORKERS
    """.split()  # noqa: SIM905 — a list would be thirty lines
)
"""What may be set, each without `STREETSCENE_`."""

BETWEEN_PROCESSES = frozenset(
    {"CONTEXTS", "FAILPOINT", "LIFELINE_FD", "PROGRESS", "SCREENSHOTS", "WEB_KIND", "WEB_SERVICE"}
)
"""What our processes and tests tell one another in the same way."""

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

REPOSITORY = Path(__file__).resolve().parent.parent


def named(service_or_all: str) -> tuple[str, ...]:
    """Return the services that an argument like `reports` or `all` means; raises `ConfigError`."""
    if service_or_all == "all":
        return SERVICES
    if service_or_all not in SERVICES:
        raise ConfigError(f"There is no service {service_or_all!r}; the services are {', '.join(SERVICES)}, or all")
    return (service_or_all,)


@dataclass(frozen=True)
class Settings:
    """Where a process finds its store, bus, blobs, keys, council and peers; ports are offsets of `port`."""

    data: Path
    store_url: str
    bus_url: str
    blob_url: str
    council: Path
    secret_key_file: Path
    port: int
    metrics_port: int | None
    metrics_targets: tuple[str, ...]
    prometheus_url: str | None
    public_url: str
    demo: bool
    reference_data: Path
    log_level: str
    rate_limit_factor: int = 1
    """Every rate limit of the web is multiplied by this; 0 switches them off (this machine only)."""
    trusted_proxies: int = 0
    """How many proxies in front of the web may say whom they speak for."""
    host: str = "127.0.0.1"
    """The address that every process listens on: loopback, unless a container's own network is the fence."""
    web_workers: int = 0
    """How many gunicorn processes a web process has; 0: one."""
    web_threads: int = 0
    """How many threads each of them has; 0: as many as fit what it serves."""
    demo_days: int | None = None
    """How many days of made reports a demonstration's past has, where not as many as its own figures say."""
    demo_live: bool = True
    """Whether a demonstration starts last Tuesday and goes on by itself; else it stands at this machine's time."""
    oidc_issuer: str | None = None
    """The identity provider that staff sign in with, exactly as it names itself; None where there is none."""
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None
    """Where the client's secret is; None for a public client, which has none."""
    oidc_label: str = "your council account"
    password_sign_in: bool = True
    notify_key_file: Path | None = None
    """Where the key of GOV.UK Notify is; None where messages don't go that way."""
    notify_url: str = "https://api.notifications.service.gov.uk"
    notify_email_template: str = ""
    notify_sms_template: str = ""
    smtp_url: str | None = None
    """The council's mail server, for e-mail where there is no Notify; without either, messages are kept on a page."""
    mail_from: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings in the environment's `STREETSCENE_*`; raises `ConfigError` naming the wrong one."""
        setting = {name.removeprefix("STREETSCENE_"): value for name, value in environ.items() if value != ""}
        setting |= {name: _secret(setting[f"{name}_FILE"], name) for name in FROM_FILES if f"{name}_FILE" in setting}
        data = Path(setting.get("DATA", "var")).absolute()
        port = _port(setting.get("PORT", "8000"), "STREETSCENE_PORT")
        metrics_port = setting.get("METRICS_PORT")
        return cls(
            data=data,
            store_url=_url(setting.get("STORE_URL", f"sqlite://{data}/store"), "STORE_URL", ("sqlite", "mongodb")),
            bus_url=_url(setting.get("BUS_URL", "memory://"), "BUS_URL", ("memory", "amqp", "amqps")),
            blob_url=_url(setting.get("BLOB_URL", f"file://{data}/blobs"), "BLOB_URL", ("file", "s3")),
            council=Path(setting.get("COUNCIL", REPOSITORY / "deploy/councils/liverpool/council.toml")).absolute(),
            secret_key_file=Path(setting.get("SECRET_KEY_FILE", data / "keys" / "secret.key")).absolute(),
            port=port,
            metrics_port=_port(metrics_port, "STREETSCENE_METRICS_PORT") if metrics_port else None,
            metrics_targets=_targets(setting.get("METRICS_TARGETS", "")),
            prometheus_url=_web_address(setting["PROMETHEUS_URL"], "PROMETHEUS_URL")
            if "PROMETHEUS_URL" in setting
            else None,
            public_url=_web_address(setting.get("PUBLIC_URL", f"http://127.0.0.1:{port}"), "PUBLIC_URL").rstrip("/"),
            demo=_yes(setting.get("DEMO", "0"), "DEMO"),
            reference_data=Path(setting.get("REFERENCE_DATA", REPOSITORY.parent / "shared" / "data")).absolute(),
            log_level=_log_level(setting.get("LOG_LEVEL", "INFO")),
            rate_limit_factor=_rate_limits(
                setting.get("RATE_LIMITS", "on"), setting.get("PUBLIC_URL", f"http://127.0.0.1:{port}")
            ),
            trusted_proxies=_number(setting.get("TRUSTED_PROXIES", "0"), "STREETSCENE_TRUSTED_PROXIES"),
            host=_address(setting.get("HOST", "127.0.0.1")),
            web_workers=_number(setting.get("WEB_WORKERS", "0"), "STREETSCENE_WEB_WORKERS"),
            web_threads=_number(setting.get("WEB_THREADS", "0"), "STREETSCENE_WEB_THREADS"),
            demo_live=_yes(setting.get("DEMO_LIVE", "1"), "DEMO_LIVE"),
            demo_days=_number(setting["DEMO_DAYS"], "STREETSCENE_DEMO_DAYS") if "DEMO_DAYS" in setting else None,
            oidc_issuer=_issuer(setting),
            oidc_client_id=setting.get("OIDC_CLIENT_ID"),
            oidc_client_secret_file=_path(setting.get("OIDC_CLIENT_SECRET_FILE")),
            oidc_label=setting.get("OIDC_LABEL", cls.oidc_label),
            password_sign_in=_password_sign_in(setting),
            **_messages(setting),
        )

    @property
    def boundaries(self) -> Path:
        """The folder of boundary sets that `boundaries import` has stored, beside those of the council's own file."""
        return self.data / "boundaries"

    @property
    def gazetteer(self) -> Path:
        """The folder of places that `gazetteer import` has stored, beside those of the council's own file."""
        return self.data / "gazetteer"

    def redacted(self) -> dict[str, str]:
        """Return every setting as text, with the passwords in URLs taken out."""
        return {field.name: _without_password(str(getattr(self, field.name))) for field in fields(self)}


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Return what looks like a setting in the environment and is none, each with the one that it may mean."""
    known = SETTINGS | BETWEEN_PROCESSES | {f"{name}_FILE" for name in FROM_FILES}
    given = sorted(name.removeprefix("STREETSCENE_") for name in environ if name.startswith("STREETSCENE_"))
    unknown = [name for name in given if name not in known and not name.startswith(("TEST_", "BENCH_"))]
    return [_unknown(name, get_close_matches(name, sorted(known), n=1)) for name in unknown]


def _unknown(name: str, alike: Sequence[str]) -> str:
    """Return what is said of a setting that there is not."""
    meant = f" (is STREETSCENE_{alike[0]} meant?)" if alike else ""
    return f"STREETSCENE_{name} is no setting{meant}"


def _port(text: str, name: str) -> int:
    """Return a TCP port."""
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise ConfigError(f"{name} must be a port from 1 to 65535, not {text!r}")
    return int(text)


def _secret(path: str, name: str) -> str:
    """Return the content of a file that holds a setting."""
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ConfigError(f"STREETSCENE_{name}_FILE: {path} can't be read: {error.strerror}") from error


def _address(text: str) -> str:
    """Return an IPv4 address to listen on."""
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise ConfigError(f"STREETSCENE_HOST must be an IPv4 address, not {text!r}") from error


def _number(text: str, name: str) -> int:
    """Return a whole number of at least 0."""
    if not text.isdigit():
        raise ConfigError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _yes(text: str, name: str) -> bool:
    """Return whether something is on: 1 or 0."""
    if text not in {"0", "1"}:
        raise ConfigError(f"STREETSCENE_{name} must be 1 or 0, not {text!r}")
    return text == "1"


def _log_level(text: str) -> str:
    """Return the name of a level of the standard library's logging."""
    if text.upper() not in LOG_LEVELS:
        raise ConfigError(f"STREETSCENE_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {text!r}")
    return text.upper()


def _targets(text: str) -> tuple[str, ...]:
    """Return the processes that are asked for their metrics, each `name=http://…` or an address alone."""
    targets = tuple(part.strip() for part in text.split(",") if part.strip())
    for target in targets:
        name, separator, url = target.partition("=")
        _web_address(url if separator else name, "METRICS_TARGETS")
    return targets


def _web_address(text: str, name: str) -> str:
    """Return an http or https address; raises `ConfigError` for what is none."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"STREETSCENE_{name} must be an http:// or https:// address, not {_without_password(text)!r}")
    return text


def _rate_limits(text: str, public_url: str) -> int:
    """Return the factor on rate limits: `on` is 1, a number multiplies, `off` is 0 and only for this machine."""
    if text == "on":
        return 1
    if text == "off":
        if urlsplit(public_url).hostname not in LOOPBACK:
            raise ConfigError("STREETSCENE_RATE_LIMITS=off is only for this machine: the public address is another")
        return 0
    if not text.isdigit() or int(text) == 0:
        raise ConfigError(f"STREETSCENE_RATE_LIMITS must be on, off or a number to multiply by, not {text!r}")
    return int(text)


def _messages(setting: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of how messages leave; raises `ConfigError` for half a set of them, or both."""
    if "NOTIFY_KEY_FILE" in setting and "SMTP_URL" in setting:
        raise ConfigError("STREETSCENE_NOTIFY_KEY_FILE and STREETSCENE_SMTP_URL: set one of the two")
    if "NOTIFY_KEY_FILE" in setting:
        for name in ("NOTIFY_EMAIL_TEMPLATE", "NOTIFY_SMS_TEMPLATE"):
            if name not in setting:
                raise ConfigError(f"STREETSCENE_{name} is missing: GOV.UK Notify needs the id of that template")
        url = setting.get("NOTIFY_URL", Settings.notify_url).rstrip("/")
        if not is_private_url(url):
            raise ConfigError(f"STREETSCENE_NOTIFY_URL must be an https:// address, not {_without_password(url)!r}")
        return {
            "notify_key_file": _path(setting["NOTIFY_KEY_FILE"]),
            "notify_url": url,
            "notify_email_template": setting["NOTIFY_EMAIL_TEMPLATE"],
            "notify_sms_template": setting["NOTIFY_SMS_TEMPLATE"],
        }
    if "SMTP_URL" not in setting:
        return {}
    if "@" not in setting.get("MAIL_FROM", ""):
        raise ConfigError("STREETSCENE_MAIL_FROM is missing: e-mail needs the address that it comes from")
    return {"smtp_url": _url(setting["SMTP_URL"], "SMTP_URL", ("smtp", "smtps")), "mail_from": setting["MAIL_FROM"]}


def _issuer(setting: Mapping[str, str]) -> str | None:
    """Return the address of the identity provider; raises `ConfigError` for half a set of `OIDC_*` or a bare http."""
    issuer = setting.get("OIDC_ISSUER")
    for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID"):
        if name not in setting and any(key.startswith("OIDC_") for key in setting):
            raise ConfigError(f"STREETSCENE_{name} is missing: signing in with OIDC needs an issuer and a client id")
    if issuer is not None and (not is_private_url(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment):
        raise ConfigError(
            f"STREETSCENE_OIDC_ISSUER must be an https:// address without a query, not {_without_password(issuer)!r}"
        )
    return issuer


def is_private_url(text: str) -> bool:
    """Say whether nobody on the way can read what is sent to an address: https, or this machine."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _password_sign_in(setting: Mapping[str, str]) -> bool:
    """Return whether passwords are accepted; raises `ConfigError` where there would be no way in for staff."""
    text = setting.get("PASSWORD_SIGN_IN", "on")
    if text not in {"on", "off"}:
        raise ConfigError(f"STREETSCENE_PASSWORD_SIGN_IN must be on or off, not {text!r}")
    if text == "off" and "OIDC_ISSUER" not in setting:
        raise ConfigError("STREETSCENE_PASSWORD_SIGN_IN=off needs STREETSCENE_OIDC_ISSUER: nobody could sign in")
    return text == "on"


def _path(text: str | None) -> Path | None:
    """Return a path, or None."""
    return Path(text).absolute() if text else None


def _url(text: str, name: str, schemes: tuple[str, ...]) -> str:
    """Return the URL if its scheme is one that an adapter exists for."""
    if text.partition("://")[0] not in schemes:
        raise ConfigError(f"STREETSCENE_{name} must start with {' or '.join(f'{s}://' for s in schemes)}, not {text!r}")
    if "synchronous=off" in text:
        raise ConfigError(f"STREETSCENE_{name} must be durable: synchronous=off is for making a demonstration's past")
    return text


def _without_password(text: str) -> str:
    """Return a URL with its password replaced; any other text as it is."""
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{parts.netloc.rpartition('@')[2]}"))
