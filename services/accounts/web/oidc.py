"""The door of the council's identity provider: out to it, back from it, and in with the same cookie as every other.

The way out is a link, not a form. Browsers hold the redirects that follow a form against `form-action` of our own
Content-Security-Policy, all of them, and which addresses a provider goes on to (the council's own sign-in, a second
factor) nobody here can list. A link changes nothing by being opened: it only remembers a fresh state and nonce in this
browser's session, and it is limited like a form. Signing out ends the session here, and none at the provider.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from services.accounts import joining
from services.accounts.discovery import MISCONFIGURED, UNREACHABLE, ProviderFailed, require_groups
from services.accounts.domain import external
from services.accounts.domain.external import NotLetIn
from services.accounts.web.provider import CALLBACK_PATH, DENIED, STALE, UNTRUSTED, Provider
from services.accounts.web.signing_in import own_path, welcome
from shared.service import ServiceContext
from shared.web.app import cause, context, request_id
from shared.web.auth import PUBLIC, SIGN_IN_PATH, current_user, policy
from shared.web.limits import limited
from shared.web.navigation import start_page

log = logging.getLogger(__name__)

bp = Blueprint("accounts_oidc", __name__, template_folder="templates")

EXTENSION = "streetscene_provider"
START_PATH = "/accounts/oidc/start"

PASSAGES = "60 per minute; 600 per hour"
"""Of one address, which may be that of a whole council at eight in the morning; each costs little here."""

RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True)
class Failure:
    """What somebody is told who was not signed in: the status, what happened, and what they can do."""

    status: int
    title: str
    detail: str
    advice: str


ASK_IT = "If it happens again, tell the people who look after your account."
AGAIN = "Go back and try again. " + ASK_IT
ASK_ADMIN = "Ask an administrator of this service."

FAILURES: Mapping[str, Failure] = {
    STALE: Failure(
        400,
        "Start signing in again",
        "This page belongs to a sign-in that is over, or that began in another browser. You are not signed in.",
        AGAIN,
    ),
    DENIED: Failure(
        403,
        "You did not finish signing in",
        "Signing in was stopped before it was done, so you are not signed in here.",
        AGAIN,
    ),
    UNREACHABLE: Failure(
        503,
        "Signing in with your council account does not work at the moment",
        "Where you sign in could not be reached, or did not answer in time. You are not signed in.",
        "Try again in a few minutes.",
    ),
    MISCONFIGURED: Failure(
        502,
        "Signing in with your council account is set up wrongly",
        "The place where you sign in and this service do not fit together. You are not signed in.",
        "Tell the people who look after this service: trying again will not help.",
    ),
    UNTRUSTED: Failure(
        502,
        "Your sign-in could not be checked",
        "The answer from where you sign in could not be trusted, so it was not used. You are not signed in.",
        AGAIN,
    ),
    external.NO_ROLE: Failure(
        403,
        "Your account has no role in Streetscene yet",
        external.REFUSALS[external.NO_ROLE],
        "Ask your manager or the IT service desk to add you to the right group, then sign in again.",
    ),
    external.TWO_PLACES: Failure(
        403,
        "Your groups do not fit together",
        external.REFUSALS[external.TWO_PLACES],
        "Ask the IT service desk to leave you in one of them, then sign in again.",
    ),
    external.NO_ADDRESS: Failure(
        403,
        "Your account has no email address",
        external.REFUSALS[external.NO_ADDRESS],
        "Ask the IT service desk to give it one, then sign in again.",
    ),
    external.ADDRESS_UNCONFIRMED: Failure(
        403,
        "Your email address is not confirmed",
        external.REFUSALS[external.ADDRESS_UNCONFIRMED],
        "Confirm it where you sign in, then sign in again.",
    ),
    external.ADDRESS_IN_USE: Failure(
        403,
        "Your email address is in use here",
        external.REFUSALS[external.ADDRESS_IN_USE],
        ASK_ADMIN + " If it is yours, they can let you have it the next time you sign in.",
    ),
    external.SWITCHED_OFF: Failure(
        403, "Your account is switched off", external.REFUSALS[external.SWITCHED_OFF], ASK_ADMIN
    ),
}


def register(app: Flask, ctx: ServiceContext) -> None:
    """Give the app its provider, if one is configured, and its pages what they say of it; raises `ConfigError`."""
    is_configured = ctx.settings.oidc_issuer is not None
    require_groups(ctx.settings, ctx.council)
    app.extensions[EXTENSION] = Provider(ctx.settings, ctx.council.sign_in) if is_configured else None
    app.jinja_env.globals.update(
        provider_label=ctx.settings.oidc_label if is_configured else None,
        provider_start=provider_start,
        has_passwords=ctx.settings.password_sign_in,
    )


def provider_start(wanted: str | None) -> str:
    """Return the link that begins to sign in with the provider."""
    return f"{START_PATH}?{urlencode({'next': wanted})}" if wanted else START_PATH


@bp.get(START_PATH)
@policy(PUBLIC)
@limited(PASSAGES, methods=("GET",))
def start() -> Response | tuple[str, int, dict[str, str]]:
    """Send the browser to the provider, or whoever is signed in already to where they wanted to go."""
    provider, wanted = _provider(), own_path(request.args.get("next"))
    user = current_user()
    if user is not None:
        return redirect(wanted or start_page(user), 303)
    try:
        return redirect(provider.begin(wanted), 303)
    except ProviderFailed as error:
        return _failed(error.reason, str(error))


@bp.get(CALLBACK_PATH)
@policy(PUBLIC)
@limited(PASSAGES, methods=("GET",))
def callback() -> Response | tuple[str, int, dict[str, str]]:
    """Sign in whom the provider vouches for."""
    provider, user = _provider(), current_user()
    try:
        vouched = provider.vouched()
    except ProviderFailed as error:
        if error.reason == STALE and user is not None:
            # Back or reload, after it worked.
            return redirect(start_page(user), 303)
        joining.record_failure(context())
        return _failed(error.reason, str(error))
    try:
        return welcome(joining.sign_in(context(), vouched.claims, cause=cause()), vouched.wanted)
    except NotLetIn as refusal:
        return _failed(refusal.reason, refusal.message)


def _provider() -> Provider:
    """Return the provider; raises `NotFound` where none is configured."""
    provider: Provider | None = current_app.extensions[EXTENSION]
    if provider is None:
        raise NotFound
    return provider


def _failed(reason: str, why: str) -> tuple[str, int, dict[str, str]]:
    """Answer with what went wrong, in words for whoever wanted to sign in; the log has it in words for operators."""
    failure = FAILURES[reason]
    log.warning("sign_in_failed", extra={"reason": reason, "why": why})
    page = render_template(
        "accounts/not_signed_in.html", failure=failure, request_id=request_id(), sign_in_path=SIGN_IN_PATH
    )
    return page, failure.status, {"Retry-After": str(RETRY_AFTER_SECONDS)} if failure.status == 503 else {}
