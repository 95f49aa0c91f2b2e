"""Writing the custody log: one entry per event and per look, in an unbroken chain, however often it is asked for."""

from datetime import datetime

from services.enforcement.domain.custody_log import follow
from services.enforcement.store import CUSTODY, entry_document, last_entry
from shared.errors import Conflict, Duplicate
from shared.service import ServiceContext

TRIES = 10
"""How often the next number may be taken by somebody else before the caller is asked to come again."""


def append(
    ctx: ServiceContext, *, case_id: str, at: datetime, actor: str, action: str, subject: str, source_id: str
) -> None:
    """Add an entry to a case's log, unless there is one for this source; raises `Conflict` to be called again."""
    for _ in range(TRIES):
        if ctx.store.count(CUSTODY.name, {"source_id": source_id}, limit=1):
            return
        entry = follow(
            last_entry(ctx.store, case_id),
            case_id=case_id,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            source_id=source_id,
        )
        try:
            ctx.store.insert(CUSTODY.name, entry_document(entry))
        except Duplicate:
            continue
        return
    raise Conflict(f"the custody log of case {case_id} is busy")
