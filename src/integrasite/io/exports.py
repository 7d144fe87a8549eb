"""Results in the forms that other programs read: INSPIIRED's table, a tidy table, BED and bedGraph."""

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from integrasite.io.atomic import write_text
from integrasite.model.sites import duplicated_interval

_LONGEST_NAME = 50
"""Letters of a track's file name: at most 4 bytes each, and file systems allow 255 bytes."""


def write_frame(frame: pd.DataFrame, path: Path, *, header: bool = True) -> None:
    """Write a table of another program's layout as TSV, by the rules of our own tables."""
    text = frame.copy()
    for name in frame.columns[(frame.dtypes == "boolean") | (frame.dtypes == "bool")]:
        text[name] = frame[name].map({True: "TRUE", False: "FALSE"}).astype(object)
    buffer = io.StringIO()
    text.to_csv(
        buffer, sep="\t", index=False, header=header, lineterminator="\n", float_format="%.8g", na_rep=""
    )
    write_text(path, buffer.getvalue())


def _counted(clones: pd.DataFrame) -> pd.DataFrame:
    """Passing, uniquely placed clones whose cells were counted."""
    usable = (clones["status"] == "pass") & (clones["placement"] == "unique") & (clones["estimator"] != "ccf")
    return clones[usable]


def inspiired_table(clones: pd.DataFrame, annotation: pd.DataFrame, genome: str) -> pd.DataFrame:
    """Uniquely placed, passing clones in INSPIIRED's words; `relAbund` is in percent, as there.

    Sites of tumour samples are left out: INSPIIRED's columns count cells, and a genome's reads give fractions only.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation`; a site that it lacks has no gene.
        genome: name of the genome.
    """
    kept = _counted(clones)
    rows = kept.merge(annotation.drop_duplicates("site_id"), on="site_id", how="left")
    rows = rows.sort_values(["subject", "specimen", "contig", "position", "strand"], ignore_index=True)
    position = rows["position"].astype("Int64")
    return pd.DataFrame(
        {
            "posid": rows["contig"] + rows["strand"] + position.astype(str),
            "sample": rows["specimen"],
            "patient": rows["subject"],
            "cellType": rows["cell_type"],
            "timePoint": rows["timepoint"],
            "timePointDays": rows["days"],
            "seqnames": rows["contig"],
            "start": position,
            "end": position,
            "width": position - position + 1,
            "strand": rows["strand"],
            "refGenome": genome,
            "reads": rows["n_reads"],
            "estAbund": rows["cells"],
            "relAbund": 100 * rows["fraction"],
            "inFeature": rows["in_gene"],
            "nearestFeature": rows["gene"],
            "nearestFeatureStrand": rows["gene_strand"],
            "inFeatureExon": rows["in_exon"],
            "inFeatureSameOrt": rows["same_orientation"].str.upper(),
            "nearestOncoFeature": rows["nearest_cancer_gene"],
            "nearestOncoFeatureDist": rows["cancer_gene_distance"],
        }
    )


TIDY_COLUMNS = {
    "study_id": "run",
    "subject_id": "subject",
    "sample_id": "specimen",
    "tissue": "tissue",
    "cell_subset": "cell_type",
    "collection_time_point_relative": "days",
    "collection_time_point_relative_unit": "unit",
    "collection_time_point_reference": "event",
    "time_point": "timepoint",
    "clone_id": "clone_id",
    "site_id": "site_id",
    "genome": "genome",
    "contig": "contig",
    "start": "start",
    "end": "end",
    "strand": "strand",
    "placement": "placement",
    "vector": "vector",
    "gene": "gene",
    "in_gene": "in_gene",
    "known_event": "known_event",
    "replicate_count": "n_replicates",
    "duplicate_count": "n_reads",
    "umi_count": "n_umis",
    "fragment_count": "n_fragments",
    "clone_count": "cells",
    "clone_count_low": "cells_low",
    "clone_count_high": "cells_high",
    "clone_fraction": "fraction",
    "clone_fraction_low": "fraction_low",
    "clone_fraction_high": "fraction_high",
    "estimator": "estimator",
}
"""Columns of the tidy table, named after the AIRR standard (1.4) where it has the field, and ours that they hold."""


