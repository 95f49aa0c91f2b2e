"""A file is taken as a whole or not at all, and every bad line of it is named."""

import pytest

from services.scheduling.register import edit
from services.scheduling.register.tables import TABLES
from shared.contracts.envelope import Cause
from shared.errors import Conflict

HEADER = "id,person_id,from_on,to_on,kind"
GOOD = f"{HEADER}\nabsence-9,p-001,2026-11-23,2026-11-24,planned\n,Ben Madeup,24/11/2026,,training\n"


def take(ctx, table, text, version=None):
    content = text if isinstance(text, bytes) else text.encode()
    return edit.take_file(ctx, table, content, version=version, by="Sam", cause=Cause())


def bad_lines(ctx, table, text):
    upload, _ = edit.preview(ctx, table, text if isinstance(text, bytes) else text.encode())
    return [(bad.line, bad.column, bad.words) for bad in upload.bad]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_is_taken_away_and_brought_back_changes_nothing(ctx, name):
    before = edit.world_of(ctx).table(name)

    done = take(ctx, name, "\ufeff" + edit.export(ctx, name))

    assert (done.added, done.changed, done.same) == (0, 0, len(before.live))
    assert edit.world_of(ctx).table(name) == before


def test_a_file_adds_and_changes_rows_and_words_are_understood_for_codes(ctx):
    done = take(ctx, "absences", GOOD)

    added = [row.values for row in edit.world_of(ctx).table("absences").live[-2:]]
    assert (done.added, done.changed) == (2, 0)
    assert [(each["person_id"], each["from_on"]) for each in added] == [
        ("p-001", "2026-11-23"),
        ("p-002", "2026-11-24"),
    ]


def test_the_same_file_again_adds_nothing(ctx):
    upload, _ = edit.preview(ctx, "absences", GOOD.encode())
    take(ctx, "absences", upload.text)

    done = take(ctx, "absences", upload.text)

    assert (done.added, done.changed, done.same) == (0, 0, 2)


def test_rows_that_need_each_other_come_in_one_file(ctx):
    shifted = edit.export(ctx, "patterns").replace("14:00,22:00", "15:30,22:00")
    assert take(ctx, "patterns", shifted).changed == 1

    rotas = edit.export(ctx, "rotas") + "late,crew-north-1,evening,2026-11-30,\n"
    assert take(ctx, "rotas", rotas).added == 1


def test_one_bad_line_keeps_all_of_the_file_out(ctx):
    before = edit.world_of(ctx).table("absences")

    with pytest.raises(edit.BadFile, match="Line 4, kind: “sick” is not known here: it must be one of planned"):
        take(ctx, "absences", GOOD + "absence-10,p-004,2026-11-23,2026-11-24,sick\n")

    assert edit.world_of(ctx).table("absences") == before


def test_every_bad_line_is_named_with_its_column_and_reason(ctx):
    found = bad_lines(
        ctx,
        "absences",
        f"{HEADER}\na-1,nobody,2026-11-23,,planned\na-2,p-001,soon,,planned\n\na-1,p-002,2026-11-23,,planned\n",
    )

    assert [(line, column) for line, column, _ in found] == [(2, "person_id"), (3, "from_on"), (5, "id")]
    assert found[1][2] == "Enter a day as in 2026-11-17 or 17/11/2026"
    assert found[2][2] == "a-1 is on line 2 already"


def test_rows_of_one_file_are_checked_against_each_other(ctx):
    found = bad_lines(ctx, "absences", f"{HEADER}\na-1,p-001,2026-11-23,,planned\na-2,p-001,2026-12-01,,planned\n")

    assert [(line, column) for line, column, _ in found] == [(2, "from_on"), (3, "from_on")]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "The file is empty"),
        (b"\n\n", 1, "The file is empty"),
        (HEADER.encode(), 2, "There is no row below the first line"),
        ("id,person\nÄ,b\n".encode("latin-1"), 2, "This is not UTF-8 text: save it as “CSV UTF-8”"),
        (f"{HEADER}\nx\n".encode("utf-16"), 1, "This is not UTF-8 text"),
        (
            b"id,person_id,from_on,to_on\n1,2,3,4\n",
            1,
            f"The first line must be {HEADER.replace(',', ', ')} (missing: kind)",
        ),
        (b"id,id,person_id,from_on,to_on,kind,why\n", 1, "The first line must be"),
        (f"{HEADER}\na,b,c\n".encode(), 2, "There are 3 values here, and 5 columns"),
        (f'{HEADER}\n"a,p-001,2026-11-23,,planned\n'.encode(), 2, "This is not CSV"),
        (b"x" * (1024 * 1024 + 1), 1, "The file has 1,048,577 bytes; at most 1,048,576 are taken"),
        (f"{HEADER}\n{'a,p-001,2026-11-23,,planned' * 1}\n".encode() * 1, 0, ""),
    ],
)
def test_a_file_that_can_not_be_read_is_refused_with_the_line(ctx, content, line, words):
    found = bad_lines(ctx, "absences", content)

    if not line:
        assert found == []
        return
    assert [each[0] for each in found] == [line]
    assert found[0][2].startswith(words)


def test_semicolons_between_columns_are_understood(ctx):
    assert bad_lines(ctx, "absences", GOOD.replace(",", ";")) == []


def test_a_preview_that_somebody_else_has_overtaken_is_not_taken(ctx):
    _, version = edit.preview(ctx, "absences", GOOD.encode())
    take(ctx, "absences", f"{HEADER}\nother,p-005,2026-11-23,,planned\n")

    with pytest.raises(Conflict):
        take(ctx, "absences", GOOD, version=version)


def test_a_preview_changes_nothing(ctx):
    before = edit.world_of(ctx).table("absences")

    upload, _ = edit.preview(ctx, "absences", GOOD.encode())

    assert [planned.what for planned in upload.changes] == ["added", "added"]
    assert edit.world_of(ctx).table("absences") == before
