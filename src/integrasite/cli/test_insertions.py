"""`integrasite test-insertions`: genes and places with more, larger or later clones than expected (stage)."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.analyse.insertion_tests import InsertionTests
    from integrasite.analyse.proximity import KnownBases
    from integrasite.config.study import Study
    from integrasite.model.tables import Table

KNOWN_EVENTS = "known-events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--clones", type=Path, nargs="+", required=True, help="clones.tsv.gz of one run or several"
    )
    parser.add_argument(
        "--config",
        type=Path,
        help="the study's config.yaml: thresholds, genome, genes, gene lists, and which specimens are products or controls",
    )
    parser.add_argument("--annotation", type=Path, help="genes as GTF or GFF3 (default: the config's)")
    parser.add_argument(
        "--genome", type=Path, help="FASTA, for the background of all sites (default: the config's)"
    )
    parser.add_argument(
        "--gene-lists",
        type=Path,
        nargs="*",
        default=[],
        help="files of gene symbols, named by their file names",
    )
    parser.add_argument(
        "--reference-sites", type=Path, help="table with site_id, contig, position, strand to compare with"
    )
    parser.add_argument(
        "--controls",
        type=Path,
        help="controls.tsv.gz of `integrasite draw-controls`: the background of all sites, in place of the genome's known bases",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the tables")


def run(arguments: argparse.Namespace) -> int:
    """Read the clones, run the tests, write the tables and say what was not tested."""
    from integrasite.analyse.insertion_tests import run_insertion_tests
    from integrasite.cli.track import without_controls
    from integrasite.config.calling import Calling
    from integrasite.config.read import load_study
    from integrasite.errors import ConfigError
    from integrasite.io.annotation_tables import read_site_keys
    from integrasite.io.genes import read_genes
    from integrasite.io.tables import concat_tables, read_tsv, write_tsv
    from integrasite.model.tables import CLONES, CONTROLS, NOT_TESTED

    study = load_study(arguments.config) if arguments.config else None
    annotation = arguments.annotation or (study.annotation if study else None)
    if annotation is None:
        raise ConfigError(
            "no genes were given; expected --annotation GTF, or --config with reference.annotation"
        )
    clones = concat_tables([read_tsv(path, CLONES) for path in arguments.clones], CLONES)
    if study:
        clones = without_controls(clones, study)
    reference = arguments.reference_sites
    controls = read_tsv(arguments.controls, CONTROLS) if arguments.controls else None
    # reading a whole genome only to count its bases is not worth it where controls stand for them
    has_controls = controls is not None and bool(controls["is_unique"].any())
    found = run_insertion_tests(
        clones,
        read_genes(annotation),
        read_lists(arguments.gene_lists, study),
        study.config.calling if study else Calling(),
        products=[(row.subject, row.specimen) for row in study.libraries if row.role == "product"]
        if study
        else (),
        known_bases=None if has_controls else read_known_bases(arguments.genome, study),
        reference=read_site_keys([reference]) if reference else None,
        controls=controls,
    )
    for frame, table in tables_of(found):
        write_tsv(frame, arguments.output / f"{table.name}.tsv", table)
        log(
            f"integrasite test-insertions: {table.name}: {len(frame)} rows, {int((frame['q'] < 0.05).sum())} with q below 0.05"
        )
    write_tsv(found.not_tested, arguments.output / "not_tested.tsv", NOT_TESTED)
    for note in found.notes:
        log(f"integrasite test-insertions: {note}")
    return 0


def tables_of(found: "InsertionTests") -> "tuple[tuple[pd.DataFrame, Table], ...]":
    """The tables of the tests, as they are written."""
    from integrasite.model.tables import COMMON_SITES, EARLY_LATE, EXPANDED_CLONES, PROXIMITY

    return (
        (found.common_sites, COMMON_SITES),
        (found.expanded_clones, EXPANDED_CLONES),
        (found.early_late, EARLY_LATE),
        (found.proximity, PROXIMITY),
    )


def read_lists(paths: Sequence[Path], study: "Study | None") -> dict[str, tuple[str, ...]]:
    """The bundled known events (verified ones), the config's lists, and those of the command line."""
    from integrasite.annotate.known_events import bundled_known_events
    from integrasite.io.annotation_tables import read_gene_list

    events = [event.gene for event in bundled_known_events() if event.is_verified]
    lists = {KNOWN_EVENTS: tuple(dict.fromkeys(events))}
    for listed in study.config.gene_lists if study else ():
        assert study is not None
        lists[listed.name] = read_gene_list(study.resolve(listed.path))
    return lists | {path.name.split(".")[0]: read_gene_list(path) for path in paths}


def read_known_bases(genome: Path | None, study: "Study | None") -> "KnownBases | None":
    """Lengths of the genome's contigs, and what no site can lie in: N and the blacklist."""
    import pandas as pd

    from integrasite.analyse.proximity import KnownBases
    from integrasite.io.bed import read_bed
    from integrasite.io.known_bases import read_unknown_bases

    path = genome or (study.genome if study else None)
    if path is None:
        return None
    lengths, masked = read_unknown_bases(path)
    if study and study.blacklist:
        masked = pd.concat([masked, read_bed(study.blacklist)], ignore_index=True)
    return KnownBases(lengths, masked)
