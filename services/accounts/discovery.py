"""What the council's identity provider publishes of itself, read and checked before anything of it is believed.

Where one thing or another is not as it must be, it is said in one line for whoever looks after the system; who wants to
sign in is told that it can't be done now. Nothing here knows of Flask: `streetscene check` reads it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from shared.config import Settings, is_private_url
from shared.council import Council
from shared.errors import ConfigError, StreetsceneError

TIMEOUT_SECONDS = 5
"""For connecting, and between two pieces of an answer: somebody is waiting, and so is a thread."""

PATH = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a private key. `none` proves nothing, and whoever can check an `HS256` can also forge it."""

SPECIFIED_ALGORITHM = "RS256"
"""What every provider must be able to sign with, and the one meant where it names none."""

AUTH_METHODS = ("client_secret_post", "client_secret_basic")
"""How the client proves itself at the token endpoint. In a header (basic) a secret with signs in it should be encoded
twice, which one side or the other often does not do; so it goes in the body where the provider takes it there."""

SPECIFIED_AUTH_METHOD = "client_secret_basic"
"""What is meant where a provider names none."""


class ProviderFailed(StreetsceneError):
    """The provider did not answer, or not as it must; `reason` is the code by which pages and logs name it."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


UNREACHABLE = "provider-unreachable"
MISCONFIGURED = "provider-misconfigured"


@dataclass(frozen=True)
class Metadata:
    """What of the discovery document is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: tuple[str, ...]
    auth_method: str


def discover(issuer: str) -> Metadata:
    """Return what a provider publishes of itself; raises `ProviderFailed`."""
    try:
        answer = requests.get(issuer.rstrip("/") + PATH, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        document = answer.json()
    except requests.HTTPError as error:
        raise ProviderFailed(UNREACHABLE, f"{issuer}{PATH} answers {error.response.status_code}") from error
    except requests.RequestException as error:
        raise ProviderFailed(UNREACHABLE, f"{issuer}{PATH} can't be read: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise ProviderFailed(MISCONFIGURED, f"{issuer}{PATH} is not a JSON object")
    return _metadata(issuer, document)


def check(settings: Settings, council: Council) -> None:
    """Raise `ConfigError` or `ProviderFailed` where nobody could sign in with the provider."""
    client_secret(settings)
    require_groups(settings, council)
    if settings.oidc_issuer is not None:
        discover(settings.oidc_issuer)


def client_secret(settings: Settings) -> str | None:
    """Return the client's secret from its file, None for a public client; raises `ConfigError`."""
    path = settings.oidc_client_secret_file
    if path is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"STREETSCENE_OIDC_CLIENT_SECRET_FILE: {path} can't be read") from error
    if not secret:
        raise ConfigError(f"STREETSCENE_OIDC_CLIENT_SECRET_FILE: {path} is empty")
    return secret


def require_groups(settings: Settings, council: Council) -> None:
    """Raise `ConfigError` where staff sign in with a provider, and none of its groups gives a role."""
    if settings.oidc_issuer is not None and not council.sign_in.groups:
        raise ConfigError(
            f"{settings.council}: sign_in.groups is missing: whoever signs in with {settings.oidc_issuer} has no role"
        )


def _metadata(issuer: str, document: Mapping[str, Any]) -> Metadata:
    """Return the parts of a discovery document, each checked."""
    if document.get("issuer") != issuer:
        # OpenID Connect Discovery 4.3: otherwise one provider could speak for another.
        raise ProviderFailed(MISCONFIGURED, f"the provider names itself {document.get('issuer')!r}, not {issuer!r}")
    for name in ENDPOINTS:
        if not is_private_url(str(document.get(name))):
            raise ProviderFailed(MISCONFIGURED, f"{name} of {issuer} is missing or not an https:// address")
    return Metadata(
        issuer,
        document["authorization_endpoint"],
        document["token_endpoint"],
        document["jwks_uri"],
        _fit(document, "id_token_signing_alg_values_supported", SPECIFIED_ALGORITHM, ALGORITHMS),
        _fit(document, "token_endpoint_auth_methods_supported", SPECIFIED_AUTH_METHOD, (*AUTH_METHODS, "none"))[0],
    )


def _fit(document: Mapping[str, Any], name: str, default: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of the values that we know the provider supports, in the order of our preference."""
    supported = document.get(name, [default])
    fit = tuple(value for value in known if value in supported) if isinstance(supported, list) else ()
    if not fit:
        raise ProviderFailed(MISCONFIGURED, f"{name} of {document['issuer']} has none of {', '.join(known)}")
    return fit
