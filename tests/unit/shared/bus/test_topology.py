"""What the broker must hold, and that the committed file says so."""

import re

from shared.bus.topology import (
    by_consumer,
    check_definitions,
    definitions,
    queue_of,
    read_consumers,
    render_definitions,
    write_definitions,
)
from shared.config import REPOSITORY
from shared.processes import consumers_by_event

CONSUMERS = {"reports.users": ["user.changed.v1"], "reports.jobs": ["job.completed.v1", "job.created.v1"]}


def test_every_consumer_has_a_quorum_queue_with_one_argument_and_a_dead_queue():
    found = definitions(CONSUMERS)

    names = {queue["name"]: queue["arguments"] for queue in found["queues"]}
    assert set(names) == {"reports.users", "reports.users.dead", "reports.jobs", "reports.jobs.dead"}
    assert all(arguments == {"x-queue-type": "quorum"} for arguments in names.values())
    assert queue_of("reports.users", ["user.changed.v1"]).queue_arguments == {"x-queue-type": "quorum"}


def test_every_queue_matches_exactly_one_policy():
    found = definitions(CONSUMERS)

    for queue in found["queues"]:
        matching = [policy["name"] for policy in found["policies"] if re.match(policy["pattern"], queue["name"])]
        assert matching == (["dead"] if queue["name"].endswith(".dead") else [queue["name"]])


def test_dead_letters_come_back_under_the_consumers_name():
    found = definitions(CONSUMERS)

    bound = {(binding["source"], binding["routing_key"]): binding["destination"] for binding in found["bindings"]}
    for policy in found["policies"]:
        if policy["name"] != "dead":
            to = policy["definition"]
            assert bound[to["dead-letter-exchange"], to["dead-letter-routing-key"]] == f"{policy['name']}.dead"
            assert (to["dead-letter-strategy"], to["overflow"]) == ("at-least-once", "reject-publish")


def test_consumers_are_read_back_from_the_file_that_was_written(tmp_path):
    by_event = {"job.created.v1": ("reports.jobs",), "user.changed.v1": ("reports.jobs", "reports.users")}
    file = tmp_path / "rabbitmq" / "definitions.json"

    write_definitions(file, by_event)

    assert read_consumers(file) == by_consumer(by_event)
    assert check_definitions(file, by_event)


def test_the_committed_definitions_are_those_of_the_subscriptions():
    committed = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"

    assert committed.read_text() == render_definitions(consumers_by_event()), "run `make catalogue`"
