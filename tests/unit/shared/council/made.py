"""The example council, and copies of it to change."""

from pathlib import Path

from shared.config import REPOSITORY

LIVERPOOL = REPOSITORY / "deploy" / "councils" / "liverpool"


def changed(folder: Path, old: str, new: str, name: str = "council.toml") -> Path:
    """Change one thing in a file of a council's folder, and return the path of its `council.toml`."""
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return folder / "council.toml"
