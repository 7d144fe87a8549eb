"""What is said while a run goes on and when it ends: progress, failures, the last line."""

import io
import logging
from pathlib import Path

import pandas as pd
import pytest
from report_toy import LMO2, toy_study, toy_tables, write_tables
from tumour_toy import tumour_study, tumour_tables

from integrasite.cli import progress
from integrasite.cli.answer import answer
from integrasite.cli.main import main
from integrasite.cli.progress import follow
from integrasite.cli.run_watch import SNAKEMAKE_LOGGER, RunWatch, watch_run
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import ANNOTATION, FLAGS, TRANSGENE
from integrasite.report.last_words import flag_words, tumour_words
from snakemake_logger_plugin_integrasite import LogHandler


def flags(*rows: tuple[str, str, str, str, int | None]) -> pd.DataFrame:
    columns = ["subject", "specimen", "site_id", "rule", "tier"]
    return as_table(pd.DataFrame(rows, columns=columns, dtype=object), FLAGS)


class TestLastLine:
    def test_clones_are_counted_once_by_their_strongest_tier(self):
        genes = as_table(pd.DataFrame({"site_id": ["s1"], "gene": ["LMO2"], "in_gene": [True]}), ANNOTATION)
        found = flag_words(
            flags(
                ("P1", "early", "s1", "near_known_event", 4),
                ("P1", "late", "s1", "dominant_20", 1),
                ("P1", "late", "s1", "near_known_event", 3),
                ("P2", "late", "s2", "grew", None),
                ("P2", "late", "s3", "near_known_event", 3),
                ("P2", "late", "s4", "near_known_event", 5),
                ("NTC", "NTC", "", "control_has_sites", None),
            ),
            genes,
        )
        assert found == (
            "tier 1: 1 clone, LMO2 s1 in late (dominant_20, near_known_event); "
            "tier not settled: 1 clone, no gene s2 in late (grew); "
            "tier 3: 1 clone, no gene s3 in late (near_known_event); "
            "1 clone only recorded (tier 4 or 5); "
            "1 finding on specimens and controls: NTC control_has_sites"
        )

    def test_nothing_is_said_to_be_nothing(self):
        assert flag_words(empty_table(FLAGS), empty_table(ANNOTATION)) == "nothing"
        assert tumour_words(empty_table(TRANSGENE)) == ""

    def test_verdicts_are_counted_most_telling_first(self):
        words = tumour_words(tumour_tables(tumour_study()).transgene)
        assert words.startswith(
            "POSITIVE: 2 (F1 cilta-cel and T1 cilta-cel); INDETERMINATE: 1 (T3 cilta-cel)"
        )
        assert "NOT EVALUABLE: 1 (T4 cilta-cel)" in words

    def test_the_command_names_the_report_last(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        write_tables(toy_tables(toy_study()), tmp_path)
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "index.html").write_text("x")
        assert main(["answer", str(tmp_path)]) == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith(
            f"Report:   {tmp_path}/report/index.html; flagged: tier 1: 1 clone, LMO2 {LMO2} in P1_"
        )
        assert "dominant_20" in last

    def test_a_run_of_single_targets_has_less_to_say(self, tmp_path: Path):
        lines = answer(tmp_path)
        assert lines[-1] == "Report:   not made by this run; flagged: not looked for"
        assert not any("Workbook" in line for line in lines)


def record(event: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, "x", 1, "", None, None)
    made.__dict__.update({"event": event, **fields})
    return made


def started(watch: RunWatch, number: int, rule: str, **wildcards: str) -> None:
    watch.handle(
        record("job_info", jobid=number, rule_name=rule, wildcards=wildcards, log=[f"logs/{rule}.log"])
    )


