"""Commands for who may come in: staff accounts and API tokens."""

import click

from shared.commands.console import Group, contexts_of, say


@click.group(cls=Group)
def user() -> None:
    """Staff accounts."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, help="One of the roles, e.g. supervisor.")
@click.option("--name", required=True, help="The name that colleagues see.")
def user_add(email: str, role: str, name: str) -> None:
    """Add a member of staff, and print the password once."""
    from shared.processes import part

    with contexts_of(("accounts",)) as contexts:
        password = part("accounts", "handlers").add_user_with_password(
            contexts["accounts"], email=email, role=role, name=name
        )
    say(f"{email} may sign in as {role} with the password {password}")


@click.group(cls=Group)
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("role")
@click.option("--label", default="", help="What it is for.")
@click.option("--days", default=365, help="How long it holds.")
def token_create(role: str, label: str, days: int) -> None:
    """Create an API token for a ROLE (or `open311`: an API key), and print it once."""
    from shared.processes import part

    with contexts_of(("accounts",)) as contexts:
        say(part("accounts", "handlers").create_token(contexts["accounts"], role=role, label=label, days=days))
