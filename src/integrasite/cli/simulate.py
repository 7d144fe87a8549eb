"""`integrasite simulate genome|amplicon|tumour|evaluate`: data with a known truth, and how well results agree."""

import argparse
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrasite.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from integrasite.simulate.amplicon import AmpliconRun, Inputs
    from integrasite.simulate.causes import Support
    from integrasite.simulate.scenario import AmpliconScenario


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from integrasite.cli import simulate_tumour

    commands = parser.add_subparsers(dest="what", required=True, metavar="genome|amplicon|tumour|evaluate")
    _add_genome(commands.add_parser("genome", help="a small host genome with genes, repeats and a vector"))
    _add_amplicon(commands.add_parser("amplicon", help="LM-PCR libraries: FASTQ, sheet, config and truth"))
    tumour = "tumour WGS or capture: FASTQ, sheet, config and truth"
    simulate_tumour.add_arguments(commands.add_parser("tumour", help=tumour))
    _add_evaluate(commands.add_parser("evaluate", help="compare the sites of a run with the truth"))


def _add_genome(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="where the files go")
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same bytes")


def _add_amplicon(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="where reads and truth go")
    parser.add_argument(
        "--config-out",
        type=Path,
        metavar="DIR",
        help="where config.yaml and samples.tsv go (default: DIR of -o)",
    )
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same bytes")
    parser.add_argument(
        "--scenario", type=Path, metavar="YAML", help="design and rates (keys: fields of AmpliconScenario)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override one key of the scenario"
    )
    parser.add_argument("--pairs", type=int, help="read pairs of the whole run")
    parser.add_argument("--genome", type=Path, metavar="FASTA", help="host; without it one is made in DIR")
    parser.add_argument("--annotation", type=Path, metavar="GTF", help="its genes")
    parser.add_argument(
        "--repeats", type=Path, metavar="BED", help="its repeats, for the scenario's repeat_fraction"
    )
    parser.add_argument("--vector", type=Path, metavar="FASTA", help="provirus, LTR to LTR")
    parser.add_argument(
        "--sites", type=Path, metavar="TSV", help="contig, position, strand: places for background sites"
    )
    parser.add_argument("--run-id", default="simulated", help="id of the run in the config")
    parser.add_argument("--date", default="2026-01-31", help="date of the run in the config")
    parser.add_argument(
        "--compression",
        type=int,
        choices=range(1, 10),
        default=1,
        metavar="1-9",
        help="of the reads (default 1)",
    )
    parser.add_argument("--molecule-truth", action="store_true", help="also write truth_molecules.tsv.gz")
    parser.add_argument("--read-truth", action="store_true", help="also write truth_reads.tsv.gz")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--truth", type=Path, required=True, metavar="TSV", help="truth.tsv of the simulation"
    )
    parser.add_argument(
        "--results",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with sites.tsv.gz and multihits.tsv.gz",
    )
    parser.add_argument(
        "--near",
        type=int,
        default=5,
        help="largest distance (bp) at which a site counts as found (default 5)",
    )


def run(arguments: argparse.Namespace) -> int | None:
    """Do what the subcommand says."""
    from integrasite.cli import simulate_tumour

    parts = {"genome": _run_genome, "amplicon": _run_amplicon, "tumour": simulate_tumour.run}
    return {**parts, "evaluate": _run_evaluate}[arguments.what](arguments)


