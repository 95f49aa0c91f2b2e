"""A crew's day beside its jobs: signing on and off, breaks, the walk round the vehicle, and what it hands over.

Each takes the phone's own moment and the action's own id, and comes to the same when it is told twice or late: a shift
that ended is not begun again by a start that was sent in the morning, nor a new one ended by yesterday's end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.scheduling import dropping_out, handlers, phone, proof, store
from services.scheduling.crew_lists import crew_lists
from services.scheduling.domain.breaks import Break, begin_break, end_break
from services.scheduling.domain.crew_note import CrewNote, Defect, VehicleCheck
from services.scheduling.domain.fleet import Shift
from services.scheduling.domain.job import Change, Job
from services.scheduling.handlers import Finish
from services.scheduling.phone import Act
from shared.contracts.envelope import Cause
from shared.contracts.scheduling import JobEvidenceFoundV1
from shared.errors import DomainError, Duplicate
from shared.service import ServiceContext
from shared.store import reload_on_conflict

MOST_PHOTOS = 6


@dataclass(frozen=True)
class HandedOver:
    """A refused action that the crew hands to its supervisor: its kind, why it was refused, all said and taken."""

    kind: str
    job_id: str | None
    refused_because: str
    said: Mapping[str, str]
    photos: Sequence[bytes] = ()
    evidence: Finish | None = None


def sign_on(ctx: ServiceContext, act: Act, *, cause: Cause) -> Shift:
    """Begin the crew's shift; a moment that one of its shifts covers begins no other."""
    covered = _shift_at(ctx, act)
    return covered or handlers.start_shift(ctx, act.crew.id, cause=cause, at=act.moment.at)


def sign_off(ctx: ServiceContext, act: Act, reasons: Mapping[str, str], *, cause: Cause) -> Shift | None:
    """End the crew's shift and hand back what is not done, each job with its reason from the council's list.

    Raises:
        DomainError: a job on the list has no reason; nothing was changed then.
    """
    current = store.latest_shift(ctx.store, act.crew.id)
    if current is None or current.started_at > act.moment.at:
        return None
    if current.ended_at is not None and not current.is_forgotten:
        return None
    left = store.jobs_of_crew(ctx.store, act.crew.id)
    for job in left:
        # What was given to the crew after it had pressed the button is handed back without a word of the crew's.
        if job.id not in reasons and (job.assigned_at or job.created_at) <= act.moment.at:
            raise DomainError(f"Say why {job.reference} was not done", field=f"reason-{job.id}")
    for job in left:
        phone.hand_back(ctx, job.id, act, reasons.get(job.id, "told-to-stop"), cause=cause)
    return handlers.end_shift(ctx, act.crew.id, cause=cause, at=act.moment.at)


def forget_shifts(ctx: ServiceContext) -> None:
    """End the shifts from which nobody has signed off, so that their crews are on none and can begin the next."""
    for crew_id in store.crews_on_shift(ctx.store):
        handlers.forget_if_over(ctx, crew_id, ctx.clock.now())


def begin_a_break(ctx: ServiceContext, act: Act, *, cause: Cause) -> Shift:
    """Note that the crew has a break; raises `DomainError` for a crew that is not on shift."""
    return _change_shift(ctx, act, lambda shift: begin_break(shift.breaks, act.id, at=act.moment.at), cause)


def end_a_break(ctx: ServiceContext, act: Act, *, cause: Cause) -> Shift:
    """Note that the break is over; raises `DomainError` for a crew that is not on shift."""
    return _change_shift(ctx, act, lambda shift: end_break(shift.breaks, act.id, at=act.moment.at), cause)


def check_vehicle(
    ctx: ServiceContext, act: Act, defects: Sequence[str], note: str, photo: bytes | None, *, cause: Cause
) -> VehicleCheck:
    """Keep the walk-round check of the crew's vehicle; a defect that stops it takes it off the road.

    Raises:
        DomainError: the crew has no vehicle, or a defect is not on the list.
    """
    known = store.vehicle_checks(ctx.store).get(act.id)
    if known is not None:
        return known
    if act.crew.vehicle_id is None:
        raise DomainError("Your crew has no vehicle today. Ask your supervisor.", field="defects")
    items = crew_lists().walk_round
    if any(code not in items for code in defects):
        raise DomainError("Choose from the list what is wrong", field="defects")
    found = tuple(Defect(code, items[code].words, items[code].stops) for code in dict.fromkeys(defects))
    check = VehicleCheck(
        id=act.id,
        crew_id=act.crew.id,
        vehicle_id=act.crew.vehicle_id,
        occurred_at=act.moment.at,
        received_at=act.moment.received_at,
        defects=found,
        note=note,
        photo_keys=(proof.keep_photo(ctx, photo),) if photo else (),
        is_doubtful=act.moment.is_doubtful,
        is_open=bool(found or note),
    )
    # The vehicle first: a crash between the two leaves it off the road, and the phone sends the check again.
    if check.keeps_in and not _was_put_back_since(ctx, check):
        dropping_out.take_off_road(ctx, check.vehicle_id, by=act.crew.id, cause=cause)
    try:
        return store.vehicle_checks(ctx.store).add(check, at=ctx.clock.now(), cause=cause)
    except Duplicate:
        return store.vehicle_checks(ctx.store).require(act.id)


