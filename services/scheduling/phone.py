"""What a crew's phone tells of jobs, perhaps hours late and more than once: each action is taken exactly once.

The entry that a job keeps of an action is saved in one act with the change, so the same action again finds its answer
there. The rules for jobs that the office has changed meanwhile are in `domain/late.py`; whatever they are, nothing that
a crew did is dropped. See docs/adr/0035-actions-made-offline.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.scheduling import handlers, proof, store
from services.scheduling.crew_lists import crew_lists
from services.scheduling.domain import job as rules
from services.scheduling.domain import late
from services.scheduling.domain.completion import CONFIRMED, Completion, check_before
from services.scheduling.domain.entry import CrewEntry, add_entry, settle_entry
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.late import Meant
from services.scheduling.domain.moment import Moment, when
from services.scheduling.handlers import Finish
from shared.contracts.envelope import Cause
from shared.contracts.scheduling import NO_PHOTO_REASONS
from shared.errors import DomainError
from shared.service import ServiceContext
from shared.store import reload_on_conflict

NOTED_TOLD = "noted-told"


@dataclass(frozen=True)
class Act:
    """An action as it arrived: its own id, whose it is, and when it happened."""

    id: str
    crew: Crew
    moment: Moment


@dataclass(frozen=True)
class Taken:
    """What became of an action, and the job as it is now; `entry` is what the job keeps of it."""

    ruling: str
    job: Job
    entry: CrewEntry | None = None


@dataclass(frozen=True)
class Arrival:
    """What a crew sends as it arrives: a photo from before the work, or why there is none."""

    photo: bytes | None = None
    no_photo_reason: str | None = None


@dataclass(frozen=True)
class Trouble:
    """What keeps a crew from a job: a code of the council's list, with a photo or why there is none."""

    code: str
    photo: bytes | None = None
    no_photo_reason: str | None = None
    position: tuple[float, float] | None = None


def act_of(ctx: ServiceContext, crew: Crew, action_id: str, said_at: datetime | None) -> Act:
    """Return an action of a crew with the moment that it is believed to have happened at."""
    shifts = [(shift.started_at, shift.over_by) for shift in store.latest_shifts(ctx.store, crew.id)]
    return Act(action_id, crew, when(said_at, ctx.clock.now(), shifts))


def arrive(ctx: ServiceContext, job_id: str, act: Act, arrival: Arrival, *, cause: Cause) -> Taken:
    """Note that the crew is there, and keep its photo from before the work."""
    if arrival.no_photo_reason is not None and arrival.no_photo_reason not in NO_PHOTO_REASONS:
        raise DomainError("Choose why there is no photo", field="no_photo_reason")
    at = act.moment.at

    def with_photo(job: Job, ruling: str) -> rules.Change:
        changed, facts = late.begin(job, Meant("arrive", act.crew, at), ruling)
        if ruling not in (late.DONE, late.ALREADY) or job.crew_id != act.crew.id:
            return changed, facts
        return replace(
            changed,
            before_photo_key=kept.get("before_photo_key", changed.before_photo_key),
            before_proof=kept.get("before_proof", changed.before_proof),
            no_before_reason=(None if kept else arrival.no_photo_reason) or changed.no_before_reason,
        ), facts

    job = store.jobs(ctx.store).require(job_id)
    known = _known(job, act)
    if known is not None:
        return known
    kept = proof.keep_before(ctx, job, arrival.photo, at=at) if arrival.photo else {}
    keys = (kept["before_photo_key"],) if kept else ()
    taken = _take(ctx, job_id, act, "arrive", with_photo, photo_keys=keys, cause=cause)
    _sign_on(ctx, act, taken, cause)
    return taken


def start(ctx: ServiceContext, job_id: str, act: Act, *, cause: Cause) -> Taken:
    """Note that the crew has begun; a crew that begins is on shift."""
    meant = Meant("start", act.crew, act.moment.at)
    taken = _take(ctx, job_id, act, "start", lambda job, ruling: late.begin(job, meant, ruling), cause=cause)
    _sign_on(ctx, act, taken, cause)
    return taken


def finish(
    ctx: ServiceContext, job_id: str, act: Act, sent: Finish, *, cause: Cause, reason: str | None = None
) -> Taken:
    """Finish a job with its outcome, as the state in which the action finds it allows.

    Raises:
        DomainError: what the outcome needs is missing; nothing was kept then.
    """
    job = store.jobs(ctx.store).require(job_id)
    known = _known(job, act)
    if known is not None:
        return known
    meant = Meant("finish", act.crew, act.moment.at, sent.outcome)
    said = proof.said(sent)
    if reason is None:
        check_before(
            said,
            is_needed=ctx.council.phone.needs_before_photo,
            photo_key=job.before_photo_key,
            no_photo_reason=job.no_before_reason,
        )

    def finished(completion: Completion, job: Job, ruling: str) -> rules.Change:
        return late.finish(job, meant, ruling, completion, size_kg=ctx.council.size_kg)

    # Both checked before anything is written: as it would be done, so that a mere note is complete too, and as it is.
    late.finish(job, meant, late.DONE, said, size_kg=ctx.council.size_kg)
    completion = proof.keep(ctx, job, sent, said, by=act.crew.id, at=act.moment.at)
    keys = tuple(key for key in (completion.before_photo_key, completion.photo_key) if key)
    return _take(
        ctx,
        job_id,
        act,
        "finish" if reason is None else "exception",
        lambda job, ruling: finished(completion, job, ruling),
        outcome=sent.outcome,
        reason=reason,
        photo_keys=keys,
        said={name: value for name in CONFIRMED if (value := getattr(sent, name)) is not None},
        cause=cause,
    )


