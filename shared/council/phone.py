"""The `[phone]` table of `council.toml`: what crews have to photograph, and how long proof is compared."""

from shared.council.model import Phone
from shared.toml import Table

LONGEST_DAYS = 366
"""Whether a photo fits its job is settled within weeks; after a year nobody can say why it is still kept."""


def phone(top: Table) -> Phone:
    """Return what the table says; without one a photo from before the work is welcome and not required."""
    if not top.has("phone"):
        return Phone()
    table = top.table("phone")
    found = Phone(
        needs_before_photo=table.choice("before_photo", ("required", "optional")) == "required",
        proof_days=table.whole("proof_days", minimum=1, maximum=LONGEST_DAYS, default=Phone.proof_days),
    )
    table.close()
    return found
