"""Plans whose commands leave evidence: each writes to a ledger when it begins and when it ends, and prints numbered lines.

The ledger (one line per event, each appended with one write) is independent of the daemon, so it shows what really ran: which command
began, how often, and as which process.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINES = 4


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: a command of a task's attempt began or ended in a process of a session."""

    what: str
    key: str
    session_id: str
    pid: int


def command(ledger: Path, key: str, seconds: float, *, fails_once: bool = False) -> str:
    """A command that prints numbered lines for some seconds; with ``fails_once``, its first attempt ends with exit code 3."""
    note = f'{key} "$MAESTRO_SESSION_ID" $$ >> {ledger}'
    body = f"echo begin {note}; i=0; while [ $i -lt {LINES} ]; do echo {key} line $i; i=$((i+1)); sleep {seconds / LINES:.3f}; done; echo end {note}"
    flag = ledger.with_name(f"flag-{key}")
    return f"{body}; test -e {flag} || {{ : > {flag}; exit 3; }}" if fails_once else body


def entries(ledger: Path) -> list[Entry]:
    """The entries of the ledger, in order."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    words = (line.split() for line in lines)
    return [Entry(what, key, session_id, int(pid)) for what, key, session_id, pid in words]


def begun(ledger: Path) -> Counter[tuple[str, str]]:
    """How often each key began in each session."""
    return Counter((entry.key, entry.session_id) for entry in entries(ledger) if entry.what == "begin")


def plan(ledger: Path, groups: int, *, seconds: float, attempts: int = 3) -> dict[str, Any]:
    """A plan for ``groups`` sessions: every second is a queue, every fifth fails once and is retried, some depend on others."""
    return {
        "title": f"{groups} groups",
        "groups": [_group(ledger, number, seconds, attempts) for number in range(groups)],
    }


def _group(ledger: Path, number: int, seconds: float, attempts: int) -> dict[str, Any]:
    key = f"g{number:02d}"
    first = {
        "key": f"{key}a",
        "title": f"{key}a",
        "commands": [command(ledger, f"{key}a", seconds)],
        "checks": ["true"],
        "maxAttempts": attempts,
        "backoffMs": 50,
    }
    second = {
        "key": f"{key}b",
        "title": f"{key}b",
        "commands": [command(ledger, f"{key}b", seconds, fails_once=number % 5 == 0)],
        "dependsOn": [f"{key}a"],
        "maxAttempts": attempts,
        "backoffMs": 50,
    }
    return {
        "key": key,
        "title": key,
        "strategy": "queue" if number % 2 else "simple",
        "dependsOn": [f"g{number - 8:02d}"] if number >= 16 else [],
        "subtasks": [first, second],
    }
