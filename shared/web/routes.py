"""Which service answers which path: the one table for the embedded front, the proxy's configuration and the tests."""

from collections.abc import Mapping

ROUTES: Mapping[str, str] = {
    "/": "reports",
    "/report": "reports",
    "/open311": "reports",
    "/triage": "reports",
    "/area": "reports",
    "/contact-centre": "reports",
    "/messages": "reports",
    "/static": "reports",
    "/api/reports": "reports",
    "/dispatch": "scheduling",
    "/crew": "scheduling",
    "/api/scheduling": "scheduling",
    "/tonnage": "tonnage",
    "/api/tonnage": "tonnage",
    "/enforcement": "enforcement",
    "/notice": "enforcement",
    "/api/enforcement": "enforcement",
    "/operations": "operations",
    "/open-data": "operations",
    "/api/operations": "operations",
    "/accounts": "accounts",
    "/api/accounts": "accounts",
}

STREAMS: Mapping[str, str] = {
    "/operations/stream": "operations",
    "/dispatch/stream": "scheduling",
}
"""Live streams by their exact path: a distributed system has processes of many threads for them."""


def service_of(path: str, routes: Mapping[str, str] = ROUTES) -> str:
    """Return what the longest prefix of a path leads to; `/dispatchers` is not below `/dispatch`."""
    prefix = path.rstrip("/") or "/"
    while prefix not in routes:
        prefix = prefix.rpartition("/")[0] or "/"
    return routes[prefix]
