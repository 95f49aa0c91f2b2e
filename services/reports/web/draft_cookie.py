"""Which draft a browser works on: a cookie with an unguessable token, on the form's own pages only."""

from flask import Response, current_app, request

from services.reports.drafts import LIFETIME, Draft, draft_of, new_token
from services.reports.web.questions import QUESTIONS
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
    begins = slug == QUESTIONS[0].slug and (draft.version == 0 or draft.reference)
    if begins or not token:
        token = new_token()
        draft = draft_of(context(), token)
    return token, draft


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
