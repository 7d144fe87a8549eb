"""YAML whose every key remembers its line, so that a problem can be shown where it stands."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from integrasite.errors import ConfigError

Key = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Leaves dates as text, so that a wrong date is one problem among others and not the end of reading."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class LinedYaml:
    """A parsed YAML mapping, the line of each of its keys, and the keys that stand twice.

    Args:
        data: the content.
        lines: key path (names and list indices) -> 1-based line.
        repeated: `(key path, first line, second line)` of keys given more than once.
    """

    data: dict[str, Any]
    lines: dict[Key, int] = field(default_factory=dict)
    repeated: list[tuple[Key, int, int]] = field(default_factory=list)

    def line(self, key: Key) -> int:
        """The line of a key, or of its nearest parent that is in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


def parse_yaml(text: str, name: str) -> LinedYaml:
    """Parse a YAML mapping.

    Args:
        text: the file's content.
        name: the file's name, for messages.

    Raises:
        ConfigError: if it is not YAML or not a mapping; the message names line and column.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(
                f"{name}: expected `key: value` lines (`samples:`, `reference:`, `vectors:` ...)"
            )
        parsed = LinedYaml({})
        _collect(node, (), parsed)
        parsed.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_not_yaml(error, name)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: is not YAML ({error})") from None
    finally:
        loader.dispose()
    return parsed


def _not_yaml(error: yaml.MarkedYAMLError, name: str) -> str:
    mark = error.problem_mark
    where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    hint = " Indent with spaces, not tabs." if "\\t" in str(error.problem) else ""
    return f"{name}{where}: is not YAML ({error.problem}).{hint}"


def _collect(node: yaml.Node, path: Key, parsed: LinedYaml) -> None:
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            parsed.lines[(*path, number)] = item.start_mark.line + 1
            _collect(item, (*path, number), parsed)
    elif isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key = (*path, str(key_node.value))
            line = key_node.start_mark.line + 1
            if key in parsed.lines:
                parsed.repeated.append((key, parsed.lines[key], line))
            parsed.lines[key] = line
            _collect(value_node, key, parsed)
