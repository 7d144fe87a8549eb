"""How well vector copies and the vector's structure are told, from tables of fragments with a known truth.

Fragments are drawn on proviruses inside a host and turned into the tables that the recruiting pass and the alignment write;
no reads are made, so that hundreds of samples take minutes.

    python benchmarks/tumour/copies_tables.py copies --runs 200
    python benchmarks/tumour/copies_tables.py structure --runs 100
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.model.tables import TUMOUR_SITES
from integrasite.transgene.copies_depth import measure_host
from integrasite.transgene.copies_sample import VectorCopies, describe_vector
from integrasite.transgene.vector_map import Control, HostLike, MappedVector

SIZE, LTR, HOST_LIKE = 3000, 300, (800, 1200)
WGS, FFPE = (350.0, 60.0), (180.0, 40.0)


@dataclass(frozen=True)
class Draw:
    """One simulated sample.

    Attributes:
        depth: host depth, in bases of reads.
        vcn: copies per diploid genome.
        lengths: mean and standard deviation of fragment lengths, bp.
        read_length: bases of a read.
        n_loci: control loci.
        loci_length: of each, bp.
        spread: standard deviation of the logarithm of local depth (1-kb stretches).
        gc_slope: change of log depth per unit of G + C.
        pieces: what of the provirus integrates, in its order: start, end, step (1, or -1 turned round).
        damaged: share of the copies that are so; the others are whole.
        is_paired: whether both ends are read.
    """

    depth: float = 30.0
    vcn: float = 1.0
    lengths: tuple[float, float] = WGS
    read_length: int = 150
    n_loci: int = 200
    loci_length: int = 1000
    spread: float = 0.0
    gc_slope: float = 0.0
    pieces: tuple[tuple[int, int, int], ...] = field(default=((0, SIZE + LTR, 1),))
    damaged: float = 1.0
    is_paired: bool = True

    def density(self, rng: np.random.Generator) -> float:
        """Fragments per base of the diploid genome."""
        if not self.is_paired:
            return self.depth / self.read_length
        lengths = self.draw_lengths(rng, 20_000)
        return self.depth / float(2 * np.minimum(lengths, self.read_length).mean())

    def draw_lengths(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Fragment lengths, bp."""
        return np.clip(np.rint(rng.normal(*self.lengths, n)), 50, 900).astype(np.int64)


def toy_vector(seed: int = 1) -> MappedVector:
    """A vector of random bases with a stretch that the host has too."""
    codes = np.random.default_rng(seed).integers(0, 4, SIZE).astype(np.uint8)
    codes[1500:2500] = np.where(np.random.default_rng(seed + 1).random(1000) < 0.25, 1, codes[1500:2500])
    stretch = HostLike(*HOST_LIKE, "chr1", 5000, 5000 + HOST_LIKE[1] - HOST_LIKE[0], "+", 1.0)
    return MappedVector("toy", "lentivirus", 5, "provirus", codes, LTR, SIZE + LTR, host_like=(stretch,))


def toy_controls(draw: Draw) -> list[Control]:
    """Control loci along one contig."""
    return [Control("chr1", 100_000 * n, 100_000 * n + draw.loci_length) for n in range(1, draw.n_loci + 1)]


def draw_host(draw: Draw, rng: np.random.Generator) -> tuple[dict[str, Any], pd.DataFrame]:
    """`recruit.json` and `HOST_DEPTH` of a sample."""
    density = draw.density(rng)
    gc = rng.uniform(0.35, 0.55, draw.n_loci)
    local = np.exp(rng.normal(0, draw.spread, draw.n_loci) - draw.spread**2 / 2 + draw.gc_slope * (gc - 0.45))
    counts = rng.poisson(density * local * (draw.loci_length + 900))
    locus = np.repeat(np.arange(draw.n_loci), counts)
    lengths = draw.draw_lengths(rng, locus.size) if draw.is_paired else np.full(locus.size, draw.read_length)
    start = rng.integers(-900, draw.loci_length, locus.size)
    strand = np.zeros_like(start) if draw.is_paired else rng.integers(0, 2, start.size)
    inside = (start >= 0) & (start + lengths <= draw.loci_length)
    distinct = np.unique(np.column_stack([locus, start, lengths, strand])[inside], axis=0)
    n = np.bincount(distinct[:, 0], minlength=draw.n_loci)
    seen, how_many = np.unique(distinct[:, 2], return_counts=True)
    names = [f"{c.contig}:{c.start}-{c.end}" for c in toy_controls(draw)]
    loci = pd.DataFrame(
        {"sample": "S", "locus": names, "length": draw.loci_length, "gc": gc, "n_pairs": n, "n_fragments": n}
    )
    summary = {
        "is_paired": draw.is_paired, "n_pairs": 10**6, "reads": {"length_median": draw.read_length},
        "host": {"lengths": {str(k): int(v) for k, v in zip(seen, how_many, strict=True)}},
    }  # fmt: skip
    return summary, loci


