"""Finding a place as people type it: the starts of its words, its postcode, or nearly right."""

from random import Random

import pytest

from shared.council.gazetteer import Gazetteer, Place
from shared.council.place_search import PlaceSearch, as_postcode

NAMES = [
    "Kensington High Street",
    "Park Road",
    "Parkfield Road",
    "Road to the Park",
    "St Mary’s Place",
    "Königsallee",
    "Alley behind Park Road",
    "Lower Park Lane",
]


def gazetteer(*more: Place) -> Gazetteer:
    made = [Place(f"p{n}", name, "street", 53.4 + n / 1000, -2.9, "here") for n, name in enumerate(NAMES)]
    return Gazetteer((*made, *more), {"here": "Childwall and Knotty Ash"})


def found(text: str, *more: Place, limit: int = 10) -> list[str]:
    return [place.name for place in gazetteer(*more).search(text, limit)]


def test_names_that_begin_as_typed_come_first():
    assert found("park r") == ["Park Road", "Parkfield Road", "Alley behind Park Road", "Road to the Park"]


@pytest.mark.parametrize(
    "typed", ["kensington", "KENS", "high ken", "knotty kens", "kens. high-street", "kens high st"]
)
def test_a_name_is_found_by_the_starts_of_its_words_in_any_order(typed):
    assert found(typed) == ["Kensington High Street"]


@pytest.mark.parametrize(
    "typed",
    ["kensignton", "kenzington", "kensinton", "kesnington high", "kensingtn street", "kenzing", "hihg kensington"],
)
def test_a_name_is_found_in_spite_of_typing_errors(typed):
    assert found(typed)[:1] == ["Kensington High Street"]


def test_a_right_word_goes_before_a_nearly_right_one():
    assert found("parkfeild road")[0] == "Parkfield Road"
    assert found("prak road")[0] == "Park Road"
    assert "Parkfield Road" not in found("park road", limit=1)


@pytest.mark.parametrize(
    ("typed", "name"), [("park rd", "Park Road"), ("lower park ln", "Lower Park Lane"), ("st marys", "St Mary’s Place")]
)
def test_abbreviations_and_apostrophes_are_no_matter(typed, name):
    assert found(typed)[0] == name


@pytest.mark.parametrize("typed", ["", "   ", "zzzz", "…", "x" * 10_000, "\x00", "شارع", "🛋️", "park zzzz", "q9"])
def test_what_is_nowhere_is_not_found(typed):
    assert found(typed) == []


@pytest.mark.parametrize("typed", ["lv1 1aa", "LV11AA", "l v 1 1 a a"])
def test_a_postcode_gives_itself_and_the_streets_around_it(typed):
    postcode = Place("lv1-1aa", "LV1 1AA", "postcode", 53.4001, -2.9, "here")

    assert found(typed, postcode) == ["LV1 1AA", "Kensington High Street", "Park Road"]
    assert gazetteer(postcode).named_by(postcode).name == "Kensington High Street"
    assert gazetteer(postcode).nearest(53.4001, -2.9).kind == "street"


def test_the_start_of_a_postcode_gives_those_that_begin_so():
    codes = [Place(f"lv{n}", f"LV1 {n}AA", "postcode", 53.4, -2.9, "here") for n in (3, 1, 2)]

    assert found("lv1", *codes) == ["LV1 1AA", "LV1 2AA", "LV1 3AA"]
    assert found("lv1", *codes, limit=2) == ["LV1 1AA", "LV1 2AA"]


@pytest.mark.parametrize(
    ("typed", "written"),
    [("l1 0aa", "L1 0AA"), ("L10AA", "L1 0AA"), ("ec1a1bb", "EC1A 1BB"), ("park road", None), ("L1", None), ("", None)],
)
def test_a_postcode_is_known_by_its_form(typed, written):
    assert as_postcode(typed) == written


def test_the_index_finds_what_looking_at_every_name_finds():
    random = Random(7)
    words = ["".join(random.choices("abcdeilmnorst", k=random.randint(3, 9))) for _ in range(300)]
    names = [" ".join(random.choices(words, k=random.randint(1, 3))) for _ in range(2_000)]
    search = PlaceSearch([(name, "", False) for name in names])

    for _ in range(200):
        typed = [word[: random.randint(2, 9)] for word in random.choices(words, k=random.randint(1, 2))]
        every = {n for n, name in enumerate(names) if all(any(w.startswith(t) for w in name.split()) for t in typed)}
        if every:
            assert set(search.find(" ".join(typed), len(names))) == every
