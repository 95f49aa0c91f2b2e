"""The one-click sign-in of a demonstration: who gets in as whom, and that there is no such door anywhere else."""

import re

import pytest

from tests.builders import City

HERE = "http://127.0.0.1:8000"
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def city(tmp_path):
    city = City(tmp_path, services=("reports", "scheduling", "accounts"), demo=True)
    yield city
    for ctx in city.contexts.values():
        ctx.store.close()


def become(client, base_url=HERE, **form):
    page = client.get("/accounts/sign-in", base_url=base_url).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    return client.post(
        "/accounts/demonstration", data={"csrf_token": token, **form}, base_url=base_url, environ_overrides=LOCAL
    )


@pytest.mark.parametrize(
    ("role", "start"),
    [("supervisor", "/dispatch"), ("officer", "/enforcement"), ("crew", "/crew"), ("wall-viewer", "/operations")],
)
def test_a_visitor_becomes_one_of_the_made_people_with_one_click(city, role, start):
    response = become(city.client(), role=role, crew_id="crew-central-hit" if role == "crew" else "")

    assert (response.status_code, response.location) == (303, start)


def test_a_visitor_goes_to_the_page_that_was_asked_for_and_nowhere_else(city):
    assert become(city.client(), role="manager", next="/operations/follow/FT-1").location == "/operations/follow/FT-1"
    assert become(city.client(), role="manager", next="https://example.org/").location == "/triage"


def test_an_unknown_role_is_nobody(city):
    assert become(city.client(), role="mayor").status_code == 404


def test_without_the_forms_token_nothing_happens(city):
    response = city.client().post(
        "/accounts/demonstration", data={"role": "admin"}, base_url=HERE, environ_overrides=LOCAL
    )

    assert response.status_code == 400


def test_a_stranger_is_refused(city):
    assert become(city.client(), base_url="http://192.168.1.5:8000", role="admin").status_code == 403


def passed_on(city, by):
    client = city.client()
    page = client.get("/accounts/sign-in", base_url=HERE).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    return client.post(
        "/accounts/demonstration",
        data={"csrf_token": token, "role": "admin"},
        base_url=HERE,
        environ_overrides=LOCAL,
        headers={"X-Forwarded-For": by},
    )


def test_a_request_that_a_proxy_passed_on_is_refused(city):
    assert passed_on(city, "203.0.113.7").status_code == 403
    assert passed_on(city, "127.0.0.1").status_code == 403


@pytest.mark.parametrize(("by", "status"), [("127.0.0.1", 303), ("203.0.113.7", 403), ("127.0.0.1, 127.0.0.1", 403)])
def test_the_proxy_of_the_installation_is_believed_about_whom_it_speaks_for(tmp_path, by, status):
    city = City(tmp_path, services=("reports", "scheduling", "accounts"), demo=True, trusted_proxies=1)

    assert passed_on(city, by).status_code == status
    for ctx in city.contexts.values():
        ctx.store.close()


def test_there_is_no_such_door_without_a_demonstration(tmp_path):
    city = City(tmp_path, services=("reports", "scheduling", "accounts"), demo=False)

    assert become(city.client(), role="admin").status_code == 404
    for ctx in city.contexts.values():
        ctx.store.close()
