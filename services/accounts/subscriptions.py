"""What accounts consumes and does by the clock: its own deny list, and forgetting old sign-ins."""

from services.accounts import handlers
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

USERS = users_subscription("accounts")
SUBSCRIPTIONS: tuple[Subscription, ...] = (USERS,)

FORGET_SIGN_INS = Timer("accounts.forget-sign-ins", 3600, handlers.forget_old_sign_ins)
TIMERS: tuple[Timer, ...] = (FORGET_SIGN_INS,)
