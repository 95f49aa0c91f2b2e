"""What a caller sends, read and checked: every fault that is found is told at once, not one at a time.

Open311 treats an empty parameter like an absent one. A wrong key and an unknown id have statuses of their own and are
told alone, because nothing else matters then.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from flask import request
from werkzeug.exceptions import BadRequest

from services.reports.addresses import find_address
from services.reports.domain.answers import check_answer
from services.reports.domain.typed import clean_text, clean_url
from shared.calendar import london_date
from shared.council import Gazetteer, Kind, Place
from shared.errors import DomainError, NotFound
from shared.web.api_keys import require_api_key
from shared.web.app import context

FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
ID_LIMIT = 200
MOST_PICTURES = 5
PLACEHOLDER = "-"
"""What FixMyStreet sends as the last name of somebody who has given one name."""


class Faults:
    """Collects what is wrong with a request."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def collected(self, name: str) -> "_Collected":
        """Note a `DomainError` of the block under a parameter's name, and go on."""
        return _Collected(self, name)

    def add(self, name: str, message: str) -> None:
        """Note what is wrong with a parameter, which the message must name."""
        told = message if name in message else f"{name}: {message}"
        self._found.setdefault(name, []).append(told)

    def require(self, sent: "Fields", *names: str) -> None:
        """Note every parameter that is missing."""
        for name in names:
            if not sent[name]:
                self.add(name, f"{name} was not provided")

    def tell(self) -> None:
        """Raise one error with everything that was noted; nothing where all was well."""
        if self._found:
            error = BadRequest()
            error.data = {"messages": {"form": self._found}}  # type: ignore[attr-defined]
            raise error


class _Collected:
    """The block of `Faults.collected`: a class, as a report enters a dozen and a generator costs four times as much."""

    def __init__(self, faults: Faults, name: str) -> None:
        self._faults = faults
        self._name = name

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Note a `DomainError`, and say that it is dealt with."""
        if not isinstance(error, DomainError):
            return False
        self._faults.add(self._name, error.message)
        return True


@dataclass(frozen=True)
class Where:
    """The place of a report; `is_street` where it is the middle of a street that was only named."""

    lat: float
    lon: float
    place_id: str | None = None
    is_street: bool = False


class Fields(dict[str, str]):
    """The fields of a form without outer space; an absent one is an empty text."""

    def __missing__(self, name: str) -> str:
        """Return an empty text."""
        return ""


def fields() -> Fields:
    """Return what this request's form sends; of a field that is sent several times, the first."""
    return Fields({name: values[0].strip() for name, values in request.form.lists()})


def caller() -> str:
    """Return whose api key this is.

    Raises:
        Forbidden: it is missing, wrong or revoked.
        DomainError: the body is not a form, so that no key could be read.
    """
    if request.mimetype and request.mimetype not in FORM_TYPES:
        raise DomainError("Send the parameters as application/x-www-form-urlencoded; charset=utf-8")
    return require_api_key(request.form.get("api_key") or request.args.get("api_key"))


def named(code: str, faults: Faults) -> Kind | None:
    """Return the kind of report of a service code; None and a fault where there is no code; raises `NotFound`."""
    if not code:
        faults.add("service_code", "service_code was not provided")
        return None
    try:
        return context().council.kind(code)
    except NotFound:
        raise NotFound(f"service_code {code[:60]!r} was not found") from None


def where(sent: Fields, faults: Faults) -> Where | None:
    """Return the place by lat and long, by address_id or by address_string, in that order of trust."""
    lat, lon, address_id, address = (sent[name] for name in ("lat", "long", "address_id", "address_string"))
    gazetteer = context().council.gazetteer
    known = _known(gazetteer, address_id)
    if lat or lon:
        with faults.collected("lat"):
            return Where(*_degrees(lat, lon), place_id=known.id if known else None)
    elif known:
        return Where(known.lat, known.lon, known.id, is_street=True)
    elif address:
        with faults.collected("address_string"):
            place = find_address(gazetteer, address)
            return Where(place.lat, place.lon, place.id, is_street=True)
    elif address_id:
        faults.add("address_id", f"address_id {address_id[:60]!r} was not found; send lat and long, or address_string")
    else:
        faults.add("lat", "lat and long were not provided, nor address_string or address_id")
    return None


def attributes(kind: Kind, faults: Faults) -> dict[str, tuple[str, ...]]:
    """Return the answers to what the kind asks, `attribute[code]` and `attribute[code][]` alike; others are ignored."""
    given = request.form
    found: dict[str, tuple[str, ...]] = {}
    today = london_date(context().clock.now())
    for attribute in kind.attributes:
        name = f"attribute[{attribute.code}]"
        with faults.collected(name):
            typed = [*given.getlist(name), *given.getlist(f"{name}[]")]
            found[attribute.code] = check_answer(attribute, typed, today=today)
    return found


def pictures(faults: Faults) -> tuple[str, ...]:
    """Return the addresses of pictures, `media_url` and `media_url[]` alike."""
    given = [*request.form.getlist("media_url"), *request.form.getlist("media_url[]")]
    addresses: list[str] = []
    for address in given[:MOST_PICTURES]:
        with faults.collected("media_url"):
            addresses.append(clean_url(address))
    return tuple(address for address in addresses if address)


def identifier(sent: Fields, name: str, faults: Faults) -> str:
    """Return an id of the caller's own making, within bounds."""
    with faults.collected(name):
        return clean_text(sent[name], ID_LIMIT, one_line=True)
    return ""


def full_name(sent: Fields) -> str:
    """Return the first and last name."""
    parts = (sent["first_name"], sent["last_name"])
    return " ".join(part for part in parts if part and part != PLACEHOLDER)


def instant(name: str, text: str) -> datetime | None:
    """Return a W3C instant in UTC, None for an empty text; raises `DomainError` where it is none."""
    if not text:
        return None
    try:
        # A plus sign that was not escaped arrives as a space.
        found = datetime.fromisoformat(text.replace(" ", "+"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise DomainError(f"{name} must be a date and time like 2026-11-17T10:40:00Z", field=name) from None


def separated(name: str) -> list[str]:
    """Return the values of a query parameter that may hold several between commas, each once."""
    return list(dict.fromkeys(value.strip() for value in request.args.get(name, "").split(",") if value.strip()))


def whole(name: str, *, default: int, maximum: int) -> int:
    """Return a whole number of the query from 1 to a maximum; raises `DomainError`."""
    text = request.args.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= maximum):
        raise DomainError(f"{name} must be a whole number from 1 to {maximum}", field=name)
    return int(text)


def _known(gazetteer: Gazetteer, address_id: str) -> Place | None:
    """Return the place of an id of ours; None for any other system's."""
    try:
        return gazetteer.place(address_id)
    except NotFound:
        return None


def _degrees(lat: str, lon: str) -> tuple[float, float]:
    """Return latitude and longitude; raises `DomainError` where one is missing or no number."""
    if not lat or not lon:
        raise DomainError("lat and long must both be provided", field="lat")
    try:
        return float(lat), float(lon)
    except ValueError:
        raise DomainError("lat and long must be decimal degrees (WGS84)", field="lat") from None
