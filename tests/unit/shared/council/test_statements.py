"""The privacy notice and the accessibility statement: what the example says, and what a council can't leave out."""

import pytest

from shared.council import load_council
from shared.errors import ConfigError

from .made import LIVERPOOL, changed


def test_the_example_names_a_time_for_every_purpose():
    council = load_council(LIVERPOOL / "council.toml")

    for purpose in council.privacy.purposes:
        assert purpose.until or getattr(council.retention, purpose.kept) > 0
    assert {purpose.kept for purpose in council.privacy.purposes} >= {"report_contact_days", "unreleased_photo_days"}
    assert council.accessibility.standing == "partially"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('kept = "report_contact_days"', 'kept = "for-ever"', "kept"),
        ('until = "a day after you last changed them"', "", "until"),
        ('kept = "unreleased_photo_days"', 'kept = "unreleased_photo_days"\nuntil = "later"', "until"),
        ('standing = "partially"', 'standing = "mostly"', "standing"),
        ("prepared_on = 2026-11-22", 'prepared_on = "lately"', "prepared_on"),
        ("answer_days = 5", "answer_days = 0", "answer_days"),
    ],
)
def test_a_statement_that_says_too_little_is_refused_by_its_key(folder, before, after, said):
    with pytest.raises(ConfigError, match=said):
        load_council(changed(folder, before, after))


def test_a_council_that_does_not_meet_the_standard_says_where(folder):
    text = (folder / "council.toml").read_text()
    begin, end = text.index("problems = ["), text.index("enforcement = ")
    (folder / "council.toml").write_text(text[:begin] + text[end:])

    with pytest.raises(ConfigError, match="problems"):
        load_council(folder / "council.toml")


def test_a_council_may_say_nothing_yet(folder):
    text = (folder / "council.toml").read_text()
    begin, end = text.index("# --- what the public is told"), text.index("# --- published figures")
    (folder / "council.toml").write_text(text[:begin] + text[end:])

    council = load_council(folder / "council.toml")

    assert council.privacy.purposes == ()
    assert council.accessibility.standing == ""
