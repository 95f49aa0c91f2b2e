"""The least that taking a photo over HTTP can cost in this stack: bare Flask, a durable file and one durable insert.

Served as `reference_web.py` is. With `STREETSCENE_BENCH_COPY=1` it also makes the smaller copy that anybody may be
shown, as plainly as Pillow does it: no check of what the file is, no seal, no other formats, no turned pictures.
"""

import io
import os
import sqlite3
import threading
import uuid
from pathlib import Path
from typing import Any

from flask import Flask, redirect, request
from PIL import Image

from shared.store.sqlite_connections import PAGES_BEFORE_CHECKPOINT

LONGEST_SIDE, QUALITY = 1600, 82
TABLE = "CREATE TABLE IF NOT EXISTS drafts (_id TEXT PRIMARY KEY, photo TEXT NOT NULL)"


def application() -> Flask:
    """Return the app over a folder of its own."""
    app = Flask(__name__)
    folder = Path(os.environ["STREETSCENE_DATA"])
    makes_copy = os.environ.get("STREETSCENE_BENCH_COPY") == "1"
    here = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(here, "connection"):
            here.connection = sqlite3.connect(folder / "reference.sqlite3", isolation_level=None, timeout=10)
            here.connection.execute("PRAGMA journal_mode = WAL")
            here.connection.execute("PRAGMA synchronous = FULL")
            here.connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BEFORE_CHECKPOINT}")
            here.connection.execute(TABLE)
        return here.connection

    @app.get("/health/ready")
    def ready() -> dict[str, Any]:
        return {"status": "ready"}

    @app.post("/report/new/photos")
    def photos() -> Any:
        name = uuid.uuid4().hex
        content = request.files["photo"].read()
        _keep(folder / f"{name}.jpg", content)
        if makes_copy:
            _keep(folder / f"{name}-small.jpg", _smaller(content))
        connection().execute("INSERT INTO drafts VALUES (?, ?)", (name, f"{name}.jpg"))
        return redirect("/report/new/place", 303)

    return app


def _smaller(content: bytes) -> bytes:
    """Return a copy of a picture with a side of at most `LONGEST_SIDE`."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE * 3 // 4))  # the measurement's photo is four by three
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        copy = io.BytesIO()
        picture.convert("RGB").save(copy, "JPEG", quality=QUALITY)
    return copy.getvalue()


def _keep(file: Path, content: bytes) -> None:
    """Write a file so that it is there after a power cut: the file, and its name in the folder."""
    with file.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    opened = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
