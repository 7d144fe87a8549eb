"""Sites that several subjects have: which fragments they show there, and which of these are copies of one another.

Fragments are compared by breakpoint and UMI, and without UMIs by breakpoint and number of reads: a read that took
another library's index shows a fragment of that library, and nearly always only once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import poisson

from integrasite.config.calling import Calling

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Counts = Mapping[str, tuple[Ints, Ints]]
"""By sample: fragments by length, and by number of reads."""

KEY = ["contig", "position", "strand"]
"""What makes two rows one site. A multihit stands at the best place of its cluster."""
PASS = "pass"
MOST_READS = 200
"""Fragments with more reads are counted as having so many."""
_SMOOTHING = 10
"""Half width of the window over which the law of fragment lengths is averaged, bp."""
_POOLED_WEIGHT = 50.0
"""Fragments that the law of all libraries weighs in each library's own."""
_LIKELY = 0.999
"""A copy has more reads than this quantile says in one of a thousand cases."""


@dataclass(frozen=True)
class LibraryFacts:
    """What the comparison needs to know of a library.

    Attributes:
        sample: its id.
        subject: whose it is.
        specimen: the DNA that it was made of.
        source: name of the files that it came in.
        run: the sheet's run; "" where it says none.
        vector_end: the end that its junction reads start in.
        umi_length: bases of its UMI; 0 where there is none that is long enough to count molecules.
        is_sheared: whether breakpoints are random.
        can_donate: whether it may be the origin of a site: not a control.
        hop_rate: share of a library's reads that carry this library's index by mistake.
    """

    sample: str
    subject: str
    specimen: str
    source: str
    run: str
    vector_end: str
    umi_length: int
    is_sheared: bool
    can_donate: bool
    hop_rate: float


@dataclass(frozen=True)
class Profiles:
    """Laws of the libraries, in the order of `Sharing.libraries`.

    Attributes:
        lengths: libraries x (longest + 1), probability of each fragment length (bp); all 1 where not sheared.
        reads: libraries x (`MOST_READS` + 1), probability that a fragment has at most so many reads.
        mean_reads: per library, reads per fragment.
    """

    lengths: Floats
    reads: Floats
    mean_reads: Floats


def find_shared(sites: pd.DataFrame) -> pd.DataFrame:
    """Places of passing rows that two or more subjects have: `contig, position, strand, site`, numbered in order."""
    places = sites.loc[sites["status"] == PASS, ["subject", *KEY]].drop_duplicates()
    n_subjects = places.groupby(KEY, sort=True).size()
    shared = n_subjects[n_subjects > 1].reset_index()[KEY]
    return shared.assign(site=np.arange(len(shared)))


def count_fragments(fragments: pd.DataFrame) -> Counts:
    """Passing fragments of each sample by length and by reads."""
    passing = fragments[fragments["status"] == PASS]
    found = {}
    for sample, rows in passing.groupby("sample"):
        reads = np.minimum(rows["n_reads"].to_numpy(np.int64), MOST_READS)
        found[str(sample)] = (
            np.bincount(rows["length"].to_numpy(np.int64)).astype(np.int64),
            np.bincount(reads, minlength=MOST_READS + 1).astype(np.int64),
        )
    return found


def _smooth(counts: Floats) -> Floats:
    window = np.ones(2 * _SMOOTHING + 1)
    law: Floats = np.convolve(counts, window, mode="same") + 1e-3
    law[0] = 0.0
    law /= law.sum()
    return law


