"""Control loci: windows that stand once in the host, spread over it, whose depth is the host's depth."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.io.letters import Letters
from integrasite.kernels.codes import CODE_OF, Codes
from integrasite.transgene.host_like import HostScan
from integrasite.transgene.vector_map import Control, HostLike

TRIES = 8
"""Windows looked at per slot of the genome: about half of human 1-kb windows are free of repeats and of medium G+C."""
KEPT = 2
"""Windows of a slot, the least masked ones, whose words are counted in the host."""
LEAST_GC, MOST_GC = 0.35, 0.55
"""Range of G+C in which sequencing depth hardly depends on it."""
MOST_MASKED = 0.5
_EDGE = 1000
"""Bases kept clear at the ends of contigs, where depth falls off."""
_SMALLEST = 0.01
"""Contigs shorter than this share of the longest one are unplaced or alternate pieces."""
_APART = re.compile(
    r"^(chr)?(X|Y|M|MT)(?![A-Za-z0-9])|^NC_00002[34]\.|^NC_012920\.|_(alt|fix|random|decoy)|^(chr)?Un_|^(HLA|EBV)"
)
"""Sex chromosomes, the mitochondrion, and contigs that double others: their depth is not the autosomes'."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A window that passed what can be seen in it; `slot` is its stretch of the genome."""

    slot: int
    control: Control
    codes: Codes


def control_contigs(contigs: Mapping[str, int]) -> dict[str, int]:
    """Contigs on which controls are chosen: the autosomes; all contigs where that leaves none."""
    longest = max(contigs.values(), default=0)
    found = {n: size for n, size in contigs.items() if size >= _SMALLEST * longest and not _APART.search(n)}
    return found or dict(contigs)


def control_candidates(
    letters: Letters,
    contigs: Mapping[str, int],
    excluded: pd.DataFrame,
    *,
    n_controls: int,
    length: int,
) -> tuple[Candidate, ...]:
    """Windows to choose from: `TRIES` places in each of `n_controls` equal stretches of the genome.

    Args:
        letters: the host.
        contigs: all host contigs, with lengths.
        excluded: contig, start, end (0-based half-open) of what is kept out, such as the blacklist.
        n_controls: windows wanted.
        length: of a window, bp.
    """
    chosen = control_contigs(contigs)
    kept_out = {str(name): rows[["start", "end"]].to_numpy() for name, rows in excluded.groupby("contig")}
    slots: dict[int, list[tuple[float, Candidate]]] = {}
    for slot, contig, start in _places(chosen, n_controls, length):
        apart = kept_out.get(contig)
        if apart is not None and ((apart[:, 0] < start + length) & (start < apart[:, 1])).any():
            continue
        window = letters(contig, start, start + length)
        masked = float((window >= ord("a")).mean())
        if masked <= MOST_MASKED and _is_plain(CODE_OF[window]):
            candidate = Candidate(slot, Control(contig, start, start + length), CODE_OF[window])
            slots.setdefault(slot, []).append((masked, candidate))
    found = []
    for items in slots.values():
        best = sorted(range(len(items)), key=lambda row: items[row][0])[:KEPT]
        found += [items[row][1] for row in sorted(best)]
    return tuple(found)


def _places(contigs: Mapping[str, int], n_controls: int, length: int) -> Iterator[tuple[int, str, int]]:
    """Slot, contig and start of the windows to try, evenly over the contigs as if they were one."""
    usable = {name: max(size - 2 * _EDGE - length, 0) for name, size in contigs.items()}
    names = [name for name, size in usable.items() if size]
    ends = np.cumsum([usable[name] for name in names])
    total = int(ends[-1]) if names else 0
    step = total / max(n_controls * TRIES, 1)
    last: tuple[str, int] = ("", 0)
    for number in range(n_controls * TRIES):
        at = int((number + 0.5) * step)
        row = int(np.searchsorted(ends, at, "right"))
        if row >= len(names):
            return
        start = _EDGE + at - int(ends[row] - usable[names[row]])
        if last[0] == names[row] and start < last[1] + length:
            continue  # a small genome holds fewer windows than are wanted
        last = (names[row], start)
        yield number // TRIES, names[row], start


def _is_plain(codes: Codes) -> bool:
    """No N, and medium G+C."""
    return bool((codes <= 3).all()) and LEAST_GC <= float(np.isin(codes, (1, 2)).mean()) <= MOST_GC


def choose_controls(
    candidates: Sequence[Candidate], scan: HostScan, host_like: Sequence[HostLike], n_controls: int
) -> tuple[Control, ...]:
    """The windows whose words all stand once in the host: one per slot, then further ones until there are enough.

    Args:
        candidates: slot by slot, in the order of the genome; their words were counted in `scan`.
        scan: the pass over the host.
        host_like: stretches that the vectors share with the host; windows that touch one are left out.
        n_controls: windows wanted.
    """
    single = [
        c
        for c in candidates
        if bool((scan.word_counts(c.codes) == 1).all()) and not _touches(c.control, host_like)
    ]
    first: dict[int, Candidate] = {}
    for candidate in single:
        first.setdefault(candidate.slot, candidate)
    chosen = set(map(id, first.values()))
    others = [candidate for candidate in single if id(candidate) not in chosen]
    missing = n_controls - len(first)
    if missing > 0 and others:
        # evenly from what is left, so that no part of the genome is favoured
        rows = np.unique(np.linspace(0, len(others) - 1, min(missing, len(others))).astype(int))
        chosen |= {id(others[row]) for row in rows.tolist()}
    return tuple(candidate.control for candidate in single if id(candidate) in chosen)


def _touches(control: Control, stretches: Sequence[HostLike]) -> bool:
    return any(
        s.contig == control.contig and s.host_start < control.end and control.start < s.host_end
        for s in stretches
    )
