"""A backup holds everything, is whole or refused, and is restored into an empty place only."""

import json
import sqlite3
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from shared.backup import MANIFEST, back_up, restore
from shared.blobs import open_blobs
from shared.bus.documents import relay_position
from shared.config import Settings
from shared.errors import ConfigError, StoreUnavailable, StreetsceneError
from shared.processes import open_context, write_clock
from shared.store import Collection, open_store
from shared.web.keys import ensure_keys

THINGS = (Collection("things"),)


def settings_of(data: Path, **environment: str) -> Settings:
    return Settings.from_env({"STREETSCENE_DATA": str(data), **environment})


def fill(settings: Settings) -> str:
    """Make two stores, blobs, keys and credentials; return the key of a blob."""
    ensure_keys(settings)
    for service in ("reports", "tonnage"):
        store = open_store(settings.store_url, service, THINGS)
        store.insert("things", {"_id": f"of {service}"})
        store.close()
    (settings.data / "credentials.json").write_text("{}")
    (settings.data / "logs").mkdir()
    (settings.data / "logs" / "web.log").write_text("not kept")
    open_blobs(settings.blob_url, "reports").hand_over("enforcement", b"parcel")
    return open_blobs(settings.blob_url, "reports").put(b"photo")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return settings_of(tmp_path / "data")


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz"])
def test_what_is_restored_is_what_was_backed_up(settings, tmp_path, name):
    key = fill(settings)
    other = settings_of(tmp_path / "other")

    made = back_up(settings, tmp_path / name)
    restored = restore(other, tmp_path / name)

    assert (restored.files, restored.taken_at) == (made.files, made.taken_at)
    for service in ("reports", "tonnage"):
        store = open_store(other.store_url, service, THINGS)
        assert store.get("things", f"of {service}") is not None
        store.close()
    assert open_blobs(other.blob_url, "reports").get(key) == b"photo"
    assert len(list((other.data / "blobs" / "enforcement" / "handover").iterdir())) == 1
    assert ensure_keys(other).secret == ensure_keys(settings).secret
    assert {path.name for path in other.data.iterdir()} == {"store", "blobs", "keys", "credentials.json"}
    assert (other.data / "keys" / "secret.key").stat().st_mode & 0o077 == 0
    assert (other.data / "keys").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz"])
def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(settings, tmp_path, name):
    fill(settings)
    place = tmp_path / "backups"
    place.mkdir()

    back_up(settings, place / name)

    assert (place / name).stat().st_mode & 0o077 == 0
    assert [path.name for path in place.iterdir()] == [name]


def test_a_writer_of_one_store_waits_for_nobody_while_files_are_copied(settings, tmp_path, monkeypatch):
    fill(settings)
    from shared.store import sqlite_backup

    copy = sqlite_backup._copy
    store = open_store(settings.store_url, "tonnage", THINGS)

    def write_first(reader: sqlite3.Connection, path: Path) -> None:
        store.insert("things", {"_id": f"while {path.name} is copied"})
        copy(reader, path)

    monkeypatch.setattr(sqlite_backup, "_copy", write_first)

    back_up(settings, tmp_path / "copy")

    # Both were written after the one instant that the copies are of.
    with sqlite3.connect(tmp_path / "copy" / "store" / "tonnage.sqlite3") as copied:
        assert copied.execute("SELECT _id FROM things").fetchall() == [("of tonnage",)]
    copied.close()
    store.close()


def test_the_council_clock_of_a_demonstration_is_kept(settings, tmp_path):
    from shared.clock import ClockSetting, machine_now
    from shared.processes import DEMO_COLLECTIONS, DEMO_STORE, read_clock

    fill(settings)
    setting = ClockSetting(machine_now(), machine_now(), 20)
    store = open_store(settings.store_url, DEMO_STORE, DEMO_COLLECTIONS)
    write_clock(store, setting)
    store.close()

    back_up(settings, tmp_path / "copy")
    restore(other := settings_of(tmp_path / "other"), tmp_path / "copy")

    store = open_store(other.store_url, DEMO_STORE, DEMO_COLLECTIONS)
    assert read_clock(store).speed == 20
    store.close()


