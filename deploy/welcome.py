"""What `streetscene up` says once everything runs: one address, and who may sign in."""

import json
from collections.abc import Mapping

from rich.console import Console

from shared.config import Settings


def welcome(settings: Settings, console: Console) -> None:
    """Print the address, the first start's users where they are still written down, and how to stop."""
    address = f"http://127.0.0.1:{settings.port}"
    console.print(f"\nStreetscene is running at [bold]{address}[/bold]\n", highlight=False, soft_wrap=True)
    if settings.demo:
        console.print(f"Begin at {address}/demo\n", highlight=False, soft_wrap=True)
    credentials = settings.data / "credentials.json"
    try:
        users = json.loads(credentials.read_text())["users"]
    except FileNotFoundError:
        text = f"{credentials} has been taken away; `streetscene user add` makes another account.\n"
    else:
        console.print(_table(users), markup=False, highlight=False, soft_wrap=True)
        text = f"\nThese are in {credentials}, with API tokens.\n"
    console.print(f"{text}Ctrl-C stops everything.", markup=False, highlight=False, soft_wrap=True)


def _table(users: list[Mapping[str, str]]) -> str:
    """Return who may sign in, and with what, in columns; the wall's link says all by itself."""
    rows = [("Who", "Signs in with", "Password or code")]
    for user in users:
        name = user.get("email") or user.get("crew_id") or user["link"]
        rows.append((user["role"], name, user.get("password") or user.get("shift_code") or ""))
    first = max(len(row[0]) for row in rows)
    second = max(len(row[1]) for row in rows if row[2])
    return "\n".join(f"{who:<{first}}  {name:<{second}}  {secret}".rstrip() for who, name, secret in rows)
