"""The made-up host: repeats where they are said to be, genes in order, a provirus with its landmarks."""

from functools import cache

import numpy as np
import pytest

from integrasite.errors import ConfigError
from integrasite.simulate.genes import EVENT_GENES
from integrasite.simulate.genome import GenomeScenario, simulate_genome
from integrasite.simulate.host import SyntheticHost, gtf_text, read_genes, simulate_host
from integrasite.simulate.sequences import decode, distinct_words
from integrasite.transgene.provirus import ltr_length


@cache
def host() -> SyntheticHost:
    return simulate_host(np.random.default_rng(1))


def flip(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


def repeats_of(family: str) -> list[str]:
    contigs = host().genome.contigs
    found = [r for r in host().genome.repeats if r.family == family]
    texts = [(decode(contigs[r.contig][r.start : r.end]), r.strand) for r in found]
    return [text if strand == "+" else flip(text) for text, strand in texts]


def test_contigs_are_as_long_as_asked_and_small_enough_for_a_demo():
    sizes = [codes.size for codes in host().genome.contigs.values()]
    assert tuple(sizes) == GenomeScenario().contig_lengths
    assert 1_500_000 <= sum(sizes) <= 2_000_000


def test_the_duplication_and_some_short_repeats_are_identical():
    assert len(set(repeats_of("segmental_duplication"))) == 1
    assert [len(text) for text in repeats_of("segmental_duplication")] == [10_000, 10_000]
    assert len(repeats_of("short_repeat_identical")) == 10
    assert len(set(repeats_of("short_repeat_identical"))) == 1


def test_other_short_repeats_differ_by_their_divergence():
    master = repeats_of("short_repeat_identical")[0][:40]
    same = [
        sum(a == b for a, b in zip(text[:40], master, strict=True)) / 40
        for text in repeats_of("short_repeat")
    ]
    assert 0.6 < np.median(same) < 0.98
    assert len(set(repeats_of("short_repeat"))) == 150


def test_repeats_are_soft_masked_and_nothing_else_is():
    fasta = host().files()["genome.fa.gz"]
    text = "".join(fasta.split(">chr2\n")[1].split(">")[0].split())
    masked = np.array([letter.islower() for letter in text])
    assert (masked == host().genome.masks()["chr2"]).all()
    assert 0.02 < masked.mean() < 0.5


def test_a_genome_too_small_for_its_repeats_is_refused():
    with pytest.raises(ConfigError, match="no room for a repeat of 10000 bp"):
        simulate_genome(GenomeScenario(contig_lengths=(20_000,)), np.random.default_rng(1))


def test_genes_lie_in_their_contigs_with_exons_from_end_to_end():
    lengths = {name: codes.size for name, codes in host().genome.contigs.items()}
    for gene in host().genes:
        assert 0 < gene.start < gene.end < lengths[gene.contig]
        assert gene.exons[0][0] == gene.start
        assert gene.exons[-1][1] == gene.end
        inner = [bound for exon in gene.exons for bound in exon]
        assert inner == sorted(inner)
        assert len(gene.exons) >= 2
    assert {gene.strand for gene in host().genes} == {"+", "-"}
    assert set(EVENT_GENES) <= {gene.name for gene in host().genes}
    assert len({gene.name for gene in host().genes}) == len(host().genes)


def test_some_genes_overlap_on_opposite_strands():
    pairs = list(zip(host().genes, host().genes[1:], strict=False))
    overlapping = [(a, b) for a, b in pairs if a.contig == b.contig and b.start < a.end]
    assert overlapping
    assert all(a.strand != b.strand for a, b in overlapping)


def test_gtf_is_one_based_and_reads_back():
    genes = read_genes(gtf_text(host().genes))
    assert genes["name"].tolist() == [gene.name for gene in host().genes]
    assert genes["start"].tolist() == [gene.start for gene in host().genes]
    assert genes["end"].tolist() == [gene.end for gene in host().genes]
    first = gtf_text(host().genes[:1]).splitlines()[0].split("\t")
    assert int(first[3]) == host().genes[0].start + 1
    minus = next(gene for gene in host().genes if gene.strand == "-")
    exon = next(line for line in gtf_text([minus]).splitlines() if 'exon_number "1"' in line).split("\t")
    assert int(exon[4]) == minus.end


def test_vector_has_the_landmarks_of_a_provirus():
    vector = host().vector
    text = decode(vector.codes)
    ltr = vector.element("5' LTR")
    assert text.startswith("TGGAAGGGCTAATTCACTCC")
    assert text[: ltr.end].endswith("CCCTTTTAGTCAGTGTGGAAAATCTCTAGCA")
    assert text[ltr.end :].startswith("GTGGCGCCCGAACAGGGAC")
    assert text[: -(ltr.end)].endswith("AAAAGAAAAGGGGGGAC")
    assert ltr_length(vector.codes) == ltr.end - ltr.start
    assert 3_000 < len(text) < 4_000


def test_vector_carries_a_host_promoter():
    element = host().vector.element("promoter")
    promoter = decode(host().vector.codes[element.start : element.end])
    gene = next(gene for gene in host().genes if gene.name == "EEF1A1")
    contig = decode(host().genome.contigs[gene.contig])
    upstream = (
        contig[gene.start - 400 : gene.start]
        if gene.strand == "+"
        else flip(contig[gene.end : gene.end + 400])
    )
    assert promoter == upstream


def test_a_sequence_without_ltrs_has_none():
    assert ltr_length(host().vector.codes[300:]) == 0


def test_words_are_as_far_apart_as_asked():
    words = distinct_words(np.random.default_rng(1), 30, 12, 5)
    distances = [
        sum(a != b for a, b in zip(x, y, strict=True)) for i, x in enumerate(words) for y in words[:i]
    ]
    assert min(distances) >= 5
    with pytest.raises(ConfigError, match="ask for fewer libraries"):
        distinct_words(np.random.default_rng(1), 6, 4, 4)


def test_same_seed_same_files():
    assert simulate_host(np.random.default_rng(1)).files() == host().files()
