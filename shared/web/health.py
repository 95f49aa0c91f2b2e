"""Whether this web process lives and is ready, and its metrics: the same three addresses as every process has.

Ready means its own store and blobs, whatever the broker does: a report is accepted while every other part is down.
"""

from collections.abc import Mapping

from flask import Blueprint, Response, current_app, jsonify
from werkzeug.wrappers import Response as AnyResponse

from shared import metrics
from shared.health import Check, checks_of, readiness
from shared.service import ServiceContext
from shared.web.auth import PUBLIC, policy

bp = Blueprint("health", __name__)


@bp.get("/health/live")
@policy(PUBLIC)
def live() -> AnyResponse:
    """Say that the process answers."""
    return jsonify(status="live")


@bp.get("/health/ready")
@policy(PUBLIC)
def ready() -> AnyResponse:
    """Say of each dependency whether it answers; 503 where one does not."""
    ctx: ServiceContext = current_app.extensions["streetscene"]
    status, body = public_readiness(checks_of({ctx.service: ctx}))
    response = jsonify(body)
    response.status_code = status
    return response


@bp.get("/metrics")
@policy(PUBLIC)
def exposition() -> Response:
    """Give this process's metrics to Prometheus."""
    content, content_type = metrics.exposition()
    return Response(content, content_type=content_type)


def public_readiness(checks: Mapping[str, Check]) -> tuple[int, Mapping[str, object]]:
    """Return status and body; the public sees which dependency fails and the kind of error, never its addresses."""
    is_ready, answers = readiness(checks)
    kinds = {name: answer.partition(":")[0] for name, answer in answers.items()}
    return (200 if is_ready else 503), {"status": "ready" if is_ready else "not ready", "checks": kinds}
