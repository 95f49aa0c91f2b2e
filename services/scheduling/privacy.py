"""What scheduling holds of people: crews by the names of their teams, and nobody's by their own.

Crews come from `council.toml` and sign in with a code of their shift, so a job knows which crew did it and never who
was in it. What residents told us stays with reports; an evidence photo goes to enforcement, sealed.
"""

from shared.privacy import erase_nothing as erase
from shared.privacy import export_nothing as export
from shared.privacy import find_nothing as find

SAYS = "Scheduling holds crews, vehicles and jobs; which people are in a crew it does not know."

__all__ = ["SAYS", "erase", "export", "find"]
