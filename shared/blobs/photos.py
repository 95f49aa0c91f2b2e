"""Photos as they come from strangers' phones: what they are, when and where they were taken, and a copy to show.

The type is read from the content, never from a name; anything that would unpack to more than a photo is refused before
it is unpacked; and whatever goes wrong in a decoder is the file's fault and is said in the user's words. The original
stays as it came (evidence). What people are shown is drawn anew from its pixels, so that nothing but pixels is left:
no place, no time, no phone, no comment, no thumbnail of what was cropped away.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from io import BytesIO
from math import ceil
from typing import Any, Literal, TypeAlias

from PIL import Image, ImageDraw, ImageFile, ImageOps

from shared.calendar import LONDON
from shared.errors import DomainError
from shared.texts import gettext

PhotoType: TypeAlias = Literal["jpeg", "png", "heic", "webp"]

DECODERS: dict[str, PhotoType] = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "HEIF": "heic", "WEBP": "webp"}
"""Pillow's names of what is accepted; MPO is a JPEG with more pictures behind the first, as some phones make."""

MAXIMUM_BYTES = 15 * 1024 * 1024
"""A phone of 50 megapixels makes about 12 MB."""

MAXIMUM_PIXELS = 64_000_000
"""More than the 50 megapixels of a phone's camera, which writes JPEG or HEIC."""

MAXIMUM_WHOLE_PIXELS = 32_000_000
"""Of what no camera writes and what can only be unpacked whole, at up to 16 bytes a pixel: about 500 MB of memory."""

UNPACKED_WHOLE = (b"\x89PNG", b"RIFF")
"""How such files begin: PNG and WebP."""

_unpacking = threading.Lock()
"""One at a time in each process: a few kilobytes can unpack to that, and a hundred senders must not need it each."""

PUBLIC_SIDE = 1600
"""Longest side of the copy: enough to see what was dumped, and too little to read a letter in the background."""

PUBLIC_QUALITY = 82

HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

ORIENTATION = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})
EXIF_PART, GPS_PART = 0x8769, 0x8825
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4


@dataclass(frozen=True)
class PhotoFacts:
    """What a photo says of itself; none of it is proof, and browsers often strip time and place before they send.

    `taken_at` is in UTC; a time without an offset is read by London's clock. Width and height are as shown.
    """

    type: PhotoType
    bytes: int
    width: int
    height: int
    taken_at: datetime | None
    lat: float | None
    lon: float | None


def inspect_photo(content: bytes) -> PhotoFacts:
    """Return the facts of a photo that can be shown; raises `DomainError` in words for anything else."""
    image = _opened(content)
    exif = _exif(image)
    width, height = reversed(image.size) if exif.get(ORIENTATION) in SIDEWAYS else image.size
    _unpacked(image, side=PUBLIC_SIDE)  # only a photo that can be shown is one
    lat, lon = _place(exif)
    return PhotoFacts(DECODERS[image.format or ""], len(content), width, height, _taken_at(exif), lat, lon)


def public_derivative(content: bytes) -> bytes:
    """Return the copy of a photo that people may be shown: an upright JPEG of at most 1600 px, with no metadata.

    Raises `DomainError` in words for what is not a photo.
    """
    return redacted_derivative(content, ())


