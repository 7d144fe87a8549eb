"""The limit of detection of the whole rule for POSITIVE: how many copies it takes for the rule to hold in 95 of 100 samples.

The rule asks for more than a count of fragments: their middles must lie in several bins, not all side by side, in several
elements, and some of them outside what a wild-type virus has too. All of that is in the probability here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import betabinom, nbinom

from integrasite.config.calling import Calling
from integrasite.transgene.limits_expected import Cells, Expected

Floats = npt.NDArray[np.float64]

DETECTED = 0.97
"""Chance for which limits are solved; stated as 95 %, since recruiting and alignment lose a few fragments."""
_EACH = 200
"""Numbers of fragments that are taken one by one; larger ones at `_NODES` nodes up to `_REACH` times the least number."""
_REACH, _NODES = 20, 200
_MOST = 500
"""Fragments of a site beyond which no more are told apart."""
_LEAST_COPIES, _MOST_COPIES = 1e-6, 1e4
_STEPS = 32


@dataclass(frozen=True)
class Rule:
    """What POSITIVE asks for.

    Attributes:
        n_fragments: distinct informative fragments.
        n_bins: bins that hold the middle of one.
        n_apart: bins between the first and the last of them: a PCR product of 1 kb touches three in a row.
        n_elements: elements.
        n_beside_virus: fragments outside what a wild-type virus has.
    """

    n_fragments: int
    n_bins: int
    n_apart: int
    n_elements: int
    n_beside_virus: int


def rule_for(
    cells: Cells, expected: Expected, n_fragments: int, n_beside_virus: int, calling: Calling
) -> Rule:
    """The rule for one vector: a sequence of few elements or bins (a CAR alone) cannot show more than it has.

    Args:
        cells: of the vector.
        expected: what of them can be seen.
        n_fragments: fragments above the limit of blank.
        n_beside_virus: the same for those outside viral elements.
        calling: thresholds.
    """
    shown = expected.cells > 0
    bins = np.unique(cells.bin[shown])
    elements = np.unique(cells.element[shown])
    n_apart = min(calling.positive_bins, int(bins[-1] - bins[0])) if bins.size else 0
    n_beside = max(n_beside_virus, 1) if cells.is_viral.any() else 0
    return Rule(
        max(n_fragments, calling.positive_fragments),
        calling.positive_bins,
        n_apart,
        min(calling.positive_elements, max(elements.size, 1)),
        n_beside,
    )


@dataclass(frozen=True)
class Spread:
    """How unevenly a sample was sequenced.

    Attributes:
        total: squared coefficient of variation of all fragments of a vector together.
        per_bin: the same between bins.
    """

    total: float
    per_bin: float


def spread_of(
    depth_interval: tuple[float, float], expected: Expected, cells: Cells, calling: Calling
) -> Spread:
    """Uncertainty of the host's depth, and unevenness from bin to bin.

    Args:
        depth_interval: 95 % limits of the host's depth.
        expected: of the vector.
        cells: of the vector.
        calling: thresholds.
    """
    low, high = depth_interval
    sigma = np.log(high / low) / 3.92 if 0 < low <= high else 0.0
    share: Floats = np.bincount(cells.bin, expected.cells).astype(np.float64)
    share = share[share > 0] / max(expected.total, 1e-12)
    per_bin = calling.depth_variation**2
    return Spread(float(sigma**2 + per_bin * (share**2).sum()), per_bin)


class RuleChance:
    """Chance that the rule holds, for any number of expected fragments.

    The number of fragments is negative binomial; given the number, bins share them by a Dirichlet-multinomial. The chance
    that a part of the rule fails is exact for the bins; over bins, elements and virus the chances are added up, so that the
    limit is, if anything, a little too high.

    Args:
        rule: what is asked for.
        expected: by cell.
        cells: of the vector.
        spread: unevenness.
    """

    def __init__(self, rule: Rule, expected: Expected, cells: Cells, spread: Spread) -> None:
        first = rule.n_fragments
        more = np.geomspace(first + _EACH, max(_REACH * first, first + 2 * _EACH), _NODES).astype(np.int64)
        self.numbers = np.unique(np.concatenate([np.arange(first, first + _EACH), more]))
        # between two nodes the lower one stands for all: more fragments fail less
        self.holds = 1 - _fails(self.numbers, rule, expected, cells, spread)
        self.size = 1 / max(spread.total, 1e-9)

    def __call__(self, mean: float) -> float:
        """The chance where `mean` informative fragments are expected."""
        if mean <= 0:
            return 0.0
        above = nbinom.sf(self.numbers - 1, self.size, self.size / (self.size + mean))
        return float(((above - np.append(above[1:], 0.0)) * self.holds).sum())


def _fails(
    numbers: npt.NDArray[np.int64], rule: Rule, expected: Expected, cells: Cells, spread: Spread
) -> Floats:
    """Per number of fragments, the chance that they do not lie as the rule asks (an upper bound)."""
    share = expected.cells / max(expected.total, 1e-12)
    bins: Floats = np.bincount(cells.bin, share).astype(np.float64)
    elements = np.bincount(cells.element, share)
    n_shown = max(int((bins > 0).sum()), 2)
    alpha = max((n_shown - 1) / spread.per_bin - 1, 1.0) if spread.per_bin > 0 else 1e9
    found = np.zeros(numbers.size)
    if (bins > 0).sum() < rule.n_bins or not expected.total:
        return found + 1
    found += _few_or_close_bins(numbers, bins, rule, alpha)
    if rule.n_elements > 1:
        found += sum(_all_in(numbers, s, alpha) for s in elements.tolist() if s > 0)
    beside = float(share[~cells.is_viral].sum())
    if rule.n_beside_virus and beside < 1:
        if beside <= 0:
            return np.ones(numbers.size)
        a, b = alpha * beside, alpha * (1 - beside)
        found += betabinom.cdf(rule.n_beside_virus - 1, numbers, a, b)
    return np.clip(found, 0, 1)


def _all_in(numbers: npt.NDArray[np.int64], share: float, alpha: float) -> Floats:
    """Chance that all of so many fragments lie where this share of them is due."""
    share = min(share, 1.0)
    a = alpha * share
    if a <= 0:
        return np.where(numbers > 0, 0.0, 1.0)
    found: Floats = np.exp(gammaln(a + numbers) - gammaln(a) - gammaln(alpha + numbers) + gammaln(alpha))
    return found


def _few_or_close_bins(numbers: npt.NDArray[np.int64], bins: Floats, rule: Rule, alpha: float) -> Floats:
    """Chance of fewer than three bins, or of bins that all lie within `n_apart` in a row, by inclusion and exclusion."""
    n = bins.size
    one = [_all_in(numbers, share, alpha) if share > 0 else np.zeros(numbers.size) for share in bins.tolist()]
    width = rule.n_apart if rule.n_apart > 2 else 0
    few = np.zeros(numbers.size)
    few_and_close = np.zeros(numbers.size)
    for i in range(n):
        few += one[i]
        few_and_close += one[i]
        for j in range(i + 1, n):
            if bins[i] > 0 and bins[j] > 0:
                both = _all_in(numbers, float(bins[i] + bins[j]), alpha) - one[i] - one[j]
                few += both
                if j - i < width:
                    few_and_close += both
    if not width:
        return few
    close = np.zeros(numbers.size)
    for k in range(max(n - width, 0) + 1):
        close += _all_in(numbers, float(bins[k : k + width].sum()), alpha)
        if k < n - width:
            close -= _all_in(numbers, float(bins[k + 1 : k + width].sum()), alpha)
    found: Floats = few + close - few_and_close
    return found


def limit_of_detection(
    fragments_per_base: float, rule: Rule, expected: Expected, cells: Cells, spread: Spread
) -> float:
    """Copies per diploid genome at which the rule holds with a chance of at least 95 %; NaN where no number of copies does.

    Args:
        fragments_per_base: distinct fragments that begin at one base of the (diploid) host.
        rule: what is asked for.
        expected: fragments of one copy, by cell.
        cells: of the vector.
        spread: unevenness.
    """
    if not fragments_per_base > 0 or not expected.total:
        return float("nan")
    per_copy = fragments_per_base / 2 * expected.total
    chance = RuleChance(rule, expected, cells, spread)
    return _solve(lambda copies: chance(copies * per_copy))


def limit_of_localisation(fragments_per_base: float, expected: Expected, calling: Calling) -> float:
    """Copies per diploid genome of one site at which the site is found with a chance of 95 %.

    A site of tier B needs `tier_b_fragments` distinct fragments over its junctions, one of them with the junction in a read.
    """
    if not fragments_per_base > 0 or not expected.split:
        return float("nan")
    variation = max(calling.depth_variation**2, 1e-9)
    share = expected.split / (expected.split + expected.discordant)

    def chance(copies: float) -> float:
        mean = copies * fragments_per_base / 2 * (expected.split + expected.discordant)
        numbers = np.arange(calling.tier_b_fragments, _MOST)
        size = 1 / variation
        p = size / (size + mean)
        found = nbinom.pmf(numbers, size, p) * (1 - (1 - share) ** numbers)
        return float(found.sum() + nbinom.sf(_MOST - 1, size, p))

    return _solve(chance)


def _solve(chance: Callable[[float], float]) -> float:
    low, high = np.log(_LEAST_COPIES), np.log(_MOST_COPIES)
    if chance(float(np.exp(high))) < DETECTED:
        return float("nan")
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if chance(float(np.exp(middle))) < DETECTED:
            low = middle
        else:
            high = middle
    return float(np.exp(high))


def beside_virus(expected: Expected, cells: Cells) -> Expected:
    """What is expected outside the elements that a wild-type virus has too."""
    return replace(expected, cells=np.where(cells.is_viral, 0.0, expected.cells))


def required_copies(purity: float | None, ploidy: float | None, calling: Calling, default: float) -> float:
    """Copies per diploid genome that a NEGATIVE must have been able to see.

    Args:
        purity: share of tumour cells; None or 0: not known, or no tumour.
        ploidy: of the tumour cells; None: 2.
        calling: thresholds.
        default: of the config, where purity is not known.
    """
    if not purity:
        return default
    mean = purity * (2.0 if ploidy is None else ploidy) + 2 * (1 - purity)
    return calling.required_copies_per_cell * purity * 2 / mean
