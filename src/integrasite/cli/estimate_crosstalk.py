"""`integrasite estimate-crosstalk`: rates of index hopping and recombination of one source (stage)."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--source", required=True, help="name of the source")
    parser.add_argument(
        "--discordant", type=Path, nargs="+", required=True, help="discordant pairs of all its chunks"
    )
    parser.add_argument("--inserts", type=Path, required=True, help="Parquet of its distinct inserts")
    parser.add_argument("--molecules", type=Path, required=True, help="Parquet of its molecules")
    add_output(parser, "Parquet of the source's row of crosstalk.tsv")


def run(arguments: argparse.Namespace) -> int:
    """Estimate one source."""
    import pandas as pd

    from integrasite.config.read import load_study
    from integrasite.curate.rates import LibraryTags, count_usable, estimate_crosstalk, why_not_estimable
    from integrasite.io.parts import read_arrow
    from integrasite.io.tables import write_parquet
    from integrasite.model.tables import CROSSTALK
    from integrasite.reads.discordant import add_up

    study = load_study(arguments.config)
    source = study.source(arguments.source)
    tags = []
    for library in source.libraries:
        protocol = study.protocol_of(library)
        lead = f"{protocol.vector_end} {protocol.primer}{protocol.ltr_end}"
        tags.append(LibraryTags(library.sample, library.barcode.upper(), study.linker_of(library), lead))
    calling = study.config.calling
    reason = why_not_estimable(
        tags, has_index=bool(source.i1), has_linker_read=bool(source.r2), calling=calling
    )
    usable = count_usable(read_arrow(arguments.inserts), read_arrow(arguments.molecules))
    discordant = add_up([read_arrow(path) for path in arguments.discordant])
    row = estimate_crosstalk(source.name, tags, discordant, usable, calling, reason)
    write_parquet(pd.DataFrame([row]), arguments.output, CROSSTALK)
    if row["reason"]:
        log(f"{source.name}: {row['reason']}")
    for kind in ("hop", "recombination"):
        if f"{kind}_rate" in row:
            rate, low, high = (100 * row[f"{kind}_{name}"] for name in ("rate", "low", "high"))
            log(
                f"{source.name}: {kind} {rate:.4g} % of {row['n_pairs']} pairs (95 % interval {low:.4g}-{high:.4g} %)"
            )
    return 0
