"""Make the secrets that docker-compose.yml mounts as files: `python -m deploy.compose_secrets [FOLDER]`.

Each is made once and never printed; whoever wants to change one deletes its file, and the store's or the broker's user
with it. The folder is for its owner alone. The files in it can be read by anybody, because compose mounts a file as it
is, and every container reads it as a user of its own.
"""

import base64
import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shared.config import REPOSITORY, Settings
from shared.web.keys import ensure_keys

FOLDER = REPOSITORY / "secrets"

READABLE = 0o444


def make(folder: Path = FOLDER) -> list[str]:
    """Make the files that are missing and return their names."""
    folder.mkdir(mode=0o700, exist_ok=True)
    before = {path.name for path in folder.iterdir()}
    ensure_keys(replace(Settings.from_env({}), secret_key_file=folder / "secret.key"))

    def ensure(name: str, content: Callable[[], str]) -> str:
        path = folder / name
        if not path.exists():
            path.write_text(content())
        return path.read_text()

    # A keyfile of MongoDB is base64 of 6 to 1024 characters.
    ensure("mongo_keyfile", lambda: base64.b64encode(secrets.token_bytes(96)).decode())
    ensure("mongo_root_password", _password)
    ensure("grafana_password", _password)
    store_password = ensure("mongo_password", _password)
    broker_password = ensure("rabbitmq_password", _password)
    ensure(
        "store_url",
        lambda: f"mongodb://streetscene:{store_password}@mongo:27017/streetscene?replicaSet=rs0&authSource=admin",
    )
    ensure("bus_url", lambda: f"amqp://streetscene:{broker_password}@rabbitmq:5672/%2F")
    ensure("rabbitmq_users.json", lambda: json.dumps(_users(broker_password)))
    for path in folder.iterdir():
        path.chmod(READABLE)
    return sorted({path.name for path in folder.iterdir()} - before)


def _password() -> str:
    """Return a password that needs no escaping in a URL."""
    return secrets.token_urlsafe(24)


def _users(password: str) -> dict[str, list[dict[str, str]]]:
    """Return the broker's definitions of its one user."""
    name = "streetscene"
    return {
        "users": [{"name": name, "password": password, "tags": ""}],
        "permissions": [{"user": name, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
    }


def main() -> None:
    """Make what is missing and say so."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    made = make(folder)
    print(f"{folder}: {'made ' + ', '.join(made) if made else 'nothing was missing'}")  # noqa: T201 (a command's answer)


if __name__ == "__main__":
    main()
