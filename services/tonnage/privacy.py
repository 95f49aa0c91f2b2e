"""What tonnage holds of people: nothing that a person could be found by.

A ticket names a vehicle of the council or a carrier, and the id of the member of staff who recorded it; whose id that
is, accounts alone knows.
"""

from shared.privacy import erase_nothing as erase
from shared.privacy import export_nothing as export
from shared.privacy import find_nothing as find

SAYS = "Tonnage holds weights, vehicles and sites; of staff their id alone, whose name is with accounts."

__all__ = ["SAYS", "erase", "export", "find"]
