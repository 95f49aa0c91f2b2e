"""Plans as people make them: the list-order supervisor, and crews who know their own patch.

The first is the baseline that every plan is shown beside, by name. The second, a strong one, is the solver's warm start
and what is published where the solver fails. Both drive with the same replay as every other plan.
"""

from collections.abc import Mapping, Sequence

from services.scheduling.rounds.day import Crew, Day, Job, Spot, Step
from services.scheduling.rounds.drive import Cart
from services.scheduling.rounds.travel import Travel

LIST_ORDER = "list-order supervisor"
"""The name of the baseline wherever a figure is compared with it."""

OWN_PATCH = "own-patch crews"

URGENT = 2
"""Jobs of this urgency or above go to whoever is near; the others to the crew whose patch they are in."""

PATCH_PULL = 0.5
"""How much of the way from the middle of its patch a job outside counts as further for a crew."""

PATCH_ROUNDS = 12
MOST_TRIED = 40
"""A crew that can't fit the 40 best jobs into its day is done."""

NO_DEADLINE = float("inf")


def list_order(day: Day, travel: Travel) -> dict[str, tuple[Step, ...]]:
    """Return the plan of a supervisor who goes down the list by priority and deadline.

    Each job goes to the nearest crew that can do it, measured from where that crew will then be, at the end of its
    sheet; the early shift's sheets are filled first.
    """
    carts = _carts(day, travel)
    left = sorted(day.jobs.values(), key=lambda job: (job.urgency, job.deadline or NO_DEADLINE, job.id))
    for start in sorted({cart.crew.start for cart in carts.values()}):
        on = [crew_id for crew_id, cart in carts.items() if cart.crew.start == start]
        left = [job for job in left if not _given(carts, on, job, travel)]
    return _sheets(carts)


def own_patch(day: Day, travel: Travel) -> dict[str, tuple[Step, ...]]:
    """Return the plan of crews that always take the nearest job: the most urgent first, others from their own patch."""
    carts = _carts(day, travel)
    middles = _patches(day)
    left = {job.id: job for job in day.jobs.values() if job.is_plannable}
    working = set(carts)
    while working and left:
        crew_id = min(working, key=lambda each: (carts[each].now, each))
        after = _next_job(carts[crew_id], left, middles.get(crew_id), travel)
        if after is None:
            working.discard(crew_id)
        else:
            carts[crew_id] = after
            del left[after.stops[-1].id]
    return _sheets(carts)


def _carts(day: Day, travel: Travel) -> dict[str, Cart]:
    """Return every crew ready to go; what is locked on its sheet has been taken into account by its position."""
    return {crew.id: Cart(day, crew, travel) for crew in day.crews.values() if crew.may_drive}


def _given(carts: dict[str, Cart], crew_ids: Sequence[str], job: Job, travel: Travel) -> bool:
    """Give a job to the nearest crew that has time for it, and say whether there was one."""
    able = [crew_id for crew_id in crew_ids if carts[crew_id].crew.can_do(job)]
    for crew_id in sorted(able, key=lambda each: travel.metres(carts[each].spot, job.spot)):
        after = carts[crew_id].served(job)
        if after is not None:
            carts[crew_id] = after
            return True
    return False


def _next_job(cart: Cart, left: Mapping[str, Job], middle: Spot | None, travel: Travel) -> Cart | None:
    """Return the cart after the best of the jobs that are left, None where none fits into the day."""

    def order(job: Job) -> tuple[int, float, str]:
        metres = travel.metres(cart.spot, job.spot)
        if job.urgency > URGENT and middle is not None:
            metres += PATCH_PULL * travel.metres(middle, job.spot)
        return min(job.urgency, URGENT + 1), metres, job.id

    able = [job for job in left.values() if job.release <= cart.now and cart.crew.can_do(job)]
    for job in sorted(able, key=order)[:MOST_TRIED]:
        after = cart.served(job)
        if after is not None:
            return after
    return None


def _patches(day: Day) -> dict[str, Spot]:
    """Return the middle of each crew's patch: jobs in clusters, as many per shift as crews of the commonest skill."""
    counts: dict[str | None, int] = {}
    for job in day.jobs.values():
        counts[job.skill] = counts.get(job.skill, 0) + 1
    common = max(counts, key=lambda skill: (counts[skill], str(skill)), default=None)
    spots = [job.spot for job in day.jobs.values()]
    middles: dict[str, Spot] = {}
    for start in {crew.start for crew in day.crews.values()}:
        crews = [crew for crew in day.crews.values() if crew.start == start and _has(crew, common)]
        middles.update(zip([crew.id for crew in crews], _clusters(spots, len(crews)), strict=False))
    return middles


def _has(crew: Crew, skill: str | None) -> bool:
    """Say whether a crew has a skill; None is every crew's."""
    return skill is None or skill in crew.skills


def _clusters(spots: Sequence[Spot], count: int) -> list[Spot]:
    """Return the middles of clusters by k-means, begun with some spots of the list, which is in no order of place."""
    if not spots or not count:
        return []
    middles = list(spots[:: max(1, len(spots) // count)][:count])
    for _ in range(PATCH_ROUNDS):
        members: list[list[Spot]] = [[] for _ in middles]
        for spot in spots:
            members[min(range(len(middles)), key=lambda each: _apart(spot, middles[each]))].append(spot)
        middles = [_middle(mine) if mine else middle for mine, middle in zip(members, middles, strict=True)]
    return middles


def _apart(spot: Spot, other: Spot) -> float:
    """Return a measure of distance that is good enough to compare within a city."""
    # A degree of longitude is about 0.6 of one of latitude in Great Britain.
    return (spot[0] - other[0]) ** 2 + (0.6 * (spot[1] - other[1])) ** 2


def _middle(spots: Sequence[Spot]) -> Spot:
    """Return the mean of some spots."""
    return sum(spot[0] for spot in spots) / len(spots), sum(spot[1] for spot in spots) / len(spots)


def _sheets(carts: Mapping[str, Cart]) -> dict[str, tuple[Step, ...]]:
    """Return what the carts have done as sheets, up to each crew's last job."""
    sheets = {}
    for crew_id, cart in carts.items():
        steps = [stop.step for stop in cart.stops]
        while steps and steps[-1].kind != "job":
            steps.pop()
        sheets[crew_id] = tuple(steps)
    return sheets
