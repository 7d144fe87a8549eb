"""How much DNA of each subject is in each specimen of another, and which shared sites that explains.

The two questions are answered in turn (expectation and maximisation). A site never speaks for itself: the carry-over that
its own call rests on is estimated from the pair's other sites.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from integrasite.config.calling import Calling
from integrasite.curate.likelihood import (
    Fit,
    Floats,
    Ints,
    add_misread,
    log_spectra,
    log_split_own,
    log_urn,
    upper_tail,
)
from integrasite.curate.sharing import KEY, PASS, Sharing

_STEPS = 30
_PAIR = ["site", "subject", "donor"]


@dataclass(frozen=True)
class Abundance:
    """Fragments of subjects and specimens.

    Attributes:
        at_site: `site, subject, n_fragments, n_reads` of the shared sites.
        by_specimen: `site, subject, specimen, n_fragments` of the shared sites.
        total: per subject, all fragments.
        n_sites: per subject, all sites (at least 1).
        of_specimen: per specimen, all fragments.
        spectra: subjects x k, log of the law of fragments per site.
    """

    at_site: pd.DataFrame
    by_specimen: pd.DataFrame
    total: Floats
    n_sites: Floats
    of_specimen: Floats
    spectra: Floats


def measure_abundance(sites: pd.DataFrame, shared: pd.DataFrame, sharing: Sharing) -> Abundance:
    """Count fragments of passing rows.

    Args:
        sites: tables `sites` of all subjects.
        shared: from `find_shared`.
        sharing: the libraries.
    """
    passing = sites.loc[sites["status"] == PASS, ["sample", *KEY, "n_fragments", "n_reads"]]
    sample = sharing.number(passing["sample"])
    counts = passing[[*KEY, "n_fragments", "n_reads"]].astype({"n_fragments": np.int64, "n_reads": np.int64})
    table = counts.assign(subject=sharing.subject[sample], specimen=sharing.specimen[sample])
    per_subject = table.groupby(["subject", *KEY], sort=True)[["n_fragments", "n_reads"]].sum().reset_index()
    n = len(sharing.subjects)
    spread = [
        per_subject.loc[per_subject["subject"] == number, "n_fragments"].to_numpy() for number in range(n)
    ]
    largest = int(per_subject["n_fragments"].max()) if len(per_subject) else 1
    at_site = per_subject.merge(shared, on=KEY)[["site", "subject", "n_fragments", "n_reads"]]
    by_specimen = (
        table.merge(shared, on=KEY).groupby(["site", "subject", "specimen"], sort=True)["n_fragments"].sum()
    )
    n_specimens = int(sharing.specimen.max(initial=-1)) + 1
    of_specimen = np.bincount(table["specimen"], table["n_fragments"], minlength=n_specimens)
    return Abundance(
        at_site.sort_values(["site", "subject"], ignore_index=True),
        by_specimen.reset_index(),
        np.array([found.sum() for found in spread], np.float64),
        np.array([max(found.size, 1) for found in spread], np.float64),
        of_specimen.astype(np.float64),
        log_spectra(spread, largest),
    )


@dataclass(frozen=True)
class CarryOver:
    """What shared sites say of the origin of fragments.

    Attributes:
        pairs: `site, subject, donor` with `log_ratio` (the subject's fragments are the donor's, against all other
            explanations), `is_copied` (most of them by copies of molecules), `is_guarded` (too many for the donor's
            carry-over to explain, so never set aside); numbers as in `Sharing`.
        rates: `specimen, donor, shape, rate`: gamma law of the fragments in the specimen per fragment of the donor; pairs
            without a shared site are not listed.
    """

    pairs: pd.DataFrame
    rates: pd.DataFrame


def _look_up(wanted: pd.DataFrame, values: pd.DataFrame, column: str) -> Floats:
    """A value for each row of `wanted`, whose columns are keys in the order of the first columns of `values`."""
    keys = list(values.columns[: wanted.shape[1]])
    found = pd.Series(values[column].to_numpy(np.float64), index=pd.MultiIndex.from_frame(values[keys]))
    result: Floats = found.reindex(pd.MultiIndex.from_frame(wanted)).to_numpy(np.float64)
    return result


def _positions(wanted: pd.DataFrame, among: pd.DataFrame) -> Ints:
    """Row of `among` that holds each row of `wanted`; -1 where none does."""
    found: Ints = (
        pd.MultiIndex.from_frame(among).get_indexer(pd.MultiIndex.from_frame(wanted)).astype(np.int64)
    )
    return found


def _log_spread(parts: pd.DataFrame, keys: list[str], column: str, abundance: Abundance) -> pd.DataFrame:
    """How likely a clone's fragments fall into the subject's specimens as they do: `keys, spread`."""
    share = abundance.of_specimen[parts["specimen"]] / np.maximum(abundance.total[parts["subject"]], 1)
    terms = parts.assign(spread=log_split_own(parts[column].to_numpy(np.int64), share))
    summed = terms.groupby(keys, sort=True)[["spread", column]].sum().reset_index()
    return summed.assign(spread=summed["spread"] - log_urn(summed[column].to_numpy(np.int64)))


class _Model:
    """The parts of the likelihood that stay while the carry-over is estimated."""

    def __init__(self, rows: pd.DataFrame, abundance: Abundance, sharing: Sharing, calling: Calling) -> None:
        self.calling = calling
        weighted = rows.assign(p_alike=rows["p_alike"] * rows["n_fragments"])
        columns = ["n_fragments", "n_copies", "n_fresh", "expected", "p_alike", "log_reads"]
        pairs = weighted.groupby(_PAIR, sort=True)[columns].sum().reset_index()
        self.pairs = pairs.assign(p_alike=pairs["p_alike"] / pairs["n_fragments"])
        parts = rows.groupby([*_PAIR, "specimen"], sort=True)[["n_copies", "n_fresh", "expected"]].sum()
        self.parts = parts.reset_index()
        self.pair = _positions(self.parts[_PAIR], self.pairs[_PAIR])
        self.mirror = _positions(self.pairs[["site", "donor", "subject"]], self.pairs[_PAIR])
        self.links = (
            self.parts[["specimen", "donor", "subject"]].drop_duplicates().sort_values(["specimen", "donor"])
        )
        self.link = _positions(self.parts[["specimen", "donor"]], self.links[["specimen", "donor"]])
        couples = self.links[["subject", "donor"]].drop_duplicates()
        self.n_couples = len(couples)
        self.link_couple = _positions(self.links[["subject", "donor"]], couples)
        self.pair_couple = _positions(self.pairs[["subject", "donor"]], couples)
        odds = calling.copy_error / (1 - calling.copy_error)
        self.misread = odds * self.pairs[["n_copies", "expected"]].max(axis=1).to_numpy(np.float64)
        self.part_misread = odds * self.parts[["n_copies", "expected"]].max(axis=1).to_numpy(np.float64)
        fresh = self.parts["n_fresh"].to_numpy(np.float64)
        self.part_carried = fresh / (
            1 - self.pairs["p_alike"].to_numpy()[self.pair]
        )  # some only look like copies
        self.spread_own = _look_up(
            self.pairs[_PAIR], _log_spread(self.parts, _PAIR, "n_fresh", abundance), "spread"
        )
        self._describe_donors(abundance, sharing)
        self.fit = Fit(
            self.pairs["n_copies"].to_numpy(np.int64), self.pairs["n_fresh"].to_numpy(np.int64),
            self.pairs["expected"].to_numpy(np.float64), self.pairs["p_alike"].to_numpy(np.float64),
            self.pairs["log_reads"].to_numpy(np.float64), self.pairs["subject"].to_numpy(np.int64), abundance.spectra,
        )  # fmt: skip

    def _describe_donors(self, abundance: Abundance, sharing: Sharing) -> None:
        """Donors' fragments, and how likely recipient and donor have a clone there that shows what is seen."""
        pairs, at_site = self.pairs, abundance.at_site
        donor = pairs["donor"].to_numpy()
        self.theta = _look_up(pairs[["site", "donor"]], at_site, "n_fragments")
        self.donor_rate = 1.0 + abundance.total[donor] - self.theta
        self.link_rate = 1.0 + abundance.total[self.links["donor"].to_numpy()]
        log_prior = np.log(abundance.n_sites / self.calling.effective_genome)
        self.log_prior = log_prior[pairs["subject"].to_numpy()]
        k, owner = at_site["n_fragments"].to_numpy(np.int64), at_site["subject"].to_numpy()
        spread = _log_spread(abundance.by_specimen, ["site", "subject"], "n_fragments", abundance)
        plain = at_site.assign(plain=log_prior[owner] + abundance.spectra[owner, k])
        plain["plain"] += _look_up(at_site[["site", "subject"]], spread, "spread")
        self.plain_recipient = _look_up(pairs[["site", "subject"]], plain, "plain")
        self.plain_donor = _look_up(pairs[["site", "donor"]], plain, "plain")
        specimens = pd.DataFrame({"subject": sharing.subject, "specimen": sharing.specimen}).drop_duplicates()
        n = np.bincount(specimens["subject"], minlength=len(sharing.subjects))
        self.n_specimens = n[pairs["subject"].to_numpy()].astype(np.float64)

    def shapes(self, carried: Floats) -> tuple[Floats, Floats, Floats]:
        """Shapes of the carry-over's gamma laws, from the fragments of each part that are put down to it.

        Returns:
            `(per link, per part, per pair)`: of specimen and donor by all their sites; the same without the part's own
            site; and of subject and donor (the sum over the subject's specimens) without the pair's own site.
        """
        a = self.calling.carryover_prior
        summed = np.bincount(self.link, carried, minlength=len(self.links))
        own = np.bincount(self.pair, carried, minlength=len(self.pairs))
        whole = np.bincount(self.link_couple, summed, minlength=self.n_couples)[self.pair_couple]
        rest: Floats = a + np.maximum(summed[self.link] - carried, 0)
        pair: Floats = a * self.n_specimens + np.maximum(whole - own, 0)
        return (a + summed).astype(np.float64), rest, pair

    def judge(self, carried: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Weigh the explanations of every pair.

        Returns:
            `(log_ratio, copied, part share, mean, size)`: see `CarryOver`; log share of explanations by copies; share of
            each part's fragments that carry-over explains; and the law of fragments that are no copies.
        """
        _, part_shape, pair_shape = self.shapes(carried)
        scale = self.theta / self.donor_rate
        mean, size = add_misread(pair_shape * scale, pair_shape * scale**2, self.misread)
        foreign, own, copied = self.fit.evaluate(mean, size)
        part_mean = part_shape * scale[self.pair]
        fresh = self.parts["n_fresh"].to_numpy(np.float64)
        per_part = np.log((part_mean + self.part_misread) / (mean)[self.pair])
        foreign = foreign + np.bincount(self.pair, fresh * np.minimum(per_part, 0), minlength=mean.size)
        own = own + self.spread_own + self.log_prior
        has_mirror = self.mirror >= 0
        back = np.where(has_mirror, self.mirror, 0)
        donated = self.plain_donor + foreign
        both = self.plain_donor + own
        received = np.where(has_mirror, self.plain_recipient + foreign[back], -np.inf)
        ratio = donated - np.maximum(both, received)
        return ratio, copied, part_mean / (part_mean + self.part_misread), mean, size


def estimate_carryover(
    rows: pd.DataFrame, abundance: Abundance, sharing: Sharing, calling: Calling
) -> CarryOver:
    """Estimate the carry-over between subjects and weigh the origin of every shared site.

    Args:
        rows: from `compare_fragments`, with `specimen`, `n_fresh` and `log_reads`.
        abundance: of the same sites.
        sharing: the libraries.
        calling: thresholds.
    """
    model = _Model(rows, abundance, sharing, calling)
    carried = 0.5 * model.part_carried
    for _ in range(_STEPS):
        ratio, copied, share, mean, size = model.judge(carried)
        probability = expit(ratio)[model.pair] * share
        carried = probability * model.part_carried
    ratio, copied, share, mean, size = model.judge(carried)
    fresh = model.pairs["n_fresh"].to_numpy(np.int64)
    is_unexplained = upper_tail(fresh, mean, size) < calling.sharing_guard_tail
    pairs = model.pairs[[*_PAIR, "n_fragments", "n_copies"]].assign(
        log_ratio=ratio,
        is_copied=copied > np.log(0.5),
        is_guarded=(fresh >= calling.sharing_guard_fragments) & is_unexplained,
    )
    rates = model.links.assign(shape=model.shapes(carried)[0], rate=model.link_rate)
    return CarryOver(pairs, rates.reset_index(drop=True))
