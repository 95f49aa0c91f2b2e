"""How the council looks and how it is reached: palette (with its contrast) and contact texts of `council.toml`."""

import re

from shared.council.model import Colours, Contact
from shared.toml import Table

COLOUR = re.compile(r"^#[0-9a-f]{6}$")

READABLE = 4.5
"""WCAG 2.2, 1.4.3 (AA): the least contrast of text of ordinary size."""

PAIRS = (
    ("brand_text", "brand"),
    ("accent_text", "accent"),
    ("link", "surface"),
    ("link_hover", "surface"),
    ("text", "surface"),
    ("link", None),
    ("link_hover", None),
    ("text", None),
    ("brand", None),
)
"""Each text colour with the background it must be readable on; None is the page's white."""


def colours(table: Table) -> Colours:
    """Return the palette; raises `ConfigError` for a pair that can't be read."""
    palette = {name: _colour(table, name) for name in Colours.__dataclass_fields__}
    table.close()
    for text, background in PAIRS:
        behind = palette[background] if background else "#ffffff"
        ratio = contrast(palette[text], behind)
        if ratio < READABLE:
            table.fail(
                text, f"on {background or 'white'} has a contrast of {ratio:.1f}:1, and {READABLE}:1 is the least"
            )
    return Colours(**palette)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, from 1 to 21, as WCAG defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def contact(table: Table) -> Contact:
    """Return how people reach the council."""
    found = Contact(
        phone=table.text("phone"),
        email=table.text("email"),
        address=table.text("address"),
        opening_hours=table.text("opening_hours"),
        emergency=table.text("emergency"),
        is_illustrative=table.flag("is_illustrative"),
    )
    table.close()
    return found


def _colour(table: Table, name: str) -> str:
    """Return a colour in lower case."""
    value = table.text(name).lower()
    if not COLOUR.match(value):
        table.fail(name, f"must be a colour like #0b3d4f, not {value!r}")
    return value


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, definition)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
