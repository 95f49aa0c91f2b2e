"""The keys of one installation: a shared secret, and the Ed25519 pair that signs who somebody is.

Every web process needs the secret (sessions, CSRF, signed links, Open311 keys) and the public key (to verify cookies
and tokens offline). Only accounts reads the private key. The files lie beside `secret_key_file`; where an operator has
mounted them they are used as they are, else the first process to start makes them. Each file appears whole or not at
all: it is written under another name and linked into place, so when two processes start at once one of them wins and
both use the winner's.
"""

import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.config import Settings
from shared.errors import ConfigError

PRIVATE_NAME = "signing.key"
PUBLIC_NAME = "signing.pub"
SECRET_BYTES = 48
MINIMUM_SECRET_CHARACTERS = 32


@dataclass(frozen=True)
class Keys:
    """What every web process holds: the shared secret and the public key."""

    secret: str
    public: Ed25519PublicKey


def ensure_keys(settings: Settings) -> Keys:
    """Return the installation's keys, making the missing files; raises `ConfigError` where that can't be done."""
    folder = settings.secret_key_file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _ensure_file(settings.secret_key_file, lambda: secrets.token_urlsafe(SECRET_BYTES).encode())
        # A public key without a private one is how a process other than accounts is deployed: there is nothing to make.
        if not (folder / PUBLIC_NAME).exists():
            _ensure_file(folder / PRIVATE_NAME, _new_private_pem)
            _ensure_file(folder / PUBLIC_NAME, lambda: _public_pem(load_private_key(settings)))
        return load_keys(settings)
    except OSError as error:
        raise ConfigError(f"The keys in {folder} can't be read or made: {error.strerror}") from error


def load_keys(settings: Settings) -> Keys:
    """Return the keys that are there; raises `ConfigError` for a key that is no key, `OSError` where one is missing."""
    secret = settings.secret_key_file.read_text().strip()
    if len(secret) < MINIMUM_SECRET_CHARACTERS:
        raise ConfigError(f"{settings.secret_key_file} holds fewer than {MINIMUM_SECRET_CHARACTERS} characters")
    path = settings.secret_key_file.parent / PUBLIC_NAME
    try:
        public = serialization.load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} is not a public key in PEM: {error}") from error
    if not isinstance(public, Ed25519PublicKey):
        raise ConfigError(f"{path} is not an Ed25519 public key")
    return Keys(secret, public)


def load_private_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the key that signs identities, for accounts alone; raises `ConfigError`."""
    path = settings.secret_key_file.parent / PRIVATE_NAME
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError(f"{path} can't be read, and accounts can't sign anybody in without it") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} is not a private key in PEM without a password: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError(f"{path} is not an Ed25519 private key")
    return private


def _ensure_file(path: Path, make: Callable[[], bytes]) -> None:
    """Make a file of mode 0600, whole or not at all, unless it is there; whoever links first wins."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _new_private_pem() -> bytes:
    """Return a fresh Ed25519 private key in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(private: Ed25519PrivateKey) -> bytes:
    """Return the public half of a private key in PEM."""
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
