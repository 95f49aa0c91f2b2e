"""A copy of everything that an installation on SQLite and folders keeps, and a data folder made from it.

The stores (documents, event logs, progress, all in the same files) are copied as of one instant; see
`shared/store/sqlite_backup.py`. Blobs are named by their content and written before the document that names them, so
copying them afterwards gets every one that the stores know. A manifest with checksums is written last: a backup without
one is not whole.
"""

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit

from shared.blobs.folder import UNFINISHED
from shared.clock import machine_now
from shared.config import SERVICES, Settings
from shared.errors import ConfigError, StreetsceneError
from shared.store.sqlite_backup import copy_at_one_instant

MANIFEST = "manifest.json"
FORMAT = 1
ARCHIVE_SUFFIX = ".tar.gz"

STORES, BLOBS, HANDOVER = "store", "blobs", "handover"

OWN_TOOLS = (
    "backup and restore are for SQLite and folders: back up {what} with its own tools "
    "(mongodump --oplog, versioned buckets), and the keys beside STREETSCENE_SECRET_KEY_FILE with them"
)


@dataclass(frozen=True)
class Backup:
    """What a backup holds."""

    path: Path
    taken_at: str
    files: int
    size: int


def back_up(settings: Settings, path: Path) -> Backup:
    """Write a backup to a new folder, or to a new file whose name ends in `.tar.gz`; the system may be running.

    Raises `ConfigError` for other stores or where something is at the path, `StoreUnavailable` where a store can't be
    read.
    """
    parts = _parts(settings)
    if path.exists():
        raise ConfigError(f"{path} exists already: a backup is written to a new place")
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that it appears there whole or not at all; for its owner alone, as it holds the keys.
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        making = Path(folder) / "backup"
        making.mkdir(mode=0o700)
        manifest = _write(parts, making)
        if path.name.endswith(ARCHIVE_SUFFIX):
            packed = Path(folder) / "packed"
            _pack(making, packed)
            packed.replace(path)
        else:
            making.replace(path)
    sizes = [file["size"] for file in manifest["files"].values()]
    return Backup(path, manifest["taken_at"], len(sizes), sum(sizes))


def restore(settings: Settings, path: Path) -> Backup:
    """Fill an empty data folder from a backup, verified.

    Where a broker carries the events, each service's whole log is published again after the restore: what was in the
    broker's queues at the backup's instant is in no backup, and consumers know what they have handled.
    Raises `ConfigError` where data are in the way or the backup is not one, `StreetsceneError` where it is damaged.
    """
    parts = _parts(settings)
    occupied = [str(target) for target in parts.values() if _is_occupied(target)]
    if occupied:
        raise ConfigError(f"there are data already ({', '.join(occupied)}): restore into an empty data folder")
    with _unpacked(path) as folder:
        manifest = _verified(folder)
        # The stores come last: whoever looks for data looks for them.
        for name in sorted(parts, key=lambda part: part == STORES):
            if (folder / name).exists():
                _put(folder / name, parts[name])
    if not settings.bus_url.startswith("memory:"):
        _publish_again(settings)
    sizes = [file["size"] for file in manifest["files"].values()]
    return Backup(path, manifest["taken_at"], len(sizes), sum(sizes))


def _parts(settings: Settings) -> dict[str, Path]:
    """Return what an installation consists of, by its name in a backup; raises `ConfigError` for other stores."""
    if not settings.store_url.startswith("sqlite:"):
        raise ConfigError(OWN_TOOLS.format(what="MongoDB"))
    if not settings.blob_url.startswith("file:"):
        raise ConfigError(OWN_TOOLS.format(what="S3"))
    # Keys that somebody has put elsewhere are kept by whoever put them there.
    keys = settings.secret_key_file.parent
    return {
        STORES: _folder(settings.store_url),
        BLOBS: _folder(settings.blob_url),
        **({"keys": keys} if keys.is_relative_to(settings.data) and keys != settings.data else {}),
        "boundaries": settings.boundaries,
        "gazetteer": settings.gazetteer,
        "archive": settings.data / "archive",
        "credentials.json": settings.data / "credentials.json",
    }


def _folder(url: str) -> Path:
    """Return the folder of a store's or blobs' URL."""
    parts = urlsplit(url)
    return Path(unquote(f"{parts.netloc}{parts.path}"))


