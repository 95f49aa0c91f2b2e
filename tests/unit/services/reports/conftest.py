import pytest

from tests.builders import make_app, make_context
from tests.unit.services.reports.made import Resident


@pytest.fixture
def ctx(tmp_path):
    context = make_context("reports", tmp_path, rate_limit_factor=0)
    yield context
    context.store.close()


@pytest.fixture
def app(ctx):
    return make_app(ctx)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def resident(client, ctx):
    return Resident(client, ctx)
