"""The aligner as a program: the one module of this package that starts it (argument lists, never a shell string)."""

import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pysam

from integrasite.errors import ToolError

BATCH_BASES = 10_000_000
"""Bases that bwa takes at once; fixed, because the default depends on the number of threads."""
BAND = 10
"""Longest gap (bp) of an alignment. bwa takes seeds on diagonals no further apart than this for one place, so that its default
(100) hides all but one copy of a tandem repeat with shorter units."""
_INSTALL = "install bwa (Debian: apt-get install bwa; conda: bioconda::bwa) or run `make setup`"


def require_bwa() -> str:
    """Path of bwa.

    Raises:
        ToolError: if it is not on PATH.
    """
    path = shutil.which("bwa")
    if path is None:
        raise ToolError(f"bwa is not on PATH; {_INSTALL}")
    return path


def build_index(fasta: Path) -> None:
    """Index a FASTA for bwa, beside it.

    Raises:
        ToolError: if bwa is missing or fails.
    """
    done = subprocess.run([require_bwa(), "index", str(fasta)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolError(f"bwa index {fasta.name} failed (exit {done.returncode}): {_last_lines(done.stderr)}")


def mem_arguments(
    index: Path, threads: int, *, min_seed: int, min_score: int, max_places: int, max_fragment: int
) -> list[str]:
    """The bwa mem call. Batch and insert-size model are fixed, so that no result depends on threads or neighbours in a batch."""
    return [
        require_bwa(), "mem", "-p", "-v", "1", "-t", str(threads), "-K", str(BATCH_BASES), "-w", str(BAND),
        "-I", f"300,400,{max_fragment},1", "-k", str(min_seed), "-T", str(min_score), "-h", str(max_places), str(index), "-",
    ]  # fmt: skip


@contextmanager
def aligned_records(arguments: Sequence[str], fasta: Iterable[bytes]) -> Iterator[pysam.AlignmentFile]:
    """Feed FASTA text to bwa mem and read its alignments as they come.

    Raises:
        ToolError: if bwa fails.
    """
    process = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    assert stdin is not None and stdout is not None and stderr is not None
    messages: list[bytes] = []

    def feed() -> None:
        try:
            for text in fasta:
                stdin.write(text)
            stdin.close()
        except BrokenPipeError:
            pass  # bwa's own message says more than ours could

    workers = [
        threading.Thread(target=feed, daemon=True),
        threading.Thread(target=lambda: messages.append(stderr.read()), daemon=True),
    ]
    for worker in workers:
        worker.start()
    problem: Exception | None = None
    try:
        with pysam.AlignmentFile(stdout, "r", check_sq=False) as records:
            yield records
    except (OSError, ValueError) as error:
        process.kill()
        problem = error
    finally:
        stdout.close()
        code = process.wait()
        for worker in workers:
            worker.join(timeout=10)
        stderr.close()
        with suppress(BrokenPipeError):
            stdin.close()
    said = _last_lines(b"".join(messages).decode(errors="replace"))
    if problem is not None:
        raise ToolError(f"bwa mem gave no alignments ({problem}): {said}") from None
    if code != 0:
        raise ToolError(f"bwa mem failed (exit {code}): {said}")


def _last_lines(text: str, n: int = 3) -> str:
    return " / ".join(text.strip().splitlines()[-n:]) or "no message"
