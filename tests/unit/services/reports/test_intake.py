"""Accepting a report: once per key, within bounds, inside the council's area."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.reports.domain.submission import hazards_of
from services.reports.domain.typed import DESCRIPTION_LIMIT, clean_email, clean_phone, clean_text
from services.reports.intake import accept_report
from services.reports.photos import keep_photo, sweep_photos
from services.reports.store import REPORTS
from shared.errors import DomainError
from shared.ids import public_reference
from tests.unit.services.reports.made import accept, events, photo, submission


def test_a_report_gets_a_reference_a_place_a_priority_a_deadline_and_reasons(ctx):
    report = accept(ctx, hazards=("obstruction",))

    assert report.reference == public_reference(report.id)
    assert report.place.neighbourhood == ctx.council.gazetteer.places[0].neighbourhood
    assert (report.priority, [reason.rule for reason in report.reasons]) == (1, ["obstruction"])
    assert report.deadline > report.reported_at
    assert [event.name for event in events(ctx)] == ["report.submitted", "report.assessed"]


def test_the_same_key_again_is_the_same_report(ctx):
    first = accept(ctx, "key-1")
    second = accept(ctx, "key-1", waste_type="tyres")

    assert second == first
    assert ctx.store.count(REPORTS.name, {"open": True}) == 1


def test_the_same_key_from_many_at_once_is_one_report(ctx):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: accept(ctx, "key-1").reference, range(16)))

    assert len(set(found)) == 1
    assert len(events(ctx, "report.submitted")) == 1


def test_another_key_is_another_report(ctx):
    assert accept(ctx, "key-1").reference != accept(ctx, "key-2").reference


@pytest.mark.parametrize(
    "changes",
    [
        {"lat": 51.5, "lon": -0.12},
        {"lat": -2.98, "lon": 53.4},
        {"lat": 200.0, "lon": 0.0},
        {"lat": float("nan"), "lon": -2.98},
        {"lat": float("inf"), "lon": -2.98},
        {"waste_type": "plutonium"},
        {"size": "huge"},
        {"land_type": "moon"},
        {"hazards": ("dragons",)},
        {"description": "x" * (DESCRIPTION_LIMIT + 1)},
        {"email": "not an address"},
        {"phone": "ring me"},
        {"name": "x" * 101},
    ],
)
def test_a_wrong_submission_is_refused_in_words_and_nothing_is_stored(ctx, changes):
    with pytest.raises(DomainError):
        accept_report(ctx, submission(ctx, **changes), idempotency_key="key-1")

    assert ctx.store.count(REPORTS.name, {"open": True}) == 0


def test_coordinates_the_wrong_way_round_are_recognised(ctx):
    place = ctx.council.gazetteer.places[0]

    with pytest.raises(DomainError, match="wrong way round"):
        accept(ctx, lat=place.lon, lon=place.lat)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Sofa 🛋️ \r\n by the gate ", "Sofa 🛋️ \n by the gate"),
        ("null\x00byte and \x1b[31m", "nullbyte and [31m"),
        ("\u202egnirts desrever\u202c", "gnirts desrever"),
        ("شارع الملكة", "شارع الملكة"),
        ("<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_text_keeps_every_script_and_loses_what_can_harm(typed, kept):
    assert clean_text(typed, 100) == kept


@pytest.mark.parametrize("typed", ["a@b", "a b@c.uk", "@c.uk", "a@c..uk", "<a@c.uk>", "a@c.uk, d@e.uk"])
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(DomainError):
        clean_email(typed)


def test_a_telephone_number_loses_its_spaces():
    assert clean_phone("+44 (0)151 496-0000") == "+4401514960000"
    assert clean_phone("") == ""


def test_waste_that_is_dangerous_is_a_hazard_without_being_told():
    assert hazards_of("asbestos", ["obstruction"]) == ("asbestos", "obstruction")


def test_a_photo_that_nothing_names_is_swept_and_one_in_a_report_is_not(ctx, monkeypatch):
    kept = keep_photo(ctx, photo(40, 30))
    orphan = keep_photo(ctx, photo(50, 20))
    accept(ctx, photos=(kept,))
    monkeypatch.setattr("services.reports.photos.ORPHAN_AGE", timedelta(hours=-1))

    sweep_photos(ctx)

    assert ctx.blobs.exists(kept.key)
    assert not ctx.blobs.exists(orphan.key)