class TestRunWatch:
    def test_failed_jobs_are_named_with_their_logs(self):
        watch = RunWatch()
        started(watch, 1, "align", source="s1")
        started(watch, 2, "recruit", sample="T1")
        watch.handle(record("job_error", jobid=1, rule_name="align", log=["logs/align.log"]))
        watch.handle(record("job_error", jobid=2, rule_name="recruit", log=["logs/recruit.log"]))
        assert watch.failure(["whole.log"]) == [
            "Failed:   align s1; its log: logs/align.log",
            "Failed:   recruit T1 (and 1 more, above); its log: logs/recruit.log",
        ]
        assert watch.running == {}

    def test_what_succeeds_when_tried_again_has_not_failed(self):
        watch = RunWatch()
        started(watch, 1, "align", source="s1")
        watch.handle(record("job_error", jobid=1, rule_name="align", log=[]))
        watch.handle(record("job_finished", job_id=1))
        watch.handle(record("progress", done=1, total=3))
        assert watch.failed == {} and (watch.n_done, watch.n_jobs) == (1, 3)
        assert watch.failure("whole.log") == ["Failed:   read whole.log"]

    def test_records_without_an_event_are_ignored(self):
        watch = watch_run()
        logger = logging.getLogger(SNAKEMAKE_LOGGER)
        try:
            logger.warning("anything")
        finally:
            logger.removeHandler(watch)
        assert watch.jobs == {}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Moves on by `step` seconds each time it is asked."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


class TestFollow:
    def test_plain_lines_now_and_then(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        monkeypatch.setattr(progress, "time", Clock(12.0))
        assert list(follow(range(7), "align a", "blocks", total=7)) == list(range(7))
        assert capsys.readouterr().err.splitlines() == ["align a: 2 of 7 blocks", "align a: 5 of 7 blocks"]

    def test_a_short_command_says_nothing(self, capsys: pytest.CaptureFixture[str]):
        assert list(follow("abc", "x", "y")) == list("abc")
        assert capsys.readouterr().err == ""

    def test_a_count_of_its_own(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        monkeypatch.setattr(progress, "time", Clock(31.0))
        list(follow("a", "recruit T1", "pairs", lambda: 1_234_567))
        assert capsys.readouterr().err == "recruit T1: 1,234,567 pairs\n"

    def test_a_bar_on_a_terminal_goes_when_it_is_done(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("TERM", "xterm")
        stream = Terminal()
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setattr(progress, "time", Clock(1.0))
        assert list(follow(range(3), "align [a]", "blocks", total=3)) == [0, 1, 2]
        assert "align [a]: 2 of 3 blocks" in stream.getvalue()

    def test_errors_pass_through(self):
        def broken():
            yield 1
            raise ValueError("x")

        with pytest.raises(ValueError, match="x"):
            list(follow(broken(), "a", "b"))


class Settings:
    """What Snakemake tells its logger plugins."""

    stdout = False
    dryrun = False


class TestPlugin:
    def test_elsewhere_than_on_a_terminal_snakemake_speaks_itself(self, monkeypatch: pytest.MonkeyPatch):
        stream = io.StringIO()
        monkeypatch.setattr("sys.stderr", stream)
        handler = LogHandler(Settings(), None)
        handler.emit(record("job_info", jobid=1, rule_name="align", wildcards={}, log=[]))
        handler.close()
        assert not handler.writes_to_stream and stream.getvalue() == ""

    def test_on_a_terminal_jobs_errors_and_the_end_are_shown(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("TERM", "xterm")
        stream = Terminal()
        monkeypatch.setattr("sys.stderr", stream)
        handler = LogHandler(Settings(), None)
        assert handler.writes_to_stream
        for number, sample in ((1, "T1"), (2, "[T2]")):
            wildcards = {"sample": sample}
            handler.emit(record("job_info", jobid=number, rule_name="recruit", wildcards=wildcards, log=[]))
        handler.bars.refresh()
        handler.emit(record("job_finished", job_id=1))
        handler.emit(record("progress", done=1, total=2))
        broken = record("job_error", jobid=2, rule_name="recruit", log=[])
        broken.msg = "Error in rule recruit"
        handler.emit(broken)
        handler.close()
        text = stream.getvalue()
        assert "recruit [T2]" in text and "done: recruit T1" in text and "Error in rule recruit" in text
        assert handler.rows == {}
