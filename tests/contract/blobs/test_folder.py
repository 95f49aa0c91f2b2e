"""What only folders have to get right: half-written files, damaged ones, and a file system that refuses."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.blobs import Corrupt
from shared.blobs.folder import FolderBlobs
from shared.errors import StoreUnavailable

PHOTO = b"photo" * 1000
KEY = hashlib.sha256(PHOTO).hexdigest()
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path, "reports")


def test_a_damaged_blob_is_never_given_out_and_healed_by_writing_it_again(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.put(PHOTO)
    path = tmp_path / "reports" / "blobs" / KEY[:2] / KEY
    path.write_bytes(PHOTO[:-1])

    with pytest.raises(Corrupt):
        blobs.get(KEY)
    blobs.put(PHOTO)

    assert blobs.get(KEY) == PHOTO


def test_a_damaged_parcel_is_neither_accepted_nor_removed(blobs: FolderBlobs, tmp_path: Path) -> None:
    FolderBlobs(tmp_path, "enforcement").hand_over("reports", PHOTO)
    parcel = tmp_path / "reports" / "handover" / KEY
    parcel.write_bytes(b"forged")

    with pytest.raises(Corrupt):
        blobs.accept(KEY)
    with pytest.raises(Corrupt):
        FolderBlobs(tmp_path, "enforcement").hand_over("reports", PHOTO)

    assert parcel.exists()
    assert not blobs.exists(KEY)


def test_a_parcel_accepted_by_a_process_that_died_before_removing_it_is_removed_by_the_next(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    FolderBlobs(tmp_path, "enforcement").hand_over("reports", PHOTO)
    blobs.put(PHOTO)

    assert blobs.accept(KEY) == PHOTO

    assert list((tmp_path / "reports" / "handover").iterdir()) == []


def test_a_process_killed_while_writing_leaves_no_blob_and_its_rest_is_swept(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    killed_before_the_rename = (
        "import os, pathlib, sys; from shared.blobs.folder import FolderBlobs;"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), 9);"
        "FolderBlobs(pathlib.Path(sys.argv[1]), 'reports').put(b'photo' * 1000)"
    )
    died = subprocess.run([sys.executable, "-c", killed_before_the_rename, str(tmp_path)], check=False)
    rest = list((tmp_path / "reports" / "blobs").rglob(".writing-*"))

    assert (died.returncode, len(rest), blobs.exists(KEY)) == (-9, 1, False)
    assert list(blobs.keys(written_before=TOMORROW)) == []
    assert not rest[0].exists()


def test_nothing_temporary_is_left_behind(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.put(PHOTO)
    blobs.hand_over("enforcement", PHOTO)
    blobs.ping()

    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == [f"enforcement/handover/{KEY}", f"reports/blobs/{KEY[:2]}/{KEY}"]


def test_file_and_folder_are_synced_before_the_key_is_given(
    blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").resolve().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    blobs.put(PHOTO)

    assert synced[0].startswith(".writing-")
    assert synced[1:3] == [KEY[:2], "blobs"]


def test_only_this_system_s_user_can_read_blobs(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.put(PHOTO)

    assert (tmp_path / "reports" / "blobs" / KEY[:2] / KEY).stat().st_mode & 0o077 == 0


def test_a_file_system_that_refuses_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blobs = FolderBlobs(tmp_path / "file", "reports")

    with pytest.raises(StoreUnavailable):
        blobs.put(PHOTO)
    with pytest.raises(StoreUnavailable):
        blobs.ping()
    with pytest.raises(StoreUnavailable):
        blobs.hand_over("enforcement", PHOTO)
