"""`integrasite population`: number of clones, overlap and comparable diversity of specimens (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_output, log
from integrasite.cli.recall_earlier import add_earlier, read_earlier

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.config.calling import Calling


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--clones", type=Path, required=True, help="clones.tsv.gz")
    parser.add_argument(
        "--config",
        type=Path,
        help="the study's config.yaml: thresholds, and which specimens are controls and left out (default: none are)",
    )
    add_earlier(parser)
    parser.add_argument("--overlap", type=Path, help="overlap.tsv to write")
    parser.add_argument("--at-coverage", type=Path, help="diversity_at_coverage.tsv to write")
    add_output(parser, "population.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the clones (with those of earlier runs where given), estimate, write."""
    from integrasite.analyse.earlier import join_earlier
    from integrasite.cli.track import without_controls
    from integrasite.config.calling import Calling
    from integrasite.config.read import load_study
    from integrasite.io.tables import read_tsv, write_tsv
    from integrasite.model.tables import CLONES, DIVERSITY_AT_COVERAGE, OVERLAP, POPULATION

    study = load_study(arguments.config) if arguments.config else None
    calling = study.config.calling if study else Calling()
    clones = read_tsv(arguments.clones, CLONES)
    if study:
        clones = without_controls(clones, study)
    earlier = read_earlier(arguments.earlier)
    tables = population_tables(join_earlier(clones, earlier.clones) if earlier else clones, calling)
    write_tsv(tables["population.tsv"], arguments.output, POPULATION)
    if arguments.overlap:
        write_tsv(tables["overlap.tsv"], arguments.overlap, OVERLAP)
    if arguments.at_coverage:
        write_tsv(tables["diversity_at_coverage.tsv"], arguments.at_coverage, DIVERSITY_AT_COVERAGE)
    rows, key = tables["population.tsv"], ["subject", "tissue", "cell_type"]
    n_found, n = (len(part.drop_duplicates(key)) for part in (rows[rows["status"] == "estimated"], rows))
    log(f"integrasite population: number of clones estimated for {n_found} of {n} groups of specimens")
    return 0


def population_tables(clones: "pd.DataFrame", calling: "Calling") -> "dict[str, pd.DataFrame]":
    """Population, overlap and diversity at one coverage, by file name."""
    from integrasite.analyse.diversity_compare import compare_diversity
    from integrasite.analyse.overlap import find_overlaps
    from integrasite.analyse.population import estimate_population
    from integrasite.analyse.presence import each_subject

    subjects = list(each_subject(clones, calling))
    return {
        "population.tsv": estimate_population(subjects, calling),
        "overlap.tsv": find_overlaps(subjects, calling),
        "diversity_at_coverage.tsv": compare_diversity(subjects, calling),
    }
