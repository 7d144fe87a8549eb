"""Recall and precision against truth tables small enough to count by eye."""

import pandas as pd
import pytest

from integrasite.io.tables import as_table
from integrasite.model.tables import MULTIHITS, SITES
from integrasite.simulate.evaluate import Evaluation, evaluate_sites
from integrasite.simulate.truth import TRUTH


def truth(*rows: tuple) -> pd.DataFrame:
    """Rows of sample, position, class, cause, usable pairs; all on c1 +."""
    names = ["sample", "position", "class", "cause", "n_usable"]
    frame = pd.DataFrame(rows, columns=names).assign(contig="c1", strand="+")
    return as_table(frame.assign(n_reads=frame["n_usable"]), TRUTH)


def sites(*rows: tuple) -> pd.DataFrame:
    """Rows of sample, position, placement, cluster, status; all on c1 +."""
    frame = pd.DataFrame(rows, columns=["sample", "position", "placement", "cluster", "status"])
    return as_table(frame.assign(contig="c1", strand="+"), SITES)


def multihits(*rows: tuple) -> pd.DataFrame:
    """Rows of sample, cluster, position; all on c1 +."""
    frame = pd.DataFrame(rows, columns=["sample", "cluster", "position"])
    return as_table(frame.assign(contig="c1", strand="+"), MULTIHITS)


def evaluate(true: pd.DataFrame, called: pd.DataFrame, *places: tuple) -> Evaluation:
    return evaluate_sites(true, called, multihits(*places))


def test_exact_near_and_missing():
    true = truth(*((("A", p, "unique", "clone", 3)) for p in (1000, 2000, 3000, 4000)))
    called = sites(
        ("A", 1000, "unique", "", "pass"),
        ("A", 2005, "unique", "", "pass"),
        ("A", 3006, "unique", "", "pass"),
    )
    result = evaluate(true, called)
    assert result.truth["found"].tolist() == [True, True, False, False]
    assert result.truth["offset"].dropna().tolist() == [0, 5]
    assert result.recall == 0.5
    assert result.exact == 0.5
    assert result.calls["call"].tolist() == ["true", "true", "wobble"]
    assert result.precision == pytest.approx(2 / 3)


def test_only_passed_sites_count_and_only_in_their_library():
    true = truth(("A", 1000, "unique", "clone", 3), ("B", 2000, "unique", "clone", 3))
    called = sites(("A", 1000, "unique", "", "artefact"), ("A", 2000, "unique", "", "pass"))
    result = evaluate(true, called)
    assert result.recall == 0
    assert result.calls["call"].tolist() == ["other_library"]


def test_truth_without_usable_pairs_is_not_asked_for():
    result = evaluate(truth(("A", 1000, "unique", "clone", 0)), sites())
    assert len(result.truth) == 0
    assert (result.recall, result.precision, result.exact) == (1, 1, 1)


def test_contamination_is_not_to_be_found_and_false_where_called():
    true = truth(("A", 1000, "unique", "contamination", 3))
    result = evaluate(true, sites(("A", 1000, "unique", "", "pass")))
    assert len(result.truth) == 0
    assert result.calls["call"].tolist() == ["contamination"]


def test_a_multihit_is_found_if_one_of_its_places_is_true():
    true = truth(("A", 1000, "repeat", "clone", 3), ("A", 9000, "repeat", "clone", 3))
    called = sites(("A", 5000, "multihit", "m1", "pass"), ("A", 7000, "multihit", "m2", "artefact"))
    places = [("A", "m1", 5000), ("A", "m1", 1000), ("A", "m2", 9000)]
    result = evaluate(true, called, *places)
    assert result.truth["found_as"].tolist() == ["multihit", ""]
    assert result.calls["call"].tolist() == ["true"]
    assert result.truth["offset"].isna().all()


def test_a_cluster_of_another_library_does_not_help():
    true = truth(("A", 1000, "repeat", "clone", 3))
    called = sites(("A", 5000, "multihit", "m1", "pass"), ("B", 5000, "multihit", "m2", "pass"))
    result = evaluate(true, called, ("A", "m1", 5000), ("B", "m2", 1000))
    assert result.recall == 0
    assert result.calls["call"].tolist() == ["unexplained", "unexplained"]


def test_tables_split_by_class_and_call():
    true = truth(("A", 1000, "unique", "clone", 3), ("A", 3000, "repeat", "clone", 3))
    result = evaluate(true, sites(("A", 1000, "unique", "", "pass"), ("A", 8000, "unique", "", "pass")))
    recall = result.recall_table().set_index("class")["recall"]
    assert recall.to_dict() == {"all": 0.5, "unique": 1.0, "repeat": 0.0}
    precision = result.precision_table().set_index("call")["n_sites"]
    assert precision["true"] == 1
    assert precision["unexplained"] == 1
    assert precision.sum() == 2
