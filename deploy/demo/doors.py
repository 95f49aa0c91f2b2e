"""The public doors of the system, as the simulator knocks on them: the same paths, over HTTP or in this process.

Made data goes in by no other way, so whatever the doors refuse, the demonstration can't show.
"""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import requests
from werkzeug.test import Client, EnvironBuilder

TIMEOUT_SECONDS = 30
JPEG = "image/jpeg"
REDIRECTS = (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER)


@dataclass(frozen=True)
class Answer:
    """What came back: status and JSON (None where there was none)."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether the door opened."""
        return 200 <= self.status < 300


class Doors(Protocol):
    """Calls the system's public interfaces."""

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        photo: bytes | None = None,
        evidence_photo: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        """Call a path as a role (None: anybody), with a form, a JSON body or a photo, and an idempotency key."""
        ...


class HttpDoors:
    """The doors of a running system."""

    def __init__(self, base_url: str, tokens: Mapping[str, str]) -> None:
        self.url = base_url.rstrip("/")
        self._tokens = tokens
        self._session = requests.Session()

    def token(self, role: str) -> str:
        """Return the token of a role, or the key of `open311`."""
        return self._tokens[role]

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        photo: bytes | None = None,
        evidence_photo: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        """Call over HTTP; raises `requests.RequestException` where nobody answers."""
        response = self._session.request(
            method,
            self.url + path,
            headers=_headers(self._tokens, role, key),
            data=form,
            json=body,
            files={name: (f"{name}.jpg", file, JPEG) for name, file in _files(photo, evidence_photo)} or None,
            timeout=TIMEOUT_SECONDS,
        )
        return Answer(response.status_code, _json(response.content))


class WsgiDoors:
    """The doors of apps in this process, before any server runs."""

    def __init__(self, site: Any, credentials: Mapping[str, Any]) -> None:
        self._site = site
        self._client = Client(site)
        self._credentials = credentials
        self._tokens: Mapping[str, str] = credentials["tokens"]

    def person(self, email_begins: str) -> "Person":
        """Return a member of staff at a browser of their own, signed in; for what has no API."""
        user = next(one for one in self._credentials["users"] if one.get("email", "").startswith(email_begins))
        person = Person(Client(self._site))
        person.submit("/accounts/sign-in", email=user["email"], password=user["password"])
        return person

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        photo: bytes | None = None,
        evidence_photo: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        """Call through WSGI."""
        data: dict[str, Any] | None = dict(form) if form is not None else None
        for name, file in _files(photo, evidence_photo):
            data = {**(data or {}), name: (io.BytesIO(file), f"{name}.jpg", JPEG)}
        headers = list(_headers(self._tokens, role, key).items())
        builder = EnvironBuilder(method=method, path=path, headers=headers, data=data, json=body)
        with self._client.open(builder) as response:
            return Answer(response.status_code, _json(response.data))


class Person:
    """Somebody at a browser: opens a page, fills in its form, and sends it with the token that was in it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(self, page: str, action: str | None = None, **fields: str) -> Answer:
        """Send a form that is on a page; `action` is where it goes, if not to the page itself."""
        with self._client.get(page) as response:
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.get_data(as_text=True))
            if response.status_code != HTTPStatus.OK or token is None:
                return Answer(response.status_code, None)
        with self._client.post(action or page, data={"csrf_token": token.group(1), **fields}) as response:
            # A form that is not accepted comes back as a page; one that is sends the browser on.
            return Answer(HTTPStatus.OK if response.status_code in REDIRECTS else HTTPStatus.BAD_REQUEST, None)


def _files(photo: bytes | None, evidence_photo: bytes | None) -> list[tuple[str, bytes]]:
    """Return the files that are there, under the names of their fields."""
    return [(name, file) for name, file in (("photo", photo), ("evidence_photo", evidence_photo)) if file]


def _headers(tokens: Mapping[str, str], role: str | None, key: str | None) -> dict[str, str]:
    """Return the headers of a call."""
    headers = {"Accept": "application/json"}
    if role is not None:
        headers["Authorization"] = f"Bearer {tokens[role]}"
    if key is not None:
        headers["Idempotency-Key"] = key
    return headers


def _json(content: bytes) -> Any:
    """Return the JSON in a body, or None."""
    try:
        return json.loads(content) if content else None
    except json.JSONDecodeError:
        return None
