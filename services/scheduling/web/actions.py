"""The doors of a crew's actions: a form in, the use case, and what to say and show next.

The same function answers a form that a browser sends by itself and an action that the phone kept and sends later, so an
action means the same however it arrives. Without `occurred_at` it happened now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for

from services.scheduling import found, phone, shift_day, store, tipping
from services.scheduling.domain.fleet import OFF_ROAD, Crew
from services.scheduling.found import FoundTip
from services.scheduling.handlers import Finish
from services.scheduling.phone import Act, Arrival, Taken, Trouble
from services.scheduling.shift_day import HandedOver
from services.scheduling.web import forms
from services.scheduling.web.phone_words import crew_words
from services.scheduling.web.where import where_of
from shared.errors import DomainError, StreetsceneError
from shared.web.app import cause, context
from shared.web.forms import Form, FormErrors, read_form
from shared.web.idempotency import idempotency_key
from shared.web.uploads import read_optional_photo

PHOTOS = ("photo", "before_photo", "evidence_photo", "letter_photo")


class Incomplete(StreetsceneError):
    """The form can't be taken as it is: the messages by field."""

    def __init__(self, errors: FormErrors) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True)
class Said:
    """What to tell the crew, if anything, and the page to show next."""

    words: str | None
    next: str


def act_now(crew: Crew) -> Act:
    """Return the action that this request brings; raises `DomainError` for an unfit id."""
    return phone.act_of(context(), crew, idempotency_key(), _occurred_at())


def arrive(act: Act, job_id: str) -> Said:
    """Take an arrival."""
    values = _read(forms.ArriveForm)
    arrival = Arrival(_photo("before_photo"), values["no_photo_reason"])
    return _of_job(phone.arrive(context(), job_id, act, arrival, cause=cause()))


def start(act: Act, job_id: str) -> Said:
    """Take the beginning of the work."""
    return _of_job(phone.start(context(), job_id, act, cause=cause()))


def finish(act: Act, job_id: str) -> Said:
    """Take what a crew says when it is done."""
    sent = finish_of(_read(forms.FinishForm))
    taken = phone.finish(context(), job_id, act, sent, cause=cause())
    return Said(crew_words(taken), url_for("crew.done", job_id=job_id) if _was_done(taken) else url_for("crew.stops"))


def trouble(act: Act, job_id: str) -> Said:
    """Take an exception."""
    values = _read(forms.ExceptionForm)
    told = Trouble(values["exception"], _photo("photo"), values["no_photo_reason"], _position())
    taken = phone.report_trouble(context(), job_id, act, told, cause=cause())
    return Said(crew_words(taken), url_for("crew.stops"))


def find(act: Act, _: str) -> Said:
    """Take a tip that nobody reported, cleared or not."""
    ctx, values = context(), _read(forms.FoundForm)
    where = where_of(request.form)
    if where is None:
        raise DomainError("Choose where it is", field="place")
    place_id = where.place.id if where.place else None
    tip = FoundTip(
        act.crew.id, where.lat, where.lon, values["waste_type"], values["land_type"], values["size"], place_id
    )
    if values["cleared"] == "yes":
        sent = finish_of({**values, "outcome": "cleared", "no_before_reason": None})
        job = found.clear_found_tip(ctx, tip, sent, key=act.id, cause=cause(), at=act.moment.at)
    else:
        job = found.record_found_tip(ctx, tip, key=act.id, cause=cause(), at=act.moment.at)
    return Said(None, url_for("crew.done", job_id=job.id))


def tip(act: Act, _: str) -> Said:
    """Take the emptying of the vehicle."""
    ctx, values = context(), _read(forms.TipForm)
    vehicle = store.vehicles(ctx.store).get(act.crew.vehicle_id or "")
    if vehicle is None:
        raise DomainError("Your crew has no vehicle today. Ask your supervisor.", field="site_id")
    # A moment that is not believed says nothing about what was on board.
    at = None if act.moment.is_doubtful else act.moment.at
    made = tipping.tip_vehicle(
        ctx, vehicle.id, values["site_id"], crew_id=act.crew.id, key=act.id, cause=cause(), tipped_at=at
    )
    return Said(None, url_for("crew_day.tipped", tip_id=made.tip_id))


def check(act: Act, _: str) -> Said:
    """Take the walk round the vehicle."""
    values = _read(forms.CheckForm)
    if values["result"] == "defects" and not values["defects"]:
        raise DomainError("Choose what is wrong", field="defects")
    defects = values["defects"] if values["result"] == "defects" else []
    made = shift_day.check_vehicle(context(), act, defects, values["note"] or "", _photo("photo"), cause=cause())
    vehicle = store.vehicles(context().store).require(made.vehicle_id)
    is_stopped = made.keeps_in and vehicle.state == OFF_ROAD
    words = "Do not drive it. It is off the road, and your supervisor has been told." if is_stopped else None
    return Said(words, url_for("crew.stops"))


