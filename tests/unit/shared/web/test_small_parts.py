"""Forms, links, idempotency, pagination, uploads, filters, routes, assets, API keys."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields
from werkzeug.datastructures import FileStorage, MultiDict

from shared.errors import DomainError
from shared.service import ServiceContext
from shared.web import assets, uploads
from shared.web.api_keys import make_api_key, read_api_key
from shared.web.filters import (
    kg,
    local_clock,
    local_date,
    local_time,
    local_weekday,
    plain,
    pounds,
    state_words,
    tonnes,
)
from shared.web.forms import Form, choice, read_date, read_form, read_local_instant, text
from shared.web.keys import Keys, ensure_keys
from shared.web.links import read_link, sign_link
from shared.web.navigation import places_for, start_page
from shared.web.pagination import next_url, page_request
from shared.web.routes import service_of
from tests.unit.shared.web.conftest import ADMIN, OFFICER, SUPERVISOR, WALL, bearer, csrf_token


class TipForm(Form):
    street = text("Enter the street.", longest=10)
    size = choice("Choose how much there is.", ("car-boot", "tipper"))
    note = text("", required=False)
    seen = fields.List(fields.String())


def test_a_form_gives_clean_values() -> None:
    typed = MultiDict(
        [("street", "  Lodge La "), ("size", "tipper"), ("seen", "a"), ("seen", "b"), ("csrf_token", "x")]
    )

    assert read_form(TipForm, typed) == (
        {"street": "Lodge La", "size": "tipper", "note": None, "seen": ["a", "b"]},
        {},
    )


def test_a_form_gives_messages_by_field() -> None:
    _, errors = read_form(TipForm, MultiDict([("street", " "), ("size", "a mountain")]))

    assert errors == {"street": ["Enter the street."], "size": ["Choose how much there is."]}


def test_text_that_is_too_long_is_told_by_how_much() -> None:
    _, errors = read_form(TipForm, {"street": "x" * 11, "size": "tipper"})

    assert errors == {"street": ["Use 10 characters or fewer; this is 11."]}


def test_dates_are_read_from_three_fields_and_times_as_london() -> None:
    assert read_date({"on-day": "29", "on-month": "3", "on-year": "2026"}, "on", "?") == date(2026, 3, 29)
    assert read_local_instant("2026-07-01T09:30", "at", "?").astimezone(UTC) == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    with pytest.raises(DomainError, match="real date"):
        read_date({"on-day": "31", "on-month": "2", "on-year": "2026"}, "on", "Enter a real date.")
    with pytest.raises(DomainError, match="when"):
        read_local_instant("yesterday", "at", "Say when.")


def test_a_signed_link_is_for_one_purpose(ctx: ServiceContext) -> None:
    token = sign_link(ctx, "still-there", "r-1")

    assert read_link(ctx, "still-there", token, 60) == "r-1"
    with pytest.raises(DomainError, match="not complete"):
        read_link(ctx, "feedback", token, 60)
    with pytest.raises(DomainError, match="not complete"):
        read_link(ctx, "still-there", token[:-2], 60)
    with pytest.raises(DomainError, match="expired"):
        read_link(ctx, "still-there", token, -1)


def test_the_same_key_is_the_same_key_and_a_programs_keys_are_its_own(client: FlaskClient, ctx: ServiceContext) -> None:
    data = {"csrf_token": csrf_token(client)}
    first = client.post("/key", data=data, headers={"Idempotency-Key": "1"}).get_data()

    assert client.post("/key", data=data, headers={"Idempotency-Key": "1"}).get_data() == first
    assert client.post("/key", data={**data, "idempotency_key": "1"}).get_data() == first
    assert client.post("/key", data=data, headers={"Idempotency-Key": "2"}).get_data() != first
    assert client.post("/key", data=data).get_data() != client.post("/key", data=data).get_data()


def test_an_unfit_idempotency_key_is_refused(client: FlaskClient) -> None:
    data = {"csrf_token": csrf_token(client)}

    assert client.post("/key", data=data, headers={"Idempotency-Key": "x" * 201}).status_code == 400


def test_the_next_page_keeps_what_was_asked_for(app: Flask) -> None:
    with app.test_request_context("/list?state=open&limit=5&after=old"):
        assert (page_request().limit, page_request().after) == (5, "old")
        assert next_url("new") == "/list?state=open&limit=5&after=new"
        assert next_url(None) is None
    with app.test_request_context("/list?limit=&cursor=old"):
        assert (page_request().limit, page_request().after) == (50, "old")
        assert next_url("new") == "/list?limit=&after=new"
    with app.test_request_context("/list?limit=5000"), pytest.raises(DomainError, match="1 to 200"):
        page_request()


def test_a_photo_must_be_there_and_not_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAXIMUM_PHOTO_BYTES", 4)

    assert uploads.read_photo(FileStorage(io.BytesIO(b"1234"))) == b"1234"
    assert uploads.read_optional_photo(FileStorage(io.BytesIO(b""))) is None
    with pytest.raises(DomainError, match="Choose a photo"):
        uploads.read_photo(None)
    with pytest.raises(DomainError, match="smaller than"):
        uploads.read_photo(FileStorage(io.BytesIO(b"12345")))


SUMMER = datetime(2026, 7, 1, 14, 5, tzinfo=UTC)
WINTER = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)


def test_times_are_told_as_in_london() -> None:
    assert "1 July 2026 at 3:05pm" in local_time(SUMMER)
    assert 'datetime="2026-07-01T14:05:00Z"' in local_time(SUMMER)
    assert "at midday" in local_time(WINTER)
    assert ">9am<" in local_clock(WINTER.replace(hour=9))
    assert "25 December 2026" in local_date(date(2026, 12, 25))
    assert "Friday 25 December 2026" in local_weekday(date(2026, 12, 25))
    assert "2 July 2026" in local_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert local_time(None) == local_date(None) == "–"


def test_weights_and_money_are_told_in_words() -> None:
    assert (kg(1200), kg(None)) == ("1,200 kg", "–")
    assert tonnes(1234) == "1.23 tonnes"
    assert (pounds(40_000), pounds(100_050), pounds(-5), pounds(None)) == ("£400", "£1,000.50", "−£0.05", "–")


def test_codes_are_told_in_plain_words() -> None:
    assert plain("size", "car-boot") == "Up to a car boot full"
    assert plain("priority", 1) == "Urgent"
    assert plain("role", "officer") == "Enforcement officer"
    assert plain("report", "in-progress") == state_words("report", "in-progress") == "In progress"
    assert plain("waste_type", None) == "–"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "reports"),
        ("/report/FT-7K3MQ2XA", "reports"),
        ("/reporting", "reports"),
        ("/dispatch", "scheduling"),
        ("/dispatch/", "scheduling"),
        ("/api/scheduling/v1/jobs", "scheduling"),
        ("/operations/follow/FT-7K3MQ2XA", "operations"),
        ("/notice/abc", "enforcement"),
        ("/accounts/sign-in", "accounts"),
        ("//dispatch", "reports"),
    ],
)
def test_the_longest_prefix_says_whose_a_path_is(path: str, service: str) -> None:
    assert service_of(path) == service


def test_the_navigation_shows_each_role_its_places() -> None:
    assert [place.href for place in places_for(OFFICER)] == ["/enforcement", "/operations"]
    assert [place.href for place in places_for(WALL)] == ["/operations"]
    assert "/accounts/users" in [place.href for place in places_for(ADMIN)]
    assert [place.href for place in places_for(None)] == ["/", "/report", "/open-data"]
    assert (start_page(SUPERVISOR), start_page(ADMIN), start_page(WALL)) == (
        "/dispatch",
        "/accounts/users",
        "/operations",
    )


def test_built_files_are_named_by_content_and_kept_for_ever(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app-1.css").write_text("a{}" * 500)
    (tmp_path / "manifest.json").write_text('{"app.css": "app-1.css"}')
    (tmp_path / "other.txt").write_text("not ours to give")
    monkeypatch.setattr(assets, "BUILD", tmp_path)
    for cached in (assets.manifest, assets._built_names, assets._file):
        cached.cache_clear()

    plain_file = client.get("/static/app-1.css")
    small = client.get("/static/app-1.css", headers={"Accept-Encoding": "gzip"})

    assert assets.static_url("app.css") == "/static/app-1.css"
    assert plain_file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) < len(plain_file.data)
    for name in ("other.txt", "manifest.json", "../keys.py"):
        assert client.get(f"/static/{name}").status_code == 404
    for cached in (assets.manifest, assets._built_names, assets._file):
        cached.cache_clear()


def test_the_councils_colours_are_a_stylesheet(app: Flask, client: FlaskClient, ctx: ServiceContext) -> None:
    url = assets.council_stylesheet_url(ctx.council)

    assert f"--council-brand:{ctx.council.colours.brand};" in client.get(url).get_data(as_text=True)
    assert client.get("/static/council/000000000000.css").status_code == 404


def test_an_open311_key_proves_itself(ctx: ServiceContext) -> None:
    keys = ensure_keys(ctx.settings)
    key = make_api_key(keys, "01980000-0000-7000-8000-000000000001")

    assert len(key) < 60
    assert read_api_key(keys, key) == "01980000-0000-7000-8000-000000000001"
    assert read_api_key(keys, f" {key.upper()} ") == "01980000-0000-7000-8000-000000000001"
    for wrong in (key[:-1], key + "a", key.replace("a", "b", 1) if "a" in key[6:] else key[::-1], "", "ss311-é", "x"):
        assert read_api_key(keys, wrong) is None
    assert read_api_key(Keys("another secret of some length", keys.public), key) is None


def test_the_description_of_the_api_names_its_views_and_problems(client: FlaskClient) -> None:
    described = client.get("/api/accounts/v1/openapi.json").json

    assert described is not None
    assert "/api/accounts/v1/numbers" in described["paths"]
    assert "detail" in described["components"]["schemas"]["Problem"]["properties"]


def test_the_readiness_of_a_process_names_its_dependencies(
    client: FlaskClient, ctx: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/health/ready").json == {
        "status": "ready",
        "checks": {"accounts.store": "ok", "accounts.blobs": "ok"},
    }

    def gone(_self: object) -> None:
        raise OSError("mongodb://user:secret@host is gone")

    monkeypatch.setattr(type(ctx.blobs), "ping", gone)
    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "checks": {"accounts.store": "ok", "accounts.blobs": "OSError"}}


def test_requests_are_counted_by_rule_and_never_by_path(client: FlaskClient, ctx: ServiceContext) -> None:
    client.get("/mine/somebody-personal")
    client.get("/wp-login-somebody")

    exposition = client.get("/metrics").get_data(as_text=True)

    assert 'route="/mine/<user_id>"' in exposition
    assert "somebody" not in exposition
    assert bearer(ctx, SUPERVISOR)["Authorization"] not in exposition
