"""Toy result tables: 2 subjects, 3 time points, one large clone, a poor specimen, a control."""

from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.analyse.outlier import find_outliers
from integrasite.config.settings import Config
from integrasite.config.study import Study
from integrasite.flags.raising import raise_flags
from integrasite.io.tables import as_table, empty_table, write_tsv
from integrasite.model.fates import FATES
from integrasite.model.library import Library
from integrasite.model.tables import (
    ANNOTATION,
    CLONES,
    COMMON_SITES,
    DIVERSITY,
    EARLY_LATE,
    SAME_COURSE,
    Table,
)
from integrasite.report.inputs import FILES, RunTables
from integrasite.report.view import Provenance, View, make_view

PROVENANCE = Provenance("0.1.0", "ab" * 32, "cd" * 32)
LMO2 = "chr11:33880123:-"
CLUSTER = "P1-m0001"
EVIL = "<script>alert(1)</script>"
TIMES = (("D30", 30), ("M6", 183), ("M12", 365))
LARGE = (0.031, 0.124, 0.312)
SPECIMENS = [("P1", label, days, 900 + days) for label, days in TIMES]
SPECIMENS += [("P2", "D30", 30, 120), ("P2", "M6", 183, 18), ("P2", "M12", 365, 640)]
GENES = (
    "PACS1",
    "KDM2A",
    "NF1",
    "FCHSD2",
    "STAT5B",
    "",
    "ANKRD11",
    "SMG1",
    "KMT2D",
    "HMGA2",
    "PTPRC",
    "XPO1",
)


def toy_study(extra: tuple[Library, ...] = ()) -> Study:
    config = Config.model_validate(
        {
            "run": {"id": "toy-2026", "date": "2026-01-31"},
            "samples": "samples.tsv",
            "reference": {"name": "hg38", "genome": "g.fa", "annotation": "g.gtf"},
            "vectors": {"pCCL": {"sequence": "v.fa"}},
            "protocols": {"lmpcr-u5": {"ltr_end": "TCTAGCA", "primer": "GAAAATC"}},
            "calling": {"min_insert": 25},
        }
    )
    rows = []
    for subject, label, days, _ in SPECIMENS:
        specimen = f"{subject}_{label}_PB"
        shared = {
            "protocol": "lmpcr-u5",
            "vectors": ("pCCL",),
            "timepoint": label,
            "days": days,
            "cell_type": "T cells",
        }
        for replicate in (1, 2) if subject == "P1" else (1,):
            rows.append(
                Library(
                    f"{specimen}_r{replicate}", subject, specimen, replicate=replicate, tissue="PB", **shared
                )
            )
    rows.append(Library("NTC1", "NTC", "NTC", role="ntc", protocol="lmpcr-u5", vectors=("pCCL",)))
    return Study(Path("config.yaml"), config, (*rows, *extra))


def _clone(
    subject: str, label: str, days: int, site: tuple[str, int, str], fraction: float, n: int, **more: object
) -> dict:
    contig, position, strand = site
    error = 1.96 * (fraction * (1 - fraction) / n) ** 0.5
    row = {
        "subject": subject,
        "specimen": f"{subject}_{label}_PB",
        "timepoint": label,
        "days": days,
        "tissue": "PB",
        "cell_type": "T cells",
        "vector": "pCCL",
        "site_id": f"{contig}:{position}:{strand}",
        "contig": contig,
        "position": position,
        "strand": strand,
        "placement": "unique",
        "cluster": "",
        "n_replicates": 2,
        "n_reads": 10 * n,
        "n_fragments": max(1, round(fraction * n)),
        "cells": fraction * n,
        "cells_low": max(1.0, (fraction - error) * n),
        "cells_high": (fraction + error) * n,
        "fraction": fraction,
        "fraction_low": max(1e-5, fraction - error),
        "fraction_high": fraction + error,
        "p_ge_10": 0.97 * (fraction > 0.12),
        "p_ge_20": 0.999 * (fraction > 0.25),
        "p_ge_30": 0.62 if fraction > 0.25 else 0.0,
        "estimator": "sonic",
        "saturated": False,
        "status": "pass",
        "reason": "",
    }
    return row | more


