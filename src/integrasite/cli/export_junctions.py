"""`integrasite export-junctions`: the junctions of all tumour samples as a VCF of breakends."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    from integrasite.model.junction_records import JunctionRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--vectors",
        type=Path,
        nargs="?",
        help="folder written by `integrasite prepare-vectors`; needed where the sheet has tumour samples",
    )
    parser.add_argument(
        "--reference",
        type=Path,
        nargs="?",
        help="JSON written by `integrasite index`; needed as `--vectors` is",
    )
    parser.add_argument(
        "--tumour-sites",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="tumour sites with fractions: tumour_sites.tsv.gz, or Parquet per subject (`integrasite size-junctions`)",
    )
    add_output(parser, "VCF to write (.vcf.gz), with its index beside it")


def run(arguments: argparse.Namespace) -> int:
    """Write the VCF; that of a study without tumour samples holds its header."""
    from integrasite.config.read import load_study
    from integrasite.io.vcf import write_junctions
    from integrasite.model.library import DNA_ASSAYS

    study = load_study(arguments.config)
    samples = tuple(row.sample for row in study.tumour_libraries if row.assay in DNA_ASSAYS)
    found = _junctions(arguments) if samples else Junctions()
    date = study.config.run.date.strftime("%Y%m%d")
    write_junctions(arguments.output, found.records, found.contigs, found.vectors, samples, date=date)
    log(f"{len(found.records)} junctions in {arguments.output.name}")
    return 0


@dataclass(frozen=True)
class Junctions:
    """Records, and the contigs that they may lie on with their lengths."""

    records: "list[JunctionRecord]" = field(default_factory=list)
    contigs: dict[str, int] = field(default_factory=dict)
    vectors: dict[str, int] = field(default_factory=dict)


def _junctions(arguments: argparse.Namespace) -> Junctions:
    import json

    from integrasite.align.reference import load_reference
    from integrasite.errors import ConfigError
    from integrasite.io.tables import concat_tables, read_parquet, read_tsv
    from integrasite.io.text import read_text
    from integrasite.io.windows import open_windows
    from integrasite.kernels.codes import decode
    from integrasite.model.tables import TUMOUR_SITES
    from integrasite.sites.tumour_records import junction_records
    from integrasite.transgene.vector_map import load_vector_map

    if arguments.vectors is None or arguments.reference is None:
        raise ConfigError("the sheet has tumour samples; expected --vectors DIR and --reference JSON")
    vectors = {vector.name: decode(vector.one_ltr) for vector in load_vector_map(arguments.vectors).vectors}
    place = json.loads(read_text(arguments.reference, "reference description"))["reference"]
    reference = load_reference(arguments.reference.parent / place)
    parts = (
        (read_parquet if path.suffix == ".parquet" else read_tsv)(path, TUMOUR_SITES)
        for path in arguments.tumour_sites
    )
    sites = concat_tables(parts, TUMOUR_SITES)
    with open_windows(reference.fasta) as bases:
        records = list(junction_records(sites, bases, vectors))
    lengths = {name: len(sequence) for name, sequence in vectors.items()}
    return Junctions(records, reference.contigs, lengths)
