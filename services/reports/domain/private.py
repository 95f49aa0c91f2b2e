"""What people told us that nobody else may have: who they are, their own words, their photos, what they witnessed.

None of it ever reaches `public_state`. A witness account is not even kept here: it goes to enforcement, sealed.
"""

from dataclasses import dataclass

from services.reports.domain.answers import Answer
from services.reports.domain.notes import Note
from services.reports.domain.redaction import Box
from shared.errors import DomainError

MOST_PHOTOS = 3
OWNER_LIMIT = 500
MOST_FOLLOWERS = 100
"""More neighbours than see one tip; who comes later can still look at its page."""


@dataclass(frozen=True)
class Photo:
    """A photo as sealed blobs: the original, and the copy without metadata that people may see once it is released.

    `key` is empty where the original was erased and the copy alone stays.
    """

    key: str
    public_key: str
    is_released: bool = False
    redactions: tuple[Box, ...] = ()
    """What is painted over in the public copy."""


@dataclass(frozen=True)
class Follower:
    """Somebody who saw the same and wants to hear of this report; at least one of the two is there."""

    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Witness:
    """What somebody saw who was there when it was dumped, and whether they would say so in a statement."""

    seen: str
    vehicle: str
    gives_statement: bool
    names_suspect: bool = False
    """Whether they say in it who did it, as far as they know."""


@dataclass(frozen=True)
class Private:
    """What people told us: contact details, their own words, photos. Never in an event.

    `answers` are those to the kind's own questions; `lat` and `lon` the spot where the report itself has the street
    only; `partner_id` is what the website that sent the report calls it.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    description: str = ""
    place_text: str = ""
    photos: tuple[Photo, ...] = ()
    followers: tuple[Follower, ...] = ()
    answers: tuple[Answer, ...] = ()
    lat: float | None = None
    lon: float | None = None
    media_urls: tuple[str, ...] = ()
    partner_id: str | None = None
    notes: tuple[Note, ...] = ()
    owner: str = ""
    """Whose land it is, as the desk found out: a name, an address, a number."""

    taken_by: str | None = None
    """The id of the agent who took the report for a caller."""

    @property
    def has_contact(self) -> bool:
        """Say whether there is a reporter to tell."""
        return bool(self.email or self.phone)

    @property
    def is_released(self) -> bool:
        """Say whether the public may see any of the photos."""
        return any(photo.is_released for photo in self.photos)

    def photo(self, number: int) -> Photo | None:
        """Return a photo by its number from 1."""
        return self.photos[number - 1] if 1 <= number <= len(self.photos) else None

    def knows(self, follower: Follower) -> bool:
        """Say whether this person hears of the report already."""
        told = {self.email, self.phone, *(one.email for one in self.followers), *(one.phone for one in self.followers)}
        return {follower.email, follower.phone} <= told | {""}


def check_follower(private: Private, follower: Follower) -> None:
    """Raise `DomainError` for somebody who can't be told anything, or one too many."""
    if not (follower.email or follower.phone):
        raise DomainError("Enter an email address or a mobile number.", field="email")
    if len(private.followers) >= MOST_FOLLOWERS and not private.knows(follower):
        raise DomainError("Too many people follow this report already. You can look at its page instead.")
