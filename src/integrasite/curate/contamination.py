"""Sites that several subjects have: whose they are, and what is done with the rows of those who do not have them.

See docs/methods.md for the model. Rows are never removed: they get a status and a reason.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import gamma, poisson

from integrasite.config.calling import Calling
from integrasite.curate.carryover import CarryOver, estimate_carryover, measure_abundance
from integrasite.curate.likelihood import log_copied_reads
from integrasite.curate.sharing import (
    KEY,
    PASS,
    Counts,
    LibraryFacts,
    Profiles,
    Sharing,
    compare_fragments,
    find_shared,
    make_profiles,
    number_fragments,
)
from integrasite.curate.verdicts import KEPT, REASSIGNED, SET_ASIDE
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import CONTAMINATION, CONTAMINATION_PAIRS

_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Contamination:
    """The tables `contamination` and `contamination_pairs`."""

    calls: pd.DataFrame
    pairs: pd.DataFrame


def classify_sharing(
    sites: pd.DataFrame,
    fragments: pd.DataFrame,
    counts: Counts,
    libraries: Iterable[LibraryFacts],
    calling: Calling,
) -> Contamination:
    """Decide for every row of a site that another subject has too whether it is that subject's own.

    Args:
        sites: tables `sites` of all subjects.
        fragments: tables `fragments`, at least the rows at shared sites (`find_shared`).
        counts: all fragments of every library, from `count_fragments`.
        libraries: all libraries of the study.
        calling: thresholds.
    """
    sharing = Sharing.of(libraries, calling)
    shared = find_shared(sites)
    numbered = number_fragments(fragments, shared, sharing)
    if not len(numbered):
        return Contamination(empty_table(CONTAMINATION), empty_table(CONTAMINATION_PAIRS))
    profiles = make_profiles(sharing.libraries, counts)
    rows = _describe_rows(compare_fragments(numbered, sharing, profiles, calling), sharing, profiles)
    abundance = measure_abundance(sites, shared, sharing)
    if not len(rows):  # shared among controls only
        return Contamination(
            empty_table(CONTAMINATION), _pair_table(sites, None, sharing, abundance.of_specimen, calling)
        )
    carryover = estimate_carryover(rows, abundance, sharing, calling)
    verdicts = _choose_donors(carryover.pairs, abundance.at_site, calling)
    calls = _call_table(verdicts, rows, sites, shared, sharing)
    return Contamination(calls, _pair_table(sites, carryover, sharing, abundance.of_specimen, calling))


def _describe_rows(rows: pd.DataFrame, sharing: Sharing, profiles: Profiles) -> pd.DataFrame:
    sample = rows["sample"].to_numpy()
    copies, reads, extra = (
        rows[name].to_numpy(np.float64) for name in ("n_copies", "copied_reads", "extra_reads")
    )
    log_reads = log_copied_reads(copies, reads, extra, profiles.mean_reads[sample])
    return rows.assign(
        specimen=sharing.specimen[sample], n_fresh=rows["n_fragments"] - rows["n_copies"], log_reads=log_reads
    )


def _choose_donors(pairs: pd.DataFrame, at_site: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """One donor and one call per site and subject.

    A donor whose own fragments there are another's is passed over where there is one whose are not. Somebody has to be the
    origin: where all subjects of a site would be called contaminated, all are ambiguous.
    """
    threshold = calling.sharing_log_odds
    held = at_site.rename(columns={"subject": "donor", "n_fragments": "held", "n_reads": "held_reads"})
    table = pairs.merge(held, on=["site", "donor"])
    table["is_foreign"] = (table["log_ratio"] > threshold) & ~table["is_guarded"]
    gone = table[table["is_foreign"]].groupby(["site", "subject"]).size().rename("n_gone").reset_index()
    table = table.merge(gone.rename(columns={"subject": "donor"}), on=["site", "donor"], how="left")
    table["is_gone"] = table["n_gone"].notna()
    table = table.sort_values(
        ["site", "subject", "is_gone", "log_ratio", "held", "held_reads", "donor"],
        ascending=[True, True, True, False, False, False, True], kind="stable",
    )  # fmt: skip
    best = table.drop_duplicates(["site", "subject"]).reset_index(drop=True)
    foreign = best["is_foreign"] & ~best["is_gone"]
    call = np.where(best["is_copied"], "hop", "dna_carryover")
    doubtful = best["log_ratio"] >= -threshold
    call = np.where(foreign, call, np.where(doubtful, "ambiguous", "independent"))
    n_left = (~foreign).groupby(best["site"]).transform("sum") + _n_never_judged(best, at_site)
    return best.assign(call=np.where(foreign & (n_left == 0), "ambiguous", call))


def _n_never_judged(best: pd.DataFrame, at_site: pd.DataFrame) -> "pd.Series[int]":
    """Subjects of each row's site that have no possible donor there."""
    n_all = at_site.groupby("site").size().reindex(best["site"]).to_numpy()
    return pd.Series(n_all - best.groupby("site")["subject"].transform("size").to_numpy(), index=best.index)


