"""Junctions as breakend records of a VCF, compressed and indexed.

Every junction is two mated records (VCF 4.3, section 5.4): one on the host, one on the vector's one-LTR contig.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pysam

from integrasite.io.atomic import atomic_path
from integrasite.model.junction_records import Breakend, JunctionRecord

_META = (
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##FILTER=<ID=ambiguous,Description="Several explanations fit">',
    '##FILTER=<ID=artefact,Description="Explained without an integration">',
    '##FILTER=<ID=contamination,Description="Other DNA explains it">',
    '##FILTER=<ID=below_limit,Description="Too few fragments">',
    '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of variant">',
    '##INFO=<ID=MATEID,Number=A,Type=String,Description="Record of the other breakend">',
    '##INFO=<ID=EVENT,Number=1,Type=String,Description="Junctions of one integration site share it">',
    '##INFO=<ID=SITE,Number=1,Type=String,Description="Integration site: contig, host base joined to U5, strand of the vector">',
    '##INFO=<ID=SIDE,Number=1,Type=Integer,Description="5: junction at the U3 end; 3: at the U5 end">',
    '##INFO=<ID=TIER,Number=1,Type=String,Description="Support of the site, A or B">',
    '##INFO=<ID=CIPOS,Number=2,Type=Integer,Description="Where the position may lie, relative to POS">',
    '##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description="The position is an interval (CIPOS)">',
    '##INFO=<ID=HOMLEN,Number=A,Type=Integer,Description="Bases beside the junction that both have, given to the vector">',
    '##INFO=<ID=HOMSEQ,Number=A,Type=String,Description="These bases, as the vector has them">',
    '##INFO=<ID=MULTIHIT,Number=0,Type=Flag,Description="The site fits other places of the host as well">',
    '##FORMAT=<ID=JF,Number=1,Type=Integer,Description="Distinct fragments over the junction">',
    '##FORMAT=<ID=IF,Number=1,Type=Integer,Description="Distinct fragments over the place without the vector">',
    '##FORMAT=<ID=AF,Number=A,Type=Float,Description="Share of the copies of the locus that carry the vector">',
    '##FORMAT=<ID=CCF,Number=1,Type=Float,Description="Fraction of tumour cells (purity unknown: of all cells) that carry it">',
)  # fmt: skip


def write_junctions(
    path: Path,
    records: Iterable[JunctionRecord],
    contigs: Mapping[str, int],
    vectors: Mapping[str, int],
    samples: tuple[str, ...],
    *,
    date: str = "",
) -> None:
    """Write `path` (bgzip) and its `.tbi`.

    Args:
        path: ends in `.vcf.gz`.
        records: in any order.
        contigs: host contigs with their lengths, in the order of the genome.
        vectors: vectors with the lengths of their one-LTR contigs.
        samples: columns, in this order.
        date: shown in the header as YYYYMMDD (never the clock).
    """
    lengths = {**contigs, **vectors}
    order = {name: number for number, name in enumerate(lengths)}
    head = ["##fileformat=VCFv4.3", *([f"##fileDate={date}"] if date else []), "##source=integrasite", *_META]
    head += [f"##contig=<ID={name},length={length}>" for name, length in lengths.items()]
    columns = [
        "#CHROM",
        "POS",
        "ID",
        "REF",
        "ALT",
        "QUAL",
        "FILTER",
        "INFO",
        *(["FORMAT", *samples] if samples else []),
    ]
    lines = sorted(_lines(records, order, samples))
    text = "\n".join([*head, "\t".join(columns), *(line for *_, line in lines)]) + "\n"
    with atomic_path(path) as packed, pysam.BGZFile(str(packed), "w", None) as handle:
        handle.write(text.encode("utf-8"))
    with atomic_path(path.with_name(f"{path.name}.tbi")) as index:
        pysam.tabix_index(str(path), preset="vcf", force=True, keep_original=True, index=str(index))


def _lines(
    records: Iterable[JunctionRecord], order: Mapping[str, int], samples: tuple[str, ...]
) -> Iterable[tuple[int, int, str, str]]:
    ordered = sorted(
        records, key=lambda r: (order[r.host.contig], r.host.position, r.site, r.vector.contig, r.side)
    )
    events: dict[tuple[str, str], str] = {}
    for number, record in enumerate(ordered, 1):
        event = events.setdefault((record.site, record.vector.contig), f"site{len(events) + 1}")
        names = (f"junction{number}_host", f"junction{number}_vector")
        span = (record.low - record.host.position, record.high - record.host.position)
        for own, mate, name, other in (
            (record.host, record.vector, names[0], names[1]),
            (record.vector, record.host, names[1], names[0]),
        ):
            info = _info(record, event, other, span if own is record.host else (0, 0))
            alternative = breakend_allele(own, mate, record.inserted)
            fields = [own.contig, str(own.position + 1), name, own.base, alternative, "."]
            fields += ["PASS" if record.status == "pass" else record.status, info]
            if samples:
                fields += ["JF:IF:AF:CCF", *(_genotype(record, sample) for sample in samples)]
            yield order[own.contig], own.position, name, "\t".join(fields)


def breakend_allele(own: Breakend, mate: Breakend, inserted: str) -> str:
    """The ALT of a breakend: which side of the base is kept, and how the mate goes on.

    Args:
        own: the breakend of this record.
        mate: the other one.
        inserted: bases between them, read from the host towards the vector on the host's forward strand if the host's bases
            come first (unknown ones are N, so orientation does not matter).
    """
    bracket = "[" if mate.direction > 0 else "]"
    place = f"{bracket}{mate.contig}:{mate.position + 1}{bracket}"
    if own.direction < 0:  # the sequence up to this base is kept; the mate follows
        return f"{own.base}{inserted}{place}"
    return f"{place}{inserted}{own.base}"


def _info(record: JunctionRecord, event: str, mate: str, span: tuple[int, int]) -> str:
    parts = ["SVTYPE=BND", f"MATEID={mate}", f"EVENT={event}", f"SITE={_escaped(record.site)}"]
    parts += [f"SIDE={record.side}", f"TIER={record.tier}"]
    if span != (0, 0):
        parts += [f"CIPOS={span[0]},{span[1]}", "IMPRECISE"]
    if record.homology:
        parts += [f"HOMLEN={len(record.homology)}", f"HOMSEQ={record.homology}"]
    if record.is_multihit:
        parts.append("MULTIHIT")
    return ";".join(parts)


def _escaped(text: str) -> str:
    """Characters that INFO reserves, percent-encoded (VCF 4.3, section 1.2)."""
    for character in "%;=, \t":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _genotype(record: JunctionRecord, sample: str) -> str:
    junction, intact, allele, cells = record.samples.get(sample, (None, None, None, None))
    return ":".join(
        "." if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
        for value in (junction, intact, allele, cells)
    )
