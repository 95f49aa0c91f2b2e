"""Where operations links to other services' pages, there is a page, and it lets in those who are shown the link."""

from collections.abc import Iterator

import pytest
from flask import Flask

from services.operations.web.names import ADDRESSES
from shared.processes import part
from shared.web.auth import policy_of
from shared.web.identity import User
from shared.web.routes import service_of
from tests.builders import make_context


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Flask]]:
    services = {service_of(address.path) for address in ADDRESSES.values()}
    contexts = {service: make_context(service, tmp_path_factory.mktemp(service)) for service in sorted(services)}
    yield {service: part(service, "web").create_app(context) for service, context in contexts.items()}
    for context in contexts.values():
        context.store.close()


@pytest.mark.parametrize(
    ("kind", "role"), [(kind, role) for kind, address in ADDRESSES.items() for role in (*address.roles, "admin")]
)
def test_a_link_leads_to_a_page_that_its_reader_may_open(apps: dict[str, Flask], kind: str, role: str) -> None:
    path = ADDRESSES[kind].path.format("018f0000").partition("#")[0]
    app = apps[service_of(path)]

    endpoint, arguments = app.url_map.bind("localhost").match(path, method="GET")
    who = policy_of(app, endpoint, "GET")

    assert who is not None
    assert who.allows(User("somebody", (role,), "Somebody"), arguments)
