"""The least that accepting a report over HTTP can cost in this stack: bare Flask, one schema, one durable insert.

Served by gunicorn with the project's own configuration, in front of SQLite with the project's own pragmas. It checks
the same form with marshmallow, keeps it as one row, and answers with JSON; it knows no council, no area, no deadlines,
no policies, no keys, no events, no measures and no log.
"""

import json
import os
import sqlite3
import threading
import uuid
from pathlib import Path
from typing import Any

from flask import Flask, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from shared.contracts.codes import LAND_TYPES, SIZES, WASTE_TYPES
from shared.store.sqlite_connections import PAGES_BEFORE_CHECKPOINT

TABLE = "CREATE TABLE IF NOT EXISTS reports (_id TEXT PRIMARY KEY, body TEXT NOT NULL)"


class ReportForm(Schema):
    """The form of the measurement."""

    class Meta:
        unknown = EXCLUDE

    service_code = fields.String(required=True, validate=validate.OneOf(["fly-tipping"]))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    long = fields.Float(required=True, validate=validate.Range(-180, 180))
    description = fields.String(load_default="", validate=validate.Length(max=2000))
    email = fields.Email(load_default=None)
    waste_type = fields.String(data_key="attribute[waste_type]", validate=validate.OneOf(WASTE_TYPES))
    land_type = fields.String(data_key="attribute[land_type]", validate=validate.OneOf(LAND_TYPES))
    size = fields.String(data_key="attribute[size]", validate=validate.OneOf(SIZES))


def application() -> Flask:
    """Return the app over a file of its own in the data folder."""
    app = Flask(__name__)
    file = Path(os.environ["STREETSCENE_DATA"]) / "reference.sqlite3"
    form = ReportForm()
    here = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(here, "connection"):
            here.connection = sqlite3.connect(file, isolation_level=None, timeout=10)
            here.connection.execute("PRAGMA journal_mode = WAL")
            here.connection.execute("PRAGMA synchronous = FULL")
            here.connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BEFORE_CHECKPOINT}")
            here.connection.execute(TABLE)
        return here.connection

    @app.get("/health/ready")
    def ready() -> dict[str, Any]:
        return {"status": "ready"}

    @app.post("/open311/v2/requests.json")
    def submit() -> Any:
        try:
            report = form.load(request.form)
        except ValidationError as error:
            return error.normalized_messages(), 400
        report_id = uuid.uuid4().hex
        connection().execute("INSERT INTO reports VALUES (?, ?)", (report_id, json.dumps(report)))
        return [{"service_request_id": report_id, "service_notice": None, "account_id": None}]

    return app
