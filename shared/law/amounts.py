"""What a notice may ask for: within the statute's bounds of its day, or refused with the section quoted."""

from shared.errors import DomainError
from shared.law.offences import Offence

PENCE = 100


def check_amount(
    offence: Offence, amount_pence: int, *, early_pence: int | None = None, early_days: int | None = None
) -> None:
    """Accept an amount (and early-payment offer) that the law allows; raises `DomainError` quoting the section."""
    if not offence.min_pence <= amount_pence <= offence.max_pence:
        raise DomainError(f"{offence.statute}: {bounds(offence)}", field="amount_pence", rule=offence.statute)
    if early_pence is not None:
        _check_early(offence, amount_pence, early_pence, early_days)


def _check_early(offence: Offence, amount_pence: int, early_pence: int, early_days: int | None) -> None:
    """Accept an early-payment offer; raises `DomainError`."""
    if not 0 < early_pence < amount_pence:
        raise DomainError(f"The amount for early payment must be less than {pounds(amount_pence)}", field="early_pence")
    if offence.early_min_pence is not None and early_pence < offence.early_min_pence:
        raise DomainError(
            f"{offence.statute}: at least {pounds(offence.early_min_pence)} for early payment",
            field="early_pence",
            rule=offence.statute,
        )
    if early_days is None or not 0 < early_days <= offence.early_max_days:
        raise DomainError(
            f"{offence.statute}: the early-payment period must be from 1 to {offence.early_max_days} days",
            field="early_days",
            rule=offence.statute,
        )


def bounds(offence: Offence) -> str:
    """Return the bounds of an amount in words: `between £150 and £1,000`."""
    if offence.min_pence == offence.max_pence:
        return f"exactly {pounds(offence.max_pence)}"
    if offence.min_pence == 0:
        return f"at most {pounds(offence.max_pence)}"
    return f"between {pounds(offence.min_pence)} and {pounds(offence.max_pence)}"


def pounds(pence: int) -> str:
    """Return pence as pounds, with pence only where there are any: `£1,000`, `£62.50`."""
    whole, rest = divmod(pence, PENCE)
    return f"£{whole:,}.{rest:02}" if rest else f"£{whole:,}"