def _call_table(
    verdicts: pd.DataFrame, rows: pd.DataFrame, sites: pd.DataFrame, shared: pd.DataFrame, sharing: Sharing
) -> pd.DataFrame:
    """The table `contamination`: the subject's verdict on each of its rows, with the donor's likeliest library."""
    names, subjects = [row.sample for row in sharing.libraries], np.array(sharing.subjects, dtype=object)
    passing = sites[sites["status"] == PASS].merge(shared, on=KEY)
    passing = passing.assign(number=sharing.number(passing["sample"]))
    found = rows.merge(
        verdicts[["site", "subject", "donor", "call", "log_ratio"]], on=["site", "subject", "donor"]
    )
    held = passing.groupby(["site", "number"], sort=True)["n_fragments"].sum().rename("n_fragments_in_donor")
    best = _likeliest_library(found, held.reset_index(), sharing)
    columns = ["site", "sample", "donor", "call", "log_ratio", "n_copies", "origin", "n_fragments_in_donor"]
    table = passing.merge(
        best[columns].rename(columns={"sample": "number", "n_copies": "copies"}), on=["site", "number"]
    )
    action = {"hop": REASSIGNED, "dna_carryover": SET_ASIDE}
    described = pd.DataFrame(
        {
            **{
                name: table[name] for name in ("site_id", "sample", "subject", "placement", "n_reads", "call")
            },
            "donor_sample": [names[number] for number in table["origin"]],
            "donor_subject": subjects[table["donor"].to_numpy()],
            "log_likelihood_ratio": table["log_ratio"],
            "n_fragments": table["n_fragments"],
            "n_fragments_in_donor": table["n_fragments_in_donor"],
            "n_copies": table["copies"].clip(upper=table["n_fragments"].astype(np.int64)),
            "action": table["call"].map(action).fillna(KEPT),
        }
    )
    described["reason"] = [_say(row) for row in described.to_dict("records")]
    return as_table(described, CONTAMINATION)


def _likeliest_library(found: pd.DataFrame, held: pd.DataFrame, sharing: Sharing) -> pd.DataFrame:
    """Add `origin`, the donor's library with most copies, else the nearest (by run) with most fragments."""
    held = held.rename(columns={"number": "origin"}).assign(
        owner=lambda frame: sharing.subject[frame["origin"]]
    )
    choices = found.merge(held.rename(columns={"owner": "donor"}), on=["site", "donor"])
    choices["has_copies"] = choices["donor_sample"] == choices["origin"]
    choices["weight"] = sharing.weight[choices["sample"].to_numpy(), choices["origin"].to_numpy()]
    choices = choices.sort_values(
        ["site", "sample", "has_copies", "weight", "n_fragments_in_donor", "origin"],
        ascending=[True, True, False, False, False, True], kind="stable",
    )  # fmt: skip
    return choices.drop_duplicates(["site", "sample"])


def _say(row: Mapping[Hashable, object]) -> str:
    where = f"{row['donor_sample']} of {row['donor_subject']}"
    if row["call"] == "hop":
        return f"copies of molecules of {where}: {row['n_copies']} of {row['n_fragments']} fragments"
    if row["call"] == "dna_carryover":
        return f"also in {where} ({row['n_fragments_in_donor']} fragments), whose DNA got into this specimen"
    return f"also in {where}: ambiguous" if row["call"] == "ambiguous" else ""


def _pair_table(
    sites: pd.DataFrame,
    carryover: CarryOver | None,
    sharing: Sharing,
    of_specimen: np.ndarray,
    calling: Calling,
) -> pd.DataFrame:
    """The table `contamination_pairs`: libraries of two subjects that share sites, and whether these are too many."""
    passing = sites.loc[sites["status"] == PASS, ["sample", *KEY]].drop_duplicates()
    passing = passing.assign(number=sharing.number(passing["sample"]))
    n_sites = np.bincount(passing["number"], minlength=len(sharing.libraries))
    common = passing[passing.duplicated(KEY, keep=False)]
    joined = common.merge(common, on=KEY, suffixes=("", "_donor"))
    owner = sharing.subject
    joined = joined[owner[joined["number"].to_numpy()] != owner[joined["number_donor"].to_numpy()]]
    table = joined.groupby(["number", "number_donor"], sort=True).size().rename("observed").reset_index()
    here, there = table["number"].to_numpy(), table["number_donor"].to_numpy()
    expected = n_sites[here] * n_sites[there] / calling.effective_genome
    libraries = sharing.libraries
    described = table.assign(
        sample=[libraries[number].sample for number in here],
        donor_sample=[libraries[number].sample for number in there],
        subject=[libraries[number].subject for number in here],
        donor_subject=[libraries[number].subject for number in there],
        n_sites=n_sites[here],
        n_sites_donor=n_sites[there],
        expected=expected,
        p=poisson.sf(table["observed"].to_numpy() - 1, expected),
    )
    if carryover is not None:
        described = described.assign(specimen=sharing.specimen[here], donor=owner[there])
        described = described.merge(
            _carried(carryover, of_specimen, calling), on=["specimen", "donor"], how="left"
        )
    return as_table(described, CONTAMINATION_PAIRS)


def _carried(carryover: CarryOver, of_specimen: np.ndarray, calling: Calling) -> pd.DataFrame:
    """Share of each specimen's fragments that are the donor's DNA, with a 95 % interval."""
    rates = carryover.rates
    shape, rate = rates["shape"].to_numpy(np.float64), rates["rate"].to_numpy(np.float64)
    scale = (rate - 1) / rate / np.maximum(of_specimen[rates["specimen"].to_numpy()], 1)
    low, high = (gamma.ppf(q, shape) * scale for q in _INTERVAL)
    estimate = np.maximum(shape - calling.carryover_prior, 0) * scale
    return rates[["specimen", "donor"]].assign(
        carry_over=np.minimum(estimate, 1),
        carry_over_low=np.minimum(low, estimate),
        carry_over_high=np.minimum(high, 1),
    )
