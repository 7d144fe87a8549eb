"""A vector that carries host sequence: the promoter of a host gene, as EF1a and PGK vectors do."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, reverse_complement

UPSTREAM, DOWNSTREAM = 200, 1000
"""What of a gene is carried, bp from the start of transcription: about what an EF1a promoter with its intron spans."""
_PLACE = re.compile(r"(.+):(\d+)-(\d+)")
Carried = tuple[str, int, int, bool]
"""Contig, start, end (0-based half-open), whether the vector carries the forward strand."""


def promoter_interval(text: str, genes: pd.DataFrame, lengths: Mapping[str, int]) -> Carried:
    """The host sequence that the scenario's `human_promoter` names.

    Args:
        text: name of a gene, or `CONTIG:START-END` (1-based, both ends included).
        genes: `contig, start, end, strand, name`, 0-based half-open.
        lengths: of the host's contigs, bp.

    Raises:
        ConfigError: if there is no such gene or place.
    """
    found = genes[genes["name"] == text]
    if len(found):
        gene = found.iloc[0]
        contig, forward = str(gene["contig"]), bool(gene["strand"] == "+")
        first = int(gene["start"]) - UPSTREAM if forward else int(gene["end"]) - DOWNSTREAM
        return contig, max(first, 0), min(first + UPSTREAM + DOWNSTREAM, lengths[contig]), forward
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"scenario, 'human_promoter': '{text}' is neither a gene of the annotation nor CONTIG:START-END"
        )
    contig, start, end = match[1], int(match[2]) - 1, int(match[3])
    if not 0 <= start < end <= lengths.get(contig, 0):
        raise ConfigError(f"scenario, 'human_promoter': {text} is not in the genome")
    return contig, start, end, True


def carry(vector: Codes, ltr: int, host: Mapping[str, Codes], carried: Carried) -> Codes:
    """The provirus with the host sequence put into the middle of its inner part, facing forwards.

    Args:
        vector: provirus, LTR to LTR.
        ltr: length of the LTR, bp.
        host: contigs as codes.
        carried: `promoter_interval`.
    """
    contig, start, end, forward = carried
    piece = host[contig][start:end]
    middle = ltr + (vector.size - 2 * ltr) // 2
    inserted = piece if forward else reverse_complement(piece)
    return np.concatenate([vector[:middle], inserted, vector[middle:]])
