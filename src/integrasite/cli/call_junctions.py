"""`integrasite call-junctions`: integration sites of one subject from the junction evidence of all its tumour samples."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.config.study import Study
    from integrasite.model.library import Library
    from integrasite.sites.tumour_joins import VectorEnds
    from integrasite.transgene.vector_map import VectorMap


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--subject", required=True, help="whose sites")
    parser.add_argument(
        "--vectors", type=Path, required=True, help="folder written by `integrasite prepare-vectors`"
    )
    parser.add_argument("--reference", type=Path, required=True, help="JSON written by `integrasite index`")
    parser.add_argument(
        "--junctions",
        type=Path,
        nargs="+",
        required=True,
        metavar="PARQUET",
        help="junction evidence of the subject's samples, written by `integrasite align-tumour`",
    )
    parser.add_argument(
        "--others",
        type=Path,
        nargs="*",
        default=[],
        metavar="PARQUET",
        help="junction evidence of other subjects' samples; those of the same sequencing runs count (index hopping)",
    )
    parser.add_argument("--sites", type=Path, required=True, help="Parquet of tumour sites to write")
    parser.add_argument("--multihits", type=Path, required=True, help="Parquet of multihits to write")


def tumour_libraries(study: "Study", subject: str) -> tuple["Library", ...]:
    """DNA samples of one subject that are no amplicons, in sheet order.

    Raises:
        SheetError: if there is none.
    """
    from integrasite.errors import SheetError
    from integrasite.model.library import DNA_ASSAYS

    found = tuple(row for row in study.libraries if row.subject == subject and row.assay in DNA_ASSAYS)
    if not found:
        known = sorted({row.subject for row in study.libraries if row.assay in DNA_ASSAYS})
        raise SheetError(
            f"no {', '.join(DNA_ASSAYS)} sample of subject '{subject}' in the sheet (known: {', '.join(known) or 'none'})"
        )
    return found


def vector_ends(vectors: "VectorMap") -> dict[str, "VectorEnds"]:
    """The vectors with known ends, in the words of site calling."""
    from integrasite.sites.tumour_joins import VectorEnds

    return {
        vector.name: VectorEnds(
            vector.name,
            vector.ltr_length,
            int(vector.one_ltr.size),
            vector.tsd,
            tuple((stretch.start, stretch.end) for stretch in vector.host_like),
        )
        for vector in vectors.vectors
    }


def _read_junctions(paths: list[Path], samples: tuple[str, ...]) -> "pd.DataFrame":
    from integrasite.errors import DataError
    from integrasite.io.tables import concat_tables, read_parquet
    from integrasite.model.tables import TUMOUR_JUNCTIONS

    parts = [read_parquet(path, TUMOUR_JUNCTIONS) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        strange = sorted(set(part["sample"]) - set(samples))
        if strange:
            raise DataError(
                f"{path}, column 'sample': '{strange[0]}' is not a sample of this subject (known: {', '.join(samples)})"
            )
    return concat_tables(parts, TUMOUR_JUNCTIONS)


def _read_others(study: "Study", subject: str, paths: list[Path]) -> "pd.DataFrame":
    """Evidence of other subjects' samples that share a sequencing run with this one's (blank runs count as one)."""
    from integrasite.io.tables import concat_tables, read_parquet
    from integrasite.model.tables import TUMOUR_JUNCTIONS

    runs = {row.run for row in tumour_libraries(study, subject)}
    mates = {row.sample for row in study.libraries if row.run in runs and row.subject != subject}
    parts = (read_parquet(path, TUMOUR_JUNCTIONS) for path in paths)
    return concat_tables((part[part["sample"].isin(mates)] for part in parts), TUMOUR_JUNCTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Call one subject's sites."""
    import json

    from integrasite.align.reference import load_reference
    from integrasite.config.read import load_study
    from integrasite.io.tables import write_parquet
    from integrasite.io.text import read_text
    from integrasite.io.windows import open_windows
    from integrasite.model.tables import MULTIHITS, TUMOUR_SITES
    from integrasite.sites.tumour_sites import TumourContext, call_junction_sites
    from integrasite.transgene.vector_map import load_vector_map

    study = load_study(arguments.config)
    samples = tuple(library.sample for library in tumour_libraries(study, arguments.subject))
    evidence = _read_junctions(arguments.junctions, samples)
    others = _read_others(study, arguments.subject, arguments.others)
    ends = vector_ends(load_vector_map(arguments.vectors))
    place = json.loads(read_text(arguments.reference, "reference description"))["reference"]
    reference = load_reference(arguments.reference.parent / place)
    with open_windows(reference.fasta) as bases:
        called = call_junction_sites(
            evidence, TumourContext(arguments.subject, samples, ends, study.config.calling, bases, others)
        )
    write_parquet(called.sites, arguments.sites, TUMOUR_SITES)
    write_parquet(called.multihits, arguments.multihits, MULTIHITS)
    passed = called.sites[called.sites["status"] == "pass"]
    log(
        f"{arguments.subject}: {len(evidence)} rows of evidence -> "
        f"{len(called.sites.drop_duplicates(['site_id', 'vector', 'cluster']))} places, "
        f"{len(passed.drop_duplicates(['site_id', 'vector', 'cluster']))} sites"
    )
    return 0
