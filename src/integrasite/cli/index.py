"""`integrasite index`: host and vectors as one indexed reference."""

import argparse
import json
import os
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    add_output(parser, "JSON that says where the indexed reference is")
    parser.add_argument(
        "--folder", type=Path, required=True, help="folder in which references are kept and found again"
    )


def run(arguments: argparse.Namespace) -> int:
    """Build the reference, or find it."""
    from integrasite.align.reference import build_reference
    from integrasite.config.read import load_study
    from integrasite.io.atomic import write_text

    study = load_study(arguments.config)
    named = {name for library in study.amplicon_libraries for name in library.vectors}
    vectors = {
        name: study.resolve(vector.sequence) for name, vector in study.config.vectors.items() if name in named
    }
    reference = build_reference(study.genome, vectors, arguments.folder)
    place = os.path.relpath(reference.fasta.parent / "reference.json", arguments.output.parent)
    write_text(arguments.output, json.dumps({"reference": place}, indent=1) + "\n")
    log(
        f"reference: {reference.n_host} contigs, {sum(reference.contigs.values()):,} bp, {len(reference.vectors)} vector(s)"
    )
    return 0
