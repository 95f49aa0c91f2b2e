"""A parcel opens only if every byte of it is what was sealed."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import custody
from shared.custody import BrokenParcelError, Parcel, ParcelFile, open_parcel, seal
from shared.errors import DomainError

PHOTO = ParcelFile("IMG_0412.jpg", "image/jpeg", b"\xff\xd8 not quite a photo \xff\xd9")
PARCEL = Parcel(
    holds="photos",
    report_id="0198f7a0-0000-7000-8000-000000000001",
    reference="FT-7K3MQ2XA",
    job_id="job-1",
    statement=None,
    files=(PHOTO, replace(PHOTO, content=b"another of the same name")),
    sealed_at=datetime(2026, 11, 2, 9, 30, 15, 123_000, tzinfo=UTC),
    sealed_by="crew-3",
)


def rezipped(content: bytes, changes: dict[str, bytes | None], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return the parcel with entries replaced, added, or (None) taken out."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    entries.update(changes)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, body in entries.items():
            if body is not None:
                archive.writestr(name, body)
    return buffer.getvalue()


def test_what_was_sealed_comes_out_again():
    assert open_parcel(seal(PARCEL)) == PARCEL


def test_sealing_twice_gives_the_same_bytes():
    assert seal(PARCEL) == seal(replace(PARCEL))


def test_a_statement_travels_without_files():
    parcel = replace(PARCEL, holds="statement", files=(), statement="I saw a white van.\nIt left at 7 — quickly.")

    assert open_parcel(seal(parcel)) == parcel


def test_ordinary_tools_can_read_the_manifest():
    with zipfile.ZipFile(io.BytesIO(seal(PARCEL))) as archive:
        manifest = json.loads(archive.read("manifest.json"))

    assert manifest["files"][0]["sha256"] == hashlib.sha256(PHOTO.content).hexdigest()
    assert manifest["files"][0]["path"] == "originals/01-IMG_0412.jpg"


@given(
    files=st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=4),
    statement=st.none() | st.text(max_size=200),
)
def test_any_content_survives_the_journey(files, statement):
    parcel = replace(
        PARCEL,
        files=tuple(ParcelFile(f"{n}.jpg", "image/jpeg", body) for n, body in enumerate(files)),
        statement=statement,
    )

    assert open_parcel(seal(parcel)) == parcel


@given(st.data())
def test_a_single_changed_byte_of_a_photo_is_noticed(data):
    sealed = bytearray(seal(PARCEL))
    start = sealed.index(PHOTO.content)
    where = data.draw(st.integers(start, start + len(PHOTO.content) - 1))
    sealed[where] ^= data.draw(st.integers(1, 255))

    with pytest.raises(BrokenParcelError):
        open_parcel(bytes(sealed))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"originals/01-IMG_0412.jpg": b"another photo"}, "SHA-256 differs"),
        ({"originals/01-IMG_0412.jpg": None}, "is missing"),
        ({"extra.txt": b"slipped in"}, "does not list"),
        ({"manifest.json": None}, "no manifest"),
        ({"manifest.json": b"{"}, "not JSON"),
        ({"manifest.json": b"{}"}, "not of the format"),
        ({"manifest.json": json.dumps({"format": custody.FORMAT}).encode()}, "incomplete"),
    ],
)
def test_a_tampered_parcel_is_refused_with_what_is_wrong(changes, said):
    with pytest.raises(BrokenParcelError, match=said):
        open_parcel(rezipped(seal(PARCEL), changes))


def test_a_manifest_that_was_rewritten_to_escape_the_folder_is_refused():
    sealed = seal(PARCEL)
    with zipfile.ZipFile(io.BytesIO(sealed)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["files"][0]["path"] = "../../etc/passwd"

    with pytest.raises(BrokenParcelError, match="where"):
        open_parcel(rezipped(sealed, {"manifest.json": json.dumps(manifest).encode()}))


def test_a_compressed_parcel_is_refused_before_it_unpacks():
    bomb = rezipped(seal(PARCEL), {"originals/01-IMG_0412.jpg": b"0" * 1_000_000}, compression=zipfile.ZIP_DEFLATED)

    with pytest.raises(BrokenParcelError, match="compressed"):
        open_parcel(bomb)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_bytes_that_are_no_parcel_are_refused(content):
    with pytest.raises(BrokenParcelError, match="can’t be opened"):
        open_parcel(content)


@pytest.mark.parametrize(
    ("parcel", "said"),
    [
        (replace(PARCEL, files=()), "at least one file"),
        (replace(PARCEL, holds="gossip"), "not 'gossip'"),
        (replace(PARCEL, files=(replace(PHOTO, name="../up.jpg"),)), "file name"),
        (replace(PARCEL, files=(replace(PHOTO, media_type="jpeg"),)), "media type"),
        (replace(PARCEL, files=(replace(PHOTO, content=b""),)), "is empty"),
        (replace(PARCEL, files=(replace(PHOTO, content=b"x" * (custody.MAX_FILE_BYTES + 1)),)), "larger than 20 MB"),
        (replace(PARCEL, files=(PHOTO,) * 21), "at most 20"),
        (replace(PARCEL, statement="x" * 20_001), "20,000 characters"),
        (replace(PARCEL, sealed_by="Ann O’Nymous"), "must be an id"),
        (replace(PARCEL, job_id="no id at all"), "must be an id"),
        (replace(PARCEL, sealed_at=datetime(2026, 1, 1)), "offset"),  # noqa: DTZ001 the point of the test
    ],
)
def test_what_may_not_be_sealed_is_refused_in_words(parcel, said):
    with pytest.raises(DomainError, match=said):
        seal(parcel)


def test_too_much_in_all_is_refused():
    file = ParcelFile("big.jpg", "image/jpeg", b"x" * custody.MAX_FILE_BYTES)

    with pytest.raises(DomainError, match="60 MB together"):
        seal(replace(PARCEL, files=(file, file, file)))


def test_a_parcel_does_not_print_its_contents():
    assert "not quite a photo" not in repr(PARCEL)
