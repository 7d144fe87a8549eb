"""The vectors' map: kept whole over a file, and the command that makes it."""

import json
from pathlib import Path

import numpy as np
import pytest

from integrasite.cli.main import main
from integrasite.errors import DataError
from integrasite.io.sequences import write_fasta
from integrasite.io.tables import read_tsv
from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.model.tables import VECTOR_CONTROLS, VECTOR_ELEMENTS, VECTOR_HOST_LIKE, VECTOR_WORDS
from integrasite.transgene.vector_map import (
    Control,
    Element,
    HostLike,
    MappedVector,
    Part,
    VectorMap,
    Word,
    load_vector_map,
    save_vector_map,
)


def draw(rng: np.random.Generator, length: int) -> str:
    return decode(rng.integers(0, 4, length).astype(np.uint8))


def turned(text: str) -> str:
    return decode(reverse_complement(encode(text)))


def example() -> VectorMap:
    codes = encode(draw(np.random.default_rng(1), 900))
    full = MappedVector(
        "a", "lentivirus", 5, "plasmid", codes, 100, 1000, (Element("x", 1, 9),),
        (HostLike(100, 200, "c", 5, 105, "-", 0.97, "G1"),), (Word(150, "domain", "x", "y", 150, 152),),
        codes[::-1].copy(), (HostLike(1, 50, "c", 5, 54, "+", 1.0),), "a problem", "cilta-cel",
    )  # fmt: skip
    bare = MappedVector("b", "piggybac", 4, "provirus", codes[:300], 0, 300)
    return VectorMap((full, bare), (Part("P", ((3, "ACGTT"), (11, "GGG"))),), (Control("c", 1, 1001),))


def shown(vectors: VectorMap) -> list[object]:
    fields = [
        {**vars(v), "one_ltr": decode(v.one_ltr), "backbone": decode(v.backbone)} for v in vectors.vectors
    ]
    return [fields, vectors.parts, vectors.controls, vectors.contigs()]


def test_a_map_is_read_as_it_was_written(tmp_path: Path):
    save_vector_map(example(), tmp_path)
    assert shown(load_vector_map(tmp_path)) == shown(example())
    assert list(example().contigs()) == ["a", "b", "a|backbone", "part|P"]


def test_vectors_are_found_by_name(tmp_path: Path):
    save_vector_map(VectorMap(example().vectors[1:]), tmp_path)
    assert load_vector_map(tmp_path)["b"].provirus_length == 300
    with pytest.raises(KeyError):
        load_vector_map(tmp_path)["c"]


def test_a_fasta_of_another_map_or_version_is_told(tmp_path: Path):
    save_vector_map(VectorMap(example().vectors[1:]), tmp_path)
    write_fasta(tmp_path / "vectors.fa", [("b", "ACGT")])
    with pytest.raises(DataError, match="run prepare-vectors again"):
        load_vector_map(tmp_path)
    content = json.loads((tmp_path / "vector_map.json").read_text())
    (tmp_path / "vector_map.json").write_text(json.dumps(content | {"version": 0}))
    with pytest.raises(DataError, match="version 0"):
        load_vector_map(tmp_path)


