"""The daemon's log: one record per line, without secrets, and safe against forged records.

Under systemd it goes to stderr, each line with the syslog priority that journald reads (sd-daemon(3)); otherwise to a
rotating file of JSON lines. Messages may contain bytes from agents, hooks and web pages, so the formatter, where no
caller can forget it, redacts, escapes and shortens each of them.
"""

import io
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

#: Maximum characters of one message: an attacker's bytes must not fill the disk.
MESSAGE_LIMIT = 8192

#: Bytes of the log before it rotates, and how many old logs are kept.
ROTATE_AT = 5 * 1024 * 1024
KEPT = 3

#: The parent of every logger of the daemon.
ROOT = "maestrod"

#: The ids that a caller may add with ``extra=``, by which related records are found.
CONTEXT = ("incident", "session", "connection")

_REDACTED = "[redacted]"

#: Patterns of secrets, each with its replacement: see :func:`redact`.
_SECRETS = (
    # a session token: only the signature is secret, not the session and attempt
    (re.compile(r"\b(ses_[0-9a-z]{26}\.[0-9]+\.)[0-9a-fA-F]{16,}"), rf"\1{_REDACTED}"),
    (re.compile(r"(?i)\b(bearer|basic)([ \t]+)[^\s\"',;]+"), rf"\1\2{_REDACTED}"),
    (
        re.compile(
            # repetitions are bounded: this reads attackers' text
            r"(?i)((?:token|secret|password|passwd|api[_-]?key|authorization|cookie)[\w-]{0,40}[\"']?[ \t]{0,4}[:=][ \t]{0,4})"
            r"(?:\"[^\"]*\"?|'[^']*'?|(?!(?:bearer|basic)\b)[^\s\"',;&}\])]+)"
        ),
        rf"\1{_REDACTED}",
    ),
    # keys in the formats of well-known issuers
    (re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bAKIA[0-9A-Z]{16}\b"), _REDACTED),
)

#: C0 and C1 controls, line and paragraph separators, and the marks that reorder the display.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

#: sd-daemon(3): the syslog priorities.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG_PRIORITY = 7


def redact(text: str) -> str:
    """Replace values that look like secrets; their names stay."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def escape(text: str) -> str:
    """Put ``text`` on one line: characters that end a line, move the cursor or reorder the display become hex escapes."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def clean(text: str) -> str:
    """Make ``text`` safe to log: shorten, redact and escape it."""
    if len(text) > MESSAGE_LIMIT:
        text = text[:MESSAGE_LIMIT] + f"... ({len(text) - MESSAGE_LIMIT} more)"
    return escape(redact(text))


def _traceback(record: logging.LogRecord) -> list[str]:
    """The lines of the record's exception, each cleaned. The record's own cache is not clean, so it is not used."""
    if not record.exc_info or record.exc_info[0] is None:
        return []
    return [clean(line) for line in logging.Formatter().formatException(record.exc_info).splitlines()]


def _context(record: logging.LogRecord) -> dict[str, str]:
    """The ids that the caller added."""
    return {name: clean(str(getattr(record, name))) for name in CONTEXT if hasattr(record, name)}


class JsonFormatter(logging.Formatter):
    """``{"at", "level", "logger", "message", ids..., "exception"?}`` in one line; ``at`` is milliseconds since the epoch."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": int(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage()),
            **_context(record),
        }
        lines = _traceback(record)
        if lines:
            entry["exception"] = lines
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


class JournalFormatter(logging.Formatter):
    """``<priority>logger: message [id=...]``; the lines of a traceback follow with the same priority."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), _DEBUG_PRIORITY)
        ids = "".join(f" [{name}={value}]" for name, value in _context(record).items())
        lines = [f"{record.name}: {clean(record.getMessage())}{ids}", *_traceback(record)]
        return "\n".join(f"<{priority}>{line}" for line in lines)


class LogFile(RotatingFileHandler):
    """A rotating log that only its owner can read. It is recreated if it was removed, and logging never raises.

    ``lost`` counts the records that could not be written, as on a full disk. ``outputs`` are descriptors (stdout and
    stderr); those that are open on this file, as for a daemon started by ``maestroctl``, are redirected to the new file
    when the log rotates. So a crash prints at the end of the log, and no old file grows.
    """

    def __init__(
        self, path: Path, rotate_at: int = ROTATE_AT, kept: int = KEPT, outputs: tuple[int, ...] = (1, 2)
    ) -> None:
        self.lost = 0
        self._outputs = [descriptor for descriptor in outputs if _is_same_file(descriptor, path)]
        super().__init__(path, maxBytes=rotate_at, backupCount=kept, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> io.TextIOWrapper:
        folder = Path(self.baseFilename).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stream = open(  # noqa: SIM115 - the handler closes it
            self.baseFilename,
            "a",
            encoding=self.encoding,
            errors=self.errors,
            opener=lambda path, flags: os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600),
        )
        for descriptor in self._outputs:
            os.dup2(stream.fileno(), descriptor)
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record``, after recreating the file if it was removed."""
        try:
            if self.stream and not Path(self.baseFilename).exists():
                self.stream.close()
                self.stream = self._open()
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def close(self) -> None:
        """Close the file; if the disk is full, what is still in the buffer is lost."""
        try:
            super().close()
        except OSError:
            self.lost += 1

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        """Count instead of printing: nobody reads a daemon's stderr, and a full disk would fill it too."""
        self.lost += 1


def _is_same_file(descriptor: int, path: Path) -> bool:
    """Whether a descriptor is open on the file at ``path``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def is_journal(stream: IO[str], journal_stream: str | None) -> bool:
    """Whether ``stream`` is the connection to journald that ``$JOURNAL_STREAM`` (``device:inode``) names."""
    device, _, inode = (journal_stream or "").partition(":")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(status.st_dev), str(status.st_ino))


@contextmanager
def logging_to(
    path: Path | None, level: str = "info", journal_stream: str | None = None, stream: IO[str] | None = None
) -> Iterator[logging.Handler]:
    """Log during the block: to the journal if ``stream`` (stderr) is connected to it, otherwise to the file ``path``.

    Without ``path``, JSON lines go to ``stream``, as in the foreground or in a container. Raises ``ValueError`` for an
    unknown level and ``OSError`` when the file cannot be opened.
    """
    stream = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"unknown log level {level!r}: one of debug, info, warning, error, critical")
    handler: logging.Handler
    if is_journal(stream, journal_stream):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JournalFormatter())
    else:
        handler = LogFile(path) if path is not None else logging.StreamHandler(stream)
        handler.setFormatter(JsonFormatter())
    logger = logging.getLogger(ROOT)
    before = logger.level, logger.propagate
    logger.setLevel(number)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(before[0])
        logger.propagate = before[1]
