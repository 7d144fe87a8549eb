"""Which true sites can be placed uniquely: their longest sequenced insert, without errors, as bwa scores it.

The simulator has a class of its own (a word of 32 bases that the host has once); this one asks the aligner, so that a site
counts as unique exactly where the best place beats the next by `MARGIN` points.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from origins import host_contigs

from integrasite.align.command import aligned_records, mem_arguments
from integrasite.align.inserts import fasta_blocks
from integrasite.align.places import MIN_SCORE, MIN_SEED, InsertPlaces, place_inserts
from integrasite.align.reference import load_reference
from integrasite.config.calling import Calling
from integrasite.config.read import load_study
from integrasite.config.study import Study
from integrasite.simulate.molecules import junction_start
from integrasite.simulate.scenario import load_scenario

MARGIN = 8
"""Points (a base is worth one, a substitution five) by which the best place must beat the next: AS - XS."""
WIDE = {"error_per_point": 0.05}
"""Keeps places far below the best in the list, which the caller's own threshold would leave out."""
_TURN = str.maketrans("ACGT", "TGCA")


def insert_ends(
    sequence: str, start: int, forward: bool, length: int, shown: tuple[int, int]
) -> tuple[str, str]:
    """What the two reads of an error-free molecule show of its insert.

    Args:
        sequence: of the contig, upper case.
        start: 0-based first host base.
        forward: direction of the insert.
        length: of the insert, bp.
        shown: host bases that the junction read and the linker read have room for.
    """
    cut = sequence[start : start + length] if forward else sequence[max(start - length + 1, 0) : start + 1]
    insert = cut if forward else cut.translate(_TURN)[::-1]
    return insert[: shown[0]], insert.translate(_TURN)[::-1][: shown[1]]


def room(study: Study, folder: Path) -> dict[str, tuple[int, int]]:
    """Host bases that the junction read and the linker read of each library have room for."""
    scenario = load_scenario(yaml.safe_load((folder / "scenario.yaml").read_text(encoding="utf-8")))
    rooms = {}
    for library in study.libraries:
        protocol = study.protocol_of(library)
        lead = len(str(protocol.primer)) + len(str(protocol.ltr_end))
        linker = len(library.linker or str(protocol.linker))
        rooms[library.sample] = (scenario.read_length_r2 - lead, scenario.read_length_r1 - linker)
    return rooms


def is_unique(placed: InsertPlaces, contig: int, position: int, forward: bool) -> bool:
    """Whether the best place is the true one and beats every other junction by `MARGIN`."""
    if not placed.places:
        return False
    best = placed.places[0]
    here = (contig, position, forward)
    others = [p.score for p in placed.places if (p.contig, p.position, p.is_forward) != here]
    at_truth = (best.contig, best.position, best.is_forward) == here
    return at_truth and best.score - max(others, default=-MARGIN) >= MARGIN


def classify_sites(truth: pd.DataFrame, config: Path, results: Path) -> pd.DataFrame:
    """The truth with its `class` by this definition.

    Args:
        truth: rows of `truth.tsv`.
        config: of the study.
        results: of its run, which says where the index is.

    Returns:
        The same rows; `class` is `unique` or `repeat`; rows without a usable pair keep theirs.
    """
    wanted = truth[truth["longest_insert"].notna() & (truth["longest_insert"] > 0)]
    if wanted.empty:
        return truth
    study = load_study(config)
    rooms, tsds = room(study, config.parent), {}
    for library in study.libraries:
        tsds[library.sample] = next(iter(study.vectors_of(library).values())).tsd_length
    contigs = host_contigs(study.genome, set(wanted["contig"]))
    ends, at = [], []
    for row in wanted.itertuples(index=False):
        start, forward = junction_start(
            np.array([row.position - 1]),
            np.array([row.strand == "+"]),
            str(row.vector_end),
            tsds[str(row.sample)],
        )
        first = (int(start[0]), bool(forward[0]))
        at.append((str(row.contig), *first))
        length = int(str(row.longest_insert))
        ends.append(insert_ends(contigs[str(row.contig)], *first, length, rooms[str(row.sample)]))
    description = results / "reference" / "reference.json"
    place = json.loads(description.read_text(encoding="utf-8"))["reference"]
    reference = load_reference(description.parent / place)
    numbers = {name: number for number, name in enumerate(reference.contigs)}
    inserts = pa.table({"junction": [a.encode() for a, _ in ends], "linker": [b.encode() for _, b in ends]})
    calling = Calling.model_validate(WIDE)
    arguments = mem_arguments(
        reference.fasta,
        1,
        min_seed=MIN_SEED,
        min_score=MIN_SCORE,
        max_places=calling.max_places,
        max_fragment=calling.max_fragment,
    )
    with aligned_records(arguments, fasta_blocks(inserts)) as records:
        placed = {found.insert: found for found in place_inserts(records, reference.n_host, calling)}
    unique = [
        is_unique(placed[number], numbers[contig], start, forward)
        for number, (contig, start, forward) in enumerate(at)
    ]
    words = truth["class"].copy()
    words[wanted.index] = np.where(unique, "unique", "repeat")
    return truth.assign(**{"class": words})
