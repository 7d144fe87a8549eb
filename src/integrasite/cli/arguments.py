"""Arguments that several commands share."""

import argparse
from pathlib import Path


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config C`."""
    parser.add_argument("--config", type=Path, required=True, help="the study's config.yaml")


def add_output(parser: argparse.ArgumentParser, help_text: str) -> None:
    """`-o OUT`."""
    parser.add_argument("-o", "--output", type=Path, required=True, help=help_text)


def log(text: str) -> None:
    """One line to stderr, where logs go."""
    import sys

    print(text, file=sys.stderr, flush=True)