def rest(act: Act, _: str) -> Said:
    """Take the beginning or the end of a break."""
    take = shift_day.end_a_break if request.form.get("on") == "no" else shift_day.begin_a_break
    take(context(), act, cause=cause())
    return Said(None, url_for("crew.stops"))


def sign_on(act: Act, _: str) -> Said:
    """Take the beginning of the shift."""
    shift_day.sign_on(context(), act, cause=cause())
    return Said(None, url_for("crew.stops"))


def sign_off(act: Act, _: str) -> Said:
    """Take the end of the shift with a reason for every job that is not done."""
    prefix = "reason-"
    reasons = {name.removeprefix(prefix): value for name, value in request.form.items() if name.startswith(prefix)}
    shift_day.sign_off(context(), act, {job: why for job, why in reasons.items() if why}, cause=cause())
    return Said(None, url_for("crew.stops"))


def hand_over(act: Act, job_id: str) -> Said:
    """Take an action that was refused, for the supervisor to deal with."""
    sent = request.form
    kept = {name: value for name, value in sent.items() if value and name not in forms.MACHINERY}
    photos = [photo for name in PHOTOS for photo in _photos(name)]
    evidence = None
    if sent.get("has_evidence") or _photos("evidence_photo") or _photos("letter_photo"):
        evidence = Finish(
            outcome="refused",
            evidence_photos=_photos("evidence_photo"),
            letters=_photos("letter_photo"),
            evidence_note=sent.get("evidence_note", ""),
        )
    handed = HandedOver(
        sent.get("refused_kind", "")[:20], job_id or None, sent.get("refused_because", "")[:500], kept, photos, evidence
    )
    shift_day.hand_over(context(), act, handed, cause=cause())
    return Said("Your supervisor has it now.", url_for("phone.unsent"))


ACTIONS: Mapping[str, Callable[[Act, str], Said]] = {
    "arrive": arrive,
    "start": start,
    "finish": finish,
    "exception": trouble,
    "found": find,
    "tip": tip,
    "check": check,
    "break": rest,
    "shift": sign_on,
    "end": sign_off,
    "hand-over": hand_over,
}
"""Every action of a crew's phone by its kind."""


def finish_of(values: Mapping[str, Any]) -> Finish:
    """Return what the crew sends when it is done, with its photos."""
    return Finish(
        outcome=values["outcome"],
        waste_type=values["waste_type"],
        land_type=values["land_type"],
        size=values["size"],
        no_photo_reason=values["no_photo_reason"],
        has_evidence=bool(values["has_evidence"]),
        photo=_photo("photo"),
        evidence_photos=_photos("evidence_photo"),
        evidence_note=values.get("evidence_note") or "",
        letters=_photos("letter_photo"),
        before_photo=_photo("before_photo"),
        no_before_reason=values["no_before_reason"],
        position=_position(),
    )


def _read(form: type[Form]) -> dict[str, Any]:
    """Return the values of this request's form; raises `Incomplete` with the messages by field."""
    values, errors = read_form(form, request.form)
    if errors:
        raise Incomplete(errors)
    return values


def _of_job(taken: Taken) -> Said:
    """Return what to say of an action on a job, and the job's page or, where it is no longer the crew's, the list."""
    is_own = taken.job.is_active and taken.job.crew_id is not None and not crew_words(taken)
    return Said(crew_words(taken), url_for("crew.stop", job_id=taken.job.id) if is_own else url_for("crew.stops"))


def _was_done(taken: Taken) -> bool:
    """Say whether the crew's own page of the finished job can be shown."""
    return taken.entry is not None and taken.job.last_crew_id == taken.entry.crew_id


def _photo(field: str) -> bytes | None:
    return read_optional_photo(request.files.get(field), field=field)


def _photos(field: str) -> tuple[bytes, ...]:
    """Return every photo of a field that takes several."""
    read = (read_optional_photo(upload, field=field) for upload in request.files.getlist(field))
    return tuple(photo for photo in read if photo)


def _position() -> tuple[float, float] | None:
    """Return where the phone was as the photo was chosen, if it said so; used once, for a distance."""
    try:
        lat, lon = float(request.form.get("photo_lat", "")), float(request.form.get("photo_lon", ""))
    except ValueError:
        return None
    return (lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def _occurred_at() -> datetime | None:
    """Return when the phone says it happened; what can't be read counts as not said."""
    sent = request.form.get("occurred_at", "")
    try:
        said = datetime.fromisoformat(sent)
    except ValueError:
        return None
    return said if said.tzinfo is not None else None
