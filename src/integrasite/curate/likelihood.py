"""How likely a subject's fragments at a shared site are, as its own clone's and as another subject's.

All functions are vectorised over pairs (site, recipient subject, donor subject); see docs/methods.md.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp
from scipy.stats import nbinom

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BIN_GROWTH = 1.5
_BIN_WEIGHT = 5.0
"""Sites that the spectrum of all subjects weighs in each subject's own."""
_ERROR_SHAPE = 2.0
"""Shape of the gamma law of misread copies: the rate is known within a factor of about two."""
_ODD_READS = 1e-3
"""Share of copies with more reads than hopping gives (PCR product carried over)."""
_BLOCK = 2_000_000
"""Cells of the largest matrix that is held at once."""


def spectrum_edges(largest: int) -> Ints:
    """First fragment count of each bin, 1 to beyond `largest`; bins grow by a half.

    >>> spectrum_edges(10).tolist()
    [1, 2, 3, 4, 6, 9, 13]
    """
    edges = [1]
    while edges[-1] <= largest:
        edges.append(max(edges[-1] + 1, int(edges[-1] * _BIN_GROWTH)))
    return np.array(edges, np.int64)


def log_spectra(counts: list[Ints], largest: int) -> Floats:
    """Log of the probability that a clone of a subject shows k fragments: subjects x (`largest` + 1).

    Args:
        counts: per subject, the fragments of each of its sites.
        largest: largest k.
    """
    edges = spectrum_edges(largest)
    tables = np.array([np.histogram(found, bins=edges)[0] for found in counts], np.float64).reshape(
        len(counts), edges.size - 1
    )
    pooled = tables.sum(axis=0) + 0.5
    tables = tables + _BIN_WEIGHT * pooled / pooled.sum()
    density = np.log(tables / tables.sum(axis=1, keepdims=True)) - np.log(np.diff(edges))
    bins = np.searchsorted(edges, np.arange(largest + 1), side="right") - 1
    spectra: Floats = density[:, np.maximum(bins, 0)]
    spectra[:, 0] = -np.inf  # a clone that shows nothing is not seen
    return spectra


def log_negative_binomial(k: Floats, mean: Floats, size: Floats) -> Floats:
    """Log of the negative binomial law with the given mean and size (gamma-mixed Poisson)."""
    mean = np.maximum(mean, 1e-300)
    size = np.maximum(size, 1e-300)
    log_p = -np.log1p(mean / size)
    choose = gammaln(k + size) - gammaln(size) - gammaln(k + 1)
    result: Floats = choose + size * log_p + k * (np.log(mean) - np.log(size + mean))
    return result


def log_geometric(k: Floats, mean: Floats) -> Floats:
    """Log of the geometric law: copies by hopping, whose rate is known only roughly."""
    mean = np.maximum(mean, 1e-300)
    law: Floats = k * np.log(mean) - (k + 1) * np.log1p(mean)
    return law


def add_misread(mean: Floats, variance: Floats, misread: Floats) -> tuple[Floats, Floats]:
    """Mean and size of the fragments that are no copies: carry-over, and copies that were misread.

    Args:
        mean: of the gamma law of the carry-over.
        variance: of it.
        misread: mean number of misread copies.
    """
    total = np.maximum(mean + misread, 1e-300)
    spread = np.maximum(variance + misread**2 / _ERROR_SHAPE, 1e-300)
    return total, total**2 / spread


def log_copied_reads(n_copies: Floats, copied_reads: Floats, extra: Floats, typical: Floats) -> Floats:
    """Log-likelihood of the reads of copies.

    Args:
        n_copies: fragments that look like copies.
        copied_reads: their reads.
        extra: reads beyond one each that hopping should give them.
        typical: reads per fragment of the recipient.
    """
    beyond = copied_reads - n_copies
    hopped = log_negative_binomial(beyond, extra + 0.05 * n_copies, np.full_like(extra, 2.0))
    usual = log_geometric(beyond, np.maximum(n_copies * (typical - 1), 0.05))
    law: Floats = np.logaddexp(np.log1p(-_ODD_READS) + hopped, np.log(_ODD_READS) + usual)
    return np.where(n_copies > 0, law, 0.0)


