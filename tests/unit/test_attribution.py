"""The attribution sheet: what speaks for and against, in which column, and that nothing is claimed."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_toy import LMO2
from tumour_toy import REPEAT, SITE, sheet, tumour_study, tumour_tables

from integrasite.analyse.attribution import Tables, attribute
from integrasite.analyse.attribution_rows import NO_CAUSE, digits
from integrasite.analyse.attribution_untested import ALWAYS
from integrasite.config.calling import Calling
from integrasite.config.study import Study
from integrasite.io.tables import read_tsv, write_tsv
from integrasite.model.library import Library
from integrasite.model.tables import ATTRIBUTION, TRANSGENE, TUMOUR_SITES
from integrasite.report.inputs import RunTables


@pytest.fixture(scope="module")
def study() -> Study:
    return tumour_study()


@pytest.fixture(scope="module")
def tables(study: Study) -> RunTables:
    return tumour_tables(study)


def one(frame: pd.DataFrame, item: str, **where: str) -> pd.Series:
    """The only row of an item, with given cells."""
    rows = frame[frame["item"] == item]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def of_p1(study: Study, tables: RunTables, **changed: pd.DataFrame) -> pd.DataFrame:
    found = sheet(study, replace(tables, **changed))
    return found[found["subject"] == "P1"]


def test_every_subject_with_a_tumour_has_one_sheet_that_claims_no_cause(study: Study, tables: RunTables):
    found = tables.attribution
    assert sorted(set(found["subject"])) == ["P1", "P2", "P3"]  # not the control
    for name, rows in found.groupby("subject"):
        assert one(rows, "statement")["wording"] == NO_CAUSE
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1)), name
    text = found.to_csv(sep="\t").lower()
    assert "caused" not in text and "due to" not in text and "because of" not in text
    assert set(found["direction"]) == {"for", "against", "neutral", "not_tested"}


def test_the_counts_of_the_statement_are_those_of_the_rows(tables: RunTables):
    for _, rows in tables.attribution.groupby("subject"):
        n = rows[rows["item"] != "statement"]["direction"].value_counts()
        words = [f"{n.get('for', 0)} for", f"{n.get('against', 0)} against", f"{n.get('neutral', 0)} neither"]
        assert one(rows, "statement")["finding"].startswith(
            ", ".join([*words, f"{n['not_tested']} not tested"])
        )


def test_what_is_never_tested_is_always_listed(tables: RunTables):
    for _, rows in tables.attribution.groupby("subject"):
        for item, words in ALWAYS:
            row = one(rows, item)
            assert (row["direction"], row["wording"]) == ("not_tested", words)
        assert "transgene_transcripts" in set(rows["item"])
    assert "product" not in set(tables.attribution.query("subject == 'P1'")["item"])
    assert "product" in set(tables.attribution.query("subject == 'P2'")["item"])


@pytest.mark.parametrize(
    ("verdict", "direction"),
    [
        ("POSITIVE", "for"),
        ("NEGATIVE", "against"),
        ("INDETERMINATE", "neutral"),
        ("NOT_EVALUABLE", "not_tested"),
    ],
)
def test_verdicts(study: Study, tables: RunTables, verdict: str, direction: str):
    changed = tables.transgene.assign(verdict=verdict)
    row = one(of_p1(study, tables, transgene=changed), "transgene")
    assert row["direction"] == direction and verdict in row["finding"]


def test_a_negative_gives_its_limit(tables: RunTables):
    row = one(tables.attribution.query("subject == 'P2'"), "transgene")
    assert row["value"] == 0.021 and "limit of detection" in row["unit"]
    assert "Fewer can be there unseen" in row["wording"]


def test_a_sample_without_a_verdict_is_not_tested(study: Study, tables: RunTables):
    rows = of_p1(study, tables, transgene=tables.transgene[tables.transgene["sample"] != "T1"])
    assert one(rows, "transgene")["direction"] == "not_tested"
    assert "site" in set(rows["item"])  # sites that were found stay


@pytest.mark.parametrize(
    ("clonality", "direction"),
    [("CLONAL", "for"), ("BYSTANDER", "against"), ("INDETERMINATE", "neutral"), ("", "neutral")],
)
def test_clone_or_bystander(study: Study, tables: RunTables, clonality: str, direction: str):
    row = one(of_p1(study, tables, transgene=tables.transgene.assign(clonality=clonality)), "clone")
    assert row["direction"] == direction
    assert row["value"] == 2.02 and row["unit"] == "copies per tumour cell"


@pytest.mark.parametrize(
    ("event", "kind", "fit", "distance", "direction"),
    [
        ("LMO2", "malignant", "fits", 0, "for"),
        ("LMO2", "malignant", "does_not_fit", 0, "neutral"),
        ("LMO2", "malignant", "unknown", 0, "neutral"),
        ("LMO2", "malignant (unverified)", "fits", 0, "neutral"),
        ("PBX2", "malignant-causality-unproven", "fits", 0, "neutral"),  # no role was shown
        ("VAMP4", "malignant-not-causal", "fits", 0, "neutral"),
        ("VAMP4,LMO2", "malignant-not-causal,malignant", "fits,fits", 0, "for"),
        ("LMO2,VAMP4", "malignant", "fits", 0, "neutral"),  # cells that do not match say nothing
        ("", "", "", 20_000, "neutral"),  # near a listed gene: expected by chance
        ("", "", "", 900_000, "against"),
        ("", "", "", None, "against"),
    ],
)
def test_place(
    study: Study, tables: RunTables, event: str, kind: str, fit: str, distance: int | None, direction: str
):
    genes = tables.annotation
    at = genes["site_id"] == SITE
    changed = genes.assign(
        known_event=genes["known_event"].mask(at, event),
        event_class=genes["event_class"].mask(at, kind),
        expected_geometry=genes["expected_geometry"].mask(at, fit),
        cancer_gene_distance=genes["cancer_gene_distance"].mask(at, distance),
    )
    assert one(of_p1(study, tables, annotation=changed), "site", site_id=SITE)["direction"] == direction


def test_a_place_that_cannot_be_told_is_neither(study: Study, tables: RunTables):
    assert one(tables.attribution, "site", site_id=REPEAT)["direction"] == "neutral"
    rows = of_p1(study, tables, annotation=tables.annotation[tables.annotation["site_id"] != SITE])
    assert one(rows, "site", site_id=SITE)["direction"] == "not_tested"


@pytest.mark.parametrize(
    ("low", "high", "of", "direction"),
    [
        (0.5, 0.9, "tumour cells", "for"),
        (0.49, 0.9, "tumour cells", "neutral"),
        (0.1, 0.49, "tumour cells", "against"),
        (0.1, 0.5, "tumour cells", "neutral"),
        (0.9, 1.0, "all cells", "neutral"),  # purity not known
    ],
)
def test_fraction_of_the_tumour(
    study: Study, tables: RunTables, low: float, high: float, of: str, direction: str
):
    sites = tables.tumour_sites.assign(ccf=(low + high) / 2, ccf_low=low, ccf_high=high, fraction_of=of)
    assert (
        one(of_p1(study, tables, tumour_sites=sites), "site_fraction", site_id=SITE)["direction"] == direction
    )


def test_history_is_by_place_not_by_name(study: Study, tables: RunTables):
    row = one(tables.attribution, "history", site_id=SITE)
    assert row["direction"] == "for" and row["value"] == pytest.approx(0.312)  # tracking says that it grew
    assert (
        row["finding"].startswith("D30 (day 30): 3.1 %")
        and "F1: not seen (limit 6 % of cells)" in row["finding"]
    )
    still = of_p1(study, tables, tracking=tables.tracking.iloc[:0])
    assert one(still, "history", site_id=SITE)["direction"] == "neutral"
    for shift, seen in ((3, True), (4, False)):
        moved = tables.tumour_sites.assign(
            position_low=tables.tumour_sites["position_low"] + shift,
            position_high=tables.tumour_sites["position_high"] + shift,
        )
        finding = one(of_p1(study, tables, tumour_sites=moved), "history", site_id=SITE)["finding"]
        assert ("D30 (day 30)" in finding) is seen
    other = tables.clones.assign(strand=tables.clones["strand"].mask(tables.clones["site_id"] == LMO2, "+"))
    finding = one(of_p1(study, tables, clones=other), "history", site_id=SITE)["finding"]
    assert finding.startswith(
        "not seen in 3 evaluable amplicon specimens (limits from 0.24 % of marked copies)"
    )


def test_a_subject_without_other_samples_has_no_history(study: Study, tables: RunTables):
    rows = tuple(row for row in study.libraries if row.sample == "T1")
    alone = replace(study, libraries=rows)
    found = of_p1(
        alone, tables, clones=tables.clones.iloc[:0], tumour_sites=tables.tumour_sites.query("sample == 'T1'")
    )
    assert one(found, "history", site_id=SITE)["direction"] == "not_tested"


def test_rows_of_tumours_among_the_clones_are_no_history(study: Study, tables: RunTables):
    clones = tables.clones.assign(estimator="ccf")
    assert "D30 (day 30)" not in one(of_p1(study, tables, clones=clones), "history", site_id=SITE)["finding"]


@pytest.mark.parametrize(
    ("clonotype", "low", "direction"),
    [
        (0.55, 0.8, "for"),
        (0.55, 0.3, "neutral"),  # 1 is within, but so is a third
        (0.95, 0.8, "against"),
        (0.3, 0.8, "neutral"),
        (None, 0.8, "not_tested"),
    ],
)
def test_clonotype(study: Study, tables: RunTables, clonotype: float | None, low: float, direction: str):
    rows = tuple(
        replace(row, clonotype_fraction=clonotype) if row.sample == "T1" else row for row in study.libraries
    )
    sites = tables.tumour_sites.assign(
        ccf_low=tables.tumour_sites["ccf_low"].mask(tables.tumour_sites["site_id"] == SITE, low)
    )
    found = of_p1(replace(study, libraries=rows), tables, tumour_sites=sites)
    assert one(found, "clonotype")["direction"] == direction


def test_sites_that_do_not_account_for_the_copies_are_said_to(study: Study, tables: RunTables):
    assert "they account for the copies" in one(of_p1(study, tables), "other_copies")["finding"]
    many = tables.transgene.assign(vcn=6.0, vcn_low=5.5, vcn_high=6.5)
    row = one(of_p1(study, tables, transgene=many), "other_copies")
    assert "more copies by depth" in row["finding"] and "Copies without a site" in row["wording"]
    none = of_p1(study, tables, tumour_sites=tables.tumour_sites.iloc[:0])
    assert one(none, "other_copies")["direction"] == "not_tested"
    assert one(none, "site")["finding"] == "no site placed"


def test_many_sites_are_counted_not_listed(study: Study, tables: RunTables):
    base = tables.tumour_sites[
        (tables.tumour_sites["site_id"] == SITE) & (tables.tumour_sites["sample"] == "T1")
    ]
    many = pd.concat([base.assign(position=n, site_id=f"chr11:{n}:-", ccf=n / 100) for n in range(1, 31)])
    rows = of_p1(study, tables, tumour_sites=many)
    assert (rows["item"] == "site").sum() == 20
    assert one(rows, "further_sites")["value"] == 10
    assert rows[rows["item"] == "site"]["site_id"].iloc[0] == "chr11:30:-"  # the largest first


@pytest.mark.parametrize(
    "row",
    [
        Library("X", "P9", "P9", assay="wgs", role="ntc"),
        Library("X", "P9", "P9", assay="wgs", role="product"),
        Library("X", "P9", "P9", assay="wgs", purity=0.0),  # a normal sample
        Library("X", "P9", "P9", assay="wgs", days=-10),  # from before infusion
        Library("X", "P9", "P9"),
    ],
)
def test_samples_that_are_no_tumour_make_no_sheet(study: Study, tables: RunTables, row: Library):
    found = attribute(Tables(tables.transgene, tables.tumour_sites, tables.annotation), [row], Calling())
    assert not len(found)


def test_order_of_rows_does_not_matter(study: Study, tables: RunTables):
    turned = replace(
        tables,
        **{
            name: getattr(tables, name).iloc[::-1]
            for name in ("transgene", "tumour_sites", "clones", "annotation", "diversity")
        },
    )
    pd.testing.assert_frame_equal(sheet(study, turned), tables.attribution)


def test_the_table_comes_back_from_its_file(tables: RunTables, tmp_path: Path):
    write_tsv(tables.attribution, tmp_path / "attribution.tsv", ATTRIBUTION)
    back = read_tsv(tmp_path / "attribution.tsv", ATTRIBUTION)
    assert back["wording"].tolist() == tables.attribution["wording"].tolist()


def test_no_tables_no_rows(study: Study):
    empty = Tables(
        *(pd.DataFrame({name: [] for name in table.columns}) for table in (TRANSGENE, TUMOUR_SITES)),
        pd.DataFrame(),
    )
    found = attribute(replace(empty, annotation=pd.DataFrame({"site_id": []})), study.libraries, Calling())
    assert set(found.query("item == 'transgene'")["direction"]) == {"not_tested"}
    assert list(found.columns) == list(ATTRIBUTION.columns)


@given(st.floats(min_value=0, max_value=1e6))
def test_digits_keep_two_and_have_no_exponent(value: float):
    text = digits(value)
    assert "e" not in text.replace("below", "")
    if value >= 1e-6:
        assert float(text.replace(",", "")) == pytest.approx(value, rel=0.06)