def make_profiles(libraries: Iterable[LibraryFacts], counts: Counts) -> Profiles:
    """Laws of fragment lengths and reads; a library with few fragments leans on all of them together."""
    rows = list(libraries)
    longest = max([1, *(lengths.size - 1 for lengths, _ in counts.values())])
    lengths, reads = np.zeros((len(rows), longest + 1)), np.zeros((len(rows), MOST_READS + 1))
    for number, library in enumerate(rows):
        if library.sample in counts:
            of_length, of_reads = counts[library.sample]
            lengths[number, : of_length.size] = of_length
            reads[number] = of_reads
    lengths[:, 0] = 0
    pooled_reads = reads.sum(axis=0) + 1e-3
    reads = reads + _POOLED_WEIGHT * pooled_reads / pooled_reads.sum()
    pooled = _smooth(lengths.sum(axis=0))
    laws = np.ones_like(lengths)
    for number, library in enumerate(rows):
        if library.is_sheared:
            n = lengths[number].sum()
            laws[number] = (n * _smooth(lengths[number]) + _POOLED_WEIGHT * pooled) / (n + _POOLED_WEIGHT)
    share = reads / reads.sum(axis=1, keepdims=True)
    return Profiles(laws, np.cumsum(share, axis=1), share @ np.arange(MOST_READS + 1))


@dataclass(frozen=True)
class Sharing:
    """The libraries of the run as arrays, with what decides whether one can show copies of another's molecules.

    Attributes:
        libraries: in order of their names; numbers of samples are places in it.
        subjects: names in order; numbers of subjects are places in it.
        subject: number of each library's subject.
        specimen: number of each library's specimen.
        weight: libraries x libraries (recipient, donor): 0 where the vector ends differ, 1 within a run,
            `other_run_factor` between runs.
        hop_rate: per library, see `LibraryFacts`.
        umi_length: per library.
    """

    libraries: tuple[LibraryFacts, ...]
    subjects: tuple[str, ...]
    subject: Ints
    specimen: Ints
    weight: Floats
    hop_rate: Floats
    umi_length: Ints

    @classmethod
    def of(cls, libraries: Iterable[LibraryFacts], calling: Calling) -> "Sharing":
        """Number libraries, subjects and specimens by name."""
        rows = tuple(sorted(libraries, key=lambda library: library.sample))
        subjects = tuple(sorted({row.subject for row in rows}))
        specimens = sorted({(row.subject, row.specimen) for row in rows})
        same = np.array([[_copies_pass(a, b, calling) for a in rows] for b in rows], np.float64)
        return cls(
            rows,
            subjects,
            np.array([subjects.index(row.subject) for row in rows], np.int64),
            np.array([specimens.index((row.subject, row.specimen)) for row in rows], np.int64),
            same.reshape(len(rows), len(rows)),
            np.array([row.hop_rate for row in rows]),
            np.array([row.umi_length for row in rows], np.int64),
        )

    def number(self, samples: "pd.Series[str]") -> Ints:
        """Numbers of samples."""
        order = {row.sample: number for number, row in enumerate(self.libraries)}
        return samples.map(order).to_numpy(np.int64).astype(np.int64)


def _copies_pass(donor: LibraryFacts, recipient: LibraryFacts, calling: Calling) -> float:
    if donor.vector_end != recipient.vector_end:
        return 0.0
    is_same = (
        donor.source == recipient.source or donor.run == recipient.run or not (donor.run and recipient.run)
    )
    return 1.0 if is_same else calling.other_run_factor


def number_fragments(fragments: pd.DataFrame, shared: pd.DataFrame, sharing: Sharing) -> pd.DataFrame:
    """Passing fragments at shared sites as numbers: `site, sample, subject, length, umi (-1: none), n_reads`."""
    rows = fragments[fragments["status"] == PASS].merge(shared, on=KEY)
    sample = sharing.number(rows["sample"])
    umi = pd.factorize(rows["umi"].where(rows["umi"] != "", None), sort=True)[0].astype(np.int64)
    table = pd.DataFrame(
        {
            "site": rows["site"].to_numpy(np.int64),
            "sample": sample,
            "subject": sharing.subject[sample],
            "length": rows["length"].to_numpy(np.int64),
            "umi": umi,
            "n_reads": rows["n_reads"].to_numpy(np.int64),
        }
    )
    return table.sort_values(list(table.columns), kind="stable", ignore_index=True)


