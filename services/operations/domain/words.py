"""How dates, weights, money and codes are said in a sentence.

The filters of `shared/web` do the same in templates; sentences are made in the domain so that they can be tested there.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from shared.contracts.codes import LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES
from shared.law.offences import offence_history

LONDON = ZoneInfo("Europe/London")


class Names(Protocol):
    """What the council calls its places, crews and sites; an id that it does not know is its own name."""

    def neighbourhood(self, neighbourhood_id: str) -> str:
        """Return a neighbourhood's name."""
        ...

    def crew(self, crew_id: str) -> str:
        """Return a crew's name."""
        ...

    def site(self, site_id: str) -> str:
        """Return a disposal site's name."""
        ...

    def depot(self, depot_id: str) -> str:
        """Return a depot's name."""
        ...

    def material(self, material: str) -> str:
        """Return a material's name."""
        ...

    def report_kind(self, kind: str) -> str:
        """Return the name of a kind of report."""
        ...

    def is_waste(self, kind: str) -> bool:
        """Say whether reports of a kind are about waste."""
        ...

    def makes_jobs(self, kind: str) -> bool:
        """Say whether a crew is sent to reports of a kind."""
        ...


def said_day(day: date) -> str:
    """Return a date as it is written: 9 March 2026."""
    return f"{day.day} {day:%B %Y}"


def said_instant(instant: datetime) -> str:
    """Return an instant in London as it is written: 9 March 2026 at 8:05am."""
    local = instant.astimezone(LONDON)
    return f"{said_day(local.date())} at {said_time(instant)}"


def said_shortly(instant: datetime) -> str:
    """Return an instant in London where space is short: 9 March, 8:05am."""
    local = instant.astimezone(LONDON)
    return f"{local.day} {local:%B}, {said_time(instant)}"


def said_time(instant: datetime) -> str:
    """Return the time of day in London as GOV.UK writes it: 8:05am, 5pm, midday, midnight."""
    local = instant.astimezone(LONDON)
    if local.minute == 0 and local.hour in {0, 12}:
        return "midday" if local.hour else "midnight"
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def said_kg(kilograms: int) -> str:
    """Return a weight: 1,250 kg."""
    return f"{kilograms:,} kg"


def said_pounds(pence: int) -> str:
    """Return an amount of money: £750, or £52.50."""
    pounds, rest = divmod(pence, 100)
    return f"£{pounds:,}.{rest:02}" if rest else f"£{pounds:,}"


def said_waste(waste_type: str | None, size: str | None = None) -> str:
    """Return what lies there, in plain words: black bags from a home, a small van full."""
    waste = inner(WASTE_TYPES[waste_type].plain) if waste_type else "waste that nobody has named yet"
    return f"{waste}, {said_size(size)}" if size else waste


def said_report(state: Mapping[str, Any], names: Names) -> str:
    """Return what a report is about: the waste, or for a kind of report that is not about waste the kind's name."""
    if state["waste_type"] is None and not names.is_waste(state["kind"]):
        return inner(names.report_kind(state["kind"]))
    return said_waste(state["waste_type"], state["size"])


def said_size(size: str) -> str:
    """Return how much there is, in plain words."""
    return inner(SIZES[size].plain)


def said_land(land_type: str) -> str:
    """Return on what kind of land, in plain words."""
    return inner(LAND_TYPES[land_type].plain)


def said_outcome(outcome: str | None) -> str:
    """Return how a job ended, in plain words."""
    return inner(OUTCOMES[outcome].plain) if outcome else "no outcome"


def said_offence(code: str) -> str:
    """Return an offence's name for the middle of a sentence; its code where our table has none."""
    history = offence_history(code)
    return history[-1].name[0].lower() + history[-1].name[1:] if history else code


def said_code(code: str) -> str:
    """Return a code that has no words of its own as words."""
    return code.replace("-", " ")


def inner(text: str) -> str:
    """Return a phrase as it stands inside a sentence: its first letter small, unless it is a word like I."""
    return text if text[:2] in {"I ", "I’"} else text[:1].lower() + text[1:]
