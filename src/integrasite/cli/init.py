"""`integrasite init DIR`: a commented config, an empty sheet and a README for a new study."""

import argparse
from pathlib import Path

from integrasite.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "directory", type=Path, metavar="DIR", help="folder of the study; made if it is not there"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the files, or none of them if one is already there."""
    from integrasite.config.scaffold import study_files
    from integrasite.io.atomic import write_text

    folder: Path = arguments.directory
    files = study_files()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; give the folder that the study's files are to be written to")
    present = [name for name in files if (folder / name).exists()]
    if present:
        raise ConfigError(
            f"{folder}: {', '.join(present)} already there; nothing was written. "
            "Choose another folder, or move them away first."
        )
    for name, text in files.items():
        write_text(folder / name, text)
    print(f"wrote {', '.join(str(folder / name) for name in files)}")
    print(f"next: fill them in, then run: integrasite check --config {folder / 'config.yaml'}")
