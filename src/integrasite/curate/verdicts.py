"""Verdicts on shared sites, written into the tables that they concern."""

import numpy as np
import pandas as pd

from integrasite.model.fates import FATES, Fate

PASS = "pass"
CONTAMINATED = "contamination"
KEPT, REASSIGNED, SET_ASIDE = "kept", "reassigned to donor", "set aside"
"""Actions of the table `contamination`."""


def apply_verdicts(table: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Write status and reason of the verdicts into `sites` or `fragments`; other rows and columns stay as they are.

    Args:
        table: `sites` or `fragments` of one or all subjects.
        calls: the table `contamination`.
    """
    keys = ["sample", "site_id", "placement"]
    spoken = calls.loc[calls["reason"] != "", [*keys, "action", "reason"]].drop_duplicates(keys)
    place = pd.MultiIndex.from_frame(spoken[keys]).get_indexer(pd.MultiIndex.from_frame(table[keys]))
    is_meant = (place >= 0) & (table["status"] == PASS).to_numpy(dtype=bool)
    reason = np.append(spoken["reason"].to_numpy(dtype=object), "")[place]
    is_set_aside = np.append((spoken["action"] != KEPT).to_numpy(dtype=bool), False)[place] & is_meant
    return table.assign(
        status=table["status"].mask(is_set_aside, CONTAMINATED),
        reason=table["reason"].mask(is_meant, pd.Series(reason, index=table.index)),
    )


def correct_ledger(ledger: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Count read pairs of rows that were set aside as such; the sum of each sample stays.

    Args:
        ledger: `sample, stage, fate, n_reads`, summed.
        calls: the table `contamination`.
    """
    gone = calls[calls["action"] != KEPT]
    if not len(gone):
        return ledger
    source = gone["placement"].map({"unique": Fate.SITE_UNIQUE.word, "multihit": Fate.SITE_MULTIHIT.word})
    taken = gone.assign(fate=source)[["sample", "fate", "n_reads"]]
    given = taken.assign(fate=Fate.SITE_NOT_PASSED.word)
    moves = pd.concat([taken.assign(n_reads=-taken["n_reads"]), given]).assign(
        stage=FATES[Fate.SITE_NOT_PASSED].stage
    )
    summed = (
        pd.concat([ledger, moves])
        .groupby(["sample", "stage", "fate"], sort=True)["n_reads"]
        .sum()
        .reset_index()
    )
    return summed[summed["n_reads"] != 0].reset_index(drop=True)
