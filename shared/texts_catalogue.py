"""Gather every text that residents read into one catalogue, `shared/locale/streetscene.pot`, for translators.

The texts are found where they are written: in templates, in calls of `gettext`, and where a table or a refusal holds
one. `streetscene catalogue` writes the file; a pseudo-locale made of it proves that no page says anything else.
"""

import io
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from shared.config import REPOSITORY

FILE = REPOSITORY / "shared" / "locale" / "streetscene.pot"
FOLDERS = (
    "services/reports",
    "shared/web",
    "shared/council",
    "shared/contracts",
    "shared/blobs",
    "services/accounts/web/templates",
)
METHODS = [("**/templates/**.html", "jinja2"), ("accounts/about_*.html", "jinja2"), ("**.py", "python")]

KEYWORDS: Mapping[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "marked": None,
    "Code": (2,),
    "Place": (2,),
    "DomainError": None,
    "NotFound": None,
    "ValidationError": None,
    "_one_of": (2,),
}
"""What is called with a text, and which argument it is where not the first."""


def gathered() -> Catalog:
    """Return the catalogue of the texts in the code as it is."""
    catalogue = Catalog(project="Streetscene", charset="utf-8", fuzzy=False)
    for folder in FOLDERS:
        found = extract_from_dir(REPOSITORY / folder, METHODS, keywords=KEYWORDS)
        for _, _, message, _, context in found:
            catalogue.add(message, context=context)
    return catalogue


def read(file: Path = FILE) -> Catalog:
    """Return the committed catalogue."""
    with file.open("rb") as opened:
        return read_po(opened)


def write() -> None:
    """Write the catalogue, sorted, without dates and line numbers: a change of a text is a change of its lines."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(_content())


def is_stale() -> bool:
    """Say whether the committed catalogue is another than the code's."""
    return not FILE.exists() or FILE.read_bytes() != _content()


def _content() -> bytes:
    """Return the file of the texts in the code."""
    written = io.BytesIO()
    write_po(written, gathered(), no_location=True, sort_output=True, omit_header=True, width=0)
    header = (
        'msgid ""\nmsgstr ""\n"Project-Id-Version: Streetscene\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    )
    return header.encode() + written.getvalue()
