"""Hand on what a generator makes from a thread of its own, so that reading and computing go on side by side."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

_AHEAD = 8
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def read_ahead(items: Generator[_Item]) -> Generator[_Item]:
    """The same items in the same order, made by another thread; its errors are raised here."""
    waiting: Queue[tuple[_Item] | BaseException | None] = Queue(maxsize=_AHEAD)
    is_closed = Event()

    def put(item: tuple[_Item] | BaseException | None) -> bool:
        while not is_closed.is_set():
            try:
                waiting.put(item, timeout=0.1)
                return True
            except Full:
                continue
        return False

    def work() -> None:
        try:
            with closing(items):
                for item in items:
                    if not put((item,)):
                        return  # nobody wants the rest
            put(None)
        except BaseException as error:  # handed to the other thread, which raises it
            put(error)

    worker = Thread(target=work, daemon=True)
    worker.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        is_closed.set()
        worker.join()


def map_in_order(
    function: Callable[[_Item], _Answer], items: Iterable[_Item], threads: int
) -> Iterator[_Answer]:
    """Answers in the order of the items, computed by several threads; never more than two items a thread wait."""
    if threads <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        running: list[Future[_Answer]] = []
        for item in items:
            running.append(pool.submit(function, item))
            if len(running) >= 2 * threads:
                yield running.pop(0).result()
        for future in running:
            yield future.result()
