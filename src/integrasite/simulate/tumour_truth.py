"""What is true of a simulated tumour run: per site, per sample and vector, per read pair."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.model.tables import Table
from integrasite.simulate.sequences import Ints
from integrasite.simulate.tumour_dose import Dose
from integrasite.simulate.tumour_fragments import FragmentBench
from integrasite.simulate.tumour_library import HOP, OWN, ROUTES, Library
from integrasite.simulate.tumour_pool import Origin
from integrasite.simulate.tumour_scenario import TumourSample
from integrasite.simulate.tumour_shown import Shown

BIN = 500
"""Bases of the vector in which a fragment's midpoint is counted."""
_ENOUGH = 3
"""Distinct fragments in as many bins below which presence cannot be demanded of a caller."""


def _table(name: str, key: str, spec: str) -> Table:
    return Table(name, dict(item.split(":") for item in spec.split()), tuple(key.split()))


TUMOUR_TRUTH = _table(
    "truth",
    "sample contig position strand route",
    "sample:str subject:str vector:str contig:str position:int strand:str site_id:str clone:str compartment:str "
    "route:str ccf:float copies_per_cell:float allele_fraction:float class:str unique_anchor_5:int "
    "unique_anchor_3:int whole:bool tsd:int haplotype:str n_fragments_spanning_5:int n_fragments_spanning_3:int "
    "n_anchored_5:int n_anchored_3:int n_split_5:int n_split_3:int n_pairs_spanning_5:int n_pairs_spanning_3:int "
    "n_fragments_vector:int n_fragments_intact:int",
)
"""One row per sample and site of its subject (`route` `own`), and per site that other DNA brought in. `n_fragments_*`
count distinct fragments, `n_pairs_*` read pairs; 5 is the U3 junction, 3 the U5 junction; `unique_anchor_*` is the
shortest host anchor (20, 30, 50 or 100 bp) that the host has once, 0 for none; `class` is `unique` if either end has
one, else `repeat`; `n_fragments_intact` span the site on copies without the vector."""

TUMOUR_SAMPLES = _table(
    "truth_samples",
    "sample vector",
    "sample:str subject:str vector:str role:str assay:str coverage:float n_pairs:int n_fragments:int "
    "background_fraction:float purity:float ploidy:float vcn:float copies_per_tumour_cell:float "
    "copies_per_normal_cell:float n_sites:int n_fragments_vector:int n_bins:int plasmid:float amplicon:float "
    "circles:float cdna:float hiv:float hop:float carry_over:float deamination:float n_fragments_plasmid:int "
    "n_fragments_amplicon:int n_fragments_circle:int n_fragments_cdna:int n_fragments_hiv:int n_fragments_hop:int "
    "n_fragments_carry_over:int expected:str",
)
"""One row per sample and vector. `vcn` is integrated copies per diploid genome; `n_fragments_vector` counts the
sample's own distinct fragments that hold an integrated vector's bases, `n_bins` the 500-bp bins of the vector that
their middles lie in; `n_fragments_hop` and `n_fragments_carry_over` count those with vector bases that other DNA brought
in. `expected`: `POSITIVE` (integrated copies, at least 3 fragments in 3 bins), `FEW` (integrated copies, but fewer
fragments: any verdict), `NOT_POSITIVE` (none integrated, but other DNA of the vector or its genes), `NEGATIVE`."""

TUMOUR_READS = _table(
    "truth_reads",
    "name",
    "name:str sample:str route:str source:str origin:str vector:str site_id:str clone:str fragment:int "
    "length:int vector_start:int vector_end:int vector_bases_r1:int vector_bases_r2:int junction5:bool "
    "junction3:bool anchored5:bool anchored3:bool split5:bool split3:bool",
)
"""One row per read pair with other than plain host bases, or of host that spans a site (`origin` `host`). Pairs of
one `fragment` are duplicates."""


