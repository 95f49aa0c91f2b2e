"""What the crews have told their supervisor: actions that no longer fitted, what they handed over, vehicle defects.

Also on the page of a job: what its crew did, when that arrived, and how well the photos fit the place and the time.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from services.scheduling import phone, shift_day, store
from services.scheduling.crew_lists import crew_lists
from services.scheduling.domain import late, plausible
from services.scheduling.domain.entry import CrewEntry
from services.scheduling.web import access
from services.scheduling.web.phone_words import KINDS
from services.scheduling.web.words import NO_PHOTO_WORDS
from shared.errors import NotFound
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.filters import plain

bp = Blueprint("from_crews", __name__, template_folder="templates", url_prefix="/dispatch")

SHOWN = 100
CODED = ("outcome", "waste_type", "land_type", "size")
FIELDS: Mapping[str, str] = {
    "outcome": "What happened",
    "exception": "What is wrong",
    "waste_type": "Waste",
    "size": "Amount",
    "land_type": "Land",
    "cleared": "Cleared",
    "no_photo_reason": "No photo because",
    "no_before_reason": "No photo from before because",
    "evidence_note": "About the evidence",
    "note": "Note",
    "place": "Place",
    "lat": "Latitude",
    "lon": "Longitude",
    "site_id": "Site",
    "reason": "Not done because",
}
JPEG = b"\xff\xd8"


@bp.app_context_processor
def _words() -> dict[str, Any]:
    """Give templates the words for what crews have done."""
    return {
        "entry_words": entry_words,
        "proof_words": plausible.words,
        "proof_purpose": plausible.PURPOSE,
        "ruling_words": lambda ruling: late.RULINGS.get(ruling, ""),
        "crew_name": _crew_name,
        "may_settle": lambda: access.is_supervisor(signed_in_user()),
        "said_rows": said_rows,
    }


@bp.get("/from-crews")
@policy(access.BOARD_READERS)
def page() -> str:
    """Show all that waits for a supervisor."""
    ctx = context()
    newest = store.NEWEST_RECEIVED
    jobs, _ = store.jobs(ctx.store).find({"needs_a_look": True}, sort=store.NEWEST, limit=SHOWN)
    notes, _ = store.crew_notes(ctx.store).find({"is_open": True}, sort=newest, limit=SHOWN)
    checks, _ = store.vehicle_checks(ctx.store).find({"is_open": True}, sort=newest, limit=SHOWN)
    return render_template(
        "scheduling/from_crews.html",
        told=[(job, entry) for job in jobs for entry in job.entries if entry.is_open],
        notes=notes,
        jobs_of_notes={note.id: store.jobs(ctx.store).get(note.job_id) for note in notes if note.job_id},
        checks=checks,
        vehicles={vehicle.id: vehicle for vehicle in store.all_vehicles(ctx.store)},
        kinds=KINDS,
    )


@bp.post("/jobs/<job_id>/entries/<entry_id>/settle")
@policy(access.SUPERVISORS)
def settle_entry(job_id: str, entry_id: str) -> WerkzeugResponse:
    """Note that an action was looked at."""
    phone.settle(context(), job_id, entry_id, cause=cause())
    return _settled()


@bp.post("/from-crews/notes/<note_id>/settle")
@policy(access.SUPERVISORS)
def settle_note(note_id: str) -> WerkzeugResponse:
    """Note that what was handed over has been dealt with."""
    shift_day.settle_note(context(), note_id, cause=cause())
    return _settled()


@bp.post("/from-crews/checks/<check_id>/settle")
@policy(access.SUPERVISORS)
def settle_check(check_id: str) -> WerkzeugResponse:
    """Note that the defects of a check have been dealt with."""
    shift_day.settle_check(context(), check_id, cause=cause())
    return _settled()


@bp.get("/jobs/<job_id>/photos/<key>")
@policy(access.BOARD_READERS)
def job_photo(job_id: str, key: str) -> Response:
    """Give a photo that a crew took of a job: before the work, or with an action."""
    return _photo(key, store.jobs(context().store).require(job_id).photo_keys)


@bp.get("/from-crews/notes/<note_id>/photos/<key>")
@policy(access.BOARD_READERS)
def note_photo(note_id: str, key: str) -> Response:
    """Give a photo of what was handed over; one that can't be shown, as a file."""
    return _photo(key, store.crew_notes(context().store).require(note_id).photo_keys)


@bp.get("/from-crews/checks/<check_id>/photos/<key>")
@policy(access.BOARD_READERS)
def check_photo(check_id: str, key: str) -> Response:
    """Give a photo of a vehicle's defect."""
    return _photo(key, store.vehicle_checks(context().store).require(check_id).photo_keys)


def entry_words(entry: CrewEntry) -> str:
    """Return what an action was, as a supervisor reads it: Finished: the alley gate is locked."""
    lists: Mapping[str, str] = {
        **{code: listed.words for code, listed in crew_lists().exceptions.items()},
        **crew_lists().hand_back,
    }
    said = KINDS.get(entry.kind, entry.kind)
    return f"{said}: {lists.get(entry.reason, entry.reason).lower()}" if entry.reason else said


def said_rows(said: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what a crew said in a form that could not be taken, in the words of the form."""
    rows = []
    for name, value in said.items():
        field = name if name in FIELDS else "reason" if name.startswith("reason-") else None
        if field is None:
            continue
        listed = crew_lists().exceptions.get(value)
        words = listed.words if listed else crew_lists().hand_back.get(value) or NO_PHOTO_WORDS.get(value)
        coded = plain(field, value) if field in CODED else value
        rows.append({"key": FIELDS[field], "value": words or coded})
    return rows


def _crew_name(crew_id: str) -> str:
    """Return a crew's name; its id where it is gone."""
    crew = store.crews(context().store).get(crew_id)
    return crew.name if crew else crew_id


def _photo(key: str, known: tuple[str, ...]) -> Response:
    """Return a photo that a document names."""
    if key not in known:
        raise NotFound("There is no such photo.")
    content = context().blobs.get(key)
    if content.startswith(JPEG):
        return Response(content, content_type="image/jpeg")
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = 'attachment; filename="as-sent"'
    return answer


def _settled() -> WerkzeugResponse:
    """Go back to what still waits."""
    flash("Taken off the list.", "success")
    return redirect(url_for("from_crews.page"), 303)
