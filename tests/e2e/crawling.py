"""A walk along the links of the site as one role, without a browser: which are dead, and what is offered in vain."""

from collections import Counter, deque
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from shared.web.auth import policy_of
from shared.web.identity import User
from shared.web.routes import ROUTES, service_of
from tests.e2e.examples import Visitor

OPENED_OF_A_ROUTE = 6
READ_OF_A_ROUTE = 3
"""How many addresses of one route are opened, and of how many the links are followed: the others are alike."""

START = {"public": "/"}


class Links(HTMLParser):
    """The links, pictures and forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.forms: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self._bare: dict[str, str] = {}
        self.feed(html)
        self.forms += [(method, "") for method in self._bare.values()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what leads somewhere."""
        named = {name: value or "" for name, value in attrs}
        self.ids.add(named.get("id", ""))
        if tag == "a" and "href" in named:
            self.addresses.append(named["href"])
        elif tag in ("img", "script") and "src" in named:
            self.addresses.append(named["src"])
        elif tag == "link" and "href" in named:
            self.addresses.append(named["href"])
        elif tag == "form" and "action" not in named and "id" in named:
            self._bare[named["id"]] = named.get("method", "get").upper()
        elif tag == "form":
            self.forms.append((named.get("method", "get").upper(), named.get("action", "")))
        elif tag == "button" and "formaction" in named:
            # Whose buttons each say where to, the form itself goes nowhere.
            self._bare.pop(named.get("form", ""), None)
            self.forms.append(("POST", named["formaction"]))


class Crawl:
    """Opens what a role is offered, from its start page on."""

    def __init__(self, visitor: Visitor, apps: Mapping[str, Flask], role: str) -> None:
        self._visitor = visitor
        self._apps = apps
        self._user = None if role == "public" else User(role, (role,), role)
        self._role = role
        self._of_route: Counter[str] = Counter()
        self.opened: dict[str, int] = {}
        self.wrong: list[str] = []

    def walk(self) -> None:
        """Open every link of every page, a few of each route."""
        start = START.get(self._role, "/accounts/sign-in")
        waiting = deque([(start, "the start")])
        while waiting:
            path, found_on = waiting.popleft()
            route = self._route(path, "GET")
            if path in self.opened or self._of_route[route] >= OPENED_OF_A_ROUTE:
                continue
            self._of_route[route] += 1
            answer = self._visitor.open(path)
            self.opened[path] = answer.status_code
            if answer.status_code >= 400:
                self.wrong.append(f"{path} on {found_on}: {answer.status_code}")
            elif self._of_route[route] <= READ_OF_A_ROUTE and "text/html" in answer.headers["Content-Type"]:
                waiting.extend((link, path) for link in self._read(path, answer.url, answer.text))

    def _read(self, path: str, url: str, html: str) -> list[str]:
        """Return where a page leads on this site, having checked its own anchors and its forms."""
        page = Links(html)
        found = []
        for address in page.addresses:
            whole, fragment = urldefrag(urljoin(url, address))
            if address.startswith("#"):
                if fragment not in page.ids:
                    self.wrong.append(f"{address} on {path} leads nowhere")
            elif urlsplit(whole).netloc == urlsplit(url).netloc and urlsplit(whole).scheme in ("http", "https"):
                parts = urlsplit(whole)
                found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
        for method, action in page.forms:
            target = urlsplit(urljoin(url, action)).path
            if not self._may(target, method):
                self.wrong.append(f"{path} offers {method} {target}")
        return found

    def _app(self, path: str) -> Flask:
        return self._apps["demonstration" if path.startswith("/demo") else service_of(path, ROUTES)]

    def _endpoint(self, path: str, method: str) -> tuple[str, Mapping[str, object]] | None:
        """Return the view of a path and its arguments."""
        try:
            return self._app(path).url_map.bind("localhost").match(path, method)
        except (RequestRedirect, HTTPException):
            return None

    def _route(self, path: str, method: str) -> str:
        """Return the route of a path; pages that no route knows are each their own."""
        found = self._endpoint(urlsplit(path).path, method)
        return found[0] if found else path

    def _may(self, path: str, method: str) -> bool:
        """Say whether the role may send a form there."""
        found = self._endpoint(path, method)
        if found is None:
            return False
        who = policy_of(self._app(path), found[0], method)
        return who is not None and who.allows(self._user, found[1])
