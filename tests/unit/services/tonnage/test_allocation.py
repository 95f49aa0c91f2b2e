"""A lorry's weight is shared to the kilogram, by estimate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tonnage.domain.allocation import allocate

KILOGRAMS = st.integers(0, 60_000)


@given(net_kg=KILOGRAMS, estimates=st.lists(KILOGRAMS, min_size=1, max_size=40))
def test_the_shares_add_up_to_the_net_weight_exactly(net_kg, estimates):
    assert sum(allocate(net_kg, estimates)) == net_kg


@given(net_kg=KILOGRAMS, estimates=st.lists(KILOGRAMS, min_size=1, max_size=40).filter(any))
def test_every_share_is_within_a_kilogram_of_its_proportion(net_kg, estimates):
    shares = allocate(net_kg, estimates)

    total = sum(estimates)
    assert all(
        abs(share * total - net_kg * estimate) < total for share, estimate in zip(shares, estimates, strict=True)
    )


@given(net_kg=KILOGRAMS, estimates=st.lists(KILOGRAMS, min_size=1, max_size=40).filter(any))
def test_a_load_estimated_at_nothing_gets_nothing(net_kg, estimates):
    shares = allocate(net_kg, estimates)

    assert all(share == 0 for share, estimate in zip(shares, estimates, strict=True) if estimate == 0)


@given(net_kg=KILOGRAMS, count=st.integers(1, 40))
def test_loads_without_any_estimate_share_equally(net_kg, count):
    shares = allocate(net_kg, [0] * count)

    assert sum(shares) == net_kg
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("net_kg", "estimates", "expected"),
    [
        (620, [250, 60], [500, 120]),
        (100, [1, 1, 1], [34, 33, 33]),
        (10, [0, 0, 0], [4, 3, 3]),
        (0, [5, 5], [0, 0]),
        (7, [], []),
        (1, [1, 999], [0, 1]),
    ],
)
def test_known_loads(net_kg, estimates, expected):
    assert allocate(net_kg, estimates) == expected


@pytest.mark.parametrize(("net_kg", "estimates"), [(-1, [1]), (1, [-1])])
def test_nothing_weighs_less_than_nothing(net_kg, estimates):
    with pytest.raises(ValueError, match="never negative"):
        allocate(net_kg, estimates)
