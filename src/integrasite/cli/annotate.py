"""`integrasite annotate`: genes, cancer genes and known events of every site (stage)."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--sites",
        type=Path,
        nargs="+",
        required=True,
        help="tables with site_id, contig, position, strand (sites, clones, multihits); each is taken once",
    )
    add_output(parser, "annotation.tsv.gz to write")


def run(arguments: argparse.Namespace) -> int:
    """Read sites, genes and lists, annotate, write."""
    from integrasite.annotate.genes import annotate_sites
    from integrasite.annotate.known_events import bundled_known_events
    from integrasite.config.read import load_study
    from integrasite.io.annotation_tables import read_gene_list, read_site_keys
    from integrasite.io.genes import read_genes
    from integrasite.io.tables import write_tsv
    from integrasite.model.tables import ANNOTATION

    study = load_study(arguments.config)
    sites = read_site_keys(arguments.sites)
    lists = {listed.name: read_gene_list(study.resolve(listed.path)) for listed in study.config.gene_lists}
    table = annotate_sites(
        sites,
        read_genes(study.annotation),
        lists,
        bundled_known_events(),
        study.config.calling.known_event_window,
        genome_name=study.config.reference.name,
    )
    write_tsv(table, arguments.output, ANNOTATION)
    in_genes, near = int(table["in_gene"].sum()), int((table["known_event"] != "").sum())
    log(f"integrasite annotate: {len(table)} sites, {in_genes} in genes, {near} near known events")
    return 0
