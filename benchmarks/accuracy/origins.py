"""What the reads behind a false call truly are, found again by their host bases."""

from collections import Counter
from pathlib import Path

import pandas as pd

from integrasite.io.sequences import iterate_fasta

WORD = (8, 30)
"""Host bases (counted from the junction) by which reads are found again; the first may be wobbly."""
UNTRACED = "untraced"
_TURN = str.maketrans("ACGT", "TGCA")


def host_word(sequence: str, position: int, strand: str) -> str:
    """The host bases that a U5 junction read at a site shows.

    Args:
        sequence: of the contig, upper case.
        position: 1-based host base joined to U5.
        strand: of the vector.

    Returns:
        Bases `WORD` of the read's host part; shorter at the end of the contig.
    """
    start, end = WORD
    if strand == "+":
        return sequence[position - 1 + start : position - 1 + end]
    return sequence[max(position - end, 0) : max(position - start, 0)].translate(_TURN)[::-1]


def origins(calls: pd.DataFrame, reads: pd.DataFrame, contigs: dict[str, str]) -> list[str]:
    """The commonest true fate among the reads that show each call's host bases.

    A call of a U3 library is found only where its read happens to run over `WORD` of the U5 side; others are
    `UNTRACED`.

    Args:
        calls: `sample, contig, position, strand`.
        reads: `sample` (as the index read says), `fate` (true) and `text` (the junction read).
        contigs: host sequences, upper case.

    Returns:
        A fate's word per call; of equally common fates the first by name.
    """
    by_sample = {str(sample): group for sample, group in reads.groupby("sample")}
    found = []
    for sample, contig, position, strand in zip(
        calls["sample"], calls["contig"], calls["position"].tolist(), calls["strand"], strict=True
    ):
        own = by_sample.get(str(sample), reads[:0])
        word = host_word(contigs[str(contig)], position, str(strand))
        counts = Counter(own.loc[own["text"].str.contains(word, regex=False), "fate"])
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        found.append(str(ranked[0][0]) if ranked and len(word) == WORD[1] - WORD[0] else UNTRACED)
    return found


def host_contigs(genome: Path, names: set[str]) -> dict[str, str]:
    """Some contigs of a genome, upper case."""
    return {name: text.upper() for name, text in iterate_fasta(genome) if name in names}
