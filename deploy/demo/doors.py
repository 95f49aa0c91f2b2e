"""The public doors of the system, as the simulator knocks on them: the same paths, over HTTP or in this process.

Made data goes in by no other way, so whatever the doors refuse, the demonstration can't show.
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import requests
from werkzeug.test import Client, EnvironBuilder

TIMEOUT_SECONDS = 30
ROUND, ACTIONS = "/crew/round", "/crew/actions"
JPEG = "image/jpeg"
TOKEN_IN_PAGE = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
REDIRECTS = (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER)


@dataclass(frozen=True)
class Answer:
    """What came back: status and JSON (None where there was none); of a page its text."""

    status: int
    body: Any
    text: str = ""

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

    def phone(self, crew_id: str) -> "Phone":
        """Return a crew's phone."""
        ...


class SignInRefused(requests.RequestException):
    """A phone is not let in for now, as if nobody answered: whoever presses its buttons tries again later."""


class Phone:
    """A crew's own phone: signed in with the shift code, again where that has run out; it sends what the page would."""

    def __init__(self, browse: Callable[[str, str, Mapping[str, str] | None], Answer], code: str) -> None:
        """Take what opens a page, or sends a form, in a browser of the phone's own."""
        self._browse = browse
        self._code = code
        self._token: str | None = None

    def act(self, kind: str, *, key: str, **said: str) -> Answer:
        """Press a button under the action's own id: what the phone is told was refused is an answer that is not ok."""
        form = {"kind": kind, "idempotency_key": key, **said}
        answer = self._signed_in(lambda: self._browse("POST", ACTIONS, {**form, "csrf_token": str(self._token)}))
        taken = answer.ok and answer.body["result"] == "taken"
        return answer if taken or not answer.ok else Answer(HTTPStatus.BAD_REQUEST, answer.body)

    def get(self, path: str) -> Answer:
        """Read JSON as the crew sees it."""
        return self._signed_in(lambda: self._browse("GET", path, None))

    def _signed_in(self, ask: Callable[[], Answer]) -> Answer:
        """Ask, after signing in where that has not been done; once more after signing in anew where it has run out."""
        answer = ask() if self._token is not None else None
        if answer is None or not answer.ok:
            self._sign_in()
            answer = ask()
        return answer

    def _sign_in(self) -> None:
        """Sign the phone in with the crew's code; raises `SignInRefused`."""
        page = self._browse("GET", "/accounts/shift", None)
        token = TOKEN_IN_PAGE.search(page.text)
        form = {"code": self._code, "csrf_token": token.group(1) if token else ""}
        entered = self._browse("POST", "/accounts/shift", form)
        kept = self._browse("GET", ROUND, None)
        if entered.status not in REDIRECTS or not kept.ok:
            raise SignInRefused(f"a crew's phone was not let in: {entered.status}")
        self._token = kept.body["csrf"]


class HttpDoors:
    """The doors of a running system; `codes` are the crews' shift codes, where their phones are wanted."""

    def __init__(self, base_url: str, tokens: Mapping[str, str], codes: Mapping[str, str] | None = None) -> None:
        self.url = base_url.rstrip("/")
        self._tokens = tokens
        self._codes = codes or {}
        self._session = requests.Session()
        self._phones: dict[str, Phone] = {}

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

    def phone(self, crew_id: str) -> Phone:
        """Return a crew's phone, which keeps its own cookies."""
        if crew_id not in self._phones:
            session = requests.Session()

            def browse(method: str, path: str, form: Mapping[str, str] | None) -> Answer:
                response = session.request(
                    method, self.url + path, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False
                )
                return Answer(response.status_code, _json(response.content), response.text)

            self._phones[crew_id] = Phone(browse, self._codes[crew_id])
        return self._phones[crew_id]


class WsgiDoors:
    """The doors of apps in this process, before any server runs."""

    def __init__(self, site: Any, credentials: Mapping[str, Any]) -> None:
        self._site = site
        self._client = Client(site)
        self._credentials = credentials
        self._tokens: Mapping[str, str] = credentials["tokens"]
        self._codes = codes_in(credentials)
        self._phones: dict[str, Phone] = {}

    def phone(self, crew_id: str) -> Phone:
        """Return a crew's phone, which keeps its own cookies."""
        if crew_id not in self._phones:
            client = Client(self._site)

            def browse(method: str, path: str, form: Mapping[str, str] | None) -> Answer:
                with client.open(path, method=method, data=form) as response:
                    return Answer(response.status_code, _json(response.data), response.get_data(as_text=True))

            self._phones[crew_id] = Phone(browse, self._codes[crew_id])
        return self._phones[crew_id]

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
            token = TOKEN_IN_PAGE.search(response.get_data(as_text=True))
            if response.status_code != HTTPStatus.OK or token is None:
                return Answer(response.status_code, None)
        with self._client.post(action or page, data={"csrf_token": token.group(1), **fields}) as response:
            # A form that is not accepted comes back as a page; one that is sends the browser on.
            return Answer(HTTPStatus.OK if response.status_code in REDIRECTS else HTTPStatus.BAD_REQUEST, None)


def codes_in(credentials: Mapping[str, Any]) -> dict[str, str]:
    """Return the shift codes of the crews that a first start has written down."""
    return {user["crew_id"]: user["shift_code"] for user in credentials["users"] if "shift_code" in user}


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
