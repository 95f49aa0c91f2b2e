"""What reports hold of landowners: whom the desk found out to be the owner of private land, to ask them to clear it.

It is about somebody else than the reporter, so it is never in what a reporter gets. It is needed until the land is
clear (section 59 of the Environmental Protection Act 1990 is served on the occupier) and goes with the report's words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.reports.contacts import found_as_owner
from services.reports.domain.report import Report
from services.reports.handlers import note_access
from services.reports.holds import LEGAL_HOLD, is_held
from services.reports.retention import save_erased
from services.reports.store import reports
from shared.errors import DomainError
from shared.privacy import Holding, Subject
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import HasAny

KIND = "landowner"
MOST_OF_ONE = 500
NEEDED = (
    "Kept until the report is closed, because the owner of the land may have to clear it: UK GDPR article 17(3)(b), "
    "Environmental Protection Act 1990 section 59"
)


def find_owned(ctx: ServiceContext, subject: Subject) -> Iterator[Holding]:
    """Yield the reports in which an address or number is noted as the landowner's."""
    keys = [*found_as_owner(subject.email), *found_as_owner(subject.phone)]
    found = reports(ctx.store).find({"contact_keys": HasAny(keys)}, limit=MOST_OF_ONE)[0] if keys else []
    for report in found:
        what = f"Report {report.reference} of {report.reported_at:%d %B %Y}, on land noted as theirs"
        yield Holding(ctx.service, KIND, report.id, what, kept=_kept(ctx, report))


def export_owned(ctx: ServiceContext, holding: Holding, *, by: str, by_name: str) -> Mapping[str, Any]:
    """Return what was noted of a landowner, and for which report; the reading is logged."""
    report = reports(ctx.store).require(holding.id)
    note_access(ctx, report, user_id=by, user_name=by_name, what="exported")
    return {
        "reference": report.reference,
        "reported_at": report.reported_at,
        "noted_as_owner": report.private.owner,
        "state": report.closure or report.state,
    }


@reload_on_conflict
def erase_owned(ctx: ServiceContext, report_id: str, *, by: str, by_name: str) -> None:
    """Take the landowner out of a report, and log it; raises `DomainError` where that is still needed."""
    report = reports(ctx.store).require(report_id)
    kept = _kept(ctx, report)
    if kept:
        raise DomainError(kept)
    save_erased(ctx, report, replace(report, private=replace(report.private, owner="")))
    note_access(ctx, report, user_id=by, user_name=by_name, what="erased:request")


def _kept(ctx: ServiceContext, report: Report) -> str:
    """Return why a landowner stays in a report; empty where nothing needs them."""
    if is_held(ctx.store, report):
        return LEGAL_HOLD
    return NEEDED if report.is_open else ""
