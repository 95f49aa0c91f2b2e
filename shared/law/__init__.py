"""Penalty law of England as data, with pure functions over it: what may be asked, and when it must be paid.

The table is `offences.toml`, one row per provision and period, each with its source and a list of the figures in it
that nobody has checked against the statute. A council's tariff moves within these bounds and never beyond; a refusal
quotes the section. Nothing here reads a clock: every question says which day it is about.
"""

from shared.law.amounts import check_amount, pounds
from shared.law.clocks import early_by, lay_by, overdue_on, pay_by
from shared.law.offences import OFFENCE_KINDS, Offence, offence, offence_history, offences

__all__ = [
    "OFFENCE_KINDS",
    "Offence",
    "check_amount",
    "early_by",
    "lay_by",
    "offence",
    "offence_history",
    "offences",
    "overdue_on",
    "pay_by",
    "pounds",
]
