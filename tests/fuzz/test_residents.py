"""What residents and partners send, made by chance: nothing is a defect of ours, and nothing is ever half stored.

The form is walked page by page with good answers and nonsense mixed (missing, far too long, other scripts, emoji,
HTML, nulls, coordinates swapped and outside, days to come, files of every wrong kind), and Open311 is posted to. After
each walk all that is stored is looked at as a whole: a report has its events, a draft that refused an answer is as it
was, and after the sweep no blob lies there that nothing names.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from services.reports import drafts as drafts_of
from services.reports import photos as photos_of
from services.reports.store import DRAFTS, REPORTS
from services.reports.web import create_app
from services.reports.web.questions import slugs_of
from shared.clock import machine_now
from shared.contracts.envelope import decode
from shared.service import ServiceContext
from shared.web.api_keys import make_api_key
from tests.builders import make_context
from tests.unit.services.reports.made import ANSWERS, KIND_ANSWERS, csrf, photo

WALKS, POSTS = 30, 60
FUZZ = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    # What was sent is told as it was: making it smaller would walk through the form for minutes.
    "phases": (Phase.generate,),
}
Sweep = Callable[[ServiceContext], None]
KINDS = ("fly-tipping", *KIND_ANSWERS)

FILES = (
    b"",
    b"no picture",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"%PDF-1.7\n",
    b"PK\x03\x04" + bytes(200),
    b"GIF89a" + bytes(64),
    b"\xff\xd8\xff\xe0" + bytes(500),
    b"\x89PNG\r\n\x1a\n" + bytes(100),
    b"\x00" * 1_000,
    photo()[:200],
    photo() + b"<?php echo 1; ?>",
)
NASTY = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.sampled_from(
        (
            "",
            " ",
            "\x00",
            "a\x00b\x1b[31m",
            "<script>alert(1)</script>",
            "'; DROP TABLE reports; --",
            "{{ 7 * 7 }}",
            "%s%(name)s",
            "🛒" * 60,
            "مرحبا \u202e gnp.exe",
            "שלום",
            "x" * 6_000,
            "-1",
            "1e400",
            "nan",
            "inf",
            "٣",
            "9" * 400,
            "2999-12-31",
            "../../etc/passwd",
            "$ne",
            "a.b",
        )
    ),
)
POSITIONS = st.sampled_from(
    (
        ("53.4126", "-2.9924"),
        ("-2.9924", "53.4126"),
        ("53.50", "-3.0"),
        ("90", "180"),
        ("-90.0001", "0"),
        ("91", "-181"),
        ("0", "0"),
        ("nan", "nan"),
        ("inf", "-inf"),
        ("1e308", "1e308"),
        ("53.4126", ""),
        ("", ""),
    )
)
DAYS = st.fixed_dictionaries(
    {
        "day": st.sampled_from(("1", "31", "0", "99", "x", "")),
        "month": st.sampled_from(("2", "11", "13", "٢", "")),
        "year": st.sampled_from(("2026", "2999", "0000", "1066", "9999", "99999", "")),
        "when": st.sampled_from(("earlier", "today", "tomorrow", "")),
    }
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    context = make_context("reports", tmp_path_factory.mktemp("fuzz"), rate_limit_factor=0)
    yield create_app(context)
    context.store.close()


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Callable[[ServiceContext], None]:
    """Return what the timers do in the days after: drafts expire, and then what they alone named goes."""

    def days_later(ctx: ServiceContext) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(drafts_of, "machine_now", lambda: machine_now() + timedelta(days=3))
            patch.setattr(photos_of, "machine_now", lambda: machine_now() + timedelta(days=3))
            while ctx.store.find(DRAFTS.name, {}).items:
                drafts_of.sweep_drafts(ctx)
            photos_of.sweep_photos(ctx)

    return days_later


def nonsense(slug: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return fields for a page that may be anything."""
    names = sorted({name for answers in (ANSWERS, *KIND_ANSWERS.values()) for name in answers.get(slug, {})})
    some = st.fixed_dictionaries({}, optional={name: st.one_of(NASTY, st.lists(NASTY, max_size=3)) for name in names})
    if slug == "place":
        at = POSITIONS.map(lambda pair: {"lat": pair[0], "lon": pair[1]})
        names = ("place_id", "via", "q", "searched", "find")
        return st.tuples(some, at, st.fixed_dictionaries({}, optional=dict.fromkeys(names, NASTY))).map(_merged)
    return st.tuples(some, DAYS).map(_merged) if slug in ("when", "about-collection_day") else some


