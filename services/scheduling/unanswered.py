"""Requests that no planner has answered in time: given up where everybody sees it, by somebody else than the planner.

A planner that is down or hangs can't say so, and the request that it never answers keeps a supervisor from asking
again. The worker therefore looks too. A planner that answers after all finds its request changed, and leaves it so.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from services.scheduling import store
from services.scheduling.domain import plan as plans
from services.scheduling.domain import what_if as what_ifs
from services.scheduling.domain.plan import Plan
from services.scheduling.domain.what_if import WhatIf
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.errors import Conflict
from shared.service import ServiceContext
from shared.store.port import ASCENDING
from shared.store.repository import Repository

R = TypeVar("R", Plan, WhatIf)

ANSWERED_WITHIN = timedelta(minutes=5)
"""Two planners that die over a request take three minutes, a search some seconds: who waits longer waits in vain."""

GIVEN_UP = "The planner has not answered. The last published plan stays. Ask again, and tell whoever runs the system."
LOOKED_AT = 50
WAITING = ("is_requested", "is_claimed")


def give_up_unanswered(ctx: ServiceContext) -> None:
    """Give up plans and comparisons that were asked for too long ago, by the machine's clock."""
    _give_up(ctx, store.plans(ctx.store), plans.give_up)
    _give_up(ctx, store.what_ifs(ctx.store), what_ifs.give_up)


def _give_up(ctx: ServiceContext, repository: Repository[R], give_up: Callable[[R, str], R]) -> None:
    """Give up what one kind of request has waited for too long."""
    for waiting in WAITING:
        requests, _ = repository.find({waiting: True}, sort=(("requested_at", ASCENDING),), limit=LOOKED_AT)
        for request in requests:
            if request.asked_at is None or machine_now() - request.asked_at < ANSWERED_WITHIN:
                continue
            try:
                repository.save(give_up(request, GIVEN_UP), at=ctx.clock.now(), cause=Cause(request.id))
            except Conflict:
                continue  # it is being answered in this moment
