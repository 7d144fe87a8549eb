"""Do genome, annotation, blacklist, vectors and protocols fit each other?"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from integrasite.config.explain import listed
from integrasite.config.findings import Findings
from integrasite.config.settings import Protocol, Vector
from integrasite.config.study import Study
from integrasite.errors import GenomeError
from integrasite.io.annotation import annotation_contigs, bed_contigs
from integrasite.io.fasta import contig_names
from integrasite.io.sequences import read_vector
from integrasite.io.streams import file_problem
from integrasite.io.vector_names import vector_record_name

MOST_MISMATCHES = 0.2
"""Mismatches per base at which a protocol's primer and LTR end still count as part of the vector."""

_BASES = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")
_FORWARD_ENDS = ("U5", "ITR3")
_FAMILY_ENDS = {
    "lentivirus": ("U5", "U3"),
    "gammaretrovirus": ("U5", "U3"),
    "piggybac": ("ITR3", "ITR5"),
    "sleeping-beauty": ("ITR3", "ITR5"),
}


def check_references(study: Study, findings: Findings) -> list[str]:
    """Check genome, annotation, blacklist and vectors against each other and against the protocols.

    Returns:
        Names of the genome's contigs, for further checks.
    """
    contigs = _genome_contigs(study, findings)
    for key, path, reader in (
        ("annotation", study.annotation, annotation_contigs),
        ("blacklist", study.blacklist, bed_contigs),
    ):
        if path is not None and _is_usable(study, f"reference.{key}", path, findings):
            try:
                _compare_contigs(key, path, reader(path), study.genome, contigs, findings)
            except GenomeError as error:
                findings.problem(str(error))
    for name, vector in study.config.vectors.items():
        _check_vector(study, name, vector, set(contigs), findings)
    return contigs


def _is_usable(study: Study, key: str, path: Path, findings: Findings) -> bool:
    problem = file_problem(path)
    if problem:
        findings.problem(f"{study.path}, key '{key}': {path} {problem}")
    return problem is None


def _genome_contigs(study: Study, findings: Findings) -> list[str]:
    if not _is_usable(study, "reference.genome", study.genome, findings):
        return []
    try:
        contigs = contig_names(study.genome)
    except GenomeError as error:
        findings.problem(str(error))
        return []
    twice = [name for name, count in Counter(contigs).items() if count > 1]
    if twice:
        findings.problem(f"{study.genome}: contig '{twice[0]}' stands twice; every contig needs its own name")
    if "" in contigs:
        findings.problem(f"{study.genome}: a sequence has no name (a line with '>' alone)")
    return contigs


def _compare_contigs(
    kind: str, path: Path, found: Mapping[str, int], genome: Path, contigs: list[str], findings: Findings
) -> None:
    known = set(contigs)
    missing = [name for name in found if name not in known]
    if not contigs or not missing:
        return
    if len(missing) == len(found):
        findings.problem(
            f"{path}: the {kind} and the genome {genome} have no contig name in common. The {kind} says "
            f"{_styled(list(found))}, the genome {_styled(contigs)}. Use files of one source, or rename the "
            "contigs of one of them."
        )
        return
    n_lines = sum(found[name] for name in missing)
    findings.warn(
        f"{path}: {len(missing)} of {len(found)} contigs ({n_lines} lines) are not in the genome and "
        f"left out: {_shortened(missing)}"
    )


