"""The public doors of the system, as the simulator knocks on them: the same paths, over HTTP or in this process.

Made data goes in by no other way, so whatever the doors refuse, the demonstration can't show.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from werkzeug.test import Client, EnvironBuilder

TIMEOUT_SECONDS = 30


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
        key: str | None = None,
    ) -> Answer:
        """Call a path as a role (None: anybody), with a form, a JSON body or a photo, and an idempotency key."""
        ...


class HttpDoors:
    """The doors of a running system."""

    def __init__(self, base_url: str, tokens: Mapping[str, str]) -> None:
        self._base = base_url.rstrip("/")
        self._tokens = tokens
        self._session = requests.Session()

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        photo: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        """Call over HTTP; raises `requests.RequestException` where nobody answers."""
        response = self._session.request(
            method,
            self._base + path,
            headers=_headers(self._tokens, role, key),
            data=form,
            json=body,
            files={"photo": ("photo.jpg", photo, "image/jpeg")} if photo else None,
            timeout=TIMEOUT_SECONDS,
        )
        return Answer(response.status_code, _json(response.content))


class WsgiDoors:
    """The doors of apps in this process, before any server runs."""

    def __init__(self, site: Any, tokens: Mapping[str, str]) -> None:
        self._client = Client(site)
        self._tokens = tokens

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        photo: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        """Call through WSGI."""
        data: dict[str, Any] | None = dict(form) if form is not None else None
        if photo:
            data = {**(data or {}), "photo": (io.BytesIO(photo), "photo.jpg", "image/jpeg")}
        headers = list(_headers(self._tokens, role, key).items())
        builder = EnvironBuilder(method=method, path=path, headers=headers, data=data, json=body)
        with self._client.open(builder) as response:
            return Answer(response.status_code, _json(response.data))


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