def compare_fragments(
    fragments: pd.DataFrame, sharing: Sharing, profiles: Profiles, calling: Calling
) -> pd.DataFrame:
    """Hold each library's fragments at a shared site against those of every other subject that may be their origin.

    Args:
        fragments: from `number_fragments`.
        sharing: the libraries.
        profiles: their laws.
        calling: thresholds.

    Returns:
        One row per site, recipient library and donor subject (numbers): `site, sample, subject, donor, n_fragments,
        n_reads`; `n_copies` and their reads `copied_reads`; `extra_reads`, the reads beyond the first that copies
        should have; `expected`, the copies that hopping should bring; `p_alike`, the chance that a fragment of the
        recipient's own looks like a copy; `donor_sample`, the library that has most of the copies (-1: none).
    """
    can_donate = np.array([library.can_donate for library in sharing.libraries], bool)
    donors = fragments[can_donate[fragments["sample"].to_numpy()]]
    rows = fragments.groupby(["site", "sample"], sort=True)
    table = rows["n_reads"].agg(n_fragments="size", n_reads="sum").reset_index()
    table["subject"] = sharing.subject[table["sample"].to_numpy()]
    origins = donors[["site", "subject"]].drop_duplicates().rename(columns={"subject": "donor"})
    table = table.merge(origins, on="site")
    table = table[table["donor"] != table["subject"]]
    key = ["site", "sample", "donor"]
    chances = _chances(table[key], donors, sharing, profiles, calling)
    copies = _copies(fragments, donors, sharing, calling)
    table = table.merge(chances, on=key, how="left").merge(copies, on=key, how="left")
    table["donor_sample"] = table["donor_sample"].fillna(-1).astype(np.int64)
    counts = ["n_copies", "copied_reads"]
    table[counts] = table[counts].fillna(0).astype(np.int64)
    table[["extra_reads", "expected"]] = table[["extra_reads", "expected"]].fillna(0.0)
    table["p_alike"] = table["p_alike"].fillna(0.0).clip(1e-12, 0.98)
    return table.sort_values(key, kind="stable", ignore_index=True)


def most_reads(rate: Floats) -> Floats:
    """Reads that a copy has at most, where so many are expected."""
    limit: Floats = np.maximum(poisson.ppf(_LIKELY, rate), 1.0)
    return limit


def _chances(
    pairs: pd.DataFrame, donors: pd.DataFrame, sharing: Sharing, profiles: Profiles, calling: Calling
) -> pd.DataFrame:
    """Copies that hopping should bring, and the chance of a fragment to look like one."""
    by = ["site", "subject", "sample", "length"]
    bins = donors.groupby(by, sort=True)["n_reads"].agg(n="size", reads="sum").reset_index()
    bins = bins.rename(columns={"subject": "donor", "sample": "origin"})
    cross = pairs.merge(bins, on=["site", "donor"])
    to, origin = cross["sample"].to_numpy(), cross["origin"].to_numpy()
    weight, n = sharing.weight[to, origin], cross["n"].to_numpy(np.float64)
    rate = sharing.hop_rate[to] * weight * cross["reads"].to_numpy(np.float64)
    cross["rate"], cross["expected"] = rate, n * -np.expm1(-rate / n)
    length = cross["length"].to_numpy()
    law = profiles.lengths[to, np.minimum(length, profiles.lengths.shape[1] - 1)]
    umi = np.minimum(sharing.umi_length[to], sharing.umi_length[origin])
    near = np.where(length > 0, np.minimum(law * (2 * calling.breakpoint_jitter + 1), 1.0), 1.0)
    is_possible, is_tagged = weight > 0, umi > 0
    cross["by_umi"] = np.where(is_possible & is_tagged, n * near * 0.25**umi, 0.0)
    key = ["site", "sample", "donor"]
    found = cross.groupby(key, sort=True)[["expected", "by_umi"]].sum()
    plain = cross.assign(law=law)[is_possible & ~is_tagged & (length > 0)]
    by_length = plain.groupby([*key, "length"], sort=True).agg(rate=("rate", "sum"), law=("law", "first"))
    by_length = by_length.reset_index()
    few = np.minimum(most_reads(by_length["rate"].to_numpy()), MOST_READS).astype(np.int64)
    by_length["alike"] = by_length["law"] * profiles.reads[by_length["sample"].to_numpy(), few]
    alike = by_length.groupby(key, sort=True)["alike"].sum()
    found["p_alike"] = alike.reindex(found.index).fillna(0.0) - np.expm1(-found["by_umi"])
    return found.drop(columns="by_umi").reset_index()


