"""Problems and warnings, collected while a study is checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Findings:
    """Problems stop a run; warnings are for a person to read.

    Args:
        problems: messages, in the order they were found.
        warnings: messages, in the order they were found.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        """Add a problem."""
        self.problems.append(text)

    def warn(self, text: str) -> None:
        """Add a warning."""
        self.warnings.append(text)


def line_list(lines: Iterable[int], most: int = 5) -> str:
    """Line numbers for a message.

    >>> line_list([3])
    'line 3'
    >>> line_list([2, 3, 4, 5, 6, 7, 8])
    'lines 2, 3, 4, 5, 6 and 2 more'
    """
    numbers = sorted(set(lines))
    shown = ", ".join(str(number) for number in numbers[:most])
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return f"line{'s' if len(numbers) > 1 else ''} {shown}{more}"
