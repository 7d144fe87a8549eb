"""What the truth says of pairs and molecules that are not where they belong, against the reads themselves."""

import numpy as np
import pandas as pd
import pytest
from simulate_toy import contigs, flip, host, host_insert, host_rows, make

from integrasite.simulate.causes import CLONE, Support, read_causes
from integrasite.simulate.sequencer import _rising
from integrasite.simulate.sequences import decode
from integrasite.simulate.truth import EVENTS

QUIET = {"internal_vector": 0, "mispriming": 0, "truncated_ltr": 0}


def test_hops_pass_where_all_libraries_share_a_linker():
    made = make(21, index_hop=0.3, shared_linker=True, **QUIET)
    assert len({library.linker for library in made.run.libraries}) == 1
    reads = made.truth
    hopped = reads["sample"] != reads["true_sample"]
    good = reads["fate"].isin(["site_unique", "site_multihit"])
    assert (hopped & good).sum() > 100
    assert "wrong_linker" not in set(reads["fate"])
    assert (reads["events"].str.contains("hopped") == hopped).all()
    truth = made.run.site_truth()
    hops = truth[truth["cause"] == "hop"]
    counted = reads[hopped & good].groupby(["sample", "site_id"]).size()
    assert hops.set_index(["sample", "site_id"])["n_usable"].sort_index().to_dict() == counted.to_dict()
    assert (hops["n_molecules"] == 0).all()
    assert (hops["n_molecules_read"] >= 1).all()
    own = reads[~hopped & good].groupby(["sample", "site_id"]).size()
    clones = truth[(truth["cause"] == "clone") & (truth["n_usable"] > 0)]
    assert clones.set_index(["sample", "site_id"])["n_usable"].to_dict() == own.to_dict()


def test_hops_with_a_linker_of_their_own_reach_no_site():
    made = make(21, index_hop=0.3, **QUIET)
    assert "hop" not in set(made.run.site_truth()["cause"])


def test_hops_can_be_kept_between_subjects():
    made = make(22, index_hop=0.3, hop_between="subjects", shared_linker=True)
    owner = {library.sample: library.subject for library in made.run.libraries}
    moved = made.truth[made.truth["sample"] != made.truth["true_sample"]]
    assert len(moved) / len(made.truth) == pytest.approx(0.3, abs=0.05)
    assert (moved["sample"].map(owner) != moved["true_sample"].map(owner)).all()
    assert moved["sample"].nunique() == len(owner)


def test_one_subject_has_nobody_to_hop_to():
    made = make(
        23, index_hop=0.9, hop_between="subjects", subjects=["A"], ntc_libraries=0, unlisted_barcode=0.1
    )
    listed = made.truth[made.truth["sample"] != "*"]
    assert (listed["sample"] == listed["true_sample"]).all()


def test_every_event_is_told():
    rates = dict.fromkeys(
        ("index_hop", "unlisted_barcode", "recombination", "chimera", "breakpoint_jitter", "low_quality"), 0.2
    )
    made = make(24, **rates, slippage=1.0, contamination=0.2)
    told = made.truth["events"].str.split(",")
    counts = told.explode().value_counts()
    assert set(counts.index) - {""} == set(EVENTS)
    for word, column in (("slipped", "slip"), ("jittered", "jitter")):
        assert (told.map(lambda words, word=word: word in words) == (made.truth[column] != 0)).all()
    changed = made.truth["linker_molecule"] != made.truth["far_molecule"]
    assert (told.map(lambda words: "recombined" in words) == changed).all()


