"""Codes, lineages, gene tests, what makes a tier weaker, and what leaves it open."""

from pathlib import Path

import pandas as pd
import pytest
from flag_toy import LMO2, clone, raised, sheet, tiers, tracked
from hypothesis import given
from hypothesis import strategies as st

from integrasite.flags.breadth import breadth_of
from integrasite.flags.codes import CODES, QUALITY
from integrasite.flags.lineages import LINEAGES, NEUTRAL, classify
from integrasite.flags.specimens import Specimen
from integrasite.model.library import Library

DOCS = Path(__file__).parents[2] / "docs" / "output.md"


@pytest.mark.parametrize(
    ("cell_type", "expected"),
    [
        ("CD3+ T cells", "T"),
        ("T-cells", "T"),
        ("CAR-T", "T"),
        ("cd4+", "T"),
        ("CD34+", "progenitor"),
        ("Neutrophils", "myeloid"),
        ("GRANULOCYTES", "myeloid"),
        ("CD33+ bone marrow", "myeloid"),
        ("myeloid progenitors", "progenitor"),
        ("NK cells", "NK"),
        ("CD19+ CAR T cells", "lymphoid"),
        ("T/NK", "lymphoid"),
        ("PBMC", ""),
        ("whole blood", ""),
        ("CD34-", ""),
        ("CD3\u2212 cells", ""),
        ("T-depleted", ""),
        ("non-T", ""),
        ("lymphoid progenitors", ""),
        ("CD3 enriched", ""),
        ("cells", ""),
        ("", ""),
    ],
)
def test_lineages_of_free_text(cell_type, expected):
    assert classify("blood", cell_type) == expected
    assert classify("blood", cell_type.upper()) == expected


def test_the_tissue_counts_where_there_is_no_cell_type():
    assert classify("neutrophils", "") == "myeloid"
    assert classify("neutrophils", "PBMC") == ""


@given(st.text(max_size=12), st.sampled_from([word for words in LINEAGES.values() for word in words]))
def test_a_word_that_is_not_listed_makes_a_lineage_unknown(more, word):
    text = f"{word} x{more}x"
    assert classify("", text) in ("", classify("", word), "lymphoid", "progenitor")
    assert classify("", f"{word} xyz") == classify("", f"xyz {word}") == ""


def one(name, cells, day, role="patient", evaluable="yes", lod95=0.003, loq=0.016):
    return Specimen(
        ("p", name), role, True, ("blood", cells), day, 1000, evaluable, loq=loq, lod95=lod95
    )  # fmt: skip


TCELLS, BULK = one("t", "T", 100), one("b", "PBMC", 100)


@pytest.mark.parametrize(
    ("others", "seen", "level"),
    [
        ([], {"t": 0.2}, 0),  # nobody looked at myeloid cells
        ([one("n", "neutrophils", 100)], {"t": 0.2}, 1),
        ([one("n", "neutrophils", 130)], {"t": 0.2}, 1),
        ([one("n", "neutrophils", 70)], {"t": 0.2}, 0),  # looked at before
        ([one("n", "neutrophils", None)], {"t": 0.2}, 0),
        ([one("n", "neutrophils", 100, evaluable="no")], {"t": 0.2}, 0),
        ([one("n", "neutrophils", 100, lod95=0.02)], {"t": 0.2}, 0),  # would not have shown 1 %
        ([one("n", "neutrophils", 100, lod95=None)], {"t": 0.2}, 0),
        ([one("n", "neutrophils", 100, role="product")], {"t": 0.2}, 0),
        ([one("n", "neutrophils", 100)], {"t": 0.2, "n": 0.001}, 0),  # seen there, not quantified
        ([one("n", "neutrophils", 100)], {"t": 0.2, "n": 0.016}, 2),
        ([one("n", "neutrophils", 100, loq=None)], {"t": 0.2, "n": 0.5}, 0),
        ([one("n", "CD34+", 30)], {"t": 0.2, "n": 0.02}, 2),
        ([one("n", "neutrophils", 100), BULK], {"t": 0.2, "b": 0.1}, 0),  # bulk may hold any cells
        ([BULK], {"t": 0.2}, 0),  # bulk that lacks the clone does not say that myeloid cells do
    ],
)
def test_lymphoid_only_is_never_said_for_want_of_data(others, seen, level):
    assert breadth_of(TCELLS, seen, [TCELLS, *others]).level == level


