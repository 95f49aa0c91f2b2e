import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.web.keys import PRIVATE_NAME, PUBLIC_NAME, ensure_keys, load_private_key
from tests.builders import make_settings


def test_the_first_start_makes_keys_that_only_their_owner_can_read(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)

    ensure_keys(settings)

    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert files == {"secret.key": 0o600, PRIVATE_NAME: 0o600, PUBLIC_NAME: 0o600}


def test_later_starts_change_nothing(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    ensure_keys(settings)
    before = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}

    ensure_keys(settings)

    assert {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before


def test_starts_at_the_same_time_agree_on_the_keys(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ensure_keys(settings), range(8)))

    assert len({keys.secret for keys in made}) == 1
    assert len({keys.public.public_bytes_raw() for keys in made}) == 1
    assert made[0].public.public_bytes_raw() == load_private_key(settings).public_key().public_bytes_raw()
    assert len(list((tmp_path / "keys").iterdir())) == 3


def test_a_process_that_was_given_no_private_key_makes_none(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    ensure_keys(settings)
    (tmp_path / "keys" / PRIVATE_NAME).unlink()

    ensure_keys(settings)

    assert not (tmp_path / "keys" / PRIVATE_NAME).exists()
    with pytest.raises(ConfigError, match="can't sign anybody in"):
        load_private_key(settings)


@pytest.mark.parametrize(("name", "content"), [("secret.key", "short"), (PUBLIC_NAME, "no key")])
def test_a_key_that_is_none_is_refused(tmp_path: Path, name: str, content: str) -> None:
    settings = make_settings(tmp_path)
    ensure_keys(settings)
    (tmp_path / "keys" / name).write_text(content)

    with pytest.raises(ConfigError, match=name):
        ensure_keys(settings)


def test_a_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = replace(make_settings(tmp_path), secret_key_file=tmp_path / "file" / "secret.key")

    with pytest.raises(ConfigError, match="can't be read or made"):
        ensure_keys(settings)
