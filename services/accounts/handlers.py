"""The use cases of accounts: load, decide, save. All time here is the machine's; events carry the council's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.accounts import identities, secrets, store
from services.accounts.crews import working_crews
from services.accounts.domain import account as accounts
from services.accounts.domain import credential as credentials
from services.accounts.domain import external
from services.accounts.domain.account import Account
from services.accounts.domain.credential import Credential
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.errors import DomainError, Duplicate, NotFound
from shared.ids import new_id
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.web.api_keys import make_api_key
from shared.web.identity import SESSION_LIFETIME, User
from shared.web.keys import ensure_keys

WRONG = "The email address or password is wrong."
WRONG_CODE = "That code is not valid. It may have run out: ask your supervisor for today’s."
OPEN311 = "open311"
KEEP_SIGN_INS = timedelta(days=365)
NO_CAUSE = Cause()


@dataclass(frozen=True)
class SignedIn:
    """Whom to remember, and for how long."""

    user: User
    cookie: str
    lifetime: timedelta


# --- signing in -----------------------------------------


def sign_in(ctx: ServiceContext, *, email: str, password: str) -> SignedIn:
    """Sign a member of staff in; raises `DomainError`, the same for an unknown address and a wrong password."""
    found = store.accounts(ctx.store).find_one({"email": email.strip().lower()})
    if found is None or found.password_hash is None:
        secrets.waste_a_try(password)
        record_try(ctx, "password", accepted=False, user_id=found.id if found else None)
        raise DomainError(WRONG, field="email")
    if accounts.waits_until(found, machine_now()) is not None:
        record_try(ctx, "password", accepted=False, user_id=found.id)
        raise DomainError("There were too many wrong tries for this account. Wait a few minutes.", field="email")
    # Hashed once, outside what is tried again on a conflict.
    is_right = secrets.is_password(found.password_hash, password) and found.is_active
    account = _note_try(ctx, found.id, is_right=is_right)
    record_try(ctx, "password", accepted=is_right, user_id=account.id)
    if not is_right:
        raise DomainError(WRONG, field="email")
    return session_of(ctx, account)


def sign_in_with_code(ctx: ServiceContext, code: str) -> SignedIn:
    """Sign a crew's shared phone in with a shift code; raises `DomainError`."""
    return _sign_in_with(
        ctx, credentials.normalise_code(code), credentials.SHIFT_CODE, SESSION_LIFETIME, refusal=WRONG_CODE
    )


def open_wall(ctx: ServiceContext, code: str) -> SignedIn:
    """Sign a wall's screen in with its link; raises `NotFound`."""
    try:
        return _sign_in_with(
            ctx, code, credentials.WALL_LINK, identities.WALL_LIFETIME, refusal="This link is not valid."
        )
    except DomainError as error:
        raise NotFound("This wall link is not valid any more. Ask an administrator for a new one.") from error


def session_of(ctx: ServiceContext, account: Account) -> SignedIn:
    """Return a session of a member of staff who has proved who they are."""
    return _signed_in(ctx, identities.user_of_account(account), SESSION_LIFETIME)


def enter(ctx: ServiceContext, user: User, *, method: str) -> SignedIn:
    """Sign in somebody for whom something else than a secret vouches, and keep that it happened."""
    record_try(ctx, method, accepted=True, user_id=user.id, credential_id=user.credential_id)
    return _signed_in(ctx, user, SESSION_LIFETIME)


def _sign_in_with(ctx: ServiceContext, secret: str, kind: str, longest: timedelta, *, refusal: str) -> SignedIn:
    """Sign in with a credential that holds; raises `DomainError` with the refusal."""
    now = machine_now()
    repository = store.credentials(ctx.store)
    found = repository.find_one({"digest": secrets.digest(ensure_keys(ctx.settings), secret)}) if secret else None
    if found is None or found.kind != kind or not credentials.holds(found, now) or _is_of_retired(ctx, found):
        record_try(ctx, kind, accepted=False, credential_id=found.id if found else None)
        raise DomainError(refusal, field="code")

    @reload_on_conflict
    def note_use() -> None:
        repository.save(credentials.used(repository.require(found.id), now), at=ctx.clock.now(), cause=NO_CAUSE)

    note_use()
    user = identities.user_of_credential(ctx, found)
    record_try(ctx, kind, accepted=True, user_id=user.id, credential_id=found.id)
    return _signed_in(ctx, user, credentials.remaining(found, now, longest))


def _is_of_retired(ctx: ServiceContext, credential: Credential) -> bool:
    """Say whether it is the code of a crew that does not work any more."""
    return credential.crew_id is not None and credential.crew_id not in working_crews(ctx)


