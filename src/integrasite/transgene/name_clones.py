"""Which clone each measured site of a subject is put into."""

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.model.library import Library
from integrasite.sites.tumour_fractions import cells_per_allele
from integrasite.sites.tumour_sizes import SITE_KEY, counts_of
from integrasite.transgene.clonality import Clone, Sample, group_sites


def clones_of(
    sized: pd.DataFrame, libraries: tuple[Library, ...], calling: Calling
) -> tuple[pd.DataFrame, list[Clone]]:
    """Group one subject's passing, measured sites by their fractions in all samples.

    Args:
        sized: from `size_sites`.
        libraries: the subject's samples.
        calling: thresholds.

    Returns:
        The sites (`SITE_KEY`), and the clones, whose `sites` are row numbers of these.
    """
    measured = sized[sized["is_measured"]]
    passing = measured[measured["status"] == "pass"][SITE_KEY].drop_duplicates()
    passing = passing.sort_values(SITE_KEY, ignore_index=True)
    if not len(passing):
        return passing, []
    samples = []
    for library in libraries:
        own = passing.merge(measured[measured["sample"] == library.sample], how="left", on=SITE_KEY)
        factor = np.full(len(own), cells_per_allele(library.purity, library.ploidy))
        samples.append(Sample(library.sample, counts_of(own), factor))
    return passing, group_sites(samples, len(passing), calling)


def name_clones(sized: pd.DataFrame, libraries: tuple[Library, ...], calling: Calling) -> pd.DataFrame:
    """Fill in `clone`: `clone1` the largest; empty for sites that do not pass or were not measured."""
    passing, clones = clones_of(sized, libraries, calling)
    names = np.full(len(passing), "", dtype=object)
    for number, clone in enumerate(clones, 1):
        names[list(clone.sites)] = f"clone{number}"
    named = sized.drop(columns="clone").merge(passing.assign(clone=names), how="left", on=SITE_KEY)
    return named.assign(clone=named["clone"].fillna(""))
