"""Reading TOML key by key: what is right is returned, and any slip is one line that names file and key."""

from datetime import date, time

import pytest

from shared.errors import ConfigError
from shared.toml import each, read_toml

TEXT = """
name = "Lantern"
slug = "lantern-quay"
number = 7
rate = 17.9
yes = true
day = 2025-06-01
opens = 06:00:00
words = ["a", "b"]
days = [2026-12-24]
empty = ""
at = 2025-06-01T10:00:00Z
[part]
inner = 1
[[rows]]
id = "one"
[[rows]]
id = "two"
extra = 1
"""


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "some.toml"
    file.write_text(TEXT)
    return read_toml(file)


def test_each_type_is_returned_as_it_is(table):
    assert table.text("name") == "Lantern"
    assert table.slug("slug") == "lantern-quay"
    assert table.whole("number") == 7
    assert table.number("rate", minimum=0, maximum=100) == 17.9
    assert table.number("number", minimum=0, maximum=100) == 7.0
    assert table.flag("yes") is True
    assert table.day("day") == date(2025, 6, 1)
    assert table.time_of_day("opens") == time(6)
    assert table.texts("words") == ("a", "b")
    assert table.days("days") == (date(2026, 12, 24),)
    assert table.table("part").whole("inner") == 1
    assert [row.text("id") for row in table.tables("rows")] == ["one", "two"]


def test_what_is_optional_may_be_absent(table):
    assert table.optional_day("nothing") is None
    assert table.optional_whole("nothing") is None
    assert table.flag("nothing", default=False) is False
    assert table.texts("nothing", ()) == ()
    assert table.tables("nothing", minimum=0) == []


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda t: t.text("nothing"), "nothing is missing: it must be a text"),
        (lambda t: t.text("empty"), "empty must not be empty"),
        (lambda t: t.text("number"), "number must be a text, not 7"),
        (lambda t: t.slug("name"), "name must be lower-case words joined by hyphens, not 'Lantern'"),
        (lambda t: t.whole("name"), "name must be a whole number, not 'Lantern'"),
        (lambda t: t.whole("yes"), "yes must be a whole number, not True"),
        (lambda t: t.whole("rate"), "rate must be a whole number, not 17.9"),
        (lambda t: t.whole("number", minimum=8), "number must be at least 8, not 7"),
        (lambda t: t.whole("number", maximum=6), "number must be from 0 to 6, not 7"),
        (lambda t: t.number("rate", minimum=0, maximum=1), "rate must be from 0 to 1, not 17.9"),
        (lambda t: t.flag("number"), "number must be true or false, not 7"),
        (lambda t: t.day("name"), "name must be a date (YYYY-MM-DD, without quotes), not 'Lantern'"),
        (lambda t: t.day("at"), "at must be a date (YYYY-MM-DD, without quotes)"),
        (lambda t: t.time_of_day("day"), "day must be a time (HH:MM:SS, without quotes)"),
        (lambda t: t.choice("name", ("a", "b")), "name must be one of a, b, not 'Lantern'"),
        (lambda t: t.texts("days"), "days must be a list of texts"),
        (lambda t: t.days("words"), "words must be a list of dates"),
        (lambda t: t.table("name"), "name must be a table, not 'Lantern'"),
        (lambda t: t.tables("words"), "words must be a list of at least 1 tables ([[words]])"),
        (lambda t: t.tables("rows", minimum=3), "rows must be a list of at least 3 tables"),
        (lambda t: t.table("part").text("inner"), "part.inner must be a text, not 1"),
        (lambda t: t.tables("rows")[1].text("name"), "rows[2].name is missing"),
        (
            lambda t: list(each(t.tables("rows"), lambda row: row.text("id"))),
            "rows[2].extra is not a key that is known here",
        ),
        (lambda t: t.close(), "name is not a key that is known here"),
    ],
)
def test_a_slip_is_one_line_that_names_file_and_key(table, ask, says):
    with pytest.raises(ConfigError) as refusal:
        ask(table)

    assert str(refusal.value).startswith(f"{table.file}: {says}")
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "none.toml")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("name = ")
    with pytest.raises(ConfigError, match=r"wrong\.toml: is not TOML"):
        read_toml(wrong)
