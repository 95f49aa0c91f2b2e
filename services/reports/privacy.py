"""What reports holds of people: who made or follows a report, what they wrote and sent, and what they were told.

Formal complaints are `complainants`, and who the desk found to own private land is `owners`.

Found by e-mail address or number through an index, by reference directly, and among forms that were not sent yet by
looking through them: there are never more than a day's. Somebody who follows a report gets what is about them and
nothing of the report's own maker.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.reports import complainants, owners
from services.reports.contacts import keys_of
from services.reports.domain import erasure
from services.reports.domain.report import Report
from services.reports.handlers import note_access
from services.reports.holds import LEGAL_HOLD, is_held
from services.reports.retention import erase_follower, erase_reporter
from services.reports.store import AUDIT, DRAFTS, reports
from shared import metrics
from shared.errors import DomainError, NotFound
from shared.ids import normalise_reference
from shared.notify import messages_about
from shared.privacy import Exported, HeldFile, Holding, Subject, refuse_kept
from shared.service import ServiceContext
from shared.store.paging import every
from shared.store.port import ASCENDING, DESCENDING, Document, HasAny

SAYS = (
    "Reports holds contact details, words, answers and photos of people who reported something, addresses of people "
    "who follow a report, the messages sent to both, forms that were begun in the last day, formal complaints, and "
    "notes of who owns private land on which waste lies."
)
REPORTER, FOLLOWER, DRAFT = "report", "followed report", "form not sent"
PAGE = 200
STAYS_WHILE_OPEN = "Words, photos and place stay until the report is closed, and are then erased at once"
COMMAND, COMMAND_NAME = "privacy-command", "the privacy command"
SUFFIXES = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"RIFF": "webp"}


def find(ctx: ServiceContext, subject: Subject) -> Sequence[Holding]:
    """Return the reports that somebody made or follows, and the forms that they began; raises `NotFound`.

    A reference that looks like one of a report must be known.
    """
    addresses = tuple(plain for one in (subject.email, subject.phone) if (plain := erasure.found_by(one)))
    found: dict[str, Holding] = {}
    if subject.reference:
        report = _by_reference(ctx, subject.reference)
        if report is not None:
            found[report.id] = _made(ctx, report)
    for report in _reached_at(ctx, [*keys_of(subject.email), *keys_of(subject.phone)]):
        is_theirs = not erasure.own_addresses(report.private).isdisjoint(addresses)
        held = _made(ctx, report) if is_theirs else _followed(report, addresses)
        found.setdefault(report.id, held)
    drafts = [_begun(document) for document in _drafts(ctx, addresses)] if addresses else []
    return [*found.values(), *drafts, *complainants.find_complaints(ctx, subject), *owners.find_owned(ctx, subject)]


def export(ctx: ServiceContext, holding: Holding) -> Exported:
    """Return a report, what somebody gets of one that they follow, or another piece, in full; the reading is logged."""
    part = _EXPORTS.get(holding.kind)
    if part is not None:
        return Exported(_plain(part(ctx, holding, by=COMMAND, by_name=COMMAND_NAME)))
    if holding.kind == DRAFT:
        document = ctx.store.get(DRAFTS.name, holding.id)
        return Exported(_plain({"answers": document["answers"]} if document else {}))
    report = reports(ctx.store).require(holding.id)
    note_access(ctx, report, user_id=COMMAND, user_name=COMMAND_NAME, what="exported")
    if holding.kind == FOLLOWER:
        mine = [one for one in report.private.followers if erasure.is_reached_at(one, holding.found_by)]
        given = [{"email": one.email, "phone": one.phone} for one in mine]
        sent = _messages(ctx, report, holding.found_by)
        return Exported(_plain({"reference": report.reference, "followed_as": given, "messages": sent}))
    return Exported(_plain(_whole(ctx, report)), tuple(_photos(ctx, report)))


def erase(ctx: ServiceContext, holding: Holding) -> None:
    """Erase what is about somebody; raises `DomainError` where the report must stay whole for an open case."""
    refuse_kept(holding)
    if holding.kind == DRAFT:
        ctx.store.delete(DRAFTS.name, holding.id)
    elif holding.kind == complainants.KIND:
        complainants.erase_complaint(ctx, holding.id, by=COMMAND, by_name=COMMAND_NAME, why="request")
        return  # which counts itself
    elif holding.kind == owners.KIND:
        owners.erase_owned(ctx, holding.id, by=COMMAND, by_name=COMMAND_NAME)
    else:
        report = reports(ctx.store).require(holding.id)
        if holding.kind == FOLLOWER:
            erase_follower(ctx, holding.id, holding.found_by)
        else:
            # Again, because a case may have been opened since it was found.
            if is_held(ctx.store, report):
                raise DomainError(LEGAL_HOLD)
            erase_reporter(ctx, holding.id)
        note_access(ctx, report, user_id=COMMAND, user_name=COMMAND_NAME, what="erased:request")
    metrics.record_personal_erased(ctx.service, "request")


def _by_reference(ctx: ServiceContext, typed: str) -> Report | None:
    """Return the report of a reference; None where it is that of something else, a notice or a case."""
    reference = normalise_reference(typed)
    report = reports(ctx.store).find_one({"reference": reference})
    kinds = {kind.prefix for kind in ctx.council.kinds.values()}
    if report is None and reference.partition("-")[0] in kinds:
        raise NotFound(f"There is no report with the reference {reference}.")
    return report


def _reached_at(ctx: ServiceContext, keys: Sequence[str]) -> Iterator[Report]:
    """Yield every report that one of the addresses is on, by their keys."""
    if keys:
        yield from reports(ctx.store).every({"contact_keys": HasAny(keys)}, batch=PAGE)


def _made(ctx: ServiceContext, report: Report) -> Holding:
    """Return what is held of somebody who made a report."""
    return Holding(
        service=ctx.service,
        kind=REPORTER,
        id=report.id,
        what=f"Report {report.reference} of {report.reported_at:%d %B %Y}, made by them",
        reference=report.reference,
        kept=LEGAL_HOLD if is_held(ctx.store, report) else "",
        later=STAYS_WHILE_OPEN if report.is_open else "",
    )


def _followed(report: Report, addresses: tuple[str, ...]) -> Holding:
    """Return what is held of somebody who follows a report."""
    what = f"Report {report.reference} of {report.reported_at:%d %B %Y}, followed by them"
    return Holding("reports", FOLLOWER, report.id, what, found_by=addresses)


def _begun(document: Document) -> Holding:
    """Return what is held of somebody who began a form."""
    return Holding("reports", DRAFT, document["_id"], "A form begun in the last day and not sent")


def _drafts(ctx: ServiceContext, addresses: Sequence[str]) -> Iterator[Document]:
    """Yield the forms in which one of the addresses was given."""
    for document in every(ctx.store, DRAFTS.name, {}, sort=(("expires_at", ASCENDING),), batch=PAGE):
        given = {erasure.found_by(str(document["answers"].get(name) or "")) for name in ("email", "phone")}
        if not given.isdisjoint(addresses):
            yield document


def _whole(ctx: ServiceContext, report: Report) -> Mapping[str, Any]:
    """Return a report as the person who made it may have it."""
    told, place = report.private, report.place
    looks = ctx.store.find(AUDIT.name, {"about": report.id}, sort=(("at", DESCENDING),), limit=PAGE).items
    spot = (place.lat, place.lon) if told.lat is None or told.lon is None else (told.lat, told.lon)
    return {
        "reference": report.reference,
        "kind": ctx.council.kind_of(report.kind).name,
        "state": report.closure or report.state,
        "reported_at": report.reported_at,
        "closed_at": report.closed_at,
        "came_by": report.channel,
        "name": told.name,
        "email": told.email,
        "phone": told.phone,
        "description": told.description,
        "where": told.place_text,
        "latitude": spot[0],
        "longitude": spot[1],
        "answers": {answer.code: list(answer.values) for answer in told.answers},
        "waste_types": [report.waste_type, *report.other_waste_types],
        "size": report.size,
        "land_type": report.land_type,
        "happened_on": report.happened_on,
        "picture_addresses": told.media_urls,
        "told_through_other_websites": [
            {"at": note.at, "status": note.status, "text": note.text} for note in told.notes
        ],
        "messages": _messages(ctx, report, erasure.own_addresses(told)),
        "feedback": report.feedback,
        "history": [{"at": step.at, "what": step.what, "detail": step.detail} for step in report.history],
        # That staff looked, and when: who they are is about them.
        "looked_at": [{"at": look["at"], "what": look["what"]} for look in looks],
    }


def _messages(ctx: ServiceContext, report: Report, addresses: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return what was sent to somebody about a report."""
    known = frozenset(addresses)
    sent = messages_about(ctx.store, report.id, is_theirs=lambda address: erasure.found_by(address) in known)
    return [
        {
            "sent_at": one["sent_at"],
            "by": one["message"]["channel"],
            "to": one["message"]["address"],
            "subject": one["message"]["subject"],
            "body": one["message"]["body"],
        }
        for one in sent
    ]


def _photos(ctx: ServiceContext, report: Report) -> Iterator[HeldFile]:
    """Yield the photos of a report as they were sent; the copy where the original is gone."""
    for number, photo in enumerate(report.private.photos, start=1):
        content = ctx.blobs.get(photo.key or photo.public_key)
        suffix = next((name for start, name in SUFFIXES.items() if content.startswith(start)), "heic")
        yield HeldFile(f"{report.reference}-photo-{number}.{suffix}", content)


_EXPORTS: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    complainants.KIND: complainants.export_complaint,
    owners.KIND: owners.export_owned,
}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) or hasattr(value, "isoformat") else value
