"""`integrasite prepare-vectors`: the map of the vectors that tumour samples are searched for."""

import argparse
import json
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--reference", type=Path, required=True, help="JSON that `integrasite index` wrote")
    add_output(parser, "folder for vectors.fa with its index, vector_map.json and the tables")
    parser.add_argument("--threads", type=int, default=1, help="of the aligner; changes no result")


def run(arguments: argparse.Namespace) -> int:
    """Map the vectors; the folder is complete when `vector_map.json` is there."""
    import pandas as pd

    from integrasite.align.command import build_index
    from integrasite.align.reference import load_reference
    from integrasite.config.read import load_study
    from integrasite.io.atomic import atomic_folder
    from integrasite.io.bed import read_bed
    from integrasite.io.genes import read_genes
    from integrasite.io.letters import open_letters
    from integrasite.io.sequences import read_vector
    from integrasite.io.tables import as_table, write_tsv
    from integrasite.io.text import read_text
    from integrasite.io.vector_features import read_vector_features
    from integrasite.model.tables import VECTOR_CONTROLS, VECTOR_ELEMENTS, VECTOR_HOST_LIKE, VECTOR_WORDS
    from integrasite.transgene import prepare
    from integrasite.transgene.vector_map import FASTA_FILE, MAP_FILE, save_vector_map

    study = load_study(arguments.config)
    description = json.loads(read_text(arguments.reference, "reference description"))
    reference = load_reference(arguments.reference.parent / description["reference"])
    named = {name for library in study.libraries if library.assay != "amplicon" for name in library.vectors}
    given = {
        name: prepare.GivenVector(vector, read_vector(path), read_vector_features(path))
        for name, vector in study.config.vectors.items()
        if not named or name in named
        for path in (study.resolve(vector.sequence),)
    }
    nothing = pd.DataFrame({"contig": [], "start": [], "end": []})
    excluded = read_bed(study.blacklist) if study.blacklist else nothing
    with open_letters(reference.fasta) as letters:
        vectors = prepare.prepare_vectors(
            given, reference, letters, study.config.calling, excluded=excluded, genes=read_genes(study.annotation).genes,
            threads=arguments.threads,
        )  # fmt: skip
    with atomic_folder(arguments.output, last=MAP_FILE) as folder:
        save_vector_map(vectors, folder)
        build_index(folder / FASTA_FILE)
        for name, rows, table in (
            ("elements.tsv", prepare.element_rows(vectors), VECTOR_ELEMENTS),
            ("host_like.tsv", prepare.host_like_rows(vectors), VECTOR_HOST_LIKE),
            ("words.tsv", prepare.word_rows(vectors), VECTOR_WORDS),
            ("controls.tsv", prepare.control_rows(vectors), VECTOR_CONTROLS),
        ):
            write_tsv(as_table(rows, table), folder / name, table)
    for vector in vectors.vectors:
        log(
            f"vector {vector.name}: {vector.provirus_length:,} bp integrate (LTR {vector.ltr_length}), "
            f"{len(vector.elements)} elements, {int(vector.host_like_mask.sum()):,} bp are in the host too, "
            f"{len(vector.words)} informative words; product: {vector.product or 'unknown'}"
        )
        if vector.problem:
            log(f"vector {vector.name}: warning: {vector.problem}")
    log(f"controls: {len(vectors.controls)} of {study.config.calling.control_loci} single-copy windows")
    return 0
