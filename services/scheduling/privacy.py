"""What scheduling holds of people: who works in which crew, in its register, and who of the staff closed a depot's day.

A job knows which crew did it and never who was in it. The register names the people of the crews, and who changed what
in it; their names are forgotten when they have left for as long as the council keeps them (`register/forget.py`). It
has no addresses, so nobody can be found there by e-mail, telephone or report: a supervisor finds and changes a name in
the register itself. Who closed a day is kept with their name for the same time, or until it is erased; their id stays.
What residents told us stays with reports; an evidence photo goes to enforcement, sealed.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.scheduling import store
from services.scheduling.domain.day_record import DayRecord, without_name, without_names_before
from shared.contracts.envelope import Cause
from shared.errors import Conflict
from shared.privacy import Exported, Holding, Subject, refuse_kept
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import HasAny, Range

SAYS = (
    "Scheduling holds the names of the people in its crews, with their tickets and absences, in its register, the names"
    " of staff who closed a depot’s day, and of residents nothing; names of who has left are forgotten when the"
    " council’s time for them is over."
)
DAY = "member of staff"
PAGE = 500


def find(ctx: ServiceContext, subject: Subject) -> Sequence[Holding]:
    """Return the days that a member of staff closed or opened again, of each person as one piece."""
    return [
        Holding(ctx.service, DAY, user_id, "Their name, where they closed a depot’s day", user_id=user_id)
        for user_id in sorted(subject.user_ids)
        if next(_signed(ctx, user_id), None) is not None
    ]


def export(ctx: ServiceContext, holding: Holding) -> Exported:
    """Return the days that somebody closed, with when."""
    return Exported(
        {
            "days": [
                {
                    "day": record.day.isoformat(),
                    "depot": record.depot_id,
                    "what": each.what,
                    "at": each.at.isoformat(),
                    "name": each.name,
                }
                for record in _signed(ctx, holding.id)
                for each in record.signatures
                if each.by == holding.id
            ]
        }
    )


def erase(ctx: ServiceContext, holding: Holding) -> None:
    """Take somebody's name out of the days that they closed; safe to repeat."""
    refuse_kept(holding)
    for record in list(_signed(ctx, holding.id)):
        _take_out(ctx, record.id, holding.id)


def forget_who_closed(ctx: ServiceContext) -> None:
    """Forget who closed or opened a day, where the council's time for names is over."""
    now = ctx.clock.now()
    before = now - timedelta(days=ctx.council.retention.left_name_days)
    repository = store.day_records(ctx.store)
    where = {"is_named": True, "named_since": Range(below=before)}
    for record in repository.find(where, sort=store.BY_OLDEST_NAME, limit=PAGE)[0]:
        try:
            repository.save(without_names_before(record, before), at=now, cause=Cause())
        except Conflict:
            continue  # a supervisor is at it in this moment; the timer comes again


@reload_on_conflict
def _take_out(ctx: ServiceContext, record_id: str, user_id: str) -> None:
    """Take a name out of one day."""
    record = store.day_records(ctx.store).require(record_id)
    bare = without_name(record, user_id)
    if bare != record:
        store.day_records(ctx.store).save(bare, at=ctx.clock.now(), cause=Cause())


def _signed(ctx: ServiceContext, user_id: str) -> Iterator[DayRecord]:
    """Yield the days that somebody is named in."""
    return store.day_records(ctx.store).every({"people": HasAny([user_id])})
