"""Nothing that residents read is hard-coded: in a made language every word of every page is that language's.

The pseudo-locale is made of the committed catalogue alone: a text that is not in it stays English, and is found. Dates
come in Welsh, so that a month written by hand is found too.
"""

import re
from datetime import date, timedelta
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest

from services.reports.handlers import close_report, merge_report, reopen_report, unmerge_report
from services.reports.photos import keep_photo
from services.reports.referring import refer_report
from services.reports.subscriptions import MESSAGES, NOTICES
from services.reports.telling import KINDS
from services.reports.waiting import pause_report, resume_report, wake_reports
from services.reports.web.questions import slugs_of
from shared import texts, texts_catalogue
from shared.calendar import london_date
from shared.contracts.codes import WAITING_FOR
from shared.notify import DELIVERIES
from tests.unit.services.reports.made import (
    ANSWERS,
    CANARY,
    KIND_ANSWERS,
    Reporter,
    accept,
    csrf,
    deliver,
    events,
    paid_event,
    photo,
)

LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "áƀćđéƒǵħíĵķĺɱńóƥɋŕšţúṽŵẋýžÁƁĆĐÉƑǴĦÍĴĶĹṀŃÓƤɊŔŠŢÚṼŴẊÝŽ"
)
PLACEHOLDER = re.compile(r"(%\(\w+\)s|\{\w+\})")
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
SHOWN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "data-finding", "data-found", "data-refused")
WELSH = {"Tachwedd", "Rhagfyr"}
"""November and December, as Babel says them."""

DAYS = {"Dydd", "Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Ionawr"}
"""And the days of the week, and January."""


def said(text: str) -> str:
    """A text in the made language: every letter another one, values left as they are."""
    return "".join(part if PLACEHOLDER.fullmatch(part) else part.translate(LETTERS) for part in PLACEHOLDER.split(text))


class Pseudo(NullTranslations):
    """Says what the committed catalogue has, and leaves everything else in English."""

    def __init__(self):
        super().__init__()
        messages = [message.id for message in texts_catalogue.read()]
        self.known = {part for message in messages for part in (message if isinstance(message, tuple) else (message,))}

    def gettext(self, message):
        return said(message) if message in self.known else message

    def ngettext(self, one, many, count):
        return self.gettext(one if count == 1 else many)


class Shown(HTMLParser):
    """Everything of a page that somebody reads or hears."""

    def __init__(self):
        super().__init__()
        self.texts, self._silent = [], 0

    def handle_starttag(self, tag, attributes):
        self._silent += tag in ("script", "style")
        self.texts += [value for name, value in attributes if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "style")

    def handle_data(self, text):
        if not self._silent and text.strip():
            self.texts.append(text.strip())


@pytest.fixture
def pseudo():
    with texts.speaking(texts.Language("cy_GB", Pseudo())):
        yield


@pytest.fixture
def data(ctx):
    """Every word that is the council's or the reporter's, and not ours."""
    council = ctx.council
    told = [
        council.name,
        council.short_name,
        council.about,
        council.contact.opening_hours,
        *CANARY.values(),
        "FT JPEG PNG HEIC WebP MB",
    ]
    told += [rule.explanation for rule in council.assessment.rules]
    told += [place.name for place in council.gazetteer.places]
    told += [neighbourhood.name for neighbourhood in council.neighbourhoods]
    told += [f"{one.name} {one.url}" for one in council.neighbours]
    told += [f"{land.owner} {land.url}" for land in council.land.values()]
    told += [words for kind in council.kinds.values() for words in words_of(kind)]
    return set(ENGLISH_WORD.findall(" ".join(told))) | WELSH | DAYS


def words_of(kind):
    """Everything that the council says of a kind of report."""
    yield from (kind.name, kind.description, kind.team or "", kind.prefix)
    if kind.referral:
        yield from (kind.referral.name, kind.referral.before, kind.referral.words)
    for asked in kind.attributes:
        yield from (asked.question, asked.help)
        yield from (choice.name for choice in asked.choices if not asked.is_coded)