def test_properties_say_what_their_names_say():
    vector = example().vectors[0]
    assert vector.is_circular
    assert not example().vectors[1].is_circular
    assert np.flatnonzero(vector.host_like_mask).tolist() == list(range(100, 200))
    assert vector.elements_between(8, 9) == ("x",)
    assert vector.elements_between(9, 12) == ()
    assert example().parts[0].sequence == "ACGTTNNNGGG"
    word = vector.words[0]
    assert word.is_crossed(140, 162, 10)
    assert not word.is_crossed(141, 162, 10)
    assert not word.is_crossed(140, 161, 10)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A host with a gene of two exons, one of one exon on the other strand, and a vector that carries both, as a plasmid."""
    home = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(2)
    exons, other = (draw(rng, 120), draw(rng, 90)), draw(rng, 150)
    host = {
        "c1": draw(rng, 40_000) + exons[0] + draw(rng, 800) + exons[1] + draw(rng, 40_000),
        "c2": draw(rng, 30_000) + turned(other) + draw(rng, 30_000),
    }
    ltr = "TGGAAGGGCTAATTCACTCC" + draw(rng, 150) + "CA"
    inner = (
        "GTGGCGCCCGAACAGGGAC"
        + draw(rng, 500)
        + exons[0]
        + exons[1]
        + other
        + draw(rng, 400)
        + "AAAAGAAAAGGGGGGAC"
    )
    write_fasta(home / "host.fa", host.items())
    write_fasta(home / "v.fa", [("x", inner[300:] + ltr + draw(rng, 900) + ltr + inner[:300])])
    lines = [
        ("c1", 40_000, 40_120, "+", "GA"),
        ("c1", 40_920, 41_010, "+", "GA"),
        ("c2", 30_000, 30_150, "-", "GB"),
    ]
    (home / "host.gtf").write_text(
        "".join(
            f'{contig}\tx\texon\t{start + 1}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; transcript_id "{gene}.1"; '
            f'gene_name "{gene}";\n'
            for contig, start, end, strand, gene in lines
        )
    )
    (home / "black.bed").write_text("c1\t0\t20000\n")
    (home / "a_R1.fq").write_text("")
    (home / "samples.tsv").write_text("sample\tsubject\tassay\tr1\tvector\nT\tP\twgs\ta_R1.fq\tv\n")
    (home / "config.yaml").write_text(
        "samples: samples.tsv\n"
        "reference: {genome: host.fa, annotation: host.gtf, blacklist: black.bed}\n"
        "vectors:\n  v: {sequence: v.fa, form: plasmid}\n  unused: {sequence: missing.fa}\n"
        "calling: {control_loci: 20, control_length: 300}\n"
    )
    assert (
        main(
            [
                "index",
                "--config",
                str(home / "config.yaml"),
                "-o",
                str(home / "r.json"),
                "--folder",
                str(home / "i"),
            ]
        )
        == 0
    )
    return home


def prepare(study: Path, out: str, *more: str) -> int:
    config, reference = str(study / "config.yaml"), str(study / "r.json")
    return main(
        ["prepare-vectors", "--config", config, "--reference", reference, "-o", str(study / out), *more]
    )


def test_the_command_writes_the_whole_map_and_the_same_bytes_again(
    study: Path, capsys: pytest.CaptureFixture[str]
):
    assert prepare(study, "one") == 0
    assert "2 informative words" in capsys.readouterr().err
    assert prepare(study, "two", "--threads", "2") == 0
    names = sorted(path.name for path in (study / "one").iterdir())
    index = [f"vectors.fa.{end}" for end in ("amb", "ann", "bwt", "pac", "sa")]
    tables = ["elements.tsv", "host_like.tsv", "words.tsv", "controls.tsv"]
    assert names == sorted(["vectors.fa", *index, "vector_map.json", *tables])
    for name in names:
        assert (study / "one" / name).read_bytes() == (study / "two" / name).read_bytes(), name


def test_the_tables_say_what_the_host_has(study: Path):
    assert prepare(study, "three") == 0
    folder = study / "three"
    stretches = read_tsv(folder / "host_like.tsv", VECTOR_HOST_LIKE)
    start = 172 + 19 + 500
    for (first, last, contig, strand, label), row in zip(
        [
            (start, start + 120, "c1", "+", "GA"),
            (start + 120, start + 210, "c1", "+", "GA"),
            (start + 210, start + 360, "c2", "-", "GB"),
        ],
        stretches.itertuples(index=False),
        strict=True,
    ):
        assert abs(row.start - first) <= 6
        assert abs(row.end - last) <= 6
        assert (row.contig, row.strand, row.label) == (contig, strand, label)
    words = read_tsv(folder / "words.tsv", VECTOR_WORDS)
    assert words[["kind", "left", "right"]].to_numpy().tolist() == [
        ["exon", "GA", "GA"],
        ["domain", "GA", "GB"],
    ]
    elements = read_tsv(folder / "elements.tsv", VECTOR_ELEMENTS)
    assert {"LTR", "PBS", "PPT"} <= set(elements["name"])
    controls = read_tsv(folder / "controls.tsv", VECTOR_CONTROLS)
    assert len(controls) == 20
    assert not ((controls["contig"] == "c1") & (controls["start"] < 20_000)).any()
    vectors = load_vector_map(folder)
    assert [v.name for v in vectors.vectors] == ["v"]
    assert vectors["v"].backbone.size == pytest.approx(900, abs=8)
    assert {part.name for part in vectors.parts} >= {"AmpR", "pUC_ori"}


def test_a_plasmid_without_a_provirus_stops_with_its_name_and_leaves_nothing(
    study: Path, capsys: pytest.CaptureFixture[str]
):
    good = (study / "v.fa").read_text()
    write_fasta(study / "v.fa", [("x", draw(np.random.default_rng(5), 3000))])
    try:
        assert prepare(study, "four") == 2
    finally:
        (study / "v.fa").write_text(good)
    message = capsys.readouterr().err
    assert "vector 'v'" in message
    assert "form: provirus" in message
    assert not (study / "four").exists()
