"""What a resident has answered so far, kept on the server until the report is sent or a day has passed.

A draft is found by an unguessable token in the resident's cookie; the store knows only its SHA-256, so a copy of the
store opens nobody's draft. It keeps the reference once sent: reloading, going back or pressing the button twice shows
the same report again and never makes a second one. Drafts hold personal data, so they stay in this service and expire.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from services.reports.store import DRAFTS
from shared.clock import machine_now
from shared.errors import Conflict
from shared.service import ServiceContext
from shared.store.port import ASCENDING, Range

LIFETIME = timedelta(hours=24)
"""Long enough to find the photo at home in the evening; short enough that nothing lies about."""


@dataclass(frozen=True)
class Draft:
    """A resident's answers by question, which questions are done, and the reference once the report was sent."""

    id: str
    kind: str = ""
    """The kind of report that this is to be; empty before anything was answered."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    is_reviewed: bool = False
    reference: str | None = None
    version: int = 0

    @property
    def idempotency_key(self) -> str:
        """The key under which this draft can become a report once."""
        return f"web:{self.id}"

    def answered(self, step: str, answers: Mapping[str, Any], *, is_done: bool = True) -> "Draft":
        """Return the draft with the answers of one question; `is_done` where nothing of it has to be asked again."""
        done = self.done if step in self.done or not is_done else (*self.done, step)
        return replace(self, answers={**self.answers, **answers}, done=done)

    def of_kind(self, kind: str, *, keeping: Collection[str]) -> "Draft":
        """Return the draft as one of a kind of report; of another kind's answers only those to `keeping` count."""
        if kind == self.kind:
            return self
        done = tuple(step for step in self.done if step in keeping)
        return replace(self, kind=kind, done=done, is_reviewed=False, answers={**self.answers, "nearby_seen": False})


def new_token() -> str:
    """Return an unguessable token for a resident's cookie."""
    return secrets.token_urlsafe(32)


def draft_of(ctx: ServiceContext, token: str) -> Draft:
    """Return the draft of a token; an empty one where there is none yet, or where it has expired."""
    draft_id = hashlib.sha256(token.encode()).hexdigest()
    document = ctx.store.get(DRAFTS.name, draft_id)
    if document is None or document["expires_at"] < machine_now():
        return Draft(draft_id, version=document["version"] if document else 0)
    return Draft(
        id=draft_id,
        kind=document.get("kind", ""),
        answers=document["answers"],
        done=tuple(document["done"]),
        is_reviewed=document["is_reviewed"],
        reference=document["reference"],
        version=document["version"],
    )


def keep_draft(ctx: ServiceContext, draft: Draft) -> Draft:
    """Store the draft for another day; raises `Conflict` where the same resident has changed it in another tab."""
    document = {
        "_id": draft.id,
        "expires_at": machine_now() + LIFETIME,
        "photo_keys": [key for photo in draft.answers.get("photos", ()) for key in photo],
        "kind": draft.kind,
        "answers": dict(draft.answers),
        "done": list(draft.done),
        "is_reviewed": draft.is_reviewed,
        "reference": draft.reference,
    }
    if draft.version == 0:
        ctx.store.insert(DRAFTS.name, {**document, "version": 1})
        return replace(draft, version=1)
    ctx.store.save(DRAFTS.name, {**document, "version": draft.version}, expected_version=draft.version)
    return replace(draft, version=draft.version + 1)


def sent_draft(draft: Draft, reference: str) -> Draft:
    """Return the draft of a report that was sent: only the reference is kept, the answers are with the report now."""
    return replace(draft, reference=reference, answers={}, done=(), is_reviewed=False)


def sweep_drafts(ctx: ServiceContext, *, limit: int = 200) -> None:
    """Delete expired drafts, the oldest first."""
    page = ctx.store.find(
        DRAFTS.name, {"expires_at": Range(below=machine_now())}, sort=(("expires_at", ASCENDING),), limit=limit
    )
    for document in page.items:
        # One that the resident came back to this very moment has another version, and stays.
        with suppress(Conflict):
            ctx.store.delete(DRAFTS.name, document["_id"], expected_version=document["version"])
