"""The scheduling worker: what it consumes and what its clock does, as a table of contents."""

from services.scheduling import subscriptions
from shared.bus.consume import Context, consumes, every
from shared.contracts.envelope import Event


class SchedulingWorker:
    """Keeps jobs in line with reports, tips, tickets, cases and published plans."""

    name = "scheduling"
    context = Context()

    @consumes(subscriptions.REPORTS)
    def on_report(self, event: Event) -> None:
        """Keep the copy of a report and bring its jobs in line."""
        subscriptions.REPORTS.handle(self.context, event)

    @consumes(subscriptions.TIPS)
    def on_vehicle_tipped(self, event: Event) -> None:
        """Tell the jobs of a load that they were tipped."""
        subscriptions.TIPS.handle(self.context, event)

    @consumes(subscriptions.TICKETS)
    def on_ticket(self, event: Event) -> None:
        """Give jobs their share of a weighed load."""
        subscriptions.TICKETS.handle(self.context, event)

    @consumes(subscriptions.CASES)
    def on_evidence_secured(self, event: Event) -> None:
        """Release jobs whose evidence is secured."""
        subscriptions.CASES.handle(self.context, event)

    @consumes(subscriptions.PLANS)
    def on_plan_published(self, event: Event) -> None:
        """Give the jobs of a plan to their crews."""
        subscriptions.PLANS.handle(self.context, event)

    @consumes(subscriptions.USERS)
    def on_user(self, event: Event) -> None:
        """Refuse what was signed before a user changed."""
        subscriptions.USERS.handle(self.context, event)

    @every(subscriptions.FINISH_TIPS)
    def finish_tips(self) -> None:
        """Finish tips that a crash left half done."""
        subscriptions.FINISH_TIPS.run(self.context)

    @every(subscriptions.FINISH_PLANS)
    def finish_plans(self) -> None:
        """Finish published plans that a crash left half done."""
        subscriptions.FINISH_PLANS.run(self.context)

    @every(subscriptions.GIVE_UP_PLANS)
    def give_up_plans(self) -> None:
        """Give up plans that no planner has answered in time."""
        subscriptions.GIVE_UP_PLANS.run(self.context)

    @every(subscriptions.FINISH_SPLITS)
    def finish_splits(self) -> None:
        """Make the parts of split jobs that a crash left unmade."""
        subscriptions.FINISH_SPLITS.run(self.context)

    @every(subscriptions.FINISH_DROPPING_OUT)
    def finish_dropping_out(self) -> None:
        """Take the stops from crews that have dropped out, where a crash left them there."""
        subscriptions.FINISH_DROPPING_OUT.run(self.context)

    @every(subscriptions.FORGET_SHIFTS)
    def forget_shifts(self) -> None:
        """End the shifts from which nobody has signed off."""
        subscriptions.FORGET_SHIFTS.run(self.context)

    @every(subscriptions.OPEN_DUE_JOBS)
    def open_due_jobs(self) -> None:
        """Put jobs that were put off until today back on the list."""
        subscriptions.OPEN_DUE_JOBS.run(self.context)

    @every(subscriptions.REPLAN)
    def replan(self) -> None:
        """Ask for a new plan where crews have lost what they had, or urgent jobs wait."""
        subscriptions.REPLAN.run(self.context)

    @every(subscriptions.FORECAST)
    def publish_forecast(self) -> None:
        """Publish how long jobs have taken lately."""
        subscriptions.FORECAST.run(self.context)

    @every(subscriptions.BEATS)
    def make_beat_jobs(self) -> None:
        """Make the jobs of the beats that are due today."""
        subscriptions.BEATS.run(self.context)

    @every(subscriptions.CAMPAIGNS)
    def run_campaigns(self) -> None:
        """Give the day's campaign visits to their teams, and call off what was missed."""
        subscriptions.CAMPAIGNS.run(self.context)

    @every(subscriptions.FOLLOW_REGISTER)
    def follow_register(self) -> None:
        """Bring crews and vehicles in line with the register."""
        subscriptions.FOLLOW_REGISTER.run(self.context)

    @every(subscriptions.SWEEP_PHOTOS)
    def sweep_photos(self) -> None:
        """Delete photos that no job names."""
        subscriptions.SWEEP_PHOTOS.run(self.context)

    @every(subscriptions.FORGET_PROOFS)
    def forget_proofs(self) -> None:
        """Forget how well photos fitted their jobs, when its time is over."""
        subscriptions.FORGET_PROOFS.run(self.context)

    @every(subscriptions.FORGET_NAMES)
    def forget_names(self) -> None:
        """Forget the names of people who left the crews, when their time is over."""
        subscriptions.FORGET_NAMES.run(self.context)
