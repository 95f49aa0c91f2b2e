"""A made language, and what of a page is not in it.

It says what the committed catalogue has: a text that is not in it stays English, and is found.
"""

import re
from gettext import NullTranslations
from html.parser import HTMLParser

from shared import texts_catalogue

LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "áƀćđéƒǵħíĵķĺɱńóƥɋŕšţúṽŵẋýžÁƁĆĐÉƑǴĦÍĴĶĹṀŃÓƤɊŔŠŢÚṼŴẊÝŽ"
)
PLACEHOLDER = re.compile(r"(%\(\w+\)s|\{\w+\})")
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
SHOWN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "data-finding", "data-found", "data-refused")


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
