"""Everything green runs in patched processes of its own; pytest stays as it is."""

import pytest

from tests.servers.toy_workers import Toys


@pytest.fixture
def embedded(tmp_path):
    """Return the toy services on the embedded bus."""
    found = Toys(tmp_path, "memory://")
    yield found
    found.close()
