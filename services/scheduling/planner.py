"""The planner process: claims what was asked for, works it out, and writes the answer.

It is a process of its own, unpatched, because a search keeps a core busy for seconds. Whatever happens here, nothing is
assigned: a supervisor publishes. A request whose planner died is claimed again after a minute, and given up after the
second time; the last published plan stays in any case.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event as Signal
from time import monotonic
from typing import Any, Generic, TypeVar

from services.scheduling import proposing, store
from services.scheduling.domain import plan as plans
from services.scheduling.domain import what_if as what_ifs
from services.scheduling.domain.plan import Plan
from services.scheduling.domain.what_if import WhatIf
from shared import metrics
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.errors import Conflict, StoreUnavailable
from shared.service import ServiceContext
from shared.store.port import ASCENDING
from shared.store.repository import Repository

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""A live re-plan is to be on the board within two seconds of being asked for."""

STORE_PAUSE_SECONDS = 3.0
CLAIM_LASTS = timedelta(seconds=90)
"""Longer than the longest comparison of a big day takes."""

MOST_ATTEMPTS = 2
ABANDONED_EVERY_SECONDS = 5.0

A = TypeVar("A", Plan, WhatIf)


@dataclass(frozen=True)
class _Line(Generic[A]):
    """One kind of request: where it waits, how it is answered, and how it is given up."""

    collection: str
    repository: Callable[[Any], Repository[A]]
    answer: Callable[[ServiceContext, A, float | None], A]
    give_up: Callable[[A, str], A]


def run_planner(ctx: ServiceContext, stop: Signal, *, seconds: float | None = None) -> None:
    """Answer requests as they come, until told to stop; `seconds` stands in for the time that a search has."""
    looked_at = -ABANDONED_EVERY_SECONDS
    while not stop.is_set():
        try:
            if monotonic() - looked_at > ABANDONED_EVERY_SECONDS:
                free_abandoned(ctx)
                looked_at = monotonic()
            worked = plan_next(ctx, seconds=seconds) or compare_next(ctx, seconds=seconds)
        except StoreUnavailable:
            log.warning("planner_waits_for_store")
            stop.wait(STORE_PAUSE_SECONDS)
            continue
        if not worked:
            stop.wait(POLL_SECONDS)


def free_abandoned(ctx: ServiceContext) -> None:
    """Put back requests whose planner died, and give up those that killed two."""
    _free_abandoned(ctx, _PLANS)
    _free_abandoned(ctx, _WHAT_IFS)


def plan_next(ctx: ServiceContext, *, seconds: float | None = None) -> bool:
    """Claim the oldest request for a plan and answer it; say whether there was one."""
    return _answer_next(ctx, _PLANS, seconds)


def compare_next(ctx: ServiceContext, *, seconds: float | None = None) -> bool:
    """Claim the oldest request for a comparison and answer it; say whether there was one."""
    return _answer_next(ctx, _WHAT_IFS, seconds)


def _answer_next(ctx: ServiceContext, line: _Line[A], seconds: float | None) -> bool:
    """Claim the oldest request of a kind and answer it."""
    document = ctx.store.claim(
        line.collection,
        {"is_requested": True},
        {"state": "claimed", "is_requested": False, "is_claimed": True, "claimed_at": machine_now()},
        sort=(("requested_at", ASCENDING),),
    )
    if document is None:
        return False
    repository = line.repository(ctx.store)
    request = repository.load(document)
    try:
        answered = line.answer(ctx, request, seconds)
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("plan_failed", extra={"plan_id": request.id})
        answered = line.give_up(request, "The planner failed. The last published plan stays.")
    try:
        repository.save(answered, at=ctx.clock.now(), cause=Cause(request.id))
    except Conflict:
        log.warning("plan_taken_over", extra={"plan_id": request.id})
    return True


def _proposed(ctx: ServiceContext, plan: Plan, seconds: float | None) -> Plan:
    """Return the plan with its proposal, or with why there is none."""
    started = monotonic()
    try:
        answer = proposing.make_proposal(ctx, plan, now=ctx.clock.now(), seconds=seconds)
    except proposing.Kept as kept:
        return plans.keep_present(plan, str(kept))
    if isinstance(answer, str):
        return plans.give_up(plan, answer)
    figures = answer.figures[0].measures
    if figures is not None:
        metrics.record_plan(ctx.service, seconds=monotonic() - started, objective=figures.objective_minutes)
    return plans.propose(plan, answer)


def _compared(ctx: ServiceContext, what_if: WhatIf, seconds: float | None) -> WhatIf:
    """Return the comparison with its rows, or with why there are none."""
    answer = proposing.make_comparison(ctx, what_if, now=ctx.clock.now(), seconds=seconds)
    return what_ifs.give_up(what_if, answer) if isinstance(answer, str) else what_ifs.answer(what_if, answer)


_PLANS = _Line(store.PLANS.name, store.plans, _proposed, plans.give_up)
_WHAT_IFS = _Line(store.WHAT_IFS.name, store.what_ifs, _compared, what_ifs.give_up)


def _free_abandoned(ctx: ServiceContext, line: _Line[A]) -> None:
    """Put back or give up the abandoned requests of a kind."""
    repository = line.repository(ctx.store)
    claimed, _ = repository.find({"is_claimed": True}, sort=(("requested_at", ASCENDING),), limit=50)
    for request in claimed:
        if request.claimed_at is None or machine_now() - request.claimed_at < CLAIM_LASTS:
            continue
        attempts = request.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            changed = line.give_up(request, "The planner stopped twice while at it. The last published plan stays.")
        else:
            changed = replace(request, state="requested", claimed_at=None, attempts=attempts)
        try:
            repository.save(changed, at=ctx.clock.now(), cause=Cause(request.id))
        except Conflict:
            continue  # its planner lives after all
