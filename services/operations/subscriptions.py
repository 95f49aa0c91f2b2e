"""Which handler of the operations service answers which event: the archive answers all of them."""

from services.operations.gauges import export_gauges
from services.operations.handlers import on_event
from services.operations.scraping import scrape
from shared.contracts import REGISTRY
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

ARCHIVE = Subscription("operations.archive", tuple(REGISTRY[name] for name in sorted(REGISTRY)), on_event)
USERS = users_subscription("operations")
HEALTH = Timer("operations.health", 5, scrape)
GAUGES = Timer("operations.gauges", 15, export_gauges)

SUBSCRIPTIONS: tuple[Subscription, ...] = (ARCHIVE, USERS)
TIMERS: tuple[Timer, ...] = (HEALTH, GAUGES)
