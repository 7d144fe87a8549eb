"""What the recruiting pass tells: counts for the summary and the ledger."""

import math
from typing import Any

import pandas as pd

from integrasite.model.fates import FATES, Fate
from integrasite.reads.recruit_counts import RecruitCounts
from integrasite.reads.recruit_depth import HostDepth


def ledger_part(sample: str, counts: RecruitCounts) -> pd.DataFrame:
    """The ledger's row of the pairs that were not recruited; recruited ones get their fate later."""
    info = FATES[Fate.NO_VECTOR]
    row = (sample, info.stage, Fate.NO_VECTOR.word, counts.n_pairs - counts.n_recruited, 0.0)
    rows = [row] if row[3] else []
    return pd.DataFrame(rows, columns=["sample", "stage", "fate", "n_reads", "fraction"])


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.8g}")


def _host(depth: HostDepth) -> dict[str, Any]:
    names = (
        "fragments_per_base",
        "fragments_per_base_low",
        "fragments_per_base_high",
        "depth",
        "fragment_depth",
        "duplicate_rate",
        "length_mean",
        "length_sd",
    )
    counts = {"n_loci": depth.n_loci, "n_pairs": depth.n_pairs, "n_fragments": depth.n_fragments}
    lengths = {str(length): n for length, n in sorted(depth.lengths.items())}
    return counts | {name: _number(getattr(depth, name)) for name in names} | {"lengths": lengths}


def summarise(
    sample: str, kind: str, counts: RecruitCounts, names: tuple[str, ...], depth: HostDepth
) -> dict[str, Any]:
    """Everything that `SAMPLE.recruit.json` holds.

    Args:
        sample: name of the row.
        kind: `fastq`, `bam` or `cram`.
        counts: of the pass.
        names: of the targets.
        depth: of the host.
    """
    reads = {
        "n": counts.n_reads,
        "length_median": counts.median_length,
        "length_mean": _number(counts.mean_length),
        "length_max": max(counts.lengths, default=0),
    }
    return {
        "sample": sample,
        "source": kind,
        "is_paired": counts.is_paired,
        "n_pairs": counts.n_pairs,
        "n_recruited": counts.n_recruited,
        "recruited": {name: counts.by_target[number] for number, name in enumerate(names)},
        "n_lost_mates": counts.n_lost_mates,
        "n_part_reads": counts.n_parts,
        "n_unmapped_reads": None if counts.n_unmapped < 0 else counts.n_unmapped,
        "reads": reads,
        "host": _host(depth),
    }
