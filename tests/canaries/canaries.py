"""The canaries: a text of its own for every personal field and every free text, and where each may live.

A mark is letters and digits only, so that escaping in URLs and in JSON does not change it; letter case, base64, hex and
UTF-16 do, and those are searched too. Places are named `service.table` for a table of a service's store, and
`blobs of service` for its folder of blobs.
"""

import base64
import re
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

NOWHERE: frozenset[str] = frozenset()
SEPARATORS = rb"(?:[ ().-]|%20|\+){0,3}"
"""Between the digits of a telephone number, as people and programs write it."""


@dataclass(frozen=True)
class Canary:
    """One planted text: the field it is typed into, its mark, where it must be afterwards, and where else it may be."""

    name: str
    mark: str
    lives_in: frozenset[str] = NOWHERE
    may_be_in: frozenset[str] = NOWHERE

    @property
    def allowed(self) -> frozenset[str]:
        """Every place where it may be."""
        return self.lives_in | self.may_be_in

    def is_in(self, content: bytes, *, lowered: bytes | None = None) -> bool:
        """Say whether the canary is in some bytes, in any of its forms."""
        if self.mark.isdigit():
            return re.search(SEPARATORS.join(digit.encode() for digit in self.mark), content) is not None
        low = content.lower() if lowered is None else lowered
        return any(form in low for form in self._caseless) or any(form in content for form in self._exact)

    @cached_property
    def _caseless(self) -> tuple[bytes, ...]:
        """The forms that are searched in lower case: plain, hex, UTF-16 either way round."""
        mark = self.mark.lower()
        hexed = [letters.encode().hex().encode() for letters in _cases(self.mark)]
        return (mark.encode(), mark.encode("utf-16-le"), mark.encode("utf-16-be"), *hexed)

    @cached_property
    def _exact(self) -> tuple[bytes, ...]:
        """The forms that are searched as they are: base64, wherever in it the mark begins."""
        return tuple(form for letters in _cases(self.mark) for form in _base64_forms(letters.encode()))


def _cases(mark: str) -> tuple[str, str, str]:
    return mark, mark.lower(), mark.upper()


def _base64_forms(content: bytes) -> Iterator[bytes]:
    """Yield what of a text's base64 is the same whatever stands before and after it."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + content)
        first = (0, 2, 3)[before]
        whole = (before + len(content)) // 3 * 4
        yield encoded[first:whole]


STEM = Canary("every mark", "Kanari")
"""What every mark but numbers and addresses begins with: where it is not, no such mark has to be looked for."""


@dataclass
class Flock:
    """Every canary of one run, by the field it is for; `plant` makes them and remembers them all."""

    canaries: dict[str, Canary] = field(default_factory=dict)

    def plant(self, name: str, *, lives_in: Collection[str] = (), may_be_in: Collection[str] = ()) -> str:
        """Return a new mark for a field."""
        return self._keep(name, f"{STEM.mark}{secrets.token_hex(6)}", lives_in, may_be_in)

    def plant_number(self, name: str, *, lives_in: Collection[str] = (), may_be_in: Collection[str] = ()) -> str:
        """Return a new mobile number from the range that is given to nobody, searched by its last ten digits."""
        number = f"7700900{len(self.canaries):03d}"
        self._keep(name, number, lives_in, may_be_in)
        return f"0{number}"

    def watch(self, name: str, text: str, *, lives_in: Collection[str] = (), may_be_in: Collection[str] = ()) -> str:
        """Look for a text that is what it is, such as an address on the network."""
        return self._keep(name, text, lives_in, may_be_in)

    def _keep(self, name: str, mark: str, lives_in: Collection[str], may_be_in: Collection[str]) -> str:
        assert name not in self.canaries, f"two canaries for {name}"
        self.canaries[name] = Canary(name, mark, frozenset(lives_in), frozenset(may_be_in))
        return mark

    def __iter__(self) -> Iterator[Canary]:
        return iter(self.canaries.values())


REPORT = ("reports.reports",)
CONTACT = ("reports.reports", "reports.deliveries", "reports.messages")
"""With the messages to the reporter: to whom, and the greeting."""

SEALED = ("blobs of enforcement",)
WITNESS = (*CONTACT, *SEALED)
"""Of a reporter who saw it done and would give a statement."""

NOTICE = ("enforcement.notices",)
OVERWRITTEN = ("enforcement.overwritten",)
DRAFTED = ("reports.overwritten",)
"""In no table any more, but for a while among the bytes of its owner's files: of a draft, until it is sent."""

DRAFTED = ("reports.overwritten",)
"""Typed into a form, which was emptied as it was sent; for a while still among the bytes of its owner's files."""

STAFF = ("accounts.accounts",)
STAFF_NAME = ("accounts.accounts", "enforcement.people", "reports.audit")


