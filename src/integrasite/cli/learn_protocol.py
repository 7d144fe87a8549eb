"""`integrasite learn-protocol`: what the first reads say about the protocol, beside what the sheet says."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.errors import ConfigError

if TYPE_CHECKING:
    from integrasite.config.study import Study
    from integrasite.model.library import Source
    from integrasite.reads.learn_report import Row, SheetSays


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--r1", type=Path, metavar="FILE", help="FASTQ of read 1 (default: that of --source)")
    parser.add_argument("--r2", type=Path, metavar="FILE", help="FASTQ of read 2")
    parser.add_argument("--i1", type=Path, metavar="FILE", help="FASTQ of the index read")
    parser.add_argument(
        "--vector", type=Path, metavar="FASTA", help="the vector (FASTA, GenBank or SnapGene)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="a study's config.yaml to compare with")
    parser.add_argument(
        "--source", metavar="NAME", help="the study's source: first sample of the rows that share files"
    )
    parser.add_argument("--primer", default="", metavar="SEQ", help="the primer, where there is no config")
    parser.add_argument(
        "--reads", type=int, default=20_000, metavar="N", help="reads to look at (default: 20000)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="TSV", help="report to write")


def run(arguments: argparse.Namespace) -> int:
    """Learn, write the TSV, print the same in words; exit code 0 also where sheet and reads disagree."""
    from integrasite.io.atomic import write_text
    from integrasite.io.sequences import read_vector
    from integrasite.kernels.codes import encode
    from integrasite.reads.first_reads import first_reads
    from integrasite.reads.learn_index import learn_index
    from integrasite.reads.learn_report import COLUMNS, Protocol, learn_protocol, report_rows

    if arguments.reads < 1:
        raise ConfigError(f"--reads {arguments.reads}: expected a number of reads, at least 1")
    study, source = _source(arguments)
    files = _files(arguments, source)
    vector_path = arguments.vector or _vector_of(study, source)
    vector = encode(read_vector(vector_path)) if vector_path else None
    sheet = _sheet(study, source, arguments.primer.upper())
    tables = {name: first_reads(paths, arguments.reads) for name, paths in files.items() if paths}
    index = tables.pop("I1", None)
    learned = learn_protocol(tables, vector)
    if index is not None:
        answer = learn_index(index, sheet.barcodes)
        learned = Protocol(
            learned.junction_read, learned.junction_support, learned.starts, learned.linkers, answer
        )
    rows = report_rows(sheet, learned, vector)
    if arguments.output:
        lines = ["\t".join(COLUMNS)]
        lines += ["\t".join(str(getattr(row, name)) for name in COLUMNS) for row in rows]
        write_text(arguments.output, "\n".join(lines) + "\n")
    _say(rows)
    return 0


def _source(arguments: argparse.Namespace) -> tuple["Study | None", "Source | None"]:
    if not arguments.config:
        if arguments.source:
            raise ConfigError("--source: names a source of a study; give the study's --config too")
        return None, None
    from integrasite.config.read import load_study

    study = load_study(arguments.config)
    names = [source.name for source in study.sources]
    name = arguments.source or (names[0] if len(names) == 1 else "")
    if name not in names:
        said = f"--source {name}: is not" if name else "--source: is missing; expected"
        raise ConfigError(f"{said} one of the sources of {arguments.config} ({', '.join(names) or 'none'})")
    return study, study.source(name)


def _files(arguments: argparse.Namespace, source: "Source | None") -> dict[str, Sequence[Path]]:
    """Files per read; those of the source where no --r1 is given."""
    if arguments.r1:
        given = {"R1": arguments.r1, "R2": arguments.r2, "I1": arguments.i1}
        return {name: [path] if path else [] for name, path in given.items()}
    if source is None:
        raise ConfigError("--r1: is missing; expected a FASTQ file, or --config with --source")
    return {"R1": source.r1, "R2": source.r2, "I1": source.i1}


def _vector_of(study: "Study | None", source: "Source | None") -> Path | None:
    """The only vector of the source's rows; several are no evidence for one end, so none is used then."""
    if study is None or source is None:
        return None
    vectors = {
        name: vector for library in source.libraries for name, vector in study.vectors_of(library).items()
    }
    paths = [study.resolve(vector.sequence) for vector in vectors.values()]
    return paths[0] if len(paths) == 1 else None


def _sheet(study: "Study | None", source: "Source | None", primer: str) -> "SheetSays":
    from integrasite.reads.learn_report import SheetSays

    if study is None or source is None:
        return SheetSays(ends=((primer, ""),) if primer else ())
    protocols = [study.protocol_of(library) for library in source.libraries]
    reads = {protocol.junction_read for protocol in protocols}
    return SheetSays(
        ", ".join(sorted(reads)),
        tuple(dict.fromkeys((p.primer.upper(), p.ltr_end.upper()) for p in protocols)),
        tuple(dict.fromkeys(x for library in source.libraries if (x := study.linker_of(library)))),
        {library.barcode.upper(): library.sample for library in source.libraries if library.barcode},
    )


def _say(rows: list["Row"]) -> None:
    from integrasite.reads.learn_report import disagreements

    for row in rows:
        said = row.sheet_says if row.field.endswith("_not_seen") else row.reads_say
        print(f"{row.field}: {said or 'not known'} ({row.support})")
    for row in disagreements(rows):
        sheet, reads = row.sheet_says or "nothing", row.reads_say or "something else"
        print(f"DISAGREES {row.field}: the sheet says {sheet}, the reads say {reads}")
