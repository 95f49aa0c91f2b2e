"""Find names by the starts of their words, by postcode, and in spite of typing errors, among a hundred thousand.

A name is found when every word typed begins a word of it, or of the part of town that it lies in. Only where nothing is
found so, words that are a typing error or two away count too. What is compared is the vocabulary (a city's hundred
thousand names are made of some ten thousand words), so an error costs milliseconds. See ADR 27.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

ABBREVIATIONS: Mapping[str, str] = {
    "rd": "road",
    "ln": "lane",
    "gdns": "gardens",
    "gdn": "garden",
    "ct": "court",
    "pk": "park",
    "dr": "drive",
    "sq": "square",
    "blvd": "boulevard",
    "bldg": "building",
    "nr": "near",
    "jct": "junction",
}
"""As people write them; `st`, `ave`, `cres`, `terr` and `pl` need no entry, because they begin the whole word."""

MOST_WORDS = 8
"""More words than any name has: what is pasted beyond them is not looked at."""

SHORTEST_WITH_ERRORS = 4
"""A word of three letters with an error could be any other."""

LONG_WORD = 7
"""From this length on, two errors still leave a word to be recognised by."""

MOST_CORRECTIONS = 40

LAST = "\uffff"
"""Sorts after every letter that a word can go on with."""

_POSTCODE_START = re.compile(r"^[a-z]{1,2}[0-9][a-z0-9]?([0-9][a-z]{0,2})?$")
_POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$")

Numbers = Sequence[int]


class PlaceSearch:
    """An index over names; answers with the numbers of the entries as they were given."""

    def __init__(self, entries: Sequence[tuple[str, str, bool]]) -> None:
        """Index (name, words that may be typed beside it, whether it is a postcode)."""
        lowered = [name.lower() for name, _, _ in entries]
        # Ranks are numbers in the order of names, so that the best of many is the smallest.
        self._numbers = sorted(range(len(entries)), key=lambda number: (lowered[number], number))
        self._names = [lowered[number] for number in self._numbers]
        by_word: dict[str, array[int]] = {}
        postcodes: list[tuple[str, int]] = []
        for rank, number in enumerate(self._numbers):
            name, beside, is_postcode = entries[number]
            if is_postcode:
                postcodes.append((_joined(name), rank))
                continue
            for word in dict.fromkeys(words_of(f"{name} {beside}")):
                by_word.setdefault(word, array("I")).append(rank)
        self._by_word = by_word
        self._vocabulary = sorted(by_word)
        self._postcodes = sorted(postcodes)
        self._begun: dict[int, Sequence[str]] = {}

    def find(self, text: str, limit: int) -> list[int]:
        """Return the numbers of the entries that fit, the best first."""
        typed = words_of(text)[:MOST_WORDS]
        if not typed or limit < 1:
            return []
        found = self._with_postcode(_joined(text), limit)
        if not found:
            fitting: list[Mapping[int, int]] = [dict.fromkeys(self._beginning(word), 0) for word in typed]
            found = self._best(fitting, typed[0], limit)
        if not found and not all(fitting):
            # The error is in a word that begins nothing; only if that is not it, every word may have one.
            fitting = [ranks or self._resembling(word) for word, ranks in zip(typed, fitting, strict=True)]
            found = self._best(fitting, typed[0], limit)
        if not found:
            found = self._best([self._resembling(word) for word in typed], typed[0], limit)
        return [self._numbers[rank] for rank in found]

    def _with_postcode(self, joined: str, limit: int) -> list[int]:
        """Return the ranks of the postcodes that begin as typed, whatever spaces were typed in them."""
        if not _POSTCODE_START.match(joined):
            return []
        first = bisect_left(self._postcodes, (joined, -1))
        after = bisect_right(self._postcodes, (joined + LAST, -1))
        return [rank for _, rank in self._postcodes[first : min(after, first + limit)]]

    def _best(self, fitting: Sequence[Mapping[int, int]], first: str, limit: int) -> list[int]:
        """Return the best ranks that fit every word: fewest errors, names that begin with the first, short ones."""
        smallest, *others = sorted(fitting, key=len)
        both = (rank for rank in smallest if all(rank in other for other in others))
        return nsmallest(
            limit,
            both,
            key=lambda rank: (
                sum(one[rank] for one in fitting),
                not self._names[rank].startswith(first),
                self._names[rank].count(" "),
                rank,
            ),
        )

    def _beginning(self, word: str) -> Iterable[int]:
        """Return the ranks of the names with a word that begins so, abbreviations written out."""
        for start in {word, ABBREVIATIONS.get(word, word)}:
            first = bisect_left(self._vocabulary, start)
            after = bisect_right(self._vocabulary, start + LAST)
            for known in self._vocabulary[first:after]:
                yield from self._by_word[known]

    def _resembling(self, word: str) -> Mapping[int, int]:
        """Return the ranks of the names with a word that begins so or is a typing error away, with the errors."""
        ranks = dict.fromkeys(self._beginning(word), 0)
        if len(word) < SHORTEST_WITH_ERRORS or not word.isalpha():
            return ranks
        most = 2 if len(word) >= LONG_WORD else 1
        # A whole word with an error in it, and the beginning of one: people stop typing when they see their street.
        for choices in (self._vocabulary, self._beginnings(len(word))):
            nearly = extract(word, choices, scorer=OSA.distance, score_cutoff=most, limit=MOST_CORRECTIONS)
            for meant, errors, _ in nearly:
                for rank in self._by_word[meant] if choices is self._vocabulary else self._beginning(meant):
                    ranks[rank] = min(ranks.get(rank, most), int(errors))
        return ranks

    def _beginnings(self, length: int) -> Sequence[str]:
        """Return the different beginnings, so many letters long, of the words that are longer."""
        if length not in self._begun:
            longer = (known[:length] for known in self._vocabulary if len(known) > length)
            self._begun[length] = list(dict.fromkeys(longer))
        return self._begun[length]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without the marks that people leave out when typing."""
    plain = text[:200].lower().replace("’", "").replace("'", "")
    return tuple("".join(letter if letter.isalnum() else " " for letter in plain).split())


def as_postcode(text: str) -> str | None:
    """Return a whole postcode as it is written (`L1 0AA`), however it was typed; None for anything else."""
    joined = _joined(text).upper()
    return f"{joined[:-3]} {joined[-3:]}" if _POSTCODE.match(joined) else None


def _joined(text: str) -> str:
    """Return a text in lower case without any spaces."""
    return "".join(text[:200].lower().split())
