"""`integrasite simulate tumour`: WGS or capture reads of tumour samples with a known truth."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.simulate import (
    check_contigs,
    generator,
    input_text,
    read_intervals,
    read_places,
    scenario_values,
)
from integrasite.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.simulate.tumour import SampleReads, TumourInputs, TumourRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommand's arguments."""
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="where all files go")
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same bytes")
    parser.add_argument("--genome", type=Path, required=True, metavar="FASTA", help="host")
    parser.add_argument("--annotation", type=Path, required=True, metavar="GTF", help="its genes")
    parser.add_argument(
        "--vector",
        action="append",
        required=True,
        metavar="NAME=FILE",
        help="FASTA, GenBank or SnapGene, provirus or plasmid; may be given more than once, the first is the default",
    )
    parser.add_argument(
        "--scenario", type=Path, metavar="YAML", help="design and rates (keys: fields of TumourScenario)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override one key of the scenario"
    )
    parser.add_argument("--repeats", type=Path, metavar="BED", help="its repeats, for sites in repeats")
    parser.add_argument(
        "--sites", type=Path, metavar="TSV", help="contig, position, strand: places for drawn sites"
    )
    parser.add_argument("--controls", type=Path, metavar="BED", help="control loci; default: drawn")
    parser.add_argument(
        "--hiv", type=Path, metavar="FASTA", help="wild-type provirus, for the scenario's hiv"
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
    parser.add_argument("--bam", action="store_true", help="write unaligned BAM instead of FASTQ")
    parser.add_argument("--read-truth", action="store_true", help="also write truth_reads.tsv.gz")


def run(arguments: argparse.Namespace) -> None:
    """Write reads, truth, sheet and config."""
    from integrasite.simulate.tumour import simulate_tumour
    from integrasite.simulate.tumour_scenario import load_tumour_scenario

    scenario = load_tumour_scenario(scenario_values(arguments, "TumourScenario"))
    paths = _vector_paths(arguments.vector)
    simulated = simulate_tumour(_inputs(arguments, paths), scenario, generator(arguments.seed))
    n_pairs = _write_samples(simulated, arguments)
    _write_study(simulated, arguments, paths)
    print(
        f"{n_pairs} {'read pairs' if scenario.paired else 'reads'} of {len(scenario.samples)} samples in {arguments.out}"
    )


def _vector_paths(given: list[str]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise ConfigError(f"--vector {text}: expected NAME=FILE")
        if name in paths:
            raise ConfigError(f"--vector {text}: '{name}' is given twice")
        paths[name] = Path(path)
    return paths


def _inputs(arguments: argparse.Namespace, vectors: dict[str, Path]) -> "TumourInputs":
    from integrasite.io.sequences import iterate_fasta, read_vector
    from integrasite.kernels.codes import encode
    from integrasite.simulate.sequences import reference_codes
    from integrasite.simulate.tumour import TumourInputs

    contigs = reference_codes(dict(iterate_fasta(arguments.genome)))
    tables = {
        "--repeats": read_intervals(arguments.repeats),
        "--sites": read_places(arguments.sites) if arguments.sites else None,
        "--controls": read_intervals(arguments.controls) if arguments.controls else None,
    }
    for option, table in tables.items():
        check_contigs(option, table, contigs)
    repeats = tables["--repeats"]
    assert repeats is not None
    return TumourInputs(
        contigs=contigs,
        gtf=input_text(arguments.annotation),
        vectors={name: encode(read_vector(path)) for name, path in vectors.items()},
        repeats=repeats,
        places=tables["--sites"],
        controls=tables["--controls"],
        hiv=encode(read_vector(arguments.hiv)) if arguments.hiv else None,
    )


def _read_names(sample: str, paired: bool, bam: bool) -> dict[str, str]:
    """A sample's files below the output folder, by the sheet's column."""
    if bam:
        return {"bam": f"reads/{sample}.bam"}
    return {f"r{mate}": f"reads/{sample}_R{mate}.fastq.gz" for mate in ((1, 2) if paired else (1,))}


def _write_samples(simulated: "TumourRun", arguments: argparse.Namespace) -> int:
    """Write every sample's reads, then the truth of all; returns the number of pairs."""
    from integrasite.io.atomic import binary_writer
    from integrasite.io.tables import concat_tables, write_tsv
    from integrasite.simulate.fastq import GzipStream
    from integrasite.simulate.tumour_truth import TUMOUR_READS, TUMOUR_SAMPLES, TUMOUR_TRUTH

    sites: list[pd.DataFrame] = []
    samples: list[pd.DataFrame] = []
    n_pairs = 0
    listed = [vector.name for vector in simulated.listed]
    with ExitStack() as stack:
        reads_handle = None
        if arguments.read_truth:
            reads_handle = stack.enter_context(binary_writer(arguments.out / "truth_reads.tsv.gz"))
            reads_stream = GzipStream(arguments.compression)
            reads_handle.write(reads_stream.add("\t".join(TUMOUR_READS.columns).encode() + b"\n"))
        for index, sample in enumerate(simulated.scenario.samples):
            made = simulated.sample(index)
            n_pairs += made.library.pair.size
            sites.append(simulated.truth.sites(sample, made.library, made.shown))
            samples.append(simulated.truth.vectors(sample, made.library, made.shown, listed))
            for text in _write_reads(simulated, index, made, arguments):
                if reads_handle is not None:
                    reads_handle.write(reads_stream.add(text))
        if reads_handle is not None:
            reads_handle.write(reads_stream.finish())
    write_tsv(concat_tables(sites, TUMOUR_TRUTH), arguments.out / "truth.tsv", TUMOUR_TRUTH)
    write_tsv(concat_tables(samples, TUMOUR_SAMPLES), arguments.out / "truth_samples.tsv", TUMOUR_SAMPLES)
    return n_pairs


def _write_reads(
    simulated: "TumourRun", index: int, made: "SampleReads", arguments: argparse.Namespace
) -> Iterator[bytes]:
    """Stream one sample's blocks into its files; yields what is true of the reads, as rows of `truth_reads`."""
    from integrasite.simulate.tumour_truth import TUMOUR_READS

    sample = simulated.scenario.samples[index]
    with ExitStack() as stack:
        add = _reads_writer(stack, simulated, sample.sample, arguments)
        for block in made.blocks():
            add(block.r1, block.r2)
            if arguments.read_truth:
                rows = simulated.truth.reads(sample, made.library, made.shown, block.names, block.pair)
                for flag in (name for name, kind in TUMOUR_READS.columns.items() if kind == "bool"):
                    rows[flag] = rows[flag].map({True: "true", False: "false"})
                yield rows.to_csv(sep="\t", index=False, lineterminator="\n", header=False).encode()


def _reads_writer(
    stack: ExitStack, simulated: "TumourRun", sample: str, arguments: argparse.Namespace
) -> Callable[[bytes, bytes], None]:
    """Open a sample's files; they are complete when the stack closes."""
    from integrasite.io.atomic import binary_writer
    from integrasite.io.unaligned import unaligned_writer
    from integrasite.simulate.fastq import GzipStream

    names = _read_names(sample, simulated.scenario.paired, arguments.bam)
    if arguments.bam:
        return stack.enter_context(unaligned_writer(arguments.out / names["bam"], sample))
    handles = [stack.enter_context(binary_writer(arguments.out / name)) for name in names.values()]
    streams = [GzipStream(arguments.compression) for _ in handles]

    def add(*texts: bytes) -> None:
        for handle, stream, text in zip(handles, streams, texts, strict=False):
            handle.write(stream.add(text))

    def finish() -> None:
        for handle, stream in zip(handles, streams, strict=True):
            handle.write(stream.finish())

    stack.callback(finish)
    return add


def _write_study(simulated: "TumourRun", arguments: argparse.Namespace, vectors: dict[str, Path]) -> None:
    """Write sheet and config, with paths relative to where they lie, and what else is true of the run."""
    from integrasite.io.atomic import write_text
    from integrasite.io.sequences import write_fasta
    from integrasite.simulate.sequences import decode
    from integrasite.simulate.tumour_sheet import tumour_config, tumour_sheet

    out: Path = arguments.out

    def relative(path: Path) -> str:
        return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()

    scenario = simulated.scenario
    reads = {s.sample: _read_names(s.sample, scenario.paired, arguments.bam) for s in scenario.samples}
    sheet = tumour_sheet(scenario, simulated.listed, reads)
    write_text(out / "samples.tsv", sheet.to_csv(sep="\t", index=False, lineterminator="\n"))
    genome, annotation = _host_files(simulated, arguments)
    paths = {"samples": "samples.tsv", "genome": relative(genome), "annotation": relative(annotation)}
    paths |= {name: relative(path) for name, path in vectors.items()}
    write_text(out / "config.yaml", tumour_config(paths, simulated.listed, arguments.run_id, arguments.date))
    regions = simulated.regions.to_csv(sep="\t", index=False, lineterminator="\n")
    write_text(out / "truth_regions.tsv", regions)
    write_fasta(
        out / "truth_proviruses.fa",
        [
            (name, decode(vector.provirus))
            for name, vector in simulated.vectors.items()
            if vector.provirus.size
        ],
    )


def _host_files(simulated: "TumourRun", arguments: argparse.Namespace) -> tuple[Path, Path]:
    """Genome and annotation for the config: those given, or copies with the added genes."""
    from integrasite.io.atomic import write_text
    from integrasite.io.sequences import write_fasta
    from integrasite.simulate.genes import gtf_text
    from integrasite.simulate.sequences import decode

    contigs, genes = simulated.added
    if not contigs:
        return arguments.genome, arguments.annotation
    genome, annotation = arguments.out / "host.fa", arguments.out / "host.gtf.gz"
    host = simulated.bench.host
    write_fasta(
        genome,
        (
            (name, decode(host.pool.codes[start : start + host.pool.lengths[name]]))
            for name, start in host.pool.starts.items()
        ),
    )
    write_text(annotation, input_text(arguments.annotation) + gtf_text(genes))
    return genome, annotation
