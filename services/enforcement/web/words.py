"""The words that enforcement's pages use for what is coded."""

import re
from collections.abc import Mapping
from typing import Protocol

from shared.web.filters import pounds

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

ACTS: Mapping[str, str] = {
    "EPA 1990": "Environmental Protection Act 1990",
    "ASBA 2003": "Anti-social Behaviour Act 2003",
    "ASBCPA 2014": "Anti-social Behaviour, Crime and Policing Act 2014",
    "CNEA 2005": "Clean Neighbourhoods and Environment Act 2005",
    "CoP(A)A 1989": "Control of Pollution (Amendment) Act 1989",
    "RD(A)A 1978": "Refuse Disposal (Amenity) Act 1978",
}
"""Acts as officers shorten them; whoever receives a notice does not know them so."""

PROVISION = re.compile(r"(?P<act>.+? [0-9]{4}) (?:s(?P<section>[0-9].*)|Sch (?P<schedule>\S+) para (?P<paragraph>\S+))")
MEDIA: Mapping[str, str] = {
    "image/jpeg": "JPEG picture",
    "image/png": "PNG picture",
    "image/webp": "WebP picture",
    "image/heic": "HEIC picture",
    "application/pdf": "PDF",
    "text/plain": "plain text",
}


class Bounded(Protocol):
    """What statute allows to be asked."""

    @property
    def min_pence(self) -> int:
        """The least, 0 where statute sets none."""
        ...

    @property
    def max_pence(self) -> int:
        """The most."""
        ...


def allowed_words(law: Bounded) -> str:
    """Return between which amounts a penalty must be: £150 to £1,000, up to £100, or £400."""
    if law.min_pence == law.max_pence:
        return pounds(law.max_pence)
    return f"{pounds(law.min_pence)} to {pounds(law.max_pence)}" if law.min_pence else f"up to {pounds(law.max_pence)}"


def in_full(provision: str) -> str:
    """Return a provision as it is said to anybody: section 33(1)(a) of the Environmental Protection Act 1990.

    One in another form than `EPA 1990 s33(1)(a)` or `EPA 1990 Sch 3A para 1` stays as it is.
    """
    parts = PROVISION.fullmatch(provision)
    if parts is None:
        return f"the {ACTS.get(provision, provision)}"
    act = ACTS.get(parts["act"], parts["act"])
    if parts["schedule"]:
        return f"paragraph {parts['paragraph']} of Schedule {parts['schedule']} to the {act}"
    sections = parts["section"].replace(" and s", " and ")
    many = "s" if sections != parts["section"] else ""
    return f"section{many} {sections} of the {act}"


def media_words(media_type: str) -> str:
    """Return what kind of file it is, in words where we know some."""
    return MEDIA.get(media_type, media_type)


def unverified_words(fields: tuple[str, ...]) -> str:
    """Return the figures of a row of law that nobody has checked, as people say it."""
    words = [UNVERIFIED.get(field, field.replace("_", " ")) for field in fields]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
