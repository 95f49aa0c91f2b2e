"""The `streetscene` command: everything that an operator does from a shell.

Exit codes: 0 done, 1 it was tried and did not work out, 2 asked for wrongly (a setting, an argument, something that
does not exist). One line says why, never a traceback. Commands that print tables take `--json`.
"""

import click

from shared.commands.accounts import token, user
from shared.commands.backups import backup, restore
from shared.commands.bus import dead_letters, events
from shared.commands.console import Group
from shared.commands.demonstration import seed, simulate
from shared.commands.places import boundaries, gazetteer
from shared.commands.planning import plan_day
from shared.commands.privacy import privacy
from shared.commands.register import register
from shared.commands.running import planner, prepare, stream, up, web, worker
from shared.commands.upkeep import catalogue, check, version


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Street scene operations: run it, look after it, look into it."""


for command in (
    *(up, web, worker, stream, planner, prepare),
    *(
        check,
        events,
        dead_letters,
        user,
        token,
        boundaries,
        gazetteer,
        privacy,
        backup,
        restore,
        seed,
        simulate,
        plan_day,
        register,
        catalogue,
        version,
    ),
):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="streetscene")