class Fit:
    """Both likelihoods of pairs, given what carry-over explains.

    Args:
        n_copies: fragments of the recipient that look like copies of the donor's.
        n_fresh: its other fragments.
        expected: copies that hopping should bring.
        p_alike: chance of a fragment of its own to look like a copy.
        log_reads: from `log_copied_reads`, summed over libraries.
        spectrum: row of `spectra` of each pair's recipient.
        spectra: from `log_spectra`.
    """

    def __init__(
        self,
        n_copies: Ints,
        n_fresh: Ints,
        expected: Floats,
        p_alike: Floats,
        log_reads: Floats,
        spectrum: Ints,
        spectra: Floats,
    ) -> None:
        self.n_copies, self.n_fresh = n_copies, n_fresh
        self.expected, self.p_alike, self.log_reads = expected, p_alike, log_reads
        self.spectrum, self.spectra = spectrum, spectra
        self.order = np.argsort(n_copies, kind="stable")

    def evaluate(self, mean: Floats, size: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-likelihoods of each pair.

        Args:
            mean: fragments that are no copies, as the donor's DNA or misread copies explain them.
            size: of their negative binomial law.

        Returns:
            `(foreign, own, copied)`: of the recipient's fragments if it has no clone there, if it has one (given
            its law of clone sizes, without the chance that it has), and the share of the first in which most
            fragments are copies.
        """
        n = self.n_copies.size
        foreign, own, copied = np.empty(n), np.empty(n), np.empty(n)
        start = 0
        while start < n:
            stop = self._block_end(start)
            rows = self.order[start:stop]
            foreign[rows], own[rows], copied[rows] = self._block(rows, mean[rows], size[rows])
            start = stop
        return foreign, own, copied

    def _block_end(self, start: int) -> int:
        """End of the block from `start` whose matrix is not too large (rows are ordered by copies)."""
        stop = min(start + _BLOCK, self.order.size)
        while stop - start > 1 and (stop - start) * (self.n_copies[self.order[stop - 1]] + 1) > _BLOCK:
            stop = start + (stop - start) // 2
        return stop

    def _block(self, rows: Ints, mean: Floats, size: Floats) -> tuple[Floats, Floats, Floats]:
        copies, fresh = self.n_copies[rows][:, None], self.n_fresh[rows][:, None]
        alike = np.arange(int(copies.max(initial=0)) + 1)[
            None, :
        ]  # of the copies, how many only look like ones
        hopped = np.maximum(copies - alike, 0).astype(np.float64)
        others = fresh + alike
        p = self.p_alike[rows][:, None]
        split = (
            gammaln(others + 1)
            - gammaln(fresh + 1)
            - gammaln(alike + 1)
            + alike * np.log(p)
            + fresh * np.log1p(-p)
        )
        hop = log_geometric(hopped, self.expected[rows][:, None]) + np.where(
            hopped > 0, self.log_reads[rows][:, None], 0.0
        )
        shared = np.where(alike <= copies, split + hop, -np.inf)
        carried = shared + log_negative_binomial(others.astype(np.float64), mean[:, None], size[:, None])
        spectra = self.spectra[self.spectrum[rows][:, None], np.minimum(others, self.spectra.shape[1] - 1)]
        foreign: Floats = logsumexp(carried, axis=1)
        own: Floats = logsumexp(shared + spectra, axis=1)
        mostly = np.where((hopped > 0) & (hopped >= others), carried, -np.inf)
        copied: Floats = logsumexp(mostly, axis=1) - foreign
        return foreign, own, copied


def upper_tail(k: Ints, mean: Floats, size: Floats) -> Floats:
    """P(K >= k) of the negative binomial law."""
    tail: Floats = nbinom.sf(k - 1, size, size / (size + mean))
    return tail


def log_split_own(counts: Ints, share: Floats) -> Floats:
    """Log-probability terms of a clone's fragments falling into specimens: a Polya urn by the specimens' shares."""
    alpha = 2.0 * np.maximum(share, 1e-9)
    terms: Floats = gammaln(alpha + counts) - gammaln(alpha)
    return terms


def log_urn(total: Ints) -> Floats:
    """What is taken off the sum of `log_split_own` over specimens."""
    terms: Floats = gammaln(2.0 + total) - gammaln(2.0)
    return terms
