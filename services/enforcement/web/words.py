"""The words that enforcement's pages use for what is coded."""

from collections.abc import Mapping

HOLDS: Mapping[str, str] = {"photos": "Photographs", "letter": "Letter or document", "statement": "Witness statement"}
SOURCES: Mapping[str, str] = {
    "crew": "the crew",
    "reporter": "the person who reported it",
    "officer": "an officer",
}
RESULTS: Mapping[str, str] = {
    "paid": "Notice paid",
    "convicted": "Conviction",
    "warning": "Warning given",
    "no-further-action": "No further action",
}
RETURN_COLUMNS: Mapping[str, str] = {
    "fpn-fly-tipping": "fixed penalty notice for fly-tipping",
    "fpn-household-duty-of-care": "fixed penalty notice, household duty of care",
    "fpn-littering": "fixed penalty notice for littering",
    "fpn-other": "other fixed penalty notice",
}
"""Columns of Defra's fly-tipping return."""

UNVERIFIED: Mapping[str, str] = {
    "min_pence": "the minimum",
    "max_pence": "the maximum",
    "default_pence": "the default amount",
    "early_min_pence": "the least amount for early payment",
    "early_max_days": "the early-payment period",
    "pay_days": "the days to pay",
    "effective_from": "the day it came into force",
    "summary_only": "the time limit for proceedings",
    "statute": "the section",
    "appeal_route": "the way to appeal",
}


def unverified_words(fields: tuple[str, ...]) -> str:
    """Return the figures of a row of law that nobody has checked, as people say it."""
    words = [UNVERIFIED.get(field, field.replace("_", " ")) for field in fields]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