def hand_over(ctx: ServiceContext, act: Act, handed: HandedOver, *, cause: Cause) -> CrewNote:
    """Keep an action that was refused for the supervisor, with all that the crew said and took; never refused itself.

    Evidence among it is sealed for enforcement, where there is a job that it belongs to.
    """
    known = store.crew_notes(ctx.store).get(act.id)
    if known is not None:
        return known
    job = store.jobs(ctx.store).get(handed.job_id) if handed.job_id else None
    if job is not None and handed.evidence is not None:
        _seal_for(ctx, job, act, handed.evidence, cause)
    note = CrewNote(
        id=act.id,
        kind=handed.kind,
        crew_id=act.crew.id,
        job_id=job.id if job else None,
        occurred_at=act.moment.at,
        received_at=act.moment.received_at,
        refused_because=handed.refused_because,
        said=dict(handed.said),
        photo_keys=tuple(_kept_anyhow(ctx, photo) for photo in handed.photos[:MOST_PHOTOS]),
        is_doubtful=act.moment.is_doubtful,
    )
    try:
        return store.crew_notes(ctx.store).add(note, at=ctx.clock.now(), cause=cause)
    except Duplicate:
        return store.crew_notes(ctx.store).require(act.id)


def settle_note(ctx: ServiceContext, note_id: str, *, cause: Cause) -> None:
    """Note that the supervisor has dealt with what a crew handed over."""
    repository = store.crew_notes(ctx.store)

    def once() -> None:
        note = repository.require(note_id)
        if note.is_open:
            repository.save(replace(note, is_open=False), at=ctx.clock.now(), cause=cause)

    reload_on_conflict(once)()


def settle_check(ctx: ServiceContext, check_id: str, *, cause: Cause) -> None:
    """Note that the supervisor has dealt with the defects of a check."""
    repository = store.vehicle_checks(ctx.store)

    def once() -> None:
        check = repository.require(check_id)
        if check.is_open:
            repository.save(replace(check, is_open=False), at=ctx.clock.now(), cause=cause)

    reload_on_conflict(once)()


def _was_put_back_since(ctx: ServiceContext, check: VehicleCheck) -> bool:
    """Say whether a supervisor has put the vehicle back after a check that arrives late, or again."""
    put_back_at = store.vehicles(ctx.store).require(check.vehicle_id).put_back_at
    return put_back_at is not None and check.occurred_at < put_back_at


def _shift_at(ctx: ServiceContext, act: Act) -> Shift | None:
    """Return the crew's shift that covers the action's moment."""
    at = act.moment.at
    return next(
        (shift for shift in store.latest_shifts(ctx.store, act.crew.id) if shift.covers(at)),
        None,
    )


def _change_shift(
    ctx: ServiceContext, act: Act, breaks_of: Callable[[Shift], tuple[Break, ...]], cause: Cause
) -> Shift:
    """Save the breaks of the shift that the action belongs to."""

    def once() -> Shift:
        shift = _shift_at(ctx, act) or store.current_shift(ctx.store, act.crew.id)
        if shift is None:
            raise DomainError("You are not on shift. Start your shift first.", rule="not-on-shift")
        changed = replace(shift, breaks=breaks_of(shift))
        if changed == shift:
            return shift
        return store.shifts(ctx.store).save(changed, at=ctx.clock.now(), cause=cause)

    return reload_on_conflict(once)()


def _seal_for(ctx: ServiceContext, job: Job, act: Act, evidence: Finish, cause: Cause) -> None:
    """Hand evidence of a refused action to enforcement, where it can be sealed; once for each action."""
    key = f"{act.id}:evidence"
    try:
        parcels = proof.seal_evidence(ctx, job, evidence, by=act.crew.id, at=act.moment.at)
    except DomainError:
        return  # it is no photo, which is why it was refused; the note keeps the file as it came
    listed = [{"parcel_key": parcel.parcel_key, "holds": parcel.holds} for parcel in parcels]

    def found(current: Job) -> Change:
        kept = replace(current, has_evidence=True, parcels=(*current.parcels, *parcels))
        return kept, [JobEvidenceFoundV1.fact(parcels=listed)]

    handlers.change_job(ctx, job.id, found, version=None, key=key, cause=cause)


def _kept_anyhow(ctx: ServiceContext, photo: bytes) -> str:
    """Keep a photo to be shown; one that can't be, as it came."""
    try:
        return proof.keep_photo(ctx, photo)
    except DomainError:
        return ctx.blobs.put(photo)
