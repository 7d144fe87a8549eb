"""Fragment tables of a run with two or more subjects, made without reads: clones, hops, foreign DNA, chance-shared sites."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from integrasite.curate.sharing import LibraryFacts
from integrasite.model.sites import site_label

KEY = ["contig", "position", "strand"]


@dataclass(frozen=True)
class Toy:
    """A run; `truth` has `sample, site_id, n_own, n_foreign, n_hop` of every row of `sites`."""

    sites: pd.DataFrame
    fragments: pd.DataFrame
    libraries: list[LibraryFacts]
    truth: pd.DataFrame


@dataclass(frozen=True)
class Design:
    """What a toy run is made of; rates are fractions."""

    subjects: tuple[str, ...] = ("P1", "P2")
    replicates: int = 2
    n_clones: int = 300
    n_molecules: int = 500
    dominant: dict[str, float] = field(default_factory=dict)  # share of the first clone
    n_shared: int = 0  # clones that the second subject has at sites of the first
    depth: float = 7.0
    hop: float = 0.0  # of all reads
    carry: dict[tuple[str, str], float] = field(
        default_factory=dict
    )  # (donor, recipient) -> share of molecules
    umi: int = 12
    umi_error: float = 0.01
    jitter: float = 0.01
    sheared: bool = True
    ntc: int = 0


def _shares(design: Design, subject: str, rng: np.random.Generator) -> np.ndarray:
    sizes = rng.lognormal(0, 1, design.n_clones)
    top = design.dominant.get(subject, 0.0)
    sizes[0] = 0 if top else sizes[0]
    shares: np.ndarray = sizes / sizes.sum() * (1 - top)
    shares[0] = top or shares[0]
    return shares


def make_toy(design: Design, seed: int, assumed_hop: float = 0.001) -> Toy:
    """Draw a run."""
    rng = np.random.default_rng(seed)
    n = len(design.subjects)
    place = rng.choice(2_000_000, n * design.n_clones, replace=False).reshape(n, -1) + 1
    chosen = rng.choice(np.arange(1, design.n_clones), design.n_shared, replace=False)
    slots = rng.choice(np.arange(1, design.n_clones), design.n_shared, replace=False)
    if design.n_shared:
        place[1, slots] = place[0, chosen]
    shares = [_shares(design, subject, rng) for subject in design.subjects]
    names = [(s, r) for s in range(n) for r in range(design.replicates)] + [
        (-1, r) for r in range(design.ntc)
    ]
    parts = []
    for library, (subject, _) in enumerate(names):
        if subject < 0:
            continue
        own = rng.poisson(design.n_molecules * rng.uniform(0.7, 1.3))
        origin = np.full(own, subject)
        for (donor, recipient), rate in design.carry.items():
            if recipient == design.subjects[subject]:
                origin[rng.random(own) < rate] = design.subjects.index(donor)
        clone = np.empty(own, np.int64)
        for who in range(n):
            clone[origin == who] = rng.choice(design.n_clones, (origin == who).sum(), p=shares[who])
        parts.append(pd.DataFrame({"library": library, "who": origin, "position": place[origin, clone]}))
    made = pd.concat(parts, ignore_index=True)
    m = len(made)
    made["length"] = np.clip(rng.gamma(4.3, 58, m).astype(int), 25, 1500)
    if not design.sheared:
        made["length"] = 40 + made["position"] % 300
    made["umi"] = rng.integers(0, 4**design.umi, m) if design.umi else -1
    made["cause"] = np.where(
        made["who"] == np.array([s for s, _ in names])[made["library"]], "own", "foreign"
    )
    reads = rng.poisson(rng.gamma(1.0, design.depth, m))
    each = made.loc[np.repeat(np.arange(m), reads)].reset_index(drop=True)
    hopped = (rng.random(len(each)) < design.hop) & (len(names) > 1)
    other = (each["library"].to_numpy() + rng.integers(1, len(names), len(each))) % len(names)
    each["library"] = np.where(hopped, other, each["library"])
    each.loc[hopped, "cause"] = "hop"
    wrong = hopped & (rng.random(len(each)) < design.umi_error) & bool(design.umi)
    each.loc[wrong, "umi"] = rng.integers(0, 4 ** max(design.umi, 1), int(wrong.sum()))
    shifted = hopped & (rng.random(len(each)) < design.jitter)
    each.loc[shifted, "length"] += rng.choice([-2, -1, 1, 2], int(shifted.sum()))
    return _tables(each, design, names, assumed_hop)


def _tables(each: pd.DataFrame, design: Design, names: list[tuple[int, int]], assumed_hop: float) -> Toy:
    subjects = [design.subjects[s] if s >= 0 else "NTC" for s, _ in names]
    samples = [f"{subject}-{r + 1}" for subject, (_, r) in zip(subjects, names, strict=True)]
    key = ["library", "position", "length", "umi"]
    frame = each.groupby(key, sort=True).agg(n_reads=("who", "size"), cause=("cause", "first")).reset_index()
    frame["umi"] = ["" if code < 0 else f"{code:08X}" for code in frame["umi"]]
    number = frame["library"].to_numpy()
    strand = np.where(frame["position"] % 2 == 0, "+", "-")
    frame = frame.assign(
        sample=[samples[i] for i in number], subject=[subjects[i] for i in number], contig="chr1", strand=strand,
        site_id=[site_label("chr1", p - 1, s == "+") for p, s in zip(frame["position"], strand, strict=True)],
        vector="v", vector_end="U5", placement="unique", cluster="", status="pass", reason="",
    )  # fmt: skip
    by = [
        "sample",
        "subject",
        *KEY,
        "site_id",
        "vector",
        "vector_end",
        "placement",
        "cluster",
        "status",
        "reason",
    ]
    sites = frame.groupby(by, sort=True).agg(
        n_reads=("n_reads", "sum"), n_fragments=("n_reads", "size"), n_lengths=("length", "nunique"),
        n_umis=("umi", "nunique"),
    ).reset_index()  # fmt: skip
    sites = sites.assign(n_split=sites["n_reads"], n_discordant=0)
    truth = frame.groupby(["sample", "site_id"])["cause"].value_counts().unstack(fill_value=0)
    truth = truth.reindex(columns=["own", "foreign", "hop"], fill_value=0).add_prefix("n_").reset_index()
    libraries = [
        LibraryFacts(
            sample, subject, subject, "S", "run", "U5", design.umi, design.sheared, subject != "NTC",
            assumed_hop / (len(names) - 1),
        )
        for sample, subject in zip(samples, subjects, strict=True)
    ]  # fmt: skip
    return Toy(sites, frame.drop(columns=["library", "cause"]), libraries, truth)
