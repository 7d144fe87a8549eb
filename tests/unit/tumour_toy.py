"""Toy tables of tumour samples: positive and clonal, bystander, negative, open, not evaluable, a control."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from report_toy import EVIL, PROVENANCE, toy_study, toy_tables

from integrasite.analyse.attribution import Tables, attribute
from integrasite.config.study import Study
from integrasite.io.tables import as_table, empty_table
from integrasite.model.library import Library
from integrasite.model.tables import (
    ANNOTATION,
    ATTRIBUTION,
    TRANSGENE,
    TRANSGENE_COVERAGE,
    TRANSGENE_STRUCTURE,
    TUMOUR_SITES,
    VECTOR_ELEMENTS,
    VECTOR_HOST_LIKE,
)
from integrasite.report.inputs import FILES, RunTables
from integrasite.report.view import View, make_view

VECTOR, LENGTH = "cilta-cel", 5459
SITE = "chr11:33880123:-"
REPEAT = "chr1:5000:+"
ELEMENTS = (
    ("LTR", 0, 234),
    ("PBS", 235, 253),
    ("psi", 310, 448),
    ("RRE", 958, 1192),
    ("cPPT", 1690, 1808),
    ("EF1a promoter", 1932, 3119),
    ("signal peptide", 3128, 3191),
    ("scFv", 3191, 3923),
    ("CD8a hinge", 3923, 4058),
    ("CD8a transmembrane", 4058, 4130),
    ("4-1BB costimulatory", 4130, 4256),
    ("CD3z", 4256, 4592),
    ("WPRE", 4620, 5212),
    ("PPT", 5440, 5455),
)
HOST_LIKE = ((1932, 3119, "EEF1A1"), (3923, 4130, "CD8A"), (4130, 4256, "TNFRSF9"), (4256, 4592, "CD247"))
DELETED = (700, 1700)


def tumour_libraries() -> tuple[Library, ...]:
    """P1: tumour with a clone, product; P2: negative; P3: open and not evaluable; a control."""
    wgs = {"assay": "wgs", "vectors": (VECTOR,)}
    tumour = {"tissue": "lymph node", "timepoint": "M13", "days": 400, **wgs}
    return (
        Library("T1", "P1", "P1_M13", purity=0.6, ploidy=2.0, clonotype_fraction=0.55, **tumour),
        Library("F1", "P1", "P1_product", role="product", days=0, timepoint="D0", **wgs),
        Library("T2", "P2", "P2_M13", purity=0.8, ploidy=2.0, **tumour),
        Library("T3", "P3", "P3_M13", **tumour),
        Library("T4", "P3", "P3_M14", purity=0.1, ploidy=3.0, **{**tumour, "days": 430, "timepoint": "M14"}),
        Library("W1", "NTC", "NTC_wgs", role="ntc", **wgs),
    )


def tumour_study() -> Study:
    """The toy study with tumour rows."""
    return toy_study(tumour_libraries())


def verdicts() -> pd.DataFrame:
    """Rows of `transgene.tsv`."""
    deep = {
        "vector": VECTOR,
        "lob": 1,
        "lod_vcn": 0.021,
        "required_vcn": 0.3,
        "lod_localise": 0.14,
        "depth": 41.2,
    }
    deep |= {
        "n_controls": 1,
        "n_fragments": 0,
        "n_bins": 0,
        "breadth": 0.0,
        "elements": "",
        "product": "",
        "findings": "",
    }
    found = {
        "verdict": "POSITIVE",
        "n_fragments": 402,
        "n_bins": 11,
        "breadth": 0.97,
        "elements": "LTR,psi,RRE,scFv,WPRE",
    }
    rows = [
        {
            **deep, **found, "sample": "T1", "subject": "P1", "product": "cilta-cel", "clonality": "CLONAL",
            "reason": "402 informative fragments in 11 parts and 5 elements of the vector; without it up to 1 would be seen",
            "vcn": 1.21, "vcn_low": 1.06, "vcn_high": 1.38, "tumour_vcn": 2.02, "tumour_vcn_low": 1.77,
            "tumour_vcn_high": 2.3, "lod_tumour": 0.035,
        },
        {
            **deep, **found, "sample": "F1", "subject": "P1", "clonality": "INDETERMINATE", "n_fragments": 60, "vcn": 0.18,
            "reason": "60 informative fragments in 11 parts of the vector", "vcn_low": 0.13, "vcn_high": 0.24,
        },
        {
            **deep, "sample": "T2", "subject": "P2", "verdict": "NEGATIVE", "findings": "host-like-only", "lod_tumour": 0.026,
            "reason": "no informative fragment; 0.3 copies per genome would have been seen (limit of detection 0.021)",
        },
        {
            **deep, "sample": "T3", "subject": "P3", "verdict": "INDETERMINATE", "n_fragments": 2, "n_bins": 1,
            "findings": "index-hopping,plasmid", "elements": "scFv", "breadth": 0.04,
            "reason": "2 informative fragments; without the vector up to 1 would be seen; 3 fragments are needed",
        },
        {
            **deep, "sample": "T4", "subject": "P3", "verdict": "NOT_EVALUABLE", "lod_vcn": 0.4, "required_vcn": 0.08,
            "depth": 1.9, "findings": "",
            "reason": "no informative fragment; too shallow: 0.08 copies per genome had to be seen",
        },
        {**deep, "sample": "W1", "subject": "NTC", "verdict": "NEGATIVE", "reason": "no informative fragment"},
    ]  # fmt: skip
    return as_table(pd.DataFrame(rows), TRANSGENE)


def _coverage() -> pd.DataFrame:
    rng, rows = np.random.default_rng(3), []
    for start in range(0, LENGTH, 100):
        end = min(start + 100, LENGTH)
        inside = [name for name, first, last in ELEMENTS if first < end and start < last]
        like = any(first <= start and end <= last for first, last, _ in HOST_LIKE)
        lost = DELETED[0] <= start and end <= DELETED[1]
        expected = 0.0 if like else 4.1
        n = int(rng.poisson(expected * 1.21 * (0.0 if lost else 1.0)))
        copies = n / expected if expected else np.nan
        row = {"sample": "T1", "vector": VECTOR, "start": start, "end": end, "elements": ",".join(inside)}
        row |= {"n_fragments": n, "expected": expected, "copies": copies}
        if expected:
            row |= {
                "low": max(0.0, (n - 1.96 * n**0.5) / expected),
                "high": (n + 1.96 * n**0.5 + 3) / expected,
            }
        rows.append(row)
    return as_table(pd.DataFrame(rows), TRANSGENE_COVERAGE)


def _site(sample: str, **more: object) -> dict[str, object]:
    row = {
        "sample": sample, "subject": "P1", "contig": "chr11", "position": 33880123, "strand": "-", "site_id": SITE,
        "vector": VECTOR, "placement": "unique", "cluster": "", "ends": "U3,U5", "n_split_5": 7, "n_discordant_5": 4,
        "n_split_3": 12, "n_discordant_3": 5, "n_fragments": 27, "n_reads": 31, "n_fragments_subject": 29,
        "host_5": 33880126, "host_3": 33880122, "vector_5": 0, "vector_3": 233, "vector_direction_5": 1,
        "vector_direction_3": -1, "overlap_5": 2, "overlap_3": 0, "tsd_length": 5, "is_tsd_ok": True,
        "position_low": 33880123, "position_high": 33880123, "is_exact": True, "tier": "A", "n_junction_5": 11,
        "n_junction_3": 17, "n_intact": 24, "vaf": 0.31, "vaf_low": 0.22, "vaf_high": 0.41, "ccf": 1.0, "ccf_low": 0.73,
        "ccf_high": 1.0, "fraction_of": "tumour cells", "limit": 0.08, "p_ends": 0.4, "clone": "clone1",
        "status": "pass", "reason": "",
    }  # fmt: skip
    return row | more


def _sites() -> pd.DataFrame:
    unseen = {
        "n_split_5": 0,
        "n_discordant_5": 0,
        "n_split_3": 0,
        "n_discordant_3": 0,
        "n_fragments": 0,
        "n_reads": 0,
    }
    unseen |= {
        "n_junction_5": 0,
        "n_junction_3": 0,
        "n_intact": 40,
        "vaf": 0.0,
        "vaf_low": 0.0,
        "vaf_high": 0.03,
    }
    unseen |= {
        "ccf": 0.0,
        "ccf_low": 0.0,
        "ccf_high": 0.06,
        "fraction_of": "all cells",
        "status": "below_limit",
    }
    unseen |= {
        "reason": "not seen; a fraction of 0.06 would have been seen in 95 % of such samples",
        "limit": 0.06,
    }
    repeat = {
        "contig": "chr1",
        "position": 5000,
        "strand": "+",
        "site_id": REPEAT,
        "placement": "multihit",
        "cluster": "m-1",
    }
    repeat |= {
        "host_5": None,
        "vector_5": None,
        "vector_direction_5": None,
        "overlap_5": None,
        "tsd_length": None,
    }
    repeat |= {
        "is_tsd_ok": None,
        "n_split_5": 0,
        "n_discordant_5": 2,
        "ends": "pairs5,internal3",
        "vector_3": 4100,
    }
    repeat |= {
        "host_3": 4999,
        "overlap_3": -3,
        "ccf": 0.22,
        "ccf_low": 0.1,
        "ccf_high": 0.4,
        "vaf": 0.07,
        "tier": "B",
    }
    repeat |= {
        "is_exact": False,
        "position_low": 4990,
        "position_high": 5003,
        "clone": "clone2",
        "n_junction_5": 0,
    }
    return as_table(pd.DataFrame([_site("T1"), _site("F1", **unseen), _site("T1", **repeat)]), TUMOUR_SITES)


def _annotation() -> pd.DataFrame:
    row = {
        "site_id": REPEAT,
        "gene": "",
        "in_gene": None,
        "nearest_cancer_gene": "TP53",
        "cancer_gene_distance": 900_000,
    }
    return pd.DataFrame([row])


@cache
def _toy_tables() -> tuple[Study, RunTables]:
    study = tumour_study()
    return study, tumour_tables(study)


def tumour_tables(study: Study) -> RunTables:
    """The toy tables with those of tumour samples."""
    base = toy_tables(study)
    structure = {"sample": "T1", "vector": VECTOR, "kind": "deletion", "start": DELETED[0], "end": DELETED[1]}
    structure |= {
        "n_fragments": 9,
        "evidence": "breakpoint in reads; no fragment inside",
        "copies": 1.2,
        "share": 0.97,
    }
    elements = [
        {"vector": VECTOR, "name": n, "start": s, "end": e, "strand": "+", "source": "motif"}
        for n, s, e in ELEMENTS
    ]
    like = [
        {"vector": VECTOR, "start": s, "end": e, "contig": "chr6", "label": g, "strand": "+"}
        for s, e, g in HOST_LIKE
    ]
    annotation = as_table(pd.concat([base.annotation, _annotation()], ignore_index=True), ANNOTATION)
    tables = replace(
        base,
        annotation=annotation,
        transgene=verdicts(),
        transgene_coverage=_coverage(),
        transgene_structure=as_table(pd.DataFrame([structure]), TRANSGENE_STRUCTURE),
        tumour_sites=_sites(),
        vector_elements=as_table(pd.DataFrame(elements), VECTOR_ELEMENTS),
        vector_host_like=as_table(pd.DataFrame(like), VECTOR_HOST_LIKE),
    )
    return replace(tables, attribution=sheet(study, tables))


def sheet(study: Study, tables: RunTables) -> pd.DataFrame:
    """The attribution sheets of toy tables."""
    found = attribute(
        Tables(
            tables.transgene, tables.tumour_sites, tables.annotation, tables.transgene_structure, tables.clones,
            tables.diversity, tables.tracking,
        ),
        study.libraries,
        study.config.calling,
    )  # fmt: skip
    return as_table(found, ATTRIBUTION)


def tumour_view(subject: str | None = None) -> View:
    """A page of the toy study with tumour samples."""
    study, tables = _toy_tables()
    return make_view(study, tables, PROVENANCE, subject)


def tumour_only_view(subject: str | None = None) -> View:
    """A page of a study without integration-site libraries."""
    study, tables = _toy_tables()
    only = tuple(row for row in study.libraries if row.assay != "amplicon")
    kept = ("transgene", "tumour", "vector", "attribution", "annotation")
    empty = {
        key: getattr(tables, key) if key.startswith(kept) else empty_table(table)
        for key, (_, table) in FILES.items()
    }
    return make_view(replace(study, libraries=only), RunTables(**empty), PROVENANCE, subject)


def hostile_view() -> View:
    """The same with names that must stay text."""
    study, tables = _toy_tables()
    rename = {
        "T1": EVIL,
        "P1": EVIL,
        VECTOR: EVIL,
        "LMO2": EVIL,
        "LTR": EVIL,
        "lymph node": EVIL,
        "clone1": EVIL,
    }
    changed = {
        name: getattr(tables, name).replace(rename)
        for name in RunTables.__dataclass_fields__
        if name not in ("absent", "contigs")
    }
    rows = tuple(
        replace(row, sample=rename.get(row.sample, row.sample), subject=rename.get(row.subject, row.subject))
        for row in study.libraries
    )
    return make_view(replace(study, libraries=rows), RunTables(**changed), PROVENANCE)
