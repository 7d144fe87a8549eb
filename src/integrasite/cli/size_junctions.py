"""`integrasite size-junctions`: allele and cell fractions of one subject's tumour sites, in all its samples."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--subject", required=True, help="whose sites")
    parser.add_argument(
        "--junction-sites", type=Path, required=True, help="Parquet written by `integrasite call-junctions`"
    )
    parser.add_argument(
        "--counts",
        type=Path,
        nargs="*",
        default=[],
        metavar="PARQUET",
        help="fragments at the sites per sample, written by `integrasite measure-sites`",
    )
    parser.add_argument(
        "--tumour-sites", type=Path, required=True, help="Parquet of tumour sites to write, with fractions"
    )
    parser.add_argument("--sites", type=Path, required=True, help="Parquet of sites to write")
    parser.add_argument("--clones", type=Path, required=True, help="Parquet of clones to write")


def run(arguments: argparse.Namespace) -> int:
    """Size one subject's sites."""
    from integrasite.cli.call_junctions import tumour_libraries
    from integrasite.config.read import load_study
    from integrasite.io.tables import concat_tables, read_parquet, write_parquet
    from integrasite.model.tables import CLONES, SITE_COUNTS, SITES, TUMOUR_SITES
    from integrasite.sites.tumour_sizes import as_clone_rows, as_site_rows, as_tumour_sites, size_sites
    from integrasite.transgene.name_clones import name_clones

    study = load_study(arguments.config)
    libraries = tumour_libraries(study, arguments.subject)
    calling = study.config.calling
    counts = concat_tables((read_parquet(path, SITE_COUNTS) for path in arguments.counts), SITE_COUNTS)
    sized = size_sites(read_parquet(arguments.junction_sites, TUMOUR_SITES), counts, libraries, calling)
    sized = name_clones(sized, libraries, calling)
    write_parquet(as_tumour_sites(sized), arguments.tumour_sites, TUMOUR_SITES)
    write_parquet(as_site_rows(sized), arguments.sites, SITES)
    clones = as_clone_rows(sized, libraries, calling)
    write_parquet(clones, arguments.clones, CLONES)
    log(
        f"{arguments.subject}: {int((clones['status'] == 'pass').sum())} sites pass in {len(libraries)} samples"
    )
    return 0
