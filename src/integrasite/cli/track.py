"""`integrasite track`: growth of clones over time, outliers, sites with the same course (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_output, log
from integrasite.cli.recall_earlier import add_earlier, read_earlier

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.config.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--clones", type=Path, required=True, help="clones.tsv.gz")
    parser.add_argument(
        "--config",
        type=Path,
        help="the study's config.yaml: thresholds, and which specimens are controls and left out (default: none are)",
    )
    add_earlier(parser)
    parser.add_argument("--outliers", type=Path, help="outliers.tsv to write")
    parser.add_argument("--same-course", type=Path, help="same_course.tsv to write")
    add_output(parser, "tracking.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the clones, follow them (with those of earlier runs where given), write."""
    from integrasite.analyse.earlier import join_earlier
    from integrasite.analyse.growth import track_clones
    from integrasite.analyse.outlier import find_outliers
    from integrasite.analyse.same_course import find_same_courses
    from integrasite.config.calling import Calling
    from integrasite.config.read import load_study
    from integrasite.io.tables import read_tsv, write_tsv
    from integrasite.model.tables import CLONES, OUTLIERS, SAME_COURSE, TRACKING

    study = load_study(arguments.config) if arguments.config else None
    calling = study.config.calling if study else Calling()
    clones = read_tsv(arguments.clones, CLONES)
    if study:
        clones = without_controls(clones, study)
    earlier = read_earlier(arguments.earlier)
    courses = join_earlier(clones, earlier.clones) if earlier else clones
    tracking = track_clones(courses, calling)
    write_tsv(tracking, arguments.output, TRACKING)
    if arguments.outliers:
        write_tsv(find_outliers(clones, calling), arguments.outliers, OUTLIERS)
    if arguments.same_course:
        write_tsv(find_same_courses(courses, calling), arguments.same_course, SAME_COURSE)
    counts = tracking["status"].value_counts().sort_index()
    if earlier:
        log(f"integrasite track: with {len(earlier.libraries)} specimens of earlier runs")
    log(f"integrasite track: {len(tracking)} clones" + "".join(f"; {word} {n}" for word, n in counts.items()))
    return 0


def without_controls(clones: "pd.DataFrame", study: "Study") -> "pd.DataFrame":
    """Clones of patients and products only."""
    import numpy as np

    kept = {(row.subject, row.specimen) for row in study.libraries if row.role in ("patient", "product")}
    pairs = zip(clones["subject"], clones["specimen"], strict=True)
    return clones[np.fromiter((pair in kept for pair in pairs), bool, len(clones))]
