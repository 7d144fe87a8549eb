"""Read a config and its sheet into a `Study`, or report everything that is wrong with them."""

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from integrasite.config.explain import FILL_IN, did_you_mean, explain, listed
from integrasite.config.nesting import model_at, without_blanks
from integrasite.config.row import ID_HINT, ID_PATTERN
from integrasite.config.settings import Config
from integrasite.config.sheet import Names, linker_problem, read_sheet
from integrasite.config.study import Study
from integrasite.config.yaml_lines import Key, LinedYaml, parse_yaml
from integrasite.errors import ConfigError, ProblemList
from integrasite.io.text import read_text
from integrasite.model.library import Library


def load_study(path: Path) -> Study:
    """Read config and sheet, resolve paths against the file that names them, fill in blanks.

    Opens the config and the sheet and nothing else: whether the files they name exist is for `check_study`.

    Args:
        path: the config file.

    Returns:
        The study, with its libraries in sheet order.

    Raises:
        ProblemList: with every problem of config and sheet, if there is one.
    """
    study, problems = read_study(path)
    if problems or study is None:
        raise ProblemList(problems)
    return study


def read_study(path: Path) -> tuple[Study | None, list[str]]:
    """Read config and sheet as far as they are right, for checks that want to go on after a problem.

    Args:
        path: the config file.

    Returns:
        The study with the rows that have no problem (None if the config has one), and every problem found.
    """
    try:
        parsed = parse_yaml(read_text(path, "config"), str(path))
    except ConfigError as error:
        return None, [str(error)]
    config, problems = _read_config(parsed, path)
    libraries, sheet_problems = _read_libraries(parsed, path)
    study = None if problems or config is None else Study(path, config, libraries)
    return study, problems + sheet_problems


def _read_config(parsed: LinedYaml, path: Path) -> tuple[Config | None, list[str]]:
    problems = [
        f"{path} line {second}, key '{_dotted(key)}': already stands on line {first}; remove one of them"
        for key, first, second in parsed.repeated
    ]
    config = None
    try:
        config = Config.model_validate(without_blanks(parsed.data, Config))
    except ValidationError as error:
        problems += [_config_problem(item, parsed, path) for item in error.errors(include_url=False)]
    problems += _unfilled_problems(parsed, path, problems)
    problems += _name_problems(parsed, path)
    problems += _linker_problems(parsed, path)
    return config, problems


def _unfilled_problems(parsed: LinedYaml, path: Path, known: list[str]) -> list[str]:
    """Places that `integrasite init` left open and whose kind (a path) lets any text pass."""
    problems = []
    for key in parsed.lines:
        value: Any = parsed.data
        for part in key:
            value = value.get(part) if isinstance(value, dict) else None
        problem = f"{path} line {parsed.line(key)}, key '{_dotted(key)}': is still to be filled in"
        if value == FILL_IN and problem not in known:
            problems.append(problem)
    return problems


def _dotted(key: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in key)


def _config_problem(error: Any, parsed: LinedYaml, path: Path) -> str:
    key: Key = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "missing":
        parent = f" line {parsed.line(key[:-1])}" if len(key) > 1 else ""
        return f"{path}{parent}, key '{_dotted(key)}': is missing (it is required)"
    where = f"{path} line {parsed.line(key)}, key '{_dotted(key)}'"
    if error["type"] == "extra_forbidden":
        model = model_at(Config, key[:-1])
        known = tuple(model.model_fields) if model else ()
        return (
            f"{where}: is not a known key (known here: {listed(known)}).{did_you_mean(str(key[-1]), known)}"
        )
    return f"{where}: {explain(error)}"


def _mapping(parsed: LinedYaml, name: str) -> dict[str, Any]:
    value = parsed.data.get(name)
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _name_problems(parsed: LinedYaml, path: Path) -> list[str]:
    return [
        f"{path} line {parsed.line((section, name))}, key '{section}.{name}': '{name}': {ID_HINT}"
        for section in ("vectors", "protocols")
        for name in _mapping(parsed, section)
        if not re.fullmatch(ID_PATTERN, name)
    ]


def _linker_problems(parsed: LinedYaml, path: Path) -> list[str]:
    problems = []
    for name, protocol in _mapping(parsed, "protocols").items():
        linker = protocol.get("linker") if isinstance(protocol, dict) else None
        if isinstance(linker, str) and (problem := linker_problem(linker)):
            line = parsed.line(("protocols", name, "linker"))
            problems.append(f"{path} line {line}, key 'protocols.{name}.linker': {problem}")
    return problems


def _declared_names(parsed: LinedYaml) -> Names:
    return Names(tuple(_mapping(parsed, "vectors")), tuple(_mapping(parsed, "protocols")))


def _read_libraries(parsed: LinedYaml, path: Path) -> tuple[tuple[Library, ...], list[str]]:
    name = parsed.data.get("samples")
    if not isinstance(name, str) or name == FILL_IN:
        return (), []  # said with the config's own problems
    sheet = path.parent / name
    try:
        return read_sheet(read_text(sheet, "sample sheet"), sheet, _declared_names(parsed))
    except ConfigError as error:
        return (), [f"{error} (named by {path} line {parsed.line(('samples',))})"]
