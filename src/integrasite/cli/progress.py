"""How far a long command is: a bar on a terminal, else a plain line now and then; nothing of it goes into outputs."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from integrasite.cli.arguments import log

EVERY_SECONDS = 30.0
"""Time between two plain lines; a command that ends sooner writes none."""
_REDRAW_SECONDS = 0.2
Item = TypeVar("Item")


def follow(
    items: Iterable[Item],
    words: str,
    unit: str,
    done: Callable[[], int] | None = None,
    total: int | None = None,
) -> Iterator[Item]:
    """Yield the items and show on stderr how many are done.

    Args:
        items: what is worked through.
        words: what is being done, e.g. "recruit T1".
        unit: what is counted, e.g. "pairs".
        done: how many units are done (asked seldom); default: the items that were worked through.
        total: how many there will be, where that is known.
    """
    is_terminal = sys.stderr.isatty()
    wait = _REDRAW_SECONDS if is_terminal else EVERY_SECONDS
    show = _bar(words, unit, total) if is_terminal else _line(words, unit, total)
    shown = time.monotonic()
    try:
        for number, item in enumerate(items):
            now = time.monotonic()
            if now - shown >= wait:
                shown = now
                show(number if done is None else done())
            yield item
    finally:
        show(None)


def _line(words: str, unit: str, total: int | None) -> Callable[[int | None], None]:
    def show(n: int | None) -> None:
        if n is not None:
            log(f"{words}: {n:,}{'' if total is None else f' of {total:,}'} {unit}")

    return show


def _bar(words: str, unit: str, total: int | None) -> Callable[[int | None], None]:
    """A bar that begins with the first number and goes with None; without a total it only moves."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bars.add_task(escape(words), total=total)

    def show(n: int | None) -> None:
        if n is None:
            bars.stop()
            return
        bars.start()
        amount = f"{n:,}{'' if total is None else f' of {total:,}'} {unit}"
        bars.update(task, completed=n, description=escape(f"{words}: {amount}"))

    return show
