"""Outliers from the polyclonal background."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from tracking_toy import clone_rows

from integrasite.analyse.outlier import find_outliers, pareto_tail
from integrasite.config.calling import Calling


def test_p_is_the_integral_it_stands_for() -> None:
    rng = np.random.default_rng(1)
    sizes = np.sort(rng.pareto(1.3, 400) + 1)[::-1]
    m, n = 5, 100
    excess, p, tail = pareto_tail(sizes, m, n)
    logs = np.log(sizes)
    total = sum((j + 1) * (logs[j] - logs[j + 1]) for j in range(m, n - 1))
    exponent = stats.gamma(n - 1 - m, scale=1 / total)
    for i in range(m):

        def beyond(a, x=excess[i]):
            return (1 - (1 - np.exp(-a * x)) ** m) * exponent.pdf(a)

        assert p[i] == pytest.approx(integrate.quad(beyond, 0, 10, points=[exponent.mean()])[0], rel=1e-5)
    assert tail == pytest.approx(1.3, rel=0.3)


def test_p_is_uniform_in_a_power_law() -> None:
    rng = np.random.default_rng(2)
    p = [pareto_tail(np.sort(rng.pareto(1.0, 500) + 1)[::-1], 5, 100)[1][0] for _ in range(2000)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0])
def test_log_normal_backgrounds_are_flagged_less_often_than_allowed(shape: float) -> None:
    rng = np.random.default_rng(3)
    p = [pareto_tail(np.sort(rng.lognormal(0, shape, 3000))[::-1], 5, 100)[1][0] for _ in range(400)]
    assert np.mean(np.array(p) < 0.05) < 0.05


def specimen(name: str, rng: np.random.Generator, large: float) -> pd.DataFrame:
    sizes = np.r_[large, rng.lognormal(3.5, 0.7, 600)].round()
    return clone_rows("P1", name, 30, {f"chr1:{i}:+": float(size) for i, size in enumerate(sizes)})


def test_a_large_clone_is_found_in_its_specimen_only() -> None:
    rng = np.random.default_rng(4)
    clones = pd.concat(
        [specimen("a", rng, 6000.0), specimen("b", rng, 40.0), specimen("c", rng, 40.0).head(60)]
    )
    found = find_outliers(clones, Calling())
    assert found.loc[found["is_outlier"].fillna(False), ["specimen", "site_id"]].values.tolist() == [
        ["a", "chr1:0:+"]
    ]
    assert (found.loc[found["specimen"] == "b", "q"] > 0.01).all()
    skipped = found[found["specimen"] == "c"]
    assert skipped["rank"].tolist() == [0] and skipped["reason"].iloc[0].startswith("not tested: ")
    assert skipped["is_outlier"].isna().all()


def test_two_large_clones_do_not_hide_each_other() -> None:
    rng = np.random.default_rng(5)
    rows = specimen("a", rng, 6000.0)
    rows.loc[rows.index[1], ["cells", "n_fragments"]] = 5500.0
    found = find_outliers(rows, Calling())
    assert found["is_outlier"].fillna(False).sum() == 2


def test_no_rows() -> None:
    assert find_outliers(clone_rows("P1", "a", 30, {}), Calling()).empty
