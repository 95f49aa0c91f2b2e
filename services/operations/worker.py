"""The operations worker: what it consumes and does every so often, as a table of contents."""

from services.operations import subscriptions
from shared.bus.consume import Context, consumes, every
from shared.contracts.envelope import Event


class OperationsWorker:
    """Archives every event, keeps the wall's copies, asks every process how it is, and exports the gauges."""

    name = "operations"
    context = Context()

    @consumes(subscriptions.ARCHIVE)
    def on_event(self, event: Event) -> None:
        """Archive an event and bring the copies up to date."""
        subscriptions.ARCHIVE.handle(self.context, event)

    @consumes(subscriptions.USERS)
    def on_user(self, event: Event) -> None:
        """Refuse what was signed before a user changed."""
        subscriptions.USERS.handle(self.context, event)

    @every(subscriptions.HEALTH)
    def on_health(self) -> None:
        """Ask every process how it is."""
        subscriptions.HEALTH.run(self.context)

    @every(subscriptions.GAUGES)
    def on_gauges(self) -> None:
        """Export what the council would ask of its figures."""
        subscriptions.GAUGES.run(self.context)
