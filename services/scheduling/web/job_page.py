"""The page of one job, with all that a supervisor can do about it; each form carries the version that was looked at.

Where somebody else has changed the job meanwhile nothing is done: the page says what it is like now, and asks again.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.scheduling import handlers, store, supervising
from services.scheduling.domain.job import CANCEL_REASONS, DEFER_REASONS, Job
from services.scheduling.domain.supervising import RETURN_REASONS
from services.scheduling.web import access, forms
from services.scheduling.web.board import bp as bp  # noqa: PLC0414 — its routes are the board's too
from services.scheduling.web.words import now_words
from shared.contracts.codes import SIZES, WASTE_TYPES
from shared.errors import Conflict, DomainError, Forbidden, NotFound
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.idempotency import idempotency_key


@bp.get("/jobs/<job_id>")
@policy(access.BOARD_READERS)
def job(job_id: str) -> str:
    """Show one job with all that a supervisor can do about it."""
    return _job_page(store.jobs(context().store).require(job_id), {}, {})


@bp.post("/jobs/<job_id>/assign")
@policy(access.SUPERVISORS)
def assign(job_id: str) -> str | Response | tuple[str, int]:
    """Give the job to a crew, or to another one."""
    return _act(
        job_id,
        forms.AssignForm,
        handlers.assign_job,
        lambda job: f"{job.reference} is now with {handlers.require_crew(context(), str(job.crew_id)).name}.",
    )


@bp.post("/jobs/<job_id>/hold")
@policy(access.SUPERVISORS)
def hold(job_id: str) -> str | Response | tuple[str, int]:
    """Hold the job for evidence."""
    return _act(
        job_id,
        forms.VersionForm,
        handlers.hold_job,
        lambda job: f"{job.reference} is held. No crew can start it.",
    )


@bp.post("/jobs/<job_id>/release")
@policy(access.SUPERVISORS)
def release(job_id: str) -> str | Response | tuple[str, int]:
    """Release a held job."""
    return _act(
        job_id,
        forms.VersionForm,
        handlers.release_job,
        lambda job: f"{job.reference} is released and can be cleared.",
    )


@bp.post("/jobs/<job_id>/defer")
@policy(access.SUPERVISORS)
def defer(job_id: str) -> str | Response | tuple[str, int]:
    """Put the job off."""
    return _act(
        job_id,
        forms.DeferForm,
        handlers.defer_job,
        lambda job: f"{job.reference} waits.",
        prefix="defer",
    )


@bp.post("/jobs/<job_id>/cancel")
@policy(access.SUPERVISORS)
def cancel(job_id: str) -> str | Response | tuple[str, int]:
    """Call the job off."""
    return _act(
        job_id,
        forms.CancelForm,
        handlers.cancel_job,
        lambda job: f"{job.reference} is cancelled.",
        prefix="cancel",
    )


@bp.get("/jobs/<job_id>/photo")
@policy(access.BOARD_READERS)
def photo(job_id: str) -> Response:
    """Give the photo of the finished work."""
    ctx = context()
    found = store.jobs(ctx.store).require(job_id)
    if found.photo_key is None:
        raise NotFound("This job has no photo.")
    return Response(ctx.blobs.get(found.photo_key), content_type="image/jpeg")


@bp.post("/jobs/<job_id>/split")
@policy(access.SUPERVISORS)
def split(job_id: str) -> str | Response | tuple[str, int]:
    """Cut a part off the job, for another crew."""
    return _act(
        job_id,
        forms.SplitForm,
        supervising.split_job,
        lambda job: f"{job.reference} is split. The part that was cut off is open, for any crew.",
    )


@bp.post("/jobs/<job_id>/proof")
@policy(access.SUPERVISORS)
def approve_proof(job_id: str) -> str | Response | tuple[str, int]:
    """Accept the proof of the finished work."""
    return _act(
        job_id,
        forms.VersionForm,
        supervising.approve_proof,
        lambda job: f"The proof of {job.reference} is approved.",
    )


@bp.post("/jobs/<job_id>/proof/return")
@policy(access.SUPERVISORS)
def return_proof(job_id: str) -> str | Response | tuple[str, int]:
    """Send the proof back: the crew has the job again, with the reason."""
    return _act(
        job_id,
        forms.ReturnForm,
        supervising.return_proof,
        lambda job: f"{job.reference} is with {handlers.require_crew(context(), str(job.crew_id)).name} again.",
        prefix="return",
    )


def _act(
    job_id: str,
    form: type,
    do: Callable[..., Job],
    done: Callable[[Job], str],
    *,
    prefix: str = "",
) -> str | Response | tuple[str, int]:
    """Read a form of the job's page, act, and show the job again with what was done or what is wrong.

    The use case `do` takes the form's fields by their names.
    """
    values, errors = read_form(form, request.form)
    if not errors:
        try:
            acted = do(context(), job_id, **values, key=idempotency_key(), cause=cause())
            flash(done(acted), "success")
        except (Forbidden, NotFound):
            raise
        except DomainError as refusal:
            errors = errors_of(refusal)
        except Conflict:
            return _conflict_page(job_id), 409
        else:
            return redirect(url_for("dispatch.job", job_id=job_id), 303)
    shown = {
        f"{prefix}-{name}" if prefix and name in ("reason", "until") else name: told for name, told in errors.items()
    }
    typed = {f"{prefix}-{name}" if prefix else name: value for name, value in request.form.items()}
    return _job_page(store.jobs(context().store).require(job_id), shown, typed), 400


def _conflict_page(job_id: str) -> str:
    """Return a job's page that says what somebody else made of it meanwhile."""
    ctx = context()
    current = store.jobs(ctx.store).require(job_id)
    told = f"Somebody else changed this job while you were looking at it. Nothing was done. {now_words(ctx, current)}"
    return _job_page(current, {}, {}, conflict=told)


def _job_page(shown: Job, errors: FormErrors, values: Mapping[str, Any], *, conflict: str = "") -> str:
    """Return a job's page."""
    ctx = context()
    crews = store.all_crews(ctx.store)
    same_depot = [crew for crew in crews if crew.depot_id == shown.depot_id]
    return render_template(
        "scheduling/job.html",
        job=shown,
        crew=next((crew for crew in crews if crew.id in (shown.crew_id, shown.last_crew_id)), None),
        crews=[*same_depot, *(crew for crew in crews if crew not in same_depot)],
        now=ctx.clock.now(),
        errors=errors,
        values=values,
        defer_reasons=list(DEFER_REASONS.items()),
        cancel_reasons=list(CANCEL_REASONS.items()),
        return_reasons=list(RETURN_REASONS.items()),
        sizes=[(code, f"{words.plain}, about {ctx.council.size_kg[code]:,} kg") for code, words in SIZES.items()],
        waste_types=[(code, words.plain) for code, words in WASTE_TYPES.items()],
        parts=[part for part in _visit(shown) if part.id != shown.id],
        conflict=conflict,
        is_diverted=supervising.is_diverted(ctx, shown),
        may_act=access.is_supervisor(signed_in_user()),
    )


def _visit(job: Job) -> list[Job]:
    """Return all jobs of the visit that a job was split into, or that it was split from; none for a whole one."""
    if not job.is_divided:
        return []
    found = store.jobs(context().store).find({"report_id": job.report_id}, sort=(("visit", 1),), limit=100)[0]
    return [other for other in found if other.visit == job.visit]
