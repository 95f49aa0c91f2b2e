"""The council's identity provider, as a client of it: where to send a browser, and what to believe of its answer.

Authlib speaks OpenID Connect for us: authorization code with PKCE (S256), state and nonce, kept until the answer in the
signed session cookie of the browser that began; then the ID token's signature by the provider's published keys, its
issuer, audience, expiry and nonce. What is asked of it here is decided here: which algorithms may sign, and that an
answer without an ID token is none. Name, address and groups come from the ID token alone, which is signed; nothing else
is fetched, and the access token is dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from flask import request, session
from joserfc.errors import JoseError

from services.accounts.discovery import (
    MISCONFIGURED,
    TIMEOUT_SECONDS,
    UNREACHABLE,
    ProviderFailed,
    client_secret,
    discover,
)
from shared.config import Settings
from shared.council import SignIn

NAME = "oidc"
CALLBACK_PATH = "/accounts/oidc/callback"

STALE = "stale"
DENIED = "denied"
UNTRUSTED = "untrusted"

DISCOVERY_HOLDS_SECONDS = 3600
"""Until endpoints and keys are read anew, so that a key that was withdrawn is not believed for ever."""

LEEWAY_SECONDS = 60
"""How far the provider's clock and ours may be apart."""

MOST_BEGUN = 3
"""Sign-ins that one browser has begun in its tabs; each takes room in a cookie that ends at 4 KB."""

LONGEST_WANTED = 500
"""Of the page to go on to, for the same reason."""

BEGUN_PREFIX = f"_state_{NAME}_"
"""How authlib calls in the session what it remembers of each."""

REASONS: Mapping[str, str] = {
    "access_denied": DENIED,
    "login_required": DENIED,
    "consent_required": DENIED,
    "interaction_required": DENIED,
    "account_selection_required": DENIED,
    "temporarily_unavailable": UNREACHABLE,
    "server_error": UNREACHABLE,
    "invalid_grant": STALE,
    "invalid_client": MISCONFIGURED,
    "invalid_request": MISCONFIGURED,
    "invalid_scope": MISCONFIGURED,
    "unauthorized_client": MISCONFIGURED,
    "unsupported_grant_type": MISCONFIGURED,
    "unsupported_response_type": MISCONFIGURED,
}
"""What the codes of OAuth mean for whoever signs in; only these are ever logged, for anybody can send others."""


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for, and the page that they wanted."""

    claims: Mapping[str, Any]
    wanted: str | None


class Provider:
    """The identity provider of the settings; one for each app, used by all its threads."""

    def __init__(self, settings: Settings, how: SignIn) -> None:
        if settings.oidc_issuer is None:
            raise TypeError("There is no provider without an issuer")
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = client_secret(settings)
        self._redirect_uri = f"{settings.public_url}{CALLBACK_PATH}"
        self._asks_for = " ".join(how.asks_for)
        self._begun = FlaskIntegration(NAME)
        self._known: tuple[float, FlaskOAuth2App] | None = None

    def begin(self, wanted: str | None) -> str:
        """Remember in the session that a sign-in has begun, and return where to send the browser."""
        client = self._client()
        begun = client.create_authorization_url(self._redirect_uri)
        _forget_oldest()
        remembered = {
            "nonce": begun["nonce"],
            "code_verifier": begun["code_verifier"],
            "wanted": wanted if wanted and len(wanted) <= LONGEST_WANTED else None,
        }
        self._begun.set_state_data(session, begun["state"], remembered)
        url: str = begun["url"]
        return url

    def vouched(self) -> Vouched:
        """Return whom this request, sent by the provider, vouches for; raises `ProviderFailed`.

        What had begun ends here, whatever the answer is: nothing can be answered twice.
        """
        state = request.args.get("state")
        begun = self._begun.get_state_data(session, state)
        if begun is None:
            raise ProviderFailed(STALE, "no sign-in has begun with this state in this browser")
        self._begun.clear_state_data(session, state)
        if "error" in request.args:
            raise _refused(request.args["error"])
        if not request.args.get("code"):
            raise ProviderFailed(UNTRUSTED, "an answer without a code")
        return Vouched(self._claims(request.args["code"], begun), begun["wanted"])

    def _claims(self, code: str, begun: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the verified claims of the ID token that a code is good for; raises `ProviderFailed`."""
        client = self._client()
        try:
            token = client.fetch_access_token(
                redirect_uri=self._redirect_uri, code=code, code_verifier=begun["code_verifier"]
            )
            claims: Mapping[str, Any] | None = client.parse_id_token(
                token, nonce=begun["nonce"], claims_options=self._expected(), leeway=LEEWAY_SECONDS
            )
        except AuthlibBaseError as error:
            raise _refused(error.error) from error
        except requests.RequestException as error:
            raise ProviderFailed(UNREACHABLE, f"an endpoint of {self._issuer}: {type(error).__name__}") from error
        except (JoseError, LookupError, TypeError, ValueError) as error:
            # The last three come of tokens and keys that are not even of the right shape. What is known of the provider
            # may be what is wrong: the next sign-in reads it anew.
            self._known = None
            raise ProviderFailed(UNTRUSTED, f"the ID token can't be trusted: {type(error).__name__}") from error
        if claims is None:
            raise ProviderFailed(UNTRUSTED, "an answer without an ID token")
        return claims

    def _expected(self) -> dict[str, dict[str, Any]]:
        """Return what an ID token must say; authlib adds expiry and nonce."""
        return {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
            "sub": {"essential": True},
        }

    def _client(self) -> FlaskOAuth2App:
        """Return authlib's client over what the provider publishes, at most an hour old; raises `ProviderFailed`."""
        known = self._known
        if known is not None and monotonic() - known[0] < DISCOVERY_HOLDS_SECONDS:
            return known[1]
        metadata = discover(self._issuer)
        client = FlaskOAuth2App(
            self._begun,
            NAME,
            client_id=self._client_id,
            client_secret=self._secret,
            client_kwargs={
                "scope": self._asks_for,
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
                "token_endpoint_auth_method": metadata.auth_method if self._secret else "none",
            },
            issuer=metadata.issuer,
            authorization_endpoint=metadata.authorization_endpoint,
            token_endpoint=metadata.token_endpoint,
            jwks_uri=metadata.jwks_uri,
            id_token_signing_alg_values_supported=list(metadata.algorithms),
        )
        self._known = (monotonic(), client)
        return client


def _refused(code: object) -> ProviderFailed:
    """Return the failure of an OAuth error's code; a code that nobody knows is not repeated."""
    reason = REASONS.get(code) if isinstance(code, str) else None
    if reason is None:
        return ProviderFailed(UNTRUSTED, "the provider says an error that OAuth does not know")
    return ProviderFailed(reason, f"the provider says {code}")


def _forget_oldest() -> None:
    """Make room in the session for one more sign-in that has begun."""
    begun = sorted((key for key in session if key.startswith(BEGUN_PREFIX)), key=lambda key: session[key]["exp"])
    for key in begun[: 1 - MOST_BEGUN]:
        session.pop(key)