def _merged(parts: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


@st.composite
def walks(draw: st.DrawFn) -> tuple[str, list[tuple[str, Mapping[str, Any] | None, int | None]]]:
    """Return a kind, and page by page what is sent before the right answer: nonsense or nothing, and which file."""
    kind = draw(st.sampled_from(KINDS))
    asked = [*ANSWERS] if kind == "fly-tipping" else ["photos", "place", *KIND_ANSWERS[kind], "details", "contact"]
    steps = [(slug, draw(st.none() | nonsense(slug)), draw(_file(slug))) for slug in asked]
    return kind, steps


def _file(slug: str) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, len(FILES) - 1) if slug == "photos" else st.none()


class Walker:
    """Somebody at the form who sends nonsense and then what is right."""

    def __init__(self, app: Flask, kind: str) -> None:
        self.ctx: ServiceContext = app.extensions["streetscene"]
        self.client = app.test_client()
        self.kind = kind
        self.place = next(place for place in self.ctx.council.gazetteer.places if place.kind == "street")

    def send(self, slug: str, fields: Mapping[str, Any], file: bytes | None = None) -> int:
        """Send a page, and return the status; a refusal leaves the draft as it was."""
        token = csrf(self.client.get("/report/new/map?lat=53.41&lon=-2.98"))
        data = MultiDict(fields)
        data["csrf_token"] = token
        if file is not None:
            data["photo"] = (io.BytesIO(file), "a.jpg")
        before = self.drafts()
        path = f"/report/new/{slug}" + (f"?kind={self.kind}" if slug == "photos" else "")
        response = self.client.post(path, data=data, content_type="multipart/form-data")
        assert response.status_code in (303, 400), (slug, fields, response.text[-2000:])
        if response.status_code == 400 and slug != "photos":
            assert self.drafts() == before, "a refused answer was kept"
            assert "error-summary" in response.text
        if response.status_code == 303 and slug == "place":
            assert self.client.get(response.headers["Location"]).status_code in (200, 303), fields
        page = self.client.get(f"/report/new/{slug}")
        assert page.status_code in (200, 303), "an answer that was taken can't be shown"
        return response.status_code

    def drafts(self) -> list[Mapping[str, Any]]:
        """Return every draft as it is stored, but for when it expires."""
        found = self.ctx.store.find(DRAFTS.name, {}, limit=500).items
        return sorted(
            ({name: value for name, value in one.items() if name != "expires_at"} for one in found),
            key=lambda one: one["_id"],
        )

    def right(self, slug: str) -> dict[str, Any]:
        """Return what is right for a page."""
        every = ANSWERS if self.kind == "fly-tipping" else {**ANSWERS, **KIND_ANSWERS[self.kind]}
        return {**every[slug], "place_id": self.place.id} if slug == "place" else every[slug]


def assert_nothing_is_half_stored(ctx: ServiceContext) -> None:
    """Every report has the events that make it known, every event a report, every photo a report and the other way."""
    kept = {one["_id"]: one for one in ctx.store.find(REPORTS.name, {}, sort=(("reported_at", -1),), limit=1_000).items}
    told: dict[str, list[str]] = {}
    for logged in ctx.store.log.read(after=0, limit=100_000):
        event = decode(logged.body)
        told.setdefault(event.subject, []).append(event.name)
    assert set(told) == set(kept)
    for report_id, names in told.items():
        assert names[0] == "report.submitted", (report_id, names)
    named = {key for one in kept.values() for key in one["blob_keys"]}
    assert set(ctx.blobs.keys(written_before=machine_now() + timedelta(days=1))) == named


def test_the_form_takes_nonsense_page_by_page_and_stores_nothing_half(app: Flask, sweep: Sweep):
    @settings(max_examples=WALKS, **FUZZ)
    @given(walk=walks())
    def walk_through(walk: Any) -> None:
        kind, steps = walk
        walker = Walker(app, kind)
        for slug, wrong, file in steps:
            if wrong is not None or file is not None:
                walker.send(slug, wrong or {}, FILES[file] if file is not None else None)
            assert walker.send(slug, walker.right(slug)) == 303, slug
        assert walker.client.get("/report/new/check").status_code == 200
        token = csrf(walker.client.get("/report/new/check"))
        sent = walker.client.post("/report/new/check", data={"csrf_token": token})
        assert (sent.status_code, sent.headers["Location"]) == (303, "/report/new/sent")
        page = walker.client.get("/report/new/sent").text
        reference = re.search(r"[A-Z]{2}-[0-9A-Z]{8}", page[page.index("app-reference") :])[0]
        assert walker.client.get(f"/report/{reference}").status_code == 200

    walk_through()

    sweep(app.extensions["streetscene"])
    assert_nothing_is_half_stored(app.extensions["streetscene"])


