"""The layers of the package, and who may touch the world outside it: read from the source, nothing is run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "integrasite"
ORDER = [
    "errors", "model", "io config kernels",
    "reads", "align", "junctions", "sites", "abundance", "transgene", "annotate", "curate", "analyse", "simulate",
    "flags", "report", "cli",
]  # fmt: skip
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names.split()}
"""A module may import from its own part, from parts of the same rank, and from lower ranks."""

MAX_LINES = 400
FILE_METHODS = {
    "open",
    "read_text",
    "write_text",
    "read_bytes",
    "write_bytes",
    "touch",
    "unlink",
    "mkdir",
    "rmdir",
}
FILE_CALLS = {
    "open",
    "xopen",
    "FastaFile",
    "FastxFile",
    "VariantFile",
    "read_csv",
    "read_parquet",
    "read_table",
}
OUTSIDE = {"subprocess", "random", "time", "secrets", "uuid", "socket", "logging"}
WORLD = {
    "environ",
    "getenv",
    "now",
    "today",
    "utcnow",
    "system",
    "popen",
    "stdin",
    "stdout",
    "stderr",
    "exit",
}
STARTS_PROGRAMS = {"align.command"}
"""Beside one module of `io`."""


class Module:
    """One source file.

    Args:
        name: dotted, without the package (`io.tables`, `cli.main`, `errors`).
        source: its text.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.part = name.split(".")[0]
        self.tree = ast.parse(source)
        self.n_lines = source.count("\n")

    def imports(self, *, at_start: bool = False) -> Iterator[str]:
        """Every module of the package that is imported, also inside functions; `at_start`: only when this one is."""
        for node in _start_nodes(self.tree) if at_start else ast.walk(self.tree):
            yield from _imported(node)

    def outside_imports(self) -> set[str]:
        """Top-level names of other packages that are imported."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
        return found

    def calls(self) -> Iterator[tuple[str, bool, int]]:
        """Name, whether it is an attribute (`x.name()`), and line of every call; of text in memory nothing is opened."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or (node.args and "StringIO(" in ast.unparse(node.args[0])):
                continue
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, True, node.lineno
            elif isinstance(node.func, ast.Name):
                yield node.func.id, False, node.lineno


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: imports are written in full"
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return
    yield from (name.removeprefix("integrasite.") for name in names if name.startswith("integrasite."))


def _start_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements that run on import: not in functions, not under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _start_nodes(node)


def wrong_layers(module: Module) -> list[str]:
    """Imports of a part to the right."""
    return [
        f"{module.name} imports {name}"
        for name in module.imports()
        if (part := name.split(".")[0]) in RANK and RANK[part] > RANK[module.part]
    ]


def opened_files(module: Module) -> list[str]:
    """Calls that open, make or remove files, where that is not the module's part; our own functions are named alike."""
    if module.part == "io":
        return []
    own = {name.rsplit(".", 1)[-1] for name in module.imports()}
    return [
        f"{module.name} line {line}: {name}"
        for name, is_method, line in module.calls()
        if (name in FILE_METHODS and is_method) or (name in FILE_CALLS and (is_method or name not in own))
    ]


def worldly(module: Module) -> list[str]:
    """Use of the clock, the environment, unseeded randomness, the streams, where only the command line may."""
    if module.part == "cli":
        return []
    allowed = {"subprocess"} if module.part == "io" or module.name in STARTS_PROGRAMS else set()
    found = [
        f"{module.name} imports {name}" for name in sorted(module.outside_imports() & (OUTSIDE - allowed))
    ]
    if "argparse" in module.outside_imports():
        found.append(f"{module.name} imports argparse")
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in WORLD
            and _owner(node) in {"os", "sys", "datetime", "date"}
        ):
            found.append(f"{module.name} line {node.lineno}: {_owner(node)}.{node.attr}")
    for name, is_method, line in module.calls():
        if name in ("print", "input", "exit", "breakpoint") and not is_method:
            found.append(f"{module.name} line {line}: {name}()")
    return found


def _owner(node: ast.Attribute) -> str:
    return ast.unparse(node.value).split(".")[-1]


def unseeded(module: Module) -> list[str]:
    """Generators without a seed, and numpy's global one."""
    return [
        f"{module.name} line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and "random" in ast.unparse(node.func)
        and not (node.args or node.keywords)
        and ast.unparse(node.func).endswith(("default_rng", "PCG64", "random.seed"))
    ]


