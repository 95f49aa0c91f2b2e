"""What scheduling holds of people: who works in which crew, in its register, and nobody else's name.

A job knows which crew did it and never who was in it. The register names the people of the crews, and who changed what
in it; their names are forgotten when they have left for as long as the council keeps them (`register/forget.py`). It
has no addresses, so nobody can be found here by e-mail, telephone or report: a supervisor finds and changes a name in
the register itself. What residents told us stays with reports; an evidence photo goes to enforcement, sealed.
"""

from shared.privacy import erase_nothing as erase
from shared.privacy import export_nothing as export
from shared.privacy import find_nothing as find

SAYS = (
    "Scheduling holds the names of the people in its crews, with their tickets and absences, in its register, and of"
    " residents nothing; names of who has left are forgotten when the council’s time for them is over."
)

__all__ = ["SAYS", "erase", "export", "find"]
