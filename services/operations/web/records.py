"""The rows behind a count as a table: which columns a collection has, and what a user may read in them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from services.operations.domain.withholding import WITHHELD, classes_for
from services.operations.domain.words import said_offence
from services.operations.web.names import CouncilNames, address
from shared.contracts.base import PROTECTED
from shared.contracts.codes import PRIORITIES
from shared.errors import DomainError
from shared.store.port import Document
from shared.web.auth import STAFF_ROLES
from shared.web.filters import kg, local_date, local_time, pounds, state_words
from shared.web.identity import User

Cell = str | Markup | Mapping[str, Any] | None

COLUMNS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "reports": (
        {"text": "Reference"},
        {"text": "State"},
        {"text": "Priority"},
        {"text": "Neighbourhood"},
        {"text": "Reported"},
        {"text": "Deadline"},
    ),
    "jobs": (
        {"text": "Report"},
        {"text": "State"},
        {"text": "Neighbourhood"},
        {"text": "Made"},
        {"text": "Estimated", "numeric": True},
        {"text": "Weighed", "numeric": True},
    ),
    "tickets": (
        {"text": "Ticket"},
        {"text": "Site"},
        {"text": "Material"},
        {"text": "Weighed"},
        {"text": "Net weight", "numeric": True},
    ),
    "notices": (
        {"text": "Notice"},
        {"text": "State"},
        {"text": "Offence"},
        {"text": "Issued"},
        {"text": "Amount", "numeric": True},
    ),
}


def columns_of(collection: str) -> tuple[dict[str, Any], ...]:
    """Return the columns of the records of a collection."""
    return COLUMNS[collection]


def row_of(collection: str, document: Document, names: CouncilNames, user: User) -> list[Cell]:
    """Return one record as a row."""
    return ROWS[collection](document, names, user)


def instant_argument(text: str | None) -> datetime | None:
    """Return the instant in an address, None where there is none; raises `DomainError` for anything else."""
    if not text:
        return None
    try:
        # A plus sign in an address is a space when it was not escaped.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise DomainError("as_of must be a time like 2026-03-02T08:05:00Z.", field="as_of") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _report(document: Document, names: CouncilNames, user: User) -> list[Cell]:
    """Return a report's row."""
    state = document["public_state"]
    return [
        _followed(document["reference"], user),
        state_words("report", state["state"]),
        PRIORITIES.get(state["priority"], "Not assessed"),
        names.neighbourhood(document["neighbourhood"]),
        local_time(document["reported_at"]),
        local_time(document["overdue_from"]),
    ]


def _job(document: Document, names: CouncilNames, user: User) -> list[Cell]:
    """Return a job's row."""
    state = document["public_state"]
    return [
        _followed(document["reference"], user) if document["reference"] else "No report",
        state_words("job", document["state"]),
        names.neighbourhood(state["neighbourhood"]),
        local_time(document["created_at"]),
        kg(state["estimated_kg"]),
        kg(state["weighed_kg"]),
    ]


def _ticket(document: Document, names: CouncilNames, user: User) -> list[Cell]:
    """Return a ticket's row."""
    state = document["public_state"]
    return [
        {"value": state["ticket_number"], "href": address("ticket", document["_id"], user)},
        names.site(state["site_id"]),
        names.material(document["material"]),
        local_time(document["weighed_at"]),
        kg(document["net_kg"]),
    ]


def _notice(document: Document, _names: CouncilNames, user: User) -> list[Cell]:
    """Return a notice's row; for those who may not see more, only that it exists."""
    state = document["public_state"]
    if PROTECTED not in classes_for(user.roles):
        hidden = Markup('<span class="ops-withheld">{}</span>').format(WITHHELD.capitalize())
        return [hidden, state_words("notice", document["state"]), hidden, hidden, hidden]
    offence = said_offence(state["offence_code"])
    return [
        {"value": state["serial"], "href": address("notice", document["_id"], user)},
        state_words("notice", document["state"]),
        offence[:1].upper() + offence[1:],
        local_date(date.fromisoformat(document["issued_on"])),
        pounds(state["amount_pence"]),
    ]


def _followed(reference: str, user: User) -> Cell:
    """Return a reference with the link to its story, for those who may read stories."""
    may_follow = user.has_role(*STAFF_ROLES)
    return {"value": reference, "href": f"/operations/follow/{reference}" if may_follow else None}


ROWS = {"reports": _report, "jobs": _job, "tickets": _ticket, "notices": _notice}