def test_nonsense_alone_is_refused_or_kept_as_a_draft_and_makes_no_report(app: Flask, sweep: Sweep):
    ctx = app.extensions["streetscene"]
    before = ctx.store.count(REPORTS.name, {"open": True})
    every = {slug: nonsense(slug) for kind in KINDS for slug in slugs_of(ctx.council.kind(kind))}

    @settings(max_examples=POSTS, **FUZZ)
    @given(data=st.data(), kind=st.sampled_from(KINDS), file=st.none() | st.sampled_from(FILES))
    def send(data: Any, kind: str, file: bytes | None) -> None:
        walker = Walker(app, kind)
        assert walker.send("photos", {"remove": data.draw(NASTY)}, file) in (303, 400)
        slug = data.draw(st.sampled_from(slugs_of(ctx.council.kind(kind))[1:]))
        walker.send(slug, data.draw(every[slug]))
        token = csrf(walker.client.get("/report/new/map?lat=53.41&lon=-2.98"))
        refused = walker.client.post("/report/new/check", data={"csrf_token": token})
        assert refused.headers["Location"].startswith("/report/new/")
        assert not refused.headers["Location"].endswith("/sent")

    send()

    sweep(ctx)
    assert ctx.store.count(REPORTS.name, {"open": True}) == before
    assert_nothing_is_half_stored(ctx)


def test_open311_takes_any_post_and_stores_nothing_half(app: Flask, sweep: Sweep):
    ctx = app.extensions["streetscene"]
    key = make_api_key(app.extensions["streetscene_keys"], str(UUID(int=7)))
    names = [f"attribute[{one.code}]" for kind in ctx.council.kinds.values() for one in kind.attributes]
    right = {"lat": "53.4126", "long": "-2.9924", "description": "Bags", "service_code": "fly-tipping"}
    fields = ("address_string", "address_id", "email", "phone", "first_name", "last_name", "device_id", "media_url")
    answered: Counter[bool] = Counter()
    choices = [choice.key for kind in ctx.council.kinds.values() for one in kind.attributes for choice in one.choices]

    @settings(max_examples=POSTS, **FUZZ)
    @given(
        asked=st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(fields, NASTY),
                "service_code": st.sampled_from(sorted(ctx.council.kinds)) | NASTY,
                "description": NASTY,
            },
        ),
        answers=st.dictionaries(st.sampled_from(names), NASTY | st.sampled_from(choices), max_size=4),
        at=st.none() | POSITIONS,
        form=st.sampled_from(("json", "xml")),
    )
    def post(asked: dict[str, str], answers: dict[str, str], at: tuple[str, str] | None, form: str) -> None:
        before = len(ctx.store.log.read(after=0, limit=100_000))
        place = {"lat": at[0], "long": at[1]} if at else {}
        data = {"api_key": key, **right, **asked, **answers, **place}
        response = app.test_client().post(f"/open311/v2/requests.{form}", data=data)
        assert response.status_code in (200, 201, 400, 404), (data, response.text[:2000])
        answered[response.status_code < 400] += 1
        if response.status_code >= 400:
            assert len(ctx.store.log.read(after=0, limit=100_000)) == before
            assert "description" in response.text

    post()

    assert min(answered[True], answered[False]) > POSTS / 20, "nearly all were taken, or nearly all refused"
    sweep(ctx)
    assert_nothing_is_half_stored(ctx)


@pytest.mark.parametrize("path", ["/open311/v2/requests.json", "/report/new/photos", "/report/new/check"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"email=\xff\xfe&lat=\x80"),
        ("application/x-www-form-urlencoded", b"%00=%00&%ff=%fe&=&&&"),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 600_000),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(3_000))),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a'),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--x--"),
        ("application/json", b'{"lat": NaN, "lat": [[[[[]]]]]}'),
        ("text/plain; charset=utf-7", b"+ADw-script+AD4-"),
    ],
)
def test_a_body_that_is_none_is_refused_and_stores_nothing(app: Flask, path: str, content_type: str, body: bytes):
    ctx = app.extensions["streetscene"]
    before = ctx.store.log.last_position(), len(ctx.store.find(DRAFTS.name, {}, limit=500).items)

    response = app.test_client().post(path, data=body, content_type=content_type)

    assert 400 <= response.status_code < 500, response.text[:2000]
    assert (ctx.store.log.last_position(), len(ctx.store.find(DRAFTS.name, {}, limit=500).items)) == before
