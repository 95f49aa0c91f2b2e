"""Whether fewer reports came after a campaign than before, as far as counts can say.

Counts of reports are taken for Poisson counts. Three exact methods, because a hot spot has a dozen reports and not a
thousand; none needs more than the standard library:

- a count: the interval of F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936) 437-442;
- after against before: given their sum, one of two Poisson counts is binomial (J. Przyborowski and H. Wilenski,
  Biometrika 31 (1940) 313-323), with the interval of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413;
- that against the rest of the city: given all sums, the count is of Fisher's noncentral hypergeometric distribution,
  with the interval of J. Cornfield, "A statistical problem arising from retrospective studies" (1956).

The third takes the season out: what rose or fell in the whole city at the same time. It can't take out that a place is
chosen because it was bad just then and would have been less so anyway (regression to the mean); the page says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, lgamma, log

LEVEL = 0.95
STEPS = 60
"""Halvings of an interval: a double has 53 bits."""


@dataclass(frozen=True)
class Interval:
    """An estimate with the limits that hold it with 95 per cent confidence; None is beyond any number."""

    estimate: float | None
    low: float
    high: float | None

    @property
    def says_fewer(self) -> bool:
        """Say whether even the upper limit is below 1."""
        return self.high is not None and self.high < 1

    @property
    def says_more(self) -> bool:
        """Say whether even the lower limit is above 1."""
        return self.low > 1


@dataclass(frozen=True)
class Counts:
    """Reports in two spans of the same length, here and elsewhere."""

    here_before: int
    here_after: int
    elsewhere_before: int
    elsewhere_after: int


def poisson_interval(count: int, level: float = LEVEL) -> Interval:
    """Return a count with the interval of its mean."""
    tail = (1 - level) / 2
    low = _solve(lambda mean: _poisson_at_least(count, mean), tail, count) if count else 0.0
    high = _solve(lambda mean: _poisson_at_least(count + 1, mean), 1 - tail, count + 1)
    return Interval(float(count), low, high)


def ratio_interval(after: int, before: int, level: float = LEVEL) -> Interval:
    """Return how many times as many came after as before, in spans of the same length."""
    tail, together = (1 - level) / 2, after + before

    def at_least(successes: int) -> Callable[[float], float]:
        # Of the odds, not of the share: they are the ratio that is looked for, and have no upper bound.
        return lambda odds: _binomial_at_least(successes, together, odds / (1 + odds))

    low = _solve(at_least(after), tail, 1.0) if after else 0.0
    high = _solve(at_least(after + 1), 1 - tail, 1.0) if before else None
    return Interval(after / before if before else None, low, high)


def compared(counts: Counts, level: float = LEVEL) -> Interval:
    """Return the ratio here divided by the ratio elsewhere: 1 where the place did as the rest of the city did."""
    here, tail = counts.here_before + counts.here_after, (1 - level) / 2
    elsewhere, after = counts.elsewhere_before + counts.elsewhere_after, counts.here_after + counts.elsewhere_after
    first, last = max(0, after - elsewhere), min(here, after)

    def at_least(number: int) -> Callable[[float], float]:
        return lambda odds: _hypergeometric_at_least(number, here, elsewhere, after, odds)

    found = counts.here_after
    low = _solve(at_least(found), tail, 1.0) if found > first else 0.0
    high = _solve(at_least(found + 1), 1 - tail, 1.0) if found < last else None
    below = counts.here_before * counts.elsewhere_after
    return Interval(found * counts.elsewhere_before / below if below else None, low, high)


def _solve(rising: Callable[[float], float], wanted: float, start: float) -> float:
    """Return where a function that rises from 0 to 1 over the positive numbers has a value."""
    low, high = 0.0, max(start, 1.0)
    while rising(high) < wanted:
        low, high = high, high * 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def _poisson_at_least(count: int, mean: float) -> float:
    """Return how likely a Poisson variable of a positive mean is to be so much or more."""
    return 1 - sum(exp(number * log(mean) - mean - lgamma(number + 1)) for number in range(count))


def _binomial_at_least(successes: int, trials: int, share: float) -> float:
    """Return how likely so many successes or more are, of a share between 0 and 1."""
    return sum(
        exp(_log_choose(trials, number) + number * log(share) + (trials - number) * log(1 - share))
        for number in range(successes, trials + 1)
    )


def _hypergeometric_at_least(number: int, here: int, elsewhere: int, after: int, odds: float) -> float:
    """Return how likely so many of those here or more are after, under Fisher's noncentral distribution."""
    support = range(max(0, after - elsewhere), min(here, after) + 1)
    logs = [_log_choose(here, k) + _log_choose(elsewhere, after - k) + k * log(odds) for k in support]
    highest = max(logs, default=-inf)
    weights = [exp(each - highest) for each in logs]
    return sum(weight for k, weight in zip(support, weights, strict=True) if k >= number) / sum(weights)


def _log_choose(of: int, number: int) -> float:
    """Return the logarithm of a binomial coefficient."""
    return lgamma(of + 1) - lgamma(number + 1) - lgamma(of - number + 1)
