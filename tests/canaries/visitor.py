"""A browser without a browser: a requests session that opens pages, and sends the forms that it was really shown.

It fills in what a form has (the CSRF token, hidden fields, what is chosen already) and refuses to send a field that the
page does not offer, so that a test can't pass by typing into a form that nobody has. It follows redirects by path,
because in a system of many processes a path decides which of them answers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

REDIRECTS = 5
TIMEOUT_SECONDS = 30


@dataclass
class Form:
    """One form of a page: where it goes, and what is filled in already; a field not chosen has no values."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    offers: dict[str, list[str]] = field(default_factory=dict)
    """Radio buttons, checkboxes and options: what there is to choose from."""


class _Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._path = path
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(has.get("action") or self._path, has.get("method", "get").lower())
            self.found.append(self._form)
        elif self._form is None:
            return
        elif tag == "option":
            self._choice(self._select, has.get("value", ""), is_chosen="selected" in has)
        elif tag == "select":
            self._select = has["name"]
        elif tag == "textarea":
            self._form.fields.setdefault(has["name"], [""])
        elif tag == "input" and "name" in has:
            self._input(has)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _input(self, has: dict[str, str]) -> None:
        assert self._form is not None
        if has.get("type") in {"radio", "checkbox"}:
            self._choice(has["name"], has.get("value", "on"), is_chosen="checked" in has)
        elif has.get("type") == "file":
            self._form.fields.setdefault(has["name"], [])
        else:
            self._form.fields.setdefault(has["name"], []).append(has.get("value", ""))

    def _choice(self, name: str, value: str, *, is_chosen: bool) -> None:
        assert self._form is not None
        self._form.offers.setdefault(name, []).append(value)
        chosen = self._form.fields.setdefault(name, [])
        if is_chosen:
            chosen.append(value)


@dataclass(frozen=True)
class Page:
    """What came back in the end: the path that the redirects led to, the status and the text."""

    path: str
    status: int
    text: str

    @property
    def forms(self) -> list[Form]:
        """The forms of the page."""
        reader = _Forms(self.path)
        reader.feed(self.text)
        return reader.found

    def form_with(self, name: str) -> Form:
        """Return the first form that has a field of this name."""
        found = next((form for form in self.forms if name in form.fields), None)
        assert found is not None, f"{self.path} ({self.status}) has no form with {name}:\n{self.text[:3000]}"
        return found

    def form_to(self, ending: str) -> Form:
        """Return the first form that is sent to a path with this ending."""
        found = next((form for form in self.forms if urlsplit(form.action).path.endswith(ending)), None)
        assert found is not None, f"{self.path} ({self.status}) has no form to …{ending}:\n{self.text[:3000]}"
        return found


class _From(HTTPAdapter):
    """Connects from a chosen loopback address, so that the address of a visitor can be looked for."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))


class Visitor:
    """One person's browser."""

    def __init__(
        self, origin: Callable[[str], str], *, user_agent: str = "Visitor", address: str = "127.0.0.1"
    ) -> None:
        self._origin = origin
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._session.mount("http://", _From(address))

    def open(self, path: str, *, status: int = 200, **query: str) -> Page:
        """Open a page."""
        return self._go("GET", path, status, params=query or None)

    def send(
        self,
        form: Form,
        values: Mapping[str, str | list[str]],
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        status: int | None = 200,
    ) -> Page:
        """Send a form with these values in place of what it holds; with a status of None any answer will do."""
        unknown = (set(values) | set(files or {})) - set(form.fields)
        assert not unknown, f"the form to {form.action} has no {unknown}: {sorted(form.fields)}"
        for name, value in values.items():
            for each in value if isinstance(value, list) else [value]:
                assert name not in form.offers or each in form.offers[name], f"{name} offers {form.offers[name]}"
        data = {**form.fields, **values}
        if form.method == "get":
            return self._go("GET", urlsplit(form.action).path, status, params=data)
        return self._go("POST", form.action, status, data=data, files=files)

    def _go(self, method: str, path: str, status: int | None, **what: Any) -> Page:
        for _ in range(REDIRECTS):
            response = self._session.request(
                method, self._origin(urlsplit(path).path) + path, allow_redirects=False, timeout=TIMEOUT_SECONDS, **what
            )
            if not response.is_redirect:
                assert status in (response.status_code, None), (
                    f"{method} {path}: {response.status_code}\n{response.text[:3000]}"
                )
                return Page(urlsplit(path).path, response.status_code, response.text)
            to = urlsplit(response.headers["Location"])
            method, path, what = "GET", to.path + (f"?{to.query}" if to.query else ""), {}
        raise AssertionError(f"{path} redirects without an end")