def generator(seed: int) -> "np.random.Generator":
    """The run's source of randomness."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(seed))


def _run_genome(arguments: argparse.Namespace) -> None:
    from integrasite.io.atomic import write_text
    from integrasite.simulate.host import simulate_host

    for name, text in simulate_host(generator(arguments.seed)).files().items():
        write_text(arguments.out / name, text)


def _run_amplicon(arguments: argparse.Namespace) -> None:
    from integrasite.simulate.amplicon import simulate_amplicon

    out = arguments.out or arguments.config_out
    if out is None:
        raise ConfigError("say where to write: -o DIR")
    scenario = _scenario(arguments)
    if arguments.genome is None:
        _make_host(arguments, out)
    inputs = _inputs(arguments)
    simulated = simulate_amplicon(inputs, scenario, generator(arguments.seed))
    if scenario.human_promoter:
        _write_vector(simulated, arguments, out)
    _write_reads(simulated, out, arguments.run_id, arguments.compression, arguments.read_truth)
    _write_truth(simulated, out, arguments.molecule_truth)
    _write_study(simulated, arguments, out, arguments.config_out or out)
    print(f"{len(simulated.pairs)} read pairs of {len(simulated.libraries)} libraries in {out}")


def _make_host(arguments: argparse.Namespace, out: Path) -> None:
    """Make a genome where none is given, and use it."""
    if arguments.annotation or arguments.vector or arguments.sites:
        raise ConfigError("--annotation, --vector and --sites need --genome")
    _run_genome(argparse.Namespace(out=out, seed=arguments.seed))
    arguments.genome, arguments.annotation = out / "genome.fa.gz", out / "annotation.gtf.gz"
    arguments.repeats, arguments.vector = out / "repeats.bed", out / "vector.fa"


def _scenario(arguments: argparse.Namespace) -> "AmpliconScenario":
    from integrasite.simulate.scenario import load_scenario

    values = scenario_values(arguments, "AmpliconScenario")
    if arguments.pairs is not None:
        values["pairs"] = arguments.pairs
    return load_scenario(values)


def scenario_values(arguments: argparse.Namespace, kind: str) -> dict[str, Any]:
    """Keys and values of `--scenario`, overridden by `--set`."""
    import yaml

    values: dict[str, Any] = {}
    try:
        if arguments.scenario:
            loaded = yaml.safe_load(input_text(arguments.scenario))
            if not isinstance(loaded, Mapping):
                raise ConfigError(f"{arguments.scenario}: expected keys and values (fields of {kind})")
            values.update(loaded)
        for setting in arguments.set:
            key, equals, value = setting.partition("=")
            if not equals:
                raise ConfigError(f"--set {setting}: expected KEY=VALUE")
            values[key] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"the scenario is no YAML: {error}") from None
    return values


def input_text(path: Path) -> str:
    """A text file, compressed or not."""
    from integrasite.io.streams import READ_ERRORS, open_binary

    try:
        with open_binary(path) as handle:
            return handle.read().decode("utf-8")
    except READ_ERRORS as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None


def _inputs(arguments: argparse.Namespace) -> "Inputs":
    """Read host, vector and lists."""

    from integrasite.io.sequences import iterate_fasta
    from integrasite.simulate.amplicon import Inputs
    from integrasite.simulate.host import read_genes
    from integrasite.simulate.sequences import reference_codes

    if arguments.vector is None:
        raise ConfigError("--genome needs --vector (the provirus, LTR to LTR)")
    contigs = reference_codes(dict(iterate_fasta(arguments.genome)))
    vector = next(iter(reference_codes(dict(iterate_fasta(arguments.vector))).values()))
    genes = read_genes(input_text(arguments.annotation) if arguments.annotation else "")
    repeats = read_intervals(arguments.repeats)
    places = read_places(arguments.sites) if arguments.sites else None
    for name, frame in {"--annotation": genes, "--repeats": repeats, "--sites": places}.items():
        check_contigs(name, frame, contigs)
    return Inputs(contigs, genes, repeats, vector, places)


def read_intervals(path: Path | None) -> "pd.DataFrame":
    """`contig, start, end` of a BED file; no rows without one."""
    import pandas as pd

    rows = []
    for number, line in enumerate(input_text(path).splitlines() if path else [], 1):
        cells = line.split("\t")
        if not line or line.startswith(("#", "track", "browser")):
            continue
        if len(cells) < 3 or not (cells[1].isdigit() and cells[2].isdigit()):
            raise ConfigError(f"{path} line {number}: expected contig, start, end (BED)")
        rows.append((cells[0], int(cells[1]), int(cells[2])))
    return pd.DataFrame(rows, columns=["contig", "start", "end"])


def read_places(path: Path) -> "pd.DataFrame":
    """Places for drawn sites: `contig, position, strand`."""
    import io

    import pandas as pd

    frame = pd.read_csv(io.StringIO(input_text(path)), sep="\t")
    if not {"contig", "position", "strand"} <= set(frame.columns):
        raise ConfigError(f"{path}: expected the columns contig, position, strand")
    return frame[["contig", "position", "strand"]].drop_duplicates(ignore_index=True)


def check_contigs(option: str, frame: "pd.DataFrame | None", contigs: Mapping[str, object]) -> None:
    """Refuse a list that names contigs which the genome lacks."""
    unknown = sorted(set(frame["contig"]) - set(contigs)) if frame is not None else []
    if unknown:
        raise ConfigError(
            f"{option}: the genome has no contig '{unknown[0]}' (it has {', '.join(list(contigs)[:4])}, ...)"
        )


MATES = ("r1", "r2", "i1")


def _read_files(run_id: str) -> dict[str, str]:
    """Names of the FASTQ files below the output folder."""
    return {mate: f"reads/{run_id}_{mate.upper()}.fastq.gz" for mate in MATES}


def _write_reads(simulated: "AmpliconRun", out: Path, run_id: str, level: int, with_truth: bool) -> None:
    """Stream the blocks into three compressed files, and the reads' truth into a fourth if wanted."""
    from integrasite.io.atomic import binary_writer
    from integrasite.simulate.fastq import GzipStream
    from integrasite.simulate.truth import READ_TRUTH

    names = _read_files(run_id) | ({"truth": "truth_reads.tsv.gz"} if with_truth else {})
    with ExitStack() as stack:
        handles, streams = {}, {}
        for kind, name in names.items():
            handles[kind], streams[kind] = stack.enter_context(binary_writer(out / name)), GzipStream(level)
        if with_truth:
            handles["truth"].write(streams["truth"].add("\t".join(READ_TRUTH.columns).encode() + b"\n"))
        for block in simulated.blocks():
            for kind in MATES:
                handles[kind].write(streams[kind].add(getattr(block, kind)))
            if with_truth:
                rows = simulated.read_truth(block).to_csv(
                    sep="\t", index=False, lineterminator="\n", header=False
                )
                handles["truth"].write(streams["truth"].add(rows.encode()))
        for kind, handle in handles.items():
            handle.write(streams[kind].finish())


