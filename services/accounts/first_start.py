"""The credentials of a first start: one of each role, generated, never constant, written for whoever installs it.

    1. draw every secret and write them all to a draft, whole and durable, before anything is stored;
    2. store what the draft says, each under an id in the draft, so that a repetition finds it there;
    3. rename the draft to `credentials.json`.

A kill anywhere leaves a draft that the next start finishes. Where accounts exist and neither file does, somebody has
taken the file away on purpose: then nothing is written, and nothing changes.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.accounts import handlers, secrets, store
from services.accounts.domain import account as accounts
from services.accounts.domain import credential as credentials
from shared.clock import machine_now
from shared.contracts.codes import ROLES
from shared.contracts.envelope import Cause
from shared.errors import Duplicate
from shared.ids import new_id
from shared.service import ServiceContext
from shared.web.keys import ensure_keys

STAFF = (
    ("contact-centre", "contact-centre", "Contact centre"),
    ("supervisor", "supervisor", "Depot supervisor"),
    ("officer", "officer", "Enforcement officer"),
    ("officer", "second-officer", "Second enforcement officer"),
    ("waste-officer", "waste-officer", "Waste officer"),
    ("manager", "manager", "Neighbourhood manager"),
    ("councillor", "councillor", "Councillor"),
    ("admin", "admin", "Administrator"),
)
"""Role, name before the @, display name; two officers, because whoever issues a notice does not decide on it."""

CODE_LIFETIME = timedelta(days=14)
DEMONSTRATION_CODE_LIFETIME = timedelta(days=3_650)
"""The first shift codes outlive a shift: until supervisors issue their own, or as long as a demonstration stands."""

LINK_LIFETIME = timedelta(days=3_650)
TOKEN_LIFETIME = timedelta(days=365)


def write_credentials(ctx: ServiceContext, path: Path) -> None:
    """Write the credentials of a first start to a file of mode 0600, unless this installation has begun already."""
    if path.exists():
        _keep_link_right(ctx, path)
        return
    draft_path = path.with_name(f".{path.name}.draft")
    if not draft_path.exists():
        if store.accounts(ctx.store).find({}, sort=(("email", 1),), limit=1)[0]:
            return
        _write(draft_path, _draw(ctx))
    draft = json.loads(draft_path.read_text())
    _store(ctx, draft)
    _write(path, _published(ctx, draft))
    draft_path.unlink()


def _keep_link_right(ctx: ServiceContext, path: Path) -> None:
    """Let the wall's link say the address at which the system is now, which may have moved since the first start."""
    content = json.loads(path.read_text())
    for user in content["users"]:
        if "link" in user:
            user["link"] = f"{ctx.settings.public_url}{urlsplit(user['link']).path}"
    if content != json.loads(path.read_text()):
        _write(path, content)


def _draw(ctx: ServiceContext) -> Mapping[str, Any]:
    """Draw every id and secret."""
    domain = ctx.council.contact.email.rpartition("@")[2] or "council.example"
    return {
        "at": machine_now().isoformat(),
        "staff": [
            {
                "id": new_id(),
                "email": f"{local}@{domain}",
                "role": role,
                "name": name,
                "password": secrets.new_password(),
            }
            for role, local, name in STAFF
        ],
        "crews": [{"id": new_id(), "crew_id": crew.id, "code": secrets.new_shift_code()} for crew in ctx.council.crews],
        "wall": {"id": new_id(), "code": secrets.new_link_code()},
        "tokens": [{"id": new_id(), "role": role} for role in (*ROLES, handlers.OPEN311)],
    }


def _store(ctx: ServiceContext, draft: Mapping[str, Any]) -> None:
    """Store what the draft says, where it is not there yet."""
    at = datetime.fromisoformat(draft["at"])
    repository = store.accounts(ctx.store)
    for person in draft["staff"]:
        if repository.get(person["id"]) is not None:
            continue
        account, facts = accounts.new_account(
            person["id"],
            email=person["email"],
            name=person["name"],
            roles=[person["role"]],
            scopes=_first_scopes(ctx, person["role"]),
            password_hash=secrets.hash_password(person["password"]),
            at=at,
        )
        with contextlib.suppress(Duplicate):
            repository.add(account, facts, at=ctx.clock.now(), cause=Cause())
    for credential in _credentials(ctx, draft):
        with contextlib.suppress(Duplicate):
            store.credentials(ctx.store).add(credential, at=ctx.clock.now(), cause=Cause())


def _first_scopes(ctx: ServiceContext, role: str) -> Mapping[str, str]:
    """Return what an account of a first start is narrowed to: a demonstration's councillor has a ward to look at.

    Anywhere else an administrator says which, and until then the councillor sees no area.
    """
    if role != "councillor" or not (ctx.settings.demo or ctx.council.is_demonstration):
        return {}
    return {"ward": ctx.council.wards[0].id}


def _credentials(ctx: ServiceContext, draft: Mapping[str, Any]) -> list[credentials.Credential]:
    """Return the shift codes, wall link, tokens and key of the draft."""
    at = datetime.fromisoformat(draft["at"])
    keys = ensure_keys(ctx.settings)
    is_demonstration = ctx.settings.demo or ctx.council.is_demonstration
    made = [
        credentials.new_credential(
            crew["id"],
            kind=credentials.SHIFT_CODE,
            digest=secrets.digest(keys, crew["code"]),
            role="crew",
            label="First start",
            lifetime=DEMONSTRATION_CODE_LIFETIME if is_demonstration else CODE_LIFETIME,
            at=at,
            by=None,
            crew_id=crew["crew_id"],
        )
        for crew in draft["crews"]
    ]
    made.append(
        credentials.new_credential(
            draft["wall"]["id"],
            kind=credentials.WALL_LINK,
            digest=secrets.digest(keys, draft["wall"]["code"]),
            role="wall-viewer",
            label="First start",
            lifetime=LINK_LIFETIME,
            at=at,
            by=None,
        )
    )
    made.extend(_api_credential(ctx, token, at) for token in draft["tokens"])
    return made


def _api_credential(ctx: ServiceContext, token: Mapping[str, str], at: datetime) -> credentials.Credential:
    """Return the record of one token or key of the draft."""
    return credentials.new_credential(
        token["id"],
        kind=credentials.API_KEY if token["role"] == handlers.OPEN311 else credentials.API_TOKEN,
        digest=secrets.digest(ensure_keys(ctx.settings), token["id"]),
        role=token["role"],
        label=ROLES.get(token["role"], "Open311"),
        lifetime=TOKEN_LIFETIME,
        at=at,
        by=None,
    )


def _published(ctx: ServiceContext, draft: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the contents of `credentials.json`."""
    at = datetime.fromisoformat(draft["at"])
    staff = [
        {"email": person["email"], "role": person["role"], "password": person["password"]} for person in draft["staff"]
    ]
    crews = [
        {"role": "crew", "crew_id": crew["crew_id"], "shift_code": credentials.written_code(crew["code"])}
        for crew in draft["crews"]
    ]
    wall = {"role": "wall-viewer", "link": f"{ctx.settings.public_url}/accounts/wall/{draft['wall']['code']}"}
    tokens = {token["role"]: handlers.api_text(ctx, _api_credential(ctx, token, at)) for token in draft["tokens"]}
    return {"users": [*staff, *crews, wall], "tokens": tokens}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file of mode 0600, whole and durable or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
