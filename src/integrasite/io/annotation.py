"""Contigs that a GTF, GFF3 or BED file speaks of, and whether it looks like one."""

from pathlib import Path

from integrasite.errors import GenomeError
from integrasite.io.streams import READ_ERRORS, open_binary

_SKIPPED = (b"#", b"track", b"browser", b"\n", b"\r")


def annotation_contigs(path: Path) -> dict[str, int]:
    """Contigs of a GTF or GFF3 file, plain or gzip, with their number of lines, in order of appearance.

    Raises:
        GenomeError: if it is unreadable, empty, or its first feature has not nine tab-separated columns.
    """
    return _contigs(path, 9, "GTF or GFF3", (3, 4))


def bed_contigs(path: Path) -> dict[str, int]:
    """Contigs of a BED file, plain or gzip, with their number of lines; a file without intervals is legal.

    Raises:
        GenomeError: if it is unreadable or its first interval has not `contig, start, end`.
    """
    return _contigs(path, 3, "BED", (1, 2), may_be_empty=True)


def _contigs(
    path: Path, n_columns: int, kind: str, numbers: tuple[int, int], *, may_be_empty: bool = False
) -> dict[str, int]:
    counts: dict[bytes, int] = {}
    try:
        with open_binary(path) as stream:
            for line in stream:
                if line.startswith(_SKIPPED):
                    if line.startswith(b"##FASTA"):
                        break
                    continue
                if not counts:
                    _check_first(path, line, n_columns, kind, numbers)
                contig = line.split(b"\t", 1)[0]
                counts[contig] = counts.get(contig, 0) + 1
    except READ_ERRORS as error:
        raise GenomeError(f"{path}: cannot be read ({error}); is it complete?") from None
    if not counts and not may_be_empty:
        raise GenomeError(f"{path}: holds no features; expected {kind}")
    return {contig.decode("utf-8", "replace"): count for contig, count in counts.items()}


def _check_first(path: Path, line: bytes, n_columns: int, kind: str, numbers: tuple[int, int]) -> None:
    cells = line.rstrip(b"\r\n").split(b"\t")
    if len(cells) < n_columns or not all(cells[number].strip().isdigit() for number in numbers):
        shown = line[:60].decode("utf-8", "replace").strip()
        raise GenomeError(
            f"{path}: is not {kind}: its first line of data is '{shown}', but {n_columns} tab-separated "
            "columns with start and end are expected"
        )
