"""The accounts worker: what it consumes and does by the clock, as a table of contents."""

from services.accounts import subscriptions
from shared.bus.consume import Context, consumes, every
from shared.contracts.envelope import Event


class AccountsWorker:
    """Keeps in mind which crews and depots there are and whom to refuse, and forgets old sign-ins."""

    name = "accounts"
    context = Context()

    @consumes(subscriptions.CREWS)
    def on_crew(self, event: Event) -> None:
        """Keep what scheduling says of a crew."""
        subscriptions.CREWS.handle(self.context, event)

    @consumes(subscriptions.DEPOTS)
    def on_depot(self, event: Event) -> None:
        """Keep what scheduling says of a depot."""
        subscriptions.DEPOTS.handle(self.context, event)

    @consumes(subscriptions.USERS)
    def on_user(self, event: Event) -> None:
        """Refuse what was signed before a user changed."""
        subscriptions.USERS.handle(self.context, event)

    @every(subscriptions.FORGET_SIGN_INS)
    def forget_sign_ins(self) -> None:
        """Delete the record of sign-ins older than a year."""
        subscriptions.FORGET_SIGN_INS.run(self.context)