def _shortened(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _styled(names: list[str]) -> str:
    """Some names, with the habit that they follow."""
    with_prefix = sum(name.startswith("chr") for name in names)
    bare = sum(name.isdigit() or name in ("X", "Y", "MT") for name in names)
    accessions = sum(name.startswith(("NC_", "NT_", "NW_")) for name in names)
    styles = {"UCSC": with_prefix, "Ensembl": bare, "RefSeq": accessions}
    best = max(styles, key=lambda name: styles[name])
    style = f" ({best} style)" if styles[best] else ""
    return f"{_shortened(names)}{style}"


def _check_vector(study: Study, name: str, vector: Vector, contigs: set[str], findings: Findings) -> None:
    path = study.resolve(vector.sequence)
    where = f"{study.path}, key 'vectors.{name}'"
    if not _is_usable(study, f"vectors.{name}.sequence", path, findings):
        return
    try:
        sequence = read_vector(path)
    except GenomeError as error:
        findings.problem(f"{where}: {error}")
        return
    strange = sorted(set(sequence) - set("ACGTURYSWKMBDHVN"))
    if strange:
        findings.problem(f"{where}: {path} holds '{strange[0]}', which is no base; expected DNA")
    for own in dict.fromkeys((name, vector_record_name(path))):
        if own in contigs:
            findings.problem(
                f"{where}: '{own}' is also a contig of the genome {study.genome}. Use a genome without the "
                "vector (it is added here), or another name."
            )
    for protocol_name in _protocols_with(study, name):
        protocol = study.config.protocols[protocol_name]
        _check_protocol(where, protocol_name, protocol, vector, sequence, findings)


def _protocols_with(study: Study, vector: str) -> list[str]:
    rows = (library for library in study.amplicon_libraries if vector in library.vectors)
    return list(dict.fromkeys(library.protocol for library in rows))


def _check_protocol(
    where: str, name: str, protocol: Protocol, vector: Vector, sequence: str, findings: Findings
) -> None:
    ends = _FAMILY_ENDS[vector.kind]
    if protocol.vector_end not in ends:
        findings.problem(
            f"{where}: is a {vector.kind}, but its protocol '{name}' starts in {protocol.vector_end}; "
            f"a {vector.kind} has {listed(ends)}"
        )
        return
    if "U5" in ends and not protocol.ltr_end.upper().endswith("CA"):
        findings.problem(
            f"{where}: protocol '{name}' has the ltr_end '{protocol.ltr_end}', which does not end in "
            f"CA as the LTR of a {vector.kind} does. Give all bases of the vector and none of the host."
        )
    place = find_vector_end(sequence, protocol, circular=vector.form == "plasmid")
    if place is None:
        findings.problem(f"{where}: {_lost_end(name, protocol, vector, sequence)}")
    elif vector.form == "provirus" and "U5" in ends and place > _FLANK:
        findings.warn(
            f"{where}: form is provirus, but {place} bases stand outside the LTR end of protocol '{name}'. "
            "If the sequence has a backbone or flanks, set `form: plasmid`."
        )


_FLANK = 20
"""Bases outside the LTR that a provirus may still carry before it looks like a plasmid."""


def _lost_end(name: str, protocol: Protocol, vector: Vector, sequence: str) -> str:
    end = protocol.vector_end
    text = (
        f"primer + ltr_end of protocol '{name}' ({protocol.primer}{protocol.ltr_end}) is not where {end} is "
        f"expected in the vector, even with {MOST_MISMATCHES:.0%} mismatches."
    )
    if find_vector_end(reverse_complement(sequence), protocol, circular=vector.form == "plasmid") is not None:
        other = {"U5": "U3", "U3": "U5", "ITR3": "ITR5", "ITR5": "ITR3"}[end]
        return (
            f"{text} It is on the other strand: `vector_end` is {other}, or the vector is written backwards."
        )
    return f"{text} Check primer, ltr_end and vector_end, and that this is the vector that was used."


def reverse_complement(sequence: str) -> str:
    """The other strand of a sequence in capitals."""
    return sequence.translate(_BASES)[::-1]


def find_vector_end(sequence: str, protocol: Protocol, *, circular: bool = False) -> int | None:
    """Look for a protocol's primer and LTR end in a vector, allowing mismatches.

    A read that starts in U5 (or ITR3) runs along the vector as it is written; one that starts in U3 (or
    ITR5) runs against it, so its bases are looked for in the reverse complement.

    Args:
        sequence: the vector, in capitals.
        protocol: the protocol.
        circular: the sequence goes on from its end to its start (plasmid).

    Returns:
        How many bases stand beyond the outermost place found, up to the vector's end; None if there is none.
        The last two bases of the LTR end must be there exactly.
    """
    pattern = _codes(f"{protocol.primer}{protocol.ltr_end}".upper())
    strand = sequence if protocol.vector_end in _FORWARD_ENDS else reverse_complement(sequence)
    if circular:
        strand += strand[: len(pattern) - 1]
    text = _codes(strand)
    if len(text) < len(pattern):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(text, len(pattern))
    differs = windows != pattern
    fits = (differs.sum(axis=1) <= MOST_MISMATCHES * len(pattern)) & ~differs[:, -2:].any(axis=1)
    places = np.flatnonzero(fits)
    return None if not len(places) else int(len(text) - (places[-1] + len(pattern)))


def _codes(sequence: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)
