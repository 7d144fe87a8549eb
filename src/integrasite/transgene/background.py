"""How many fragments of a vector a sample without it can show: the laboratory's background, hopping, plasmid.

Each source is a gamma-distributed mean; together they make the number of fragments negative binomial (gamma-Poisson).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma, nbinom

from integrasite.config.calling import Calling

_FEW = 3
"""Controls from which their own variation is used."""
_UNLIKELY = 0.01
"""Chance of as many fragments in all controls, below which the assumed background is given up."""


@dataclass(frozen=True)
class Blank:
    """Fragments expected without the vector.

    Attributes:
        mean: expected number.
        variation: squared coefficient of variation of the mean.
        source: where they come from, for people.
    """

    mean: float
    variation: float
    source: str = ""

    def scaled(self, factor: float) -> "Blank":
        """The same source where only a part of it is counted."""
        return Blank(self.mean * factor, self.variation, self.source)


def laboratory_blank(counts: Sequence[float], calling: Calling) -> Blank:
    """Background of a library, learned from negative controls.

    Before any control is seen, the mean is `blank_fragments` as if `blank_weight` libraries had shown it; controls add to that.
    Where they show far more than that, the assumption is wrong for this laboratory and they count alone (with one library's
    weight for it). From three controls on, how much they differ widens it.

    Args:
        counts: informative fragments of each control, scaled to the sample's depth.
        calling: thresholds.
    """
    n = len(counts)
    total = float(sum(counts))
    weight = calling.blank_weight
    prior = Blank(calling.blank_fragments * n, 1 / (calling.blank_fragments * weight))
    if p_of_blank(int(total), prior) < _UNLIKELY:
        weight = 1.0
    shape = calling.blank_fragments * weight + total
    rate = weight + n
    mean = shape / rate
    variation = 1 / shape
    if n >= _FEW and total > 0:
        centre = total / n
        excess = float(np.var(counts, ddof=1)) - centre
        variation += max(excess, 0.0) / centre**2
    return Blank(mean, variation, "background of the laboratory")


def hop_blank(n_pairs: float, rate: float, calling: Calling) -> Blank:
    """Pairs of run-mates that turn up under this sample's index.

    Args:
        n_pairs: informative read pairs (copies included) of all run-mates.
        rate: share of pairs that hop to one other library.
        calling: thresholds.
    """
    return Blank(n_pairs * rate, calling.hop_variation**2, "index hopping")


def plasmid_blank(n_backbone: int, backbone: float, vector: float, calling: Calling) -> Blank:
    """Vector fragments of plasmid, from those of its backbone.

    Args:
        n_backbone: distinct fragments of backbone or plasmid parts.
        backbone: start positions of such fragments in one plasmid.
        vector: start positions of informative vector fragments in one copy.
        calling: thresholds.
    """
    if not n_backbone or backbone <= 0:
        return Blank(0.0, 0.0, "plasmid")
    seen = n_backbone + 0.5
    return Blank(seen * vector / backbone, 1 / seen + calling.depth_variation**2, "plasmid")


def add_blanks(blanks: Iterable[Blank]) -> Blank:
    """Several sources together; mean and variance of the mean add up."""
    parts = [blank for blank in blanks if blank.mean > 0]
    mean = sum(blank.mean for blank in parts)
    variance = sum(blank.variation * blank.mean**2 for blank in parts)
    return Blank(mean, variance / mean**2 if mean else 0.0)


def limit_of_blank(blank: Blank, alpha: float) -> int:
    """Largest number of fragments that samples without the vector still show, all but a share `alpha` of them."""
    if blank.mean <= 0:
        return 0
    size = 1 / max(blank.variation, 1e-9)
    return int(nbinom.isf(alpha, size, size / (size + blank.mean)))


def p_of_blank(n_fragments: int, blank: Blank) -> float:
    """Chance of at least so many fragments without the vector."""
    if n_fragments <= 0:
        return 1.0
    if blank.mean <= 0:
        return 0.0
    size = 1 / max(blank.variation, 1e-9)
    return float(nbinom.sf(n_fragments - 1, size, size / (size + blank.mean)))


def measured_hop_rate(blanks: Sequence[tuple[int, float]], calling: Calling) -> float:
    """Upper limit of the rate of hopping, from blanks and the pairs of their run-mates; the default where blanks say little.

    Args:
        blanks: per negative control, its informative pairs and those of its run-mates.
        calling: thresholds.
    """
    pairs = sum(mates for _, mates in blanks)
    seen = sum(n for n, _ in blanks)
    if pairs * calling.hop_rate < _FEW:
        return calling.hop_rate
    return float(gamma.ppf(0.95, seen + 1) / pairs)
