"""Names of the sequences in a FASTA file, fast enough for a whole genome."""

from pathlib import Path

from integrasite.errors import GenomeError
from integrasite.io.streams import READ_ERRORS, open_binary

_CHUNK = 1 << 22


def contig_names(path: Path) -> list[str]:
    """Names of all sequences, in order: from `PATH.fai` where that is newer, else from the FASTA's headers.

    Args:
        path: FASTA, plain or gzip.

    Raises:
        GenomeError: if it is not FASTA, is cut off, or holds no sequence.
    """
    index = path.with_name(path.name + ".fai")
    try:
        if index.is_file() and index.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            names = [line.split("\t", 1)[0] for line in index.read_text("utf-8").splitlines() if line]
        else:
            names = _stream_names(path)
    except READ_ERRORS as error:
        raise GenomeError(f"{path}: cannot be read as FASTA ({error}); is it complete?") from None
    if not names:
        raise GenomeError(f"{path}: holds no sequence; expected FASTA, whose sequences begin with '>NAME'")
    return names


def _stream_names(path: Path) -> list[str]:
    names: list[str] = []
    with open_binary(path) as stream:
        tail = b"\n"
        first = True
        while chunk := stream.read(_CHUNK):
            if first and not chunk.lstrip().startswith(b">"):
                raise GenomeError(f"{path}: is not FASTA (its first sequence must begin with '>NAME')")
            first = False
            tail = _add_names(tail + chunk, names)
    if tail.startswith(b"\n>"):
        _add_names(tail + b"\n", names)
    return names


def _add_names(block: bytes, names: list[str]) -> bytes:
    """Add the names of all whole header lines; return what has to be looked at again with the next block."""
    start = block.find(b"\n>")
    while start >= 0:
        end = block.find(b"\n", start + 1)
        if end < 0:
            return block[start:]
        header = block[start + 2 : end].decode("utf-8", "replace").split()
        names.append(header[0] if header else "")
        start = block.find(b"\n>", end)
    return block[-1:]
