"""Aggregates by their ids, which come from addresses and forms."""

import pytest

from services.scheduling import store
from shared.errors import NotFound
from tests.builders import make_context


@pytest.mark.parametrize("nonsense", ["", "x" * 501, "\x00", "🚛"])
def test_what_can_be_no_id_is_the_id_of_nothing(tmp_path, nonsense):
    ctx = make_context("scheduling", tmp_path)
    crews = store.crews(ctx.store)

    assert crews.get(nonsense) is None
    with pytest.raises(NotFound):
        crews.require(nonsense)
    ctx.store.close()
