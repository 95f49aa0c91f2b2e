"""What operations holds of people: nothing, because events carry none of it (a test plants canaries to show that)."""

from shared.privacy import erase_nothing as erase
from shared.privacy import export_nothing as export
from shared.privacy import find_nothing as find

SAYS = "Operations keeps the events of all services, which carry ids, codes and places, and nobody’s data."

__all__ = ["SAYS", "erase", "export", "find"]
