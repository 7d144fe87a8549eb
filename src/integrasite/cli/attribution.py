"""`integrasite attribute`: evidence for and against insertional mutagenesis in tumours, side by side."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log
from integrasite.cli.recall_earlier import add_earlier, read_earlier

if TYPE_CHECKING:
    import pandas as pd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--transgene", type=Path, required=True, help="transgene.tsv of the run")
    parser.add_argument(
        "--tumour-sites",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="tumour sites with fractions: Parquet per subject (written by `integrasite size-junctions`), or TSV",
    )
    parser.add_argument("--annotation", type=Path, required=True, help="annotation.tsv.gz of the run")
    parser.add_argument("--structure", type=Path, help="transgene_structure.tsv (default: not examined)")
    parser.add_argument("--clones", type=Path, help="clones.tsv.gz of the run (default: no history)")
    parser.add_argument(
        "--diversity", type=Path, help="diversity.tsv of the run (default: no limits of earlier samples)"
    )
    parser.add_argument(
        "--tracking", type=Path, help="tracking.tsv of the run (default: growth is not assessed)"
    )
    add_earlier(parser)
    add_output(parser, "attribution.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, set the evidence side by side, write."""
    from integrasite.analyse.attribution import Tables, attribute
    from integrasite.analyse.earlier import join_annotation, join_earlier
    from integrasite.config.read import load_study
    from integrasite.io.tables import concat_tables, empty_table, read_parquet, read_tsv, write_tsv
    from integrasite.model import tables as declared
    from integrasite.model.tables import Table

    def optional(path: Path | None, table: Table) -> "pd.DataFrame":
        return read_tsv(path, table) if path else empty_table(table)

    def sites_of(path: Path) -> "pd.DataFrame":
        read = read_parquet if path.suffix == ".parquet" else read_tsv
        return read(path, declared.TUMOUR_SITES)

    study = load_study(arguments.config)
    clones, diversity = (
        optional(arguments.clones, declared.CLONES),
        optional(arguments.diversity, declared.DIVERSITY),
    )
    annotation = read_tsv(arguments.annotation, declared.ANNOTATION)
    libraries = study.libraries
    if earlier := read_earlier(arguments.earlier):
        clones, diversity = join_earlier(clones, earlier.clones), join_earlier(diversity, earlier.diversity)
        annotation = join_annotation(annotation, earlier.annotation)
        # earlier tumour samples have their own sheet in the run that searched them
        libraries = (*libraries, *(row for row in earlier.libraries if row.assay == "amplicon"))
    found = attribute(
        Tables(
            transgene=read_tsv(arguments.transgene, declared.TRANSGENE),
            sites=concat_tables(map(sites_of, arguments.tumour_sites), declared.TUMOUR_SITES),
            annotation=annotation,
            structure=read_tsv(arguments.structure, declared.TRANSGENE_STRUCTURE)
            if arguments.structure
            else None,
            clones=clones,
            diversity=diversity,
            tracking=optional(arguments.tracking, declared.TRACKING),
        ),
        libraries,
        study.config.calling,
    )
    write_tsv(found, arguments.output, declared.ATTRIBUTION)
    log(
        f"integrasite attribute: {found['subject'].nunique()} subjects with a tumour sample, {len(found)} rows"
    )
    return 0
