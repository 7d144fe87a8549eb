"""Tables as VISPA2 writes them and ISAnalytics reads them: wide matrices and their association file."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from integrasite.model.library import Library

_NAMES = (
    "ProjectID FUSIONID PoolID TagSequence SubjectID VectorType VectorID ExperimentID Tissue TimePoint "
    "DNAFragmentation PCRMethod TagIDextended Keywords CellMarker TagID NGSProvider NGSTechnology "
    "ConverrtedFilesDir ConverrtedFilesName SourceFileFolder SourceFileNameR1 SourceFileNameR2 DNAnumber "
    "ReplicateNumber DNAextractionDate DNAngUsed LinearPCRID LinearPCRDate SonicationDate LigationDate "
    "1stExpoPCRID 1stExpoPCRDate 2ndExpoID 2ndExpoDate FusionPrimerPCRID FusionPrimerPCRDate PoolDate "
    "SequencingDate VCN Genome SequencingRound Genotype TestGroup MOI Engraftment Transduction Notes "
    "AddedField1 AddedField2 AddedField3 AddedField4 concatenatePoolIDSeqRun "
    "AddedField6_RelativeBloodPercentage AddedField7_PurityTestFeasibility AddedField8_FacsSeparationPurity "
    "Kapa ulForPool CompleteAmplificationID UniqueID StudyTestID StudyTestGroup MouseID Tigroup Tisource "
    "PathToFolderProjectID SamplesNameCheck TimepointDays TimepointMonths TimepointYears"
)
ASSOCIATION_COLUMNS = tuple(_NAMES.split())
"""Names as ISAnalytics expects them, one misspelling included."""

_VECTOR_TYPES = {"lentivirus": "lenti", "gammaretrovirus": "retro"}
_SITE = ["contig", "position", "strand"]


def matrices(
    sites: pd.DataFrame, clones: pd.DataFrame, annotation: pd.DataFrame, libraries: Sequence[Library]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reads and estimated cells of every uniquely placed, passing site, one column per library.

    A specimen's cells are divided among its libraries in proportion to their fragments, so that their sum is
    the estimate of `clones`. Where several genes contain a site, the first is named.

    Args:
        sites: the table `sites`.
        clones: the table `clones`.
        annotation: the table `annotation`; a site that it lacks has no gene.
        libraries: the columns, in order.

    Returns:
        seqCount and fragmentEstimate: chr (without the prefix "chr"), integration_locus, strand, GeneName,
        GeneStrand, then the libraries; missing where a library does not have the site.
    """
    samples = [library.sample for library in libraries]
    counts = _library_counts(sites, clones, libraries)
    genes = annotation.drop_duplicates("site_id").set_index("site_id")[["gene", "gene_strand"]]
    keys = counts[[*_SITE, "site_id"]].drop_duplicates(_SITE).sort_values(_SITE, ignore_index=True)
    head = pd.DataFrame(
        {
            "chr": keys["contig"].str.removeprefix("chr"),
            "integration_locus": keys["position"],
            "strand": keys["strand"],
            "GeneName": _first(keys["site_id"].map(genes["gene"])),
            "GeneStrand": _first(keys["site_id"].map(genes["gene_strand"])),
        }
    )
    return _wide(head, keys, counts, "n_reads", samples), _wide(head, keys, counts, "cells", samples)


def _library_counts(sites: pd.DataFrame, clones: pd.DataFrame, libraries: Sequence[Library]) -> pd.DataFrame:
    specimen_of = {library.sample: library.specimen for library in libraries}
    kept = sites[(sites["status"] == "pass") & (sites["placement"] == "unique")]
    kept = kept[kept["sample"].isin(list(specimen_of))]
    by = ["sample", "subject", "site_id", *_SITE]
    counts = kept.groupby(by, as_index=False)[["n_reads", "n_fragments"]].sum()
    counts["specimen"] = counts["sample"].map(specimen_of).astype(object)
    same = ["subject", "specimen", "site_id"]
    passing = clones[(clones["status"] == "pass") & (clones["placement"] == "unique")]
    cells = passing.groupby(same, as_index=False)["cells"].sum(min_count=1)
    counts = counts.merge(cells, on=same, how="left")
    total = counts.groupby(same)["n_fragments"].transform("sum").astype("float64")
    share = counts["n_fragments"].astype("float64") / total.where(total > 0)
    counts["cells"] = counts["cells"].astype("float64") * share
    return counts


def _first(joined: "pd.Series[Any]") -> "pd.Series[Any]":
    return joined.astype(object).fillna("").astype(object).map(lambda cell: str(cell).split(",")[0])


def _wide(
    head: pd.DataFrame, keys: pd.DataFrame, counts: pd.DataFrame, value: str, samples: list[str]
) -> pd.DataFrame:
    wide = counts.pivot(index=_SITE, columns="sample", values=value)
    wide = wide.reindex(columns=samples).reindex(pd.MultiIndex.from_frame(keys[_SITE]))
    return pd.concat([head, wide.reset_index(drop=True)], axis=1)


def association_file(
    libraries: Sequence[Library],
    *,
    project: str,
    genome: str,
    vector_kinds: dict[str, str],
    fragmentation: dict[str, str],
) -> pd.DataFrame:
    """One row per library, with every column that ISAnalytics knows; "NA" where nothing is known.

    Args:
        libraries: the matrices' columns.
        project: name of the run.
        genome: name of the genome.
        vector_kinds: vector -> its kind in the config.
        fragmentation: sample -> "shear" or "restriction".
    """
    rows = [
        {
            "ProjectID": project,
            "PoolID": row.pool,
            "TagSequence": row.barcode,
            "SubjectID": row.subject,
            "VectorType": ",".join(
                _VECTOR_TYPES.get(vector_kinds[name], vector_kinds[name]) for name in row.vectors
            ),
            "VectorID": ",".join(row.vectors),
            "Tissue": row.tissue,
            "DNAFragmentation": "RE" if fragmentation.get(row.sample) == "restriction" else "SONIC",
            "CellMarker": row.cell_type,
            "DNAnumber": row.specimen,
            "ReplicateNumber": str(row.replicate),
            "DNAngUsed": _number(row.dna_ng),
            "VCN": _number(row.vcn),
            "Genome": genome,
            "concatenatePoolIDSeqRun": "-".join(part for part in (row.pool, row.run) if part),
            "CompleteAmplificationID": row.sample,
            **_times(row.days),
        }
        for row in libraries
    ]
    table = pd.DataFrame(rows, columns=list(ASSOCIATION_COLUMNS), dtype=object)
    return table.fillna("NA").replace("", "NA")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.8g}"


def _times(days: int | None) -> dict[str, str]:
    if days is None:
        return {}
    label = f"{days:04d}"
    return {
        "TimePoint": label,
        "TimepointDays": label,
        "TimepointMonths": f"{round(days / 30):02d}",
        "TimepointYears": f"{-(-days // 365):02d}",
    }
