"""Depots of scheduling's register: the consumer `accounts.depots`, and what an account can be narrowed to."""

import pytest

from services.accounts import store
from services.accounts.depots import working_depots
from services.accounts.subscriptions import DEPOTS
from shared.contracts.envelope import Cause, Event, decode, encode, make_event
from shared.contracts.scheduling import DepotChangedV1
from shared.errors import InvalidEvent
from shared.service import ServiceContext
from tests.builders import TUESDAY_MORNING
from tests.unit.services.accounts.conftest import SignIn, send


def changed(sequence: int, *, active: bool = True, depot_id: str = "docks") -> Event:
    state = {"depot_id": depot_id, "lat": 53.425, "lon": -2.996, "neighbourhoods": [], "active": active}
    return make_event(
        DepotChangedV1.fact(), subject=depot_id, sequence=sequence, state=state, time=TUESDAY_MORNING, cause=Cause()
    )


def test_a_depot_that_the_register_tells_of_can_be_chosen_by_its_id(ctx: ServiceContext, sign_in: SignIn) -> None:
    DEPOTS.handle(ctx, changed(1))
    admin = sign_in("admin")

    page = admin.get("/accounts/users/new").get_data(as_text=True)
    form = {"name": "Jo", "email": "jo@council.example", "roles": ["supervisor"], "depot_id": "docks"}
    made = send(admin, "/accounts/users/new", form)

    assert '<option value="docks">docks</option>' in page
    assert '<option value="north">North depot (illustrative)</option>' in page
    account = store.accounts(ctx.store).find_one({"email": "jo@council.example"})
    assert (made.status_code, account and account.scopes) == (200, {"depot_id": "docks"})


def test_a_duplicate_event_changes_nothing(ctx: ServiceContext) -> None:
    DEPOTS.handle(ctx, changed(1))
    before = ctx.store.get("depots", "docks")

    DEPOTS.handle(ctx, changed(1))

    assert ctx.store.get("depots", "docks") == before


def test_an_older_event_that_comes_late_changes_nothing(ctx: ServiceContext) -> None:
    DEPOTS.handle(ctx, changed(2, active=False))
    DEPOTS.handle(ctx, changed(1))

    assert "docks" not in working_depots(ctx)


def test_an_event_that_does_not_fit_its_contract_never_reaches_the_handler() -> None:
    body = encode(changed(1)).replace(b'"active":true', b'"active":"perhaps so"')

    with pytest.raises(InvalidEvent):
        decode(body)


def test_without_any_event_the_depots_are_those_of_the_configuration(ctx: ServiceContext) -> None:
    assert working_depots(ctx) == {depot.id: depot.name for depot in ctx.council.depots}


def test_an_account_of_a_retired_depot_stays_narrowed_to_it_when_it_is_saved(
    ctx: ServiceContext, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    form = {"name": "Jo", "email": "jo@council.example", "roles": ["supervisor"], "depot_id": "north"}
    send(admin, "/accounts/users/new", form)
    account = store.accounts(ctx.store).find_one({"email": "jo@council.example"})
    assert account is not None

    DEPOTS.handle(ctx, changed(2, active=False, depot_id="north"))
    offered = admin.get("/accounts/users/new").get_data(as_text=True)
    page = admin.get(f"/accounts/users/{account.id}").get_data(as_text=True)

    assert 'value="north"' not in offered
    assert '<option value="north" selected>North depot (illustrative)</option>' in page
