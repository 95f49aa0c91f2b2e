"""The reports worker: what it consumes and what its clock does, as a table of contents."""

from services.reports import subscriptions
from shared.bus.consume import Context, consumes, every
from shared.contracts.envelope import Event


class ReportsWorker:
    """Keeps reports in step with their jobs and notices, tells reporters, clears up and erases."""

    name = "reports"
    context = Context()

    @consumes(subscriptions.JOBS)
    def on_job(self, event: Event) -> None:
        """Bring a report in line with its job."""
        subscriptions.JOBS.handle(self.context, event)

    @consumes(subscriptions.FORECASTS)
    def on_forecast(self, event: Event) -> None:
        """Keep how long crews take."""
        subscriptions.FORECASTS.handle(self.context, event)

    @consumes(subscriptions.DEPOTS)
    def on_depot(self, event: Event) -> None:
        """Keep where crews come from."""
        subscriptions.DEPOTS.handle(self.context, event)

    @consumes(subscriptions.NOTICES)
    def on_notice(self, event: Event) -> None:
        """Note that action was taken."""
        subscriptions.NOTICES.handle(self.context, event)

    @consumes(subscriptions.CASES)
    def on_case(self, event: Event) -> None:
        """Keep whole what an open case needs."""
        subscriptions.CASES.handle(self.context, event)

    @consumes(subscriptions.MESSAGES)
    def on_report(self, event: Event) -> None:
        """Queue what a reporter is to be told."""
        subscriptions.MESSAGES.handle(self.context, event)

    @consumes(subscriptions.USERS)
    def on_user(self, event: Event) -> None:
        """Refuse what was signed before a user changed."""
        subscriptions.USERS.handle(self.context, event)

    @every(subscriptions.SEND)
    def send(self) -> None:
        """Send what is due."""
        subscriptions.SEND.run(self.context)

    @every(subscriptions.SWEEP_DRAFTS)
    def sweep_drafts(self) -> None:
        """Delete forms that were never sent."""
        subscriptions.SWEEP_DRAFTS.run(self.context)

    @every(subscriptions.SWEEP_PHOTOS)
    def sweep_photos(self) -> None:
        """Delete photos that nothing names."""
        subscriptions.SWEEP_PHOTOS.run(self.context)

    @every(subscriptions.ERASE)
    def erase_due(self) -> None:
        """Erase what is personal in reports whose time has come."""
        subscriptions.ERASE.run(self.context)

    @every(subscriptions.WAKE)
    def wake(self) -> None:
        """Let the clocks run on that stood still for long enough."""
        subscriptions.WAKE.run(self.context)
