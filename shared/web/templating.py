"""Where templates come from, and how they are compiled once for all apps of a process.

Every app has the same base and macros of its own environment; compiling them takes half a second each time. The
compiled code is kept in memory under the name and content of its template, so the second app finds it there. Where
Python has been given a folder of its own for compiled code (`PYTHONPYCACHEPREFIX`, as `make` does), it is kept there
too, and the next process finds it.
"""

import contextlib
import hashlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import ClassVar

import jinja2
from flask import Flask
from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from jinja2.bccache import Bucket

from shared import texts

FOLDER = Path(__file__).parent / "templates"


class KeptCode(BytecodeCache):
    """Compiled templates of this process, whichever app asked first, and of those before it where they are kept."""

    _compiled: ClassVar[dict[tuple[str, str], bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what another app compiled, if one did."""
        template = (bucket.key, bucket.checksum)
        if template not in self._compiled and (folder := folder_of_code()) is not None:
            with contextlib.suppress(OSError):
                self._compiled[template] = (folder / _name(bucket)).read_bytes()
        if template in self._compiled:
            bucket.bytecode_from_string(self._compiled[template])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        compiled = self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()
        folder = folder_of_code()
        if folder is None:
            return
        # Whole or not at all, as several processes may start at once; a folder that can't be written keeps nothing.
        beside = folder / f"{_name(bucket)}.{os.getpid()}"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(compiled)
            beside.replace(folder / _name(bucket))


def folder_of_code() -> Path | None:
    """Return where compiled templates outlive a process, None where Python keeps no compiled code apart."""
    if sys.dont_write_bytecode or not sys.pycache_prefix:
        return None
    return Path(sys.pycache_prefix) / "templates" / _settings_of_compilation()


@cache
def _settings_of_compilation() -> str:
    """Return a name for what compiled code depends on besides its template: Jinja, and how this module sets it up."""
    return hashlib.sha256(jinja2.__version__.encode() + Path(__file__).read_bytes()).hexdigest()[:16]


def _name(bucket: Bucket) -> str:
    """Return the name of a template's file."""
    return f"{bucket.key}-{bucket.checksum}"


def register(app: Flask) -> None:
    """Give the app our own templates and GOV.UK's macros; its blueprints bring theirs."""
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(FOLDER),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_options = {**app.jinja_options, "bytecode_cache": KeptCode()}
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        texts.for_one, texts.for_many, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
