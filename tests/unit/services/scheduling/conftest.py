import io
import re
import shutil
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image

from services.scheduling import handlers, store
from services.scheduling.subscriptions import SUBSCRIPTIONS, TIMERS
from shared.bus.inline import Pump
from shared.clock import SetClock
from shared.ids import derived_id
from shared.web.identity import BEARER, COOKIE, User, sign
from shared.web.keys import ensure_keys, load_private_key
from tests.builders import TUESDAY_MORNING, make_app, make_context

from .events import REPORT_ID, deliver, report_event


@pytest.fixture
def clock():
    return SetClock(TUESDAY_MORNING)


@pytest.fixture(scope="session")
def first_start(tmp_path_factory):
    """Return a data folder after a first start, with the fleet in its store; every test begins with a copy."""
    folder = tmp_path_factory.mktemp("first-start")
    context = make_context("scheduling", folder, SetClock(TUESDAY_MORNING))
    handlers.ensure_fleet(context)
    ensure_keys(context.settings)
    context.store.close()
    return folder


@pytest.fixture
def ctx(first_start, tmp_path, clock):
    shutil.copytree(first_start, tmp_path, dirs_exist_ok=True)
    context = make_context("scheduling", tmp_path, clock)
    yield context
    context.store.close()


@pytest.fixture
def pump(ctx):
    return Pump({"scheduling": ctx}, {"scheduling": SUBSCRIPTIONS}, {"scheduling": TIMERS}, raise_errors=True)


@pytest.fixture
def job_of(ctx):
    """Return the job of a report's visit as it is now."""
    return lambda report_id=REPORT_ID, visit=1: store.jobs(ctx.store).require(derived_id(report_id, visit))


@pytest.fixture
def job(ctx, job_of):
    """An open job in Kirkdale and Everton, made from its report."""
    deliver(ctx, report_event())
    return job_of()


@pytest.fixture
def make_job(ctx, job_of):
    """Make the open job of another report."""

    def make(report_id, **state):
        deliver(ctx, report_event(report_id=report_id, subject=report_id, **state))
        return job_of(report_id)

    return make


@pytest.fixture
def app(ctx):
    """Return the app over this test's own context."""
    return make_app(ctx)


class Browser(FlaskClient):
    """A browser that sends every form with the token of its session, as pages give it."""

    def post(self, *args, data=None, **kwargs):
        page = self.get("/dispatch/nowhere").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return super().post(*args, data={"csrf_token": token, **(data or {})}, **kwargs)


@pytest.fixture
def browser(app, ctx):
    """Return a function that gives a browser signed in as a role."""
    app.test_client_class = Browser

    def signed_in(role, **scopes):
        client = app.test_client()
        user = User(f"user-{role}", (role,), "Sam Rivers", scopes)
        token = sign(load_private_key(ctx.settings), user, use=COOKIE, lifetime=timedelta(hours=1))
        client.set_cookie("streetscene-user", token)
        return client

    return signed_in


@pytest.fixture
def program(app, ctx):
    """Return a function that calls the API as a role."""

    def as_role(role, **scopes):
        token = sign(
            load_private_key(ctx.settings),
            User(f"token-{role}", (role,), role, scopes),
            use=BEARER,
            lifetime=timedelta(hours=1),
        )

        def call(method, path, body=None, *, key=None, form=None):
            headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
            sent = {"data": form, "content_type": "multipart/form-data"} if form else {"json": body} if body else {}
            return app.test_client().open(f"/api/scheduling/v1{path}", method=method, headers=headers, **sent)

        return call

    return as_role


@pytest.fixture
def photo():
    """Return a small photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 110, 100)).save(buffer, "JPEG")
    return buffer.getvalue()