def _clones(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for subject, label, days, n in SPECIMENS:
        large = LARGE[[time for time, _ in TIMES].index(label)] if subject == "P1" else 0.0
        shares = rng.dirichlet(np.full(60, 0.5))
        shares[3] *= label != "M6"
        shares *= (1 - large) / shares.sum()
        if large:
            rows.append(_clone(subject, label, days, ("chr11", 33880123, "-"), large, n))
        for rank, share in enumerate(shares):
            offset = 0 if subject == "P1" else 500
            site = (f"chr{rank % 22 + 1}", 1_000_000 + 1711 * rank + offset, "+-"[rank % 2])
            more = {"placement": "multihit", "cluster": CLUSTER} if subject == "P1" and rank == 7 else {}
            if share > 1e-4:
                rows.append(_clone(subject, label, days, site, float(share), n, **more))
    missing = dict.fromkeys(("fraction", "fraction_low", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30"))
    rows.append(
        _clone("P1", "M12", 365, ("chr1", 77, "+"), 0.01, 100, status="artefact", reason="homopolymer")
        | missing
    )
    return pd.DataFrame(rows)


def _annotation(clones: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for place, site in enumerate(dict.fromkeys(clones["site_id"])):
        gene = "LMO2" if site == LMO2 else GENES[place % len(GENES)]
        row = {
            "site_id": site,
            "gene": gene,
            "gene_strand": "+",
            "in_gene": bool(gene) and place % 3 != 0,
            "in_exon": place % 9 == 1,
        }
        row |= {
            "same_orientation": "true",
            "distance_to_tss": str(place * 311),
            "nearest_cancer_gene": "MYB",
            "cancer_gene_distance": 91000,
        }
        if site == LMO2:
            row |= {
                "in_gene": True,
                "nearest_cancer_gene": "LMO2",
                "cancer_gene_distance": 0,
                "known_event": "LMO2",
            }
            row |= {"event_class": "malignant", "expected_geometry": "fits", "distance_to_tss": "-1204"}
        if gene == "HMGA2":
            row |= {
                "known_event": "HMGA2",
                "event_class": "benign-expansion (unverified)",
                "expected_geometry": "does_not_fit",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _diversity() -> pd.DataFrame:
    rows = []
    for subject, label, days, n in SPECIMENS:
        state = "no" if n < 50 else "low_power" if n < 200 else "yes"
        row = {
            "subject": subject,
            "specimen": f"{subject}_{label}_PB",
            "days": days,
            "n_sites": 60,
            "cells": float(n),
            "n_fragments": n,
        }
        row |= {
            "shannon": 3.2,
            "simpson": 0.95,
            "gini": 0.5,
            "uc50": 9,
            "uc50_inspiired": 10,
            "chao1": 93.4,
            "coverage": 0.96,
        }
        rows.append(row | {"lod95": 1 - 0.05 ** (1 / n), "loq": min(1.0, 16 / n), "evaluable": state})
    return pd.DataFrame(rows)


def _flags(study: Study, clones: pd.DataFrame, annotation: pd.DataFrame) -> pd.DataFrame:
    tables = (as_table(clones, CLONES), as_table(annotation, ANNOTATION), as_table(_diversity(), DIVERSITY))
    return raise_flags(*tables, study.libraries, study.config.calling)


def _ledger(study: Study, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for library in study.amplicon_libraries:
        total = 40 if library.role == "ntc" else int(rng.integers(40_000, 90_000))
        weights = [
            60 if fate.word == "site_unique" else 8 if fate.word == "site_multihit" else 2 for fate in FATES
        ]
        if library.role == "ntc":
            weights = [int(fate.word in ("no_insert", "mispriming", "site_unique")) for fate in FATES]
        for (fate, info), n in zip(
            FATES.items(), rng.multinomial(total, np.array(weights) / sum(weights)), strict=True
        ):
            rows.append(
                {
                    "sample": library.sample,
                    "stage": info.stage,
                    "fate": fate.word,
                    "n_reads": int(n),
                    "fraction": n / total,
                }
            )
    rows.append({"sample": "*", "stage": "reads", "fate": "unassigned", "n_reads": 1234, "fraction": 1.0})
    return pd.DataFrame(rows)


def _sites(clones: pd.DataFrame) -> pd.DataFrame:
    sites = clones.assign(sample=clones["specimen"] + "_r1", vector_end="U5")
    control = {
        "sample": "NTC1",
        "subject": "NTC",
        "contig": "chr11",
        "position": 33880123,
        "strand": "-",
        "site_id": LMO2,
        "vector": "pCCL",
    }
    control |= {
        "vector_end": "U5",
        "placement": "unique",
        "n_reads": 13,
        "n_fragments": 1,
        "status": "pass",
        "reason": "",
    }
    return pd.concat([sites, pd.DataFrame([control])], ignore_index=True)


def _crosstalk(study: Study) -> pd.DataFrame:
    row = {
        "source": study.sources[0].name,
        "n_libraries": 11,
        "n_pairs": 412_345,
        "n_discordant": 2_011,
        "reason": "",
    }
    row |= {"hop_rate": 0.0031, "hop_low": 0.0029, "hop_high": 0.0034}
    return pd.DataFrame(
        [row | {"recombination_rate": 0.0021, "recombination_low": 0.0019, "recombination_high": 0.0023}]
    )


def _contamination() -> pd.DataFrame:
    rows = [
        {
            "site_id": "chr5:1001:+",
            "sample": "P2_D30_PB_r1",
            "subject": "P2",
            "call": "hop",
            "action": "reassigned to donor",
        },
        {
            "site_id": "chr5:1001:+",
            "sample": "P1_D30_PB_r1",
            "subject": "P1",
            "call": "independent",
            "action": "kept",
        },
        {
            "site_id": "chr6:2002:-",
            "sample": "P1_D30_PB_r1",
            "subject": "P1",
            "call": "ambiguous",
            "action": "kept",
        },
    ]
    return pd.DataFrame(rows).assign(donor_sample="x", donor_subject="y", placement="unique", reason="")


def _tracking() -> pd.DataFrame:
    """One clone of P1 grows, one cannot be settled, one was not tested; P2 was not tested."""
    shared = {"subject": "P1", "tissue": "PB", "cell_type": "T cells", "vector": "pCCL", "cluster": ""}
    shared |= {
        "n_timepoints": 3,
        "n_usable": 3,
        "last_days": 365,
        "status": "insufficient",
        "reliable": False,
    }
    tested = {"n_seen": 3, "window_start": 30, "window_end": 365, "reliable": True, "reason": ""}
    grown = {"growth_per_year": 2.31, "growth_low": 1.74, "growth_high": 2.88, "q": 0.0004, "q_decline": 1.0}
    level = {"growth_per_year": 0.2, "growth_low": -1.1, "growth_high": 1.5, "q": 0.8, "q_decline": 0.9}
    grown |= {"site_id": LMO2, "status": "growing", "peak_fraction": 0.312, "last_fraction": 0.312}
    level |= {"site_id": "chr1:1000000:+", "peak_fraction": 0.02, "last_fraction": 0.01}
    few = "fewer than 20 cells over the evaluable time points"
    once = {"subject": "P2", "site_id": "chr2:1002211:-", "reason": "fewer than 2 evaluable time points"}
    rows = [shared | tested | grown, shared | tested | level]
    rows += [shared | {"site_id": "chr3:1003422:+", "reason": few}, shared | once]
    return pd.DataFrame(rows)


def _gene_tests() -> dict[str, pd.DataFrame]:
    """Large clones gather in one gene of two, a list is not near them; the other tests had too little."""
    place = {"contig": "chr11", "start": 33_858_000, "end": 33_892_000, "gene": "LMO2"}
    found = {"n_sites": 12, "n_subjects": 2, "n_subjects_expanded": 2, "observed": 7.0, "expected": 0.4}
    found |= {"effect": 17.5, "p": 2e-7, "q": 4e-7, "p_without_subject": 0.001, "p_without_top_clone": 0.002}
    usual = found | {"gene": "PACS1", "observed": 1.0, "expected": 1.1, "effect": 0.9, "p": 0.7, "q": 0.7}
    listed = {"gene": "known-events", "n_listed": 9, "n_found": 9, "test": "top_against_rest", "n_sites": 20}
    listed |= {"feature": "in_gene", "observed": 3.0, "expected": 2.2, "effect": 1.4, "p": 0.4, "q": 0.4}
    return {
        "common_sites": empty_table(COMMON_SITES),
        "expanded_clones": pd.DataFrame([place | found, place | usual]).assign(
            test="expanded_clone_enrichment"
        ),
        "early_late": empty_table(EARLY_LATE),
        "proximity": pd.DataFrame([listed]).assign(n_subjects=2, base_rate=0.01, background="other sites"),
    }


def toy_tables(study: Study) -> RunTables:
    rng = np.random.default_rng(7)
    clones = _clones(rng)
    cluster = clones[clones["placement"] == "multihit"].assign(sample="P1_D30_PB_r1", weight=0.5)
    frames = {
        "clones": clones,
        "annotation": _annotation(clones),
        "diversity": _diversity(),
        "flags": _flags(study, clones, _annotation(clones)),
        "ledger": _ledger(study, rng),
        "sites": _sites(clones),
        "multihits": cluster,
        "crosstalk": _crosstalk(study),
        "contamination": _contamination(),
        "tracking": _tracking(),
        "outliers": find_outliers(as_table(clones, CLONES), study.config.calling),
        "same_course": empty_table(SAME_COURSE),
        **_gene_tests(),
    }
    return RunTables(
        **{
            name: as_table(frames[name], table) if name in frames else empty_table(table)
            for name, (_, table) in FILES.items()
        }
    )


def empty_tables() -> RunTables:
    return RunTables(**{name: empty_table(table) for name, (_, table) in FILES.items()})


def toy_view(subject: str | None = None) -> View:
    study = toy_study()
    return make_view(study, toy_tables(study), PROVENANCE, subject)


def write_tables(tables: RunTables, folder: Path) -> None:
    pairs: list[tuple[str, str, Table]] = [(key, name, table) for key, (name, table) in FILES.items()]
    for key, name, table in pairs:
        write_tsv(getattr(tables, key), folder / name, table)