def _write_truth(simulated: "AmpliconRun", out: Path, with_molecules: bool) -> None:
    from integrasite.io.tables import write_tsv
    from integrasite.simulate.truth import FATE_COUNTS, MOLECULE_TRUTH, TRUTH

    write_tsv(simulated.site_truth(), out / "truth.tsv", TRUTH)
    write_tsv(simulated.tally.fate_table(simulated.libraries), out / "truth_fates.tsv", FATE_COUNTS)
    if with_molecules:
        write_tsv(simulated.molecule_truth(), out / "truth_molecules.tsv.gz", MOLECULE_TRUTH)


def _write_vector(simulated: "AmpliconRun", arguments: argparse.Namespace, out: Path) -> None:
    """Write the vector with the host's promoter in it, and use it in the config."""
    from integrasite.io.sequences import write_fasta
    from integrasite.simulate.sequences import decode

    arguments.vector = out / "vector_with_promoter.fa"
    write_fasta(arguments.vector, [("simulated-lv", decode(simulated.vector))])


def _write_study(
    simulated: "AmpliconRun", arguments: argparse.Namespace, out: Path, config_out: Path
) -> None:
    """Write sheet and config, with paths relative to where they lie."""
    from integrasite.io.atomic import write_text
    from integrasite.simulate.sheet import config_text, sheet_table

    def relative(path: Path) -> str:
        return Path(os.path.relpath(path.resolve(), config_out.resolve())).as_posix()

    reads = {kind: relative(out / name) for kind, name in _read_files(arguments.run_id).items()}
    table = sheet_table(simulated.libraries, simulated.scenario, reads)
    write_text(config_out / "samples.tsv", table.to_csv(sep="\t", index=False, lineterminator="\n"))
    if arguments.annotation is None:
        return
    named = {"genome": arguments.genome, "annotation": arguments.annotation, "vector": arguments.vector}
    paths = {"samples": "samples.tsv", **{name: relative(path) for name, path in named.items()}}
    text = config_text(paths, simulated.chemistries, simulated.scenario, arguments.run_id, arguments.date)
    write_text(config_out / "config.yaml", text)


def _run_evaluate(arguments: argparse.Namespace) -> None:
    from integrasite.io.tables import read_tsv
    from integrasite.model.tables import MULTIHITS, SITES
    from integrasite.simulate.evaluate import evaluate_sites
    from integrasite.simulate.truth import TRUTH

    if not arguments.results.is_dir():
        raise DataError(f"{arguments.results}: no such folder (expected the results of a run)")
    evaluation = evaluate_sites(
        read_tsv(arguments.truth, TRUTH),
        read_tsv(arguments.results / "sites.tsv.gz", SITES),
        read_tsv(arguments.results / "multihits.tsv.gz", MULTIHITS),
        near=arguments.near,
        support=_support(arguments.truth.with_name("truth_reads.tsv.gz")),
    )
    print(evaluation.recall_table().to_csv(sep="\t", index=False, float_format="%.4f"))
    print(evaluation.precision_table().to_csv(sep="\t", index=False, float_format="%.4f"))
    print(
        f"recall {evaluation.recall:.4f}  precision {evaluation.precision:.4f}  exact {evaluation.exact:.4f}"
    )


def _support(path: Path) -> "Support | None":
    """What the reads behind every place are, if the simulation wrote their truth (`--read-truth`)."""
    from integrasite.io.tables import read_tsv
    from integrasite.simulate.causes import Support, read_causes
    from integrasite.simulate.truth import READ_TRUTH

    return Support(read_causes(read_tsv(path, READ_TRUTH))) if path.exists() else None
