"""Which draft a browser works on: a cookie with an unguessable token, on the form's own pages only."""

from flask import Response, current_app, request

from services.reports.drafts import LIFETIME, Draft, draft_of, new_token
from services.reports.web.questions import EVERY_KINDS, FIRST
from shared.council import Kind
from shared.web.app import context

COOKIE = "streetscene-draft"
COOKIE_PATH = "/report/new"


def draft_here() -> Draft:
    """Return this browser's draft, an empty one where there is none."""
    return draft_of(context(), request.cookies.get(COOKIE, ""))


def draft_to_write(slug: str) -> tuple[str, Draft]:
    """Return this browser's draft and its token; a new one at the first question, if there is none or it was sent."""
    token = request.cookies.get(COOKIE, "")
    draft = draft_of(context(), token)
    kind = kind_here(draft, slug).code
    begins = slug == FIRST and (draft.version == 0 or draft.reference)
    if begins or not token:
        token = new_token()
        draft = draft_of(context(), token)
    return token, draft.of_kind(kind, keeping=EVERY_KINDS)


def kind_here(draft: Draft, slug: str | None = None) -> Kind:
    """Return the kind of report that is being made: the draft's, or the council's first.

    At the first question it is what the address asks for, so that a report of another kind can be begun at any time.
    """
    kinds = context().council.kinds
    asked = request.args.get("kind", "") if slug == FIRST else ""
    return kinds.get(asked) or kinds.get(draft.kind) or next(iter(kinds.values()))


def set_cookie(response: Response, token: str) -> None:
    """Let this browser find its draft again."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        path=COOKIE_PATH,
    )
