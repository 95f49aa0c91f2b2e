"""What accounts consumes and does by the clock: crews and depots, its own deny list, forgetting old sign-ins."""

from services.accounts import crews, depots, handlers
from shared.contracts.scheduling import CrewChangedV1, DepotChangedV1
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

USERS = users_subscription("accounts")
CREWS = Subscription("accounts.crews", (CrewChangedV1,), crews.on_crew_changed)
DEPOTS = Subscription("accounts.depots", (DepotChangedV1,), depots.on_depot_changed)
SUBSCRIPTIONS: tuple[Subscription, ...] = (CREWS, DEPOTS, USERS)

FORGET_SIGN_INS = Timer("accounts.forget-sign-ins", 3600, handlers.forget_old_sign_ins)
TIMERS: tuple[Timer, ...] = (FORGET_SIGN_INS,)
