"""What a sealed file is, alike in folders and buckets: whole or absent, verified, and handed over once."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.blobs import Blobs, Corrupt, open_blobs
from shared.errors import ConfigError, NotFound

PHOTO = bytes(range(256)) * 100
KEY = hashlib.sha256(PHOTO).hexdigest()
TOMORROW = datetime.now(UTC) + timedelta(days=1)
Open = Callable[[str], Blobs]


def test_bytes_come_back_under_their_sha256(blobs: Blobs) -> None:
    key = blobs.put(PHOTO)

    assert key == KEY
    assert blobs.get(key) == PHOTO
    assert blobs.exists(key)


def test_nothing_is_a_file_too(blobs: Blobs) -> None:
    assert blobs.get(blobs.put(b"")) == b""


def test_the_same_bytes_again_change_nothing(blobs: Blobs) -> None:
    assert blobs.put(PHOTO) == blobs.put(PHOTO)
    assert list(blobs.keys(written_before=TOMORROW)) == [KEY]


def test_an_unknown_key_is_not_found(blobs: Blobs) -> None:
    assert not blobs.exists(KEY)
    with pytest.raises(NotFound):
        blobs.get(KEY)


def test_a_deleted_blob_is_gone_and_deleting_again_does_no_harm(blobs: Blobs) -> None:
    blobs.put(PHOTO)

    blobs.delete(KEY)
    blobs.delete(KEY)

    assert not blobs.exists(KEY)


def test_a_service_does_not_see_another_s_blobs(opened: Open) -> None:
    opened("reports").put(PHOTO)

    assert not opened("enforcement").exists(KEY)
    assert list(opened("enforcement").keys(written_before=TOMORROW)) == []


def test_only_blobs_older_than_an_instant_are_swept(blobs: Blobs) -> None:
    blobs.put(PHOTO)

    assert list(blobs.keys(written_before=datetime.now(UTC) - timedelta(minutes=1))) == []
    assert list(blobs.keys(written_before=TOMORROW)) == [KEY]


def test_writing_an_orphan_again_saves_it_from_the_sweep(blobs: Blobs) -> None:
    blobs.put(PHOTO)
    time.sleep(1.1)  # buckets keep whole seconds
    between = datetime.now(UTC).replace(microsecond=0)

    blobs.put(PHOTO)

    assert list(blobs.keys(written_before=between)) == []


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", KEY[:-1], KEY + "0", KEY.upper(), KEY[:-1] + "/", KEY[:-1] + "\n", KEY + "\n"]
)
def test_a_key_can_t_be_a_path(blobs: Blobs, key: str) -> None:
    for operation in (blobs.get, blobs.exists, blobs.delete, blobs.accept):
        with pytest.raises(TypeError):
            operation(key)


@pytest.mark.parametrize("service", ["", "..", "a/b", "/etc", "Reports", "reports\n"])
def test_a_service_can_t_be_a_path(opened: Open, blobs: Blobs, service: str) -> None:
    with pytest.raises(TypeError):
        opened(service)
    with pytest.raises(TypeError):
        blobs.hand_over(service, PHOTO)


def test_a_parcel_is_handed_over_and_accepted(opened: Open) -> None:
    reports, enforcement = opened("reports"), opened("enforcement")

    key = reports.hand_over("enforcement", PHOTO)

    assert key == KEY
    assert not enforcement.exists(key)
    assert enforcement.accept(key) == PHOTO
    assert enforcement.get(key) == PHOTO
    assert not reports.exists(key)


def test_a_parcel_may_be_handed_over_and_accepted_again(opened: Open) -> None:
    reports, enforcement = opened("reports"), opened("enforcement")
    reports.hand_over("enforcement", PHOTO)
    reports.hand_over("enforcement", PHOTO)

    accepted = [enforcement.accept(KEY), enforcement.accept(KEY)]
    reports.hand_over("enforcement", PHOTO)
    accepted.append(enforcement.accept(KEY))

    assert accepted == [PHOTO] * 3
    assert list(enforcement.keys(written_before=TOMORROW)) == [KEY]


def test_a_parcel_that_was_never_handed_over_is_not_found(opened: Open) -> None:
    with pytest.raises(NotFound):
        opened("enforcement").accept(KEY)


def test_a_parcel_for_another_service_is_not_found(opened: Open) -> None:
    opened("reports").hand_over("enforcement", PHOTO)

    with pytest.raises(NotFound):
        opened("tonnage").accept(KEY)


def test_blobs_that_can_be_read_and_written_answer_when_asked(blobs: Blobs) -> None:
    blobs.ping()

    assert list(blobs.keys(written_before=TOMORROW)) == []


@pytest.mark.parametrize("url", ["s3://", "ftp://host/x", "s3://bucket?colour=red"])
def test_a_wrong_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError):
        open_blobs(url, "reports")


def test_a_seal_is_what_its_bytes_say(blobs: Blobs) -> None:
    assert issubclass(Corrupt, Exception)
    assert blobs.put(PHOTO + b"!") != KEY
