"""The worker process of the toy services, patched like the real one: `accounts` emits, `reports` keeps copies.

What a handler does depends on the event's subject: `poison-…` is a defect and `later-…` asks for a later try, both
until a thing `cured` is in the store of `reports`; everything else is kept. Every effect is counted.
"""

import os

os.environ["EVENTLET_NO_GREENDNS"] = "yes"

import eventlet

eventlet.monkey_patch()

import sys
from pathlib import Path
from typing import Any

from shared.bus.consume import Context, consumes, every
from shared.bus.process import WorkerProcess
from shared.config import Settings
from shared.contracts.accounts import UserChangedV1
from shared.contracts.envelope import Event
from shared.errors import RetryLater, StreetsceneError
from shared.logs import configure_logs
from shared.service import ServiceContext, Subscription, Timer
from shared.store import reload_on_conflict
from tests.unit.shared.bus.toys import insert_copy, toy_context

CONSUMER = "reports.users"


def on_user_changed(ctx: ServiceContext, event: Event) -> None:
    cured = ctx.store.get("things", "cured") is not None
    if event.subject.startswith("poison-") and not cured:
        raise ValueError(f"{event.subject} is a defect")
    if event.subject.startswith("later-") and not cured:
        raise RetryLater(f"{event.subject} must wait", delay_seconds=1)
    if event.subject.startswith("slow-"):
        eventlet.sleep(1)
    insert_copy(ctx, event)
    ctx.store.put_if_newer("copies", {"_id": event.subject}, sequence=event.sequence)


def tick(ctx: ServiceContext) -> None:
    """Count the ticks of the timer."""

    def count() -> None:
        document = ctx.store.get("things", "ticks")
        if document is None:
            ctx.store.insert("things", {"_id": "ticks", "count": 1})
        else:
            ctx.store.save("things", {**document, "count": document["count"] + 1}, expected_version=document["version"])

    reload_on_conflict(count)()


USERS = Subscription(CONSUMER, (UserChangedV1,), on_user_changed)
TICK = Timer("tick", 0.5, tick)


class ReportsWorker:
    name = "reports"
    context = Context()

    @consumes(USERS)
    def on_user_changed(self, event: Event) -> None:
        USERS.handle(self.context, event)

    @every(TICK)
    def on_tick(self) -> None:
        TICK.run(self.context)


class AccountsWorker:
    name = "accounts"
    context = Context()


def main() -> int:
    settings = Settings.from_env(os.environ)
    configure_logs(settings, "worker")
    services: dict[str, Any] = {"accounts": AccountsWorker, "reports": ReportsWorker}
    wanted = sys.argv[1:] or list(services)
    contexts = {
        service: toy_context(
            service,
            Path(os.environ["STREETSCENE_DATA"]),
            **{name: value for name, value in os.environ.items() if name.startswith("STREETSCENE_")},
        )
        for service in wanted
    }
    consumers = {CONSUMER: [UserChangedV1.type]}
    try:
        return WorkerProcess(contexts, [services[each] for each in wanted], settings, consumers=consumers).run()
    except StreetsceneError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
