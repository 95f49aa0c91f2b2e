"""Photos are painted over in a new copy, and no unredacted pixel is ever public."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from services.reports.domain.redaction import Box, boxes_of_cells, check_boxes
from services.reports.domain.showing import redact
from services.reports.handlers import close_report, release_report
from services.reports.photos import keep_photo
from services.reports.redacting import redact_photo
from services.reports.retention import erase_due
from services.reports.store import AUDIT, names_blob
from shared.blobs.photos import redacted_derivative
from shared.clock import machine_now
from shared.errors import DomainError
from tests.unit.services.reports.made import accept, csrf, photo, sign_in, stored

PUBLIC, UNREDACTED, FACE = (136, 170, 136), "photo-unredacted", Box(250, 250, 500, 500)


def pixels(content):
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return image.getpixel((image.width // 2, image.height // 2)), image.getpixel((1, 1))


def is_black(pixel):
    return max(pixel) < 40


@pytest.fixture
def report(ctx):
    return accept(ctx, photos=(keep_photo(ctx, photo(400, 300)),))


def release(ctx, report, number=1):
    seen = {number: stored(ctx, report).private.photo(number).public_key}
    return release_report(ctx, report.reference, photo=[number], text=False, user_id="user-1", looked_at=seen)


def test_what_is_painted_over_is_black_in_the_public_copy_and_nowhere_else(ctx, client, report):
    release(ctx, report)
    before = client.get(f"/report/{report.reference}/photo").data
    assert not is_black(pixels(before)[0])

    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")
    release(ctx, report)

    middle, corner = pixels(client.get(f"/report/{report.reference}/photo").data)
    assert is_black(middle)
    assert not is_black(corner)


def test_a_photo_that_is_painted_over_is_not_public_until_somebody_has_looked(ctx, client, report):
    release(ctx, report)
    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")

    assert client.get(f"/report/{report.reference}/photo").status_code == 404


def test_a_copy_that_nobody_has_looked_at_is_not_released(ctx, report):
    old = report.private.photos[0].public_key
    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")

    with pytest.raises(DomainError, match="changed since you looked"):
        release_report(ctx, report.reference, photo=[1], text=False, user_id="user-1", looked_at={1: old})
    assert not stored(ctx, report).photo_released


def test_the_unredacted_copy_is_served_to_nobody_but_the_desk(ctx, client, report):
    plain = report.private.photos[0].public_key
    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")
    release(ctx, report)
    unredacted = ctx.blobs.get(plain)
    addresses = [
        f"/report/{report.reference}/photo",
        f"/report/{report.reference}/photo?n=1",
        f"/report/{report.reference}/photo/view",
        f"/report/{report.reference}/photo/original",
        f"/triage/{report.reference}/photos/1/unredacted",
        f"/triage/{report.reference}/photos/1/redact",
        f"/report/{report.reference}/photo?key={plain}",
    ]

    for role in (None, "crew", "supervisor", "officer", "councillor", "wall-viewer"):
        if role:
            sign_in(client, ctx, role)
        for address in addresses:
            answer = client.get(address)
            if answer.status_code == 200 and answer.content_type == "image/jpeg":
                assert is_black(pixels(answer.data)[0]), (role, address)
            assert answer.data != unredacted
    assert not names_blob(ctx.store, plain)


def test_the_desk_sees_it_unredacted_and_that_is_logged(ctx, client, report):
    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")

    answer = sign_in(client, ctx, "contact-centre").get(f"/triage/{report.reference}/photos/1/unredacted")

    assert not is_black(pixels(answer.data)[0])
    assert answer.headers["Cache-Control"] == "no-store"
    log = ctx.store.find(AUDIT.name, {"about": report.id}).items
    assert {entry["what"] for entry in log} == {"redacted:1", UNREDACTED}


def test_undoing_is_painting_anew_from_the_original(ctx, report):
    plain = report.private.photos[0]
    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")

    undone = redact_photo(ctx, report.reference, 1, [], user_id="user-1").private.photos[0]

    assert (undone.public_key, undone.key, undone.redactions) == (plain.public_key, plain.key, ())


def test_the_same_parts_again_change_nothing(ctx, report):
    once = redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")
    release(ctx, report)

    again = redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")

    assert again.private.photos[0].is_released
    assert again.private.photos[0].public_key == once.private.photos[0].public_key


def test_parts_outside_the_photo_a_photo_that_is_not_there_and_an_erased_original_are_refused(ctx, report):
    for box in (Box(-1, 0, 10, 10), Box(900, 0, 101, 10), Box(0, 0, 0, 10)):
        with pytest.raises(DomainError, match="within the photo"):
            check_boxes([box])
    with pytest.raises(DomainError, match="at most"):
        check_boxes([Box(number, 0, 1, 1) for number in range(61)])
    with pytest.raises(DomainError, match="no such photo"):
        redact_photo(ctx, report.reference, 2, [FACE], user_id="user-1")
    ctx.blobs.delete(report.private.photos[0].key)
    with pytest.raises(DomainError, match="no longer kept"):
        redact_photo(ctx, report.reference, 1, [FACE], user_id="user-1")


@pytest.fixture
def erased(ctx, report):
    """The report when its time has come: the original is gone, and the copy that everybody may see stays."""
    release(ctx, report)
    close_report(ctx, report.reference, closure="no-action")
    ctx.clock.advance(timedelta(days=ctx.council.retention.unreleased_photo_days + 1))
    erase_due(ctx)
    assert stored(ctx, report).private.photos[0].key == ""
    return stored(ctx, report)


def test_of_an_erased_original_the_copy_alone_is_served_and_nothing_can_be_painted(ctx, client, erased):
    copy = ctx.blobs.get(erased.private.photos[0].public_key)
    form = f"/triage/{erased.reference}/photos/1/redact"
    assert client.get(f"/report/{erased.reference}/photo").data == copy

    sign_in(client, ctx, "manager")
    page = client.get(form)
    staff = client.get(f"/triage/{erased.reference}")
    sent = client.post(form, data={"csrf_token": csrf(staff), "cell": "0-0"})

    assert (page.status_code, sent.status_code) == (200, 400)
    assert "no longer kept" in page.text
    assert "no longer kept" in sent.text
    assert "<img" not in page.text.split("<main")[1]
    assert form not in staff.text
    assert client.get(f"/triage/{erased.reference}/photos/1/unredacted").status_code == 404
    assert client.get(f"/report/{erased.reference}/photo/original").status_code == 404
    assert client.get(f"/report/{erased.reference}/photo/view").data == copy
    assert stored(ctx, erased) == erased


def test_an_erased_original_opened_again_has_its_copy_taken_off_the_public_page(ctx, client, erased):
    release_report(ctx, erased.reference, photo=False, text=False, user_id="user-1")

    erase_due(ctx)

    assert client.get(f"/report/{erased.reference}/photo").status_code == 404
    assert stored(ctx, erased).private.photos == ()
    assert list(ctx.blobs.keys(written_before=machine_now() + timedelta(hours=1))) == []


def test_a_copy_that_was_made_while_photos_were_erased_replaces_no_other_photo(ctx):
    both = accept(ctx, photos=(keep_photo(ctx, photo(400, 300)), keep_photo(ctx, photo(40, 30))))
    release(ctx, both, 2)
    close_report(ctx, both.reference, closure="no-action")
    first = stored(ctx, both).private.photos[0]
    ctx.clock.advance(timedelta(days=ctx.council.retention.unreleased_photo_days + 1))
    erase_due(ctx)
    left = stored(ctx, both)

    with pytest.raises(DomainError, match="no such photo"):
        redact(left, 1, (FACE,), "copy-of-the-first", original=first.key)


def test_cells_beside_each_other_are_one_box_and_all_cells_cover_everything():
    assert boxes_of_cells({(0, 0), (0, 1), (2, 7)}) == [Box(0, 0, 250, 167), Box(875, 333, 125, 167)]
    everything = boxes_of_cells({(row, column) for row in range(6) for column in range(8)})

    check_boxes(everything)
    black = Image.open(io.BytesIO(redacted_derivative(photo(80, 60), [box.corners for box in everything])))
    assert max(high for _, high in black.convert("RGB").getextrema()) < 40


def test_the_form_takes_cells_and_numbers_and_says_what_is_wrong(ctx, client, report):
    address = f"/triage/{report.reference}/photos/1/redact"
    sign_in(client, ctx, "contact-centre")
    page = client.get(address)
    assert page.status_code == 200

    wrong = client.post(address, data={"csrf_token": csrf(page), "box-1-left": "ten"})
    outside = client.post(
        address,
        data={
            "csrf_token": csrf(page),
            "box-1-left": "90",
            "box-1-top": "0",
            "box-1-width": "20",
            "box-1-height": "5",
        },
    )
    right = client.post(
        address,
        data={
            "csrf_token": csrf(page),
            "cell": ["0-0", "0-1", "99-99", "x"],
            "box-1-left": "40",
            "box-1-top": "40%",
            "box-1-width": "20.5",
            "box-1-height": "20",
        },
    )

    assert (wrong.status_code, outside.status_code, right.status_code) == (400, 400, 303)
    assert "in percent, like 12" in wrong.text
    assert stored(ctx, report).private.photos[0].redactions == (Box(400, 400, 205, 200), Box(0, 0, 250, 167))
    assert client.get(f"/triage/{report.reference}/photos/9/redact").status_code == 404


def test_release_on_the_page_carries_the_copy_that_was_looked_at(ctx, client, report):
    sign_in(client, ctx, "contact-centre")
    page = client.get(f"/triage/{report.reference}")
    tick = f"photo-1-{report.private.photos[0].public_key}"
    assert tick in page.text
    redact_photo(ctx, report.reference, 1, [FACE], user_id="user-2")

    answer = client.post(f"/triage/{report.reference}/release", data={"csrf_token": csrf(page), "shown": tick})

    assert answer.status_code == 400
    assert "changed since you looked" in answer.text
    assert not stored(ctx, report).photo_released