def test_effective_lineages_and_carry_over():
    others = [one("n", "neutrophils", 100), one("bcells", "B", 100), one("old", "NK", 50), BULK]
    found = breadth_of(TCELLS, {"t": 0.2, "n": 0.009}, [TCELLS, *others])
    assert found.words == (
        "lineages on day 100: T 20 %, myeloid 0.9 % (possible carry-over), B not seen; effective number 1.19"
    )
    even = breadth_of(
        TCELLS, {"t": 0.2, "n": 0.2, "b": 0.2}, [TCELLS, one("n", "CD14", 100), one("b", "B", 100)]
    )
    assert even.effective == pytest.approx(3.0)
    assert breadth_of(TCELLS, {"t": 0.2}, [TCELLS]).effective is None


MYELOID = Library("n0", "p1", "n0", days=0, cell_type="neutrophils")
T_ONLY = [*sheet(0, cell_type="T"), MYELOID]
MECOM = {**LMO2, "known_event": "MECOM", "nearest_cancer_gene": "MECOM"}


@pytest.mark.parametrize(
    ("fraction", "gene", "product", "rule", "grade"),
    [
        (0.25, (), "unknown", "dominant_20", 2),
        (0.25, (), "t-cell", "dominant_20", 2),
        (0.25, (), "hsc", "dominant_20", 3),
        (0.15, (), "hsc", "dominant_10", 4),
        (0.35, (), "hsc", "dominant_30", 1),  # never from 30 % on
        (0.35, (), "hsc", "dominant_20", 2),
        (0.25, (MECOM,), "unknown", "dominant_20", 1),
        (0.25, (MECOM,), "hsc", "dominant_20", 2),
        (0.25, (LMO2,), "hsc", "dominant_20", 1),  # T-cell cancers are what LMO2 is known for
        (0.25, ({**LMO2, "expected_geometry": "does_not_fit"},), "hsc", "dominant_20", 2),
        (0.01, (MECOM,), "hsc", "near_known_event", 4),  # stays on the list
    ],
)
def test_lymphoid_clones_after_stem_cells(fraction, gene, product, rule, grade):
    found = raised([clone("d0", fraction)], T_ONLY, genes=gene, product=product)
    assert tiers(found, rule) == {"d0": grade}
    assert " L1(0.003) " in found["codes"].iloc[0]


def test_a_lymphoid_product_in_the_sheet_overrules_the_config():
    product = Library("x", "p1", "x", days=0, cell_type="CAR T cells", role="product")
    assert tiers(raised([clone("d0", 0.25)], [*T_ONLY, product], product="hsc"), "dominant_20") == {"d0": 2}
    other = Library("x", "p2", "x", days=0, cell_type="CAR T cells", role="product")
    assert tiers(raised([clone("d0", 0.25)], [*T_ONLY, other], product="hsc"), "dominant_20") == {"d0": 3}


DAYS = (0, 100, 200)
FALLEN = [clone("d0", 0.25, 0.2, 0.3), clone("d100", 0.06, 0.05, 0.08), clone("d200", 0.05, 0.04, 0.06)]


def test_a_clone_that_fell_is_one_tier_weaker():
    found = raised(FALLEN, sheet(*DAYS))
    assert tiers(found, "dominant_20") == {"d0": 3}
    assert tiers(found, "dominant_10") == {"d0": 3}
    assert " G-(0.4) " in found["codes"].iloc[0]
    assert (
        "Declined: at most 8 % on the last two evaluable days (days 100 and 200)" in found["evidence"].iloc[0]
    )
    large = [clone("d0", 0.4, 0.35, 0.45), *FALLEN[1:]]
    assert tiers(raised(large, sheet(*DAYS)), "dominant_30") == {"d0": 2}


@pytest.mark.parametrize(
    ("later", "days", "poor"),
    [
        (FALLEN[1:2], (0, 100), ()),  # one day after the peak only
        ([FALLEN[1], clone("d200", 0.07, 0.05, 0.101)], DAYS, ()),  # perhaps half of the lower limit
        ([FALLEN[1], clone("d200", 0.05, 0.04, float("nan"))], DAYS, ()),  # a lower bound
        (FALLEN[1:], DAYS, ("d100",)),
        (FALLEN[1:], (0, 100, None), ()),
        ([FALLEN[1], FALLEN[2], clone("d300", 0.3, 0.25, 0.35)], (0, 100, 200, 300), ()),  # came back
        (
            [*FALLEN[1:], clone("d250", 0.2, 0.01, 0.5)],
            (0, 100, 200, 250),
            ("d250",),
        ),  # perhaps, in a poor specimen
        ([*FALLEN[1:], clone("dNone", 0.2)], (0, 100, 200, None), ()),  # at a time that is not known
    ],
)
def test_a_fall_must_be_sure(later, days, poor):
    found = raised([FALLEN[0], *later], sheet(*days), poor=poor)
    assert tiers(found, "dominant_20")["d0"] == 2
    assert not found["codes"].str.contains("G-").any()


