"""The errors a user can meet. Each message says where, what, what was expected and how to mend it."""

from collections.abc import Iterable


class IntegrasiteError(Exception):
    """Base of every error that is not a bug; carries the exit code the command line returns."""

    exit_code = 1


class ConfigError(IntegrasiteError):
    """The call, the config or one of the files it names is wrong."""

    exit_code = 2


class SheetError(ConfigError):
    """The sample sheet is wrong."""


class GenomeError(ConfigError):
    """Genome, annotation, blacklist and vector do not fit each other."""


class DataError(IntegrasiteError):
    """The data (reads, tables) is damaged or not what the config says."""


class ToolError(IntegrasiteError):
    """An external program is missing or failed."""


class ProblemList(ConfigError):  # noqa: N818
    """Every problem found in a study's config, sheet and files, reported at once.

    Args:
        problems: one message per problem, in the order they should be read.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(format_problems(self.problems))


def format_problems(problems: tuple[str, ...]) -> str:
    """Number the problems as a person reads them, one a line."""
    head = f"{len(problems)} problem{'s' if len(problems) != 1 else ''} found:"
    return "\n".join([head, *(f"{number:>3}. {text}" for number, text in enumerate(problems, 1))])
