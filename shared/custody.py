"""The custody parcel: how evidence leaves one service and reaches another with its seal unbroken.

A parcel is a zip that anybody can open with ordinary tools, yet is written the same way every time: the same originals
give the same bytes, so the SHA-256 that names the blob and travels in the event is the seal of the whole. Inside, a
manifest lists the SHA-256 and size of every original, so that a single photograph can be proved on its own later, long
after it has left the zip. Nothing is compressed: photographs would not shrink, and an unpacked size that equals the
packed one leaves no room for a zip bomb. See docs/adr/0008-custody.md.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.clock import truncated
from shared.errors import DomainError

FORMAT = "streetscene.custody/1"
HOLDS = ("photos", "letter", "statement")

MAX_FILES = 20
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_PARCEL_BYTES = 60 * 1024 * 1024
"""More than a crew's phone can send in one go; less than what would hurt a worker's memory."""
MAX_STATEMENT_CHARACTERS = 20_000
MAX_MANIFEST_BYTES = 256 * 1024

MANIFEST_ENTRY = "manifest.json"
STATEMENT_ENTRY = "statement.txt"
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
REGULAR_FILE = 0o100644 << 16
UNIX = 3

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._()-]{0,99}$")
_MEDIA_TYPE = re.compile(r"^[a-z]+/[a-z0-9.+-]{1,60}$")
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9:._/-]{0,119}$")


class BrokenParcelError(DomainError):
    """The parcel is not what it says: damaged, changed after sealing, or never sealed by this system."""


@dataclass(frozen=True)
class ParcelFile:
    """One original, exactly as it was taken."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The original's own SHA-256, in hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Parcel:
    """What is handed over: originals or a witness's words, whose they are, and who sealed them when.

    `holds` is one of `HOLDS`; `sealed_by` is the id of a user or crew, or `reporter`, never a name.
    """

    holds: str
    report_id: str
    reference: str
    job_id: str | None
    statement: str | None
    files: tuple[ParcelFile, ...] = field(repr=False)
    sealed_at: datetime
    sealed_by: str


def seal(parcel: Parcel) -> bytes:
    """Return the parcel's bytes, the same for the same parcel; raises `DomainError` for what may not be sealed."""
    _check(parcel)
    statement = parcel.statement.encode() if parcel.statement is not None else None
    entries: dict[str, bytes] = {}
    listed = []
    for number, file in enumerate(parcel.files, start=1):
        path = _path(number, file.name)
        entries[path] = file.content
        listed.append(
            {
                "name": file.name,
                "media_type": file.media_type,
                "path": path,
                "bytes": len(file.content),
                "sha256": file.sha256,
            }
        )
    manifest = {
        "format": FORMAT,
        "holds": parcel.holds,
        "report_id": parcel.report_id,
        "reference": parcel.reference,
        "job_id": parcel.job_id,
        "sealed_at": truncated(parcel.sealed_at.astimezone(UTC)).isoformat(timespec="milliseconds"),
        "sealed_by": parcel.sealed_by,
        "statement": None
        if statement is None
        else {"path": STATEMENT_ENTRY, "bytes": len(statement), "sha256": hashlib.sha256(statement).hexdigest()},
        "files": listed,
    }
    if statement is not None:
        entries[STATEMENT_ENTRY] = statement
    return _zip({MANIFEST_ENTRY: json.dumps(manifest, sort_keys=True, indent=1).encode(), **entries})


def open_parcel(content: bytes) -> Parcel:
    """Return the parcel in sealed bytes, every part of it verified; raises `BrokenParcelError` with what is wrong."""
    entries = _unzip(content)
    manifest = _manifest(entries.pop(MANIFEST_ENTRY, None))
    try:
        parcel = _parcel(manifest, entries)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenParcelError(f"The parcel’s manifest is incomplete: {error!r}") from error
    if entries:
        raise BrokenParcelError(f"The parcel holds {min(entries)!r}, which its manifest does not list")
    try:
        _check(parcel)
    except BrokenParcelError:
        raise
    except DomainError as error:
        raise BrokenParcelError(error.message) from error
    return parcel


def _check(parcel: Parcel) -> None:
    """Refuse what may not be in a parcel, in words for the person who wanted it sealed."""
    if parcel.holds not in HOLDS:
        raise DomainError(f"A parcel holds {', '.join(HOLDS)}, not {parcel.holds!r}")
    if not parcel.files and not parcel.statement:
        raise DomainError("A parcel needs at least one file or a statement")
    if len(parcel.files) > MAX_FILES:
        raise DomainError(f"A parcel holds at most {MAX_FILES} files, not {len(parcel.files)}")
    if parcel.statement is not None and len(parcel.statement) > MAX_STATEMENT_CHARACTERS:
        raise DomainError(f"A statement has at most {MAX_STATEMENT_CHARACTERS:,} characters")
    if parcel.sealed_at.tzinfo is None:
        raise DomainError("The time of sealing needs its offset")
    _check_ids(parcel)
    for file in parcel.files:
        _check_file(file)
    if sum(len(file.content) for file in parcel.files) > MAX_PARCEL_BYTES - MAX_MANIFEST_BYTES:
        raise DomainError(f"The files are more than {MAX_PARCEL_BYTES // 1024 // 1024} MB together")


