"""Junctions whose last vector bases are the host's own: a truncated vector end, or a primer that bound to host DNA.

The reads stage forgives a base or two of the vector end. That lets molecules in whose vector end stopped earlier and whose
host bases happen to complete it. The reference tells them apart: where the vector end is complete, a base that differs from it is
an error and has nothing to do with the host base upstream of the junction; where it is not, all bases from its true end on are
the host's. Each site's molecules are weighed as evidence for either (see docs/methods.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.windows import Windows
from integrasite.junctions.evidence import LibraryJunction
from integrasite.kernels.codes import encode, reverse_complement

END_BASES = 16
"""Bases before the junction that are compared: what a molecule's `end_change` holds."""
_PRIMER_LIKENESS = 0.8
"""Chance that a host base under a misprimed primer is the primer's own; by chance it is 0.25."""
_WORTH = 100
"""Sites that the assumption "the sheet's vector end is right" is worth, against what the sites themselves show."""
_VARIANT_SHARE = 0.02
"""Share of sites from which a base that the sheet's vector end does not have is the vector's own; read errors stay below."""
_PLACE = ["contig", "position", "is_forward", "cluster"]
_READS_AGREE = 2

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class KnownEnd:
    """A vector end as reads of some libraries begin with it.

    Args:
        library: one of these libraries.
        codes: its last bases, the one before the junction first; 4 where it has none.
        n_ltr: how many of them are the LTR's (or ITR's); those beyond are the primer's.
    """

    library: LibraryJunction
    codes: Codes
    n_ltr: int

    @classmethod
    def of(cls, library: LibraryJunction) -> "KnownEnd":
        """The end that a library's reads begin with."""
        bases = encode((library.primer + library.ltr_end)[-END_BASES:])[::-1]
        codes = np.full(END_BASES, 4, np.uint8)
        codes[: len(bases)] = bases
        return cls(library, codes, min(len(library.ltr_end), END_BASES))


def upstream_bases(
    place: tuple[str, int, bool], library: LibraryJunction, bases: Windows, n: int = END_BASES
) -> Codes:
    """Host bases before a site's first host base, as its junction read runs, the nearest first.

    Args:
        place: contig, 0-based position and orientation of the site.
        library: whose vector end and duplication place the read.
        bases: of the reference.
        n: how many.
    """
    contig, position, is_forward = place
    if not library.vector_end.is_three_prime:
        position += library.tsd - 1 if is_forward else 1 - library.tsd
        is_forward = not is_forward
    if is_forward:
        return encode(bases(contig, position - n, position))[::-1]
    return reverse_complement(encode(bases(contig, position + 1, position + 1 + n)))[::-1]


def _log_sum(values: Floats) -> Floats:
    top = values.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(values - top).sum(axis=1)))


def _weigh_bases(
    molecules: pd.DataFrame, site: npt.NDArray[np.int64], host: Codes, vector: Codes, calling: Calling
) -> Floats:
    """Log likelihood ratio (host against vector) of each base before each site's junction, sites x bases.

    Bases in which host and vector agree say nothing. How often a complete vector end shows another base is learnt from
    the sites whose host does not have it, so that a vector that differs from the sheet is no evidence.
    """
    n_sites = len(host)
    is_deep = (molecules["n_reads"] >= _READS_AGREE).to_numpy()
    error = np.where(is_deep, calling.end_copy_error, calling.end_read_error)
    as_vector = np.log(error / 3) - np.log1p(-error)
    ratios = np.bincount(site, weights=as_vector, minlength=n_sites)[:, None] * (host != vector)
    change = molecules["end_change"].to_numpy(np.uint32)
    of_site = np.bincount(site, minlength=n_sites)
    rows = np.flatnonzero(change)
    shown = (change[rows, None] >> np.arange(0, 2 * END_BASES, 2, dtype=np.uint32)) & np.uint32(3)
    which, base = np.nonzero(shown)
    rows, shown_base = rows[which], shown[which, base].astype(np.uint8) ^ vector[base]
    is_host = shown_base == host[site[rows], base]
    # each site counts once, and a third of the variants is hidden where the host has the same base
    seen = np.zeros((END_BASES, 4))
    np.add.at(seen, (base[~is_host], shown_base[~is_host]), 1 / of_site[site[rows]][~is_host])
    share = 4 / 3 * seen / (n_sites + _WORTH)
    variant = np.where(share >= _VARIANT_SHARE, share, 0.0)
    differs = host[site[rows], base] != vector[base]
    own = error[rows]
    as_host = np.log1p(-own) - np.log(own / 3 + variant[base, shown_base])
    change_of = np.where(is_host, as_host, 0.0) - as_vector[rows]
    np.add.at(ratios, (site[rows][differs], base[differs]), change_of[differs])
    return np.asarray(ratios)