@pytest.mark.parametrize("vector_end", ["U5", "U3"])
def test_molecules_tell_where_their_host_part_lies(vector_end: str):
    """Truncated and misprimed molecules have a place as true ones do: the reads agree, base by base."""
    made = make(25, vector_ends=[vector_end], truncated_ltr=0.2, mispriming=0.2, short_fraction=0)
    genome, chemistry = contigs(), made.run.chemistries[0]
    rows = host_rows(made).drop_duplicates("molecule")
    for kind, least in (("host", 0), ("truncated_ltr", 3), ("mispriming", 7)):
        part = rows[rows["kind"] == kind]
        assert len(part) > 20
        assert part["missing_ltr"].min() == least
        for index, row in part.iterrows():
            kept = len(chemistry.lead) - int(row["missing_ltr"])
            length, place = int(row["length"]), (int(row["position"]), row["strand"])
            insert = host_insert(genome[row["contig"]], *place, vector_end, length)
            assert made.r2[index].startswith(
                (decode(chemistry.lead[:kept]) + insert)[: min(150, kept + length)]
            )
            far = int(row["breakpoint"]) - 1
            assert flip(insert)[0] in (genome[row["contig"]][far], flip(genome[row["contig"]][far]))
    other = made.run.molecule_truth()
    vectorial = other["kind"].isin(["internal_vector", "autointegration", "two_ltr_circle", "no_insert"])
    assert other.loc[vectorial, "position"].isna().all()
    assert other.loc[~vectorial, "position"].notna().all()


def test_truncated_ends_can_lack_a_single_base():
    made = make(26, truncated_ltr=0.3, truncated_least=1)
    lacking = made.run.molecule_truth().query("kind == 'truncated_ltr'")["missing_ltr"]
    assert set(lacking) == {1, 2, 3, 4}


@pytest.mark.parametrize("rise", [0.2, 5.0])
def test_indels_rise_along_the_read(rise: float):
    length = 150
    drawn = np.random.default_rng(1).integers(1, length, 200_000)
    moved = _rising(drawn, length, rise)
    assert moved.min() >= 1
    assert moved.max() <= length - 1
    first, last = ((moved < 15).mean(), (moved >= 136).mean())
    assert last / first == pytest.approx(rise, rel=0.5)
    assert _rising(drawn, length, 1.0) is drawn


def test_the_vector_can_carry_a_promoter_of_the_host():
    gene = max(host().genes, key=lambda gene: gene.end - gene.start)
    made = make(27, human_promoter=gene.name, promoter_sites=5, subjects=["A"])
    sites = made.run.clones.sites
    inside = sites[sites["origin"] == "promoter"]
    first = gene.start - 200 if gene.strand == "+" else gene.end - 1000
    assert len(inside) == 5
    assert inside["position0"].between(first, first + 1199).all()
    piece = contigs()[gene.contig][first : first + 1200]
    vector = decode(made.run.vector)
    assert (piece if gene.strand == "+" else flip(piece)) in vector
    assert len(vector) == len(host().vector.codes) + 1200


class TestSupport:
    READS = pd.DataFrame(
        [
            ("a", "a", "a", "host", "", 100),
            ("a", "a", "a", "host", "foreign", 200),
            ("a", "b", "b", "host", "hopped", 300),
            ("a", "b", "c", "host", "hopped,recombined", 400),
            ("a", "a", "a", "truncated_ltr", "", 500),
            ("a", "b", "b", "mispriming", "hopped", 600),
            ("*", "a", "a", "host", "unlisted_barcode", 700),
            ("a", "a", "a", "internal_vector", "", None),
        ],
        columns=["sample", "true_sample", "linker_sample", "kind", "events", "position"],
    ).assign(contig="c", strand="+")

    def test_each_read_has_one_cause(self):
        found = read_causes(self.READS).set_index("position")["cause"]
        assert found.to_dict() == {
            100: CLONE,
            200: "contamination",
            300: "hop",
            400: "recombination",
            500: "truncated_ltr",
            600: "mispriming",
        }

    @pytest.mark.parametrize(
        ("position", "expected"),
        [
            (300, ("hop", 0)),
            (305, ("hop", 5)),
            (306, ("", None)),  # whole molecules are called within a few bp
            (512, ("truncated_ltr", 12)),  # those that lack LTR bases further off
            (513, ("", None)),
            (100, ("", None)),  # a clone explains no false call
            (700, ("", None)),  # its index names no library
        ],
    )
    def test_calls_are_explained_by_what_lies_there(self, position: int, expected: tuple):
        support = Support(read_causes(self.READS))
        assert support.explain([("a", "c", "+", position)]) == expected
        assert support.explain([("b", "c", "+", position)]) == ("", None)

    def test_more_reads_win(self):
        both = self.READS[self.READS["position"].isin([300, 400])].assign(position=[300, 302])
        reads = pd.concat([both, both[1:]], ignore_index=True)
        assert Support(read_causes(reads)).explain([("a", "c", "+", 300)]) == ("recombination", 2)
