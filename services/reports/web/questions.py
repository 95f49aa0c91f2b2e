"""The questions of the report form, one a page: what every kind of report asks, and what each asks by itself.

Where comes before what, and whose land right after it: nobody is to do all the work and then hear that it is not ours.
A photo comes first, for those who have it in their hand, and is passed over with a press. A kind that asks for the type
of waste is asked about danger, day and witnesses too. A kind's own questions are in its words, as the council wrote
them, and adding one needs no code.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.council import Kind, KindAttribute
from shared.texts import gettext, marked

OWN = "about-"
"""Before the code of a kind's own question in the path, so that no code can hide a page that all have."""


@dataclass(frozen=True)
class Question:
    """One page of the form: its slug in the path, its title, and the kind's own question where it is one."""

    slug: str
    title: str
    attribute: KindAttribute | None = None

    @property
    def words(self) -> str:
        """The title as it is shown: ours in the language spoken, the council's as the council wrote it."""
        return self.title if self.attribute else gettext(self.title)


PHOTOS = Question("photos", marked("Do you have a photo?"))
PLACE = Question("place", marked("Where is it?"))
LAND = Question("land", marked("What kind of place is it?"))
CODED = {
    "waste_type": Question("waste", marked("What has been dumped?")),
    "size": Question("size", marked("How much is there?")),
}
"""Pages of the shared codes, drawn and explained; the land's comes with the place."""

OF_WASTE = (
    Question("danger", marked("Is anything there dangerous?")),
    Question("when", marked("When did you notice it?")),
    Question("witness", marked("Did you see who dumped it?")),
)
DETAILS = Question("details", marked("Can you tell us more?"))
CONTACT = Question("contact", marked("How can we keep you updated?"))

FIRST = PHOTOS.slug
LAST = CONTACT.slug
EVERY_KINDS = (PHOTOS.slug, PLACE.slug, DETAILS.slug, CONTACT.slug)
"""Questions that all kinds ask: who finds that it is another kind need not answer them again."""


def questions_of(kind: Kind) -> tuple[Question, ...]:
    """Return what a kind of report asks, in order."""
    return tuple(_asked(kind))


def _asked(kind: Kind) -> Iterator[Question]:
    yield PHOTOS
    yield PLACE
    if kind.attribute("land_type"):
        yield LAND
    yield from (page for code, page in CODED.items() if kind.attribute(code))
    for attribute in kind.attributes:
        if not attribute.is_coded:
            yield Question(OWN + attribute.code, attribute.question, attribute)
    if kind.is_waste:
        yield from OF_WASTE
    yield DETAILS
    yield CONTACT


def slugs_of(kind: Kind) -> tuple[str, ...]:
    """Return the slugs of what a kind of report asks, in order."""
    return tuple(question.slug for question in questions_of(kind))


def question(kind: Kind, slug: str) -> Question | None:
    """Return the question of a slug, None where the kind does not ask it."""
    return next((known for known in questions_of(kind) if known.slug == slug), None)


def next_slug(kind: Kind, slug: str) -> str | None:
    """Return the question after one, None after the last."""
    slugs = slugs_of(kind)
    return next(iter(slugs[slugs.index(slug) + 1 :]), None)


def previous_slug(kind: Kind, slug: str) -> str | None:
    """Return the question before one, None before the first."""
    slugs = slugs_of(kind)
    return slugs[slugs.index(slug) - 1] if slugs.index(slug) else None


def first_missing(kind: Kind, done: tuple[str, ...]) -> str | None:
    """Return the first question that a person has not been through; optional ones can be passed over, not left out."""
    return next((slug for slug in slugs_of(kind) if slug not in done), None)


def where_slug(kind: Kind) -> str:
    """Return the last question about the place: what is around it is shown after that."""
    return LAND.slug if kind.attribute("land_type") else PLACE.slug
