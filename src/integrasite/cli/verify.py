"""`integrasite verify`: check results against their run.json."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("results", type=Path, metavar="RESULTS", help="results folder with a run.json")


def run(arguments: argparse.Namespace) -> int:
    """Compare every output with its record; 1 if anything differs."""
    from integrasite.io.manifest import differences, read_manifest

    manifest = read_manifest(arguments.results)
    found = list(differences(arguments.results, manifest))
    for text in found:
        log(f"integrasite verify: {text}")
    n_outputs = len(manifest["outputs"])
    if found:
        log(f"integrasite verify: {len(found)} of {n_outputs} outputs differ from run.json")
        return 1
    print(f"{n_outputs} outputs are what run.json says")
    return 0