def test_a_clone_that_vanished_has_the_limit_of_detection_as_upper_limit():
    assert tiers(raised(FALLEN[:1], sheet(*DAYS)), "dominant_20") == {"d0": 3}


def test_a_clone_that_grows_did_not_fall():
    days = (0, 100, 200, 300)
    rows = [
        clone("d0", 0.001),
        clone("d100", 0.25, 0.2, 0.3),
        clone("d200", 0.06),
        clone("d300", 0.05, 0.04, 0.06),
    ]
    assert tiers(raised(rows, sheet(*days)), "dominant_20") == {"d100": 3}
    assert tiers(raised(rows, sheet(*days), tracking=[tracked()]), "dominant_20") == {"d100": 2}


EXPANDED = {
    "test": "expanded_clone_enrichment", "gene": "NF1", "contig": "chr1", "start": 9, "end": 20, "n_sites": 40,
    "observed": 6.0, "expected": 0.5, "q": 0.003, "n_subjects_expanded": 2, "p_without_top_clone": 0.001,
}  # fmt: skip
COMMON = {
    "test": "reference_vector", "gene": "NF1", "contig": "chr1", "start": 9, "end": 20, "q": 0.01, "subject": "",
}  # fmt: skip


def crowd(n: int = 150, **cells):
    """Small clones, so that one of 3 % is among the largest 1 %."""
    return [clone("d1", 0.005, site_id=f"c{i}", position=5000 + i, **cells) for i in range(n)]


def test_a_large_clone_in_a_gene_of_expanded_clones():
    rows = [clone("d1", 0.03), *crowd()]
    found = raised(rows, sheet(1), expanded=[EXPANDED])
    assert found[["rule", "tier", "value", "threshold"]].to_numpy().tolist() == [
        ["expanded_gene", 2, 0.003, 0.05]
    ]
    assert found["codes"].iloc[0] == "A1(0.03) G? L0 K? M? R2(0.003) Q:none"
    assert "6 of 40 clones" in found["evidence"].iloc[0]
    assert raised(rows, sheet(1)).empty


@pytest.mark.parametrize(
    "cells",
    [
        {"q": 0.05},
        {"q": None},
        {"n_subjects_expanded": 1, "observed": 2.0},
        {"p_without_top_clone": 0.05},  # the gene's largest clone alone would count twice
        {"contig": "chr2"},
        {"start": 10},  # position 10 is the base 9
        {"end": 9},
    ],
)
def test_every_condition_of_expanded_genes_counts(cells):
    rows = [clone("d1", 0.03), *crowd()]
    assert raised(rows, sheet(1), expanded=[{**EXPANDED, **cells}]).empty
    enough = {"n_subjects_expanded": 1, "observed": 3.0, "p_without_top_clone": None, "end": 10}
    assert len(raised(rows, sheet(1), expanded=[{**EXPANDED, **enough}])) == 1


def test_only_the_largest_quantified_clones_count_in_such_a_gene():
    assert raised([clone("d1", 0.0159), *crowd()], sheet(1), expanded=[EXPANDED]).empty  # below 16/F
    many = [clone("d1", 0.03), *[{**row, "fraction": 0.04} for row in crowd(150)]]
    assert raised(many, sheet(1), expanded=[EXPANDED]).empty


def test_gene_tests_and_size():
    found = raised([clone("d1", 0.25)], sheet(1), expanded=[EXPANDED])
    assert tiers(found, "dominant_20") == {"d1": 1}
    common = raised([clone("d1", 0.25)], sheet(1), common_sites=[COMMON])
    assert tiers(common, "dominant_20") == {"d1": 2}
    assert " R1(0.01) " in common["codes"].iloc[0]
    for cells in ({"q": 0.2}, {"subject": "p2"}, {"test": "scan"}, {"contig": "chr9"}):
        codes = raised([clone("d1", 0.25)], sheet(1), common_sites=[{**COMMON, **cells}])["codes"].iloc[0]
        assert " R0(0.2) " in codes if "q" in cells else " R? " in codes


def test_codes_of_a_clone_with_everything():
    found = raised([clone("d1", 0.25)], sheet(1), genes=[LMO2], contamination=[]).set_index("rule")
    assert set(found["codes"]) == {"A3(0.25) G? L0 K4(LMO2) M2(1234) R? Q:none"}
    listed = {"site_id": "s1", "lists": "my census"}
    codes = raised([clone("d1", 0.25)], sheet(1), genes=[listed])["codes"].iloc[0]
    assert codes == "A3(0.25) G? L0 K1(my_census) M0 R? Q:none"
    tested = raised([clone("d1", 0.25)], sheet(1), tracking=[tracked(status="stable")])["codes"].iloc[0]
    assert " G0 " in tested


