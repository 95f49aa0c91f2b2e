from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from shared.service import ServiceContext
from shared.web import wsgi
from shared.web.embedded import Front
from shared.web.routes import ROUTES
from shared.web.wsgi import application

HERE = {"REMOTE_ADDR": "127.0.0.1"}


def named(name: str) -> Any:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{name} {environ['SCRIPT_NAME']}{environ['PATH_INFO']}".encode()]

    return app


@pytest.fixture
def site(ctx: ServiceContext) -> Client:
    apps = {service: named(service) for service in set(ROUTES.values())}
    return Client(Front({"accounts": ctx}, {**apps, "/demo": named("demo")}, {**ROUTES, "/demo": "/demo"}))


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/", "reports /"),
        ("/dispatch/jobs", "scheduling /dispatch/jobs"),
        ("/api/tonnage/v1/tickets", "tonnage /api/tonnage/v1/tickets"),
        ("/demo/clock", "demo /demo/clock"),
    ],
)
def test_each_request_reaches_the_app_of_its_path_with_the_whole_path(site: Client, path: str, answer: str) -> None:
    assert site.get(path).get_data(as_text=True) == answer


def test_the_front_answers_health_and_metrics_for_all(site: Client) -> None:
    ready = site.get("/health/ready")

    assert ready.json == {"status": "ready", "checks": {"accounts.store": "ok", "accounts.blobs": "ok"}}
    assert site.get("/health/live").json == {"status": "live"}
    assert site.get("/metrics").status_code == 200


def test_the_front_is_not_ready_without_a_store(ctx: ServiceContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_self: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(type(ctx.store), "ping", gone)
    site = Client(Front({"accounts": ctx}, {"reports": named("reports")}, {"/": "reports"}))

    assert site.get("/health/ready").status_code == 503


def test_a_web_process_serves_the_service_it_was_started_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsgi, "configure_logs", lambda *_: None)
    app: Any = application({"STREETSCENE_DATA": str(tmp_path), "STREETSCENE_WEB_SERVICE": "accounts"})

    assert Client(app).get("/accounts/sign-in").status_code == 200
    assert Client(app).get("/dispatch").status_code == 404
    app.extensions["streetscene"].store.close()


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({"STREETSCENE_WEB_SERVICE": "all"}, 200),
        ({"STREETSCENE_WEB_SERVICE": "reports"}, 200),
        ({"STREETSCENE_WEB_SERVICE": "tonnage"}, 404),
        ({"STREETSCENE_WEB_SERVICE": "all", "STREETSCENE_HOST": "0.0.0.0"}, 404),
        ({"STREETSCENE_WEB_SERVICE": "reports", "STREETSCENE_HOST": "0.0.0.0"}, 404),
        ({"STREETSCENE_WEB_SERVICE": "reports", "STREETSCENE_DEMO": "0"}, 404),
    ],
)
def test_a_demonstrations_controls_are_there_only_where_just_this_machine_can_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], status: int
) -> None:
    monkeypatch.setattr(wsgi, "configure_logs", lambda *_: None)
    app: Any = application({"STREETSCENE_DATA": str(tmp_path), "STREETSCENE_DEMO": "1", **environment})

    assert Client(app).get("/demo", base_url="http://127.0.0.1", environ_base=HERE).status_code == status


def test_a_web_process_that_can_not_start_ends_with_one_line_and_does_not_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wsgi, "configure_logs", lambda *_: None)
    council = {"STREETSCENE_COUNCIL": str(tmp_path / "none.toml")}

    with pytest.raises(SystemExit) as ended:
        application({"STREETSCENE_DATA": str(tmp_path), "STREETSCENE_WEB_SERVICE": "accounts", **council})

    assert ended.value.code == 4
    assert [record.message for record in caplog.records] == ["web_not_started"]
