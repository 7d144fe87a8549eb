"""`integrasite store add|supersede|list`: the cohort store of finished runs."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="store a finished run; one that is there already changes nothing")
    supersede = actions.add_parser(
        "supersede", help="store a run in the place of an earlier one, which is kept"
    )
    for action in (add, supersede):
        action.add_argument("results", type=Path, metavar="RESULTS", help="results folder with run.json")
    supersede.add_argument(
        "--replaces", metavar="RUN", help="id of the run whose place it takes (default: its own id)"
    )
    listing = actions.add_parser("list", help="runs of the store, superseded ones included")
    for action in (add, supersede, listing):
        action.add_argument("--store", type=Path, required=True, metavar="DIR", help="folder of the store")


def run(arguments: argparse.Namespace) -> int:
    """Change or list the store; says what was done."""
    from integrasite.io.store import add_run, supersede_run

    if arguments.action == "list":
        return _list_runs(arguments.store)
    if arguments.action == "add":
        outcome = add_run(arguments.results, arguments.store)
    else:
        outcome = supersede_run(arguments.results, arguments.store, arguments.replaces)
    version = outcome.version
    counts = (
        f"; {len(version.subjects)} subjects, {version.n_rows['clones']} clones" if outcome.is_new else ""
    )
    log(f"integrasite store {arguments.action}: {outcome.words}{counts}")
    return 0


def _list_runs(store: Path) -> int:
    from integrasite.io.store_layout import read_versions, superseded_by

    versions = read_versions(store)
    gone = superseded_by(versions)
    print("run\tversion\tdate\tn_subjects\tn_clones\tsuperseded_by")
    for one in versions:
        later = gone.get((one.run, one.version))
        print(
            one.run,
            one.version,
            one.origin.get("run", {}).get("date", ""),
            len(one.subjects),
            one.n_rows["clones"],
            "" if later is None else f"{later.run} version {later.version}",
            sep="\t",
        )
    return 0
