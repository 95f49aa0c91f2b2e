"""What is still to happen in the made city: a list of acts, each with its council time; doing one plans the next.

Acts are data, so that the list can be stored and taken up again, whatever was stopped or killed in between: an act that
was cut short is done again under the same keys, and the doors answer it as they did before.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from deploy.demo.doors import Answer, Doors
from deploy.demo.volumes import Volumes
from shared.ids import new_id


@dataclass(order=True)
class Act:
    """Something that will happen at a council time, named, with what it is about."""

    at: datetime
    number: int
    name: str = field(compare=False)
    about: Mapping[str, Any] = field(compare=False, default_factory=dict)


class Acts:
    """The list, and the doors that its acts knock on; `doing` says by name how an act is done."""

    doing: Mapping[str, Callable[..., None]]

    def __init__(self, doors: Doors, random: Random, volumes: Volumes) -> None:
        self._doors = doors
        self._random = random
        self._volumes = volumes
        self._acts: list[Act] = []
        self._next_number = 0
        self._run = new_id()
        self._key = ""
        self._calls = 0
        self.refused: list[tuple[str, Answer]] = []

    def plan(self, at: datetime, name: str, **about: Any) -> None:
        """Plan an act for a council time."""
        heapq.heappush(self._acts, Act(at, self._next_number, name, about))
        self._next_number += 1

    def next_at(self) -> datetime | None:
        """Return when the next thing happens."""
        return self._acts[0].at if self._acts else None

    def step(self) -> None:
        """Do the next thing; it leaves the list when it is done, so that a kill repeats it under the same keys."""
        act = self._acts[0]
        self._key, self._calls = f"simulation-{self._run}-{act.number}", 0
        self.doing[act.name](act.at, **act.about)
        self._acts.remove(act)
        heapq.heapify(self._acts)

    def as_json(self) -> dict[str, Any]:
        """Return the list and what goes with it, to be taken up again by `resume`."""
        return {
            "run": self._run,
            "next_number": self._next_number,
            "acts": [
                {"at": act.at.isoformat(), "number": act.number, "name": act.name, "about": dict(act.about)}
                for act in sorted(self._acts)
            ],
        }

    def resume(self, stored: Mapping[str, Any]) -> None:
        """Go on with what was stored."""
        self._run, self._next_number = stored["run"], stored["next_number"]
        self._acts = [
            Act(datetime.fromisoformat(act["at"]), act["number"], act["name"], act["about"]) for act in stored["acts"]
        ]
        heapq.heapify(self._acts)

    def _items(self, path: str, role: str) -> list[dict[str, Any]]:
        """Return the first page of a list."""
        answer = self._call("GET", path, role=role)
        return list(answer.body["items"]) if answer.ok else []

    def _call(self, method: str, path: str, **what: Any) -> Answer:
        """Knock on a door, and remember it if it did not open."""
        key = self._next_key() if method == "POST" else None
        return self._noted(f"{method} {path}", self._doors.call(method, path, key=key, **what))

    def _tell(self, crew_id: str, kind: str, **said: str) -> Answer:
        """Press a button on a crew's phone, and remember it if it was refused."""
        answer = self._doors.phone(crew_id).act(kind, key=self._next_key(), **said)
        return self._noted(f"{kind} by {crew_id}", answer)

    def _next_key(self) -> str:
        """Return the idempotency key of the next call of this act."""
        self._calls += 1
        return f"{self._key}-{self._calls}"

    def _noted(self, what: str, answer: Answer) -> Answer:
        """Remember what did not open."""
        if not answer.ok:
            self.refused.append((what, answer))
        return answer

    def _soon(self, at: datetime, minutes: str, name: str, **about: Any) -> None:
        """Plan the next act after as long as it takes."""
        self.plan(self._volumes.after(at, minutes, self._random), name, **about)
