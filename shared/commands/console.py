"""What every command shares: one line for what went wrong, the settings, the services' contexts, tables and JSON."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import click

from shared.config import Settings
from shared.errors import ConfigError, DomainError, StreetsceneError
from shared.launched import as_launched

if TYPE_CHECKING:
    from rich.console import Console

STOPPED_BY_HAND = 130


@cache
def out() -> "Console":
    """Return the terminal for what a command answers."""
    from rich.console import Console  # most processes of the system never speak to a terminal

    return Console()


@cache
def err() -> "Console":
    """Return the terminal for what goes on meanwhile."""
    from rich.console import Console

    return Console(stderr=True)


class Group(click.Group):
    """A command group that says in one line on stderr what went wrong, and by its exit code whose fault it is.

    2: asked for wrongly (usage, configuration, something that does not exist); 1: tried, and did not work out.
    """

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        """Run as a program; a defect alone shows a traceback."""
        try:
            code = self.main(*arguments, **{**more, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            sys.exit(2)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "streetscene"
            _end(f"{error.format_message()} See `{path} --help`.", 2)
        except click.ClickException as error:
            _end(error.format_message(), error.exit_code)
        except click.Abort:
            _end("stopped", STOPPED_BY_HAND)
        except (ConfigError, DomainError) as error:
            _end(error, 2)
        except (StreetsceneError, OSError) as error:
            _end(error, 1)
        sys.exit(code if isinstance(code, int) else 0)


def _end(problem: object, code: int) -> NoReturn:
    """Say one line and end the process."""
    if isinstance(problem, OSError) and problem.errno == errno.EPIPE:
        sys.exit(code)  # whoever read our output has gone
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    click.echo(f"streetscene: {lines[0]}", err=True)
    sys.exit(code)


def current_settings() -> Settings:
    """Return the settings of this shell's environment."""
    return Settings.from_env(os.environ)


def launched_settings() -> Settings:
    """Return the settings of the system on this data folder, as it was started last."""
    return Settings.from_env(as_launched(os.environ))


@contextmanager
def contexts_of(services: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Give the contexts of services of a system that exists; raises `ConfigError` where none has begun."""
    from shared.processes import open_contexts, require_begun

    settings = launched_settings()
    require_begun(settings)
    with open_contexts(services, settings) as contexts:
        yield contexts


def as_json(option: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command that prints a table."""
    return click.option("--json", "json_output", is_flag=True, help="Print JSON instead of a table.")(option)


def show_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, json_output: bool) -> None:
    """Print rows as a table for people, or as a JSON list for programs."""
    if json_output:
        click.echo(json.dumps([dict(row) for row in rows], default=str, ensure_ascii=False, indent=2))
        return
    texts = [list(columns)]
    texts += [["" if row.get(column) is None else str(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[n]) for line in texts) for n in range(len(columns))]
    for line in texts:
        # Never cut, whatever the width of the terminal: ids are there to be copied.
        say("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())


def say(line: str) -> None:
    """Print one line for people, as it is."""
    click.echo(line)