def english(page, data):
    """The English words of a page that nobody translated."""
    shown = Shown()
    shown.feed(page)
    without_references = (re.sub(r"[A-Z]{2}-[0-9A-Z]{8}|\{\w+\}", "", text) for text in shown.texts)
    return {
        f"{word}: {text}"
        for text in without_references
        for word in ENGLISH_WORD.findall(text)
        if word not in data and word.title() not in data
    }


def test_the_committed_list_of_texts_is_the_codes():
    assert not texts_catalogue.is_stale(), "run `streetscene catalogue`"


def test_every_page_of_the_form_and_its_errors_is_in_the_language(resident, ctx, data, pseudo):
    accept(ctx)
    found = {}
    for slug, answers in ANSWERS.items():
        wrong = {"photo": "x", "place": {}, "details": {"description": "☃" * 1_001}, "contact": {"email": "nobody"}}
        found[slug] = resident.client.get(f"/report/new/{slug}").text
        token = csrf(resident.client.get(f"/report/new/{slug}"))
        if slug != "photos":
            wrong_answer = resident.client.post(
                f"/report/new/{slug}", data={"csrf_token": token, **(wrong.get(slug) or {})}
            )
            assert wrong_answer.status_code == 400, slug
            found[f"{slug}, wrong"] = wrong_answer.text
        given = {**answers, "place_id": resident.place.id} if slug == "place" else answers
        assert resident.client.post(f"/report/new/{slug}", data={"csrf_token": token, **given}).status_code == 303
    search = {"found": resident.place.name[:5], "nothing": "qqqq", "elsewhere": "so16 0as"}
    search |= {"many": "park", "typed": "SJ 356 904", "roughly": "53.41, -2.96"}
    search |= {"outside": "53.50, -3.00", "nobody's": "53.50, -5.00"}
    for name, words in search.items():
        found[f"search, {name}"] = resident.client.get("/report/new/place", query_string={"q": words}).text
    names = ["check", "nearby", "whose", "map", "map?lat=53.5&lon=-3.0", "map?lat=53.41&lon=-2.96"]
    for name in [*names, "streets", f"streets/{resident.place.neighbourhood}", f"place?place={resident.place.id}"]:
        found[name] = resident.client.get(f"/report/new/{name}").text
    token = csrf(resident.client.get("/report/new/check"))
    resident.client.post("/report/new/check", data={"csrf_token": token})
    found["sent"] = resident.client.get("/report/new/sent").text

    left = {
        name: english(page, data | {resident.place.name[:5], "qqqq", "SO", "AS", "SJ"}) for name, page in found.items()
    }

    assert [f"{name}: {word}" for name, words in left.items() for word in sorted(words)] == []


@pytest.mark.parametrize("kind", ["missed-bin", "untidy-land", "graffiti", "abandoned-vehicle"])
def test_every_page_of_another_kinds_form_is_in_the_language(client, ctx, data, pseudo, kind):
    someone = Reporter(client, ctx, kind)
    here = {"lat": someone.place.lat, "lon": someone.place.lon, "place_id": None}
    answers = {"graffiti_type": ["poster"]}
    accept(ctx, kind="graffiti", answers=answers, waste_type=None, land_type=None, size=None, **here)
    found = {"passed on": client.get("/report/new/passed-on", query_string={"kind": kind}, follow_redirects=True).text}
    someone.go_on(KIND_ANSWERS[kind])
    for slug in slugs_of(ctx.council.kind(kind)):
        found[slug] = client.get(f"/report/new/{slug}").text
    for slug, given in KIND_ANSWERS[kind].items():
        wrong = {"day": "1"} if "day" in given else {"answer": ["x" * 201, "y"]}
        refused = client.post(
            f"/report/new/{slug}", data={"csrf_token": csrf(client.get("/report/new/contact")), **wrong}
        )
        assert refused.status_code == 400, slug
        found[f"{slug}, wrong"] = refused.text
    for name in ("check", "nearby"):
        found[name] = client.get(f"/report/new/{name}").text
    someone.send()
    found["sent"] = client.get("/report/new/sent").text
    for name in list(found):
        # What was typed is the resident's own.
        found[name] = re.sub(r"x{201}", "", found[name])

    left = {name: english(page, data | {"Canary", "blue", "Fiesta", "house"}) for name, page in found.items()}

    assert [f"{name}: {word}" for name, words in left.items() for word in sorted(words)] == []


