"""Pieces of pages: tables that a phone shows as blocks, and errors as GOV.UK says them."""

import re

import pytest
from flask import Flask, render_template_string

from shared.web.filters import as_error

COLUMNS = [
    {"text": "Crew"},
    {"text": "Holds until"},
    {"text": "Weight", "numeric": True},
    {"text": "Act", "hidden": True},
]
ROWS = [["North street crew 1", "2 November 2026", 540, "Revoke"]]


def table(app: Flask, *, stacked: bool) -> str:
    source = (
        '{% import "components.html" as ui with context %}'
        '{{ ui.data_table("Codes", columns, rows, caption_hidden=true, stacked=stacked) }}'
    )
    with app.test_request_context("/public"):
        return render_template_string(source, columns=COLUMNS, rows=ROWS, stacked=stacked)


def test_a_stacked_table_keeps_its_roles_and_gives_each_cell_its_columns_name(app: Flask) -> None:
    page = table(app, stacked=True)

    assert re.findall(r'role="(\w+)"', page) == [
        "region",
        "table",
        "rowgroup",
        "row",
        *["columnheader"] * 4,
        "rowgroup",
        "row",
        "rowheader",
        *["cell"] * 3,
    ]
    # Neither the cell that names the row nor one whose column has no visible name is labelled.
    assert re.findall(r'data-label="([^"]*)"', page) == ["Holds until", "Weight"]


def test_another_table_is_plain(app: Flask) -> None:
    page = table(app, stacked=False)

    assert re.findall(r'role="(\w+)"', page) == ["region"]
    assert "data-label" not in page
    assert "app-table--stacked" not in page


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Enter the street.", "Enter the street"),
        ("Enter the street", "Enter the street"),
        ("Enter a weight, like 12.5.", "Enter a weight, like 12.5"),
        ("It is too long. Use 40 characters.", "It is too long. Use 40 characters."),
        ("Is it there? Say so.", "Is it there? Say so."),
        ("", ""),
    ],
)
def test_a_single_sentence_is_shown_as_an_error_without_its_full_stop(message: str, shown: str) -> None:
    assert as_error(message) == shown
