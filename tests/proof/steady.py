"""The public that goes on reporting: one app that sends a report about five times a second, whatever else happens.

It notes when it was answered, how long it took, and every refusal. What was refused it sends again under the same key.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests

from deploy.demo.doors import Answer, Doors
from shared.council import Council
from shared.ids import new_id
from tests.proof.journeys import REPORTS, Ledger, report_form

PER_SECOND = 5
AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Accepted:
    """A report that was accepted: when, and how long its answer took."""

    at: float
    seconds: float


class SteadyReporter(threading.Thread):
    """Sends reports at a steady pace until it is told to stop."""

    def __init__(
        self, doors: Doors, tokens: Mapping[str, str], council: Council, ledger: Ledger, stop: threading.Event
    ) -> None:
        super().__init__(name="steady-reporter", daemon=True)
        self._doors = doors
        self._tokens = tokens
        self._council = council
        self._ledger = ledger
        self._stop_asked = stop
        self.accepted: list[Accepted] = []
        self.refused: list[float] = []
        """When each call was made that was not answered well."""

    def run(self) -> None:
        """Report, at the moments when a report is due; at once where they have passed."""
        due = time.monotonic()
        while not self._stop_asked.is_set():
            self._report()
            due += 1 / PER_SECOND
            self._stop_asked.wait(max(0.0, due - time.monotonic()))

    def _report(self) -> None:
        """Send one report, again and again under its key until it is accepted or nobody wants it any more."""
        key = new_id()
        form = report_form(self._tokens, self._council, key)
        while True:
            at, started = time.time(), time.monotonic()
            answer = self._send(form, key)
            if answer.ok:
                self.accepted.append(Accepted(at, time.monotonic() - started))
                self._ledger.reports[key] = answer.body[0]["service_request_id"]
                return
            self.refused.append(at)
            if self._stop_asked.wait(AGAIN_SECONDS):
                return

    def _send(self, form: Mapping[str, str], key: str) -> Answer:
        """Knock once."""
        try:
            return self._doors.call("POST", REPORTS, form=form, key=key)
        except requests.RequestException:
            return Answer(599, None)
