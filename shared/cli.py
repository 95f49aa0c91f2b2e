"""The `streetscene` command: everything that an operator does from a shell.

Exit codes: 0 done, 1 it was tried and did not work out, 2 asked for wrongly (a setting, an argument, something that
does not exist). One line says why, never a traceback. Commands that print tables take `--json`.

Every process of the system is started by a command, so a command's module is imported when it is asked for and not
before: what one command needs, the start of another does not wait for.
"""

from collections.abc import Mapping
from importlib import import_module

import click

from shared.commands.console import Group

COMMANDS: Mapping[str, str] = {
    "up": "running",
    "web": "running",
    "worker": "running",
    "stream": "running",
    "planner": "running",
    "prepare": "running",
    "check": "upkeep",
    "catalogue": "upkeep",
    "version": "upkeep",
    "events": "bus",
    "dead-letters": "bus",
    "user": "accounts",
    "token": "accounts",
    "boundaries": "places",
    "gazetteer": "places",
    "privacy": "privacy",
    "backup": "backups",
    "restore": "backups",
    "seed": "demonstration",
    "simulate": "demonstration",
    "plan-day": "planning",
    "register": "register",
}
"""Every command, and the module of `shared/commands` that has it under its name."""


class Commands(Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, None where there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"shared.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Street scene operations: run it, look after it, look into it."""


if __name__ == "__main__":
    main(prog_name="streetscene")
