"""The run as the report sees it, for all commands that show it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrasite.report.view import View


def load_view(config: Path, results: Path) -> "View":
    """The view of a whole run.

    Args:
        config: the study's config.yaml.
        results: folder with the run's tables.

    Raises:
        ConfigError: if config or sheet is wrong.
        DataError: if a table is missing or damaged.
    """
    from integrasite import __version__
    from integrasite.config.read import load_study
    from integrasite.io.sequences import file_checksum
    from integrasite.reads.index_orientation import index_orientations
    from integrasite.report.inputs import read_run_tables
    from integrasite.report.view import Provenance, make_view

    study = load_study(config)
    sheet = study.resolve(study.config.samples)
    turned = tuple(name for name, found in index_orientations(study).items() if found.is_reversed)
    provenance = Provenance(__version__, file_checksum(sheet), file_checksum(study.path), turned)
    tables = read_run_tables(results, with_earlier=study.config.store is not None)
    return make_view(study, tables, provenance)
