"""What every service has, whoever wrote it: the layout, a policy on every route, a worker for every consumer."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from shared.config import REPOSITORY, SERVICES
from shared.contracts import REGISTRY
from shared.errors import DomainError
from shared.privacy import Holding, Subject
from shared.processes import collections_of, consumers_by_event, part, subscriptions_of, timers_of
from shared.web.auth import policy_of, views_without_policy
from shared.web.routes import ROUTES, service_of
from tests.builders import make_context

EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)

FILES = (
    *("README.md", "handlers.py", "store.py", "subscriptions.py", "worker.py", "privacy.py", "domain"),
    "web/__init__.py",
)
README_MUST_SAY = ("events in", "events out", "collection", "metrics", "red")
"""Purpose first; then what comes in and goes out, what is kept, what is measured, and what to do when it is red."""

LONGEST_README_LINES = 80
"""One screen, or a little more: a README that nobody reads to its end helps nobody at night."""

LONGEST_MODULE_LINES = 450

FOR_EVERY_BROWSER = {"/crew/manifest.webmanifest", "/crew/worker.js"}
"""What browsers ask for by themselves, without anybody's cookie; it says nothing about anybody."""

CONSUMED_BY = {
    "scheduling": (
        "report.submitted report.assessed report.amended report.merged report.unmerged report.referred report.closed "
        "report.reopened report.evidence-flagged plan.published ticket.reconciled ticket.voided case.evidence-secured"
    ),
    "enforcement": "report.amended report.closed report.reopened report.evidence-flagged job.completed",
    "reports": (
        "job.created job.assigned job.started job.deferred job.cancelled job.amended job.completed forecast.published "
        "notice.paid case.opened case.closed"
    ),
    "tonnage": "job.completed vehicle.changed vehicle.tipped",
}
"""The design's table of events by who consumes them (operations consumes all, and everybody `user.changed`).

Scheduling answers `ticket.reconciled` where the table says `ticket.recorded`: only then are there shares of jobs.
"""


@pytest.fixture(scope="module", params=SERVICES)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    ctx = make_context(request.param, tmp_path_factory.mktemp(request.param))
    yield part(request.param, "web").create_app(ctx)
    ctx.store.close()


def folder(service: str) -> Path:
    """Return a service's folder."""
    return REPOSITORY / "services" / service


def worker_entrypoints(service: str, decorator: str) -> list[str]:
    """Return the names of what the worker class's methods are decorated with, without importing nameko."""
    subscriptions = part(service, "subscriptions")
    names = {**vars(subscriptions), "subscriptions": subscriptions}
    tree = ast.parse((folder(service) / "worker.py").read_text(encoding="utf-8"))
    found = []
    for method in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in method.decorator_list if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == decorator:
                declared = eval(ast.unparse(call.args[0]), names)
                found.append(getattr(declared, "consumer", None) or declared.name)
    return found


