"""Small tables of clones for the tests of growth, outliers and courses."""

from collections.abc import Mapping

import pandas as pd

from integrasite.io.tables import as_table
from integrasite.model.tables import CLONES


def clone_rows(
    subject: str,
    specimen: str,
    days: int | None,
    cells: Mapping[str, float],
    cell_type: str = "T",
    **others: object,
) -> pd.DataFrame:
    """Rows of `clones` of one specimen, by site."""
    rows = [
        {
            "subject": subject, "specimen": specimen, "days": days, "tissue": "blood", "cell_type": cell_type,
            "vector": "v", "site_id": site, "contig": "chr1", "position": number, "strand": "+", "placement": "unique",
            "cells": size, "cells_low": 0.8 * size, "cells_high": 1.2 * size, "n_fragments": round(size),
            "n_lengths": round(size), "estimator": "sonic", "status": "pass",
        } | others
        for number, (site, size) in enumerate(cells.items(), start=1)
    ]  # fmt: skip
    return as_table(pd.DataFrame(rows, columns=list(CLONES.columns)), CLONES)
