"""Every operation of every service's published API under made requests, good and bad: none is answered with a 5xx.

Schemathesis makes them from the OpenAPI documents that the services publish themselves, so a new operation is under
test as soon as it is there. Whoever calls may do everything, so that nothing hides behind a refusal.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok

from shared.config import SERVICES
from shared.contracts.codes import ROLES
from shared.ids import new_id
from shared.processes import part
from shared.web.identity import BEARER, User, sign
from shared.web.keys import load_private_key
from tests.builders import make_context

EXAMPLES = 15
"""For each operation; some sixty of them are to be done in less than a minute."""

EVERYBODY = User("fuzzer", tuple(ROLES), "Fay Fuzzer")


@pytest.fixture(scope="module", params=SERVICES)
def app(request, tmp_path_factory) -> Iterator[Flask]:
    context = make_context(request.param, tmp_path_factory.mktemp(request.param), rate_limit_factor=0)
    made = part(request.param, "web").create_app(context)
    yield made
    context.store.close()


def test_no_made_request_is_answered_as_a_defect(app: Flask):
    ctx = app.extensions["streetscene"]
    token = sign(load_private_key(ctx.settings), EVERYBODY, use=BEARER, lifetime=timedelta(hours=1))
    schema = schemathesis.openapi.from_wsgi(f"/api/{ctx.service}/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert operations, "the service publishes no operation that can be read"
    defects: list[str] = []

    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case) -> None:
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
            response = case.call(headers=headers)
            if response.status_code >= 500:
                defects.append(
                    f"{case.method} {case.formatted_path} {case.query} {case.body!r:.300}: {response.text:.300}"
                )

        ask()

    assert defects == []
