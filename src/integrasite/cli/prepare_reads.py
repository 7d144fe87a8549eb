"""`integrasite prepare-reads`: one chunk of one source, from FASTQ to usable inserts and the fate of every pair."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--source", required=True, help="name of the source: the first sample that names its files"
    )
    parser.add_argument("--chunk", type=int, default=0, help="which chunk of the reads (from 0)")
    parser.add_argument("--chunks", type=int, default=1, help="how many chunks the reads are dealt to")
    parser.add_argument(
        "--counts", type=Path, required=True, help="Parquet of pairs by library, barcode, linker and fate"
    )
    parser.add_argument(
        "--ledger", type=Path, required=True, help="Parquet of the ledger's part for this chunk"
    )
    parser.add_argument(
        "--discordant", type=Path, help="Parquet of pairs whose barcode and linker name different libraries"
    )
    add_output(parser, "Parquet of usable reads")


def run(arguments: argparse.Namespace) -> int:
    """Prepare one chunk."""
    from integrasite.cli.progress import follow
    from integrasite.config.read import load_study
    from integrasite.io.fastq import read_batches
    from integrasite.io.parts import partition_writer, write_arrow
    from integrasite.io.tables import write_parquet
    from integrasite.model.fates import Fate
    from integrasite.model.inserts import READS
    from integrasite.model.tables import LEDGER
    from integrasite.reads.discordant import DiscordantPairs
    from integrasite.reads.orientation import detect_orientation, turn_barcodes
    from integrasite.reads.prepare import PairCounts, ledger_part, prepare_reads
    from integrasite.reads.source import load_source, n_partitions

    study = load_study(arguments.config)
    source = study.source(arguments.source)
    reads = load_source(study, source)
    files = (reads.junction, reads.linker, reads.index)
    patterns = reads.patterns
    first = next(read_batches(*files), None)  # every chunk looks at the same first batch, so all turn alike
    if first is not None:
        orientation = detect_orientation(first, patterns)
        if orientation.is_reversed:
            log(
                f"{source.name}: index reads are reverse complements of the sheet's barcodes "
                f"({orientation.n_reversed} of the first pairs against {orientation.n_as_given}); turned"
            )
            patterns = turn_barcodes(patterns)
    counts, discordant = PairCounts(), DiscordantPairs()
    words = f"prepare-reads {source.name}, chunk {arguments.chunk + 1} of {arguments.chunks}"
    batches = follow(
        read_batches(*files, arguments.chunk, arguments.chunks),
        words,
        "pairs",
        lambda: sum(counts.counts.values()),
    )
    with partition_writer(arguments.output, READS) as writer:
        n = n_partitions(source)
        for table in prepare_reads(batches, patterns, reads.limits, counts, n, discordant):
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    write_arrow(counts.table(), arguments.counts)
    if arguments.discordant:
        write_arrow(discordant.table(), arguments.discordant)
    write_parquet(
        ledger_part(counts, [library.sample for library in source.libraries]), arguments.ledger, LEDGER
    )
    total = sum(counts.counts.values())
    by_fate = {fate.word: sum(n for key, n in counts.counts.items() if key[3] == fate) for fate in Fate}
    log(
        f"{source.name} chunk {arguments.chunk + 1}/{arguments.chunks}: {total} pairs = "
        + " + ".join(f"{n} {word}" for word, n in by_fate.items() if n)
    )
    return 0
