"""`integrasite manifest`: run.json, what was run on what (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    from integrasite.config.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder with the run's outputs")
    parser.add_argument(
        "--outputs",
        type=Path,
        nargs="+",
        help="the outputs; default: all tables, exports and reports in RESULTS",
    )
    add_output(parser, "run.json to write")


def run(arguments: argparse.Namespace) -> int:
    """Collect versions, checksums, parameters and counts; write."""
    from integrasite import __version__
    from integrasite.config.read import load_study
    from integrasite.io.manifest import file_record, output_files, record_outputs, write_manifest
    from integrasite.io.versions import package_versions, program_versions
    from integrasite.reads.index_orientation import index_orientations

    study = load_study(arguments.config)
    config, results = study.config, arguments.results
    outputs = arguments.outputs or output_files(results)
    inputs = {name: file_record(path) for name, path in _inputs(study).items()}
    content = {
        "integrasite": __version__,
        "run": {"id": config.run.id, "date": config.run.date.isoformat()},
        "reference": config.reference.name,
        "config": {"path": study.path.name, **file_record(study.path)},
        "sheet": {"path": config.samples, **file_record(study.resolve(config.samples))},
        "settings": config.model_dump(mode="json", exclude={"calling"}),
        "parameters": config.calling.model_dump(mode="json"),
        "inputs": inputs,
        "index_reads": {
            name: {
                "as_given": found.n_as_given,
                "reverse_complement": found.n_reversed,
                "barcodes_turned": found.is_reversed,
            }
            for name, found in index_orientations(study).items()
        },
        "tools": program_versions(),
        "packages": package_versions(),
        "counts": _counts(results),
        "outputs": record_outputs(results, outputs),
    }
    write_manifest(content, arguments.output)
    log(f"integrasite manifest: {len(inputs)} inputs, {len(content['outputs'])} outputs")
    return 0


def _inputs(study: "Study") -> dict[str, Path]:
    """Every file that config and sheet name, by the path that they give."""
    config = study.config
    names = [config.reference.genome, config.reference.annotation]
    names += [config.reference.blacklist] if config.reference.blacklist else []
    names += [listed.path for listed in config.gene_lists]
    names += [vector.sequence for vector in config.vectors.values()]
    found = {name: study.resolve(name) for name in names}
    folder = study.resolve(config.samples).parent
    for library in study.libraries:
        bam = () if library.bam is None else (library.bam,)
        for path in (*library.r1, *library.r2, *library.i1, *bam):
            given = path.relative_to(folder) if path.is_relative_to(folder) else path
            found[given.as_posix()] = path
    return found


def _counts(results: Path) -> dict[str, Any]:
    """Read pairs by sample and fate, and rows of the main tables, as far as they exist."""
    from integrasite.io.tables import read_tsv
    from integrasite.model.tables import CLONES, FLAGS, LEDGER, SITES

    counts: dict[str, Any] = {}
    if (path := results / "ledger.tsv").is_file():
        ledger = read_tsv(path, LEDGER)
        reads: dict[str, dict[str, int]] = {}
        for sample, fate, number in zip(ledger["sample"], ledger["fate"], ledger["n_reads"], strict=True):
            reads.setdefault(sample, {})[fate] = int(number)
        counts["read_pairs"] = {
            sample: {"total": sum(fates.values()), "fates": fates} for sample, fates in reads.items()
        }
    for name, table in (("sites.tsv.gz", SITES), ("clones.tsv.gz", CLONES)):
        if (path := results / name).is_file():
            frame = read_tsv(path, table)
            counts[table.name] = {"rows": len(frame), "pass": int((frame["status"] == "pass").sum())}
    if (path := results / "flags.tsv").is_file():
        flags = read_tsv(path, FLAGS)
        counts["flags"] = {str(rule): int(n) for rule, n in flags["rule"].value_counts().items()}
    return counts
