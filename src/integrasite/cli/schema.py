"""`integrasite schema config|samples`: the JSON schema of the config or of a row of the sheet, as YAML."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("what", choices=("config", "samples"), help="which schema to print")


def run(arguments: argparse.Namespace) -> None:
    """Print one schema."""
    from integrasite.config.schema import schema_yaml

    print(schema_yaml(arguments.what), end="")
