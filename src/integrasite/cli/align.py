"""`integrasite align`: the places of a source's distinct inserts."""

import argparse
import json
from functools import partial
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--reference", type=Path, required=True, help="JSON written by `integrasite index`")
    parser.add_argument("--inserts", type=Path, required=True, help="Parquet of distinct inserts")
    parser.add_argument("--threads", type=int, default=1, help="threads of the aligner")
    add_output(parser, "Parquet of places")


def run(arguments: argparse.Namespace) -> int:
    """Align one source."""
    from integrasite.align.inserts import BLOCK, align_inserts
    from integrasite.align.reference import load_reference
    from integrasite.cli.progress import follow
    from integrasite.config.read import load_study
    from integrasite.io.parts import read_arrow, write_arrow
    from integrasite.io.text import read_text

    study = load_study(arguments.config)
    place = json.loads(read_text(arguments.reference, "reference description"))["reference"]
    reference = load_reference(arguments.reference.parent / place)
    inserts = read_arrow(arguments.inserts)
    n_blocks = -(-inserts.num_rows // BLOCK)
    watched = partial(
        follow, words=f"align {arguments.inserts.stem}", unit=f"blocks of {BLOCK:,}", total=n_blocks
    )
    places = align_inserts(inserts, reference, study.config.calling, arguments.threads, watched)
    write_arrow(places, arguments.output)
    log(f"{inserts.num_rows} inserts aligned: {places.num_rows} places")
    return 0
