"""Figures of what passes between libraries: hops that are called, independent sites that stay, rates that are estimated."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from measure import ENOUGH, SITE, Metric, share

from integrasite.io.tables import read_tsv
from integrasite.model import tables

ENOUGH_PAIRS = 200
"""Discordant pairs below which no rate is asked for."""
WITH_INSERT = ("site_unique", "site_multihit", "wrong_linker")
"""True fates of pairs whose barcode and linker can be compared."""
FOREIGN = ("hop", "recombination", "contamination")


def sharing_metrics(truth: pd.DataFrame, sites: pd.DataFrame) -> Iterator[Metric]:
    """Whether molecules of another subject are called as such, and nothing else is.

    Args:
        truth: rows of `truth.tsv`, patients' libraries only.
        sites: rows of `sites.tsv.gz`, patients' libraries only, whatever their status.

    Yields:
        `hops_called`: true hops of another subject's dominant clone whose row in the library that received them is called
        contamination, or is not there; `hops_called_any`, `carry_over_called`: the same for all clones, and for foreign DNA;
        `independent_removed`: clones of several subjects at one place, with fragments enough, whose row does not pass.
    """
    status = _status(sites)
    owners = _owners(truth)
    foreign = truth[truth["cause"].isin(FOREIGN) & (truth["n_usable"] > 0)]
    own = _keys(truth[(truth["cause"] == "clone") & (truth["n_usable"] > 0)])
    keep = [
        key not in own and subject not in owners.get(key[1:], set())
        for key, subject in zip(_keys_list(foreign), foreign["subject"], strict=True)
    ]
    foreign = foreign[np.array(keep, bool)]
    called = pd.Series(
        [status.get(key, "contamination") == "contamination" for key in _keys_list(foreign)],
        index=foreign.index,
        dtype=bool,
    )
    is_hop = foreign["cause"].isin(("hop", "recombination"))
    yield share("hops_called", called[is_hop & (foreign["origin"] == "dominant")])
    yield share("hops_called_any", called[is_hop])
    yield share("carry_over_called", called[~is_hop])
    shared = truth[
        (truth["origin"] == "shared") & (truth["cause"] == "clone") & (truth["n_molecules_read"] >= ENOUGH)
    ]
    gone = [status.get(key, "missing") != "pass" for key in _keys_list(shared)]
    yield share("independent_removed", pd.Series(gone, dtype=bool))


def contamination_metrics(truth: pd.DataFrame, results: Path) -> Iterator[Metric]:
    """What `contamination.tsv` calls rows by what they truly are, where the file is there: counts over its rows."""
    path = results / "contamination.tsv"
    if not path.is_file():
        return
    table = read_tsv(path, tables.CONTAMINATION)
    table = table[table["sample"].isin(truth["sample"])]
    real = truth[(truth["n_reads"] > 0)].assign(rank=truth["cause"].map({"clone": 0}).fillna(1))
    real = real.sort_values("rank").drop_duplicates(["sample", "site_id"])
    joined = table.merge(real[["sample", "site_id", "cause"]], on=["sample", "site_id"], how="left")
    words = joined["cause"].fillna("nothing").replace({"clone": "independent"})
    for (cause, call), n in joined.groupby([words, "call"]).size().items():
        yield Metric(f"contamination_{cause}_called_{call}", float(n), len(joined))


def crosstalk_metrics(reads: pd.DataFrame, results: Path) -> Iterator[Metric]:
    """Estimated over true rate of hopping between libraries and of recombination of any two molecules, where
    `crosstalk.tsv` is there.

    Args:
        reads: rows of `truth_reads.tsv.gz`: `sample, true_sample, far_molecule, linker_molecule, fate`; pairs with
            an insert count.
        results: of the run.
    """
    path = results / "crosstalk.tsv"
    if not path.is_file():
        return
    table = read_tsv(path, tables.CROSSTALK)
    n = int(table["n_discordant"].fillna(0).sum())
    listed = reads[(reads["sample"] != "*") & reads["fate"].isin(WITH_INSERT)]
    true = {
        "hop": (listed["sample"] != listed["true_sample"]).mean(),
        "recombination": (listed["linker_molecule"] != listed["far_molecule"]).mean(),
    }
    for what, rate in true.items():
        found = table[f"{what}_rate"].dropna()
        if n >= ENOUGH_PAIRS and len(found) and rate > 0:
            yield Metric(f"{what}_rate_ratio", float(found.iloc[0]) / float(rate), n)


Key = tuple[str, str, int, str]


def _keys_list(frame: pd.DataFrame) -> list[Key]:
    return list(frame[["sample", *SITE]].itertuples(index=False, name=None))


def _keys(frame: pd.DataFrame) -> set[Key]:
    return set(_keys_list(frame))


def _status(sites: pd.DataFrame) -> dict[Key, str]:
    return dict(zip(_keys_list(sites), sites["status"], strict=True))


def _owners(truth: pd.DataFrame) -> dict[tuple[str, int, str], set[str]]:
    """Subjects that truly have a clone at each place."""
    own = truth[truth["cause"] == "clone"].drop_duplicates(["subject", *SITE])
    owners: dict[tuple[str, int, str], set[str]] = {}
    for subject, *place in own[["subject", *SITE]].itertuples(index=False, name=None):
        owners.setdefault((place[0], place[1], place[2]), set()).add(subject)
    return owners
