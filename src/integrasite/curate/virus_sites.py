"""Set aside sites of a wild-type virus, whose ends are those of the vector."""

from collections.abc import Mapping

import pandas as pd

from integrasite.model.transgene import Finding, Verdict

REASON = "wild-type HIV or a related virus: the sample shows what it shares with the vector, not the vector (transgene.tsv)"
_PASS, _ARTEFACT = "pass", "artefact"
_SIZES = ["fraction", "fraction_low", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30"]


def set_aside_virus(
    table: pd.DataFrame, transgene: pd.DataFrame, specimens: Mapping[str, str]
) -> pd.DataFrame:
    """Passing rows become artefacts where the verdict names a wild-type virus and is not POSITIVE.

    Args:
        table: `SITES`, `TUMOUR_SITES` or `CLONES` of all roads; rows of amplicon libraries stay as they are.
        transgene: table `TRANSGENE`.
        specimens: specimen of every tumour sample. A clone is set aside where all samples of its specimen are.
    """
    named = (
        transgene["findings"]
        .fillna("")
        .str.split(",")
        .map(lambda words: Finding.WILD_TYPE_VIRUS.value in words)
    )
    is_virus = named.astype(bool) & (transgene["verdict"] != Verdict.POSITIVE.value)
    if not is_virus.any():
        return table
    names = transgene["sample"]
    if "specimen" in table.columns:
        keys = zip(table["specimen"], table["vector"], strict=True)
        names = names.map(specimens)
        rows = table["estimator"] == "ccf"
    else:
        keys = zip(table["sample"], table["vector"], strict=True)
        rows = pd.Series(True, index=table.index)
    judged = is_virus.groupby([names, transgene["vector"]]).all()
    chosen = set(judged.index[judged])
    rows &= pd.Series([key in chosen for key in keys], index=table.index, dtype=bool) & (
        table["status"] == _PASS
    )
    cleared = {name: table[name].mask(rows) for name in _SIZES if name in table.columns}
    return table.assign(
        status=table["status"].mask(rows, _ARTEFACT), reason=table["reason"].mask(rows, REASON), **cleared
    )
