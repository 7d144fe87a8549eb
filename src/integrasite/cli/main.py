"""`integrasite COMMAND ...`: one module per command, imported only when it is called."""

import argparse
import importlib
import sys
import traceback
from collections.abc import Sequence

from integrasite import __version__
from integrasite.errors import IntegrasiteError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "write a commented config, sheet and README for a new study"),
    "check": ("check", "find every problem in a config, its sheet and its files; writes nothing"),
    "learn-protocol": (
        "learn_protocol",
        "what the reads say of primer, LTR end, linker and barcodes, beside the sheet",
    ),
    "import-sheet": ("import_sheet", "turn another pipeline's sheet into ours"),
    "simulate": ("simulate", "reads with a truth table"),
    "index": ("index", "host and vector as one indexed reference (stage)"),
    "prepare-reads": ("prepare_reads", "demultiplex, find LTR end, linker and UMI, classify (stage)"),
    "collapse": ("collapse", "one consensus per molecule (stage)"),
    "align": ("align", "align molecules and list their places (stage)"),
    "recruit": ("recruit", "keep the fragments of a tumour sample that touch a vector; host depth (stage)"),
    "align-tumour": (
        "align_tumour",
        "distinct fragments and junction evidence of one tumour sample (stage)",
    ),
    "call-sites": (
        "call_sites",
        "junctions to fragments, sites and multihit clusters of one subject (stage)",
    ),
    "call-junctions": ("call_junctions", "integration sites of one subject's tumour samples (stage)"),
    "measure-sites": ("measure_sites", "fragments of one tumour sample at its subject's sites (stage)"),
    "size-junctions": ("size_junctions", "allele and cell fractions of one subject's tumour sites (stage)"),
    "judge-transgene": (
        "judge_transgene",
        "is the vector there, in every tumour sample: verdicts with limits of detection (stage)",
    ),
    "export-junctions": ("export_junctions", "the junctions of tumour samples as VCF (stage)"),
    "prepare-vectors": (
        "prepare_vectors",
        "elements, host-like stretches and controls of the vectors (stage)",
    ),
    "estimate-crosstalk": (
        "estimate_crosstalk",
        "rates of index hopping and recombination of one source (stage)",
    ),
    "find-contamination": (
        "find_contamination",
        "whose the sites are that several subjects have (stage)",
    ),
    "estimate-clones": ("estimate_clones", "clone sizes with intervals of one subject (stage)"),
    "abundance": ("abundance", "any lab's fragments to cells per site"),
    "annotate": ("annotate", "genes, cancer genes and known events of every site (stage)"),
    "gather": ("gather", "the run's tables from those of its subjects (stage)"),
    "diversity": ("diversity", "diversity and limits of detection per specimen (stage)"),
    "recall-earlier": (
        "recall_earlier",
        "earlier specimens of the run's subjects, from the cohort store (stage)",
    ),
    "track": ("track", "growth of clones over time, outliers, sites with the same course (stage)"),
    "population": (
        "population",
        "number of clones, overlap and comparable diversity of specimens (stage)",
    ),
    "draw-controls": (
        "draw_controls",
        "random places that the run could have placed uniquely (stage)",
    ),
    "test-insertions": (
        "test_insertions",
        "genes and places with more, larger or later clones than expected (stage)",
    ),
    "flag": ("flag", "findings that rules raise (stage)"),
    "attribute": ("attribution", "evidence for and against insertional mutagenesis in tumours (stage)"),
    "export": ("export", "VISPA2, INSPIIRED, tidy, BED and bigWig exports (stage)"),
    "report": ("report", "the HTML report and the summary (stage)"),
    "workbook": ("workbook", "the report's answers as a spreadsheet (stage)"),
    "qc": ("qc", "read fates, libraries, replicates and controls for MultiQC (stage)"),
    "answer": ("answer", "where a run's report is and what was flagged"),
    "manifest": ("manifest", "run.json: what was run on what (stage)"),
    "import-sites": ("import_sites", "turn another pipeline's site tables into clones.tsv.gz"),
    "analyse": ("analyse", "diversity, tracking, tests, flags and report from tables alone"),
    "store": ("store", "the cohort store: add a finished run, supersede one, list them"),
    "history": ("history", "one subject over all runs of a cohort store"),
    "verify": ("verify", "check results against their run.json"),
    "schema": ("schema", "the JSON schema of config, sheet or summary.json"),
}


def build_parser() -> argparse.ArgumentParser:
    """The top-level parser; each command adds its own arguments when it is chosen."""
    width = max(map(len, COMMANDS))
    parser = argparse.ArgumentParser(
        prog="integrasite",
        description="Vector integration sites, clones and limits of detection. Research use only.",
        epilog="commands:\n"
        + "\n".join(f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"integrasite {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of the commands below")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="arguments of the command (COMMAND --help lists them)"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (0 done, 1 data or tool, 2 call or config, 3 bug)."""
    arguments = build_parser().parse_args(argv)
    module_name, description = COMMANDS[arguments.command]
    parser = argparse.ArgumentParser(prog=f"integrasite {arguments.command}", description=description)
    try:
        module = importlib.import_module(f"integrasite.cli.{module_name}")
        module.add_arguments(parser)
        return int(module.run(parser.parse_args(arguments.arguments)) or 0)
    except IntegrasiteError as error:
        print(f"integrasite {arguments.command}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return 1
    except Exception:
        traceback.print_exc()
        print(
            f"integrasite {arguments.command}: this is a bug in integrasite {__version__}; "
            "please report it with the lines above and the run's run.json",
            file=sys.stderr,
        )
        return 3


if __name__ == "__main__":
    sys.exit(main())
