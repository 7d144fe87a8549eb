"""Snakemake's logger plugin `integrasite`: on a terminal one bar for the run and one line per running job.

Used by `profiles/`. Anywhere else than on a terminal Snakemake's own plain lines stay as they are.
"""

import sys
from logging import LogRecord
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from snakemake_interface_logger_plugins.base import LogHandlerBase

from integrasite.cli.run_watch import RunWatch

_HIDDEN = frozenset(
    ("job_info", "job_started", "shellcmd", "progress", "resources_info", "run_info", "group_info", "rulegraph", "debug_dag")
)  # fmt: skip
"""Events that the bars show, or that say nothing while a run goes well."""


class LogHandler(LogHandlerBase):
    """Shows the run on a terminal; elsewhere it does nothing."""

    def __post_init__(self) -> None:
        """Prepare, but draw nothing yet: a dry run has no bar."""
        self.stream: Any = sys.stdout if self.common_settings.stdout else sys.stderr
        self.is_shown = bool(self.stream.isatty()) and not self.common_settings.dryrun
        self.console = Console(file=self.stream)
        self.watch = RunWatch()
        self.rows: dict[int, TaskID] = {}
        self.bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        self.total: TaskID | None = None

    def emit(self, record: LogRecord) -> None:
        """Move the bars; what is no event of the run is printed above them as Snakemake words it."""
        if not self.is_shown:
            return
        self.watch.emit(record)
        event = str(getattr(record, "event", "") or "")
        if event in ("job_info", "progress", "job_finished", "job_error"):
            self._draw(record, event)
        if event == "job_finished" or event in _HIDDEN:
            return
        text = self.format(record)
        if text and text != "None":
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _draw(self, record: LogRecord, event: str) -> None:
        if self.total is None:
            self.total = self.bars.add_task("all steps", total=None)
            self.bars.start()
        if event == "progress":
            self.bars.update(self.total, completed=self.watch.n_done, total=self.watch.n_jobs)
        for number in [number for number in self.rows if number not in self.watch.running]:
            self.bars.remove_task(self.rows.pop(number))
        for number, job in self.watch.running.items():
            if number not in self.rows:
                self.rows[number] = self.bars.add_task(f"  {escape(job.name)}", total=None)
        if event == "job_finished":
            done = self.watch.jobs.get(vars(record)["job_id"])
            if done is not None:
                self.console.print(f"done: {done.name}", markup=False, highlight=False)

    def close(self) -> None:
        """Take the bars away."""
        if self.total is not None:
            self.bars.stop()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        """Whether it takes the place of Snakemake's own lines: on a terminal only."""
        return self.is_shown

    @property
    def writes_to_file(self) -> bool:
        """Never: Snakemake's plain log stands below `.snakemake/log/`."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake's own, which knows `--quiet`."""
        return False

    @property
    def has_formatter(self) -> bool:
        """Snakemake's own."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """Not needed."""
        return False
