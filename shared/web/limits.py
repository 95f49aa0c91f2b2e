"""Rate limits: how often one address may try what the public can post, in the machine's time.

    @bp.post("/report")
    @policy(PUBLIC)
    @limited("10 per minute; 60 per hour")

A public view that takes posts and says nothing has the standing limit. Counts are kept in the process, so with several
processes the limit is that many times higher: this stops floods, not a patient adversary (sign-in has a lock of its own
in the accounts store). `STREETSCENE_RATE_LIMITS` raises all limits by a factor, for a council behind one address;
`off` is for tests and seeding and is refused unless the public address is this machine.
"""

import functools
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Flask, request
from limits import RateLimitItem, parse_many
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from shared.config import Settings
from shared.web.auth import PUBLIC, current_user, declared, policy_of
from shared.web.counts import Counts

View = TypeVar("View", bound=Callable[..., Any])

STANDING_LIMIT = "30 per minute; 300 per hour"
UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")


def limited(limit: str, *, methods: tuple[str, ...] = UNSAFE_METHODS) -> Callable[[View], View]:
    """Declare how often one caller may use a view, as `limits` writes it (`10 per minute; 60 per hour`)."""
    parse_many(limit)

    def declare(view: View) -> View:
        view.streetscene_limit = (limit, methods)  # type: ignore[attr-defined]
        return view

    return declare


def register(app: Flask, settings: Settings) -> None:
    """Put declared limits, and the standing one on public posts, around the views that the app has."""
    if settings.rate_limit_factor == 0:
        return
    limiter = FixedWindowRateLimiter(Counts())
    methods_of: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        methods_of.setdefault(rule.endpoint, set()).update(rule.methods or ())
    for endpoint, methods in methods_of.items():
        for limit, limited_methods in _limits(app, endpoint, methods):
            items = parse_many(raised(limit, settings.rate_limit_factor))
            counted = functools.partial(_count, limiter, items, endpoint)
            app.view_functions[endpoint] = _around(app.view_functions[endpoint], counted, limited_methods)


def _around(view: View, counted: Callable[[], None], methods: Sequence[str]) -> View:
    """Return a view that counts its callers first."""

    @functools.wraps(view)
    def limited_view(*arguments: Any, **named: Any) -> Any:
        if request.method in methods:
            counted()
        return view(*arguments, **named)

    return limited_view  # type: ignore[return-value]


def _count(limiter: FixedWindowRateLimiter, items: Sequence[RateLimitItem], endpoint: str) -> None:
    """Count this request against every limit of an endpoint; raises `TooManyRequests`, which says when to come back."""
    caller = _caller()
    spent = [item for item in items if not limiter.hit(item, endpoint, caller)]
    if spent:
        again_at = max(limiter.get_window_stats(item, endpoint, caller).reset_time for item in spent)
        error = TooManyRequests()
        error.data = {"headers": {"Retry-After": str(max(1, math.ceil(again_at - time.time())))}}  # type: ignore[attr-defined]
        raise error


def raised(limit: str, factor: int) -> str:
    """Return a limit with its amounts multiplied."""
    return "; ".join(_text(item, item.amount * factor) for item in parse_many(limit))


def _text(item: RateLimitItem, amount: int) -> str:
    """Return one limit in words with another amount."""
    return f"{amount} per {item.multiples} {item.GRANULARITY.name}"


def _limits(app: Flask, endpoint: str, methods: set[str]) -> set[tuple[str, tuple[str, ...]]]:
    """Return the limits of an endpoint: each declared, and the standing one where a public method declares none."""
    found = set()
    for method in sorted(methods - {"HEAD", "OPTIONS"}):
        limit = declared(app, endpoint, method, "streetscene_limit")
        if limit is None and method in UNSAFE_METHODS and policy_of(app, endpoint, method) is PUBLIC:
            limit = (STANDING_LIMIT, UNSAFE_METHODS)
        if limit is not None:
            found.add(limit)
    return found


def _caller() -> str:
    """Return whom to count: the user where there is one, else the address."""
    if "Authorization" in request.headers:
        user = current_user()
        if user is not None:
            return user.credential_id or user.id
    return request.remote_addr or "unknown"