def _check_ids(parcel: Parcel) -> None:
    """Refuse anything but ids where ids belong: no name may travel on the outside of a parcel."""
    for name in ("report_id", "reference", "job_id", "sealed_by"):
        value = getattr(parcel, name)
        if not (_ID.match(value) if value is not None else name == "job_id"):
            raise DomainError(f"{name} of a parcel must be an id, not {value!r}")


def _check_file(file: ParcelFile) -> None:
    """Refuse a file that is empty, too large, or whose name could mislead whoever unpacks it."""
    if not _NAME.match(file.name) or ".." in file.name:
        raise DomainError(f"{file.name!r} can’t be a file name in a parcel")
    if not _MEDIA_TYPE.match(file.media_type):
        raise DomainError(f"{file.media_type!r} is not a media type")
    if not file.content:
        raise DomainError(f"{file.name} is empty")
    if len(file.content) > MAX_FILE_BYTES:
        raise DomainError(f"{file.name} is larger than {MAX_FILE_BYTES // 1024 // 1024} MB")


def _path(number: int, name: str) -> str:
    """Return where a file lies in the zip: numbered, so that two photos of one name are both kept."""
    return f"originals/{number:02d}-{name}"


def _zip(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip without anything that depends on the moment or the machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, content in entries.items():
            entry = zipfile.ZipInfo(path, EARLIEST_ZIP_DATE)
            entry.create_system = UNIX
            entry.external_attr = REGULAR_FILE
            archive.writestr(entry, content)
    return buffer.getvalue()


def _unzip(content: bytes) -> dict[str, bytes]:
    """Return the zip's entries, refusing whatever could unpack to more than it weighs."""
    if len(content) > MAX_PARCEL_BYTES:
        raise BrokenParcelError(f"The parcel is larger than {MAX_PARCEL_BYTES // 1024 // 1024} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            if len(listed) > MAX_FILES + 2:
                raise BrokenParcelError("The parcel holds more files than a parcel may")
            if len({entry.filename for entry in listed}) != len(listed):
                raise BrokenParcelError("The parcel holds two files of one name")
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.file_size > len(content) for entry in listed):
                raise BrokenParcelError("The parcel is compressed, and a sealed parcel never is")
            return {entry.filename: archive.read(entry) for entry in listed}
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise BrokenParcelError(f"The parcel can’t be opened: {error}") from error


def _manifest(raw: bytes | None) -> dict[str, Any]:
    """Return the manifest, refusing another format."""
    if raw is None:
        raise BrokenParcelError("The parcel has no manifest")
    if len(raw) > MAX_MANIFEST_BYTES:
        raise BrokenParcelError("The parcel’s manifest is too large")
    try:
        manifest = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BrokenParcelError(f"The parcel’s manifest is not JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BrokenParcelError(f"The parcel is not of the format {FORMAT}")
    return manifest


def _parcel(manifest: Mapping[str, Any], entries: dict[str, bytes]) -> Parcel:
    """Return the parcel that the manifest describes, taking each verified entry out of `entries`."""
    statement = manifest["statement"]
    return Parcel(
        holds=manifest["holds"],
        report_id=manifest["report_id"],
        reference=manifest["reference"],
        job_id=manifest["job_id"],
        statement=None if statement is None else _verified(statement, STATEMENT_ENTRY, entries).decode(),
        files=tuple(
            ParcelFile(file["name"], file["media_type"], _verified(file, _path(number, file["name"]), entries))
            for number, file in enumerate(manifest["files"], start=1)
        ),
        sealed_at=datetime.fromisoformat(manifest["sealed_at"]),
        sealed_by=manifest["sealed_by"],
    )


def _verified(listed: Mapping[str, Any], path: str, entries: dict[str, bytes]) -> bytes:
    """Return an entry's bytes if path, size and SHA-256 are those of the manifest."""
    if listed["path"] != path:
        raise BrokenParcelError(f"The parcel’s manifest names {listed['path']!r} where {path!r} belongs")
    content = entries.pop(path, None)
    if content is None:
        raise BrokenParcelError(f"{path} is missing from the parcel")
    if len(content) != listed["bytes"] or hashlib.sha256(content).hexdigest() != listed["sha256"]:
        raise BrokenParcelError(f"{path} is not what was sealed: its SHA-256 differs from the manifest")
    return content
