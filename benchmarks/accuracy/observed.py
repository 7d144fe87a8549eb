"""What the reads show before any rule is applied: molecules at the places that the aligner gave them."""

import json
from pathlib import Path

import pandas as pd
from baselines import MAPQ_12_ERROR

from integrasite.align.reference import load_reference
from integrasite.config.read import load_study
from integrasite.config.study import Study
from integrasite.model.fates import Fate
from integrasite.model.sites import VectorEnd, junction_to_site, strand_word


def evidence_of(config: Path, results: Path) -> pd.DataFrame:
    """One row per molecule that aligns to the host, at its best place.

    Args:
        config: of the study.
        results: of its run, with the intermediate tables.

    Returns:
        The columns that `baselines` names; `is_unique` if the place's posterior is that of MAPQ 12 or better.
    """
    study = load_study(config)
    description = results / "reference" / "reference.json"
    place = json.loads(description.read_text(encoding="utf-8"))["reference"]
    contigs = list(load_reference(description.parent / place).contigs)
    parts = []
    for source in study.sources:
        stem = results / "aligned" / source.name / source.name
        places = pd.read_parquet(stem.with_name(f"{source.name}.places.parquet"))
        molecules = pd.read_parquet(stem.with_name(f"{source.name}.molecules.parquet"))
        best = places[places["fate"] == int(Fate.USABLE)]
        best = best.sort_values(["insert", "posterior"], ascending=[True, False]).drop_duplicates("insert")
        samples = [library.sample for library in source.libraries]
        joined = molecules.merge(best, on="insert", validate="many_to_one")
        parts.append(
            _evidence(joined.assign(sample=joined["row"].map(dict(enumerate(samples)))), study, contigs)
        )
    return pd.concat(parts, ignore_index=True)


def _evidence(joined: pd.DataFrame, study: Study, contigs: list[str]) -> pd.DataFrame:
    ends, tsds = {}, {}
    for library in study.libraries:
        ends[library.sample] = VectorEnd(study.protocol_of(library).vector_end)
        tsds[library.sample] = next(iter(study.vectors_of(library).values())).tsd_length
    cells = zip(joined["position"].tolist(), joined["is_forward"].tolist(), joined["sample"], strict=True)
    sites = [junction_to_site(at, forward, ends[name], tsds[name]) for at, forward, name in cells]
    length = (joined["breakpoint"] - joined["position"]).abs() + 1
    return pd.DataFrame(
        {
            "sample": joined["sample"],
            "contig": [contigs[index] for index in joined["contig"]],
            "position": [position0 + 1 for position0, _ in sites],
            "strand": [strand_word(forward) for _, forward in sites],
            "length": length.where(joined["breakpoint"] >= 0, 0),
            "n_reads": joined["n_reads"],
            "is_unique": joined["posterior"] >= 1 - MAPQ_12_ERROR,
        }
    )
