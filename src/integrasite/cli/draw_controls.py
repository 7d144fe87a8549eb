"""`integrasite draw-controls`: random places that the run could have placed uniquely (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from integrasite.align.reference import ReferenceIndex
    from integrasite.analyse.controls import Shapes
    from integrasite.config.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--reference",
        type=Path,
        nargs="?",
        help="JSON written by `integrasite index`; needed where the sheet has amplicon libraries",
    )
    parser.add_argument(
        "--aligned",
        type=Path,
        required=True,
        help="folder with SOURCE/SOURCE.{inserts,places}.parquet: how long the run's inserts are",
    )
    parser.add_argument(
        "--clones",
        type=Path,
        required=True,
        help="clones.tsv.gz of the run: how many sites are of subjects of either sex",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the random places (default: 1)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the aligner; change no result")
    add_output(parser, "TSV of control places to write (compressed where it ends in .gz)")
    parser.add_argument(
        "--mappability",
        type=Path,
        required=True,
        help="TSV to write: part of them placed uniquely, by contig",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw, align and judge the places; write both tables."""
    from integrasite.analyse.controls import mappable_fractions
    from integrasite.config.read import load_study
    from integrasite.io.tables import empty_table, write_tsv
    from integrasite.model.tables import CONTROLS, MAPPABILITY

    study = load_study(arguments.config)
    shapes = _read_shapes(study, arguments.aligned)
    n = study.config.calling.control_places
    if n and len(shapes.counts):
        controls = _draw(study, shapes, arguments, n)
        fractions = mappable_fractions(controls)
        placed, share = int(fractions["n_unique"].iloc[0]), float(fractions["fraction"].iloc[0])
        log(f"integrasite draw-controls: {placed} of {n} places would be placed uniquely ({share:.1%})")
    else:
        controls, fractions = empty_table(CONTROLS), empty_table(MAPPABILITY)
        why = "no insert has a place" if n else "calling.control_places is 0"
        log(f"integrasite draw-controls: none drawn: {why}")
    write_tsv(controls, arguments.output, CONTROLS)
    write_tsv(fractions, arguments.mappability, MAPPABILITY)
    return 0


def _read_shapes(study: "Study", folder: Path) -> "Shapes":
    """Shapes of the inserts of all sources."""
    import pyarrow.compute as pc

    from integrasite.analyse.controls import count_shapes, join_shapes
    from integrasite.io.parts import read_arrow

    parts = []
    for source in study.sources:
        stem = folder / source.name
        inserts = read_arrow(stem / f"{source.name}.inserts.parquet")
        places = read_arrow(stem / f"{source.name}.places.parquet")
        columns = places.select(["insert", "fate", "position", "breakpoint"]).to_pandas()
        lengths = [
            pc.binary_length(inserts[name]).to_numpy().astype("int64") for name in ("junction", "linker")
        ]
        parts.append(count_shapes(lengths[0], lengths[1], columns))
    return join_shapes(parts)


def _draw(study: "Study", shapes: "Shapes", arguments: argparse.Namespace, n: int) -> "pd.DataFrame":
    import numpy as np

    from integrasite.align.inserts import align_inserts
    from integrasite.analyse.controls import (
        contig_weights,
        controls_table,
        cut_inserts,
        draw_places,
        judge_places,
    )  # fmt: skip
    from integrasite.io.windows import open_windows

    reference, calling = _reference(arguments.reference), study.config.calling
    names = list(reference.contigs)
    weights = contig_weights(reference.contigs, _sites_by_sex(study, arguments.clones))
    with open_windows(reference.fasta) as bases:
        drawn = draw_places(
            reference.contigs, weights, shapes, n, bases, np.random.default_rng(arguments.seed)
        )
        inserts = cut_inserts(drawn, names, bases)
    places = align_inserts(inserts, reference, calling, arguments.threads).to_pandas()
    sheared = all(study.protocol_of(row).fragmentation == "shear" for row in study.amplicon_libraries)
    outcome = judge_places(drawn, places, _blacklisted(study, drawn, names), calling, is_sheared=sheared)
    return controls_table(drawn, names, outcome)


def _reference(path: Path | None) -> "ReferenceIndex":
    import json

    from integrasite.align.reference import load_reference
    from integrasite.errors import ConfigError
    from integrasite.io.text import read_text

    if path is None:
        raise ConfigError("--reference is missing; expected the JSON that `integrasite index` wrote")
    return load_reference(path.parent / json.loads(read_text(path, "reference description"))["reference"])


def _sites_by_sex(study: "Study", path: Path) -> list[tuple[str, int]]:
    """Sex and number of distinct unique sites of every patient; rows of the sheet that disagree tell no sex."""
    from integrasite.analyse.controls import read_sex
    from integrasite.cli.track import without_controls
    from integrasite.io.tables import read_tsv
    from integrasite.model.tables import CLONES

    clones = without_controls(read_tsv(path, CLONES), study)
    chosen = clones[(clones["status"] == "pass") & (clones["placement"] == "unique")]
    n_sites = chosen.drop_duplicates(["subject", "site_id"])["subject"].value_counts()
    rows = []
    for subject in study.subjects:
        libraries = [row for row in study.libraries_of(subject) if row.role in ("patient", "product")]
        sexes = {read_sex(row.sex) for row in libraries} - {""}
        if libraries:
            rows.append((sexes.pop() if len(sexes) == 1 else "", int(n_sites.get(subject, 0))))
    return rows


def _blacklisted(study: "Study", drawn: "pd.DataFrame", names: list[str]) -> "NDArray[np.bool_]":
    """Whether drawn places lie in the blacklist."""
    import numpy as np
    import pandas as pd

    from integrasite.analyse.gene_hits import place_keys
    from integrasite.analyse.proximity import is_inside, merge_intervals
    from integrasite.io.bed import read_bed

    if study.blacklist is None:
        return np.zeros(len(drawn), dtype=bool)
    numbers = {name: number for number, name in enumerate(names)}
    regions = read_bed(study.blacklist)
    regions = regions[regions["contig"].isin(names)]
    start, end = (place_keys(numbers, regions["contig"], regions[side]) for side in ("start", "end"))
    contig = pd.Series(np.array(names, dtype=object)[drawn["contig"].to_numpy(dtype=np.int64)])
    return is_inside(place_keys(numbers, contig, drawn["position"]), merge_intervals(start, end))
