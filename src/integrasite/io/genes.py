"""Read genes, transcripts and exons from GTF or GFF3, plain or gzip.

All coordinates are 0-based and half-open.
"""

import re
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
import pandas as pd
from xopen import xopen

from integrasite.errors import GenomeError

PARTS = frozenset({"exon", "CDS"})
_IGNORED = frozenset(
    {
        "start_codon",
        "stop_codon",
        "UTR",
        "five_prime_UTR",
        "three_prime_UTR",
        "five_prime_utr",
        "three_prime_utr",
    }
    | {
        "Selenocysteine",
        "intron",
        "stop_codon_redefined_as_selenocysteine",
        "cDNA_match",
        "match",
        "match_part",
    }
)
_GFF3_ATTRIBUTE = re.compile(r"^\s*[\w.:-]+=")
_PREFIX = re.compile(r"^(gene|transcript|rna)[:-]")
_GTF_VALUE = {
    key: re.compile(rf'(?:^|;)\s*{key}\s+"?([^";]*)')
    for key in ("gene_id", "gene_name", "gene", "transcript_id")
}

GeneKey = tuple[str, str, str]


@dataclass(frozen=True)
class GeneAnnotation:
    """Genes of a genome and what they are made of.

    Args:
        genes: contig, start, end, strand (`+` or `-`), gene; sorted by contig, start and gene; the row number
            names a gene.
        transcripts: gene (row number), start, end, coding_start, coding_end (-1 where not coding).
        exons: gene and transcript (row numbers), start, end.
    """

    genes: pd.DataFrame
    transcripts: pd.DataFrame
    exons: pd.DataFrame


class Feature(NamedTuple):
    """One line of an annotation file."""

    contig: str
    kind: str
    start: int
    end: int
    strand: str
    attributes: str


