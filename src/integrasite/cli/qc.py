"""`integrasite qc`: read fates, libraries, replicates, controls and tumour verdicts for MultiQC (stage)."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder with the run's tables")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, write one file per section and MultiQC's config."""
    import yaml

    from integrasite.cli.views import load_view
    from integrasite.io.atomic import write_text
    from integrasite.report.multiqc import qc_sections

    files = qc_sections(load_view(arguments.config, arguments.results))
    for name, content in files.items():
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        write_text(arguments.output / name, text)
    log(f"integrasite qc: {len(files)} files for MultiQC (multiqc {arguments.output} makes its report)")
    return 0