def _write(parts: Mapping[str, Path], making: Path) -> dict[str, Any]:
    """Copy every part and describe what was copied."""
    taken_at = machine_now().isoformat(timespec="milliseconds")
    copy_at_one_instant(parts[STORES], making / STORES)
    for name, source in parts.items():
        if name != STORES and source.exists():
            _copy_part(source, making / name)
    manifest = {
        "format": FORMAT,
        "version": version("streetscene"),
        "taken_at": taken_at,
        "files": {str(file.relative_to(making)): _described(file) for file in _files(making)},
    }
    (making / MANIFEST).write_text(json.dumps(manifest, indent=1))
    _sync(making / MANIFEST)
    return manifest


def _copy_part(source: Path, target: Path) -> None:
    """Copy a file or folder; parcels first, because a parcel moves from `handover` to its receiver's blobs."""
    if source.is_file():
        shutil.copy2(source, target)
        return
    for file in sorted(_files(source), key=lambda file: HANDOVER not in file.parts):
        if file.name.startswith((UNFINISHED, ".")):
            continue
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(file, copy)
        except FileNotFoundError:
            continue  # deleted meanwhile: by retention, or moved to where it is copied from next
    if target.exists():
        shutil.copystat(source, target)


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _described(file: Path) -> dict[str, str | int]:
    """Return a file's checksum and size."""
    with file.open("rb") as content:
        return {"sha256": hashlib.file_digest(content, "sha256").hexdigest(), "size": file.stat().st_size}


def _pack(folder: Path, file: Path) -> None:
    """Pack a folder into an archive that only its owner may read."""
    file.touch(mode=0o600)
    with tarfile.open(file, "w:gz", compresslevel=3) as archive:
        archive.add(folder, arcname=".")
    _sync(file)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """Give the folder of a backup, unpacked where it is a file; raises `ConfigError` where it is none."""
    if path.is_dir():
        yield path
        return
    with TemporaryDirectory(prefix="streetscene-restore-") as folder:
        try:
            with tarfile.open(path, "r:gz") as archive:
                _extract(archive, Path(folder).resolve())
        except (OSError, tarfile.TarError) as error:
            raise ConfigError(f"{path} is not a backup: {error}") from error
        yield Path(folder)


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack plain files and folders; raises `tarfile.TarError` for anything else, and for a way out of the folder."""
    for member in archive:
        target = (folder / member.name).resolve()
        if not target.is_relative_to(folder) or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} does not belong into one")
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            with target.open("wb") as file:
                shutil.copyfileobj(cast("IO[bytes]", archive.extractfile(member)), file)
        target.chmod(member.mode & 0o777)


def _verified(folder: Path) -> dict[str, Any]:
    """Return the manifest of a backup whose files are those that it lists; raises `ConfigError`, `StreetsceneError`."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder} is not a whole backup: its {MANIFEST} can't be read") from error
    if manifest["format"] != FORMAT:
        raise ConfigError(f"this backup has format {manifest['format']}, and this version reads {FORMAT}")
    found = {str(file.relative_to(folder)): _described(file) for file in _files(folder) if file.name != MANIFEST}
    wrong = sorted(name for name in found.keys() | manifest["files"] if found.get(name) != manifest["files"].get(name))
    if wrong:
        raise StreetsceneError(f"the backup is damaged: {', '.join(wrong[:3])}")
    return dict(manifest)


def _is_occupied(target: Path) -> bool:
    """Say whether there is anything at a part's place."""
    return target.is_file() or (target.is_dir() and any(target.iterdir()))


def _put(source: Path, target: Path) -> None:
    """Copy a part to its place, where it appears whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.restoring")
    if source.is_file():
        shutil.copy2(source, beside)
    else:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(source, beside)
        if target.is_dir():
            target.rmdir()
    for file in (beside, *beside.rglob("*")):
        _sync(file)
    beside.replace(target)
    _sync(target.parent)


def _publish_again(settings: Settings) -> None:
    """Set every relay back to the beginning of its log."""
    # Opens stores: only where a restore has made them.
    from shared.bus.documents import CURSOR, RELAY
    from shared.processes import open_contexts

    with open_contexts(SERVICES, settings) as contexts:
        for context in contexts.values():
            context.store.write_many(RELAY.name, [{"_id": CURSOR, "position": 0}])


def _sync(path: Path) -> None:
    """Make a file or a folder's entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
