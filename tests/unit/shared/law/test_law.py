"""Penalty law: the bounds of each day, refusals that quote the section, and the statute's clocks."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import ConfigError, DomainError
from shared.law import check_amount, early_by, lay_by, offence, offence_history, offences, overdue_on, pay_by, pounds
from shared.law.offences import FILE, read_offences

TODAY = date(2026, 11, 17)
ALL = read_offences(FILE)
CODES = sorted({row.code for row in ALL})


@pytest.mark.parametrize(
    ("code", "on", "least", "most"),
    [
        ("FLYTIP", "2023-07-30", 150, 400),
        ("FLYTIP", "2023-07-31", 150, 1000),
        ("HH-DOC", "2023-07-30", 150, 400),
        ("HH-DOC", "2026-11-17", 150, 600),
        ("LITTER", "2023-07-30", 65, 150),
        ("LITTER", "2023-07-31", 65, 500),
        ("GRAFFITI", "2026-11-17", 65, 500),
        ("FLYPOST", "2026-11-17", 65, 500),
        ("LEAFLET", "2026-11-17", 65, 150),
        ("WTN", "2026-11-17", 300, 300),
        ("CARRIER", "2026-11-17", 300, 300),
        ("COMM-BIN", "2026-11-17", 75, 110),
        ("HH-BIN", "2026-11-17", 60, 80),
        ("ABANDON", "2026-11-17", 200, 200),
        ("NUIS-PARK", "2026-11-17", 100, 100),
        ("CPN", "2026-11-17", 0, 100),
        ("PSPO", "2026-11-17", 0, 100),
        ("LITTER-VEH", "2026-11-17", 65, 500),
    ],
)
def test_each_offence_has_the_bounds_of_its_day(code, on, least, most):
    row = offence(code, date.fromisoformat(on))

    assert (row.min_pence, row.max_pence) == (least * 100, most * 100)


@pytest.mark.parametrize(
    ("code", "amount", "says"),
    [
        ("FLYTIP", 100_001, "EPA 1990 s33ZA: between £150 and £1,000"),
        ("FLYTIP", 14_999, "EPA 1990 s33ZA: between £150 and £1,000"),
        ("HH-DOC", 60_001, "EPA 1990 s34ZA: between £150 and £600"),
        ("WTN", 29_999, "EPA 1990 s34A: exactly £300"),
        ("PSPO", 10_001, "ASBCPA 2014 s68: at most £100"),
    ],
)
def test_an_amount_beyond_the_law_is_refused_with_the_section(code, amount, says):
    row = offence(code, TODAY)

    with pytest.raises(DomainError) as refusal:
        check_amount(row, amount)

    assert refusal.value.message == says
    assert (refusal.value.field, refusal.value.rule) == ("amount_pence", row.statute)


@settings(deadline=None)
@given(code=st.sampled_from(CODES), amount=st.integers(0, 200_000))
def test_an_amount_is_accepted_exactly_within_the_bounds(code, amount):
    row = offence(code, TODAY)

    if row.min_pence <= amount <= row.max_pence:
        check_amount(row, amount)
    else:
        with pytest.raises(DomainError, match=row.statute.replace("(", r"\(").replace(")", r"\)")):
            check_amount(row, amount)


def test_the_bounds_themselves_are_lawful_for_every_row():
    for row in ALL:
        check_amount(row, row.min_pence)
        check_amount(row, row.max_pence)
        if row.default_pence is not None:
            check_amount(row, row.default_pence)
        if row.early_min_pence is not None:
            check_amount(row, row.max_pence, early_pence=row.early_min_pence, early_days=row.early_max_days)


def test_an_early_payment_offer_keeps_to_its_floor_and_its_days():
    row = offence("FLYTIP", TODAY)
    check_amount(row, 40_000, early_pence=12_000, early_days=10)

    with pytest.raises(DomainError, match="at least £120 for early payment"):
        check_amount(row, 40_000, early_pence=11_999, early_days=10)
    with pytest.raises(DomainError, match="from 1 to 10 days"):
        check_amount(row, 40_000, early_pence=12_000, early_days=11)
    with pytest.raises(DomainError, match="from 1 to 10 days"):
        check_amount(row, 40_000, early_pence=12_000)
    with pytest.raises(DomainError, match="must be less than £400"):
        check_amount(row, 40_000, early_pence=40_000, early_days=10)


def test_an_offence_that_the_day_does_not_know_is_refused():
    with pytest.raises(DomainError, match="No penalty for LARCENY is known on 17 November 2026"):
        offence("LARCENY", TODAY)
    with pytest.raises(DomainError, match="No penalty for FLYTIP is known on 1 May 2016"):
        offence("FLYTIP", date(2016, 5, 1))


@settings(deadline=None)
@given(on=st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_no_day_has_two_laws_on_one_offence(on):
    codes = [row.code for row in offences(on)]

    assert len(codes) == len(set(codes))


def test_history_has_no_hole_between_two_rows():
    for code in CODES:
        rows = offence_history(code)
        for earlier, later in pairwise(rows):
            assert earlier.effective_to == later.effective_from - timedelta(days=1)


def test_every_row_says_where_it_comes_from_and_what_is_unchecked():
    for row in ALL:
        assert len(row.source) > 10
        assert row.verified == (not row.unverified)
    assert "min_pence" in offence("FLYTIP", TODAY).unverified
    assert "max_pence" not in offence("FLYTIP", TODAY).unverified


def test_only_household_duty_of_care_is_copied_to_the_environment_agency():
    assert {row.code for row in ALL if row.copies_to} == {"HH-DOC"}
    assert offence("HH-DOC", TODAY).copies_to == ("environment-agency",)


def test_fourteen_days_run_from_the_date_of_the_notice():
    row = offence("FLYTIP", TODAY)

    assert pay_by(row, TODAY) == date(2026, 12, 1)
    assert overdue_on(row, TODAY) == date(2026, 12, 2)
    assert (overdue_on(row, TODAY) - TODAY).days == 15
    assert early_by(TODAY, 10) == date(2026, 11, 27)


@settings(deadline=None)
@given(code=st.sampled_from(CODES), issued=st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_a_notice_is_overdue_on_the_day_after_the_last_to_pay(code, issued):
    row = offence(code, issued)

    assert pay_by(row, issued) - issued == timedelta(days=row.pay_days)
    assert overdue_on(row, issued) - pay_by(row, issued) == timedelta(days=1)


@pytest.mark.parametrize(
    ("code", "done", "last"),
    [
        ("LITTER", "2026-01-15", "2026-07-15"),
        ("LITTER", "2026-08-31", "2027-02-28"),
        ("COMM-BIN", "2027-08-30", "2028-02-29"),
        ("LITTER", "2026-12-31", "2027-06-30"),
        ("FLYTIP", "2026-01-15", None),  # either way: no limit
        ("HH-BIN", "2026-01-15", None),  # no offence any more: nothing to prosecute
    ],
)
def test_summary_only_offences_are_laid_within_six_months(code, done, last):
    found = lay_by(offence(code, TODAY), date.fromisoformat(done))

    assert found == (date.fromisoformat(last) if last else None)


@pytest.mark.parametrize(("pence", "text"), [(0, "£0"), (7_50, "£7.50"), (100_000, "£1,000"), (1_205, "£12.05")])
def test_money_is_written_as_people_read_it(pence, text):
    assert pounds(pence) == text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("max_pence = 100000", "max_pence = 10000"), "max_pence must not be below min_pence"),
        (("default_pence = 20000", "default_pence = 90000"), "default_pence must lie between"),
        (('kind = "criminal-fpn"', 'kind = "fine"'), "kind must be one of criminal-fpn"),
        (('unverified = ["min_pence"', 'unverified = ["minimum"'), "unverified names 'minimum'"),
        (("effective_from = 2023-07-31", "effective_from = 2023-07-30"), "FLYTIP has two rows for 2023-07-30"),
    ],
)
def test_a_wrong_table_is_refused_by_file_and_key(tmp_path, change, says):
    rows = FILE.read_text().split("[[offences]]")
    text = "[[offences]]".join(rows[:3])
    wrong = tmp_path / "offences.toml"
    wrong.write_text(text.replace(*change))

    with pytest.raises(ConfigError) as refusal:
        read_offences(wrong)

    assert says in str(refusal.value)
    assert str(wrong) in str(refusal.value)
    assert "\n" not in str(refusal.value)
