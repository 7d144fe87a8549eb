"""Figures of one run against its truth: recall, precision by cause, neighbours, wobble, abundance.

A metric is a count of successes over a count of cases; the table keeps both, so that a figure over 30 cases is not
taken for one over 3,000. Libraries without template take no part.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.simulate import causes
from integrasite.simulate.evaluate import NEAR, WOBBLE, evaluate_sites

DISTANCES = (1, 2, 3, 5, 10)
CAUSES = (*causes.CAUSES, "second_site", "displaced", "other_library", "unexplained")
ENOUGH = 5
"""Fragments that each of two neighbours needs to count."""
SITE = ["contig", "position", "strand"]


@dataclass(frozen=True)
class Metric:
    """One figure: `value` over `n` cases."""

    name: str
    value: float
    n: int


def share(name: str, hits: "pd.Series[bool]") -> Metric:
    """The share of cases that hold; no value where there is no case."""
    return Metric(name, float(hits.mean()) if len(hits) else float("nan"), len(hits))


def site_metrics(
    truth: pd.DataFrame, sites: pd.DataFrame, multihits: pd.DataFrame, support: causes.Support | None = None
) -> Iterator[Metric]:
    """Recall, exactness, precision by cause, second sites and neighbours.

    Args:
        truth: rows of `truth.tsv`, patients' libraries only.
        sites: rows of the sites table (or a baseline's), patients' libraries only.
        multihits: rows of the multihits table.
        support: what the reads behind every place truly are.

    Yields:
        Figures; `2` in a name means at least two fragments (true ones for recall, called ones for precision).
    """
    evaluation = evaluate_sites(truth, sites, multihits, support=support)
    yield from _recall(evaluation.truth)
    yield _listed(evaluation.truth, sites, multihits)
    yield _strand(evaluation.truth, evaluation.calls)
    calls = judge_calls(evaluation.calls, truth)
    yield from _precision(calls)
    yield from _second_sites(calls, truth)
    yield from _neighbours(truth, calls)


def _recall(found: pd.DataFrame) -> Iterator[Metric]:
    for word in ("unique", "repeat"):
        of_class = found[found["class"] == word]
        for depth, rows in _by_depth(of_class, "n_molecules_read"):
            yield share(f"recall_{word}_{depth}", rows["found"])
    placed = found[found["found_as"] == "unique"]
    for depth, rows in _by_depth(placed[placed["class"] == "unique"], "n_molecules_read"):
        yield share(f"exact_{depth}", rows["offset"] == 0)
    yield share("recall_insert_30", found.loc[found["longest_insert"] >= 30, "found"])
    unique = found[(found["class"] == "unique") & found["found"]]
    yield share("unique_as_multihit", unique["found_as"] == "multihit")


def _listed(found: pd.DataFrame, sites: pd.DataFrame, multihits: pd.DataFrame) -> Metric:
    """As `recall_insert_30`, but a multihit row set aside as ambiguous (host or vector) that lists the true place counts too."""
    unsure = sites[(sites["status"] == "ambiguous") & (sites["placement"] == "multihit")]
    places = multihits.merge(unsure[["sample", "cluster"]].drop_duplicates(), on=["sample", "cluster"])
    listed = set(pd.concat([unsure, places])[["sample", *SITE]].itertuples(index=False, name=None))
    wanted = found[found["longest_insert"] >= 30]
    keys = wanted[["sample", *SITE]].itertuples(index=False, name=None)
    there = pd.Series([key in listed for key in keys], index=wanted.index, dtype=bool)
    return share("recall_insert_30_listed", wanted["found"] | there)


def _strand(found: pd.DataFrame, calls: pd.DataFrame) -> Metric:
    """Share of called true sites whose strand is right: wrong is a call at the place on the other strand alone."""
    true = set(found[["sample", *SITE]].itertuples(index=False, name=None))
    at = {key for key in calls[["sample", *SITE]].itertuples(index=False, name=None) if key not in true}
    hits = []
    for sample, contig, position, strand, is_found in found[["sample", *SITE, "found"]].itertuples(
        index=False, name=None
    ):
        other = "-" if strand == "+" else "+"
        turned = any((sample, contig, position + step, other) in at for step in range(-NEAR, NEAR + 1))
        if is_found or turned:
            hits.append(bool(is_found))
    return share("strand", pd.Series(hits, dtype=bool))


def _by_depth(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "2", frame[frame[column] >= 2]
    yield "1", frame[frame[column] == 1]


def judge_calls(calls: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Name a cause for each passed call; stricter than `evaluate_sites` beside true sites.

    A call a few bp from a true site is `true` only if that site has no exact call of its own, else `second_site`;
    beyond that and up to `WOBBLE` bp it is `displaced` where the true site has no exact call.

    Args:
        calls: passed calls with the column `call` of `Evaluation.calls`.
        truth: rows of `truth.tsv`.

    Returns:
        The calls with `cause` (`true` or one of `CAUSES`) and `is_exact`.
    """
    real = truth[(truth["n_reads"] > 0) & (truth["cause"] == "clone")]
    exact = set(real[["sample", *SITE]].itertuples(index=False, name=None))
    keys = list(calls[["sample", *SITE]].itertuples(index=False, name=None))
    called = {key for key in keys if key in exact}
    words = []
    for key, word, placement in zip(keys, calls["call"], calls["placement"], strict=True):
        beside = any(
            (key[0], key[1], key[2] + step, key[3]) in called for step in range(-WOBBLE, WOBBLE + 1) if step
        )
        is_second = placement == "unique" and key not in exact and beside
        plain = "displaced" if word == "wobble" else word
        words.append("second_site" if is_second and word in ("true", "wobble") else plain)
    return calls.assign(cause=words, is_exact=[key in exact for key in keys])


def _precision(calls: pd.DataFrame) -> Iterator[Metric]:
    for depth, rows in _by_depth(calls, "n_fragments"):
        yield share(f"precision_{depth}", rows["cause"] == "true")
        at_junction = (rows["cause"] == "truncated_ltr") & (rows["distance"] <= causes.AT_JUNCTION).fillna(
            False
        )
        yield share(f"precision_{depth}_with_truncated", (rows["cause"] == "true") | at_junction.astype(bool))
        for cause in CAUSES:
            yield Metric(f"false_{depth}_{cause}", float((rows["cause"] == cause).sum()), len(rows))


def _second_sites(calls: pd.DataFrame, truth: pd.DataFrame) -> Iterator[Metric]:
    seconds, n = int((calls["cause"] == "second_site").sum()), int(calls["is_exact"].sum())
    yield Metric("wobble_second_sites", seconds / n if n else float("nan"), n)
    foreign = truth[(truth["cause"] == "contamination") & (truth["n_usable"] > 0)]
    passed = set(calls[["sample", *SITE]].itertuples(index=False, name=None))
    keys = list(foreign[["sample", *SITE]].itertuples(index=False, name=None))
    yield share("foreign_sites_left", pd.Series([key in passed for key in keys], dtype=bool))


def _neighbours(truth: pd.DataFrame, calls: pd.DataFrame) -> Iterator[Metric]:
    """Pairs of true sites, enough fragments each, both called at their own base, by distance.

    Both must be called in the same library: where each of two replicates shows one of them, nothing was kept apart.
    """
    own = truth[(truth["cause"] == "clone") & (truth["n_molecules_read"] >= ENOUGH)]
    keys = set(own[["sample", *SITE]].itertuples(index=False, name=None))
    called = set(calls[["sample", *SITE]].itertuples(index=False, name=None))
    for distance in DISTANCES:
        kept = [
            key in called and (*key[:2], key[2] + distance, key[3]) in called
            for key in sorted(keys)
            if (*key[:2], key[2] + distance, key[3]) in keys
        ]
        yield share(f"neighbours_apart_{distance}", pd.Series(kept, dtype=bool))


def true_fractions(truth: pd.DataFrame) -> pd.DataFrame:
    """The clones' true shares: `subject, timepoint, contig, position, strand, fraction_true, origin`."""
    own = truth[truth["cause"] == "clone"].rename(columns={"fraction": "fraction_true"})
    return own[["subject", "timepoint", *SITE, "fraction_true", "origin"]].drop_duplicates()


def abundance_metrics(truth: pd.DataFrame, clones: pd.DataFrame, smallest: float = 0.01) -> Iterator[Metric]:
    """Errors of clone fractions and coverage of their intervals, for clones of 1-60 %.

    Args:
        truth: rows of `truth.tsv`.
        clones: `subject, timepoint, contig, position, strand, fraction` and, if it has intervals, `fraction_low`,
            `fraction_high`.
        smallest: smallest true share that counts.

    Yields:
        `fraction_rms` (relative, all clones), the mean ratio of called to true share for each chosen clone, and
        `interval_coverage`. A clone that is not called counts as 0.
    """
    true = true_fractions(truth)
    wanted = true[true["fraction_true"] >= smallest]
    keys = ["subject", "timepoint", *SITE]
    columns = [name for name in ("fraction", "fraction_low", "fraction_high") if name in clones]
    joined = wanted.merge(clones[[*keys, *columns]], on=keys, how="left").fillna(dict.fromkeys(columns, 0.0))
    ratio = joined["fraction"] / joined["fraction_true"]
    yield Metric("fraction_rms", float(np.sqrt(((ratio - 1) ** 2).mean())), len(joined))
    for value, rows in joined[joined["origin"] == "dominant"].groupby("fraction_true"):
        ratios = rows["fraction"] / rows["fraction_true"]
        yield Metric(f"ratio_{value:g}", float(ratios.mean()), len(rows))
        yield Metric(f"rms_{value:g}", float(np.sqrt(((ratios - 1) ** 2).mean())), len(rows))
    if "fraction_low" in joined:
        inside = joined["fraction_true"].between(joined["fraction_low"], joined["fraction_high"])
        yield share("interval_coverage", inside)
