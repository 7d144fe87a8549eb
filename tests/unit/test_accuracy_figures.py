"""The accuracy benchmark's figures on what passes between libraries, on unique placement, and its bars."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy"))

import bars
import measure
import sharing
import unique

from integrasite.align.places import InsertPlaces, Place
from integrasite.io.tables import as_table, write_tsv
from integrasite.model import tables
from integrasite.model.fates import Fate
from integrasite.simulate.causes import Support
from integrasite.simulate.truth import TRUTH

PLACE = {"contig": "c", "strand": "+"}


def truth(*rows: tuple) -> pd.DataFrame:
    """Rows of sample, subject, position, cause, origin, molecules read."""
    names = ["sample", "subject", "position", "cause", "origin", "n_molecules_read"]
    frame = pd.DataFrame(rows, columns=names).assign(**PLACE)
    frame = frame.assign(
        n_reads=frame["n_molecules_read"],
        n_usable=frame["n_molecules_read"],
        longest_insert=100,
        site_id=[f"c:{at}:+" for at in frame["position"]],
        **{"class": "unique"},
    )
    return as_table(frame, TRUTH)


def sites(*rows: tuple) -> pd.DataFrame:
    """Rows of sample, position, fragments, placement, status."""
    frame = pd.DataFrame(rows, columns=["sample", "position", "n_fragments", "placement", "status"])
    return as_table(frame.assign(cluster="m", **PLACE), tables.SITES)


NO_MULTIHITS = as_table(pd.DataFrame({name: [] for name in tables.MULTIHITS.columns}), tables.MULTIHITS)


def found(metrics) -> dict[str, tuple[float, int]]:
    return {metric.name: (metric.value, metric.n) for metric in metrics if metric.n}


class TestSharing:
    TRUTH = truth(
        ("a", "P1", 10, "clone", "dominant", 50),
        ("b", "P2", 10, "hop", "dominant", 2),
        ("e", "P2", 10, "hop", "dominant", 1),
        ("f", "P2", 10, "hop", "dominant", 1),
        ("a2", "P1", 10, "hop", "dominant", 1),  # within the subject: nothing foreign
        ("b", "P2", 40, "hop", "background", 1),
        ("b", "P2", 50, "contamination", "background", 1),
        ("a", "P1", 90, "clone", "shared", 6),
        ("b", "P2", 90, "clone", "shared", 5),
        ("b", "P2", 90, "hop", "shared", 1),  # beside a clone of its own
        ("e", "P2", 90, "clone", "shared", 4),  # too few fragments to count
    )

    def test_hops_are_called_or_not_there_and_independent_sites_stay(self):
        called = sites(
            ("a", 10, 50, "unique", "pass"),
            ("b", 10, 2, "unique", "contamination"),
            ("e", 10, 1, "unique", "pass"),
            ("b", 40, 1, "unique", "pass"),
            ("b", 50, 1, "unique", "contamination"),
            ("a", 90, 6, "unique", "pass"),
            ("b", 90, 5, "unique", "contamination"),
            ("e", 90, 4, "unique", "contamination"),
        )
        assert found(sharing.sharing_metrics(self.TRUTH, called)) == {
            "hops_called": (pytest.approx(2 / 3), 3),
            "hops_called_any": (0.5, 4),
            "carry_over_called": (1, 1),
            "independent_removed": (0.5, 2),
        }

    def test_without_any_there_is_no_figure(self):
        assert found(sharing.sharing_metrics(self.TRUTH[:1], sites(("a", 10, 5, "unique", "pass")))) == {}

    def test_estimated_rates_are_set_against_what_happened(self, tmp_path: Path):
        reads = pd.DataFrame({"sample": ["a"] * 8 + ["b", "*"], "true_sample": "a", "far_molecule": 3})
        reads["linker_molecule"] = [4, 5, *[3] * 8]
        without = reads.assign(linker_molecule=9, fate="internal_vector")  # tells nothing: no insert
        reads = pd.concat([reads.assign(fate="wrong_linker"), without], ignore_index=True)
        assert list(sharing.crosstalk_metrics(reads, tmp_path)) == []
        row = {"source": "s", "n_discordant": 300, "hop_rate": 1 / 10, "recombination_rate": 2 / 9}
        table = as_table(pd.DataFrame([row]), tables.CROSSTALK)
        write_tsv(table, tmp_path / "crosstalk.tsv", tables.CROSSTALK)
        assert found(sharing.crosstalk_metrics(reads, tmp_path)) == {
            "hop_rate_ratio": (pytest.approx(0.9), 300),
            "recombination_rate_ratio": (pytest.approx(1), 300),
        }


class TestPrecision:
    TRUTH = truth(("a", "P1", 100, "clone", "background", 5))
    SUPPORT = Support(
        pd.DataFrame(
            [("a", 300, "truncated_ltr"), ("a", 500, "hop"), ("a", 700, "mispriming")],
            columns=["sample", "position", "cause"],
        ).assign(n_reads=1, **PLACE)
    )

    def figures(self, *calls: tuple) -> dict[str, tuple[float, int]]:
        return found(measure.site_metrics(self.TRUTH, sites(*calls), NO_MULTIHITS, self.SUPPORT))

    @pytest.mark.parametrize(
        ("position", "cause", "lenient"),
        [
            (305, "truncated_ltr", 1.0),  # at the junction that is really there
            (306, "truncated_ltr", 0.5),
            (501, "hop", 0.5),
            (707, "mispriming", 0.5),
            (900, "unexplained", 0.5),
            (103, "second_site", 0.5),
        ],
    )
    def test_every_false_call_has_a_cause(self, position: int, cause: str, lenient: float):
        figures = self.figures((("a", 100, 3, "unique", "pass")), ("a", position, 2, "unique", "pass"))
        assert figures["precision_2"] == (0.5, 2)
        assert figures[f"false_2_{cause}"] == (1, 2)
        assert sum(figures[f"false_2_{word}"][0] for word in measure.CAUSES) == 1
        assert figures["precision_2_with_truncated"] == (lenient, 2)

    def test_a_call_on_the_other_strand_is_wrong(self):
        turned = sites(("a", 100, 3, "unique", "pass")).assign(strand="-")
        figures = found(measure.site_metrics(self.TRUTH, turned, NO_MULTIHITS))
        assert figures["strand"] == (0, 1)
        assert self.figures(("a", 100, 3, "unique", "pass"))["strand"] == (1, 1)

    def test_an_ambiguous_multihit_is_listed_but_not_found(self):
        figures = self.figures(("a", 100, 3, "multihit", "ambiguous"))
        assert figures["recall_insert_30"] == (0, 1)
        assert figures["recall_insert_30_listed"] == (1, 1)


class TestUnique:
    SEQUENCE = "".join("ACGT"[(i * i * 7 + i // 3) % 4] for i in range(300))

    def test_reads_show_the_ends_of_the_insert(self):
        insert = self.SEQUENCE[50:150]
        turned = insert.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        assert unique.insert_ends(self.SEQUENCE, 50, True, 100, (30, 20)) == (insert[:30], turned[:20])
        assert unique.insert_ends(self.SEQUENCE, 149, False, 100, (30, 20)) == (turned[:30], insert[:20])

    @pytest.mark.parametrize(
        ("places", "expected"),
        [
            ([(0, 10, 100)], True),
            ([(0, 10, 100), (1, 77, 92)], True),
            ([(0, 10, 100), (1, 77, 93)], False),
            ([(0, 10, 100), (0, 10, 99), (1, 77, 80)], True),  # another breakpoint of the same junction
            ([(1, 77, 100), (0, 10, 80)], False),  # clear, but elsewhere
            ([], False),
        ],
    )
    def test_the_true_place_must_win_clearly(self, places: list[tuple[int, int, int]], expected: bool):
        listed = tuple(Place(contig, at, at + i, True, score) for i, (contig, at, score) in enumerate(places))
        placed = InsertPlaces(0, Fate.USABLE, listed, (1.0,) * len(listed))
        assert unique.is_unique(placed, 0, 10, True) is expected


class TestBars:
    def test_a_bar_is_met_missed_or_not_asked(self):
        assert bars.bar_of("default", "integrasite", "precision_1", 0.98) == "met"
        assert bars.bar_of("default", "integrasite", "precision_1", 0.979) == "missed"
        assert bars.bar_of("default", "window_5", "precision_1", 0.5) == ""
        assert bars.bar_of("default", "integrasite", "precision_1", np.nan) == ""
        assert bars.bar_of("replicate_noise", "integrasite", "rms_0.2", 0.5) == ""
        assert bars.bar_of("replicate_noise", "integrasite", "interval_coverage", 0.99) == "missed"

    def test_scenarios_are_pooled_by_cases(self):
        rows = [
            ("x", "integrasite", "precision_1", 1.0, 300),
            ("y", "integrasite", "precision_1", 0.9, 100),
            ("z", "integrasite", "precision_1", np.nan, 0),
            ("x", "window_5", "precision_1", 0.1, 900),
            ("x", "integrasite", "false_1_hop", 2.0, 300),
            ("y", "integrasite", "false_1_hop", 3.0, 100),
        ]
        table = bars.with_bars(pd.DataFrame(rows, columns=["scenario", "tool", "metric", "value", "n"]))
        whole = bars.pooled(table).set_index("metric")
        assert whole.loc["precision_1", ["value", "n", "bar"]].tolist() == [
            pytest.approx(0.975),
            400,
            "missed",
        ]
        assert whole.loc["false_1_hop", "value"] == 5
        text = bars.readable(pd.concat([table, bars.pooled(table)], ignore_index=True))
        assert "precision_1: met in 1 of 2 scenarios" in text
        assert "missed: y: 0.9000 (n 100; wanted 0.98 to 1)" in text
