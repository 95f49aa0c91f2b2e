"""What scheduling holds of people: crews by the names of their teams, and of staff who closed a depot's day.

Crews come from `council.toml` and sign in with a code of their shift, so a job knows which crew did it and never who
was in it. What residents told us stays with reports; an evidence photo goes to enforcement, sealed. Who closed a day is
kept with their name for as long as they are named in the council's accounts; taken out, their id stays.
"""

from collections.abc import Iterator, Sequence

from services.scheduling import store
from services.scheduling.domain.day_record import DayRecord, without_name
from shared.contracts.envelope import Cause
from shared.privacy import Exported, Holding, Subject, refuse_kept
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import HasAny

SAYS = (
    "Scheduling holds crews, vehicles and jobs, and the people in its register, who are entered by their supervisor; "
    "and the names of staff who closed a depot’s day."
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


@reload_on_conflict
def _take_out(ctx: ServiceContext, record_id: str, user_id: str) -> None:
    """Take a name out of one day."""
    record = store.day_records(ctx.store).require(record_id)
    bare = without_name(record, user_id)
    if bare != record:
        store.day_records(ctx.store).save(bare, at=ctx.clock.now(), cause=Cause())


def _signed(ctx: ServiceContext, user_id: str) -> Iterator[DayRecord]:
    """Yield the days that somebody is named in."""
    after: str | None = None
    while True:
        records, after = store.day_records(ctx.store).find({"people": HasAny([user_id])}, limit=PAGE, after=after)
        yield from records
        if after is None:
            return
