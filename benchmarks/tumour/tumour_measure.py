"""Figures of one simulated tumour study: sites, fractions and verdicts against the truth, one row per sample and metric."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tumour_scenarios import PRESENT, Scenario

from integrasite.config.calling import Calling
from integrasite.curate.virus_sites import set_aside_virus
from integrasite.io.tables import concat_tables, read_parquet, read_tsv
from integrasite.model.tables import MULTIHITS, SITE_COUNTS, TRANSGENE, TRANSGENE_STRUCTURE, TUMOUR_SITES
from integrasite.simulate.tumour_truth import TUMOUR_SAMPLES, TUMOUR_TRUTH
from integrasite.sites.tumour_fractions import (
    cells_per_allele,
    compare_ends,
    leave_out_lost_ends,
    pooled_fraction,
)
from integrasite.sites.tumour_sizes import SITE_KEY, counts_of

NEAR = 20
"""Bases by which a call may differ from the truth and still be that site; `exact` asks for none."""
ROUGHLY = 150
"""The same for the ends of a lost or turned part of the provirus: half a fragment where only depth shows them."""
COMMON = 0.09
"""Least fraction of cells at which intervals are judged: of rarer sites only those are found that show too many fragments."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """What the commands wrote for one study, and its truth."""

    truth: pd.DataFrame
    truth_samples: pd.DataFrame
    sites: pd.DataFrame
    multihits: pd.DataFrame
    counts: pd.DataFrame
    verdicts: pd.DataFrame
    structure: pd.DataFrame

    @classmethod
    def read(cls, folder: Path, out: Path, subjects: list[str]) -> "Results":
        """Read all tables of a study's folder."""
        stems = [out / f"{subject}.subject" / subject for subject in subjects]
        counts = sorted(out.glob("*/*.counts.parquet"))
        verdicts = read_tsv(out.parent / "transgene.tsv", TRANSGENE)
        return cls(
            truth=read_tsv(folder / "truth.tsv", TUMOUR_TRUTH),
            truth_samples=read_tsv(folder / "truth_samples.tsv", TUMOUR_SAMPLES),
            sites=set_aside_virus(
                concat_tables(
                    (read_parquet(f"{s}.tumour_sites.parquet", TUMOUR_SITES) for s in map(str, stems)),
                    TUMOUR_SITES,
                ),
                verdicts,
                {},
            ),
            multihits=concat_tables(
                (read_parquet(f"{s}.multihits.parquet", MULTIHITS) for s in map(str, stems)), MULTIHITS
            ),
            counts=concat_tables((read_parquet(path, SITE_COUNTS) for path in counts), SITE_COUNTS),
            verdicts=verdicts,
            structure=read_tsv(out / "structure.tsv", TRANSGENE_STRUCTURE),
        )


def metrics(scenario: Scenario, results: Results) -> Iterator[Row]:
    """All figures of one study."""
    for sample in dict.fromkeys(results.truth_samples["sample"]):
        name = str(sample)
        parts = (
            _site_rows(results, name),
            _verdict_rows(scenario, results, name),
            _structure_rows(scenario, results, name),
        )
        for row in (row for part in parts for row in part):
            yield {"sample": name, **row}


def _row(metric: str, value: float, n: int = 1, note: str = "") -> Row:
    return {"metric": metric, "value": float(value), "n": n, "note": note}