def draw_fragments(draw: Draw, vector: MappedVector, rng: np.random.Generator) -> pd.DataFrame:
    """`TUMOUR_FRAGMENTS` of a sample: copies whole and damaged, each between two host flanks."""
    whole = ((0, SIZE + LTR, 1),)
    density = draw.density(rng) / 2
    rows: set[tuple[Any, ...]] = set()
    for pieces, vcn in ((draw.pieces, draw.vcn * draw.damaged), (whole, draw.vcn * (1 - draw.damaged))):
        if vcn:
            rows.update(_of_copy(draw, pieces, density * vcn, vector, rng))
    table = pd.DataFrame(sorted(rows), columns=["vector_start", "vector_end", "kind", "joins", "which"])
    return table.assign(sample="S", vector="toy", fragment=range(len(table)))


def _of_copy(
    draw: Draw,
    pieces: Sequence[tuple[int, int, int]],
    density: float,
    vector: MappedVector,
    rng: np.random.Generator,
) -> Iterator[tuple[Any, ...]]:
    flank = 1000
    inner = np.concatenate([np.arange(s, e) if step > 0 else np.arange(s, e)[::-1] for s, e, step in pieces])
    place = np.concatenate([np.full(flank, -1), inner, np.full(flank, -1)])
    local = np.exp(rng.normal(0, draw.spread, place.size // 1000 + 1) - draw.spread**2 / 2)
    is_gc = np.where(place < 0, 0.45, np.isin(vector.one_ltr[place % SIZE], (1, 2)))
    gc = np.convolve(is_gc, np.full(400, 1 / 400), "same")
    gc[:400] = gc[-400:] = 0.45
    gc = np.roll(gc, -int(draw.lengths[0]) // 2)  # a fragment has the G + C around its middle
    rate = density * np.exp(draw.gc_slope * (gc - 0.45)) * local[np.arange(place.size) // 1000]
    first = np.repeat(np.arange(place.size), rng.poisson(rate))
    lengths = draw.draw_lengths(rng, first.size) if draw.is_paired else np.full(first.size, draw.read_length)
    site = rng.integers(
        0, 1000, first.size
    )  # junctions of different sites are told apart by their host bases
    for at, length, which in zip(first.tolist(), lengths.tolist(), site.tolist(), strict=True):
        if at + length <= place.size:
            row = _fragment(place[at : at + length], draw, which, rng)
            if row is not None:
                yield row


def _fragment(
    bases: np.ndarray, draw: Draw, which: int, rng: np.random.Generator
) -> tuple[int, int, str, str, int] | None:
    """Span, kind and joins of a fragment, as its reads show them."""
    read = min(draw.read_length, bases.size)
    reads = [bases[:read], bases[-read:]] if draw.is_paired else [bases]
    shown = np.concatenate([r[r >= 0] for r in reads])
    if shown.size < 20:
        return None
    joins = sorted({text for r in reads for text in _joins(r)})
    steps = np.diff(bases[bases >= 0])
    is_broken = bool((np.abs(steps) != 1).any() or (steps.size and steps.min() != steps.max()))
    kind = "rearranged" if joins or (is_broken and np.abs(steps).max() > 500) else "vector"
    if (bases < 0).any():
        kind = "junction"
    start, end = int(shown.min()), int(shown.max()) + 1
    if start >= SIZE:
        start, end = start - SIZE, end - SIZE
    key = which if kind == "junction" else 0 if draw.is_paired else int(rng.integers(0, 2))
    if kind == "rearranged":  # copies share the ends of the molecule, not the span of its bases
        key = int(bases[0]) * 10_000 + int(bases[-1])
    return start, end, kind, ",".join(joins), key


def _joins(read: np.ndarray) -> Iterator[str]:
    """Breakpoints within the vector with 20 bases on either side, as the alignment writes them."""
    for at in range(20, read.size - 20):
        left, right = int(read[at - 1]), int(read[at])
        if left < 0 or right < 0 or abs(right - left) == 1:
            continue
        before, after = read[at - 2], read[at + 1]
        sides = sorted(
            [(left % SIZE, "-" if left > before else "+"), (right % SIZE, "+" if after > right else "-")]
        )
        yield f"{sides[0][0]}{sides[0][1]}:{sides[1][0]}{sides[1][1]}"


def run_once(draw: Draw, seed: int, calling: Calling | None = None) -> VectorCopies:
    """Simulate one sample and measure it."""
    rng = np.random.default_rng(seed)
    calling = calling or Calling()
    vector = toy_vector()
    summary, loci = draw_host(draw, rng)
    host = measure_host(summary, loci, calling, controls=toy_controls(draw))
    sites = pd.DataFrame(columns=list(TUMOUR_SITES.columns))
    return describe_vector("S", vector, [], draw_fragments(draw, vector, rng), sites, host, calling)


def score(draw: Draw, runs: int, seed: int = 0) -> dict[str, float]:
    """Bias of the copies, coverage of their interval, and how often an intact vector was called damaged."""
    found = [run_once(draw, 1000 * seed + number) for number in range(runs)]
    copies = [item.copies for item in found]
    ratio = np.array([item.vcn / draw.vcn for item in copies])
    covered = [item.low <= draw.vcn <= item.high for item in copies]
    return {
        "runs": runs,
        "bias": float(ratio.mean() - 1),
        "se": float(ratio.std(ddof=1) / np.sqrt(runs)),
        "covered": float(np.mean(covered)),
        "width": float(np.median([(item.high - item.low) / draw.vcn for item in copies])),
        "damaged": float(np.mean([len(item.structure) > 0 for item in found])),
    }


def grid() -> Iterator[tuple[str, Draw]]:
    """Depth, copies, lengths, noise."""
    for depth in (10.0, 30.0, 100.0):
        for vcn in (0.05, 0.5, 2.0, 10.0):
            for name, lengths in (("wgs", WGS), ("ffpe", FFPE)):
                yield f"{name} {depth:g}x vcn {vcn:g}", Draw(depth=depth, vcn=vcn, lengths=lengths)
    noisy = Draw(spread=0.15, gc_slope=1.0)
    yield "wgs 30x vcn 1, uneven depth", noisy
    yield "ffpe 30x vcn 1, uneven depth", replace(noisy, lengths=FFPE)
    yield "wgs 30x vcn 1, uneven depth, 20 control loci", replace(noisy, n_loci=20)
    yield "single reads 30x vcn 1", Draw(is_paired=False)


DAMAGE = {
    "promoter deleted": ((0, 900, 1), (1700, SIZE + LTR, 1)),
    "200 bp deleted": ((0, 1900, 1), (2100, SIZE + LTR, 1)),
    "5' truncated": ((1400, SIZE + LTR, 1),),
    "3' truncated": ((0, 2100, 1),),
    "inverted": ((0, 1500, 1), (1500, 2300, -1), (2300, SIZE + LTR, 1)),
    "doubled": ((0, 2200, 1), (1400, SIZE + LTR, 1)),
}
WANTED = {
    "promoter deleted": ("deletion", 900, 1700),
    "200 bp deleted": ("deletion", 1900, 2100),
    "5' truncated": ("deletion", LTR, 1400),
    "3' truncated": ("deletion", 2100, SIZE),
    "inverted": ("inversion", 1500, 2300),
    "doubled": ("duplication", 1400, 2200),
}
"""Truncations are told by the sites' ends; what is lost shows in the depth as a deletion, but for the LTR that is left."""


def score_damage(name: str, draw: Draw, runs: int, seed: int = 0) -> dict[str, float]:
    """How often the damage is told, within how many bp, how many other rows there are, and the bias of the copies."""
    kind, start, end = WANTED[name]
    hits, errors, others, ratios = 0, [], 0, []
    for number in range(runs):
        found = run_once(replace(draw, pieces=DAMAGE[name]), 7000 * (seed + 1) + number)
        rows = [(r.kind, int(r.start), int(r.end)) for r in found.structure.itertuples()]
        near = [
            row for row in rows if row[0] == kind and abs(row[1] - start) <= 100 and abs(row[2] - end) <= 100
        ]
        hits += bool(near)
        others += len(rows) - bool(near)
        errors += [max(abs(near[0][1] - start), abs(near[0][2] - end))] if near else []
        ratios.append(found.copies.vcn / draw.vcn)
    bias = float(np.mean(ratios) - 1)
    median = float(np.median(errors)) if errors else float("nan")
    return {"found": hits / runs, "within_bp": median, "others": others / runs, "bias": bias}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("copies", "structure"))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    if arguments.what == "copies":
        for cell, (name, draw) in enumerate(grid()):
            found = score(
                draw, arguments.runs, 1000 * arguments.seed + cell
            )  # no two cells share their draws
            print(name, *(f"{key} {value:.4g}" for key, value in found.items()), sep="\t", flush=True)
        return 0
    for name in DAMAGE:
        for depth, vcn in ((30.0, 1.0), (60.0, 2.0), (15.0, 0.5)):
            found = score_damage(name, Draw(depth=depth, vcn=vcn), arguments.runs, arguments.seed)
            print(
                name,
                f"{depth:g}x vcn {vcn:g}",
                *(f"{key} {value:.3g}" for key, value in found.items()),
                sep="\t",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
