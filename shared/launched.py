"""What the launcher notes about the system that it has started, in the file by which it holds the data folder.

Commands typed in another shell (`streetscene simulate`, `events tail`) know the data folder; port and demonstration
they find here, so that nobody has to say them twice. What the environment says counts more.
"""

import json
from collections.abc import Mapping
from typing import IO

from shared.config import Settings

FILE = "launcher.lock"


def note_launch(lock: IO[str], settings: Settings) -> None:
    """Write into the held lock file how the system was started."""
    lock.seek(0)
    lock.truncate()
    json.dump({"STREETSCENE_PORT": str(settings.port), "STREETSCENE_DEMO": "1" if settings.demo else "0"}, lock)
    lock.flush()


def as_launched(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment, completed with how the system on its data folder was started last."""
    try:
        noted = json.loads((Settings.from_env(environ).data / FILE).read_text())
    except (OSError, ValueError):
        return dict(environ)
    said = {name for name, value in environ.items() if value != ""}
    return {**environ, **{name: value for name, value in noted.items() if name not in said}}
