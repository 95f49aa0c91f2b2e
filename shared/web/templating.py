"""Where templates come from, and how they are compiled once for all apps of a process.

Every app has the same base and macros of its own environment; compiling them takes half a second each time. The
compiled code is kept in memory under the name and content of its template, so the second app finds it there.
"""

from pathlib import Path
from typing import ClassVar

from flask import Flask
from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from jinja2.bccache import Bucket

from shared import texts

FOLDER = Path(__file__).parent / "templates"


class ProcessCache(BytecodeCache):
    """Compiled templates of this process, whichever app asked first."""

    _compiled: ClassVar[dict[tuple[str, str], bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what another app compiled, if one did."""
        compiled = self._compiled.get((bucket.key, bucket.checksum))
        if compiled is not None:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def register(app: Flask) -> None:
    """Give the app our own templates and GOV.UK's macros; its blueprints bring theirs."""
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(FOLDER),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_options = {**app.jinja_options, "bytecode_cache": ProcessCache()}
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        texts.for_one, texts.for_many, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
