"""The tonnage worker: what it consumes, as a table of contents."""

from services.tonnage import subscriptions
from shared.bus.consume import Context, consumes
from shared.contracts.envelope import Event


class TonnageWorker:
    """Keeps tips, vehicles, estimates and totals in step with the events."""

    name = "tonnage"
    context = Context()

    @consumes(subscriptions.TIPS)
    def on_tip(self, event: Event) -> None:
        """Keep a tip and reconcile its ticket."""
        subscriptions.TIPS.handle(self.context, event)

    @consumes(subscriptions.VEHICLES)
    def on_vehicle(self, event: Event) -> None:
        """Keep the copy of a vehicle."""
        subscriptions.VEHICLES.handle(self.context, event)

    @consumes(subscriptions.JOBS)
    def on_job(self, event: Event) -> None:
        """Keep what a job is estimated to have collected."""
        subscriptions.JOBS.handle(self.context, event)

    @consumes(subscriptions.TOTALS)
    def on_ticket(self, event: Event) -> None:
        """Bring totals, tips and estimates into step with a ticket."""
        subscriptions.TOTALS.handle(self.context, event)

    @consumes(subscriptions.USERS)
    def on_user(self, event: Event) -> None:
        """Refuse what was signed before a user changed."""
        subscriptions.USERS.handle(self.context, event)
