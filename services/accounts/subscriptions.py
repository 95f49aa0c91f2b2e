"""What accounts consumes and does by the clock: which crews there are, its own deny list, forgetting old sign-ins."""

from services.accounts import crews, handlers
from shared.contracts.scheduling import CrewChangedV1
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

USERS = users_subscription("accounts")
CREWS = Subscription("accounts.crews", (CrewChangedV1,), crews.on_crew_changed)
SUBSCRIPTIONS: tuple[Subscription, ...] = (CREWS, USERS)

FORGET_SIGN_INS = Timer("accounts.forget-sign-ins", 3600, handlers.forget_old_sign_ins)
TIMERS: tuple[Timer, ...] = (FORGET_SIGN_INS,)
