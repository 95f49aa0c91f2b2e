"""What enforcement's pages call provisions, amounts and files."""

from dataclasses import dataclass

import pytest

from services.enforcement.web.words import allowed_words, in_full, media_words
from shared.law.offences import FILE, read_offences


@dataclass
class Law:
    min_pence: int
    max_pence: int


@pytest.mark.parametrize(
    ("provision", "said"),
    [
        ("EPA 1990 s33(1)(a)", "section 33(1)(a) of the Environmental Protection Act 1990"),
        ("EPA 1990 s34(5) and (6)", "section 34(5) and (6) of the Environmental Protection Act 1990"),
        ("ASBCPA 2014 s68", "section 68 of the Anti-social Behaviour, Crime and Policing Act 2014"),
        ("EPA 1990 Sch 3A para 1", "paragraph 1 of Schedule 3A to the Environmental Protection Act 1990"),
        (
            "Clean Neighbourhoods and Environment Act 2005 s3 and s4",
            "sections 3 and 4 of the Clean Neighbourhoods and Environment Act 2005",
        ),
        ("Some Regulations 2018", "the Some Regulations 2018"),
    ],
)
def test_a_provision_is_said_in_full(provision, said):
    assert in_full(provision) == said


def test_no_act_of_the_table_of_offences_stays_short():
    for row in read_offences(FILE):
        for provision in (row.provision, row.statute):
            assert in_full(provision).startswith(("section", "paragraph", "the Littering")), provision
            assert not any(short in in_full(provision) for short in ("EPA", "ASB", "CNEA", "CoP", "RD("))


@pytest.mark.parametrize(
    ("law", "said"),
    [(Law(15_000, 100_000), "£150 to £1,000"), (Law(0, 10_000), "up to £100"), (Law(40_000, 40_000), "£400")],
)
def test_what_statute_allows_is_said_without_a_least_of_nothing(law, said):
    assert allowed_words(law) == said


def test_a_file_of_a_kind_without_words_keeps_its_name():
    assert media_words("image/jpeg") == "JPEG picture"
    assert media_words("application/x-odd") == "application/x-odd"
