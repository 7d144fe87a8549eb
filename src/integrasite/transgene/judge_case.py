"""One vector in one sample: its evidence, its limits, and the row that they make."""

from dataclasses import replace
from functools import cached_property
from math import isnan

import numpy as np
import pandas as pd

from integrasite.transgene import background, contaminants, limits, verdict
from integrasite.transgene.binder import Absence, absent_binder
from integrasite.transgene.judge_study import JudgedStudy, Prepared
from integrasite.transgene.limits_expected import Cells, Expected, Flags, Ints, expect, expect_whole
from integrasite.transgene.structure_joins import find_rearrangements
from integrasite.transgene.vector_map import PART_PREFIX, MappedVector
from integrasite.transgene.verdict_evidence import PLASMID_KIND, Vectors, has_mates_ends, shown_spans


class Case:
    """One vector in one sample."""

    def __init__(self, study: JudgedStudy, sample: Prepared, vector: MappedVector) -> None:
        self.study, self.sample, self.vector = study, sample, vector
        self.calling = study.calling
        self.library = sample.data.library
        self.allotted = sample.allotted[vector.name]
        self.mates = study.mates(sample, vector.name)
        self.is_viral_excess = self._viral_excess()

    @cached_property
    def cells(self) -> Cells:
        """Cells; what a better explained vector has too is not this vector's own."""
        cells = self.study.cells[self.vector.name]
        own = cells.is_own.copy()
        if self.allotted.better:
            vectors = Vectors([self.study.map[name] for name in self.sample.allotted])
            for other in self.allotted.better:
                own &= ~vectors.likeness[self.vector.name, other].is_shared
        return replace(cells, is_own=own)

    @cached_property
    def expected_all(self) -> Expected:
        """Fragments of one copy."""
        return expect(self.vector, self.cells, self.sample.data.shape, self.calling)

    @property
    def expected(self) -> Expected:
        """Fragments of one copy that count: beside the virus only, where a wild-type virus is there."""
        if self.is_viral_excess:
            return limits.beside_virus(self.expected_all, self.cells)
        return self.expected_all

    @cached_property
    def hopped(self) -> tuple[Flags, tuple[str, ...]]:
        """Which allotted fragments have the ends of a run-mate's, and the mates that have them."""
        own = self.sample.informative.iloc[self.allotted.rows]
        found = np.zeros(len(own), np.bool_)
        names = []
        for mate in self.mates:
            theirs = mate.informative.iloc[mate.allotted[self.vector.name].rows]
            same = has_mates_ends(own, theirs, self.cells.size * self.sample.data.n_lengths)
            if same.any():
                names.append(mate.data.name)
            found |= same
        return found, tuple(names)

    @cached_property
    def _kept(self) -> Flags:
        """Which allotted fragments are no run-mate's, no better explained vector's and no PCR product's."""
        piece: Flags = self.sample.products.is_piece[self.allotted.rows]
        return ~self.hopped[0] & ~self.allotted.is_shared & ~piece

    @property
    def counted(self) -> Flags:
        """Which allotted fragments count."""
        kept = self._kept.copy()
        if self.is_viral_excess:
            kept &= ~self.cells.is_viral[self.allotted.cell]
        return kept

    def _viral_excess(self) -> bool:
        if self.vector.kind not in ("lentivirus", "gammaretrovirus"):
            return False
        viral = self.cells.is_viral[self.allotted.cell[self._kept]]
        n_viral = int(viral.sum())
        return contaminants.is_viral_excess(
            n_viral, viral.size - n_viral, self.expected_all, self.cells, self.calling
        )

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The fragments that count."""
        return self.sample.informative.iloc[self.allotted.rows[self.counted]]

    @cached_property
    def cell(self) -> Ints:
        """Their cells."""
        return self.allotted.cell[self.counted]

    @cached_property
    def junctions(self) -> contaminants.Junctions:
        """Junction evidence without hopped fragments and PCR products."""
        left_out = self.hopped[0] | self.sample.products.is_piece[self.allotted.rows]
        numbers = self.sample.informative["fragment"].to_numpy(np.int64)[self.allotted.rows[left_out]]
        return contaminants.count_junctions(self.sample.data.junctions, self.vector.name, numbers.tolist())

    @cached_property
    def carry_over(self) -> contaminants.CarryOver | None:
        """Another subject's sample that can have brought all fragments."""
        name = self.vector.name
        donors = {
            other.data.name: (other.places[name], int(other.allotted[name].rows.size))
            for other in self.study.samples
            if name in other.allotted and other.data.library.subject != self.library.subject
        }
        rows = self.sample.data.junctions
        pairs = rows[
            (rows["vector"] == name) & (rows["kind"] == "discordant") & rows["is_specific"].astype(bool)
        ]
        found = contaminants.find_carry_over(self.sample.places[name], donors, self.cell.size, pairs)
        return found if found is not None and self.cell.size <= found.most else None

    @property
    def is_integrated(self) -> bool:
        """Whether junctions show integrated copies of the sample's own."""
        return self.carry_over is None and self.junctions.shows_integration(self.cell.size, self.calling)

    @cached_property
    def backbone(self) -> tuple[int, float]:
        """Fragments of backbone and plasmid parts, and how many start positions they have per plasmid."""
        found = self.sample.data.fragments
        found = found[found["kind"] == PLASMID_KIND]
        names = found["vector"].astype(str)
        own = names == self.vector.backbone_contig
        parts = names.str.startswith(PART_PREFIX)
        least, shape = self.calling.informative_bases, self.sample.data.shape
        if self.vector.backbone.size:
            bases = np.ones(self.vector.backbone.size, np.bool_)
            for stretch in self.vector.backbone_host_like:
                bases[stretch.start : stretch.end] = False
            return int((own | parts).sum()), expect_whole(bases, shape, least)
        seen = [part for part in self.study.map.parts if (names == part.contig).any()]
        sizes = [np.array([letter != "N" for letter in part.sequence], np.bool_) for part in seen]
        return int(parts.sum()), sum(expect_whole(bases, shape, least) for bases in sizes)

    @cached_property
    def blanks(self) -> tuple[background.Blank, ...]:
        """Sources of fragments in a sample without the vector."""
        name = self.vector.name
        rate = self.study.hop_rate(self.library.run, name)
        # what hopped and was recognised does not count, so the limit need not hold it again; most is not recognised
        pairs = sum(mate.n_pairs(name) for mate in self.mates)
        found = [
            background.laboratory_blank(
                self.study.control_counts(self.sample, self.vector.name), self.calling
            ),
            background.hop_blank(pairs, rate, self.calling),
        ]
        if not self.is_integrated:
            found.append(background.plasmid_blank(*self.backbone, self.expected_all.total, self.calling))
        part = self.expected.total / self.expected_all.total if self.expected_all.total else 1.0
        return tuple(blank.scaled(part) for blank in found)

    @cached_property
    def limits(self) -> verdict.Limits:
        """What the sample could have shown."""
        blank = background.add_blanks(self.blanks)
        lob = background.limit_of_blank(blank, self.calling.blank_alpha)
        share = self._share_beside_virus()
        beside = background.limit_of_blank(blank.scaled(share), self.calling.blank_alpha)
        rule = limits.rule_for(
            self.cells, self.expected, lob + 1, 0 if self.is_viral_excess else beside + 1, self.calling
        )
        depth, low, high = self.sample.data.fragments_per_base
        spread = limits.spread_of((low, high), self.expected, self.cells, self.calling)
        known = depth if self.library.assay != "rna" else float("nan")
        lod = limits.limit_of_detection(known, rule, self.expected, self.cells, spread)
        required = limits.required_copies(
            self.library.purity, self.library.ploidy, self.calling, self.study.settings.required_vcn
        )
        sources = tuple(b.source for b in self.blanks if b.mean > self.calling.blank_fragments)
        return verdict.Limits(
            rule.n_fragments,
            rule.n_bins,
            rule.n_apart,
            rule.n_elements,
            rule.n_beside_virus,
            lob,
            lod,
            required,
            known > 0,
            sources,
        )

    def _share_beside_virus(self) -> float:
        total = self.expected.total
        return float(self.expected.cells[~self.cells.is_viral].sum()) / total if total else 1.0

    @cached_property
    def counts(self) -> verdict.Counts:
        """The evidence."""
        cells, cell, all_rows = self.cells, self.cell, self.sample.data.fragments
        bins = np.unique(cells.bin[cell])
        first = np.unique(cells.cell_of, return_index=True)[1]  # the cells in the order of the vector
        ordered = np.unique(cell)[np.argsort(first[np.unique(cell)])]
        elements = [cells.names[number] for number in dict.fromkeys(cells.element[ordered].tolist())]
        native = (all_rows["vector"] == self.vector.name) & (all_rows["kind"] == "vector_host_like")
        return verdict.Counts(
            n_fragments=int(cell.size),
            n_bins=int(bins.size),
            n_apart=int(bins[-1] - bins[0]) if bins.size else 0,
            elements=tuple(elements),
            n_beside_virus=int((~cells.is_viral[cell]).sum()),
            n_hopped=int(self.hopped[0].sum()),
            n_shared=int((self.allotted.is_shared & ~self.hopped[0]).sum()),
            n_host_like=int(native.sum()),
            n_exon=contaminants.exon_support(all_rows, self.vector.name),
            n_circle=int((self.rows["kind"] == "circle").sum()),
            n_junctions=self.junctions.n_fragments,
            n_backbone=self.backbone[0],
        )

    @cached_property
    def absence(self) -> Absence | None:
        """The binder of the vector as it was given, where it is not there."""
        if self.is_viral_excess or self.library.assay == "rna":
            return None
        data = self.sample.data
        breaks = find_rearrangements(data.fragments, self.vector, self.calling)
        return absent_binder(
            self.vector, self.rows, self.expected, self.cells, data.shape, breaks, self.calling
        )

    @cached_property
    def amplified(self) -> verdict.Amplified | None:
        """The sample's PCR products of this vector."""
        products = self.sample.products
        mine = self.sample.informative.iloc[self.allotted.rows[products.is_product[self.allotted.rows]]]
        if mine.empty:
            return None
        first = mine.sort_values(["n_copies", "fragment"], ascending=[False, True]).iloc[0]
        return verdict.Amplified(
            len(mine),
            int(first["n_copies"]),
            int(first["vector_start"]),
            int(first["vector_end"]),
            products.mean,
        )

    def _circumstances(self) -> verdict.Circumstances:
        starts, ends = (
            self.rows[c].to_numpy(np.float64).astype(np.int64) for c in ("vector_start", "vector_end")
        )
        n_backbone, size = self.backbone
        copies = n_backbone / size if size else 0.0
        own = self.cell.size / self.expected.total if self.expected.total else 0.0
        data = self.sample.data
        return verdict.Circumstances(
            assay=self.library.assay,
            vector=self.vector.name,
            is_integrated=self.is_integrated,
            is_pile_up=contaminants.is_pile_up(starts, ends, self.cells, self.expected, self.calling),
            is_viral_excess=self.is_viral_excess,
            lacks_junctions=contaminants.lacks_junctions(
                self.cell.size, self._n_junctions(), self._junction_share(), self.calling
            ),
            junctions_due=self.cell.size * self._junction_share(),
            is_plasmid=bool(n_backbone) and copies >= self.calling.plasmid_ratio * own,
            carry_over=self.carry_over,
            mates=self.hopped[1],
            better=self.allotted.better,
            product=data.product,
            vector_product=self.vector.product,
            has_unmapped=data.has_unmapped,
            has_baits=self.library.assay != "capture" or self.study.settings.has_baits,
            problem=self.vector.problem,
            amplified=self.amplified,
            absence=self.absence,
        )  # fmt: skip

    def _junction_share(self) -> float:
        """Share of fragments with a junction if all are of integrated copies; 0 where the ends are not those of the provirus."""
        return 0.0 if self.vector.problem else contaminants.junction_share(self.expected, self.calling)

    def _n_junctions(self) -> int:
        """Fragments with a junction of this vector or of one with the same ends, which the aligner cannot tell from it."""
        found = self.junctions.n_fragments
        others = [name for name in self.sample.allotted if name != self.vector.name]
        likeness = Vectors([self.study.map[name] for name in self.sample.allotted]).likeness if others else {}
        for other in others:
            is_shared = likeness[self.vector.name, other].is_shared
            if is_shared[0] or is_shared[max(self.vector.ltr_length, 1) - 1]:
                found += contaminants.count_junctions(self.sample.data.junctions, other).n_fragments
        return found

    def _breadth(self) -> float:
        """Share of the vector's own bases that counted fragments show."""
        size = self.cells.size
        shown = np.zeros(size, np.bool_)
        for start, end in zip(
            self.rows["vector_start"].tolist(), self.rows["vector_end"].tolist(), strict=True
        ):
            for span in shown_spans(int(start), int(end), self.sample.data.shape.read_length):
                shown[np.arange(*span) % size] = True
        own = self.cells.is_own
        return float((shown & own).sum()) / max(int(own.sum()), 1)

    def row(self) -> dict[str, object]:
        """The row of `TRANSGENE`."""
        counts, data = self.counts, self.sample.data
        told = verdict.judge(counts, self.limits, self._circumstances(), self.calling)
        localise = limits.limit_of_localisation(data.fragments_per_base[0], self.expected_all, self.calling)
        return {
            "sample": data.name,
            "subject": self.library.subject,
            "vector": self.vector.name,
            "verdict": told.verdict.value,
            "reason": told.reason,
            "n_fragments": counts.n_fragments,
            "n_bins": counts.n_bins,
            "lob": self.limits.lob,
            "lod_vcn": _number(self.limits.lod),
            "breadth": round(self._breadth(), 6),
            "elements": ",".join(dict.fromkeys(counts.elements)),
            "product": data.product if counts.n_fragments else "",
            "required_vcn": _number(self.limits.required),
            "lod_localise": _number(localise if self.library.assay != "rna" else float("nan")),
            "depth": _number(data.depth),
            "n_controls": len(self.study.control_counts(self.sample, self.vector.name)),
            "n_junctions": counts.n_junctions,
            "n_beside_virus": counts.n_beside_virus,
            "n_hopped": counts.n_hopped,
            "n_shared": counts.n_shared,
            "n_host_like": counts.n_host_like,
            "n_backbone": counts.n_backbone,
            "findings": ",".join(finding.value for finding in told.findings),
        }


def _number(value: float) -> float | None:
    return None if isnan(value) else float(f"{value:.6g}")
