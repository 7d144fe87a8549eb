"""The aligner as a program: what is passed to it, and what is said when it is missing or fails."""

import gc
import sys
import warnings
from itertools import pairwise

import pytest

from integrasite.align import command
from integrasite.align.command import aligned_records, build_index, mem_arguments, require_bwa
from integrasite.errors import ToolError

HEADER = "@SQ\\tSN:c\\tLN:100\\n"
RECORD = "0\\t0\\tc\\t5\\t60\\t20M\\t*\\t0\\t0\\tACGTACGTACGTACGTACGT\\t*\\tNM:i:0\\n"


def program(text):
    """A stand-in for bwa mem."""
    return [sys.executable, "-c", text]


def test_a_missing_aligner_is_named_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for call in (require_bwa, lambda: build_index(tmp_path / "g.fa")):
        with pytest.raises(ToolError, match="bwa is not on PATH; install bwa"):
            call()


def test_the_call_fixes_all_that_would_depend_on_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "require_bwa", lambda: "bwa")
    settings = {"min_seed": 15, "min_score": 18, "max_places": 500, "max_fragment": 2000}
    one, two = (mem_arguments(tmp_path / "g.fa", n, **settings) for n in (1, 2))
    assert [a for a, b in zip(one, two, strict=True) if a != b] == ["1"]
    pairs = dict(pairwise(one))
    assert pairs["-K"] == str(command.BATCH_BASES)
    assert pairs["-I"] == "300,400,2000,1"
    assert (pairs["-k"], pairs["-T"], pairs["-h"]) == ("15", "18", "500")
    assert one[-1] == "-"


def test_records_come_back():
    echo = program(f"import sys; n = len(sys.stdin.read()); sys.stdout.write('{HEADER}' + '{RECORD}' * n)")
    with aligned_records(echo, [b"xx", b"x"]) as records:
        assert [record.reference_start for record in records] == [4, 4, 4]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import os, sys; sys.stdin.read(); os.write(2, b'no such index'); os._exit(1)"),
        f"import sys; sys.stdout.write('{HEADER}{RECORD}'); sys.stdout.flush(); sys.exit('no such index')",
    ],
    ids=["at once", "half way"],
)
def test_an_aligner_that_fails_is_quoted(text):
    with (
        pytest.raises(ToolError, match="no such index"),
        aligned_records(program(text), [b">0\nACGT\n"]) as records,
    ):
        list(records)


def test_an_aligner_that_is_killed_is_an_error():
    text = (
        f"import os, sys; sys.stdout.write('{HEADER}{RECORD}'); sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    with (
        pytest.raises(ToolError, match="bwa mem"),
        aligned_records(program(text), [b">0\nACGT\n"]) as records,
    ):
        list(records)


def left_unread():
    """Feeds an aligner that reads nothing; warnings that come up when all is thrown away."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        stopped = program("import sys; sys.exit('cannot allocate')")
        with pytest.raises(ToolError), aligned_records(stopped, [b"x" * 2_000_000]) as records:
            list(records)
        gc.collect()
    return [str(one.message) for one in seen]


def test_input_that_the_aligner_does_not_read_does_not_hang():
    left_unread()


def test_input_that_the_aligner_does_not_read_leaves_no_open_pipe():
    assert left_unread() == []


def test_the_caller_s_own_error_comes_through():
    endless = program(f"import sys; sys.stdout.write('{HEADER}' + '{RECORD}' * 10); sys.stdin.read()")
    with pytest.raises(KeyError, match="mine"), aligned_records(endless, [b">0\nACGT\n"]):
        raise KeyError("mine")


def test_an_index_that_cannot_be_built_is_named(tmp_path):
    require_bwa()
    with pytest.raises(ToolError, match=r"bwa index none\.fa failed \(exit \d+\)"):
        build_index(tmp_path / "none.fa")
