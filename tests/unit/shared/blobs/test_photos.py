"""Photos from strangers: what is accepted, what is refused in words, and that a public copy says nothing but pixels."""

import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from shared.blobs import photos
from shared.blobs.photos import (
    MAXIMUM_BYTES,
    MAXIMUM_PIXELS,
    MAXIMUM_WHOLE_PIXELS,
    PUBLIC_SIDE,
    inspect_photo,
    public_derivative,
)
from shared.errors import DomainError

CANARY = "canary-7c1f"
LIVERPOOL_GPS = {1: "N", 2: (53.0, 24.0, 30.24), 3: "W", 4: (2.0, 59.0, 29.76)}


def picture(width=64, height=48, colour="red", mode="RGB"):
    return Image.new(mode, (width, height), colour)


def written(image, kind="JPEG", **options):
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif_bytes(*, taken="2026:07:01 12:30:00", offset=None, gps=None, orientation=None):
    exif = Image.Exif()
    exif[0x010E] = CANARY
    if orientation:
        exif[0x0112] = orientation
    part = exif.get_ifd(0x8769)
    part[0x9003] = taken
    if offset:
        part[0x9011] = offset
    if gps:
        exif.get_ifd(0x8825).update(gps)
    return exif.tobytes()


def heic(image, **options):
    pillow_heif.register_heif_opener()
    return written(image, "HEIF", **options)