def _log_odds(
    ratios: Floats, host: Codes, end: KnownEnd, calling: Calling
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Log odds that a site's vector end is not complete, and how many of its bases are likeliest the host's."""
    by_loss = np.cumsum(ratios, axis=1)[:, : end.n_ltr] + np.log(calling.truncated_prior)
    known = end.codes <= 3
    primer = known & (np.arange(END_BASES) >= end.n_ltr)
    alike = np.log(np.where(host == end.codes, _PRIMER_LIKENESS / 0.25, (1 - _PRIMER_LIKENESS) / 0.75))
    primed = by_loss[:, -1:] - np.log(calling.truncated_prior) + np.log(calling.mispriming_prior)
    primed = primed + (alike * primer).sum(axis=1, keepdims=True) if primer.any() else primed[:, :0]
    return _log_sum(np.hstack([by_loss, primed])), by_loss.argmax(axis=1) + 1


def incomplete_ends(
    molecules: pd.DataFrame,
    contigs: tuple[str, ...],
    libraries: Mapping[str, LibraryJunction],
    bases: Windows,
    calling: Calling,
) -> dict[tuple[int, int, bool, str, str], int]:
    """Sites at which the host explains the last bases before the junction better than the vector does.

    Args:
        molecules: placed ones: `sample, contig, position, is_forward, cluster, n_reads, end_change`.
        contigs: names by number.
        libraries: by sample.
        bases: of the reference.
        calling: thresholds.

    Returns:
        By contig number, 0-based position, orientation, cluster and vector end: how many bases are the host's.
    """
    found: dict[tuple[int, int, bool, str, str], int] = {}
    for samples in _libraries_by_end(libraries).values():
        end = KnownEnd.of(libraries[samples[0]])
        own = molecules[molecules["sample"].isin(samples)]
        if not len(own) or not end.n_ltr:
            continue
        groups = own.groupby(_PLACE, sort=True)
        sites = groups.size().reset_index()[_PLACE]
        host = np.stack(
            [
                upstream_bases((contigs[contig], int(position), bool(forward)), end.library, bases)
                for contig, position, forward in sites[_PLACE[:3]].itertuples(index=False, name=None)
            ]
        )
        host = np.where((host > 3) | (end.codes > 3), end.codes, host)
        ratios = _weigh_bases(own, np.asarray(groups.ngroup(), np.int64), host, end.codes, calling)
        odds, lost = _log_odds(ratios, host, end, calling)
        for row in np.flatnonzero(odds > 0).tolist():
            contig, position, forward, cluster = (sites[name].iloc[row] for name in _PLACE)
            key = (int(contig), int(position), bool(forward), str(cluster), str(end.library.vector_end))
            found[key] = int(lost[row])
    return found


def _libraries_by_end(
    libraries: Mapping[str, LibraryJunction],
) -> dict[tuple[str, int, str, str], list[str]]:
    """Samples whose reads begin with the same primer and vector end."""
    ends: dict[tuple[str, int, str, str], list[str]] = {}
    for sample, library in sorted(libraries.items()):
        key = (str(library.vector_end), library.tsd, library.primer, library.ltr_end)
        ends.setdefault(key, []).append(sample)
    return ends
