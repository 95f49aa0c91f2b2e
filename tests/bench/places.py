"""Finding a place among a hundred thousand, beside looking at every name: rightly typed, and with an error in it."""

import statistics
import time
from collections.abc import Callable, Sequence
from random import Random

from shared.council.gazetteer import Gazetteer, Place
from shared.council.place_search import words_of
from tests.bench.ground import Ground
from tests.bench.measures import Measure, share

NAMES = 100_000
WORDS = 12_000
"""The vocabulary of so many names: a city's streets share their words."""
SEARCHES = 400
REFERENCE_SEARCHES = 20
LIMIT = 8
SLOWEST_P95_MS = 20
SEED = 1207


def measure_places(ground: Ground) -> list[Measure]:
    """Return the lines of searches rightly typed and of searches with an error."""
    ground.tell(f"searching {NAMES:,} names")
    random = Random(SEED)
    gazetteer = _made(random)
    gazetteer.search("begin")  # the index is made by the first search
    right = [_typed(random, random.choice(gazetteer.places).name) for _ in range(SEARCHES)]
    wrong = [_with_error(random, random.choice(gazetteer.places).name) for _ in range(SEARCHES)]
    plain = statistics.median(_seconds(lambda text: _every(gazetteer, text), right[:REFERENCE_SEARCHES]))
    return [
        _measure(f"search among {NAMES:,} names", _seconds(lambda text: gazetteer.search(text, LIMIT), right), plain),
        _measure("the same, with a typing error", _seconds(lambda text: gazetteer.search(text, LIMIT), wrong), plain),
    ]


def _measure(what: str, seconds: Sequence[float], plain: float) -> Measure:
    """Return a line: ours is the 95th percentile, the reference the median of looking at every name."""
    p95 = share(seconds, 0.95)
    return Measure(
        what=what,
        ours=f"p95 {p95 * 1000:.1f} ms",
        reference=f"p50 {plain * 1000:.0f} ms",
        ratio=round(p95 / plain, 3),
        aim=f"< {SLOWEST_P95_MS} ms",
        met=p95 * 1000 < SLOWEST_P95_MS,
        figures={"p50_ms": statistics.median(seconds) * 1000, "p95_ms": p95 * 1000, "longest_ms": max(seconds) * 1000},
    )


def _seconds(search: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Return how long each search took."""
    taken = []
    for text in texts:
        started = time.perf_counter()
        search(text)
        taken.append(time.perf_counter() - started)
    return taken


def _made(random: Random) -> Gazetteer:
    """Return a gazetteer of made names."""
    words = ["".join(random.choices("aabcdeefghiklmnooprstuw", k=random.randint(4, 11))).title() for _ in range(WORDS)]
    kinds = ("Street", "Road", "Avenue", "Close", "Lane", "Way")
    places = tuple(
        Place(
            f"p{number}",
            f"{random.choice(words)} {random.choice(kinds)}",
            "street",
            random.uniform(53.3, 53.5),
            random.uniform(-3.0, -2.8),
            "here",
        )
        for number in range(NAMES)
    )
    return Gazetteer(places, {"here": "Here"})


def _typed(random: Random, name: str) -> str:
    """Return what somebody types before they see their street: most of the first word, perhaps some of the second."""
    first, second = name.lower().split()
    return f"{first[: random.randint(2, len(first))]} {second[: random.randint(0, 3)]}".strip()


def _with_error(random: Random, name: str) -> str:
    """Return a name with two letters the wrong way round."""
    first, second = name.lower().split()
    at = random.randrange(len(first) - 1)
    return f"{first[:at]}{first[at + 1]}{first[at]}{first[at + 2 :]} {second}"


def _every(gazetteer: Gazetteer, text: str) -> list[Place]:
    """Return what fits by looking at every name."""
    typed = words_of(text)
    fitting = [
        place
        for place in gazetteer.places
        if all(any(word.startswith(part) for word in words_of(place.name)) for part in typed)
    ]
    return sorted(fitting, key=lambda place: place.name)[:LIMIT]
