import pytest

from shared.texts import Language, speaking
from tests.unit.services.pseudo import Pseudo


@pytest.fixture
def pseudo():
    """Speak the made language. Dates come in Welsh, so that a month written by hand is found too."""
    with speaking(Language("cy_GB", Pseudo())):
        yield