def _signed_in(ctx: ServiceContext, user: User, lifetime: timedelta) -> SignedIn:
    """Return a signed session."""
    return SignedIn(user, identities.cookie_for(ctx, user, lifetime), lifetime)


@reload_on_conflict
def _note_try(ctx: ServiceContext, account_id: str, *, is_right: bool) -> Account:
    """Count a wrong password, or forget those before a right one."""
    repository = store.accounts(ctx.store)
    account, now = repository.require(account_id), machine_now()
    changed = accounts.signed_in(account, now) if is_right else accounts.password_refused(account, now)
    return repository.save(changed, at=ctx.clock.now(), cause=NO_CAUSE)


def record_try(
    ctx: ServiceContext,
    method: str,
    *,
    accepted: bool,
    user_id: str | None = None,
    credential_id: str | None = None,
) -> None:
    """Keep that somebody signed in or tried to: by ids, never by what they typed."""
    store.record_sign_in(
        ctx.store,
        {
            "_id": new_id(),
            "at": machine_now(),
            "method": method,
            "accepted": accepted,
            "user_id": user_id,
            "credential_id": credential_id,
        },
    )


# --- staff -----------------------------------------


def add_user_with_password(
    ctx: ServiceContext,
    *,
    email: str,
    role: str,
    name: str,
    scopes: Mapping[str, str] | None = None,
) -> str:
    """Add a member of staff with one role, and return the generated password; raises `DomainError`."""
    _, password = add_user(ctx, email=email, roles=[role], name=name, scopes=scopes or {})
    return password


def add_user(
    ctx: ServiceContext,
    *,
    email: str,
    roles: Sequence[str],
    name: str,
    scopes: Mapping[str, str],
    cause: Cause = NO_CAUSE,
) -> tuple[Account, str]:
    """Add a member of staff and return the account with its generated password; raises `DomainError`."""
    password = secrets.new_password()
    account, facts = accounts.new_account(
        new_id(),
        email=email,
        name=name,
        roles=roles,
        scopes=scopes,
        password_hash=secrets.hash_password(password),
        at=machine_now(),
    )
    try:
        return store.accounts(ctx.store).add(account, facts, at=ctx.clock.now(), cause=cause), password
    except Duplicate:
        raise DomainError("Somebody with this email address has an account already.", field="email") from None


def change_password(
    ctx: ServiceContext, account_id: str, *, current: str, new: str, cause: Cause = NO_CAUSE
) -> Account:
    """Change somebody's own password, which ends all their sessions; raises `DomainError`."""
    account = store.accounts(ctx.store).require(account_id)
    if account.password_hash is None:
        raise DomainError("Your account has no password here: change it where you sign in.")
    if not secrets.is_password(account.password_hash, current):
        _note_try(ctx, account_id, is_right=False)
        raise DomainError("Your current password is wrong.", field="current_password")
    new_hash = secrets.hash_password(accounts.fit_password(new, account.email))
    return _change(ctx, account_id, lambda known: accounts.with_password(known, new_hash, machine_now()), cause)


def reset_password(ctx: ServiceContext, account_id: str, *, cause: Cause = NO_CAUSE) -> tuple[Account, str]:
    """Give somebody a generated password, which is then how they sign in, and return it to be passed on."""
    password = secrets.new_password()
    new_hash = secrets.hash_password(password)
    account = _change(ctx, account_id, lambda known: accounts.with_password(known, new_hash, machine_now()), cause)
    return account, password


def change_roles(
    ctx: ServiceContext,
    account_id: str,
    *,
    roles: Sequence[str],
    scopes: Mapping[str, str],
    by: str | None,
    cause: Cause = NO_CAUSE,
) -> Account:
    """Give somebody other roles and scopes; what was signed before no longer holds."""
    return _change(
        ctx, account_id, lambda known: accounts.with_roles(known, roles, scopes, machine_now(), by=by), cause
    )


def switch(
    ctx: ServiceContext, account_id: str, *, is_active: bool, by: str | None, cause: Cause = NO_CAUSE
) -> Account:
    """Switch somebody's account on or off."""
    return _change(
        ctx, account_id, lambda known: accounts.switched(known, is_active=is_active, at=machine_now(), by=by), cause
    )


def allow_link(ctx: ServiceContext, account_id: str, *, by: str, cause: Cause = NO_CAUSE) -> Account:
    """Let whoever signs in elsewhere with an account's e-mail address have the account, once."""
    return _change(ctx, account_id, lambda known: external.opened_to_link(known, by=by), cause)