def doubled(names: Sequence[str]) -> list[str]:
    """Return the names that are there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


@EVERY_SERVICE
def test_a_service_has_the_files_that_everybody_looks_for(service: str) -> None:
    assert [name for name in FILES if not (folder(service) / name).exists()] == []


@EVERY_SERVICE
def test_a_service_explains_itself_on_one_screen(service: str) -> None:
    text = (folder(service) / "README.md").read_text(encoding="utf-8")

    assert [word for word in README_MUST_SAY if word not in text.lower()] == []
    assert len(text.splitlines()) <= LONGEST_README_LINES


@EVERY_SERVICE
def test_a_readme_names_every_consumer_and_collection_of_its_service(service: str) -> None:
    text = (folder(service) / "README.md").read_text(encoding="utf-8")
    named = [subscription.consumer for subscription in subscriptions_of(service)]
    named += [collection.name for collection in part(service, "store").COLLECTIONS]

    assert [name for name in named if f"`{name}`" not in text] == []


@EVERY_SERVICE
def test_every_consumer_has_exactly_one_method_in_the_worker(service: str) -> None:
    declared = [subscription.consumer for subscription in subscriptions_of(service)]

    assert sorted(worker_entrypoints(service, "consumes")) == sorted(declared)
    assert doubled(declared) == []
    assert all(re.fullmatch(rf"{service}\.[a-z][a-z-]*", consumer) for consumer in declared)


@EVERY_SERVICE
def test_every_timer_has_exactly_one_method_in_the_worker(service: str) -> None:
    declared = [timer.name for timer in timers_of(service)]

    assert sorted(worker_entrypoints(service, "every")) == sorted(declared)
    assert doubled(declared) == []


@EVERY_SERVICE
def test_the_worker_is_named_like_its_service(service: str) -> None:
    text = (folder(service) / "worker.py").read_text(encoding="utf-8")

    assert re.findall(r'^    name = "([a-z]+)"$', text, re.MULTILINE) == [service]


@EVERY_SERVICE
def test_the_entrypoints_of_a_worker_are_one_to_three_lines(service: str) -> None:
    tree = ast.parse((folder(service) / "worker.py").read_text(encoding="utf-8"))
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.decorator_list]
    lengths = {method.name: len([line for line in method.body if not _is_docstring(line)]) for method in methods}

    assert {name: length for name, length in lengths.items() if length > 3} == {}


@EVERY_SERVICE
def test_a_service_declares_no_collection_twice_and_keeps_a_deny_list(service: str) -> None:
    names = [collection.name for collection in collections_of(service)]

    assert doubled(names) == []
    assert "denied_users" in names


def test_every_view_declares_a_policy(app: Flask) -> None:
    assert views_without_policy(app) == []


def test_nothing_that_changes_something_answers_a_get_of_the_public_but_what_says_so(app: Flask) -> None:
    public = [
        rule.rule
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/triage", "/dispatch", "/crew", "/tonnage", "/enforcement", "/operations"))
        and not rule.rule.endswith("/openapi.json")
        and rule.rule not in FOR_EVERY_BROWSER
        and getattr(policy_of(app, rule.endpoint, method), "name", "") == "public"
    ]

    assert public == []


def test_every_route_of_an_app_is_one_that_leads_to_it(app: Flask, request: pytest.FixtureRequest) -> None:
    service = app.extensions["streetscene"].service
    shared_routes = ("/static", "/health", "/metrics")
    elsewhere = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(shared_routes) and service_of(_example_path(rule.rule)) != service
    ]

    assert elsewhere == []


def test_every_prefix_leads_to_a_service_that_is_there() -> None:
    assert set(ROUTES.values()) == set(SERVICES)


def test_operations_consumes_every_event() -> None:
    consumers = consumers_by_event()

    assert [name for name in REGISTRY if "operations.archive" not in consumers.get(name, ())] == []


@EVERY_SERVICE
def test_every_service_hears_of_changed_users(service: str) -> None:
    assert f"{service}.users" in consumers_by_event()["user.changed.v1"]


@pytest.mark.parametrize(
    ("service", "event"), [(service, event) for service, events in CONSUMED_BY.items() for event in events.split()]
)
def test_an_event_of_the_design_is_consumed_by_whom_the_design_names(service: str, event: str) -> None:
    consumers = consumers_by_event()[f"{event}.v1"]

    assert [consumer for consumer in consumers if consumer.startswith(f"{service}.")] != []


@EVERY_SERVICE
def test_every_service_answers_for_the_personal_data_that_it_holds(service: str, tmp_path: Path) -> None:
    privacy = part(service, "privacy")
    ctx = make_context(service, tmp_path)

    found = privacy.find(ctx, Subject("nobody@example.com", "07700 900000", "", frozenset({"FT-00000000"})))
    stranger = Holding(service, "nothing of the kind", "nobody", "Something of somebody", kept="It is kept")

    assert list(found) == []
    assert privacy.SAYS.endswith(".")
    assert all(callable(getattr(privacy, name)) for name in ("find", "export", "erase"))
    with pytest.raises(DomainError):
        privacy.erase(ctx, stranger)
    ctx.store.close()


def test_modules_are_small() -> None:
    modules = [path for top in ("services", "shared", "deploy") for path in (REPOSITORY / top).rglob("*.py")]
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules
        if "node_modules" not in path.parts
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE_LINES} == {}


def _is_docstring(node: ast.stmt) -> bool:
    """Say whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _example_path(rule: Any) -> str:
    """Return a path that a rule serves, its variables filled in."""
    return re.sub(r"<[^>]*>", "x", str(rule))
