import pytest
from jinja2 import FileSystemBytecodeCache

from services.reports.web import create_app
from tests.builders import make_context
from tests.unit.services.reports.made import Resident


@pytest.fixture
def ctx(tmp_path):
    context = make_context("reports", tmp_path, rate_limit_factor=0)
    yield context
    context.store.close()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory):
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(ctx, compiled_templates):
    app = create_app(ctx)
    app.jinja_env.bytecode_cache = compiled_templates
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def resident(client, ctx):
    return Resident(client, ctx)