def sign_out_everywhere(ctx: ServiceContext, account_id: str, *, cause: Cause = NO_CAUSE) -> Account:
    """End every session of somebody."""
    return _change(ctx, account_id, lambda known: accounts.signed_out_everywhere(known, machine_now()), cause)


@reload_on_conflict
def _change(
    ctx: ServiceContext, account_id: str, decide: Callable[[Account], accounts.Changed], cause: Cause
) -> Account:
    """Save what the domain decides about an account."""
    repository = store.accounts(ctx.store)
    changed, facts = decide(repository.require(account_id))
    return repository.save(changed, facts, at=ctx.clock.now(), cause=cause)


# --- credentials that need no password -----------------------------------------


def issue_shift_code(
    ctx: ServiceContext, *, crew_id: str, hours: int = credentials.DEFAULT_SHIFT_HOURS, by: str | None = None
) -> tuple[Credential, str]:
    """Issue a crew's code for a shift, and return it; raises `DomainError`."""
    if crew_id not in working_crews(ctx):
        raise DomainError("Choose the crew.", field="crew_id")
    lifetime = timedelta(hours=hours)
    if not timedelta(0) < lifetime <= credentials.LONGEST_SHIFT:
        raise DomainError("A shift code holds for 1 to 24 hours.", field="hours")
    code = secrets.new_shift_code()
    return _issue(ctx, code, credentials.SHIFT_CODE, "crew", lifetime, crew_id=crew_id, by=by), code


def create_wall_link(ctx: ServiceContext, *, label: str, by: str | None = None) -> tuple[Credential, str]:
    """Make a link that shows the operations wall on a screen, and return its code."""
    code = secrets.new_link_code()
    return _issue(ctx, code, credentials.WALL_LINK, "wall-viewer", timedelta(days=365), label=label, by=by), code


def create_token(ctx: ServiceContext, *, role: str, label: str = "", days: int = 365, by: str | None = None) -> str:
    """Make a bearer token for a role (or `open311`: an API key), and return it; raises `DomainError`."""
    return create_api_credential(ctx, role=role, label=label, days=days, by=by)[1]


def create_api_credential(
    ctx: ServiceContext, *, role: str, label: str = "", days: int = 365, by: str | None = None
) -> tuple[Credential, str]:
    """Make a bearer token or an Open311 key with its record, and return both; raises `DomainError`."""
    now, credential_id, lifetime = machine_now(), new_id(), timedelta(days=days)
    kind = credentials.API_KEY if role == OPEN311 else credentials.API_TOKEN
    credential = credentials.new_credential(
        credential_id,
        kind=kind,
        # A token is never looked up: its signature and the deny list say all. The digest only has to be its own.
        digest=secrets.digest(ensure_keys(ctx.settings), credential_id),
        role=role,
        label=label,
        lifetime=lifetime,
        at=now,
        by=by,
    )
    text = api_text(ctx, credential)
    return store.credentials(ctx.store).add(credential, at=ctx.clock.now(), cause=NO_CAUSE), text


def api_text(ctx: ServiceContext, credential: Credential) -> str:
    """Return the token or key of an API credential."""
    if credential.kind == credentials.API_KEY:
        return make_api_key(ensure_keys(ctx.settings), credential.id)
    user = identities.user_of_credential(ctx, credential)
    return identities.bearer_token_for(ctx, user, credential.expires_at - credential.created_at, credential.created_at)


@reload_on_conflict
def revoke(ctx: ServiceContext, credential_id: str, *, cause: Cause = NO_CAUSE) -> Credential:
    """Revoke a code, link, token or key for good; raises `NotFound`."""
    repository = store.credentials(ctx.store)
    changed, facts = credentials.revoked(repository.require(credential_id), machine_now())
    return repository.save(changed, facts, at=ctx.clock.now(), cause=cause) if facts else changed


def _issue(
    ctx: ServiceContext,
    secret: str,
    kind: str,
    role: str,
    lifetime: timedelta,
    *,
    label: str = "",
    crew_id: str | None = None,
    by: str | None = None,
) -> Credential:
    """Store a credential under the digest of its secret."""
    credential = credentials.new_credential(
        new_id(),
        kind=kind,
        digest=secrets.digest(ensure_keys(ctx.settings), secret),
        role=role,
        label=label,
        lifetime=lifetime,
        at=machine_now(),
        by=by,
        crew_id=crew_id,
    )
    return store.credentials(ctx.store).add(credential, at=ctx.clock.now(), cause=NO_CAUSE)


# --- retention -----------------------------------------


def forget_old_sign_ins(ctx: ServiceContext) -> None:
    """Delete the record of sign-ins older than a year."""
    store.forget_sign_ins(ctx.store, before=machine_now() - KEEP_SIGN_INS)
