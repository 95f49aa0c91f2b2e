"""Commands that keep a copy of everything, and make a system from one."""

from pathlib import Path

import click

from shared.commands.console import current_settings, err, launched_settings, say


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Copy everything to PATH, a new folder or a new file ending in .tar.gz; the system may be running.

    For SQLite and folders. The copy holds keys and personal data: keep it as safe as the system.
    """
    from shared.backup import back_up

    with err().status("Copying …"):
        made = back_up(launched_settings(), path)
    say(f"{made.path} holds everything as of {made.taken_at}: {made.files} files, {_megabytes(made.size)} MB.")


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def restore(path: Path) -> None:
    """Fill an empty data folder (STREETSCENE_DATA) from the backup at PATH."""
    from deploy.local import only_instance
    from shared.backup import restore as run

    settings = current_settings()
    with only_instance(settings.data), err().status("Restoring …"):
        made = run(settings, path)
    say(f"{settings.data} holds everything as of {made.taken_at}: {made.files} files, {_megabytes(made.size)} MB.")
    if not settings.bus_url.startswith("memory:"):
        say("Every service publishes its whole log again at its start; consumers know what they have handled.")


def _megabytes(size: int) -> str:
    """Return a size in megabytes for people."""
    return f"{size / 1_000_000:,.1f}"
