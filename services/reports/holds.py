"""Which reports must stay whole because an enforcement case is open: what somebody saw or sent may be evidence in it.

Kept from the case's events, so nothing has to be asked of enforcement. A report whose evidence was handed over and of
whose case nothing was heard yet is held too: its case is on the way. What a case was about is never shown to anybody
but those who erase, and is no more than a date.
"""

from services.reports.domain.report import Report
from services.reports.store import HOLDS
from shared.contracts.envelope import Event
from shared.service import ServiceContext
from shared.store.port import HasAny, Store

LEGAL_HOLD = (
    "Kept while an enforcement case about it is open: UK GDPR article 17(3)(e), legal claims; "
    "Data Protection Act 2018 schedule 2 paragraph 2, crime"
)
MOST_CASES = 100
"""Of one report; there is normally one."""


def keep_hold(ctx: ServiceContext, event: Event) -> None:
    """Keep whether a case is open, and which reports it is about; older news of it changes nothing."""
    state = event.state
    document = {
        "_id": state["case_id"],
        "sequence": event.sequence,
        "report_ids": list(state["report_ids"]),
        "is_open": state["state"] != "closed",
    }
    ctx.store.put_if_newer(HOLDS.name, document, sequence=event.sequence)


def is_held(store: Store, report: Report) -> bool:
    """Say whether a report must stay as it is for an open case."""
    found = store.find(HOLDS.name, {"report_ids": HasAny([report.id])}, limit=MOST_CASES).items
    return any(case["is_open"] for case in found) if found else report.has_evidence
