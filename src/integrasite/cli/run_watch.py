"""Follow a run of the workflow through Snakemake's log records: which jobs run, which failed, where their logs are."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SNAKEMAKE_LOGGER = "snakemake.logging"
"""Name of the logger that Snakemake writes all its records to."""


@dataclass(frozen=True)
class Job:
    """One job: its rule, what it is about (wildcards), and its log."""

    rule: str
    about: str = ""
    log: str = ""

    @property
    def name(self) -> str:
        """Rule and sample, subject or source, as people read them."""
        return " ".join(filter(None, (self.rule, self.about)))


class RunWatch(logging.Handler):
    """Keeps the jobs that run and those that failed; a job that failed and then succeeded has not failed."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[int, Job] = {}
        self.running: dict[int, Job] = {}
        self.failed: dict[int, Job] = {}
        self.n_done = 0
        self.n_jobs = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record; records without an event are of no interest."""
        event = str(getattr(record, "event", "") or "")
        known: Mapping[str, Any] = vars(record)
        if event == "job_info":
            self.jobs[known["jobid"]] = self.running[known["jobid"]] = _job(known)
        elif event == "job_error":
            number = known["jobid"]
            self.running.pop(number, None)
            self.failed[number] = self.jobs.get(number) or _job(known)
        elif event == "job_finished":
            self.running.pop(known["job_id"], None)
            self.failed.pop(known["job_id"], None)
        elif event == "progress":
            self.n_done, self.n_jobs = known["done"], known["total"]

    def failure(self, logs: str | Sequence[str]) -> list[str]:
        """Lines on a failed run: every job that failed with its log; the last one says what to read.

        Args:
            logs: Snakemake's own log of the run, or several.
        """
        whole = logs if isinstance(logs, str) else " ".join(logs)
        jobs = list(self.failed.values())
        if not jobs:
            return [f"Failed:   read {whole}"]
        lines = [f"Failed:   {job.name}; its log: {job.log or whole}" for job in jobs[:-1]]
        more = f" (and {len(jobs) - 1} more, above)" if len(jobs) > 1 else ""
        return [*lines, f"Failed:   {jobs[-1].name}{more}; its log: {jobs[-1].log or whole}"]


def _job(known: Mapping[str, Any]) -> Job:
    wildcards = known.get("wildcards") or {}
    return Job(
        str(known.get("rule_name") or "a rule"),
        " ".join(str(value) for value in wildcards.values()),
        " ".join(str(path) for path in known.get("log") or ()),
    )


def watch_run() -> RunWatch:
    """Follow the run of this process from here on."""
    watch = RunWatch()
    logging.getLogger(SNAKEMAKE_LOGGER).addHandler(watch)
    return watch
