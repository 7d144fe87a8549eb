"""Judge all tumour samples of a study together."""

from collections.abc import Sequence

import pandas as pd

from integrasite.config.calling import Calling
from integrasite.config.settings import Transgene
from integrasite.io.tables import as_table
from integrasite.model.tables import TRANSGENE
from integrasite.transgene.judge_case import Case
from integrasite.transgene.judge_study import JudgedStudy, SampleData, sample_of
from integrasite.transgene.vector_map import VectorMap

__all__ = ["SampleData", "judge_samples", "sample_of"]


def judge_samples(
    samples: Sequence[SampleData], vectors: VectorMap, settings: Transgene, calling: Calling
) -> pd.DataFrame:
    """Rows of `TRANSGENE`, without the columns of copies.

    Args:
        samples: all tumour samples and controls of the study.
        vectors: the study's map.
        settings: `transgene` of the config.
        calling: thresholds.
    """
    study = JudgedStudy(samples, vectors, settings, calling)
    rows = [Case(study, sample, vectors[name]).row() for sample in study.samples for name in sample.allotted]
    return as_table(pd.DataFrame(rows), TRANSGENE)