def match_sites(results: Results, sample: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """True sites of a sample with the call that found each, and the calls that found none.

    Returns:
        The truth with `call` (row of `sites`, -1 for none) and `exact`; passing calls without truth.
    """
    all_true = results.truth[(results.truth["sample"] == sample) & (results.truth["route"] == "own")]
    truth = all_true[(all_true["copies_per_cell"] > 0) & (all_true["vector"] != "wild-type-HIV")]
    sites = results.sites
    calls = sites[(sites["sample"] == sample) & (sites["status"] == "pass")]
    places = results.multihits[results.multihits["sample"] == sample]
    searched = set(results.verdicts["vector"])
    found, exact, used = [], [], set()
    for site in truth.itertuples():
        is_asked = site.vector in searched
        near = calls[_is_near(calls, site) & ((not is_asked) | (calls["vector"] == site.vector))]
        sets = places[_is_near(places, site)]["cluster"]
        hits = [*near.index, *calls.index[calls["cluster"].isin(sets) & calls["cluster"].ne("")]]
        used |= set(hits)
        here = [
            at
            for at in hits
            if calls.at[at, "contig"] == site.contig and calls.at[at, "strand"] == site.strand
        ]
        exact.append(any(calls.at[at, "position"] == site.position for at in here))
        best = sorted(hits, key=lambda at: (calls.at[at, "position"] != site.position, at))
        found.append(best[0] if best else -1)
    return truth.assign(call=found, exact=exact), calls[~calls.index.isin(used)]


def _is_near(table: pd.DataFrame, site: Any) -> pd.Series:
    return (table["contig"] == site.contig) & ((table["position"] - site.position).abs() <= NEAR)


def _site_rows(results: Results, sample: str) -> Iterator[Row]:
    truth, false = match_sites(results, sample)
    found = truth[truth["call"] >= 0]
    is_set = found["call"].map(results.sites["cluster"].ne("") & results.sites["placement"].ne("unique"))
    if len(truth):
        missed = truth[truth["call"] < 0]
        yield _row("sites", len(found), len(truth), "; ".join(map(_missed, missed.itertuples())))
        unique = truth[truth["class"] == "unique"]
        yield _row("unique_sites", int((unique["call"] >= 0).sum()), len(unique))
        placed = found[~is_set.astype(bool)]
        wrong = placed[~placed["exact"]]
        notes = (
            f"{s.contig}:{s.position}{s.strand} {_called(results.sites.loc[s.call])}"
            for s in wrong.itertuples()
        )
        yield _row("exact", int(placed["exact"].sum()), len(placed), "; ".join(notes))
        clones = set(results.sites.loc[found["call"], "clone"])
        yield _row("one_clone", len(clones) == 1 and "" not in clones, 1, ",".join(sorted(map(str, clones))))
    yield _row("false_sites", len(false), 1, "; ".join(_called(row) for _, row in false.iterrows()))
    yield from _fraction_rows(results, found, sample)


def _missed(site: Any) -> str:
    return (
        f"{site.contig}:{site.position}{site.strand} anchored {site.n_anchored_5}+{site.n_anchored_3}"
        f" split {site.n_split_5}+{site.n_split_3} anchors {site.unique_anchor_5},{site.unique_anchor_3}"
    )


def _called(row: pd.Series) -> str:
    return (
        f"{row['contig']}:{row['position']}{row['strand']} {row['vector']} {row['placement']} tier {row['tier']} "
        f"split {row['n_split_5']}+{row['n_split_3']} discordant {row['n_discordant_5']}+{row['n_discordant_3']} "
        f"range {row['position_low']}-{row['position_high']}"
    )


def _fraction_rows(results: Results, found: pd.DataFrame, sample: str) -> Iterator[Row]:
    """Fractions of cells: intervals of the sites found, and all of one clone together."""
    calls = results.sites.loc[found["call"]].assign(true=found["ccf"].to_numpy())
    calls = calls[calls["ccf"].notna()]
    if calls.empty:
        return
    common = calls["true"] >= COMMON
    inside = common & (calls["ccf_low"] - 1e-9 <= calls["true"]) & (calls["true"] <= calls["ccf_high"] + 1e-9)
    if common.any():
        yield _row("intervals", int(inside.sum()), int(common.sum()))
    yield _row("ccf_error", float((calls["ccf"] - calls["true"]).mean()), len(calls))
    counts = calls[["sample", *SITE_KEY]].merge(results.counts, how="inner", on=["sample", *SITE_KEY])
    of = results.truth_samples[results.truth_samples["sample"] == sample].iloc[0]
    factor = np.full(len(counts), cells_per_allele(float(of["purity"]), float(of["ploidy"])))
    measured = counts_of(counts)
    used = leave_out_lost_ends(measured, compare_ends(measured), Calling().ends_differ_p)
    value, low, high = pooled_fraction(used, factor)
    true = float(calls["true"].mean())
    yield _row(
        "pooled_error", value - true, len(counts), f"{value:.3f} ({low:.3f}-{high:.3f}), true {true:.3g}"
    )


def _verdict_rows(scenario: Scenario, results: Results, sample: str) -> Iterator[Row]:
    truth = results.truth_samples[results.truth_samples["sample"] == sample].set_index("vector")
    rows = results.verdicts[results.verdicts["sample"] == sample]
    asked = PRESENT if sample.startswith("MATE") else scenario.verdicts
    for row in rows.itertuples():
        said = f"{row.vector}: {row.verdict}: {row.reason} (n {row.n_fragments}, bins {row.n_bins}, vcn {row.vcn})"
        expected = str(truth.at[row.vector, "expected"])
        if (
            row.vector != scenario.vector
            and scenario.clone is not None
            and scenario.vector in (scenario.searched or "x")
        ):
            yield _row("other_not_positive", row.verdict != "POSITIVE", 1, said)
            continue
        if expected != "FEW" or not scenario.clone:
            yield _row("verdict", row.verdict in asked, 1, said)
        if scenario.clone is not None and not sample.startswith("MATE"):
            yield _row("clonal", row.clonality == "CLONAL", 1, f"{row.vector}: clonality {row.clonality}")
        yield _row("positive", row.verdict == "POSITIVE", 1, said)
        if not sample.startswith("MATE"):
            yield _row(
                "named", any(word.lower() in str(row.reason).lower() for word in scenario.named), 1, said
            )
        if row.lod_vcn == row.lod_vcn:
            yield _row("lod_vcn", row.lod_vcn)
        true_vcn = float(truth.at[row.vector, "vcn"])
        if true_vcn > 0 and row.vcn_low == row.vcn_low:
            yield _row(
                "vcn_interval", row.vcn_low <= true_vcn <= row.vcn_high, 1, said + f" true {true_vcn:.3g}"
            )
            yield _row("vcn_ratio", row.vcn / true_vcn)


def _structure_rows(scenario: Scenario, results: Results, sample: str) -> Iterator[Row]:
    """Whether what is wrong with the proviruses is in the structure table, with its ends within `ROUGHLY` bp."""
    rows = results.structure[
        (results.structure["sample"] == sample) & (results.structure["vector"] == scenario.vector)
    ]
    said = "; ".join(f"{row.kind} {row.start}-{row.end} n {row.n_fragments}" for row in rows.itertuples())
    if scenario.damage is None:
        yield _row("structures", len(rows), 1, said)
        return
    kind, start, end = scenario.damage
    alike = rows[rows["kind"].isin({kind, *({"deletion"} if kind == "truncation" else ())})]
    near = ((alike["start"] - start).abs() <= ROUGHLY) & ((alike["end"] - end).abs() <= ROUGHLY)
    yield _row("structure", bool(near.any()), 1, said)
