"""Who knocks on the doors while we measure: one keep-alive connection for each sender, and as little work as can be.

The senders share the machine with what is measured, so every microsecond here is taken from it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

FORM_TYPE = "application/x-www-form-urlencoded"
REQUESTS_PATH = "/open311/v2/requests.json"


class Line:
    """One connection that stays open."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the body of the answer; raises `AssertionError` for a refusal."""
        self._connection.request(method, path, body, dict(headers or {}))
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status < 400, f"{method} {path}: {answer.status} {content[:300]!r}"
        return content


def report_form(api_key: str, *, lat: float, lon: float, number: int) -> bytes:
    """Return a report as an app would send it, without a photo."""
    fields = {
        "api_key": api_key,
        "service_code": "fly-tipping",
        "lat": f"{lat:.6f}",
        "long": f"{lon:.6f}",
        "description": f"Black bags and a mattress by the third gate, number {number}",
        "email": f"reporter-{number}@example.com",
        "attribute[waste_type]": "black-bags-household",
        "attribute[land_type]": "back-alleyway",
        "attribute[size]": "car-boot",
    }
    return urlencode(fields).encode()


def send_report(line: Line, form: bytes) -> bytes:
    """Send a report and return the answer."""
    return line.call("POST", REQUESTS_PATH, form, {"Content-Type": FORM_TYPE})


def rate_of(act: Callable[[Line, int], Any], *, url: str, senders: int, seconds: float) -> float:
    """Return how often a second these senders together get an act done; raises what went wrong first."""
    counts, problems = [0] * senders, []
    begun = threading.Barrier(senders + 1)
    ended_at = [0.0]

    def send(index: int) -> None:
        line = Line(url)
        begun.wait()
        try:
            while time.monotonic() < ended_at[0]:
                act(line, counts[index] * senders + index)
                counts[index] += 1
        except Exception as error:  # noqa: BLE001 - told below, by the one who asked
            problems.append(error)

    threads = [threading.Thread(target=send, args=(index,), daemon=True) for index in range(senders)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    ended_at[0] = started + seconds
    begun.wait()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return sum(counts) / (time.monotonic() - started)