def png_of_claimed_size(width, height):
    """A PNG of a few bytes whose head claims any size."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (written(picture(), "JPEG"), "jpeg"),
        (written(picture(), "PNG"), "png"),
        (written(picture(), "WEBP"), "webp"),
        (heic(picture()), "heic"),
    ],
)
def test_each_accepted_type_is_known_by_its_content_and_shown_as_jpeg(content, kind):
    facts = inspect_photo(content)
    shown = Image.open(BytesIO(public_derivative(content)))

    assert (facts.type, facts.width, facts.height, facts.bytes) == (kind, 64, 48, len(content))
    assert (shown.format, shown.size, shown.mode) == ("JPEG", (64, 48), "RGB")
    red, green, blue = shown.getpixel((10, 10))
    assert red > 240
    assert max(green, blue) < 20


def test_time_and_place_are_read_from_exif():
    facts = inspect_photo(written(picture(), exif=exif_bytes(offset="+01:00", gps=LIVERPOOL_GPS)))

    assert facts.taken_at == datetime(2026, 7, 1, 11, 30, tzinfo=UTC)
    assert (facts.lat, facts.lon) == (53.4084, -2.9916)


def test_a_time_without_an_offset_is_read_by_londons_clock():
    summer = inspect_photo(written(picture(), exif=exif_bytes(taken="2026:07:01 12:30:00")))
    winter = inspect_photo(written(picture(), exif=exif_bytes(taken="2026:01:01 12:30:00")))

    assert summer.taken_at == datetime(2026, 7, 1, 11, 30, tzinfo=UTC)
    assert winter.taken_at == datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("taken", ["", "0000:00:00 00:00:00", "yesterday", "2026:13:40 99:99:99"])
def test_a_time_that_makes_no_sense_is_no_time(taken):
    assert inspect_photo(written(picture(), exif=exif_bytes(taken=taken))).taken_at is None


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "W", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (95.0, 0.0, 0.0), 3: "W", 4: (2.0, 0.0, 0.0)},
        {1: "N", 2: (53.0, 24.0, 30.0)},
    ],
)
def test_a_place_that_makes_no_sense_is_no_place(gps):
    facts = inspect_photo(written(picture(), exif=exif_bytes(gps=gps)))

    assert (facts.lat, facts.lon) == (None, None)


def test_heic_facts_are_read_too():
    facts = inspect_photo(heic(picture(), exif=exif_bytes(offset="+00:00", gps=LIVERPOOL_GPS)))

    assert facts.taken_at == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    assert (facts.lat, facts.lon) == (53.4084, -2.9916)


def test_a_public_copy_holds_no_metadata():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY)
    originals = [
        written(picture(), exif=exif_bytes(gps=LIVERPOOL_GPS), comment=CANARY.encode(), xmp=CANARY.encode()),
        written(picture(), "PNG", pnginfo=text, exif=exif_bytes(gps=LIVERPOOL_GPS)),
        written(picture(), "WEBP", exif=exif_bytes(gps=LIVERPOOL_GPS), xmp=CANARY.encode()),
        heic(picture(), exif=exif_bytes(gps=LIVERPOOL_GPS)),
    ]

    for original in originals:
        copy = public_derivative(original)

        shown = Image.open(BytesIO(copy))
        assert CANARY.encode() in original
        assert CANARY.encode() not in copy
        assert not shown.getexif()
        assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}


def test_a_public_copy_stands_upright():
    sideways = picture(60, 30)
    sideways.paste("blue", (0, 0, 30, 30))
    content = written(sideways, exif=exif_bytes(orientation=6), quality=95)

    shown = Image.open(BytesIO(public_derivative(content)))

    assert shown.size == (30, 60)
    assert shown.getpixel((15, 10))[2] > 200
    assert shown.getpixel((15, 50))[0] > 200
    assert (inspect_photo(content).width, inspect_photo(content).height) == (30, 60)


def test_a_large_photo_is_shown_small_and_a_small_one_as_it_is():
    large = Image.open(BytesIO(public_derivative(written(picture(4000, 3000)))))
    tall = Image.open(BytesIO(public_derivative(written(picture(900, 3600), "PNG"))))
    small = Image.open(BytesIO(public_derivative(written(picture(300, 200)))))

    assert large.size == (PUBLIC_SIDE, 1200)
    assert tall.size == (400, PUBLIC_SIDE)
    assert small.size == (300, 200)


@pytest.mark.parametrize(
    ("size", "unpacked"), [((4032, 3024), (2016, 1512)), ((3024, 4032), (1512, 2016)), ((1700, 40), (1700, 40))]
)
def test_a_jpeg_is_unpacked_no_larger_than_it_must_be(monkeypatch, size, unpacked):
    image = Image.open(BytesIO(written(picture(*size))))
    load, sizes = image.load, []
    monkeypatch.setattr(image, "load", lambda: (load(), sizes.append(image.size)))

    shown = photos._unpacked(image, side=PUBLIC_SIDE)

    assert sizes[0] == unpacked
    assert max(shown.size) == PUBLIC_SIDE


def test_facts_give_the_size_of_the_original():
    facts = inspect_photo(written(picture(4000, 3000)))

    assert (facts.width, facts.height) == (4000, 3000)


def test_transparency_is_shown_on_white():
    see_through = Image.new("RGBA", (20, 20), (0, 0, 0, 0))

    shown = Image.open(BytesIO(public_derivative(written(see_through, "PNG"))))

    assert min(shown.getpixel((10, 10))) > 250


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_pixel_is_shown(mode):
    image = Image.new("I;16", (64, 48), 30_000) if mode == "I;16" else picture().convert(mode)

    shown = Image.open(BytesIO(public_derivative(written(image, "PNG"))))

    assert shown.mode == "RGB"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a photo",
        b"GIF89a" + b"\0" * 100,
        written(picture(), "GIF"),
        written(picture(), "TIFF"),
        written(picture(), "BMP"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7 \n",
        b"MZ" + b"\0" * 200,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    ],
)
def test_what_is_not_a_photo_is_refused_in_words(content):
    for ask in (inspect_photo, public_derivative):
        with pytest.raises(DomainError, match="must be a JPEG, PNG, HEIC or WebP file") as refusal:
            ask(content)
        assert refusal.value.field == "photo"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_photo_is_refused_in_words(kind):
    noise = Image.effect_noise((600, 400), 90).convert("RGB")
    content = written(noise, kind)

    for ask in (inspect_photo, public_derivative):
        with pytest.raises(DomainError, match="damaged or incomplete"):
            ask(content[: len(content) // 2])


def test_half_a_heic_is_refused_in_words():
    content = heic(Image.effect_noise((600, 400), 90).convert("RGB"))

    with pytest.raises(DomainError, match="damaged or incomplete"):
        public_derivative(content[: len(content) // 2])


@pytest.mark.parametrize("side", [5_700, 9_000, 12_000, 20_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side):
    with pytest.raises(DomainError, match=f"fewer than {MAXIMUM_WHOLE_PIXELS // 1_000_000} megapixels"):
        public_derivative(png_of_claimed_size(side, side))


@pytest.mark.parametrize(("width", "is_refused"), [(7_000, False), (9_000, True)])
def test_what_a_camera_writes_may_have_more_pixels(width, is_refused):
    content = written(Image.new("L", (width, 7_200)), quality=1)

    if is_refused:
        with pytest.raises(DomainError, match=f"fewer than {MAXIMUM_PIXELS // 1_000_000} megapixels"):
            public_derivative(content)
    else:
        assert max(Image.open(BytesIO(public_derivative(content))).size) == PUBLIC_SIDE


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
def test_a_photo_is_made_small_before_it_is_copied(monkeypatch, mode):
    content = written(picture(3000, 2000).convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    convert, copied = Image.Image.convert, []

    def noted(self, *args, **kwargs):
        # See-through pixels are mixed in a form of their own, which is Pillow's to make.
        copied.extend([] if {"RGBa", "RGBA"} & set(args) else [self.size])
        return convert(self, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "convert", noted)
    public_derivative(content)

    assert all(max(size) <= PUBLIC_SIDE for size in copied)


def test_one_photo_is_unpacked_at_a_time_and_the_others_wait(monkeypatch):
    small, inside, most = photos._small, [], []

    def slow(image, *, side):
        inside.append(image)
        most.append(len(inside))
        time.sleep(0.02)
        inside.remove(image)
        return small(image, side=side)

    monkeypatch.setattr(photos, "_small", slow)
    with ThreadPoolExecutor(8) as senders:
        shown = list(senders.map(public_derivative, [written(picture())] * 8))

    assert len(shown) == 8
    assert max(most) == 1


def test_a_bomb_in_a_text_chunk_is_refused():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * 80_000_000, zip=True)

    with pytest.raises(DomainError):
        public_derivative(written(picture(), "PNG", pnginfo=text))


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(DomainError, match="smaller than 15 MB"):
        inspect_photo(written(picture()) + b"\0" * MAXIMUM_BYTES)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_shown_or_refused_but_never_an_error(data):
    content = bytearray(written(picture(), data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"])), exif=exif_bytes()))
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    with suppress(DomainError):
        inspect_photo(bytes(content))
        assert public_derivative(bytes(content))
