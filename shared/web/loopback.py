"""Who may use what belongs to a demonstration's own machine: its clock, its switches, and its one-click sign-in.

The address alone is not enough: a page elsewhere can make a browser here ask this machine by another name, and a proxy
on this machine asks on behalf of the world. So the name that was asked for must be this machine's own too, and no
other proxies may have passed it on than those of the installation, which say truly whom they speak for.
"""

from ipaddress import ip_address

from flask import current_app, request

from shared.errors import Forbidden


def refuse_strangers() -> None:
    """Raise `Forbidden` for everybody who is not on this machine, or who came by another name than its own."""
    if not is_from_here():
        raise Forbidden("The controls of a demonstration can only be used on the machine that it runs on.")


def is_from_here() -> bool:
    """Say whether the request came from this machine, to this machine by its own name."""
    host = request.host.rpartition(":")[0].strip("[]") or request.host
    named = host == "localhost" or _is_loopback(host)
    return named and _is_loopback(request.remote_addr or "") and not _came_through_others()


def _came_through_others() -> bool:
    """Say whether proxies have passed the request on that the installation does not trust."""
    passed_on = sum(len(value.split(",")) for value in request.headers.getlist("X-Forwarded-For"))
    trusted: int = current_app.extensions["streetscene"].settings.trusted_proxies
    return passed_on > trusted or "Forwarded" in request.headers


def _is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