def test_every_page_about_a_report_is_in_the_language(client, ctx, data, pseudo):
    report = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()),))
    paths = {"start": "/", "find": "/report/find", "not found": "/report/find?reference=FT-00000000"}
    paths |= {"nothing typed": "/report/find?reference=", "follow": f"/report/{report.reference}/follow"}
    found = {name: client.get(path).text for name, path in paths.items()}
    found["open"] = client.get(f"/report/{report.reference}").text
    refer_report(ctx, report.reference, to="network-rail")
    found["referred"] = client.get(f"/report/{report.reference}").text
    close_report(ctx, report.reference, closure="not-ours")
    found["closed"] = client.get(f"/report/{report.reference}").text
    reopen_report(ctx, report.reference, by="reporter")
    found["opened again"] = client.get(f"/report/{report.reference}").text

    left = {name: english(page, data) for name, page in found.items()}

    assert [f"{name}: {word}" for name, words in left.items() for word in sorted(words)] == []
    assert "Tachwedd" in found["open"]


def tell(ctx):
    """Queue what has happened so far; nothing of it may be a day old."""
    deliver(ctx, MESSAGES, *[event for event in events(ctx) if event.type in {one.type for one in MESSAGES.events}])


def test_every_message_to_a_reporter_is_in_the_language(ctx, data, pseudo):
    kept = accept(ctx, "kept", **CANARY)
    other = accept(ctx, "other", email=CANARY["email"], waste_type=None)
    accept(
        ctx, "land", kind="untidy-land", answers={}, waste_type=None, land_type=None, size=None, email=CANARY["email"]
    )
    for reason in WAITING_FOR:
        pause_report(ctx, kept.reference, reason=reason, until=date(2026, 11, 20), by="user")
        ctx.clock.advance(timedelta(minutes=1))
        resume_report(ctx, kept.reference, by="user")
    merge_report(ctx, other.reference, into=kept.reference)
    unmerge_report(ctx, other.reference)
    refer_report(ctx, kept.reference, to="network-rail")
    tell(ctx)
    ctx.clock.advance(timedelta(days=60))
    wake_reports(ctx)
    deliver(ctx, NOTICES, paid_event(kept.id))
    for closure in ("not-found", "not-ours"):
        close_report(ctx, kept.reference, closure=closure)
        reopen_report(ctx, kept.reference, by="staff")
    tell(ctx)
    queued = [
        one["message"]
        for one in ctx.store.find(DELIVERIES.name, {"open": True}, sort=(("due_at", 1),), limit=500).items
    ]
    told = [one for one in queued if one["template"] != "partner"]

    left = {
        f"{one['template']}: {word}"
        for one in told
        for word in english(re.sub(r"https?://\S+|\S+@\S+", "", f"{one['subject']}\n{one['body']}"), data)
    }

    assert sorted(left) == []
    assert {one["template"] for one in told} == set(KINDS)
    assert any("Tachwedd" in one["body"] for one in told)


@pytest.mark.parametrize(("count", "expected"), [(1, "1 day ago"), (2, "2 days ago"), (0, "0 days ago")])
def test_one_and_several_are_said_differently(count, expected):
    assert texts.ngettext("%(count)s day ago", "%(count)s days ago", count) == expected


def test_dates_are_said_in_the_language(ctx, pseudo):
    assert texts.weekday_words(london_date(ctx.clock.now())) == "Dydd Mawrth 17 Tachwedd 2026"


def test_a_text_that_is_hard_coded_would_be_found(data):
    assert english("<p>Somebody wrote this into a page</p>", data)
