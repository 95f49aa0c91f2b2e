"""The questions of the report form, in order, one a page.

Where comes before what, and whose land right after it: nobody is to do all the work and then hear that it is not ours.
A photo comes first, for those who have it in their hand, and is passed over with a press.
"""

from dataclasses import dataclass

from shared.texts import marked


@dataclass(frozen=True)
class Question:
    """One page of the form: its slug in the path, and its title."""

    slug: str
    title: str


QUESTIONS = (
    Question("photos", marked("Do you have a photo?")),
    Question("place", marked("Where is it?")),
    Question("land", marked("What kind of place is it?")),
    Question("waste", marked("What has been dumped?")),
    Question("size", marked("How much is there?")),
    Question("danger", marked("Is anything there dangerous?")),
    Question("when", marked("When did you notice it?")),
    Question("witness", marked("Did you see who dumped it?")),
    Question("details", marked("Can you tell us more?")),
    Question("contact", marked("How can we keep you updated?")),
)
SLUGS = tuple(question.slug for question in QUESTIONS)
REQUIRED = ("place", "land", "waste", "size", "danger", "when")
"""Without these a report can't be sent; the others are optional, but their pages are passed through."""


def question(slug: str) -> Question:
    """Return the question of a slug; raises `KeyError`."""
    return {known.slug: known for known in QUESTIONS}[slug]


def number_of(slug: str) -> int:
    """Return the number of a question, from 1."""
    return SLUGS.index(slug) + 1


def next_slug(slug: str) -> str | None:
    """Return the question after one, None after the last."""
    return SLUGS[number_of(slug)] if number_of(slug) < len(SLUGS) else None


def previous_slug(slug: str) -> str | None:
    """Return the question before one, None before the first."""
    return SLUGS[number_of(slug) - 2] if number_of(slug) > 1 else None


def first_missing(done: tuple[str, ...]) -> str | None:
    """Return the first question that a person has not been through."""
    return next((slug for slug in SLUGS if slug not in done), None)
