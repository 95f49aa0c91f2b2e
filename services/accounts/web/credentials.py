"""Shift codes, wall links, API tokens and Open311 keys: made here, shown once, revoked here."""

from datetime import datetime

import segno
from flask import Blueprint, flash, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.accounts import handlers, store
from services.accounts.crews import crew_name, working_crews
from services.accounts.domain import credential as domain
from services.accounts.domain.credential import Credential
from services.accounts.web.forms import DAYS, HOURS, ShiftCodeForm, TokenForm, WallLinkForm
from shared.clock import machine_now
from shared.contracts.codes import ROLES
from shared.errors import DomainError, Forbidden
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form

bp = Blueprint("accounts_credentials", __name__, template_folder="templates")

ADMIN = roles("admin")
SHIFT_ISSUERS = roles("supervisor", "admin")
NEWEST_FIRST = (("created_at", -1),)
SHOWN = 50

PAGE_OF_KIND = {
    domain.SHIFT_CODE: "/accounts/shift-codes",
    domain.WALL_LINK: "/accounts/wall-links",
    domain.API_TOKEN: "/accounts/tokens",
    domain.API_KEY: "/accounts/tokens",
}


@bp.get("/accounts/shift-codes")
@policy(SHIFT_ISSUERS)
def shift_codes() -> str:
    """List the crews' codes, and offer a new one; the board's page of a crew leads here with the crew chosen."""
    chosen = request.args.get("crew_id", "")
    return _shift_codes_page({}, {"hours": str(domain.DEFAULT_SHIFT_HOURS), "crew_id": chosen})


@bp.post("/accounts/shift-codes")
@policy(SHIFT_ISSUERS)
def issue_shift_code() -> str | tuple[str, int]:
    """Issue a crew's code, and show it once, with a QR code for the phone."""
    values, errors = read_form(ShiftCodeForm, request.form)
    if not errors:
        try:
            credential, code = handlers.issue_shift_code(
                context(), crew_id=values["crew_id"], hours=int(values["hours"]), by=signed_in_user().id
            )
        except DomainError as error:
            errors = errors_of(error)
        else:
            link = f"{context().settings.public_url}/accounts/shift/{code}"
            return render_template(
                "accounts/code_once.html",
                credential=credential,
                code=domain.written_code(code),
                link=link,
                qr=qr_svg(link),
                crew=crew_name(context(), credential.crew_id),
            )
    return _shift_codes_page(errors, request.form.to_dict()), 400


@bp.get("/accounts/wall-links")
@policy(ADMIN)
def wall_links() -> str:
    """List the links of screens, and offer a new one."""
    return _wall_links_page({}, {})


@bp.post("/accounts/wall-links")
@policy(ADMIN)
def create_wall_link() -> str | tuple[str, int]:
    """Make a link for a screen, and show it once."""
    values, errors = read_form(WallLinkForm, request.form)
    if errors:
        return _wall_links_page(errors, request.form.to_dict()), 400
    credential, code = handlers.create_wall_link(context(), label=values["label"], by=signed_in_user().id)
    link = f"{context().settings.public_url}/accounts/wall/{code}"
    return render_template("accounts/link_once.html", credential=credential, link=link, qr=qr_svg(link))


@bp.get("/accounts/tokens")
@policy(ADMIN)
def tokens() -> str:
    """List tokens and keys of programs, and offer a new one."""
    return _tokens_page({}, {"days": DAYS[-1]})


@bp.post("/accounts/tokens")
@policy(ADMIN)
def create_token() -> str | tuple[str, int]:
    """Make a token or key, and show it once."""
    values, errors = read_form(TokenForm, request.form)
    if errors:
        return _tokens_page(errors, request.form.to_dict()), 400
    credential, text = handlers.create_api_credential(
        context(), role=values["role"], label=values["label"], days=int(values["days"]), by=signed_in_user().id
    )
    return render_template("accounts/token_once.html", credential=credential, token=text)


@bp.post("/accounts/credentials/<credential_id>/revoke")
@policy(SHIFT_ISSUERS)
def revoke(credential_id: str) -> Response:
    """Revoke a code, link, token or key; supervisors only the crews' codes."""
    credential = store.credentials(context().store).require(credential_id)
    if credential.kind != domain.SHIFT_CODE and not signed_in_user().has_role("admin"):
        raise Forbidden("Only an administrator can revoke this.")
    handlers.revoke(context(), credential_id, cause=cause())
    flash(f"{domain.KINDS[credential.kind]} revoked. It ends within seconds.")
    return redirect(PAGE_OF_KIND[credential.kind], 303)


def qr_svg(link: str) -> Markup:
    """Return a link as a QR code in SVG, ink on white, without a size of its own; our own links need no escaping."""
    drawn = segno.make(link, error="m").svg_inline(omitsize=True, border=2, dark="#10201f", light="#ffffff")
    return Markup(drawn)  # noqa: S704 - made by segno, of modules and no text


def standing(credential: Credential, at: datetime) -> str:
    """Return `active`, `expired` or `revoked`."""
    if not credential.is_active:
        return "revoked"
    return "active" if domain.holds(credential, at) else "expired"


def _of_kind(*kinds: str) -> list[tuple[Credential, str]]:
    """Return the newest credentials of some kinds, with their standing."""
    repository, now = store.credentials(context().store), machine_now()
    found = [item for kind in kinds for item in repository.find({"kind": kind}, sort=NEWEST_FIRST, limit=SHOWN)[0]]
    return [(credential, standing(credential, now)) for credential in found]


def _shift_codes_page(errors: FormErrors, values: dict[str, str]) -> str:
    """Return the page of shift codes."""
    crews = {crew.id: crew.name for crew in working_crews(context()).values()}
    return render_template(
        "accounts/shift_codes.html",
        rows=_of_kind(domain.SHIFT_CODE),
        crews=crews,
        hours=HOURS,
        errors=errors,
        values=values,
    )


def _wall_links_page(errors: FormErrors, values: dict[str, str]) -> str:
    """Return the page of wall links."""
    return render_template("accounts/wall_links.html", rows=_of_kind(domain.WALL_LINK), errors=errors, values=values)


def _tokens_page(errors: FormErrors, values: dict[str, str]) -> str:
    """Return the page of tokens and keys."""
    return render_template(
        "accounts/tokens.html",
        rows=_of_kind(domain.API_TOKEN, domain.API_KEY),
        roles={**ROLES, handlers.OPEN311: "Open311: post reports only"},
        days=DAYS,
        errors=errors,
        values=values,
    )
