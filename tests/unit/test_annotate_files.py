"""GTF and GFF3 as the big annotation makers write them."""

import gzip
from pathlib import Path

import pytest

from integrasite.errors import GenomeError
from integrasite.io.genes import GeneAnnotation, read_genes

EXON_GTF = """\
#!genome-build x
chr1	ucsc	exon	101	200	.	-	.	gene_id "NM_1"; gene_name "ONE"; transcript_id "NM_1";
chr1	ucsc	CDS	151	200	.	-	0	gene_id "NM_1"; gene_name "ONE"; transcript_id "NM_1";
chr1	ucsc	exon	301	400	.	-	.	gene_id "NM_1"; gene_name "ONE"; transcript_id "NM_1";
"""
ENSEMBL_GFF3 = """\
##gff-version 3
1	e	chromosome	1	5000	.	.	.	ID=chromosome:1
1	e	gene	101	400	.	-	.	ID=gene:ENSG1;Name=ONE;gene_id=ENSG1
1	e	mRNA	101	400	.	-	.	ID=transcript:ENST1;Parent=gene:ENSG1
1	e	exon	101	200	.	-	.	Parent=transcript:ENST1;Name=ENSE1
1	e	CDS	151	200	.	-	0	ID=CDS:P1;Parent=transcript:ENST1
1	e	exon	301	400	.	-	.	Parent=transcript:ENST1
1	e	ncRNA_gene	1001	1100	.	+	.	ID=gene:ENSG2;gene_id=ENSG2
"""
REFSEQ_GFF3 = """\
chr1	r	region	1	5000	.	+	.	ID=chr1:1..5000;Name=1
chr1	r	exon	101	200	.	-	.	ID=exon-1;Parent=rna-NM_1;gene=ONE
chr1	r	exon	301	400	.	-	.	ID=exon-2;Parent=rna-NM_1;gene=ONE
chr1	r	mRNA	101	400	.	-	.	ID=rna-NM_1;Parent=gene-ONE;gene=ONE
chr1	r	CDS	151	200	.	-	0	ID=cds-1;Parent=rna-NM_1;gene=ONE
chr1	r	gene	101	400	.	-	.	ID=gene-ONE;Name=ONE%2C1;gene=ONE
"""


def read(folder: Path, text: str, name: str = "genes.gtf") -> GeneAnnotation:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_genes(path)


@pytest.mark.parametrize("name", ["genes.gtf", "genes.gtf.gz"])
@pytest.mark.parametrize("text", [EXON_GTF, ENSEMBL_GFF3, REFSEQ_GFF3])
def test_the_same_gene_from_every_maker(tmp_path, text, name):
    found = read(tmp_path, text, name)
    assert found.genes.iloc[0][["start", "end", "strand", "gene"]].tolist() == [100, 400, "-", "ONE"]
    assert found.exons[["start", "end"]].to_numpy().tolist() == [[100, 200], [300, 400]]
    assert found.transcripts.to_numpy().tolist() == [[0, 100, 400, 150, 200]]


def test_a_gene_without_a_name_shows_its_id(tmp_path):
    assert read(tmp_path, ENSEMBL_GFF3).genes["gene"].tolist() == ["ONE", "ENSG2"]


def test_gff3_transcripts_without_a_gene_line(tmp_path):
    text = "".join(line + "\n" for line in REFSEQ_GFF3.splitlines()[1:-1])
    assert read(tmp_path, text).genes[["start", "end", "gene"]].to_numpy().tolist() == [[100, 400, "ONE"]]


def test_two_copies_of_a_gene_stay_two(tmp_path):
    line = 'chr1\tx\tgene\t{}\t{}\t.\t+\t.\tgene_id "g"; gene_name "G";\n'
    found = read(tmp_path, line.format(101, 200) + line.format(901, 950))
    assert found.genes["start"].tolist() == [100, 900]


def test_genes_are_numbered_by_place_and_exons_follow(tmp_path):
    text = (
        'chr2\tx\texon\t11\t20\t.\t+\t.\tgene_id "late"; transcript_id "t2";\n'
        'chr1\tx\texon\t31\t40\t.\t+\t.\tgene_id "early"; transcript_id "t1";\n'
    )
    found = read(tmp_path, text)
    assert found.genes["gene"].tolist() == ["early", "late"]
    assert found.exons[["gene", "start"]].to_numpy().tolist() == [[1, 10], [0, 30]]
    assert found.transcripts["gene"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t5\t10\n", "line 1: not a GTF or GFF3 line"),
        (EXON_GTF + 'chr1\tx\texon\tten\t20\t.\t+\t.\tgene_id "g";\n', "line 5: not a GTF or GFF3 line"),
        ("#nothing\n", "no genes found"),
        ('chr1\tx\tgene\t1\t9\t.\t.\t.\tgene_id "g";\n', "no genes found"),
    ],
)
def test_bad_files_are_named(tmp_path, text, message):
    with pytest.raises(GenomeError, match=message):
        read(tmp_path, text)


def test_missing_and_truncated_files(tmp_path):
    with pytest.raises(GenomeError, match="no such file"):
        read_genes(tmp_path / "absent.gtf")
    path = tmp_path / "cut.gtf.gz"
    path.write_bytes(gzip.compress((EXON_GTF * 500).encode())[:-200])
    with pytest.raises(GenomeError, match="damaged"):
        read_genes(path)
