"""The enforcement worker: what it consumes and what its clock does, as a table of contents."""

from services.enforcement import subscriptions
from shared.bus.consume import Context, consumes, every
from shared.contracts.envelope import Event


class EnforcementWorker:
    """Takes evidence into custody, and keeps cases, copies and the custody log in step with the events."""

    name = "enforcement"
    context = Context()

    @consumes(subscriptions.EVIDENCE)
    def on_evidence(self, event: Event) -> None:
        """Take evidence into its case."""
        subscriptions.EVIDENCE.handle(self.context, event)

    @consumes(subscriptions.REPORTS)
    def on_report(self, event: Event) -> None:
        """Keep the copy of a report."""
        subscriptions.REPORTS.handle(self.context, event)

    @consumes(subscriptions.JOBS)
    def on_job(self, event: Event) -> None:
        """Keep the copy of a completed job."""
        subscriptions.JOBS.handle(self.context, event)

    @consumes(subscriptions.CASES)
    def on_notice(self, event: Event) -> None:
        """Bring a case into step with its notice."""
        subscriptions.CASES.handle(self.context, event)

    @consumes(subscriptions.COPIES)
    def on_notice_issued(self, event: Event) -> None:
        """Make the copies that statute asks for."""
        subscriptions.COPIES.handle(self.context, event)

    @consumes(subscriptions.CUSTODY)
    def on_anything(self, event: Event) -> None:
        """Write the custody log."""
        subscriptions.CUSTODY.handle(self.context, event)

    @consumes(subscriptions.USERS)
    def on_user(self, event: Event) -> None:
        """Refuse what was signed before a user changed."""
        subscriptions.USERS.handle(self.context, event)

    @every(subscriptions.OVERDUE)
    def mark_overdue(self) -> None:
        """Mark notices whose period has passed."""
        subscriptions.OVERDUE.run(self.context)

    @every(subscriptions.ERASE)
    def erase_due(self) -> None:
        """Erase what is about people in cases and notices whose time has come."""
        subscriptions.ERASE.run(self.context)
