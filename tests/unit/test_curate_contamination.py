"""Sites that two subjects have: hops, foreign DNA and chance, told apart on tables made without reads."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing_toy import Design, Toy, make_toy

from integrasite.config.calling import Calling
from integrasite.curate.contamination import Contamination, classify_sharing
from integrasite.curate.likelihood import log_negative_binomial, log_spectra, spectrum_edges
from integrasite.curate.sharing import count_fragments
from integrasite.curate.verdicts import apply_verdicts, correct_ledger

CALLING = Calling()
HOPPING = Design(dominant={"P1": 0.6}, hop=0.001, n_shared=6, n_molecules=1500, n_clones=150)
CARRYING = Design(carry={("P1", "P2"): 0.02, ("P2", "P1"): 0.02})


def classify(toy: Toy) -> Contamination:
    return classify_sharing(toy.sites, toy.fragments, count_fragments(toy.fragments), toy.libraries, CALLING)


def judged(toy: Toy, found: Contamination) -> pd.DataFrame:
    """The calls beside the truth; `own` fragments are counted over all libraries of the subject."""
    table = toy.truth.merge(found.calls, on=["sample", "site_id"])
    names = toy.truth.merge(toy.sites[["sample", "site_id", "subject"]], on=["sample", "site_id"])
    own = names.groupby(["subject", "site_id"])["n_own"].sum().rename("own").reset_index()
    return table.merge(own, on=["subject", "site_id"])


def top_site(toy: Toy, subject: str) -> str:
    mine = toy.sites[toy.sites["subject"] == subject]
    return str(mine.groupby("site_id")["n_fragments"].sum().idxmax())


@pytest.mark.parametrize("umi", [12, 0])
@pytest.mark.parametrize("top", [0.2, 0.6])
def test_hops_of_a_dominant_clone_are_called_and_independent_sites_stay(umi: int, top: float) -> None:
    """The bar, in small: 0.1 % of the reads hop between two patients."""
    n_hops = n_called = n_independent = 0
    for seed in range(2):
        toy = make_toy(replace(HOPPING, umi=umi, dominant={"P1": top}), seed + 40)
        table = judged(toy, classify(toy))
        hops = table[(table["site_id"] == top_site(toy, "P1")) & (table["own"] == 0)]
        n_hops, n_called = n_hops + len(hops), n_called + int((hops["call"] == "hop").sum())
        enough = table[table["own"] >= 5]
        n_independent += len(enough)
        assert (enough["action"] == "kept").all()
    assert n_hops >= 3 and n_called == n_hops
    assert n_independent >= 20


@pytest.mark.parametrize("umi", [12, 0])
def test_foreign_dna_is_called_where_the_donor_shows_the_site(umi: int) -> None:
    toy = make_toy(replace(CARRYING, umi=umi), 7)
    found = classify(toy)
    table = judged(toy, found)
    foreign = table[(table["own"] == 0) & (table["n_foreign"] > 0)]
    assert len(foreign) >= 15
    called = foreign["call"] == "dna_carryover"
    assert called.mean() > 0.6
    # where donor and recipient show one fragment each, nothing says who had it first
    assert set(foreign.loc[~called, "call"]) <= {"ambiguous"}
    assert (table.loc[table["own"] > 0, "action"] == "kept").all()
    pairs = found.pairs[found.pairs["sample"].isin(["P1-1", "P2-1"])].drop_duplicates("sample")
    assert (pairs["carry_over_low"] < 0.022).all() and (pairs["carry_over_high"] > 0.018).all()
    assert (pairs["p"] < 1e-10).all()


def test_without_contamination_nothing_is_set_aside() -> None:
    for seed in range(3):
        toy = make_toy(Design(n_shared=1, n_molecules=1000), seed)
        found = classify(toy)
        assert set(found.calls["action"]) <= {"kept"}
        assert (found.pairs["carry_over_low"] < 1e-3).all()


def _table(rows: list[tuple[str, str, int, int, str, int]], background: int = 40) -> Toy:
    """Fragments written by hand (`sample, contig, position, length, umi, n_reads`) beside a background of own sites."""
    toy = make_toy(Design(n_clones=background, n_molecules=background * 8), 3)
    form = toy.fragments.iloc[:1]
    parts = [toy.fragments[~toy.fragments["site_id"].isin(shared_ids(toy))]]
    for sample, contig, position, length, umi, n_reads in rows:
        parts.append(
            form.assign(
                sample=sample, subject=sample.split("-")[0], contig=contig, position=position, strand="+", length=length,
                umi=umi, n_reads=n_reads, site_id=f"{contig}:{position}:+",
            )
        )  # fmt: skip
    fragments = pd.concat(parts, ignore_index=True)
    by = [name for name in toy.sites.columns if name in fragments.columns and name != "n_reads"]
    sites = (
        fragments.groupby(by).agg(n_reads=("n_reads", "sum"), n_fragments=("length", "size")).reset_index()
    )
    return replace(toy, fragments=fragments, sites=sites)


def shared_ids(toy: Toy) -> set[str]:
    n = toy.sites.groupby("site_id")["subject"].nunique()
    return set(n[n > 1].index)


def _umi(number: int) -> str:
    return (
        np.base_repr(4**11 + 7919 * number, 4).translate(str.maketrans("0123", "ACGT"))[-12:].rjust(12, "A")
    )


DONOR = [("P1-1", "chr9", 500, 60 + 7 * i, _umi(i), 400) for i in range(40)]


def calls_at(toy: Toy, site_id: str = "chr9:500:+") -> dict[str, str]:
    calls = classify(toy).calls
    here = calls[calls["site_id"] == site_id]
    return dict(zip(here["sample"], here["call"], strict=True))


class TestByHand:
    def test_one_copied_molecule_is_a_hop(self) -> None:
        assert calls_at(_table([*DONOR, ("P2-1", "chr9", 500, 60, _umi(0), 1)])) == {
            "P1-1": "independent",
            "P2-1": "hop",
        }

    def test_a_copy_with_a_breakpoint_that_is_off_is_a_hop_too(self) -> None:
        assert calls_at(_table([*DONOR, ("P2-1", "chr9", 500, 62, _umi(0), 1)]))["P2-1"] == "hop"

    def test_the_same_length_with_another_umi_is_no_copy(self) -> None:
        fresh = [("P2-1", "chr9", 500, 60 + 7 * i, _umi(100 + i), 9) for i in range(12)]
        assert calls_at(_table([*DONOR, *fresh])) == {"P1-1": "independent", "P2-1": "independent"}

    def test_an_independent_clone_stays_though_hops_fell_on_it(self) -> None:
        fresh = [("P2-1", "chr9", 500, 61 + 9 * i, _umi(200 + i), 9) for i in range(12)]
        copies = [("P2-1", "chr9", 500, 60 + 7 * i, _umi(i), 1) for i in range(6)]
        assert calls_at(_table([*DONOR, *fresh, *copies]))["P2-1"] == "independent"

    def test_many_copies_are_a_hop_though_one_was_misread(self) -> None:
        copies = [("P2-1", "chr9", 500, 60 + 7 * i, _umi(i), 1) for i in range(20)]
        assert calls_at(_table([*DONOR, *copies, ("P2-1", "chr9", 500, 60, _umi(300), 1)]))["P2-1"] == "hop"

    def test_the_guard_keeps_five_fresh_fragments(self) -> None:
        """A clone of 40 fragments cannot bring five into a sample that has nothing else of the subject."""
        fresh = [("P2-1", "chr9", 500, 61 + 9 * i, _umi(200 + i), 9) for i in range(5)]
        toy = _table([*DONOR, *fresh])
        assert (classify(toy).calls["action"] == "kept").all()

    def test_one_fragment_each_is_ambiguous_in_both(self) -> None:
        toy = _table([("P1-1", "chr9", 500, 60, _umi(0), 5), ("P2-1", "chr9", 500, 90, _umi(1), 5)])
        calls = classify(toy).calls
        assert set(calls["call"]) == {"ambiguous"} and set(calls["action"]) == {"kept"}
        assert all(
            f"also in {other}" in reason
            for other, reason in zip(["P2-1", "P1-1"], calls["reason"], strict=True)
        )

    def test_copies_between_runs_are_less_likely_than_within_one(self) -> None:
        toy = _table([*DONOR, ("P2-1", "chr9", 500, 60, "", 1)])
        bare = replace(toy, fragments=toy.fragments.assign(umi=""))
        together = [replace(one, umi_length=0) for one in toy.libraries]
        apart = [replace(one, source=one.sample, run=one.subject) for one in together]
        ratios = []
        for libraries in (together, apart):
            calls = classify(replace(bare, libraries=libraries)).calls
            ratios.append(float(calls.loc[calls["sample"] == "P2-1", "log_likelihood_ratio"].iloc[0]))
        assert ratios[0] > ratios[1] + 2

    def test_a_copy_cannot_come_from_the_other_vector_end(self) -> None:
        toy = _table([*DONOR, *[("P2-1", "chr9", 500, 60 + 7 * i, _umi(i), 1) for i in range(8)]])
        ends = [replace(one, vector_end="U3" if one.subject == "P2" else "U5") for one in toy.libraries]
        assert "hop" not in calls_at(replace(toy, libraries=ends)).values()

    def test_controls_receive_but_never_give(self) -> None:
        toy = _table([*DONOR, ("P2-1", "chr9", 500, 60, _umi(0), 1)])
        control = [replace(one, can_donate=one.subject != "P2") for one in toy.libraries]
        assert calls_at(replace(toy, libraries=control)) == {"P2-1": "hop"}

    def test_multihits_meet_at_their_best_place(self) -> None:
        toy = _table([*DONOR, ("P2-1", "chr9", 500, 60, _umi(0), 1)])
        is_here = toy.fragments["contig"] == "chr9"
        cluster = {"placement": "multihit", "cluster": "m-chr9:500:+"}
        fragments = toy.fragments.copy()
        fragments.loc[is_here, list(cluster)] = list(cluster.values())
        sites = toy.sites.copy()
        sites.loc[sites["contig"] == "chr9", list(cluster)] = list(cluster.values())
        found = classify(replace(toy, fragments=fragments, sites=sites))
        assert set(found.calls.loc[found.calls["call"] == "hop", "placement"]) == {"multihit"}

    def test_rows_that_did_not_pass_take_no_part(self) -> None:
        toy = _table([*DONOR, ("P2-1", "chr9", 500, 60, _umi(0), 1)])
        gone = (toy.sites["contig"] == "chr9") & (toy.sites["sample"] == "P2-1")
        status = toy.sites["status"].mask(gone, "artefact")
        assert not calls_at(replace(toy, sites=toy.sites.assign(status=status)))


def test_one_subject_alone_shares_nothing() -> None:
    toy = make_toy(Design(subjects=("P1",), n_clones=30, n_molecules=100), 1)
    found = classify(toy)
    assert found.calls.empty and found.pairs.empty


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), umi=st.sampled_from([0, 12]))
def test_names_and_order_of_samples_change_nothing(seed: int, umi: int) -> None:
    design = replace(
        CARRYING,
        subjects=("P1", "P2", "P3"),
        umi=umi,
        hop=0.002,
        n_shared=3,
        n_clones=60,
        n_molecules=150,
        ntc=1,
    )
    toy = make_toy(design, seed)
    plain = classify(toy).calls
    new = {"P1": "Z", "P2": "B", "P3": "M", "NTC": "A"}
    back = {value: key for key, value in new.items()}

    def renamed(name: str, names: dict[str, str]) -> str:
        subject, number = name.rsplit("-", 1)
        return f"{names[subject]}-{number}"

    def rename(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(
            sample=[renamed(name, new) for name in table["sample"]], subject=table["subject"].map(new)
        ).sample(frac=1, random_state=seed % 1000)

    libraries = [
        replace(one, sample=renamed(one.sample, new), subject=new[one.subject], specimen=new[one.subject])
        for one in reversed(toy.libraries)
    ]
    other = classify(
        replace(toy, sites=rename(toy.sites), fragments=rename(toy.fragments), libraries=libraries)
    ).calls
    other = other.assign(sample=[renamed(name, back) for name in other["sample"]])
    key = ["site_id", "sample"]
    first, second = (table.sort_values(key, ignore_index=True) for table in (plain, other))
    columns = [*key, "call", "n_fragments"]
    assert first[columns].to_numpy().tolist() == second[columns].to_numpy().tolist()
    np.testing.assert_allclose(
        first["log_likelihood_ratio"].to_numpy(float),
        second["log_likelihood_ratio"].to_numpy(float),
        atol=1e-6,
    )


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), umi=st.sampled_from([0, 12]), hop=st.sampled_from([0.0, 0.001, 0.02]))
def test_rows_are_conserved_and_somebody_keeps_every_site(seed: int, umi: int, hop: float) -> None:
    design = replace(
        CARRYING, umi=umi, hop=hop, n_shared=3, n_clones=60, n_molecules=200, dominant={"P1": 0.4}
    )
    toy = make_toy(design, seed)
    calls = classify(toy).calls
    assert not calls.duplicated(["sample", "site_id", "placement"]).any()
    for table in (toy.sites, toy.fragments):
        after = apply_verdicts(table, calls)
        rest = [name for name in table.columns if name not in ("status", "reason")]
        pd.testing.assert_frame_equal(after[rest], table[rest])
        assert set(after["status"]) <= {"pass", "contamination"}
        assert (after.loc[after["status"] == "contamination", "reason"] != "").all()
        kept = after[after["status"] == "pass"]
        assert set(kept["site_id"]) == set(table["site_id"])
    set_aside = int(calls.loc[calls["action"] != "kept", "n_reads"].sum())
    after = apply_verdicts(toy.sites, calls)
    assert int(after.loc[after["status"] == "contamination", "n_reads"].sum()) == set_aside


def test_the_ledger_moves_pairs_and_keeps_its_sums() -> None:
    ledger = pd.DataFrame(
        [
            ("A", "sites", "site_unique", 10),
            ("A", "reads", "mispriming", 4),
            ("B", "sites", "site_unique", 7),
        ],
        columns=["sample", "stage", "fate", "n_reads"],
    )
    calls = pd.DataFrame(
        [
            ("A", "unique", 3, "set aside"),
            ("B", "unique", 7, "reassigned to donor"),
            ("B", "unique", 7, "kept"),
        ],
        columns=["sample", "placement", "n_reads", "action"],
    )
    after = correct_ledger(ledger, calls)
    assert after.groupby("sample")["n_reads"].sum().to_dict() == {"A": 14, "B": 7}
    assert after.set_index(["sample", "fate"])["n_reads"].to_dict() == {
        ("A", "mispriming"): 4, ("A", "site_not_passed"): 3, ("A", "site_unique"): 7, ("B", "site_not_passed"): 7,
    }  # fmt: skip


class TestLaws:
    def test_the_spectrum_is_a_law(self) -> None:
        spectra = np.exp(log_spectra([np.array([1, 1, 2, 9]), np.array([], np.int64)], 200))
        within = int(spectrum_edges(200)[-1])
        assert (spectra.sum(axis=1) <= 1 + 1e-9).all() and within > 200
        assert spectra[0, 1] > spectra[1, 1] and spectra[0, 0] == 0

    def test_the_negative_binomial_adds_up_and_is_poisson_where_it_is_sharp(self) -> None:
        k = np.arange(400.0)
        law = np.exp(log_negative_binomial(k, np.full(400, 7.0), np.full(400, 0.5)))
        assert law.sum() == pytest.approx(1, abs=1e-6)
        assert (law * k).sum() == pytest.approx(7, rel=1e-3)
        sharp = np.exp(log_negative_binomial(np.array([3.0]), np.array([2.0]), np.array([1e9])))
        assert sharp[0] == pytest.approx(np.exp(-2) * 8 / 6, rel=1e-5)
