"""The log: one line per record, no secrets, no forged lines, no harm to the caller."""

import io
import json
import logging
import os
import re
import resource
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.host import logs
from maestrod.host.logs import JournalFormatter, JsonFormatter, LogFile, clean, is_journal, logging_to, redact

SIGNATURE = "0123456789abcdef" * 4
SESSION = "ses_" + "0" * 26
TOKEN = f"{SESSION}.3.{SIGNATURE}"

log = logging.getLogger("maestrod.test")


def record(message: str, *args: object, level: int = logging.INFO, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("maestrod.test", level, "file.py", 1, message, args, exc_info)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        f"refused {TOKEN}",
        f"Authorization: Bearer {SIGNATURE}",
        f"authorization=Basic {SIGNATURE}",
        f'{{"sessionToken": "{SIGNATURE}"}}',
        f'{{"sessionToken":"{SIGNATURE} with spaces {SIGNATURE}"}}',
        f"MAESTRO_SESSION_TOKEN={SIGNATURE}",
        f"GET /ws?token={SIGNATURE}&since=4",
        f"ANTHROPIC_API_KEY='{SIGNATURE}'",
        f"client_secret = {SIGNATURE}",
        f"Cookie: maestro={SIGNATURE}",
        f"key sk-ant-{SIGNATURE}",
        f"ghp_{SIGNATURE}",
    ],
)
def test_secrets_never_reach_a_line(text: str) -> None:
    for formatter in (JsonFormatter(), JournalFormatter()):
        for line in (formatter.format(record("%s", text)), formatter.format(record(text.replace("%", "%%")))):
            assert "0123456789abcdef" not in line
            assert "[redacted]" in line


def test_details_that_help_to_find_the_cause_stay() -> None:
    assert redact(f"stale {TOKEN}") == f"stale {SESSION}.3.[redacted]"
    assert redact("GET /ws?token=abc&since=4") == "GET /ws?token=[redacted]&since=4"
    harmless = f"journal segment 00000000000000000017.jsonl sha256 {SIGNATURE} of {SESSION} tokens used"
    assert redact(harmless) == harmless


@given(st.text(max_size=300))
def test_any_message_is_one_line_in_both_forms(text: str) -> None:
    decoded = json.loads(JsonFormatter().format(record("%s", text)))
    assert decoded["message"] == clean(text)
    for line in (JsonFormatter().format(record("%s", text)), JournalFormatter().format(record("%s", text))):
        assert len(line.splitlines()) == 1
        assert line.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", line)
        line.encode()


def test_a_message_cannot_forge_a_record() -> None:
    line = JournalFormatter().format(record("user said %s", "hi\n<0>kernel: panic\x1b[2J\u202e"))
    assert line == r"<6>maestrod.test: user said hi\x0a<0>kernel: panic\x1b[2J\u202e"


