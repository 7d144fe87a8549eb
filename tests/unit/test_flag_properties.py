"""What must hold of flags and tiers whatever the data, and how many flags chance raises."""

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flag_toy import LMO2, clone, outlying, raised, tracked
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.flags.tiers import Evidence, lowered, tier
from integrasite.flags.tiers import raised as raised_tier
from integrasite.model.library import Library

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from expansion.alerts import Polyclonal, flags_of

LEVELS = {"dominance": 4, "growth": 2, "event": 4, "proximity": 2, "recurrence": 2}
LOWERING = ("is_lymphoid", "is_falling")
FACTS = tuple(one.name for one in fields(Evidence) if one.name not in LEVELS)
EVIDENCE = st.builds(
    Evidence,
    **{name: st.integers(0, largest) for name, largest in LEVELS.items()},
    **{name: st.booleans() for name in FACTS},
)


@given(EVIDENCE, st.sampled_from([*LEVELS, *FACTS]))
def test_only_two_facts_make_a_tier_weaker_and_by_one(evidence, name):
    value = getattr(evidence, name)
    more = replace(evidence, **{name: min(value + 1, LEVELS[name]) if name in LEVELS else True})
    if name in LOWERING:
        assert tier(evidence) <= tier(more) <= tier(evidence) + 1
    else:
        assert tier(more) <= tier(evidence)


@given(EVIDENCE)
def test_bounds_of_what_makes_a_tier_weaker(evidence):
    plain = replace(evidence, is_lymphoid=False, is_falling=False)
    assert raised_tier(evidence) == tier(plain) <= tier(evidence) <= max(4, tier(plain))
    assert (tier(evidence) == 5) == (tier(plain) == 5)  # nothing leaves the list
    assert tier(evidence) <= tier(evidence.without_gene())
    if evidence.dominance >= 4:
        assert tier(evidence) == tier(evidence.without_gene()) <= 2
        assert tier(replace(evidence, is_falling=False)) == 1
    if evidence.dominance >= 3 and evidence.is_falling and not evidence.growth:
        assert tier(evidence) <= 3
    if evidence.is_lymphoid and not evidence.is_falling and (evidence.dominance >= 4 or evidence.is_t_event):
        assert tier(evidence) == tier(plain)
    if evidence.growth:
        assert tier(evidence) == tier(replace(evidence, is_falling=False))


@given(EVIDENCE, st.integers(0, 4))
def test_a_rule_of_its_own_level_is_lowered_as_its_clone_is(evidence, level):
    assert tier(evidence, level) == lowered(raised_tier(replace(evidence, dominance=level)), evidence)


@given(EVIDENCE)
def test_genes_alone_never_give_more_than_watching(evidence):
    genes_only = replace(evidence, dominance=0, growth=0, is_top=False, is_quantified_twice=False)
    assert tier(genes_only) >= 4


CELLS = ("", "T cells", "neutrophils", "CD34+", "PBMC")


@st.composite
def studies(draw):
    """Clones of one patient over specimens of some lineages, with limits."""
    days = draw(st.lists(st.sampled_from([0, 30, 60, 90, 200, 400]), min_size=1, max_size=6))
    libraries, rows = [], []
    for number, day in enumerate(days):
        name = f"x{number}"
        libraries.append(Library(f"l{number}", "p1", name, days=day, cell_type=draw(st.sampled_from(CELLS))))
        for site in range(2):
            fraction = draw(st.sampled_from([0.0, 0.002, 0.02, 0.06, 0.15, 0.25, 0.4]))
            if fraction:
                rows.append(clone(name, fraction, site_id=f"s{site + 1}", position=10 + site))
    return rows, libraries, draw(st.sampled_from(["unknown", "hsc", "t-cell"]))


@settings(max_examples=15, deadline=None)
@given(studies(), st.data())
def test_missing_data_never_makes_a_tier_weaker(study, data):
    rows, libraries, product = study
    full = raised(rows, libraries, product=product)
    number = data.draw(st.integers(0, len(libraries) - 1))
    what = data.draw(st.sampled_from(["days", "cell_type", "product", "specimen", "fraction_high"]))
    name = libraries[number].specimen
    poor = (name,) if what == "specimen" else ()
    if what in ("days", "cell_type"):
        blank = replace(libraries[number], **{what: None if what == "days" else ""})
        libraries = [*libraries[:number], blank, *libraries[number + 1 :]]
    if what == "fraction_high":
        rows = [{**row, "fraction_high": None} if row["specimen"] == name else row for row in rows]
    less = raised(rows, libraries, poor=poor, product="unknown" if what == "product" else product)
    both = full.merge(less, on=["specimen", "site_id", "rule"], suffixes=("", "_less"))
    both = both[both["tier"].notna()]
    assert (both["tier_less"].astype(float) <= both["tier"].astype(float)).all()


@settings(max_examples=10, deadline=None)
@given(studies(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(study, random):
    rows, libraries, product = study
    twins = [{**row, "vector": "w", "fraction": row["fraction"] / 2} for row in rows[:3]]
    tables = {
        "genes": [LMO2],
        "tracking": [tracked(), tracked(site_id="s2", status="stable")],
        "outliers": [outlying(specimen="x0"), outlying(specimen="x1", rank=2)],
    }
    options = {"product": product, "preset": "fda-ltfu-2020"}
    first = raised([*rows, *twins], libraries, **tables, **options)
    shuffled = [random.sample(part, len(part)) for part in ([*rows, *twins], libraries)]
    tables = {name: random.sample(part, len(part)) for name, part in tables.items()}
    pd.testing.assert_frame_equal(first, raised(*shuffled, **tables, **options))


@settings(max_examples=12, deadline=None)
@given(studies(), st.booleans(), st.sampled_from(["malignant", "benign-expansion", "malignant (unverified)"]))
def test_genes_change_nothing_at_thirty_percent(study, fits, label):
    rows, libraries, product = study
    gene = {**LMO2, "event_class": label, "expected_geometry": "fits" if fits else "does_not_fit"}
    plain, near = (
        raised(rows, libraries, genes=genes, product=product).set_index(["specimen", "site_id", "rule"])
        for genes in ([], [gene])
    )
    large = plain[plain.index.get_level_values("rule").isin(["dominant_30", "persistent_30"])]
    assert near.loc[large.index, "tier"].tolist() == large["tier"].tolist()


@pytest.mark.parametrize(
    "kind", [Polyclonal(150.0, n_clones=800, sigma=1.0), Polyclonal(1500.0, n_clones=800, sigma=1.0)]
)
def test_polyclonal_specimens_raise_hardly_a_flag(kind):
    rng = np.random.default_rng(20272)
    found = pd.concat([flags_of(kind, f"s{number}", rng)[0].astype({"tier": "Int64"}) for number in range(3)])
    found = found[found["rule"] != "(limits alone)"]
    assert set(found["rule"]) <= {"near_known_event", "low_power", "expanded_gene", "cannot_exclude_20"}
    assert not (found["tier"] == 1).any()
    assert (found["rule"] == "near_known_event").any()
