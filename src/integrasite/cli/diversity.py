"""`integrasite diversity`: diversity and limits of detection per specimen (stage)."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--config", type=Path, required=True, help="the study's config.yaml")
    parser.add_argument("--clones", type=Path, required=True, help="clones.tsv.gz of the run")
    parser.add_argument("-o", "--output", type=Path, required=True, help="diversity.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the clones, measure every specimen of the sheet, write."""
    from integrasite.analyse.diversity import diversity_table
    from integrasite.config.read import load_study
    from integrasite.io.tables import read_tsv, write_tsv
    from integrasite.model.tables import CLONES, DIVERSITY

    study = load_study(arguments.config)
    clones = read_tsv(arguments.clones, CLONES)
    table = diversity_table(clones, study.amplicon_libraries, study.config.calling)
    write_tsv(table, arguments.output, DIVERSITY)
    return 0
