"""The published rules of the accuracy benchmark, and the figures that judge all tools."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy"))

import baselines
import measure
import origins
import scenarios

from integrasite.simulate.scenario import load_scenario
from integrasite.simulate.truth import TRUTH

EVIDENCE = ["sample", "contig", "position", "strand", "length", "n_reads", "is_unique"]


def evidence(*rows: tuple[int, int, int], **changes: object) -> pd.DataFrame:
    """Molecules of one library at (position, length, n_reads)."""
    cells = [("a", "chr1", at, "+", length, reads, True) for at, length, reads in rows]
    return pd.DataFrame(cells, columns=EVIDENCE).assign(**changes)


class TestFixedWindows:
    def test_a_window_takes_the_most_frequent_position(self) -> None:
        found = baselines.fixed_windows(evidence((100, 50, 2), (101, 60, 9), (101, 61, 1), (104, 70, 3)), 5)
        assert found[["position", "n_reads", "n_fragments"]].to_numpy().tolist() == [[101, 15, 4]]

    @pytest.mark.parametrize(("width", "expected"), [(5, [100, 105]), (7, [100])])
    def test_the_width_decides_what_is_one_site(self, width: int, expected: list[int]) -> None:
        found = baselines.fixed_windows(evidence((100, 50, 5), (105, 60, 2)), width)
        assert found["position"].tolist() == expected

    def test_windows_do_not_chain(self) -> None:
        found = baselines.fixed_windows(evidence((100, 50, 5), (104, 50, 1), (107, 50, 2)), 5)
        assert found["position"].tolist() == [100, 107]

    def test_equal_counts_go_to_the_smallest_position(self) -> None:
        assert baselines.fixed_windows(evidence((101, 50, 3), (100, 60, 3)), 5)["position"].tolist() == [100]

    def test_strands_and_samples_are_apart_and_repeats_are_dropped(self) -> None:
        plus = evidence((100, 50, 5))
        frames = [
            plus,
            plus.assign(strand="-"),
            plus.assign(sample="b"),
            evidence((900, 5, 5), is_unique=False),
        ]
        found = baselines.fixed_windows(pd.concat(frames), 5)
        assert found[["sample", "strand"]].to_numpy().tolist() == [["a", "+"], ["a", "-"], ["b", "+"]]
        assert found["position"].tolist() == [100, 100, 100]

    def test_equal_lengths_count_once(self) -> None:
        assert baselines.fixed_windows(evidence((100, 50, 5), (100, 50, 5)), 5)["n_fragments"].tolist() == [1]


def test_unique_only_drops_multihits() -> None:
    sites = pd.DataFrame({"placement": ["unique", "multihit", "unique"], "position": [1, 2, 3]})
    assert baselines.unique_only(sites)["position"].tolist() == [1, 3]


def test_lengths_count_once_per_specimen_however_many_molecules() -> None:
    rows = [("s", "chr1", 10, "+", length) for length in (50, 50, 50, 51)] + [("s", "chr1", 99, "+", 50)]
    fragments = pd.DataFrame(rows, columns=["specimen", "contig", "position", "strand", "length"])
    found = baselines.length_fractions(fragments)
    assert found["n_lengths"].tolist() == [2, 1]
    assert found["fraction"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_exact_ltr_forgives_no_base() -> None:
    assert baselines.exact_ltr(["ACGTTT", "ACCTTT", "AACGTT", "AC"], "ACG") == [True, False, False, False]


class TestTenTimes:
    SHARED = pd.DataFrame(
        [("P1", "x", 99), ("P1", "y", 1), ("P2", "z", 10)], columns=["subject", "sample", "n_reads"]
    ).assign(contig="chr1", position=7, strand="+")

    def test_the_subject_with_ten_times_more_keeps_the_site(self) -> None:
        assert set(baselines.ten_times(self.SHARED)["sample"]) == {"x", "y"}

    def test_with_less_nobody_keeps_it(self) -> None:
        assert baselines.ten_times(self.SHARED.assign(n_reads=[98, 1, 10])).empty

    def test_a_site_of_one_subject_stays(self) -> None:
        assert len(baselines.ten_times(self.SHARED.assign(position=[1, 2, 3]))) == 3


def true_rows(*rows: tuple[int, int, float]) -> pd.DataFrame:
    """Truth of one library at (position, molecules, fraction)."""
    cells = {name: 1 if kind in ("int", "float") else "" for name, kind in TRUTH.columns.items()}
    frame = pd.DataFrame([cells] * len(rows))
    return frame.assign(
        **{
            "sample": "a",
            "subject": "P1",
            "timepoint": "T1",
            "contig": "chr1",
            "strand": "+",
            "class": "unique",
        },
        cause="clone",
        origin="dominant",
        longest_insert=100,
        position=[at for at, _, _ in rows],
        n_molecules_read=[n for _, n, _ in rows],
        fraction=[share for _, _, share in rows],
    )


def called_rows(*rows: tuple[int, int]) -> pd.DataFrame:
    """Passed sites of one library at (position, fragments)."""
    frame = pd.DataFrame(rows, columns=["position", "n_fragments"])
    return frame.assign(
        sample="a", subject="P1", contig="chr1", strand="+", placement="unique", status="pass", cluster=""
    )


NONE = called_rows()


def figures(truth: pd.DataFrame, sites: pd.DataFrame) -> dict[str, float]:
    return {metric.name: metric.value for metric in measure.site_metrics(truth, sites, NONE.astype(str))}


class TestFigures:
    def test_a_second_site_beside_a_called_true_one_is_false(self) -> None:
        found = figures(true_rows((100, 5, 0.5)), called_rows((100, 4), (102, 1)))
        assert found["precision_2"] == 1
        assert found["precision_1"] == 0
        assert found["false_1_second_site"] == 1
        assert found["wobble_second_sites"] == 1

    def test_a_call_that_is_off_is_found_but_not_exact(self) -> None:
        found = figures(true_rows((100, 5, 0.5)), called_rows((102, 4)))
        assert (found["recall_unique_2"], found["exact_2"], found["precision_2"]) == (1, 0, 1)

    def test_a_call_further_off_is_displaced_and_false(self) -> None:
        found = figures(true_rows((100, 5, 0.5)), called_rows((109, 4)))
        assert (found["recall_unique_2"], found["precision_2"], found["false_2_displaced"]) == (0, 0, 1)

    def test_depths_are_told_apart(self) -> None:
        found = figures(true_rows((100, 5, 0.5), (900, 1, 0.5)), called_rows((100, 4), (7000, 3)))
        assert (found["recall_unique_2"], found["recall_unique_1"]) == (1, 0)
        assert (found["precision_2"], found["false_2_unexplained"]) == (0.5, 1)

    @pytest.mark.parametrize(("calls", "expected"), [([(100, 5), (103, 5)], 1), ([(100, 9)], 0)])
    def test_neighbours_are_apart_if_both_are_called(
        self, calls: list[tuple[int, int]], expected: int
    ) -> None:
        assert (
            figures(true_rows((100, 5, 0.5), (103, 6, 0.5)), called_rows(*calls))["neighbours_apart_3"]
            == expected
        )

    def test_neighbours_of_which_each_replicate_calls_one_are_not_apart(self) -> None:
        truth = true_rows((100, 5, 0.5), (103, 6, 0.5))
        calls = pd.concat(
            [called_rows((100, 9)), called_rows((103, 9)).assign(sample="b")], ignore_index=True
        )
        both = pd.concat([truth, truth.assign(sample="b")], ignore_index=True)
        assert figures(both, calls)["neighbours_apart_3"] == 0

    def test_neighbours_of_few_fragments_do_not_count(self) -> None:
        found = figures(true_rows((100, 5, 0.5), (103, 4, 0.5)), called_rows((100, 5)))
        assert found["neighbours_apart_3"] != found["neighbours_apart_3"]  # no case, so no value

    def test_abundance_counts_a_missing_clone_as_none(self) -> None:
        clones = called_rows((100, 9)).assign(
            timepoint="T1", fraction=0.4, fraction_low=0.3, fraction_high=0.6
        )
        truth = true_rows((100, 9, 0.5), (500, 9, 0.5), (800, 9, 0.001))
        found = {metric.name: metric for metric in measure.abundance_metrics(truth, clones)}
        assert found["fraction_rms"].value == pytest.approx(((0.2**2 + 1) / 2) ** 0.5)
        assert (found["interval_coverage"].value, found["interval_coverage"].n) == (0.5, 2)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_false_calls_are_traced_to_their_reads(strand: str) -> None:
    host = "".join("ACGT"[(i * i + i // 3) % 4] for i in range(200))
    position = 101
    turned = host[:position].translate(str.maketrans("ACGT", "TGCA"))[::-1]
    text = "GAAAATCTCTAGCA" + (host[position - 1 :] if strand == "+" else turned)[:60]
    fates = [
        ("a", "mispriming", text),
        ("a", "mispriming", text),
        ("a", "site_unique", text),
        ("b", "x", text),
    ]
    reads = pd.DataFrame(fates, columns=["sample", "fate", "text"])
    calls = pd.DataFrame({"sample": ["a", "c"], "contig": "chr1", "position": position, "strand": strand})
    assert origins.origins(calls, reads, {"chr1": host}) == ["mispriming", origins.UNTRACED]


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_every_scenario_can_be_simulated(name: str) -> None:
    scenario = scenarios.SCENARIOS[name]
    loaded = load_scenario(scenario.values(12_000, [f"GENE{i}" for i in range(20)]))
    assert loaded.pairs == 12_000 * scenario.size
    assert len(loaded.dominant) == len(scenario.dominant) * (len(loaded.subjects) if scenario.of_all else 1)
    assert bool(loaded.human_promoter) == scenario.carries_promoter


def test_more_pairs_are_more_molecules_and_more_sites() -> None:
    few, many = (scenarios.SCENARIOS["default"].values(pairs, ["G"]) for pairs in (30_000, 90_000))
    for name in ("pairs", "fragments", "background_sites", "neighbour_pairs"):
        assert many[name] == pytest.approx(3 * few[name])
