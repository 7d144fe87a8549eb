"""Elements of human genes count for nothing where the genome cannot show whether they are native."""

from integrasite.transgene.human_elements import unseen_human_elements
from integrasite.transgene.vector_map import Element, HostLike

PROMOTER = Element("EF1a promoter", 100, 300)
WPRE = Element("WPRE", 400, 900)


def test_an_element_of_a_gene_that_the_genome_lacks_is_set_aside():
    (stretch,) = unseen_human_elements((PROMOTER, WPRE), (), {"TP53"}, 1000)
    assert (stretch.start, stretch.end, stretch.contig, stretch.label) == (0, 330, "", "EEF1A1")
    (domain,) = unseen_human_elements((Element("CD3z", 500, 900, "-"),), (), {"TP53"}, 1000)
    assert (domain.start, domain.end) == (500, 900)


def test_a_genome_with_the_gene_speaks_for_itself():
    assert unseen_human_elements((PROMOTER,), (), {"EEF1A1"}, 1000) == []


def test_what_the_genome_holds_is_not_set_aside_twice():
    seen = HostLike(100, 210, "chr6", 5, 115, "+", 1.0)
    assert unseen_human_elements((PROMOTER,), (seen,), set(), 1000) == []
    short = HostLike(100, 190, "chr6", 5, 95, "+", 1.0)
    assert len(unseen_human_elements((PROMOTER,), (short,), set(), 1000)) == 1
