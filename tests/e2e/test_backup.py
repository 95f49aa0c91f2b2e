"""A backup taken under load, restored elsewhere, has all that senders had been told before it began, once.

`python -m tests.proof --window restore` does the same with more load and prints the table.
"""

import pytest

from tests.proof.restoring import prove_restore

pytestmark = pytest.mark.timeout(300)


def test_a_backup_under_load_has_all_that_was_told_before_it_began(tmp_path):
    proof = prove_restore(folder=tmp_path, clearances_before=8, clearances_after=1)

    assert proof.shortcomings() == []
    assert [row for row in proof.rows if not row.holds] == []
    assert len(proof.moment.told.completed) >= 8
