"""The course of a day: acts with their council times, done in order as the clock comes to them."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from deploy.demo.pictures import Pictures
from services.scheduling.rounds.day import Spot
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.frame import Frame
from services.scheduling.rounds.travel import Slow, StraightTravel
from shared.council import Council
from tests.proof.day.ledger import Ledger
from tests.proof.day.register import Register
from tests.proof.day.setting import Size
from tests.proof.day.stage import Stage


class Ways:
    """How long ways take on the day, as the plans assume; crews are never faster."""

    def __init__(self, day: date) -> None:
        factors, self.frame = load_factors(), Frame.on(day)
        self.travel = StraightTravel(
            {name: each.kmh for name, each in factors.classes.items()},
            [Slow(self.frame.at(each.start), self.frame.at(each.end), each.share) for each in factors.slow],
        )

    def driving(self, start: Spot, end: Spot, vehicle_class: str, leaving: datetime) -> timedelta:
        """Return how long it takes to drive from one place to another."""
        if start == end:
            return timedelta(0)
        left = (leaving - self.frame.midnight).total_seconds()
        return timedelta(seconds=self.travel.seconds(start, end, vehicle_class, left))


@dataclass(order=True)
class _Act:
    at: datetime
    number: int
    do: Callable[..., None] = field(compare=False)
    about: tuple[Any, ...] = field(compare=False, default=())


@dataclass
class Course:
    """Everything that whoever acts in a day shares."""

    stage: Stage
    size: Size
    council: Council
    register: Register
    ways: Ways
    random: Random
    ledger: Ledger = field(default_factory=Ledger)
    pictures: Pictures = field(default_factory=Pictures)
    most_late: timedelta = timedelta(0)
    """How far behind the clock an act was done at the most: the senders share one thread and this machine."""

    _acts: list[_Act] = field(default_factory=list)
    _planned: int = 0

    def plan(self, at: datetime, do: Callable[..., None], *about: Any) -> None:
        """Plan an act for a council time."""
        heapq.heappush(self._acts, _Act(at, self._planned, do, about))
        self._planned += 1

    def live(self, on_hour: Callable[[datetime], None]) -> None:
        """Do everything that is planned, and what that leads to; tell of each hour that begins."""
        hour = None
        while self._acts:
            act = heapq.heappop(self._acts)
            self.stage.wait_until(act.at)
            now = self.stage.now()
            self.most_late = max(self.most_late, now - act.at)
            if now.hour != hour:
                hour = now.hour
                on_hour(now)
            act.do(*act.about)
            self.stage.settle()