def quality(found: pd.DataFrame) -> dict[str, str]:
    return dict(zip(found["rule"], found["quality"], strict=True))


def test_doubts_leave_a_tier_open_and_never_change_it():
    plain = raised([clone("d1", 0.25)], sheet(1))
    ambiguous = raised(
        [clone("d1", 0.25)], sheet(1), contamination=[{"subject": "p1", "site_id": "s1", "call": "ambiguous"}]
    )
    assert quality(ambiguous) == dict.fromkeys(["dominant_10", "dominant_20"], "contamination_ambiguous")
    assert ambiguous["tier"].tolist() == plain["tier"].tolist()
    assert "Indeterminate, retest: another subject has the site" in ambiguous["evidence"].iloc[0]
    other = [
        {"subject": "p2", "site_id": "s1", "call": "ambiguous"},
        {"subject": "p1", "site_id": "s1", "call": "independent"},
    ]
    assert set(quality(raised([clone("d1", 0.25)], sheet(1), contamination=other)).values()) == {""}


def test_a_lower_bound_leaves_open_what_a_larger_size_would_change():
    found = raised([clone("d1", 0.25, saturated=True)], sheet(1))
    assert quality(found) == {"dominant_10": "saturated", "dominant_20": "saturated"}
    assert quality(raised([clone("d1", 0.35, saturated=True)], sheet(1)))["dominant_30"] == ""


def test_one_of_several_replicates():
    rows = [clone("d1", 0.25, n_replicates=1), clone("d1", 0.01, site_id="s2", position=20)]
    found = raised(rows, sheet(1))
    assert quality(found)["dominant_20"] == "one_of_replicates"
    single = raised([{**row, "n_replicates": 1} for row in rows], sheet(1))
    assert quality(single)["dominant_20"] == ""
    assert single["codes"].iloc[0].endswith("Q:single_replicate")


def test_a_multihit_leaves_open_what_rests_on_its_gene():
    multihit = {"placement": "multihit", "cluster": "c1"}
    assert quality(raised([clone("d1", 0.25, **multihit)], sheet(1), genes=[LMO2])) == {
        "dominant_10": "multihit", "dominant_20": "multihit", "near_known_event": "multihit",
    }  # fmt: skip
    assert set(quality(raised([clone("d1", 0.25, **multihit)], sheet(1))).values()) == {""}


def test_a_poor_specimen_leaves_every_tier_open():
    found = raised([clone("d1", 0.25)], sheet(1), poor=("d1",), genes=[LMO2])
    assert quality(found) == {"not_evaluable": "", "near_known_event": "few_fragments"}
    assert found.set_index("rule").loc["near_known_event", "codes"].startswith("A? ")


def test_growth_by_a_model_that_is_not_reliable():
    days = (0, 200, 400)
    rows = [clone("d0", 0.004), clone("d200", 0.02), clone("d400", 0.15, 0.12, 0.18)]
    found = raised(rows, sheet(*days), tracking=[tracked(reliable=False)]).set_index("rule")
    assert found.loc["grew", "quality"] == "growth_not_reliable"
    assert found.loc["dominant_10", "tier"] == 2
    assert found.loc["dominant_10", "quality"] == "growth_not_reliable"


def test_a_multihit_is_followed_by_its_cluster():
    multihit = {"placement": "multihit", "cluster": "c1"}
    rows = [clone("d0", 0.25, **multihit), clone("d60", 0.25, site_id="s9", position=900, **multihit)]
    assert set(tiers(raised(rows, sheet(0, 60)), "persistent_20")) == {"d0", "d60"}


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("code | meaning, and what stands in brackets", CODES),
        ("`quality`, and after `Q:` | meaning | leaves a tier open for", QUALITY),
        ("lineage | words", {name: ", ".join(words) for name, words in LINEAGES.items()}),
    ],
)
def test_the_user_document_has_every_code_and_lineage(heading, expected):
    rows = DOCS.read_text("utf-8").split(f"\n| {heading} |")[1].split("\n\n", 1)[0].splitlines()[2:]
    found = {row.split("|")[1].strip(" `"): row.split("|")[2].strip() for row in rows}
    assert found == dict(expected)
    assert ", ".join(NEUTRAL) in DOCS.read_text("utf-8")
