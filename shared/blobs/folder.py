"""Blobs in folders: `<root>/<service>/blobs/<ab>/<key>`, and parcels for it in `<root>/<service>/handover/<key>`.

A file appears under its name complete and durable, or not at all: it is written beside, synced, renamed, and the folder
is synced. Writing the same bytes again renews the file's time, so that the sweep of orphans never takes a blob that
somebody is about to name.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from shared.blobs.port import Corrupt, check_key, check_service, key_of, verified
from shared.errors import NotFound, StoreUnavailable

UNFINISHED = ".writing-"


class FolderBlobs:
    """One service's blobs below a folder that all services of this machine share."""

    def __init__(self, root: Path, service: str) -> None:
        self.service = check_service(service)
        self._root = root
        self._own = root / service / "blobs"

    def put(self, content: bytes) -> str:
        """Store bytes durably and return their SHA-256 in hex, the key; the same bytes again change nothing."""
        key = key_of(content)
        path = self._path(key)
        with _unavailable_on_os_error(path):
            if _read(path) == content:
                os.utime(path)
            else:
                self._write(path, content, once=False)
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes, verified against the key; raises `NotFound`, or `Corrupt` where they differ."""
        content = self._content(self._path(key))
        if content is None:
            raise NotFound("This file is no longer kept")
        return verified(key, content)

    def exists(self, key: str) -> bool:
        """Say whether the blob is there."""
        path = self._path(key)
        with _unavailable_on_os_error(path):
            return path.is_file()

    def delete(self, key: str) -> None:
        """Remove a blob (retention and sweeping only)."""
        path = self._path(key)
        with _unavailable_on_os_error(path):
            path.unlink(missing_ok=True)

    def keys(self, *, written_before: datetime) -> Iterator[str]:
        """Yield the keys of blobs written before an instant, for the sweep of orphans; what a crash left half goes."""
        with _unavailable_on_os_error(self._own):
            for path in sorted(self._own.glob("??/*")):
                with contextlib.suppress(FileNotFoundError):
                    if datetime.fromtimestamp(path.stat().st_mtime, UTC) >= written_before:
                        continue
                    if path.name.startswith(UNFINISHED):
                        path.unlink()
                    else:
                        yield path.name

    def hand_over(self, receiver: str, content: bytes) -> str:
        """Write a sealed parcel into another service's `handover/` prefix, once, and return its SHA-256."""
        key = key_of(content)
        path = self._handover(receiver, key)
        with _unavailable_on_os_error(path):
            try:
                self._write(path, content, once=True)
            except FileExistsError:
                if _read(path) not in {content, None}:
                    raise Corrupt(f"the parcel {key} handed over to {receiver} does not fit its seal") from None
        return key

    def accept(self, key: str) -> bytes:
        """Move a parcel from this service's `handover/` prefix into its own, verified; return its bytes.

        Its own copy is durable before the parcel is removed, so that a crash in between repeats and loses nothing.
        """
        handed_over = self._handover(self.service, check_key(key))
        content = self._content(self._path(key))
        if content is None:
            content = self._content(handed_over)
            if content is None:
                raise NotFound("No such parcel was handed over")
            self.put(verified(key, content))
        with _unavailable_on_os_error(handed_over):
            handed_over.unlink(missing_ok=True)
        return verified(key, content)

    def ping(self) -> None:
        """Prove that the blobs can be read and written; raises `StoreUnavailable`."""
        with _unavailable_on_os_error(self._own):
            self._own.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._own) as probe:
                probe.write(b"ping")

    def _path(self, key: str) -> Path:
        """Return where a blob of this service lies."""
        return self._own / check_key(key)[:2] / key

    def _handover(self, receiver: str, key: str) -> Path:
        """Return where a parcel for a service lies."""
        return self._root / check_service(receiver) / "handover" / key

    def _content(self, path: Path) -> bytes | None:
        """Return a file's bytes, or None where there is none."""
        with _unavailable_on_os_error(path):
            return _read(path)

    def _write(self, path: Path, content: bytes, *, once: bool) -> None:
        """Make a file appear whole and durable under its name; with `once`, raises `FileExistsError` if it is there."""
        made = _make_folder(path.parent)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if once:
                os.link(beside, path)
            else:
                Path(beside).replace(path)
        finally:
            Path(beside).unlink(missing_ok=True)
        for folder in (path.parent, *made):
            _sync_folder(folder)


def _read(path: Path) -> bytes | None:
    """Return a file's bytes, or None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and return the parents that gained an entry, which have to be synced too."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [parent.parent for parent in missing]


def _sync_folder(folder: Path) -> None:
    """Make a folder's entries survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _unavailable_on_os_error(path: Path) -> Iterator[None]:
    """Turn a file system's refusal into `StoreUnavailable`."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror or error}") from error
