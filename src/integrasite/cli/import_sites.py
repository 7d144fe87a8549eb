"""`integrasite import-sites`: another pipeline's site tables into clones.tsv.gz."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="table of sites (INSPIIRED) or integration matrix (VISPA2)"
    )
    parser.add_argument(
        "--from", dest="pipeline", choices=("vispa2", "inspiired"), required=True, help="whose table it is"
    )
    parser.add_argument(
        "--association", type=Path, metavar="FILE", help="VISPA2's association file: whose the libraries are"
    )
    parser.add_argument(
        "--quantity",
        choices=("seqCount", "fragmentEstimate"),
        default="",
        help="what a wide matrix holds (default: as its file name says)",
    )
    parser.add_argument("--subject", default="", help="subject of all rows, where the file names none")
    parser.add_argument("--vector", default="", help="vector of all rows, where the file names none")
    parser.add_argument(
        "--contig-prefix",
        help="put before contigs that do not begin with it (default: chr for vispa2, which strips it)",
    )
    add_output(parser, "clones.tsv.gz to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the table, make clones, write; says what was skipped and what the file cannot say."""
    from integrasite.abundance.imported import clones_from_counts
    from integrasite.errors import ConfigError
    from integrasite.io.foreign_sites import SiteOptions, read_inspiired, read_vispa2
    from integrasite.io.tables import write_tsv
    from integrasite.model.tables import CLONES

    stripped = "chr" if arguments.pipeline == "vispa2" else ""
    prefix = stripped if arguments.contig_prefix is None else arguments.contig_prefix
    options = SiteOptions(prefix, arguments.subject, arguments.vector, arguments.quantity)
    if arguments.pipeline == "vispa2":
        found = read_vispa2(arguments.file, arguments.association, options)
    elif arguments.association is not None:
        raise ConfigError("--association: only --from vispa2 has such a file; leave it out")
    else:
        found = read_inspiired(arguments.file, options)
    clones = clones_from_counts(found.counts)
    write_tsv(clones, arguments.output, CLONES)
    for note in found.notes:
        log(f"integrasite import-sites: {note}")
    if len(clones) and clones["cells"].isna().any():
        n_unsized = int(clones["cells"].isna().sum())
        log(
            f"integrasite import-sites: {n_unsized} clones have reads but no cells: reads do not say how large a "
            "clone is, so cells and fractions stay empty (give the fragmentEstimate matrix)"
        )
    log(
        f"integrasite import-sites: {len(clones)} clones, {clones['subject'].nunique()} subjects, "
        f"{clones['specimen'].nunique()} specimens; fragments are taken to be as many as the cells given"
    )
    return 0