def test_keys_that_lie_elsewhere_are_left_to_their_keeper(settings, tmp_path):
    fill(settings)
    elsewhere = replace(settings, secret_key_file=tmp_path / "etc" / "secret.key")

    back_up(elsewhere, tmp_path / "copy")

    assert not (tmp_path / "copy" / "keys").exists()


@pytest.mark.parametrize("occupied", ["store/x.sqlite3", "blobs/reports/x", "keys/secret.key", "credentials.json"])
def test_nothing_is_restored_over_data(settings, tmp_path, occupied):
    fill(settings)
    back_up(settings, tmp_path / "copy")
    file = tmp_path / "other" / occupied
    file.parent.mkdir(parents=True)
    file.write_text("mine")

    with pytest.raises(ConfigError, match="there are data already"):
        restore(settings_of(tmp_path / "other"), tmp_path / "copy")

    assert [path for path in (tmp_path / "other").rglob("*") if path.is_file()] == [file]


def test_a_backup_is_never_written_over_another(settings, tmp_path):
    fill(settings)
    back_up(settings, tmp_path / "copy")

    with pytest.raises(ConfigError, match="exists already"):
        back_up(settings, tmp_path / "copy")


def test_a_damaged_backup_is_refused_before_anything_is_restored(settings, tmp_path):
    fill(settings)
    back_up(settings, tmp_path / "copy")
    file = tmp_path / "copy" / "store" / "reports.sqlite3"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    with pytest.raises(StreetsceneError, match=r"damaged: store/reports\.sqlite3"):
        restore(settings_of(tmp_path / "other"), tmp_path / "copy")

    assert not (tmp_path / "other").exists()


def test_a_backup_without_its_manifest_is_none(settings, tmp_path):
    fill(settings)
    back_up(settings, tmp_path / "copy")
    (tmp_path / "copy" / MANIFEST).unlink()

    with pytest.raises(ConfigError, match="not a whole backup"):
        restore(settings_of(tmp_path / "other"), tmp_path / "copy")


def test_a_backup_of_a_later_format_is_refused(settings, tmp_path):
    fill(settings)
    back_up(settings, tmp_path / "copy")
    manifest = tmp_path / "copy" / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 2}))

    with pytest.raises(ConfigError, match="format 2"):
        restore(settings_of(tmp_path / "other"), tmp_path / "copy")


def test_an_archive_that_leads_out_of_its_folder_is_refused(settings, tmp_path):
    (tmp_path / "stray").write_text("stray")
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "stray", arcname="../stray")

    with pytest.raises(ConfigError, match="not a backup"):
        restore(settings, tmp_path / "evil.tar.gz")


def test_a_file_that_is_no_archive_is_refused(settings, tmp_path):
    (tmp_path / "notes.txt").write_text("notes")

    with pytest.raises(ConfigError, match="not a backup"):
        restore(settings, tmp_path / "notes.txt")


def test_there_is_nothing_to_back_up_before_the_first_start(settings, tmp_path):
    with pytest.raises(StoreUnavailable, match="no store"):
        back_up(settings, tmp_path / "copy")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "url", "what"),
    [("STREETSCENE_STORE_URL", "mongodb://mongo/x", "MongoDB"), ("STREETSCENE_BLOB_URL", "s3://bucket", "S3")],
)
def test_other_stores_have_tools_of_their_own(tmp_path, variable, url, what):
    settings = settings_of(tmp_path / "data", **{variable: url})

    with pytest.raises(ConfigError, match=f"back up {what} with its own tools"):
        back_up(settings, tmp_path / "copy")
    with pytest.raises(ConfigError, match=f"back up {what} with its own tools"):
        restore(settings, tmp_path / "copy")


@pytest.mark.parametrize(("bus", "position"), [("memory://", 7), ("amqp://broker/", 0)])
def test_with_a_broker_every_log_is_published_again(settings, tmp_path, bus, position):
    from shared.bus.documents import CURSOR, RELAY

    ensure_keys(settings)
    context = open_context("reports", settings)
    context.store.write_many(RELAY.name, [{"_id": CURSOR, "position": 7}])
    context.store.close()
    back_up(settings, tmp_path / "copy")
    other = settings_of(tmp_path / "other", STREETSCENE_BUS_URL=bus)

    restore(other, tmp_path / "copy")

    context = open_context("reports", other)
    assert relay_position(context.store) == position
    context.store.close()
