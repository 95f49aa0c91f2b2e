"""Who may ask SQLite to answer before the disk has it: the maker of a past, and no running system."""

import pytest

from shared.config import Settings
from shared.errors import ConfigError
from shared.store import open_store


def synchronous(store):
    return store._connections.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0])


def test_a_store_is_durable_unless_its_url_says_otherwise(tmp_path):
    durable = open_store(f"sqlite://{tmp_path}/a", "reports", ())
    hasty = open_store(f"sqlite://{tmp_path}/b?synchronous=off", "reports", ())

    assert (synchronous(durable), synchronous(hasty)) == (2, 0)
    assert (tmp_path / "b" / "reports.sqlite3").exists()
    durable.close()
    hasty.close()


def test_anything_else_after_the_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="synchronous=off and nothing else"):
        open_store(f"sqlite://{tmp_path}?mode=memory", "reports", ())


def test_no_system_can_be_started_on_a_store_that_forgets(tmp_path):
    with pytest.raises(ConfigError, match="must be durable"):
        Settings.from_env({"STREETSCENE_STORE_URL": f"sqlite://{tmp_path}?synchronous=off"})
