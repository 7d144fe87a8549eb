"""Verdicts on simulated tables: is POSITIVE called at the stated limit of detection, and never without the vector?

Fragments are drawn one by one along a vector like cilta-cel's (elements and host-like stretches of its lengths), with depth
that varies from bin to bin; no reads are made. `python benchmarks/tumour/verdict_tables.py --seed 1 --runs 300` prints one
line per limit of detection and per kind of blank sample.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.config.settings import Transgene
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import TUMOUR_FRAGMENTS, TUMOUR_JUNCTIONS
from integrasite.model.vector_map import Element, HostLike, MappedVector, Part, VectorMap, Word
from integrasite.transgene import judge_case
from integrasite.transgene.judge import SampleData, judge_samples
from integrasite.transgene.limits_expected import Cells, Expected, Shape, expect

READ = 150
CALLING = Calling()
_ELEMENTS = (
    ("LTR", 0, 234), ("PBS", 235, 253), ("psi", 338, 464), ("RRE", 902, 1136), ("cPPT", 1630, 1744),
    ("EF1a promoter", 1936, 3119), ("VHH1", 3240, 3597), ("VHH2", 3612, 3966), ("CD8a hinge", 3972, 4107),
    ("CD8a transmembrane", 4107, 4179), ("4-1BB costimulatory", 4179, 4305), ("CD3z", 4305, 4641), ("WPRE", 4664, 5253),
    ("PPT", 5443, 5459),
)  # fmt: skip
_HOST_LIKE = (
    (1785, 3119), (3972, 4075), (4075, 4179), (4179, 4219), (4219, 4305), (4305, 4371), (4371, 4641),
)  # fmt: skip
PART = Part("tag", ((0, "ACGTTGCA" * 19),))
BACKBONE = (Part("AmpR", ((0, "ACGTTGCA" * 107),)), Part("pUC_ori", ((0, "ACGTTGCA" * 73),)))
"""Of the lengths that the built-in parts have; nearly every plasmid holds both."""


def toy_vector(name: str = "car", seed: int = 7) -> MappedVector:
    """A vector with the elements of a CAR provirus and random bases."""
    rng = np.random.default_rng(seed)
    return MappedVector(
        name,
        "lentivirus",
        5,
        "provirus",
        rng.integers(0, 4, 5459).astype(np.uint8),
        234,
        5693,
        elements=tuple(Element(*item) for item in _ELEMENTS),
        host_like=tuple(HostLike(a, b, "chr6", 10 * a, 10 * a + b - a, "+", 1.0) for a, b in _HOST_LIKE),
        words=(
            Word(4179, "domain", "CD8a transmembrane", "4-1BB costimulatory", 4179, 4179),
            Word(4305, "domain", "4-1BB costimulatory", "CD3z", 4305, 4305),
            Word(4075, "exon", "CD8a hinge", "CD8a hinge", 4075, 4075),
        ),
    )


@dataclass
class Drawn:
    """Fragments and junctions of one sample, as they are drawn."""

    vector: MappedVector
    rng: np.random.Generator
    mean: float = 420.0
    sd: float = 80.0
    rows: list[dict[str, object]] = field(default_factory=list)
    junctions: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = ~self.vector.host_like_mask
        self._before = [0, *np.cumsum(np.concatenate([own, own])).tolist()]

    def lengths(self, n: int) -> np.ndarray:
        """Lengths of n fragments."""
        return np.clip(self.rng.normal(self.mean, self.sd, n), 60, 990).astype(int)

    def add(self, start: int, length: int, site: int = -1, within: tuple[int, int] | None = None) -> None:
        """One fragment of a linear copy of the provirus (both LTRs), cut to `within` where only that stretch is there."""
        low, high = within or (0, self.vector.provirus_length)
        reads = [(start, start + min(READ, length)), (start + length - min(READ, length), start + length)]
        shown = [(max(a, low), min(b, high)) for a, b in reads if min(b, high) > max(a, low)]
        if not shown:
            return
        size = self.vector.one_ltr.size
        if len(shown) == 2 and shown[1][0] < shown[0][1]:
            shown = [(shown[0][0], shown[1][1])]
        before = self._before
        n_specific, n_vector = sum(before[b] - before[a] for a, b in shown), sum(b - a for a, b in shown)
        words = []
        for word in self.vector.words:
            if any(a <= word.position - 10 and word.position + 10 <= b for a, b in _cut(reads, low, high)):
                words.append(f"{word.kind}:{word.left}|{word.right}")
                if word.kind == "domain":
                    n_specific += 20 - (before[word.position + 10] - before[word.position - 10])
        first, last = shown[0][0], shown[-1][1]
        if first >= size:
            first, last = first - size, last - size
        n_host = sum(
            max(min(b, 0) - a, 0) + max(b - max(a, self.vector.provirus_length), 0) for a, b in reads
        )
        is_junction = site >= 0 and n_host >= 20 and n_vector >= 10
        kind = "junction" if is_junction else "vector" if n_specific else "vector_host_like"
        number = len(self.rows)
        self.rows.append(
            {
                "fragment": number, "n_copies": 1, "vector": self.vector.name, "vector_start": first, "vector_end": last,
                "n_vector": n_vector, "n_specific": n_specific, "midpoint": (first + last) // 2 % size, "kind": kind,
                "words": ",".join(words), "n_host": n_host, "name": f"f{number}", "is_single": False,
                "host_contig": "chr1" if is_junction else None,
                "host_start": site * 1000 + start % 997 if is_junction else None,
                "host_end": site * 1000 + start % 997 + n_host if is_junction else None,
            }
        )  # fmt: skip
        if is_junction:
            self._junction(number, site, reads, left=start < 0)

    def _junction(self, number: int, site: int, reads: list[tuple[int, int]], *, left: bool) -> None:
        edge = 0 if left else self.vector.provirus_length
        is_split = any(a + 10 <= edge <= b - 10 for a, b in reads)
        self.junctions.append(
            {
                "fragment": number, "kind": "split" if is_split else "discordant", "vector": self.vector.name,
                "vector_position": 0 if left else 233, "vector_direction": 1 if left else -1, "contig": "chr1",
                "host_position": site * 1000 + (4 if left else 0), "host_direction": -1 if left else 1, "overlap": 0,
                "host_anchor": 80, "vector_anchor": 80, "host_identity": 1.0, "vector_identity": 1.0, "weight": 1.0,
                "n_places": 1, "n_copies": 1, "reach": 0, "is_specific": True,
            }
        )  # fmt: skip

    def integrated(
        self, fragments_per_base: float, vcn: float, n_sites: int = 1, variation: float = 0.0
    ) -> "Drawn":
        """Fragments of integrated copies, spread over sites, with depth that varies between bins."""
        factors = _factors(self.rng, self.vector.provirus_length, variation)
        size = self.vector.provirus_length
        n = self.rng.poisson(fragments_per_base / 2 * vcn * (size + 2000) * factors.max())
        lengths = self.lengths(n)
        starts = self.rng.integers(-1000, size + 1000, n)
        kept = (
            self.rng.random(n) * factors.max()
            < factors[np.clip((starts + lengths // 2) // 500, 0, factors.size - 1)]
        )
        for start, length in zip(starts[kept].tolist(), lengths[kept].tolist(), strict=True):
            if -length < start < size:
                self.add(start, length, int(self.rng.integers(n_sites)))
        return self

    def linear(self, n: int, low: int, high: int) -> "Drawn":
        """Sheared fragments of free DNA that holds the bases [low, high)."""
        for length in self.lengths(n).tolist():
            length = min(length, high - low)
            self.add(int(self.rng.integers(low, high - length + 1)), length, within=(low, high))
        return self

    def data(
        self, library: Library, fragments_per_base: float, product: str = "", copies: float = float("nan")
    ) -> SampleData:
        """The sample; `copies` are read pairs per fragment of the host."""
        fragments = pd.DataFrame(self.rows).assign(sample=library.sample) if self.rows else pd.DataFrame()
        junctions = (
            pd.DataFrame(self.junctions).assign(sample=library.sample) if self.junctions else pd.DataFrame()
        )
        grid = np.arange(60, 991)
        counts = np.exp(-0.5 * ((grid - self.mean) / self.sd) ** 2) * (1001 - grid)
        lengths = {int(a): int(b) for a, b in zip(grid, 100 * counts, strict=True) if b >= 0.01}
        limits = (fragments_per_base, fragments_per_base * 0.98, fragments_per_base * 1.02)
        return SampleData(
            library, as_table(fragments, TUMOUR_FRAGMENTS), as_table(junctions, TUMOUR_JUNCTIONS),
            Shape.of(lengths, READ, True, 1000), 200.0, limits, fragments_per_base * 2 * READ, True, product, copies,
        )  # fmt: skip


def _cut(reads: list[tuple[int, int]], low: int, high: int) -> list[tuple[int, int]]:
    return [(max(a, low), min(b, high)) for a, b in reads]


def _factors(rng: np.random.Generator, size: int, variation: float) -> np.ndarray:
    n = -(-size // 500)
    return rng.gamma(1 / variation**2, variation**2, n) if variation else np.ones(n)


_EXPECTED: dict[tuple[str, bytes, bytes, bytes], Expected] = {}


def _expect_once(vector: MappedVector, cells: Cells, shape: Shape, calling: Calling) -> Expected:
    """What one copy is due, which is the same in all runs."""
    key = (vector.name, cells.is_own.tobytes(), cells.cell_of.tobytes(), shape.weights.tobytes())
    if key not in _EXPECTED:
        _EXPECTED[key] = expect(vector, cells, shape, calling)
    return _EXPECTED[key]


judge_case.expect = _expect_once  # type: ignore[attr-defined]


def library(sample: str = "T1", subject: str = "P1", **more: object) -> Library:
    """A row of the sheet."""
    given: dict[str, object] = {"assay": "wgs", "vectors": ("car",), "run": "r1", **more}
    return Library(sample, subject, subject, **given)  # type: ignore[arg-type]


def verdict_of(samples: list[SampleData], vectors: VectorMap | None = None) -> pd.DataFrame:
    """The table of all samples."""
    known = vectors or VectorMap((toy_vector(),), (PART, *BACKBONE))
    return judge_samples(samples, known, Transgene(), CALLING)


def limit(depth: float, **shape: float) -> float:
    """The limit of detection that a sample without fragments states."""
    empty = Drawn(toy_vector(), np.random.default_rng(0), **shape).data(library(), depth / (2 * READ))
    return float(verdict_of([empty])["lod_vcn"].iloc[0])


def at_limit(rng: np.random.Generator, depth: float, copies: float, **shape: float) -> str:
    """Verdict on a sample with so many copies, polyclonal or in one clone."""
    drawn = Drawn(toy_vector(), rng, **shape)
    per_base = depth / (2 * READ)
    drawn.integrated(per_base, copies, n_sites=int(rng.choice([1, 1000])), variation=CALLING.depth_variation)
    return str(verdict_of([drawn.data(library(), per_base)])["verdict"].iloc[0])


PER_BASE = 100 / (2 * READ)


def _hop(rng: np.random.Generator, copied: bool) -> list[SampleData]:
    """A sample that holds 0.1 % of the pairs of a run-mate of 10 copies per cell at 100x."""
    mate = Drawn(toy_vector(), rng).integrated(PER_BASE, 10.0, 500)
    sample = Drawn(toy_vector(), rng)
    if copied:
        kept = np.flatnonzero(rng.random(len(mate.rows)) < 0.001).tolist()
        sample.rows = [mate.rows[row] | {"fragment": at} for at, row in enumerate(kept)]
        sample.junctions = [
            junction | {"fragment": kept.index(junction["fragment"])}
            for junction in mate.junctions
            if junction["fragment"] in kept
        ]
    else:  # as if no copy of a hopped pair had stayed behind
        sample.integrated(PER_BASE, 10.0 * 0.001, 500)
    return [sample.data(library(), PER_BASE), mate.data(library("M1", "P2"), PER_BASE)]


def _stray(rng: np.random.Generator) -> list[SampleData]:
    sample = Drawn(toy_vector(), rng).linear(int(rng.poisson(CALLING.blank_fragments)), 0, 5693)
    return [sample.data(library(), PER_BASE)]


def _germline(rng: np.random.Generator) -> list[SampleData]:
    sample = Drawn(toy_vector(), rng)
    for low, high in _HOST_LIKE:
        sample.linear(int(rng.poisson(PER_BASE * (high - low + 420))), low, high)
    return [sample.data(library(), PER_BASE)]


def _cdna(rng: np.random.Generator) -> list[SampleData]:
    sample = (
        Drawn(toy_vector(), rng)
        .linear(int(rng.poisson(300)), 3972, 4179)
        .linear(int(rng.poisson(300)), 4305, 4641)
    )
    return [sample.data(library(), PER_BASE)]


def _plasmid(rng: np.random.Generator, parts: tuple[Part, ...]) -> list[SampleData]:
    copies = float(rng.choice([0.01, 0.03, 0.1, 0.3, 1.0]))
    sample = Drawn(toy_vector(), rng).linear(int(rng.poisson(copies * PER_BASE * 5693)), 0, 5693)
    for part in parts:
        for _ in range(rng.poisson(copies * PER_BASE * (len(part.sequence) + 2 * READ - 40))):
            number = len(sample.rows)
            sample.rows.append(
                {
                    "fragment": number,
                    "kind": "backbone",
                    "vector": part.contig,
                    "n_copies": 1,
                    "n_specific": 100,
                }
            )
    return [sample.data(library(), PER_BASE)]


def _virus(rng: np.random.Generator) -> list[SampleData]:
    """Wild-type HIV: LTRs with junctions to the host, psi, RRE, cPPT."""
    copies = float(10 ** rng.uniform(-2, 1))
    sample = Drawn(toy_vector(), rng)
    whole = Drawn(toy_vector(), rng).integrated(PER_BASE, 2 * copies, 50)
    joined: dict[object, list[dict[str, object]]] = {}
    for junction in whole.junctions:
        joined.setdefault(junction["fragment"], []).append(junction)
    virus = [(0, 600), (902, 1140), (1630, 1744), (5380, 5693)]
    for row in whole.rows:
        middle = int(str(row["midpoint"]))
        if any(low <= middle < high for low, high in virus):
            number = len(sample.rows)
            sample.junctions += [j | {"fragment": number} for j in joined.get(row["fragment"], [])]
            sample.rows.append(row | {"fragment": number})
    sample.linear(int(rng.poisson(CALLING.blank_fragments)), 0, 5693)
    return [sample.data(library(), PER_BASE)]


def _amplicon(rng: np.random.Generator) -> list[SampleData]:
    size = int(rng.choice([120, 400, 1000, 1500]))
    low = int(rng.choice([3240, 3500, 3700]))
    sample = Drawn(toy_vector(), rng).linear(int(10 ** rng.uniform(0.3, 3)), low, low + size)
    return [sample.data(library(), PER_BASE)]


def _products(rng: np.random.Generator) -> list[SampleData]:
    """PCR products along the whole vector, each of which a library holds as one fragment with many read pairs."""
    sample = Drawn(toy_vector(), rng)
    for _ in range(int(rng.integers(1, 13))):
        size = int(rng.integers(80, 1500))
        sample.add(int(rng.integers(0, 5693 - size)), size, within=(0, 5693))
        if sample.rows:
            sample.rows[-1]["n_copies"] = int(10 ** rng.uniform(1.5, 4))
    sample.linear(int(rng.poisson(CALLING.blank_fragments)), 0, 5693)
    return [sample.data(library(), PER_BASE, copies=1.1)]


def _circle(rng: np.random.Generator) -> list[SampleData]:
    sample = Drawn(toy_vector(), rng).linear(int(rng.integers(3, 800)), 0, 5693)
    for row in sample.rows:
        if rng.random() < 0.06:
            row["kind"] = "circle"
    if not any(row["kind"] == "circle" for row in sample.rows):
        sample.rows[0]["kind"] = "circle"
    return [sample.data(library(), PER_BASE)]


def _carry_over(rng: np.random.Generator) -> list[SampleData]:
    """1 % of the DNA is that of another subject with one clone of 5 copies per cell."""
    donor = Drawn(toy_vector(), rng).integrated(PER_BASE, 5.0, 5)
    sample = Drawn(toy_vector(), rng).integrated(PER_BASE, 0.05, 5)
    return [sample.data(library(run="r2"), PER_BASE), donor.data(library("D1", "P2"), PER_BASE)]


BLANKS: dict[str, Callable[[np.random.Generator], list[SampleData]]] = {
    "stray fragments": _stray,
    "germline": _germline,
    "native cDNA": _cdna,
    "hopping, copies stay behind": lambda rng: _hop(rng, True),
    "hopping, no copy left behind": lambda rng: _hop(rng, False),
    "plasmid": lambda rng: _plasmid(rng, BACKBONE),
    "plasmid, 152 bp of its backbone known": lambda rng: _plasmid(rng, (PART,)),
    "plasmid, backbone unknown": lambda rng: _plasmid(rng, ()),
    "wild-type HIV": _virus,
    "amplicon, sheared": _amplicon,
    "amplicons with the ends of their primers": _products,
    "two-LTR circles": _circle,
    "carry-over": _carry_over,
}


def blank_verdict(name: str, rng: np.random.Generator) -> tuple[str, str]:
    """Verdict and findings of one blank sample."""
    row = verdict_of(BLANKS[name](rng)).set_index("sample").loc["T1"]
    return str(row["verdict"]), str(row["findings"])


def print_limits(seed: int, runs: int) -> None:
    """How often POSITIVE is called at the limit of detection that the sample itself states."""
    print("sample\truns\tlod_vcn\tpositive")
    for depth, shape in ((10, {}), (30, {}), (40, {}), (100, {}), (60, {"mean": 180.0, "sd": 60.0})):
        lod = limit(depth, **shape)
        rngs = np.random.default_rng([seed, depth]).spawn(runs)
        found = Counter(at_limit(rng, depth, lod, **shape) for rng in rngs)
        name = f"{depth}x, fragments of {shape.get('mean', 420):.0f} bp"
        print(f"{name}\t{runs}\t{lod:.4g}\t{found['POSITIVE'] / runs:.4f}", flush=True)


def print_blanks(seed: int, runs: int, names: list[str]) -> None:
    """Verdicts and findings on samples without integrated copies of their own."""
    print("blank\truns\tPOSITIVE\tINDETERMINATE\tNEGATIVE\tNOT_EVALUABLE\tfindings")
    for number, name in enumerate(BLANKS):
        if names and name not in names:
            continue
        results = [
            blank_verdict(name, rng) for rng in np.random.default_rng([seed, 1000 + number]).spawn(runs)
        ]
        verdicts = Counter(verdict for verdict, _ in results)
        findings = Counter(word for _, words in results for word in words.split(",") if word)
        counts = "\t".join(
            str(verdicts[word]) for word in ("POSITIVE", "INDETERMINATE", "NEGATIVE", "NOT_EVALUABLE")
        )
        said = ", ".join(f"{word} {n}" for word, n in sorted(findings.items()))
        print(f"{name}\t{runs}\t{counts}\t{said}", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--what", choices=("limits", "blanks", "both"), default="both")
    parser.add_argument(
        "--blank", action="append", default=[], choices=list(BLANKS), help="only these blanks"
    )
    arguments = parser.parse_args()
    if arguments.what != "blanks":
        print_limits(arguments.seed, arguments.runs)
    if arguments.what != "limits":
        print_blanks(arguments.seed, arguments.runs, arguments.blank)


if __name__ == "__main__":
    main()
