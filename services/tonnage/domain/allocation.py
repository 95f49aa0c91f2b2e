"""How a lorry's net weight is shared over the jobs that filled it: by estimate, to the kilogram, nothing lost.

Only the lorry is weighed; what each job contributed is an estimate from the size that the crew saw. The shares keep the
estimates' proportions and their sum is exactly the weighed net (largest remainders; ties go to the earlier load), so
that totals by job, ward or neighbourhood always add up to the tickets.
"""

from collections.abc import Sequence


def allocate(net_kg: int, estimates: Sequence[int]) -> list[int]:
    """Return each load's whole kilograms of `net_kg`; loads without any estimate at all share equally.

    Raises `ValueError` for a negative weight or estimate, which the rules before this never let through.
    """
    if net_kg < 0 or any(estimate < 0 for estimate in estimates):
        raise ValueError("weights and estimates are never negative")
    if not estimates:
        return []
    weights = list(estimates) if any(estimates) else [1] * len(estimates)
    total = sum(weights)
    shares = [net_kg * weight // total for weight in weights]
    remainders = [net_kg * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: net_kg - sum(shares)]:
        shares[index] += 1
    return shares
