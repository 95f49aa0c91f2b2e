"""The JSON API of a service: flask-smorest over the one error mapping, OpenAPI at `/api/<service>/v1/openapi.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

import flask_smorest
from flask import Flask, jsonify
from marshmallow import EXCLUDE, Schema, fields, pre_load
from werkzeug.wrappers import Response

from shared.web.auth import PUBLIC, policy

OPENAPI_VERSION = "3.0.3"


class ProblemSchema(Schema):
    """An RFC 9457 problem, as every error of the API is."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    rule = fields.String()


class QuerySchema(Schema):
    """What a list is narrowed to: `?state=` without a value asks for nothing, like no `state` at all."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def without_blanks(self, data: Mapping[str, Any], **_options: Any) -> Mapping[str, Any]:
        """Leave out what has no value."""
        return {name: value for name, value in data.items() if value != ""}


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest without its own error format and without its documentation pages."""

    ERROR_SCHEMA = ProblemSchema()
    """One for all the answers that the description names; a class would be made into an instance for each."""

    def _register_error_handlers(self) -> None:
        """Leave errors to `shared/web/errors.py`."""


def register(app: Flask, service: str, *, title: str, apis: Sequence[flask_smorest.Blueprint]) -> None:
    """Mount the API's blueprints and publish its description."""
    app.config.update(
        API_TITLE=title,
        API_VERSION="v1",
        OPENAPI_VERSION=OPENAPI_VERSION,
        OPENAPI_URL_PREFIX=None,
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    api = Api(app)
    for blueprint in apis:
        api.register_blueprint(blueprint)

    @app.get(f"/api/{service}/v1/openapi.json", endpoint="openapi")
    @policy(PUBLIC)
    def openapi() -> Response:
        """Return the description of this service's API."""
        return jsonify(api.spec.to_dict())


def listing(items: Sequence[Any], next_cursor: str | None) -> Mapping[str, Any]:
    """Return a page of a list as every list of the API is given."""
    return {"items": list(items), "next": next_cursor}
