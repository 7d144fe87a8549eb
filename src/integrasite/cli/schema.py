"""`integrasite schema config|samples|summary`: JSON schemas of the config, of a row of the sheet, of `summary.json`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "what",
        choices=("config", "samples", "summary"),
        help="which schema to print: config and samples as YAML, summary as JSON",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print one schema."""
    from integrasite.config.schema import schema_yaml
    from integrasite.report.summary_schema import summary_schema_text

    text = summary_schema_text() if arguments.what == "summary" else schema_yaml(arguments.what)
    print(text, end="")
