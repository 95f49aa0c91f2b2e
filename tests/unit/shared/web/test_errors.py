import logging
from dataclasses import replace

import pytest
from flask import Response
from flask.testing import FlaskClient

from shared.service import ServiceContext
from shared.web.errors import Problem, use_error_format
from tests.unit.shared.web.conftest import ADMIN, OFFICER, SUPERVISOR, SignIn, bearer, make_app

CASES = [("domain", 400), ("missing", 404), ("conflict", 409), ("store", 503), ("defect", 500)]


@pytest.mark.parametrize(("what", "status"), CASES)
def test_every_error_has_its_status_as_a_page_and_as_a_problem(client: FlaskClient, what: str, status: int) -> None:
    page, problem = client.get(f"/raise/{what}"), client.get(f"/api/accounts/v1/raise/{what}")

    assert (page.status_code, problem.status_code) == (status, status)
    assert page.content_type.startswith("text/html")
    assert problem.content_type == "application/problem+json"
    assert problem.json is not None
    assert set(problem.json) >= {"type", "title", "status", "detail", "instance"}
    assert problem.json["instance"] == f"urn:request:{problem.headers['X-Request-ID']}"


def test_a_refusal_says_why_and_by_which_rule(client: FlaskClient) -> None:
    problem = client.get("/api/accounts/v1/raise/domain").json

    assert problem is not None
    assert problem["detail"] == "The amount is above the maximum."
    assert problem["errors"] == {"amount_pence": ["The amount is above the maximum."]}
    assert problem["rule"] == "EPA 1990 s. 33ZA"


@pytest.mark.parametrize("what", ["store", "defect"])
def test_nobody_is_shown_what_went_wrong_inside(client: FlaskClient, what: str) -> None:
    for path in (f"/raise/{what}", f"/api/accounts/v1/raise/{what}"):
        assert "secret" not in client.get(path).get_data(as_text=True)


def test_an_unexpected_error_is_logged_once(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        client.get("/raise/defect")

    assert [record.message for record in caplog.records] == ["request_failed"]


def test_an_unavailable_store_says_when_to_come_back(client: FlaskClient) -> None:
    assert client.get("/raise/store").headers["Retry-After"] == "5"


def test_wrong_input_names_its_fields(client: FlaskClient, ctx: ServiceContext) -> None:
    answer = client.post("/api/accounts/v1/numbers", json={"n": "many"}, headers=bearer(ctx, SUPERVISOR))

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"] == {"n": ["Not a valid integer."]}


def test_unknown_paths_and_methods_have_a_page_and_a_problem(client: FlaskClient) -> None:
    assert client.get("/nowhere").status_code == 404
    assert client.delete("/board").status_code == 405
    assert client.get("/api/accounts/v1/nowhere").content_type == "application/problem+json"


def test_a_refused_role_is_told_who_it_is(sign_in: SignIn) -> None:
    answer = sign_in(OFFICER).get("/board")

    assert answer.status_code == 403
    assert "Olu Officer, enforcement officer" in answer.get_data(as_text=True)


def test_somebody_who_is_called_like_their_role_is_not_told_it_twice(sign_in: SignIn) -> None:
    page = sign_in(replace(OFFICER, name="Enforcement officer")).get("/board").get_data(as_text=True)

    assert "You are signed in as Enforcement officer. Ask" in page


def test_an_error_page_is_drawn_even_when_the_store_cannot_say_who_asks(
    ctx: ServiceContext, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.errors import StoreUnavailable

    def gone(*_args: object) -> None:
        raise StoreUnavailable("gone")

    browser = sign_in(ADMIN)
    monkeypatch.setattr(type(ctx.store), "get", gone)

    assert browser.get("/board").status_code == 503


def test_a_prefix_may_have_a_format_of_its_own(ctx: ServiceContext) -> None:
    app = make_app(ctx)

    def as_text(problem: Problem) -> Response:
        return Response(f"code: {problem.status}", problem.status, content_type="text/plain")

    use_error_format(app, "/raise/", as_text)

    assert app.test_client().get("/raise/missing").get_data(as_text=True) == "code: 404"


def test_a_request_has_one_id_from_the_caller_or_of_our_own(client: FlaskClient) -> None:
    given = client.get("/cause", headers={"X-Request-ID": "0197-abc-def"})
    unfit = client.get("/cause", headers={"X-Request-ID": "<script>"})

    assert given.get_data(as_text=True) == given.headers["X-Request-ID"] == "0197-abc-def"
    assert unfit.get_data(as_text=True) == unfit.headers["X-Request-ID"] != "<script>"
