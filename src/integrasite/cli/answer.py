"""`integrasite answer`: where a run's report is and what was flagged."""

import argparse
from pathlib import Path

REPORTS = (
    ("Report", "report/index.html"),
    ("Workbook", "summary.xlsx"),
    ("Quality", "qc/multiqc_report.html"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("results", type=Path, metavar="RESULTS", help="results folder of a run")


def run(arguments: argparse.Namespace) -> int:
    """Print the lines."""
    print("\n".join(answer(arguments.results)))
    return 0


def answer(results: Path) -> list[str]:
    """Lines on a finished run; the last one holds the report's place and what was flagged.

    A run of single targets may lack any of the files; what is missing is left out or said.
    """
    made = {name: results / file for name, file in REPORTS if (results / file).is_file()}
    lines = [f"{name + ':':<10}{path.resolve()}" for name, path in made.items() if name != "Report"]
    lines.append(f"{'Tables:':<10}{results.resolve()} (explained in docs/output.md)")
    place = str(made["Report"].resolve()) if "Report" in made else "not made by this run"
    return [*lines, f"{'Report:':<10}{place}; {_findings(results)}"]


def _findings(results: Path) -> str:
    from integrasite.io.tables import empty_table, read_tsv
    from integrasite.model.tables import ANNOTATION, FLAGS, TRANSGENE
    from integrasite.report.last_words import flag_words, tumour_words

    files = (("flags.tsv", FLAGS), ("annotation.tsv.gz", ANNOTATION), ("transgene.tsv", TRANSGENE))
    flags, annotation, transgene = (
        read_tsv(results / file, table) if (results / file).is_file() else empty_table(table)
        for file, table in files
    )
    flagged = flag_words(flags, annotation) if (results / "flags.tsv").is_file() else "not looked for"
    tumours = tumour_words(transgene)
    return f"flagged: {flagged}" + (f"; tumour samples: {tumours}" if tumours else "")
