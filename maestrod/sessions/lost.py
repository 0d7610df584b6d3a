"""Clean up after a session whose shim is gone: end what can be found of its tree, and record it as lost.

Blocking work (the process table, a ladder of several seconds) runs in a thread, which starts no processes.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import trio

from maestrod.sessions.adopt import read_identity
from maestrod.sessions.output import output_end
from maestrod.sessions.shim.clock import now_ms
from maestrod.sessions.shim.records import ENDED_NAMED, EXIT, make_folder, replace
from maestrod.sessions.shortage import once_possible
from maestrod.sessions.spec import DEFAULT_LADDER, EndedProcess, ExitRecord, StopReport
from maestrod.sessions.tree import end_tree, find_tree


async def sweep(folder: Path, attempt: int, ladder: Sequence[tuple[str, float]] | None = None) -> StopReport:
    """End everything of an attempt that can be found without its shim: the recorded agent and all tagged processes."""
    return await once_possible(partial(_sweep, folder, attempt, ladder or DEFAULT_LADDER))


async def _sweep(folder: Path, attempt: int, ladder: Sequence[tuple[str, float]]) -> StopReport:
    find = partial(find_tree, folder, attempt, read_identity(folder, attempt))
    return await trio.to_thread.run_sync(end_tree, find, ladder)


async def record_lost(folder: Path, attempt: int, detail: str) -> ExitRecord:
    """End what is left of a lost attempt and write its exit record, so that the next look finds it ended."""
    report = await sweep(folder, attempt)
    identity = read_identity(folder, attempt)
    agent = identity.agent_pid if identity is not None else 0
    ended = tuple(EndedProcess(pid, name) for pid, name in report.names.items() if pid != agent)
    record = ExitRecord(
        session_id=folder.name,
        attempt=attempt,
        code=None,
        signal=None,
        reason="lost",
        detail=detail,
        started_at=identity.at if identity is not None else None,
        ended_at=now_ms(),
        output_end=output_end(folder),
        leftovers=report.ended,
        left=report.left,
        ended=ended[:ENDED_NAMED],
        ended_count=len(ended),
    )
    await trio.to_thread.run_sync(_write, folder, record)
    return record


def _write(folder: Path, record: ExitRecord) -> None:
    make_folder(str(folder))
    data = msgspec.json.encode(record) + b"\n"
    try:
        replace(str(folder), EXIT.format(attempt=record.attempt), data, durable=True)
    except OSError:
        return  # a full disk: the journal gets the record anyway, and the next start finds the attempt lost again