def planted(flock: Flock) -> dict[str, str]:
    """Plant a canary in every text that the journey types, sends or uploads, and return the texts by name."""
    plant, number = flock.plant, flock.plant_number
    return {
        # a resident, on the web form
        "name": f"Zoë {plant('form: name', lives_in=WITNESS)}",
        "email": f"{plant('form: email', lives_in=WITNESS)}@example.com",
        "phone": number("form: phone", lives_in=WITNESS),
        "seen": f"I saw {plant('form: what a witness saw', lives_in=SEALED, may_be_in=DRAFTED)}",
        "vehicle": f"Van of {plant('form: vehicle', lives_in=SEALED, may_be_in=DRAFTED)}",
        "description": f"My neighbour {plant('form: description', lives_in=REPORT)} did it",
        "place_text": f"Behind the house of {plant('form: where exactly', lives_in=REPORT)}",
        "search": f"{plant('form: search for a place')} Road",
        "half_email": f"{plant('form: an email refused')}@",
        "photo_exif": plant("photo: EXIF", lives_in=["blobs of reports"]),
        "photo_comment": plant("photo: JPEG comment", lives_in=["blobs of reports"]),
        "photo_name": f"{plant('photo: name of the file')}.jpg",
        "user_agent": f"Phone of {plant('browser of a resident')}",
        "typed_reference": plant("typed as a reference"),
        "typed_path": plant("typed as an address"),
        "typed_query": plant("typed behind an address"),
        # a resident, in another app
        "first_name": plant("Open311: first name", lives_in=CONTACT),
        "last_name": plant("Open311: last name", lives_in=CONTACT),
        "app_email": f"{plant('Open311: email', lives_in=CONTACT)}@example.com",
        "app_phone": number("Open311: phone", lives_in=CONTACT),
        "app_description": f"Bags of {plant('Open311: description', lives_in=REPORT)}",
        "address_string": f"4 {plant('Open311: address', lives_in=REPORT)} Road",
        "device_id": plant("Open311: device"),
        "account_id": plant("Open311: account"),
        "media_url": f"https://example.com/{plant('Open311: picture address', lives_in=REPORT)}.jpg",
        "house": f"{plant('Open311: an answer that was typed', lives_in=REPORT)} House",
        "update": f"Seen again by {plant('Open311: update', lives_in=REPORT)}",
        "update_picture": f"https://example.com/{plant('Open311: picture of an update', lives_in=REPORT)}.jpg",
        "update_name": plant("Open311: who wrote an update"),
        "update_email": f"{plant('Open311: email of who wrote an update')}@example.com",
        # the contact centre
        "caller": plant("contact centre: who a caller is looked for as"),
        "complainant": plant("complaint: name", lives_in=["reports.complaints"]),
        "complaint": f"Nobody came to {plant('complaint: what it is about', lives_in=['reports.complaints'])}",
        "owner": f"The estate of {plant('referral: whose land it is', lives_in=REPORT)}",
        "view": f"Tips of {plant('queue: name of a view', lives_in=['reports.views'])}",
        # a crew
        "evidence_note": f"A letter to {plant('crew: note on the evidence', lives_in=SEALED)}",
        "evidence_exif": plant("crew: EXIF of the evidence", lives_in=SEALED),
        "evidence_name": f"{plant('crew: name of the evidence file')}.jpg",
        "after_exif": plant("crew: EXIF of the photo afterwards"),
        "after_name": f"{plant('crew: name of the photo file')}.jpg",
        # an officer
        "first_recipient": f"Mr {plant('notice: recipient before a correction', may_be_in=OVERWRITTEN)}",
        "first_address": f"1 {plant('notice: address before a correction', may_be_in=OVERWRITTEN)} Street",
        "recipient": f"Mx {plant('notice: recipient', lives_in=NOTICE)}",
        "address": f"2 {plant('notice: address', lives_in=NOTICE)} Street",
        "particulars": f"Seen by {plant('notice: particulars', lives_in=NOTICE)}",
        # a waste officer
        "void_note": f"The driver was {plant('ticket: note on voiding', lives_in=['tonnage.tickets'])}",
        # staff
        "staff_name": f"Sam {plant('staff: name', lives_in=STAFF_NAME)}",
        "staff_email": f"{plant('staff: email', lives_in=STAFF)}@council.example",
        "staff_password": f"three {plant('staff: password')} words",
        "wrong_password": f"wrong {plant('staff: a wrong password')} words",
        "unknown_email": f"{plant('sign-in: an unknown email')}@council.example",
        "wall_label": f"Desk of {plant('wall link: label', lives_in=['accounts.credentials'])}",
        "token_label": f"Script of {plant('token: label', lives_in=['accounts.credentials'])}",
        # everybody
        "resident_address": flock.watch("a resident's network address", "127.77.66.55"),
        "staff_address": flock.watch("a member of staff's network address", "127.88.77.66"),
    }
