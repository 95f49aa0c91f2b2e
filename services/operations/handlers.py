"""What the operations service does with an event: keep it for good, and keep the copies that the wall counts."""

from services.operations.domain.archiving import archive_document
from services.operations.domain.copies import copies, seconds_to_clear
from services.operations.store import keep
from shared.clock import machine_now
from shared.contracts.envelope import Event, contract_of
from shared.metrics import record_time_to_clear
from shared.service import ServiceContext


def on_event(ctx: ServiceContext, event: Event) -> None:
    """Put the copies that the event brings up to date, then archive it; again, or late, it changes nothing.

    The archive comes last: whoever sees a new event there finds its copies in place.
    """
    data = contract_of(event.type).write(event.data)
    for copy in copies(event, data["state"]):
        ctx.store.put_if_newer(copy.collection, dict(copy.document), sequence=copy.sequence)
    is_new = keep(ctx.store, archive_document(event, data, received_at=machine_now()))
    if is_new and (seconds := seconds_to_clear(event)) is not None:
        record_time_to_clear(ctx.service, seconds)
