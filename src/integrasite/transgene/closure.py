"""Do the copies at the sites add up to the copies that the vector's depth shows?"""

from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np

from integrasite.sites.tumour_fractions import DIPLOID, Fractions

CLOSES, MISSING, SURPLUS, UNKNOWN = "closes", "sites missing", "more sites than copies", "not evaluable"


@dataclass(frozen=True)
class Closure:
    """Copies per diploid genome at the sites, what the depth leaves over, and what that means.

    Args:
        copies: sum over sites with its 95 % interval.
        unexplained: copies by depth less copies at sites, with its 95 % interval.
        verdict: `closes`, `sites missing`, `more sites than copies` or `not evaluable`.
    """

    copies: tuple[float, float, float]
    unexplained: tuple[float, float, float]
    verdict: str


def close_copies(alleles: Fractions, vcn: tuple[float, float, float] | None) -> Closure:
    """Compare the sum of the sites' copies with the copies by depth.

    A site of allele fraction v has 2 v copies per diploid genome. Intervals of sum and difference are recovered from those of
    the parts (Donner and Zou 2012, Statistical Methods in Medical Research 21:347).

    Args:
        alleles: of the passing sites of one sample.
        vcn: vector copies per diploid genome with interval; None where not known.
    """
    known = ~np.isnan(alleles.value)
    value, low, high = (DIPLOID * array[known] for array in (alleles.value, alleles.low, alleles.high))
    total = float(value.sum())
    below, above = (sqrt(float(((value - limit) ** 2).sum())) for limit in (low, high))
    copies = (total, max(total - below, 0.0), total + above)
    if vcn is None or any(isnan(number) for number in vcn):
        return Closure(copies, (float("nan"),) * 3, UNKNOWN)
    depth, depth_low, depth_high = vcn
    rest = depth - total
    rest_low = rest - sqrt((depth - depth_low) ** 2 + (copies[2] - total) ** 2)
    rest_high = rest + sqrt((depth_high - depth) ** 2 + (total - copies[1]) ** 2)
    verdict = MISSING if rest_low > 0 else SURPLUS if rest_high < 0 else CLOSES
    return Closure(copies, (rest, rest_low, rest_high), verdict)
