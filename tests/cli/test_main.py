"""The front door: which command runs, what it says and which code it returns."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from integrasite import __version__
from integrasite.cli import main as front
from integrasite.cli.main import COMMANDS, build_parser, main
from integrasite.errors import (
    ConfigError,
    DataError,
    GenomeError,
    IntegrasiteError,
    ProblemList,
    SheetError,
    ToolError,
)


@pytest.fixture
def command(monkeypatch):
    """Puts a function in the place of `integrasite verify`; it gets the parsed arguments."""

    def install(run):
        module = SimpleNamespace(
            add_arguments=lambda parser: parser.add_argument("--number", type=int, default=0), run=run
        )
        monkeypatch.setattr(front.importlib, "import_module", lambda name: module)

    return install


def raising(error):
    def run(arguments):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("c"), 2),
        (SheetError("s"), 2),
        (GenomeError("g"), 2),
        (ProblemList(["p", "q"]), 2),
        (DataError("d"), 1),
        (ToolError("t"), 1),
        (IntegrasiteError("i"), 1),
    ],
)
def test_errors_a_user_can_meet_have_a_message_and_a_code(error, code, command, capsys):
    command(raising(error))
    assert main(["verify"]) == code
    said = capsys.readouterr()
    assert said.err == f"integrasite verify: {error}\n"
    assert said.out == ""


def test_a_bug_shows_its_traceback_and_asks_for_a_report(command, capsys):
    command(raising(KeyError("oops")))
    assert main(["verify"]) == 3
    said = capsys.readouterr()
    assert "Traceback" in said.err and "KeyError: 'oops'" in said.err
    assert f"this is a bug in integrasite {__version__}; please report it" in said.err
    assert said.out == ""


def test_a_bug_while_a_command_is_loaded_is_a_bug_too(monkeypatch, capsys):
    def fail(name):
        raise ImportError("cannot import name 'gone'")

    monkeypatch.setattr(front.importlib, "import_module", fail)
    assert main(["verify"]) == 3
    assert "please report" in capsys.readouterr().err


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1), (2, 2)])
def test_a_command_s_answer_is_the_exit_code(returned, code, command):
    command(lambda arguments: returned)
    assert main(["verify"]) == code


def test_arguments_reach_the_command(command):
    seen = []
    command(lambda arguments: seen.append(arguments.number))
    assert main(["verify", "--number", "7"]) == 0
    assert seen == [7]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "COMMAND"),
        (["juggle"], "invalid choice: 'juggle'"),
        (["verify", "--number", "many"], "invalid int value: 'many'"),
        (["verify", "--no-such-option"], "unrecognized arguments"),
    ],
)
def test_wrong_calls_exit_with_2(argv, words, command, capsys):
    command(lambda arguments: 0)
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_a_reader_that_went_away_is_no_bug(command, capsys):
    command(raising(BrokenPipeError()))
    assert main(["verify"]) == 1
    assert "bug" not in capsys.readouterr().err


def test_a_message_with_percent_and_braces_is_said_as_it_is(command, capsys):
    command(raising(DataError("100 % of {reads} in C:\\x")))
    assert main(["verify"]) == 1
    assert capsys.readouterr().err == "integrasite verify: 100 % of {reads} in C:\\x\n"


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"integrasite {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_names_it(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: integrasite {name}")
    assert COMMANDS[name][1].split()[0] in said


def test_the_list_of_commands_names_all(capsys):
    text = build_parser().format_help()
    assert all(name in text for name in COMMANDS)


def test_the_front_door_is_light():
    """Help must come at once: no table library is loaded before a command runs."""
    check = (
        "import sys, importlib\n"
        "from integrasite.cli.main import COMMANDS\n"
        "for module, _ in COMMANDS.values(): importlib.import_module('integrasite.cli.' + module)\n"
        "print([name for name in ('pandas', 'scipy', 'pyarrow', 'numba', 'pysam') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "integrasite.cli.main", "verify"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "required" in done.stderr
