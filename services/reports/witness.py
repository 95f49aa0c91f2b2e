"""A witness's account on its way to enforcement: sealed at once, and kept nowhere in this service.

What somebody saw of an offence is evidence, and the most dangerous thing that a resident tells us: they may live beside
whoever did it. So it never lies in the report, on a staff page, in a message or an event: it is sealed into a custody
parcel (ADR 8) before the report is saved, and only enforcement officers, whose every look is logged, ever open it.
"""

from datetime import datetime

from services.reports.domain.private import Witness
from services.reports.domain.report import Report
from shared.calendar import LONDON
from shared.custody import Parcel, seal
from shared.service import ServiceContext

RECEIVER = "enforcement"


def seal_account(ctx: ServiceContext, report: Report, witness: Witness, *, at: datetime) -> str:
    """Seal a witness's account into enforcement's hands and return the parcel's key."""
    parcel = Parcel(
        holds="statement",
        report_id=report.id,
        reference=report.reference,
        job_id=None,
        statement=_statement(report, witness, at),
        files=(),
        sealed_at=at,
        sealed_by="reporter",
    )
    return ctx.blobs.hand_over(RECEIVER, seal(parcel))


def _statement(report: Report, witness: Witness, at: datetime) -> str:
    """Return the account as an officer reads it; who it is only from somebody who would give a statement."""
    lines = [
        f"Told on the report form on {at.astimezone(LONDON):%d %B %Y at %H:%M}, about report {report.reference}.",
        "",
        "What the witness saw, in their own words:",
        witness.seen,
        "",
        f"Vehicle: {witness.vehicle or 'not seen, or not said'}",
    ]
    if report.happened_on is not None:
        lines.append(f"Day: {report.happened_on:%d %B %Y}")
    if witness.names_suspect:
        lines += ["", "The witness says that they know who it was. They are not told what comes of it."]
    if witness.gives_statement:
        contact = (report.private.name, report.private.email, report.private.phone)
        lines += ["", "Willing to give a statement.", *(part for part in contact if part)]
    else:
        lines += ["", "Not willing to give a statement."]
    return "\n".join(lines)