def test_cleaning_hostile_text_takes_linear_time() -> None:
    for piece in ("x", "token", "bearer ", "token  ", "ses_", "sk-", "'", "a-"):
        started = time.thread_time()  # a busy machine does not count
        clean(piece * (logs.MESSAGE_LIMIT // len(piece)))
        assert time.thread_time() - started < 0.5, piece  # quadratic patterns took seconds


def test_a_message_is_bounded() -> None:
    assert len(clean("x" * 10_000_000)) < logs.MESSAGE_LIMIT + 50
    assert clean("x" * 10_000).endswith("... (1808 more)")


@pytest.mark.parametrize(
    "level, priority",
    [
        (logging.DEBUG, 7),
        (logging.INFO, 6),
        (logging.WARNING, 4),
        (logging.ERROR, 3),
        (logging.CRITICAL, 2),
    ],
)
def test_lines_for_the_system_journal_have_syslog_priorities(level: int, priority: int) -> None:
    assert JournalFormatter().format(record("x", level=level)) == f"<{priority}>maestrod.test: x"


def test_incident_and_session_ids_are_logged_with_the_record() -> None:
    tagged = record("refused")
    tagged.incident, tagged.session = "inc_1\n<0>", SESSION
    assert (
        JournalFormatter().format(tagged) == rf"<6>maestrod.test: refused [incident=inc_1\x0a<0>] [session={SESSION}]"
    )
    assert json.loads(JsonFormatter().format(tagged))["session"] == SESSION


def test_tracebacks_are_kept_and_cleaned() -> None:
    try:
        raise ValueError(f"bad token={SIGNATURE}\n<0>forged")
    except ValueError as error:
        failed = record("it failed", level=logging.ERROR, exc_info=(type(error), error, error.__traceback__))
    journal = JournalFormatter().format(failed).splitlines()
    assert all(line.startswith("<3>") for line in journal)
    exception = json.loads(JsonFormatter().format(failed))["exception"]
    assert exception[0] == "Traceback (most recent call last):"
    for text in ("\n".join(journal), "\n".join(exception)):
        assert "ValueError: bad token=[redacted]" in text and SIGNATURE not in text


def test_without_a_journal_the_file_gets_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "log" / "maestrod.log"
    with logging_to(path, level="info"):
        log.info("session %s started", SESSION)
        log.debug("not this")
    log.error("nor this")
    [entry] = lines_of(path)
    assert entry == {
        "at": entry["at"],
        "level": "info",
        "logger": "maestrod.test",
        "message": f"session {SESSION} started",
    }
    assert entry["at"] > 1_600_000_000_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_under_the_system_journal_stderr_gets_priorities(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("w") as stream:
        status = os.fstat(stream.fileno())
        with logging_to(tmp_path / "log", journal_stream=f"{status.st_dev}:{status.st_ino}", stream=stream):
            log.warning("careful")
    assert path.read_text() == "<4>maestrod.test: careful\n"
    assert not (tmp_path / "log").exists()


def test_in_the_foreground_json_lines_go_to_stderr() -> None:
    stream = io.StringIO()
    with logging_to(None, stream=stream):
        log.warning("careful")
    assert json.loads(stream.getvalue())["message"] == "careful"


@given(st.none() | st.text(max_size=20) | st.tuples(st.integers(0), st.integers(0)).map("{0[0]}:{0[1]}".format))
def test_only_the_stream_itself_counts_as_the_journal(value: str | None) -> None:
    with Path(os.devnull).open("w") as stream:
        status = os.fstat(stream.fileno())
        assert is_journal(stream, value) == (value == f"{status.st_dev}:{status.st_ino}")
    assert not is_journal(io.StringIO(), value)


def test_the_log_rotates_and_old_ones_are_deleted(tmp_path: Path) -> None:
    handler = LogFile(tmp_path / "log", rotate_at=2000, kept=2)
    handler.setFormatter(JsonFormatter())
    for number in range(200):
        handler.emit(record("line %d of many", number))
    handler.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["log", "log.1", "log.2"]
    assert all(file.stat().st_size <= 2000 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert lines_of(tmp_path / "log")[-1]["message"] == "line 199 of many"


def test_standard_error_redirected_to_the_log_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    other = os.open(tmp_path / "other", os.O_WRONLY | os.O_CREAT)
    stderr = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    handler = LogFile(path, rotate_at=500, kept=1, outputs=(stderr, other))
    handler.setFormatter(JsonFormatter())
    for number in range(20):
        handler.emit(record("line %d", number))
    os.write(stderr, b"Fatal Python error\n")
    os.write(other, b"elsewhere\n")
    handler.close()
    os.close(stderr)
    os.close(other)
    assert path.read_text().endswith("Fatal Python error\n")
    assert (tmp_path / "other").read_text() == "elsewhere\n"
    assert (tmp_path / "log.1").exists()


def test_fault_15_a_removed_log_returns(tmp_path: Path) -> None:
    path = tmp_path / "log" / "maestrod.log"
    with logging_to(path):
        log.info("one")
        shutil.rmtree(path.parent)
        log.info("two")
    assert [entry["message"] for entry in lines_of(path)] == ["two"]


def test_fault_17_an_unwritable_log_is_counted_and_affects_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with logging_to(path) as handler:
        assert isinstance(handler, LogFile)
        log.info("before")
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
        try:
            log.info("refused by the system")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert handler.lost == 1
        log.info("after")
    assert (lines_of(path)[0]["message"], lines_of(path)[-1]["message"]) == ("before", "after")
    assert capsys.readouterr().err == ""


def test_fault_17_closing_on_a_full_disk_affects_nobody() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with logging_to(full) as handler:
        log.info("lost")
    assert isinstance(handler, LogFile) and handler.lost == 2


def test_an_unknown_level_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown log level 'loud'"), logging_to(tmp_path / "log", level="loud"):
        pass
