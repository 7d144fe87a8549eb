"""`integrasite call-sites`: fragments, sites and multihit clusters of one subject."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, log

if TYPE_CHECKING:
    from integrasite.align.reference import ReferenceIndex
    from integrasite.config.study import Study
    from integrasite.junctions.evidence import Evidence, LibraryJunction
    from integrasite.model.library import Library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--subject", required=True, help="whose sites")
    parser.add_argument("--reference", type=Path, required=True, help="JSON written by `integrasite index`")
    parser.add_argument(
        "--aligned",
        type=Path,
        required=True,
        help="folder with SOURCE/SOURCE.{inserts,molecules,places}.parquet",
    )
    for name in ("fragments", "sites", "multihits", "ledger"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"Parquet of {name} to write")


def _junctions(study: "Study", libraries: tuple["Library", ...]) -> dict[str, "LibraryJunction"]:
    from integrasite.junctions.evidence import LibraryJunction
    from integrasite.model.sites import VectorEnd

    found = {}
    for library in libraries:
        protocol = study.protocol_of(library)
        end = VectorEnd(protocol.vector_end)
        tsd = next(iter(study.vectors_of(library).values())).tsd_length
        found[library.sample] = LibraryJunction(
            library.sample,
            ",".join(library.vectors),
            end,
            tsd,
            str(protocol.primer),
            str(protocol.ltr_end),
            is_sheared=protocol.fragmentation == "shear",
        )
    return found


def _read_evidence(
    study: "Study", subject: str, folder: Path, junctions: dict[str, "LibraryJunction"]
) -> "Evidence":
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    from integrasite.io.parts import read_arrow
    from integrasite.junctions.evidence import PREFIX, collect_evidence, join_evidence

    parts = []
    for source in study.sources:
        rows = [number for number, library in enumerate(source.libraries) if library.subject == subject]
        if not rows:
            continue
        stem = folder / source.name / source.name
        table = read_arrow(stem.with_name(f"{source.name}.molecules.parquet"))
        table = table.filter(pc.is_in(table["row"], pa.array(rows, pa.int32())))
        inserts = read_arrow(stem.with_name(f"{source.name}.inserts.parquet"))["junction"]
        wanted = pc.unique(table["insert"])
        places = read_arrow(stem.with_name(f"{source.name}.places.parquet"))
        places = places.filter(pc.is_in(places["insert"], wanted)).to_pandas()
        chosen = inserts.take(wanted)
        prefixes = pd.Series(pc.binary_slice(chosen, 0, PREFIX).to_pylist(), index=wanted.to_numpy())
        lengths = pd.Series(pc.binary_length(chosen).to_numpy(), index=wanted.to_numpy())
        molecules = table.to_pandas()
        molecules["sample"] = molecules["row"].map(lambda row, found=source: found.libraries[row].sample)
        parts.append(collect_evidence(molecules.drop(columns="row"), places, prefixes, lengths, junctions))
    return join_evidence(parts)


def _host_and_vectors(reference: "ReferenceIndex") -> tuple[str, ...]:
    return (*reference.contigs, *reference.vectors)


def run(arguments: argparse.Namespace) -> int:
    """Call one subject's sites."""
    import json

    import pandas as pd

    from integrasite.align.reference import load_reference
    from integrasite.config.read import load_study
    from integrasite.io.bed import read_bed
    from integrasite.io.tables import write_parquet
    from integrasite.io.text import read_text
    from integrasite.io.windows import open_windows
    from integrasite.model.fates import FATES, Fate
    from integrasite.model.tables import FRAGMENTS, LEDGER, MULTIHITS, SITES
    from integrasite.reads.patterns import split_linker
    from integrasite.sites.call import SubjectContext, call_subject

    study = load_study(arguments.config)
    place = json.loads(read_text(arguments.reference, "reference description"))["reference"]
    reference = load_reference(arguments.reference.parent / place)
    libraries = study.libraries_of(arguments.subject)
    junctions = _junctions(study, libraries)
    evidence = _read_evidence(study, arguments.subject, arguments.aligned, junctions)
    umis = {library.sample: split_linker(study.linker_of(library))[1] for library in libraries}
    calling = study.config.calling
    with open_windows(reference.fasta) as bases:
        context = SubjectContext(
            arguments.subject, _host_and_vectors(reference), reference.n_host, junctions,
            {sample: n if n >= calling.umi_min_length else 0 for sample, n in umis.items()},
            read_bed(study.blacklist) if study.blacklist else pd.DataFrame({"contig": [], "start": [], "end": []}),
            calling, bases,
        )  # fmt: skip
        called = call_subject(evidence, context)
    write_parquet(called.fragments, arguments.fragments, FRAGMENTS)
    write_parquet(called.sites, arguments.sites, SITES)
    write_parquet(called.multihits, arguments.multihits, MULTIHITS)
    fates = called.fates.assign(
        stage=[FATES[Fate(fate)].stage for fate in called.fates["fate"]], fraction=0.0
    )
    write_parquet(fates.assign(fate=[Fate(fate).word for fate in fates["fate"]]), arguments.ledger, LEDGER)
    n_sites = called.sites["site_id"].nunique()
    log(
        f"{arguments.subject}: {len(evidence.molecules)} molecules -> {len(called.fragments)} fragments at {n_sites} sites"
    )
    return 0