def redacted_derivative(content: bytes, boxes: Iterable[tuple[int, int, int, int]]) -> bytes:
    """Return that copy with parts painted over: (left, top, width, height), each in thousandths of the whole.

    They are painted black and not blurred: from a blurred number plate the letters can be worked out again. Raises
    `DomainError` in words for what is not a photo.
    """
    shown = _unpacked(_opened(content), side=PUBLIC_SIDE)
    # A new picture, painted with the old one's pixels: Pillow would carry comments and XMP over to a mere copy.
    clean = Image.new("RGB", shown.size, "white")
    clean.paste(shown, mask=shown.getchannel("A") if shown.mode == "RGBA" else None)
    brush = ImageDraw.Draw(clean)
    for left, top, width, height in boxes:
        # Outwards to whole pixels, and one more: an edge of a letter is enough to read it by.
        corners = (
            left * clean.width // 1000 - 1,
            top * clean.height // 1000 - 1,
            -(-(left + width) * clean.width // 1000) + 1,
            -(-(top + height) * clean.height // 1000) + 1,
        )
        brush.rectangle(corners, fill="black")
    written = BytesIO()
    clean.save(written, "JPEG", quality=PUBLIC_QUALITY, progressive=True, optimize=True)
    return written.getvalue()


def _opened(content: bytes) -> ImageFile.ImageFile:
    """Return the photo with only its head read, its size known to be bearable."""
    if len(content) > MAXIMUM_BYTES:
        raise DomainError(
            gettext("The photo must be smaller than %(megabytes)s MB.", megabytes=MAXIMUM_BYTES // 1024 // 1024),
            field="photo",
        )
    _register_heic()
    most = MAXIMUM_WHOLE_PIXELS if content.startswith(UNPACKED_WHOLE) else MAXIMUM_PIXELS
    try:
        image = Image.open(BytesIO(content), formats=[name for name in DECODERS if name != "MPO"])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(most) from error
    except Exception as error:
        raise (_damaged() if _begins_as_a_photo(content) else _wrong_type()) from error
    if image.width * image.height > most:
        raise _too_many_pixels(most)
    if image.format not in DECODERS:
        raise _wrong_type()
    return image


def _unpacked(image: ImageFile.ImageFile, *, side: int) -> Image.Image:
    """Return the photo's pixels, upright, at most `side` long, as RGB or RGBA; one at a time, the others wait."""
    with _unpacking:
        return _small(image, side=side)


def _small(image: ImageFile.ImageFile, *, side: int) -> Image.Image:
    """Return the photo's pixels, made small before anything else copies them."""
    try:
        # A JPEG can be unpacked at a half, quarter or eighth of its size, which spares most of the memory and time. It
        # must be asked for in the picture's own shape: neither side may come out shorter than what is asked.
        shrink = min(1, side / max(image.size))
        image.draft("RGB", (ceil(image.width * shrink), ceil(image.height * shrink)))
        image.load()
        wanted = "RGBA" if image.has_transparency_data else "RGB"
        # Only some kinds of pixel can be mixed with their neighbours; a palette or a colour that is see-through can't.
        mixable = image.mode == wanted or (image.mode in ("L", "CMYK") and wanted == "RGB")
        small: Image.Image = image if mixable else image.convert(wanted)
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        return ImageOps.exif_transpose(small).convert(wanted)
    except Exception as error:
        raise _damaged() from error


def _begins_as_a_photo(content: bytes) -> bool:
    """Say whether a file that can't be opened begins like one of the accepted types: then it is one, and damaged."""
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    is_heic = content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or is_webp or is_heic


def _wrong_type() -> DomainError:
    """Return the refusal of a file that is something else."""
    return DomainError("The photo must be a JPEG, PNG, HEIC or WebP file.", field="photo")


def _damaged() -> DomainError:
    """Return the refusal of a photo that can't be unpacked."""
    return DomainError("The photo is damaged or incomplete. Take it again, or choose another one.", field="photo")


def _too_many_pixels(most: int) -> DomainError:
    """Return the refusal of a photo that is too large to unpack."""
    return DomainError(
        gettext("The photo must have fewer than %(most)s megapixels.", most=most // 1_000_000), field="photo"
    )


def _exif(image: Image.Image) -> Image.Exif:
    """Return the photo's EXIF part, empty where it can't be read: a damaged one doesn't make a photo useless."""
    try:
        return image.getexif()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it tells us nothing
        return Image.Exif()


def _taken_at(exif: Image.Exif) -> datetime | None:
    """Return when the photo says it was taken, in UTC."""
    with suppress(Exception):  # EXIF written by a stranger can be wrong in any way
        part = exif.get_ifd(EXIF_PART)
        local = datetime.strptime(str(part[TAKEN]).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - zone follows
        offset = _offset(str(part.get(TAKEN_OFFSET, "")).strip("\0 "))
        return local.replace(tzinfo=offset or LONDON).astimezone(UTC)
    return None


def _offset(text: str) -> timezone | None:
    """Return the time zone of an offset such as `+01:00`."""
    if not text:
        return None
    hours, minutes = text[1:].split(":")
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if text.startswith("-") else ahead)


def _place(exif: Image.Exif) -> tuple[float, float] | tuple[None, None]:
    """Return latitude and longitude, WGS84, of where the photo says it was taken."""
    with suppress(Exception):  # EXIF written by a stranger can be wrong in any way
        part = exif.get_ifd(GPS_PART)
        lat = _degrees(part[LATITUDE], negative=part.get(LATITUDE_REF) == "S")
        lon = _degrees(part[LONGITUDE], negative=part.get(LONGITUDE_REF) == "W")
        # 0, 0 is what a phone writes that has not found itself yet; NaN fails both comparisons.
        if -90 <= lat <= 90 and -180 <= lon <= 180 and (lat, lon) != (0, 0):
            return round(lat, 6), round(lon, 6)
    return None, None


def _degrees(parts: Any, *, negative: bool) -> float:
    """Return degrees, minutes and seconds as degrees."""
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if negative else value


@cache
def _register_heic() -> None:
    """Teach Pillow HEIC, once; thumbnails and depth maps are not read."""
    import pillow_heif  # its library of 10 MB is loaded by the first photo, not by every process

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
