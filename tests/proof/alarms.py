"""The committed alert rules during an outage, as a real Prometheus saw them: when true, and how far they came."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from tests.proof.periods import PERIODS, Marks
from tests.servers.prometheus import FOLDER, Prometheus

EXPECTED = ("BrokerDown", "OutboxOld")
"""The alerts that are about a broker that is away: listed also where they were never true."""

NEVER, PENDING, FIRING = "never true", "pending", "firing"


@dataclass(frozen=True)
class Alarm:
    """One alert: how long it must be true to be raised, for how many seconds of each period it was, and its state."""

    name: str
    wanted: str
    true_seconds: Mapping[str, int]
    furthest: str
    at_end: str


def read_alarms(prometheus: Prometheus, marks: Marks) -> list[Alarm]:
    """Return the alerts that were true at some time, and the two that are about the broker."""
    times: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    span = {"start": str(round(marks.began)), "end": str(round(marks.ended)), "step": "1"}
    for series in prometheus.ask("query_range", query="ALERTS", **span)["result"]:
        labels = series["metric"]
        times[labels["alertname"]][labels["alertstate"]] |= {int(at) for at, _ in series["values"]}
    wanted = _wanted()
    return [_alarm(name, wanted[name], times[name], marks) for name in sorted({*times, *EXPECTED})]


def _alarm(name: str, wanted: str, times: Mapping[str, set[int]], marks: Marks) -> Alarm:
    """Return one alert of which the seconds are known in which it was pending and firing."""
    pending, firing = times.get(PENDING, set()), times.get(FIRING, set())
    true = pending | firing
    last = round(marks.ended)
    return Alarm(
        name,
        wanted,
        {period: sum(marks.period(at) == period for at in true) for period in PERIODS},
        FIRING if firing else PENDING if pending else NEVER,
        FIRING if last in firing else PENDING if last in pending else "quiet",
    )


def _wanted() -> dict[str, str]:
    """Return for how long each committed alert must be true before it is raised."""
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule.get("for", "0s") for group in groups for rule in group["rules"]}
