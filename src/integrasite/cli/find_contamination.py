"""`integrasite find-contamination`: whose the sites are that several subjects have (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.config.study import Study
    from integrasite.curate.sharing import LibraryFacts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--called", type=Path, required=True, help="folder with SUBJECT/SUBJECT.{sites,fragments}.parquet"
    )
    parser.add_argument(
        "--crosstalk", type=Path, help="crosstalk.tsv of the run, for the rate of index hopping"
    )
    parser.add_argument("--pairs", type=Path, required=True, help="contamination_pairs.tsv to write")
    add_output(parser, "contamination.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Compare the subjects' sites, write both tables."""
    from integrasite.config.read import load_study
    from integrasite.curate.contamination import classify_sharing
    from integrasite.curate.sharing import KEY, Ints, count_fragments, find_shared
    from integrasite.io.tables import concat_tables, read_parquet, read_tsv, write_tsv
    from integrasite.model.tables import CONTAMINATION, CONTAMINATION_PAIRS, CROSSTALK, FRAGMENTS, SITES

    study = load_study(arguments.config)
    crosstalk = read_tsv(arguments.crosstalk, CROSSTALK) if arguments.crosstalk else None
    parts = {subject: arguments.called / subject / subject for subject in study.subjects}
    sites = concat_tables(
        (read_parquet(stem.with_name(f"{stem.name}.sites.parquet"), SITES) for stem in parts.values()), SITES
    )
    shared = find_shared(sites)
    counts: dict[str, tuple[Ints, Ints]] = {}
    kept = []
    for stem in parts.values():  # one subject at a time: only the rows at shared sites stay in memory
        fragments = read_parquet(stem.with_name(f"{stem.name}.fragments.parquet"), FRAGMENTS)
        counts |= count_fragments(fragments)
        kept.append(fragments.merge(shared[KEY], on=KEY))
    found = classify_sharing(
        sites,
        concat_tables(kept, FRAGMENTS),
        counts,
        describe_libraries(study, crosstalk),
        study.config.calling,
    )
    write_tsv(found.calls, arguments.output, CONTAMINATION)
    write_tsv(found.pairs, arguments.pairs, CONTAMINATION_PAIRS)
    words = found.calls["call"].value_counts().sort_index()
    listed = "".join(f"; {word} {n}" for word, n in words.items())
    log(f"integrasite find-contamination: {len(shared)} sites in several subjects{listed}")
    return 0


def describe_libraries(study: "Study", crosstalk: "pd.DataFrame | None") -> "list[LibraryFacts]":
    """What the sheet, the config and the estimated rates say of each library."""
    from integrasite.curate.sharing import LibraryFacts
    from integrasite.reads.patterns import split_linker

    rates = hop_rates(study, crosstalk)
    found = []
    for source in study.sources:
        for library in source.libraries:
            protocol = study.protocol_of(library)
            umi = split_linker(study.linker_of(library))[1]
            found.append(
                LibraryFacts(
                    sample=library.sample, subject=library.subject, specimen=library.specimen, source=source.name,
                    run=library.run, vector_end=protocol.vector_end,
                    umi_length=umi if umi >= study.config.calling.umi_min_length else 0,
                    is_sheared=protocol.fragmentation == "shear",
                    can_donate=library.role not in ("ntc", "untransduced"), hop_rate=rates[library.sample],
                )
            )  # fmt: skip
    return found


def hop_rates(study: "Study", crosstalk: "pd.DataFrame | None") -> dict[str, float]:
    """Share of another library's reads that come with each library's index.

    The rate of the source where it was estimated, else the median of the sources that have one, else the assumed one; it is
    spread over the libraries that were sequenced together (same files, or same run).
    """
    known = {}
    if crosstalk is not None:
        estimated = crosstalk.dropna(subset=["hop_rate"])
        known = dict(zip(estimated["source"], estimated["hop_rate"].astype(float), strict=True))
    usual = study.config.calling.assumed_hop_rate
    if known:
        ordered = sorted(known.values())
        usual = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    of_run: dict[str, int] = {}
    for library in study.amplicon_libraries:
        of_run[library.run] = of_run.get(library.run, 0) + 1
    return {
        library.sample: known.get(source.name, usual)
        / max(len(source.libraries) - 1, of_run[library.run] - 1, 1)
        for source in study.sources
        for library in source.libraries
    }