class TumourTruth:
    """Makes the truth of one library after the other."""

    def __init__(self, bench: FragmentBench, anchors: Ints) -> None:
        self.bench, self.anchors = bench, anchors
        self.samples = bench.scenario.samples

    def pairs_per_fragment(self, library: Library) -> Ints:
        """How many pairs of the file are copies of each fragment."""
        return np.bincount(library.pair, minlength=len(library.fragments))

    def sites(self, sample: TumourSample, library: Library, shown: Shown) -> pd.DataFrame:
        """Rows of `TUMOUR_TRUTH`."""
        counts = self._counts(library, shown)
        dose = Dose(self.bench.scenario, sample)
        wanted = {(row, OWN) for row, site in enumerate(self.bench.sites) if dose.is_carried(site)}
        brought = {key for key in counts if key[1] != OWN}
        rows = [
            self._site_row(dose, row, route, counts.get((row, route), {}))
            for row, route in sorted(wanted | brought)
        ]
        return pd.DataFrame(rows, columns=list(TUMOUR_TRUTH.columns))

    def _site_row(self, dose: Dose, row: int, route: int, counts: dict[str, int]) -> dict[str, object]:
        site, own = self.bench.sites[row], route == OWN
        five, three = self.anchors[row].tolist()
        return {
            "sample": dose.sample.sample,
            "subject": site.clone.subject,
            "vector": site.vector,
            "contig": site.contig,
            "position": site.position0 + 1,
            "strand": site.strand,
            "site_id": site.label,
            "clone": site.clone.name,
            "compartment": site.clone.compartment,
            "route": ROUTES[route],
            "ccf": site.fraction(dose.sample.sample) if own else 0.0,
            "copies_per_cell": dose.vector_copies(site) if own else 0.0,
            "allele_fraction": dose.allele_fraction(site) if own else 0.0,
            "class": "unique" if five or three else "repeat",
            "unique_anchor_5": five,
            "unique_anchor_3": three,
            "whole": site.whole,
            "tsd": site.tsd,
            "haplotype": "AB"[site.haplotype],
            **dict.fromkeys((name for name in TUMOUR_TRUTH.columns if name.startswith("n_")), 0),
            **{name: int(count) for name, count in counts.items()},
        }

    def _counts(self, library: Library, shown: Shown) -> dict[tuple[int, int], dict[str, int]]:
        """Counts per site row and route."""
        rows = shown.rows
        on_site = library.fragments.site[rows] >= 0
        host = library.fragments.origin[rows] == int(Origin.HOST)
        pairs = self.pairs_per_fragment(library)[rows]
        table = {"site": library.fragments.site[rows], "route": library.route[rows]}
        for side, name in enumerate("53"):
            table[f"n_fragments_spanning_{name}"] = shown.spans[:, side].astype(np.int64)
            table[f"n_anchored_{name}"] = shown.anchored[:, side].astype(np.int64)
            table[f"n_split_{name}"] = shown.split[:, side].astype(np.int64)
            table[f"n_pairs_spanning_{name}"] = shown.spans[:, side] * pairs
        table["n_fragments_vector"] = (~host).astype(np.int64)
        table["n_fragments_intact"] = host.astype(np.int64)
        sums = pd.DataFrame(table)[on_site].groupby(["site", "route"]).sum().reset_index()
        return {
            (int(row["site"]), int(row["route"])): {name: int(row[name]) for name in sums.columns[2:]}
            for _, row in sums.iterrows()
        }

    def vectors(self, sample: TumourSample, library: Library, shown: Shown, names: list[str]) -> pd.DataFrame:
        """Rows of `TUMOUR_SAMPLES`, one per listed vector."""
        rows = [self._vector_row(Dose(self.bench.scenario, sample), library, shown, name) for name in names]
        return pd.DataFrame(rows, columns=list(TUMOUR_SAMPLES.columns))

    def _vector_row(self, dose: Dose, library: Library, shown: Shown, vector: str) -> dict[str, object]:
        scenario, sample = self.bench.scenario, dose.sample.sample
        mine = [site for site in self.bench.sites if dose.is_carried(site) and site.vector == vector]
        copies = sum(dose.vector_copies(site) for site in mine)
        in_normal = sum(site.fraction(sample) for site in mine if site.clone.compartment != "tumour")
        in_tumour = sum(
            site.fraction(sample) * site.request.multiplicity
            for site in mine
            if site.clone.compartment != "normal"
        )
        counts = self._vector_counts(library, shown, vector)
        nuisances = ("plasmid", "amplicon", "circles", "cdna", "hiv", "hop", "carry_over", "deamination")
        return {
            "sample": sample,
            "subject": dose.sample.subject,
            "vector": vector,
            "role": dose.sample.role,
            "assay": scenario.assay,
            "coverage": scenario.of("coverage", sample),
            "n_pairs": library.pair.size,
            "n_fragments": len(library.fragments),
            "background_fraction": 1.0 if scenario.background == "all" else scenario.background_fraction,
            "purity": dose.purity,
            "ploidy": dose.ploidy,
            "vcn": 2 * copies / dose.genomes,
            "copies_per_tumour_cell": in_tumour if dose.purity else 0.0,
            "copies_per_normal_cell": in_normal if dose.purity < 1 else 0.0,
            "n_sites": sum(dose.vector_copies(site) > 0 for site in mine),
            **{name: scenario.of(name, sample) for name in nuisances},
            **counts,
            "expected": _expected(copies, counts),
        }

    def _vector_counts(self, library: Library, shown: Shown, vector: str) -> dict[str, int]:
        """Distinct fragments by what they are; cDNA and virus count for every vector."""
        rows = shown.rows
        origin, route = library.fragments.origin[rows], library.route[rows]
        names = np.array([t.name for t in self.bench.pool.templates] + [""], dtype=object)
        mine = names[library.fragments.template[rows]] == vector
        integrated = mine & np.isin(origin, _INTEGRATED)
        own = integrated & (route == OWN)
        middle = shown.coordinate[own].sum(axis=1) // 2
        counts = {
            "n_fragments_vector": int(own.sum()),
            "n_bins": int(np.unique(middle // BIN).size),
            "n_fragments_cdna": int((origin == int(Origin.CDNA)).sum()),
            "n_fragments_hiv": int((origin == int(Origin.HIV)).sum()),
        }
        for kind in (Origin.PLASMID, Origin.AMPLICON, Origin.CIRCLE):
            counts[f"n_fragments_{kind.word}"] = int((mine & (origin == int(kind))).sum())
        for code in (HOP, HOP - 1):
            touching = mine & (route == code) & (origin != int(Origin.HOST))
            counts[f"n_fragments_{ROUTES[code]}"] = int(touching.sum())
        return counts

    def reads(
        self,
        sample: TumourSample,
        library: Library,
        shown: Shown,
        names: npt.NDArray[np.uint8],
        pair: Ints,
    ) -> pd.DataFrame:
        """Rows of `TUMOUR_READS` for consecutive pairs.

        Args:
            sample: whose file.
            library: its library.
            shown: what its fragments show.
            names: read names as bytes.
            pair: fragments of the pairs.
        """
        at = np.minimum(np.searchsorted(shown.rows, pair), max(shown.rows.size - 1, 0))
        here = np.flatnonzero(np.isin(pair, shown.rows))
        at, pair = at[here], pair[here]
        part = library.fragments.take(pair)
        labels = np.array([site.label for site in self.bench.sites] + [""], dtype=object)
        clones = np.array([site.clone.name for site in self.bench.sites] + [""], dtype=object)
        vectors = np.array([t.name for t in self.bench.pool.templates] + [""], dtype=object)
        samples = np.array([s.sample for s in self.samples], dtype=object)
        words = np.array([origin.word for origin in Origin], dtype=object)
        table: dict[str, object] = {
            "name": [row.tobytes().decode("ascii") for row in names[here]],
            "sample": sample.sample,
            "route": np.array(ROUTES, dtype=object)[library.route[pair]],
            "source": samples[library.source[pair]],
            "origin": words[part.origin],
            "vector": vectors[part.template],
            "site_id": labels[part.site],
            "clone": clones[part.site],
            "fragment": library.identity[pair],
            "length": part.length,
            "vector_start": shown.coordinate[at, 0],
            "vector_end": shown.coordinate[at, 1],
            "vector_bases_r1": shown.vector_bases[at, 0],
            "vector_bases_r2": shown.vector_bases[at, 1],
        }
        for name, flags in (("junction", shown.spans), ("anchored", shown.anchored), ("split", shown.split)):
            for side, end in enumerate("53"):
                table[f"{name}{end}"] = flags[at, side]
        return pd.DataFrame(table)[list(TUMOUR_READS.columns)]


_INTEGRATED = [int(o) for o in (Origin.VECTOR, Origin.JUNCTION5, Origin.JUNCTION3, Origin.JUNCTION53)]


def _expected(copies: float, counts: dict[str, int]) -> str:
    """The verdict that a caller owes; see `TUMOUR_SAMPLES`."""
    if copies > 0:
        enough = counts["n_fragments_vector"] >= _ENOUGH and counts["n_bins"] >= _ENOUGH
        return "POSITIVE" if enough else "FEW"
    others = sum(count for name, count in counts.items() if name not in ("n_fragments_vector", "n_bins"))
    return "NOT_POSITIVE" if others else "NEGATIVE"
