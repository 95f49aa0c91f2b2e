"""An identity provider of its own for tests: OpenID Connect over real HTTP on this machine, in a thread.

It does what a good one does (a code holds once, for the client and the page that it was asked for, with the PKCE
verifier that belongs to it), and one thing wrong at a time where a test asks for it by `misbehaves`.
"""

import base64
import hashlib
import hmac
import html
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask import Flask, Request, jsonify, redirect, request
from joserfc import jwk, jwt
from werkzeug.serving import WSGIRequestHandler, make_server

from shared.ids import new_id

CLIENT_ID = "streetscene-tests"
CLIENT_SECRET = "a secret with spaces & signs"
PERSON = {
    "sub": "248289761001",
    "name": "Ada Mersey",
    "email": "ada.mersey@council.example",
    "email_verified": True,
    "groups": ["staff", "streetscene-supervisors-north"],
}
SLOW_SECONDS = 3.0

PAGE = """<!DOCTYPE html><html lang="en"><title>Council account</title><h1>Council account</h1>
<form method="post" action="/authorize">{fields}<button>Sign in</button></form></html>"""


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests that it answers: they are full of what our own logs must not say."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class OidcProvider:
    """A running provider: who signs in next, what it does wrong, and what it was asked."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.other_key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.reset()

    def reset(self) -> None:
        """Forget what was, and behave."""
        self.person: dict[str, Any] = dict(PERSON)
        self.misbehaves: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        # Every code and token that was given out: none of them may be found in a log.
        self.given: list[str] = []

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document."""
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            # Both must not be believed, whatever a provider says.
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        if self.misbehaves == "takes the secret in a header":
            del document["token_endpoint_auth_methods_supported"]
        if self.misbehaves == "names itself otherwise":
            document["issuer"] = "https://elsewhere.example"
        if self.misbehaves == "signs with secrets only":
            document["id_token_signing_alg_values_supported"] = ["none", "HS256"]
        if self.misbehaves == "names no list":
            document["id_token_signing_alg_values_supported"] = 256
        if self.misbehaves == "has a bare endpoint":
            document["token_endpoint"] = "http://elsewhere.example/token"
        return document

    def answered(self, url: str) -> str:
        """Return where the provider sends a browser that came by a URL, once its person has pressed the button."""
        answer = requests.post(
            url.partition("?")[0],
            data={name: values[0] for name, values in parse_qs(urlsplit(url).query).items()},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def code_for(self, asked: dict[str, str]) -> str:
        """Return a fresh code for what was asked."""
        code = f"code-{new_id()}"
        self.codes[code] = asked
        self.given.append(code)
        return code

    def token_for(self, asked: dict[str, str]) -> dict[str, Any]:
        """Return what a code is good for."""
        access = f"access-{new_id()}"
        token = {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": self.id_token(asked)}
        self.given += [access, token["id_token"]]
        if self.misbehaves == "no id token":
            del token["id_token"]
        return token

    def id_token(self, asked: dict[str, str]) -> str:
        """Return the signed claims about the person."""
        now = int(time.time())
        claims = {
            **self.person,
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        changes: dict[str, dict[str, Any]] = {
            "wrong issuer": {"iss": "https://elsewhere.example"},
            "wrong audience": {"aud": "another-client"},
            "audiences without our name": {"aud": ["another-client", "a-third"], "azp": "another-client"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "not yet": {"iat": now + 900, "nbf": now + 900, "exp": now + 1200},
            "wrong nonce": {"nonce": "another"},
        }
        claims |= changes.get(self.misbehaves or "", {})
        if self.misbehaves == "no nonce":
            del claims["nonce"]
        if self.misbehaves == "no subject":
            del claims["sub"]
        return self._signed(claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.misbehaves == "not a token":
            return "not-a-token"
        if self.misbehaves == "unsigned":
            return _forged({"alg": "none"}, claims, lambda _: b"")
        if self.misbehaves == "signed with what is public":
            public = self.key.as_pem(private=False)
            header = {"alg": "HS256", "kid": "one"}
            return _forged(header, claims, lambda signed: hmac.digest(public, signed, "sha256"))
        header = {"alg": "RS256", "kid": "two" if self.misbehaves == "unknown key" else "one"}
        return jwt.encode(header, claims, self.other_key if self.misbehaves == "bad signature" else self.key)


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Give a running provider, and stop it afterwards."""
    app = Flask("oidc_provider")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    provider = OidcProvider(f"http://127.0.0.1:{server.server_port}")
    for serve in (_publish, _authorise, _exchange):
        serve(app, provider)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _publish(app: Flask, provider: OidcProvider) -> None:
    """Give the app what a provider says of itself."""

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        if provider.misbehaves == "discovery down":
            return "down", 503
        if provider.misbehaves == "discovery slow":
            time.sleep(SLOW_SECONDS)
        return "<html>" if provider.misbehaves == "discovery no JSON" else jsonify(provider.metadata())

    @app.get("/keys")
    def keys() -> Any:
        if provider.misbehaves == "keys down":
            return "down", 503
        shown = [] if provider.misbehaves == "no keys" else [provider.key.as_dict(private=False)]
        return jsonify(["keys"] if provider.misbehaves == "odd keys" else {"keys": shown})


def _authorise(app: Flask, provider: OidcProvider) -> None:
    """Give the app the page that people press a button on."""

    @app.get("/authorize")
    def ask() -> str:
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in request.args.items()
        )
        return PAGE.format(fields=fields)

    @app.post("/authorize")
    def authorise() -> Any:
        asked = request.form.to_dict()
        assert asked["client_id"] == CLIENT_ID
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"].split()
        answer = {"state": asked["state"]}
        if (provider.misbehaves or "").startswith("error "):
            answer["error"] = provider.misbehaves.removeprefix("error ")
            answer["error_description"] = "somebody@council.example may not"
        elif provider.misbehaves != "no code":
            answer["code"] = provider.code_for(asked)
        if provider.misbehaves == "wrong state":
            answer["state"] = "another"
        if provider.misbehaves == "no state":
            del answer["state"]
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)


def _exchange(app: Flask, provider: OidcProvider) -> None:
    """Give the app the address where a code becomes a token."""

    @app.post("/token")
    def token() -> Any:
        if provider.misbehaves == "token endpoint down":
            return "down", 503
        if provider.misbehaves == "token endpoint slow":
            time.sleep(SLOW_SECONDS)
        if provider.misbehaves == "token endpoint no JSON":
            return "<html>"
        if provider.misbehaves == "odd error":
            return jsonify({"error": {"code": 7}}), 400
        if _client(request) != (CLIENT_ID, CLIENT_SECRET):
            return jsonify({"error": "invalid_client"}), 401
        asked = provider.codes.pop(request.form.get("code", ""), None)
        if asked is None or not _belongs(asked, request.form.to_dict()):
            return jsonify({"error": "invalid_grant"}), 400
        return jsonify(provider.token_for(asked))


def _client(asking: Request) -> tuple[str | None, str | None]:
    """Return the client's id and secret, from a header or the body."""
    if asking.authorization is not None:
        return asking.authorization.username, asking.authorization.password
    return asking.form.get("client_id"), asking.form.get("client_secret")


def _forged(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return a token that no library would make."""
    signed = b".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    return b".".join([signed, _encoded(sign(signed))]).decode()


def _encoded(content: bytes) -> bytes:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _belongs(asked: dict[str, str], form: dict[str, str]) -> bool:
    """Say whether whoever brings a code is whoever asked for it."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return asked["code_challenge"] == _encoded(digest).decode() and asked["redirect_uri"] == form.get("redirect_uri")