def report_trouble(ctx: ServiceContext, job_id: str, act: Act, trouble: Trouble, *, cause: Cause) -> Taken:
    """Note what keeps a crew from a job: it ends the visit where the council's list gives it an outcome."""
    listed = crew_lists().exceptions.get(trouble.code)
    if listed is None:
        raise DomainError("Choose what is wrong", field="exception")
    if trouble.photo is None and trouble.no_photo_reason not in NO_PHOTO_REASONS:
        raise DomainError("Add a photo, or say why there is none", field="photo")
    if listed.outcome is not None:
        sent = Finish(
            outcome=listed.outcome,
            photo=trouble.photo,
            no_photo_reason=trouble.no_photo_reason,
            position=trouble.position,
        )
        return finish(ctx, job_id, act, sent, cause=cause, reason=trouble.code)
    known = _known(store.jobs(ctx.store).require(job_id), act)
    if known is not None:
        return known
    key = proof.keep_photo(ctx, trouble.photo) if trouble.photo else None
    return _take(
        ctx,
        job_id,
        act,
        "exception",
        lambda job, _: (job, []),
        reason=trouble.code,
        photo_keys=(key,) if key else (),
        ruling=NOTED_TOLD,
        cause=cause,
    )


def hand_back(ctx: ServiceContext, job_id: str, act: Act, reason: str, *, cause: Cause) -> Taken:
    """Give an unfinished job back at the end of the shift, with the reason."""
    if reason not in crew_lists().hand_back:
        raise DomainError("Say why it was not done", field=f"reason-{job_id}")
    handed = replace(act, id=f"{act.id}:{job_id}")

    def back(job: Job, _: str) -> rules.Change:
        return late.hand_back(job, act.crew.id, reason)

    return _take(ctx, job_id, handed, "hand-back", back, reason=reason, ruling=late.DONE, cause=cause)


def settle(ctx: ServiceContext, job_id: str, entry_id: str, *, cause: Cause) -> Job:
    """Note that the supervisor has looked at an action of a crew; once is enough."""

    def settled(job: Job) -> rules.Change:
        return replace(job, entries=settle_entry(job.entries, entry_id)), []

    return handlers.change_job(ctx, job_id, settled, version=None, key=None, cause=cause)


def _take(
    ctx: ServiceContext,
    job_id: str,
    act: Act,
    kind: str,
    do: Callable[[Job, str], rules.Change],
    *,
    outcome: str | None = None,
    reason: str | None = None,
    photo_keys: tuple[str, ...] = (),
    said: dict[str, str] | None = None,
    ruling: str | None = None,
    cause: Cause,
) -> Taken:
    """Load the job, rule on the action, change the job, and save it with the entry; again where somebody else saved."""

    def once() -> Taken:
        repository = store.jobs(ctx.store)
        job = repository.require(job_id)
        known = _known(job, act)
        if known is not None:
            return known
        ruled = ruling or late.rule(job, Meant(kind, act.crew, act.moment.at, outcome))
        if ruling is None and kind == "exception":
            ruled = late.rule(job, Meant("finish", act.crew, act.moment.at, outcome))
        changed, facts = do(job, ruled)
        entry = CrewEntry(
            id=act.id,
            kind=kind,
            crew_id=act.crew.id,
            occurred_at=act.moment.at,
            received_at=act.moment.received_at,
            ruling=ruled,
            outcome=outcome,
            reason=reason,
            photo_keys=photo_keys,
            is_doubtful=act.moment.is_doubtful,
            is_open=ruled in late.RULINGS,
        )
        if not ruled.startswith(late.DONE):
            entry = replace(entry, said=said or {})
        noted = rules.remember(replace(changed, entries=add_entry(changed.entries, entry)), act.id)
        saved = repository.save(noted, facts, at=ctx.clock.now(), cause=handlers.journey(job, cause))
        return Taken(ruled, saved, entry)

    return reload_on_conflict(once)()


def _known(job: Job, act: Act) -> Taken | None:
    """Return the first answer to an action that was taken before."""
    for entry in job.entries:
        if entry.id == act.id:
            return Taken(entry.ruling, job, entry)
    # A form without a script sends the same id another way, and leaves no entry.
    return Taken(late.ALREADY, job) if act.id in job.keys else None


def _sign_on(ctx: ServiceContext, act: Act, taken: Taken, cause: Cause) -> None:
    """Sign the crew on where it began without: not for a moment that a shift of its own covers already."""
    at = act.moment.at
    if taken.ruling != late.DONE:
        return
    shifts = store.latest_shifts(ctx.store, act.crew.id)
    if any(shift.covers(at) or (shift.ended_at is None and at < shift.started_at) for shift in shifts):
        return
    handlers.start_shift(ctx, act.crew.id, cause=Cause(None, cause.causation_id), at=at)
