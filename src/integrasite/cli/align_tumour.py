"""`integrasite align-tumour`: distinct fragments and junction evidence of one tumour sample."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    from integrasite.align.reference import ReferenceIndex
    from integrasite.align.tumour_targets import Target
    from integrasite.config.calling import Calling
    from integrasite.junctions.tumour import TumourAlignment
    from integrasite.junctions.tumour_reads import FragmentReads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--sample", required=True, help="row of the sheet")
    parser.add_argument(
        "--vectors", type=Path, required=True, help="folder written by `integrasite prepare-vectors`"
    )
    parser.add_argument("--reference", type=Path, required=True, help="JSON written by `integrasite index`")
    parser.add_argument("--r1", type=Path, required=True, help="recruited reads 1 (FASTQ)")
    parser.add_argument(
        "--r2", type=Path, help="recruited reads 2; left out, or a file without reads, for single reads"
    )
    parser.add_argument("--junctions", type=Path, required=True, help="Parquet of junction evidence to write")
    parser.add_argument("--ledger", type=Path, required=True, help="Parquet of the ledger's part to write")
    parser.add_argument("--threads", type=int, default=1, help="threads of the aligner; change no result")
    add_output(parser, "Parquet of distinct fragments")


def run(arguments: argparse.Namespace) -> int:
    """Align one sample's recruited reads."""
    import json

    from integrasite.align.reference import load_reference
    from integrasite.config.read import load_study
    from integrasite.io.named_reads import read_recruited
    from integrasite.io.tables import write_parquet
    from integrasite.io.text import read_text
    from integrasite.io.vector_map import load_vector_map
    from integrasite.junctions.tumour_reads import prepare_fragment
    from integrasite.model.tables import LEDGER, TUMOUR_FRAGMENTS, TUMOUR_JUNCTIONS
    from integrasite.transgene.targets import make_targets

    study = load_study(arguments.config)
    library = study.library(arguments.sample)
    place = json.loads(read_text(arguments.reference, "reference description"))["reference"]
    reference = load_reference(arguments.reference.parent / place)
    targets = make_targets(load_vector_map(arguments.vectors), library.vectors)
    reads = [prepare_fragment(*pair) for pair in read_recruited(arguments.r1, arguments.r2)]
    found = align_sample(library.sample, reads, targets, reference, study.config.calling, arguments.threads)
    write_parquet(found.fragments, arguments.output, TUMOUR_FRAGMENTS)
    write_parquet(found.junctions, arguments.junctions, TUMOUR_JUNCTIONS)
    write_parquet(found.ledger, arguments.ledger, LEDGER)
    said = ", ".join(f"{row.n_reads} {row.fate}" for row in found.ledger.itertuples())
    log(f"{library.sample}: {len(reads)} recruited pairs: {said or 'none'}")
    return 0


def align_sample(
    sample: str,
    reads: "list[FragmentReads]",
    targets: "list[Target]",
    reference: "ReferenceIndex",
    calling: "Calling",
    threads: int,
) -> "TumourAlignment":
    """Align reads, explain each pair, collapse copies."""
    import tempfile

    from integrasite.align.tumour import host_hits, piece_hits, vector_hits
    from integrasite.align.tumour_targets import target_bases
    from integrasite.io.windows import open_windows
    from integrasite.junctions.chains_fragment import Rules, host_margin
    from integrasite.junctions.tumour import add_hits, call_pairs, host_pieces, make_tables, target_order
    from integrasite.kernels.codes import encode

    parts = [part.codes for fragment in reads for part in fragment.all_parts]
    with tempfile.TemporaryDirectory(prefix="integrasite-") as folder:
        vector = vector_hits(parts, targets, Path(folder), threads)
    host = host_hits(parts, reference, threads)
    contigs = list(reference.contigs)
    with open_windows(reference.fasta) as windows:
        rules = Rules(
            targets,
            {False: lambda contig, start, end: encode(windows(contigs[contig], start, end)), True: target_bases(targets)},
            calling.tumour_max_fragment, calling.tumour_vector_margin,
            host_margin(sum(reference.contigs.values())), target_order(vector, targets),
        )  # fmt: skip
        at = 0
        pairs = []
        for fragment in reads:
            n = len(fragment.all_parts)
            pairs.append((fragment, list(zip(host[at : at + n], vector[at : at + n], strict=True))))
            at += n
        calls = call_pairs(pairs, rules)
        pieces = host_pieces(pairs, calls)
        beside = [pairs[p.pair][0].all_parts[p.part].codes[p.start : p.end] for p in pieces]
        again = add_hits(pairs, pieces, piece_hits(beside, reference, threads))
        for number, call in zip(dict.fromkeys(p.pair for p in pieces), call_pairs(again, rules), strict=True):
            calls[number] = call
        return make_tables(sample, calls, contigs, rules)