def _copies(
    fragments: pd.DataFrame, donors: pd.DataFrame, sharing: Sharing, calling: Calling
) -> pd.DataFrame:
    """Fragments that look like copies of a donor's, per site, recipient library and donor subject."""
    theirs = donors.rename(columns={"sample": "origin", "subject": "donor", "n_reads": "origin_reads"})
    ours = fragments.assign(fragment=np.arange(len(fragments)))
    has_umi, theirs_have = ours["umi"] >= 0, theirs["umi"] >= 0
    tagged = ours[has_umi].merge(theirs[theirs_have], on=["site", "umi"], suffixes=("", "_origin"))
    shift = (tagged["length"] - tagged["length_origin"]).abs()
    unknown = (tagged["length"] == 0) | (tagged["length_origin"] == 0)
    tagged = tagged[(shift <= calling.breakpoint_jitter) | unknown]
    bare, known = ours["length"] > 0, theirs["length"] > 0
    on_length = ["site", "length"]
    plain = pd.concat(
        [
            ours[bare & ~has_umi].merge(theirs[known], on=on_length, suffixes=("", "_origin")),
            ours[bare & has_umi].merge(theirs[known & ~theirs_have], on=on_length, suffixes=("", "_origin")),
        ],
        ignore_index=True,
    )
    columns = ["fragment", "site", "sample", "subject", "donor", "origin", "n_reads", "origin_reads"]
    both = pd.concat([tagged.assign(is_tagged=True), plain.assign(is_tagged=False)], ignore_index=True)
    both = both.loc[both["subject"] != both["donor"], [*columns, "is_tagged"]]
    to, origin = both["sample"].to_numpy(np.int64), both["origin"].to_numpy(np.int64)
    weight = sharing.weight[to, origin]
    both = both.assign(rate=sharing.hop_rate[to] * weight * both["origin_reads"].to_numpy(np.float64))[
        weight > 0
    ]
    ranked = both.sort_values(["fragment", "donor", "rate", "origin"], ascending=[True, True, False, True])
    grouped = ranked.groupby(["fragment", "donor"], sort=True)
    found = grouped.agg(
        site=("site", "first"), sample=("sample", "first"), n_reads=("n_reads", "first"), rate=("rate", "sum"),
        origin=("origin", "first"), is_tagged=("is_tagged", "max"),
    ).reset_index()  # fmt: skip
    rate = found["rate"].to_numpy(np.float64)
    found = found[found["is_tagged"] | (found["n_reads"] <= most_reads(rate))]
    rate = np.maximum(found["rate"].to_numpy(np.float64), 1e-9)
    found = found.assign(extra=rate / -np.expm1(-rate) - 1)
    key = ["site", "sample", "donor"]
    votes = found.groupby([*key, "origin"], sort=True).size().rename("votes").reset_index()
    best = votes.sort_values([*key, "votes", "origin"], ascending=[True, True, True, False, True])
    best = best.drop_duplicates(key).set_index(key)["origin"].rename("donor_sample")
    summed = found.groupby(key, sort=True).agg(
        n_copies=("n_reads", "size"), copied_reads=("n_reads", "sum"), extra_reads=("extra", "sum")
    )
    joined: pd.DataFrame = summed.join(best).reset_index()
    return joined