@dataclass
class _Builder:
    """Collects features into numbered genes and transcripts."""

    gene_numbers: dict[GeneKey, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    declared: list[bool] = field(default_factory=list)
    bounds: list[tuple[int, int]] = field(default_factory=list)
    keys: list[GeneKey] = field(default_factory=list)
    transcript_numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    transcript_rows: list[list[int]] = field(default_factory=list)
    exons: "array[int]" = field(default_factory=lambda: array("q"))

    def gene(self, key: GeneKey, name: str, start: int, end: int, *, declared: bool) -> int:
        """Number of a gene: a gene line sets its bounds, other lines widen a gene without such a line.

        A second gene line with the same key is another copy of the gene; what follows belongs to that copy.
        """
        number = self.gene_numbers.get(key, -1)
        if number < 0 or (declared and self.declared[number]):
            number = self.gene_numbers[key] = len(self.names)
            self.keys.append(key)
            self.names.append(name)
            self.declared.append(declared)
            self.bounds.append((start, end))
        elif declared:
            self.names[number], self.declared[number], self.bounds[number] = name, True, (start, end)
        elif not self.declared[number]:
            old = self.bounds[number]
            self.bounds[number] = (min(old[0], start), max(old[1], end))
        return number

    def transcript(self, identity: str, gene: int, start: int, end: int) -> int:
        """Number of a transcript, widened to what is seen of it."""
        number = self.transcript_numbers.setdefault((identity, gene), len(self.transcript_rows))
        if number == len(self.transcript_rows):
            self.transcript_rows.append([gene, start, end, -1, -1])
        row = self.transcript_rows[number]
        row[1], row[2] = min(row[1], start), max(row[2], end)
        return number

    def part(self, kind: str, gene: int, transcript: int, start: int, end: int) -> None:
        """Add an exon, or widen the coding part of the transcript."""
        if kind == "exon":
            self.exons.extend((gene, transcript, start, end))
            return
        row = self.transcript_rows[transcript]
        row[3] = start if row[3] < 0 else min(row[3], start)
        row[4] = max(row[4], end)

    def finish(self) -> GeneAnnotation:
        """Sort the genes and number everything anew in that order."""
        genes = pd.DataFrame(
            {
                "contig": [key[1] for key in self.keys],
                "start": np.array([bounds[0] for bounds in self.bounds], dtype=np.int64),
                "end": np.array([bounds[1] for bounds in self.bounds], dtype=np.int64),
                "strand": [key[2] for key in self.keys],
                "gene": self.names,
            }
        )
        order = genes.sort_values(
            ["contig", "start", "gene", "end", "strand"], kind="stable"
        ).index.to_numpy()
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        transcripts = _frame(self.transcript_rows, ["gene", "start", "end", "coding_start", "coding_end"])
        exons = _frame(
            np.frombuffer(self.exons, dtype=np.int64).reshape(-1, 4), ["gene", "transcript", "start", "end"]
        )
        transcripts["gene"] = rank[transcripts["gene"].to_numpy()]
        exons["gene"] = rank[exons["gene"].to_numpy()]
        return GeneAnnotation(genes.loc[order].reset_index(drop=True), transcripts, exons)


def _frame(rows: list[list[int]] | np.ndarray, columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(np.array(rows, dtype=np.int64).reshape(-1, len(columns)), columns=columns)


def read_genes(path: Path) -> GeneAnnotation:
    """Read an annotation; GTF and GFF3 are told apart by how their attributes are written.

    Genes without a gene line get the span of their transcripts and exons. The name is `gene_name`, or `gene`,
    or `Name`, or else the id of the gene. Features without a strand are left out.

    Raises:
        GenomeError: if the file is missing, damaged, not GTF or GFF3, or has no genes.
    """
    builder = _Builder()
    features = _features(path)
    first = next(features, None)
    if first is not None:
        reader = _GffReader(builder) if _GFF3_ATTRIBUTE.match(first.attributes) else _GtfReader(builder)
        reader.add(first)
        for feature in features:
            reader.add(feature)
        reader.close()
    if not builder.names:
        raise GenomeError(f"{path}: no genes found; expected GTF or GFF3 with gene, transcript or exon lines")
    return builder.finish()


def _features(path: Path) -> Iterator[Feature]:
    """The stranded features of a file, in its order."""
    number = 0
    try:
        with xopen(path, "rt", encoding="utf-8", threads=0) as lines:
            for number, line in enumerate(lines, 1):
                if line.startswith(("##FASTA", ">")):
                    return
                if line[0] != "#" and not line.isspace():
                    feature = _feature(line, path, number)
                    if feature.strand in "+-" and feature.kind not in _IGNORED:
                        yield feature
    except FileNotFoundError:
        raise GenomeError(f"{path}: no such file (expected the annotation named in the config)") from None
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise GenomeError(
            f"{path}: damaged after line {number} ({error}); fetch the annotation again"
        ) from None


def _feature(line: str, path: Path, number: int) -> Feature:
    cells = line.rstrip("\r\n").split("\t")
    try:
        start, end = int(cells[3]) - 1, int(cells[4])
        if not 0 <= start < end:
            raise ValueError
        return Feature(cells[0], cells[2], start, end, cells[6], cells[8])
    except (IndexError, ValueError):
        raise GenomeError(
            f"{path} line {number}: not a GTF or GFF3 line; expected nine columns separated by tabs, "
            f"with start <= end in columns 4 and 5 (found: {line.strip()[:60]!r})"
        ) from None


class _GtfReader:
    """GTF: every line names its gene and its transcript."""

    def __init__(self, builder: _Builder) -> None:
        self.builder = builder

    def add(self, feature: Feature) -> None:
        """Take one line; lines without `gene_id` say nothing about genes."""
        identity = _gtf_value(feature.attributes, "gene_id")
        if not identity:
            return
        key = (identity, feature.contig, feature.strand)
        is_gene = feature.kind == "gene"
        name = (
            ""
            if key in self.builder.gene_numbers and not is_gene
            else _gtf_name(feature.attributes, identity)
        )
        gene = self.builder.gene(key, name, feature.start, feature.end, declared=is_gene)
        transcript_id = "" if is_gene else _gtf_value(feature.attributes, "transcript_id")
        if transcript_id:
            transcript = self.builder.transcript(transcript_id, gene, feature.start, feature.end)
            if feature.kind in PARTS:
                self.builder.part(feature.kind, gene, transcript, feature.start, feature.end)

    def close(self) -> None:
        """Nothing waits."""


def _gtf_value(attributes: str, key: str) -> str:
    match = _GTF_VALUE[key].search(attributes)
    return match.group(1).strip() if match else ""


def _gtf_name(attributes: str, identity: str) -> str:
    return _gtf_value(attributes, "gene_name") or _gtf_value(attributes, "gene") or identity


class _GffReader:
    """GFF3: lines name their parents; a part whose parents come later waits until the end."""

    def __init__(self, builder: _Builder) -> None:
        self.builder = builder
        self.parents: dict[str, str] = {}
        self.root_names: dict[str, str] = {}
        self.waiting: list[tuple[Feature, str]] = []

    def add(self, feature: Feature) -> None:
        """Take one line."""
        values = _gff_values(feature.attributes)
        parents = [parent for parent in values.get("Parent", "").split(",") if parent]
        if feature.kind in PARTS:
            self.waiting += [(feature, parent) for parent in parents if not self._add_part(feature, parent)]
        elif "ID" in values:
            self.parents[values["ID"]] = parents[0] if parents else ""
            if not parents:
                self._add_root(feature, values)

    def close(self) -> None:
        """Place the parts that waited for their parents."""
        for feature, parent in self.waiting:
            self.root_names.setdefault(self._root(parent), _gff_name({"ID": self._root(parent)}))
            self._add_part(feature, parent)

    def _add_root(self, feature: Feature, values: dict[str, str]) -> None:
        name = self.root_names[values["ID"]] = _gff_name(values)
        if "gene" in feature.kind.lower():
            key = (values["ID"], feature.contig, feature.strand)
            self.builder.gene(key, name, feature.start, feature.end, declared=True)

    def _add_part(self, feature: Feature, parent: str) -> bool:
        root = self._root(parent)
        if root not in self.root_names:
            return False
        key = (root, feature.contig, feature.strand)
        gene = self.builder.gene(key, self.root_names[root], feature.start, feature.end, declared=False)
        transcript = self.builder.transcript(parent, gene, feature.start, feature.end)
        self.builder.part(feature.kind, gene, transcript, feature.start, feature.end)
        return True

    def _root(self, identity: str) -> str:
        seen = {identity}
        while (above := self.parents.get(identity)) and above not in seen:
            identity = above
            seen.add(identity)
        return identity


def _gff_values(attributes: str) -> dict[str, str]:
    pairs = (item.strip().partition("=") for item in attributes.split(";"))
    return {key: unquote(value) if "%" in value else value for key, _, value in pairs if value}


def _gff_name(values: dict[str, str]) -> str:
    named = values.get("gene_name") or values.get("gene") or values.get("Name") or values.get("gene_id")
    return named or _PREFIX.sub("", values.get("ID", ""))
