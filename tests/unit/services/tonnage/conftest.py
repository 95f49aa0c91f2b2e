import pytest

from services.tonnage import subscriptions
from shared.bus.inline import Pump
from tests.builders import make_context


@pytest.fixture
def ctx(tmp_path):
    context = make_context("tonnage", tmp_path)
    yield context
    context.store.close()


@pytest.fixture
def pump(ctx):
    return Pump({"tonnage": ctx}, {"tonnage": subscriptions.SUBSCRIPTIONS}, raise_errors=True)
