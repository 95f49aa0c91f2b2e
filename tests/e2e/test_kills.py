"""One kill in every window; `make proof` does five or more in each."""

import pytest

from tests.proof.kills import WINDOWS, prove_window
from tests.proof.seeding import prove_seeding


@pytest.mark.timeout(300)
@pytest.mark.parametrize("window", WINDOWS)
def test_a_kill_loses_nothing_and_repeats_no_effect(window, tmp_path):
    proof = prove_window(window, kills=1, folder=tmp_path)

    assert proof.ledger.problems == []
    assert [row for row in proof.rows if not row.holds] == []
    assert proof.ledger.reports


@pytest.mark.timeout(300)
def test_a_past_killed_half_way_is_made_again_whole(tmp_path):
    rows = prove_seeding(kills=1, folder=tmp_path)

    assert [row for row in rows if not row.holds] == []
