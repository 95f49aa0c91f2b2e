from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.accounts.domain import credential as credentials
from services.accounts.domain.credential import CODE_ALPHABET, SHIFT_CODE, WALL_LINK, Credential
from services.accounts.secrets import new_shift_code
from shared.errors import DomainError

NOW = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)


def make_credential(**changes: Any) -> Credential:
    asked = {
        "kind": SHIFT_CODE,
        "digest": "d",
        "role": "crew",
        "label": "",
        "lifetime": timedelta(hours=14),
        "at": NOW,
        "by": None,
        "crew_id": "crew-north-1",
        **changes,
    }
    return credentials.new_credential("c-1", **asked)


def test_a_code_holds_for_its_shift_and_no_longer() -> None:
    credential = make_credential()

    assert credentials.holds(credential, NOW)
    assert not credentials.holds(credential, NOW + timedelta(hours=14))


def test_a_session_never_outlives_its_credential() -> None:
    credential = make_credential()

    assert credentials.remaining(credential, NOW, timedelta(hours=12)) == timedelta(hours=12)
    assert credentials.remaining(credential, NOW + timedelta(hours=13), timedelta(hours=12)) == timedelta(hours=1)


def test_a_revoked_credential_holds_no_more_and_says_so_once() -> None:
    revoked, facts = credentials.revoked(make_credential(), NOW)

    assert not credentials.holds(revoked, NOW)
    assert [fact.contract.type for fact in facts] == ["user.changed.v1"]
    assert credentials.public_state(revoked) == {"user_id": "c-1", "active": False, "refuse_before": NOW}
    assert credentials.revoked(revoked, NOW + timedelta(hours=1)) == (revoked, [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"crew_id": None}, "crew_id"),
        ({"role": "king", "kind": WALL_LINK}, "role"),
        ({"lifetime": timedelta(0)}, "days"),
        ({"lifetime": timedelta(days=4000)}, "days"),
    ],
)
def test_an_unfit_credential_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        make_credential(**changes)

    assert refused.value.field == field


def test_a_code_is_read_as_people_type_it() -> None:
    assert credentials.normalise_code(" 7km3 - qx2d ") == "7KM3QX2D"
    assert credentials.written_code("7KM3QX2D") == "7KM3-QX2D"


def test_codes_have_no_vowels_and_nothing_to_mistake() -> None:
    code = new_shift_code()

    assert len(code) == 8
    assert set(code) <= set(CODE_ALPHABET)
    assert set(CODE_ALPHABET).isdisjoint("AEIOUL01")
