"""Photos as browsers send them: present, and not too large; what is in them is for `shared/blobs/photos.py`."""

from werkzeug.datastructures import FileStorage

from shared.errors import DomainError
from shared.texts import gettext

MAXIMUM_PHOTO_BYTES = 15 * 1024 * 1024
"""A 50-megapixel phone makes about 12 MB."""


def read_photo(upload: FileStorage | None, *, field: str = "photo") -> bytes:
    """Return an uploaded photo's bytes; raises `DomainError` where there is none, or it is empty or too large."""
    content = read_optional_photo(upload, field=field)
    if content is None and upload is not None and upload.filename:
        raise DomainError("The photo is an empty file. Take it again, or choose another one.", field=field)
    if content is None:
        raise DomainError("Choose a photo.", field=field)
    return content


def read_optional_photo(upload: FileStorage | None, *, field: str = "photo") -> bytes | None:
    """Return an uploaded photo's bytes, or None where none was chosen; raises `DomainError` for too large a file."""
    if upload is None:
        return None
    # Read one byte more than allowed: enough to know, and no more memory than that.
    content = upload.stream.read(MAXIMUM_PHOTO_BYTES + 1)
    if not content:
        return None
    if len(content) > MAXIMUM_PHOTO_BYTES:
        megabytes = MAXIMUM_PHOTO_BYTES // 1024 // 1024
        raise DomainError(gettext("The photo must be smaller than %(megabytes)s MB.", megabytes=megabytes), field=field)
    return content
