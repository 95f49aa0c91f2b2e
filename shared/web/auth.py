"""Who may do what: every view declares a policy, and a view without one is refused to everybody.

    @bp.get("/dispatch")
    @policy(roles("supervisor", "manager"))
    def board() -> str: ...

The check runs before the view, from the signed cookie or a bearer token, both verified offline. A token does everything
that its role may at the API, and at pages it looks only: what a number's `href` opens, and event streams (ADR 53). A
view may narrow further by the user's scopes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from shared.contracts.codes import ROLES
from shared.errors import ConfigError, Forbidden, StreetsceneError
from shared.web.deny import DenyList
from shared.web.identity import BEARER, COOKIE, BadToken, User, verify
from shared.web.keys import Keys

View = TypeVar("View", bound=Callable[..., Any])
Check: TypeAlias = Callable[[User | None, Mapping[str, Any]], bool]

STAFF_ROLES = tuple(role for role in ROLES if role != "wall-viewer")
SIGN_IN_PATH = "/accounts/sign-in"
API_PREFIX = "/api/"
LOOKS = frozenset({"GET", "HEAD"})


class MissingPolicy(StreetsceneError):
    """A view was registered without saying who may use it: a defect, answered with 500."""


@dataclass(frozen=True)
class Policy:
    """Who may use a view: a name for the record, and the rule."""

    name: str
    allows: Check


PUBLIC = Policy("public", lambda _user, _arguments: True)
SIGNED_IN = Policy("signed-in", lambda user, _arguments: user is not None)
STAFF = Policy("staff", lambda user, _arguments: user is not None and user.has_role(*STAFF_ROLES))


def roles(*names: str) -> Policy:
    """Return the policy that admits users with one of the roles, and administrators."""
    unknown = [name for name in names if name not in ROLES]
    if unknown or not names:
        raise ConfigError(f"There is no role {', '.join(unknown) or '(none given)'}; the roles are {', '.join(ROLES)}")
    return Policy(f"roles: {', '.join(names)}", lambda user, _arguments: user is not None and user.has_role(*names))


def owner(check: Check, name: str = "owner") -> Policy:
    """Return the policy that admits whoever `check(user, view arguments)` says; the user may be None."""
    return Policy(name, check)


def policy(who: Policy) -> Callable[[View], View]:
    """Declare who may use a view; put it directly under the route."""

    def declare(view: View) -> View:
        view.streetscene_policy = who  # type: ignore[attr-defined]
        return view

    return declare


def without_cookies(view: View) -> View:
    """Declare that a view takes no notice of cookies, so that forms of other sites gain nothing by posting to it.

    For APIs that carry their own key in the body (Open311): no user from a cookie, and therefore no CSRF token.
    """
    view.streetscene_without_cookies = True  # type: ignore[attr-defined]
    return view


def current_user() -> User | None:
    """Return whoever makes this request, None for the public; raises `Unauthorized` for a bad bearer token."""
    if "streetscene_user" not in g:
        g.streetscene_user = _identify()
    user: User | None = g.streetscene_user
    return user


def signed_in_user() -> User:
    """Return the user of a view whose policy asks for one."""
    user = current_user()
    if user is None:
        raise Unauthorized
    return user


def is_api() -> bool:
    """Say whether this request is for the JSON API rather than a page."""
    return request.path.startswith(API_PREFIX)


def has_bearer_token() -> bool:
    """Say whether a bearer token speaks for this request; then no cookie counts, and no CSRF token is needed.

    At pages it may only look: their forms are for people, who have a cookie.
    """
    if not is_api() and request.method not in LOOKS:
        return False
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def cookie_name(app: Flask) -> str:
    """Return the cookie's name; over https the `__Host-` prefix makes browsers refuse one set by a sibling domain."""
    return "__Host-streetscene-user" if app.config["SESSION_COOKIE_SECURE"] else "streetscene-user"


def set_user_cookie(response: Response, token: str, *, lifetime_seconds: int) -> None:
    """Put a signed identity into the browser."""
    response.set_cookie(
        cookie_name(current_app),
        token,
        max_age=lifetime_seconds,
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        samesite="Lax",
        path="/",
    )


def clear_user_cookie(response: Response) -> None:
    """Take the identity out of the browser."""
    response.delete_cookie(
        cookie_name(current_app), path="/", secure=current_app.config["SESSION_COOKIE_SECURE"], httponly=True
    )


def policy_of(app: Flask, endpoint: str, method: str) -> Policy | None:
    """Return the declared policy of an endpoint; for a class of methods, that of the method."""
    view = declared(app, endpoint, method, "streetscene_policy")
    return view if isinstance(view, Policy) else None


def declared(app: Flask, endpoint: str, method: str, name: str) -> Any:
    """Return what a decorator declared on an endpoint's view, or on its class's method."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = getattr(view_class, ("GET" if method == "HEAD" else method).lower(), None)
        return getattr(handler, name, None)
    return getattr(view, name, None)


def views_without_policy(app: Flask) -> list[str]:
    """Return the rules that nobody said a policy for: the architecture test wants none."""
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if policy_of(app, rule.endpoint, method) is None
    )


def enforce_policy() -> Response | None:
    """Refuse the request unless its view's policy admits the user; pages send the public to sign in."""
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    who = policy_of(current_app, request.endpoint, request.method)
    if who is None:
        raise MissingPolicy(f"{request.method} {request.url_rule} declares no policy")
    # A public view never needs the store for this; with a wrong bearer token, the API still says so.
    user = current_user() if who is not PUBLIC or (is_api() and has_bearer_token()) else None
    if who.allows(user, request.view_args or {}):
        return None
    if user is not None:
        raise Forbidden("You do not have permission to do this.")
    if is_api():
        raise Unauthorized("This needs a bearer token, or a signed-in browser.")
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    answer = redirect(f"{SIGN_IN_PATH}?{urlencode({'next': wanted})}", 303)
    if cookie_name(current_app) in request.cookies:
        # Refused here, it may still hold at accounts for a moment, which would send its bearer straight back.
        clear_user_cookie(answer)
    return answer


def _identify() -> User | None:
    """Return the user of a valid, undenied bearer token or cookie."""
    keys: Keys = current_app.extensions["streetscene_keys"]
    deny_list: DenyList = current_app.extensions["streetscene_deny"]
    if has_bearer_token():
        token = request.headers["Authorization"][len("bearer ") :].strip()
        try:
            user = verify(keys.public, token, use=BEARER)
        except BadToken as error:
            raise Unauthorized("The bearer token is not valid, or has expired.") from error
        if deny_list.refuses(user):
            raise Unauthorized("The bearer token was revoked.")
        return user
    if request.endpoint and declared(current_app, request.endpoint, request.method, "streetscene_without_cookies"):
        return None
    cookie = request.cookies.get(cookie_name(current_app))
    if not cookie:
        return None
    try:
        user = verify(keys.public, cookie, use=COOKIE)
    except BadToken:
        return None
    return None if deny_list.refuses(user) else user