@cache
def all_modules() -> tuple[Module, ...]:
    """Every module of the package."""
    modules = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            modules.append(Module(name, path.read_text(encoding="utf-8")))
    return tuple(modules)


def cycles(modules: tuple[Module, ...]) -> list[str]:
    """Circles of imports that run when a module is imported."""
    names = {module.name for module in modules}
    edges = {m.name: {_module_of(name, names) for name in m.imports(at_start=True)} - {""} for m in modules}
    found: list[str] = []
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            found.append(" -> ".join([*trail[trail.index(name) :], name]))
        elif name not in done:
            for other in sorted(edges[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())
    return found


def _module_of(name: str, names: set[str]) -> str:
    """The module that a dotted name stands in (`io.tables.write_tsv` stands in `io.tables`)."""
    while name and name not in names:
        name = name.rpartition(".")[0]
    return name


def listed(found: list[str]) -> str:
    return "\n".join(["", *found])


def test_every_part_has_a_layer() -> None:
    parts = {module.part for module in all_modules()}
    assert parts <= set(RANK), f"no layer is known for {sorted(parts - set(RANK))}"
    assert {"errors", "model", "io", "config", "kernels", "flags", "report", "cli"} <= parts


def test_imports_go_to_the_left() -> None:
    found = [text for module in all_modules() for text in wrong_layers(module)]
    assert not found, listed(found)


def test_no_module_imports_itself_by_a_detour() -> None:
    found = cycles(all_modules())
    assert not found, listed(found)


def test_only_io_opens_files() -> None:
    found = [text for module in all_modules() for text in opened_files(module)]
    assert not found, listed(found)


def test_only_the_command_line_prints_exits_or_knows_the_clock() -> None:
    found = [text for module in all_modules() for text in worldly(module)]
    assert not found, listed(found)


def test_randomness_has_a_seed() -> None:
    found = [text for module in all_modules() for text in unseeded(module)]
    assert not found, listed(found)


def test_programs_are_started_by_one_module_of_io_and_the_aligner() -> None:
    users = {module.name for module in all_modules() if "subprocess" in module.outside_imports()}
    assert "align.command" in users
    assert all(name.startswith("io.") for name in users - STARTS_PROGRAMS), users
    assert len(users - STARTS_PROGRAMS) <= 1, users


def test_modules_are_short() -> None:
    found = [
        f"{module.name}: {module.n_lines} lines" for module in all_modules() if module.n_lines > MAX_LINES
    ]
    assert not found, listed(found)


@pytest.mark.parametrize(
    ("name", "source", "check"),
    [
        (
            "io.a",
            "def f():\n    from integrasite.sites.call import g\n",
            wrong_layers,
        ),  # also inside a function
        ("junctions.a", "import integrasite.sites.call\n", wrong_layers),  # stages are in order
        ("model.a", "from integrasite import io\n", wrong_layers),
        ("report.a", "from integrasite.cli import main\n", wrong_layers),
        ("sites.a", "def f(path):\n    return path.read_text()\n", opened_files),
        ("reads.a", "def f(name):\n    return open(name)\n", opened_files),
        ("flags.a", "import pandas as pd\nx = pd.read_csv('a')\n", opened_files),
        ("kernels.a", "print('a')\n", worldly),
        ("report.a", "import datetime\nx = datetime.datetime.now()\n", worldly),
        ("sites.a", "import os\nx = os.environ['A']\n", worldly),
        ("sites.a", "import subprocess\n", worldly),
        ("simulate.a", "import numpy as np\nr = np.random.default_rng()\n", unseeded),
    ],
)
def test_the_checks_find_what_they_look_for(name: str, source: str, check: object) -> None:
    assert callable(check)
    assert len(check(Module(name, source))) == 1


def test_circles_are_found_and_lazy_imports_are_none() -> None:
    one = Module("io.a", "from integrasite.config.b import f\n")
    circle = Module("config.b", "import integrasite.io.a\n")
    lazy = Module("config.b", "def f():\n    from integrasite.io import a\n")
    assert cycles((one, circle)) == ["config.b -> io.a -> config.b"]
    assert cycles((one, lazy)) == []