def tidy_table(clones: pd.DataFrame, annotation: pd.DataFrame, run: str, genome: str) -> pd.DataFrame:
    """One row per subject, specimen and passing site, unique and multihit, of amplicons and of tumour samples.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation`; a site that it lacks has no gene.
        run: name of the run.
        genome: name of the genome.

    Returns:
        `TIDY_COLUMNS`, sorted; `start` and `end` hold the base joined to the U5 end (0-based, half-open).
    """
    passing = clones[clones["status"] == "pass"]
    rows = passing.merge(annotation.drop_duplicates("site_id"), on="site_id", how="left")
    rows = rows.sort_values(
        ["subject", "specimen", "contig", "position", "strand", "vector", "cluster"], ignore_index=True
    )
    has_cluster = (rows["placement"] == "multihit") & (rows["cluster"] != "")
    has_days = rows["days"].notna()
    end = rows["position"].astype("Int64")
    made = rows.assign(
        run=run,
        genome=genome,
        clone_id=rows["cluster"].where(has_cluster, rows["site_id"]),
        start=end - 1,
        end=end,
        unit=has_days.map({True: "day", False: ""}).astype(object),
        event=has_days.map({True: "infusion", False: ""}).astype(object),
    )
    return pd.DataFrame({name: made[ours] for name, ours in TIDY_COLUMNS.items()})


def site_intervals(
    sites: pd.DataFrame, tsd_length: Mapping[str, int], lengths: Mapping[str, int]
) -> pd.DataFrame:
    """The duplicated bases of every uniquely placed, passing site as BED (0-based, half-open; score 0).

    Args:
        sites: the table `sites`.
        tsd_length: vector -> length of its target-site duplication, bp.
        lengths: length of every contig, bp; an interval ends with its contig.
    """
    kept = sites[(sites["status"] == "pass") & (sites["placement"] == "unique")]
    rows = kept[["contig", "position", "strand", "site_id", "vector"]].drop_duplicates()
    spans = [
        duplicated_interval(int(position) - 1, strand == "+", tsd_length[vector])
        for position, strand, vector in zip(rows["position"], rows["strand"], rows["vector"], strict=True)
    ]
    bed = pd.DataFrame(
        {
            "contig": rows["contig"].to_numpy(dtype=object),
            "start": [max(start, 0) for start, _ in spans],
            "end": [
                min(end, lengths.get(contig, end))
                for contig, (_, end) in zip(rows["contig"], spans, strict=True)
            ],
            "name": rows["site_id"].to_numpy(dtype=object),
            "score": 0,
            "strand": rows["strand"].to_numpy(dtype=object),
        }
    )
    return bed.drop_duplicates().sort_values(["contig", "start", "end", "name"], ignore_index=True)


def specimen_tracks(clones: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Cells at every base of an amplicon specimen that holds uniquely placed, passing sites; both strands are added.

    Args:
        clones: the table `clones`.

    Yields:
        A name for the specimen's files, and its bedGraph: contig, start, end (0-based, half-open), cells.
    """
    kept = _counted(clones)
    names: set[str] = set()
    for key, rows in kept.groupby(["subject", "specimen"], sort=True):
        subject, specimen = (str(part) for part in (key if isinstance(key, tuple) else (key,)))
        name = specimen if specimen.startswith(subject) else f"{subject}.{specimen}"
        name = _file_name(name, names)
        names.add(name)
        summed = rows.groupby(["contig", "position"], as_index=False, sort=True)["cells"].sum()
        end = summed["position"].to_numpy(dtype="int64")
        track: dict[str, Any] = {
            "contig": summed["contig"],
            "start": end - 1,
            "end": end,
            "cells": summed["cells"],
        }
        yield name, pd.DataFrame(track)


def _file_name(name: str, taken: set[str]) -> str:
    """A name without letters that files or tracks cannot have, and not one of those `taken`."""
    safe = re.sub(r"[^\w.+-]", "_", name)[:_LONGEST_NAME]
    found, number = safe, 1
    while found in taken:
        number += 1
        found = f"{safe}-{number}"
    return found
