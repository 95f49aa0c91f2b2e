"""The folder that `streetscene privacy export` writes: what may be handed over, and apart from it what may not.

    for-the-person/index.html     readable with any browser, nothing loaded from anywhere
    for-the-person/data.json      the same for programs
    for-the-person/files/…        photos as they were sent
    for-the-office/withheld.html  what is not handed over, and why; and withheld.json

Everything is for its owner alone (0700, 0600), and is written beside its place and then renamed, so that a folder
which is there is whole.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment

from shared.council import Council
from shared.privacy import Exported, Holding

STYLE = """
body { font: 1rem/1.5 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #0b0c0c }
dt { font-weight: bold; margin-top: .5rem } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap }
section { border-top: 2px solid #b1b4b6; margin-top: 2rem } img { max-width: 100%; height: auto }
"""
HEAD = """<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{{ style | safe }}</style></head><body>
<h1>{{ title }}</h1>
"""
PERSON = """{% macro rows(items) %}<dl>{% for name, value in items.items() %}
<dt>{{ name | replace("_", " ") | capitalize }}</dt>
{% if value is mapping %}<dd>{{ rows(value) }}</dd>
{% elif value is string or value is not iterable %}<dd>{{ "–" if value is none or value == "" else value }}</dd>
{% else %}{% for item in value %}<dd>{% if item is mapping %}{{ rows(item) }}{% else %}{{ item }}{% endif %}</dd>
{% else %}<dd>–</dd>{% endfor %}{% endif %}{% endfor %}</dl>{% endmacro %}
<p>Made on {{ made_at.strftime("%d %B %Y at %H:%M") }} UTC by {{ council.name }}: {{ council.contact.email }},
{{ council.contact.phone }}.</p>
{% if not pieces %}<p>Nothing is held about you.</p>{% endif %}
{% for piece in pieces %}<section><h2>{{ piece.what }}</h2>{{ rows(piece.content) }}
{% for file in piece.files %}<p><a href="files/{{ file }}">{{ file }}</a></p>
{% if not file.endswith("heic") %}<img src="files/{{ file }}" alt="Photo {{ loop.index }} sent with it">{% endif %}
{% endfor %}</section>
{% endfor %}
<section><h2>Where we looked</h2><ul>{% for words in says.values() %}<li>{{ words }}</li>{% endfor %}</ul></section>
</body></html>
"""
OFFICE = """<p>For the office. Do not give this page to the person: that something is here may itself be what must not
be said.</p>
{% for piece in withheld %}<section><h2>{{ piece.what }}</h2><p>{{ piece.withheld }}</p></section>
{% else %}<p>Nothing was held back.</p>{% endfor %}</body></html>
"""


def write_folder(
    target: Path,
    *,
    council: Council,
    given: Sequence[tuple[Holding, Exported]],
    withheld: Sequence[Holding],
    says: Mapping[str, str],
    made_at: datetime,
) -> None:
    """Write the folder, whole or not at all; raises `OSError`."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    person, office = beside / "for-the-person", beside / "for-the-office"
    try:
        for folder in (beside, person, person / "files", office):
            folder.mkdir(mode=0o700)
        pieces = [_piece(person / "files", number, *one) for number, one in enumerate(given, start=1)]
        words = {"council": council, "pieces": pieces, "says": says, "made_at": made_at, "withheld": withheld}
        _write(person / "index.html", _page(f"What {council.name} holds about you", PERSON, words))
        _write(person / "data.json", _json(pieces))
        _write(office / "withheld.html", _page("Not to be handed over", OFFICE, words))
        listed = ("service", "kind", "what", "withheld")
        _write(office / "withheld.json", _json([{name: asdict(one)[name] for name in listed} for one in withheld]))
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _piece(folder: Path, number: int, holding: Holding, exported: Exported) -> Mapping[str, Any]:
    """Write a piece's files and return how the pages and the JSON show it."""
    names = []
    for file in exported.files:
        name = f"{number}-{Path(file.name).name}"
        _write(folder / name, file.content)
        names.append(name)
    return {
        "service": holding.service,
        "kind": holding.kind,
        "what": holding.what,
        "content": exported.content,
        "files": names,
    }


def _page(title: str, body: str, words: Mapping[str, Any]) -> bytes:
    """Return a page on its own, with everything that people typed escaped."""
    template = Environment(autoescape=True).from_string(HEAD + body)
    return template.render(**words, title=title, style=STYLE).encode()


def _json(value: Any) -> bytes:
    """Return JSON that people can read too."""
    return (json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, durably."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
