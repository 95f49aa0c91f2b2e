"""Crews of scheduling's register and their codes: the consumer `accounts.crews`, and what supervisors do with it."""

import re

import pytest
from flask import Flask

from services.accounts import crews, handlers
from services.accounts.subscriptions import CREWS
from shared.contracts.envelope import Cause, Event, decode, encode, make_event
from shared.contracts.scheduling import CrewChangedV1
from shared.errors import DomainError, InvalidEvent
from shared.service import ServiceContext
from tests.builders import TUESDAY_MORNING
from tests.unit.services.accounts.conftest import SignIn, send

NEW_CREW = "crew-night-1"


def changed(sequence: int, *, active: bool = True, kind: str = "street", crew_id: str = NEW_CREW) -> Event:
    state = {"crew_id": crew_id, "depot_id": "south", "kind": kind, "active": active}
    return make_event(
        CrewChangedV1.fact(), subject=crew_id, sequence=sequence, state=state, time=TUESDAY_MORNING, cause=Cause()
    )


def code_of(page: str) -> str:
    found = re.search(r'app-code--large">([^<]+)<', page)
    assert found is not None
    return found.group(1)


def test_a_crew_that_the_register_tells_of_can_have_a_code(ctx: ServiceContext) -> None:
    with pytest.raises(DomainError, match="Choose the crew"):
        handlers.issue_shift_code(ctx, crew_id=NEW_CREW)

    CREWS.handle(ctx, changed(1))
    _, code = handlers.issue_shift_code(ctx, crew_id=NEW_CREW)

    user = handlers.sign_in_with_code(ctx, code).user
    assert (user.scopes, user.roles) == ({"crew_id": NEW_CREW, "depot_id": "south"}, ("crew",))
    assert user.name == f"{NEW_CREW} (South depot (illustrative))"


def test_a_duplicate_event_changes_nothing(ctx: ServiceContext) -> None:
    CREWS.handle(ctx, changed(1))
    before = ctx.store.get("crews", NEW_CREW)

    CREWS.handle(ctx, changed(1))

    assert ctx.store.get("crews", NEW_CREW) == before


def test_an_older_event_that_comes_late_changes_nothing(ctx: ServiceContext) -> None:
    CREWS.handle(ctx, changed(2, active=False))
    CREWS.handle(ctx, changed(1))

    assert NEW_CREW not in crews.working_crews(ctx)


def test_an_event_that_does_not_fit_its_contract_never_reaches_the_handler() -> None:
    body = encode(changed(1)).replace(b'"active":true', b'"active":"perhaps so"')

    with pytest.raises(InvalidEvent):
        decode(body)


def test_a_contractor_gets_no_code(ctx: ServiceContext) -> None:
    CREWS.handle(ctx, changed(1, kind="contractor", crew_id="contractor-1"))

    with pytest.raises(DomainError, match="Choose the crew"):
        handlers.issue_shift_code(ctx, crew_id="contractor-1")


def test_the_codes_of_a_retired_crew_let_nobody_in_and_it_gets_no_other(ctx: ServiceContext) -> None:
    crew = ctx.council.crews[0]
    _, code = handlers.issue_shift_code(ctx, crew_id=crew.id)

    CREWS.handle(ctx, changed(1, active=False, crew_id=crew.id))

    with pytest.raises(DomainError, match="not valid"):
        handlers.sign_in_with_code(ctx, code)
    with pytest.raises(DomainError, match="Choose the crew"):
        handlers.issue_shift_code(ctx, crew_id=crew.id)


def test_a_supervisor_comes_from_the_crews_page_and_issues_its_code(
    ctx: ServiceContext, app: Flask, sign_in: SignIn
) -> None:
    CREWS.handle(ctx, changed(1))
    supervisor = sign_in("supervisor")

    offered = supervisor.get(f"/accounts/shift-codes?crew_id={NEW_CREW}").get_data(as_text=True)
    page = send(supervisor, "/accounts/shift-codes", {"crew_id": NEW_CREW, "hours": "8"}).get_data(as_text=True)
    phone = app.test_client()

    assert f'<option value="{NEW_CREW}" selected' in offered
    assert send(phone, "/accounts/shift", {"code": code_of(page)}).status_code == 303
    identity = phone.get("/api/accounts/v1/me").json
    assert identity is not None
    assert identity["scopes"]["crew_id"] == NEW_CREW
