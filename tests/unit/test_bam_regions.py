"""Records at given places of an aligned file."""

from pathlib import Path

import pysam
import pytest

from integrasite.errors import DataError
from integrasite.io.bam_regions import cut_to_spans, is_aligned_to

CONTIGS = {"one": 5000, "two": 5000}


def write(path: Path, order: str = "coordinate", index: bool = True) -> Path:
    """Reads of 100 bases every 50, each named by its place."""
    header = {
        "HD": {"VN": "1.6", "SO": order},
        "SQ": [{"SN": name, "LN": size} for name, size in CONTIGS.items()],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number, contig in enumerate(CONTIGS):
            for start in range(0, 4900, 50):
                record = pysam.AlignedSegment()
                record.query_name, record.flag = f"{contig}{start}", 0
                record.reference_id, record.reference_start = number, start
                record.query_sequence, record.cigartuples = "A" * 100, [(0, 100)]
                out.write(record)
    if index:
        pysam.index(str(path))
    return path


def names(path: Path) -> list[str]:
    with pysam.AlignmentFile(str(path), "rb", check_sq=False) as handle:
        return [str(record.query_name) for record in handle.fetch(until_eof=True)]


def test_each_record_that_touches_a_span_comes_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bam")
    spans = [
        ("two", 120, 130),
        ("one", 1000, 1040),
        ("one", 1060, 1070),
        ("one", 1065, 1080),
        ("one", -500, 10),
    ]
    with cut_to_spans(path, None, spans) as part:
        found = names(part)
    assert found == ["one0", "one950", "one1000", "one1050", "two50", "two100"]
    assert not part.exists()


def test_only_a_sorted_indexed_file_of_the_same_genome_is_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bam")
    assert is_aligned_to(path, None, CONTIGS)
    assert not is_aligned_to(path, None, {"one": 5000})  # reads may stand on what the genome at hand lacks
    assert not is_aligned_to(path, None, CONTIGS | {"two": 5001})
    assert not is_aligned_to(write(tmp_path / "b.bam", order="unsorted"), None, CONTIGS)
    assert not is_aligned_to(write(tmp_path / "c.bam", index=False), None, CONTIGS)


def test_an_index_without_its_file_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bam")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="damaged or cut off"), cut_to_spans(path, None, [("one", 0, 4000)]):
        pass
