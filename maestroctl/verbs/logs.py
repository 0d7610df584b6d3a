"""``maestroctl logs``: a session's output."""

import base64
import sys
from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.output import ClosedPipe, answer_json, answer_json_line, say
from maestroctl.verbs.options import Json, JsonLines
from maestrod.api.errors import NotFound
from maestrod.api.terminal import SessionAttach

_PAGE = 1_048_576  # bytes asked for at once


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="SESSION|TASK", help="An id or a unique part of it.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Follow the output until the session ends.")] = False,
    lines: Annotated[int | None, typer.Option("--lines", "-n", min=1, help="Print only the last N lines.")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the bytes unchanged, also when the agent writes JSON.")
    ] = False,
    since_offset: Annotated[int, typer.Option("--since-offset", min=0, help="Start at this byte of the output.")] = 0,
    as_json: Json = False,
    as_lines: JsonLines = False,
) -> int:
    """Print a session's output.

    For a task, prints the output of the session in which it failed, else of the last session that worked on it or its subtasks.
    JSON output of agents is shown as readable text. On a terminal, control sequences other than colours are removed; in a
    pipe, the bytes are unchanged.

    Examples:
        maestroctl logs -f SESSION
        maestroctl logs TASK --lines 50
    """
    with Caller.of_this_process().client() as client:
        session_id = session_of(client, subject)
        if not (raw or since_offset or as_json or as_lines):
            from maestroctl.show.transcript import has_transcript, print_transcript

            if has_transcript(client, session_id):
                print_transcript(client, session_id, last=lines, follow=follow)
                return 0
        query = {"sessionId": session_id, "offset": since_offset, "limit": _PAGE, **({"lines": lines} if lines else {})}
        page = client.raw("session.output", query)
        if as_json:
            answer_json(page)
            return 0
        write = _json_writer if as_lines else _writer()
        end = _print(client, session_id, page, write, since_offset, whole=lines is None)
        if follow:
            _follow(client, session_id, end, write)
    return 0


def session_of(client: Client, subject: str) -> str:
    """The named session; for a task, the session in which it failed, else the last one on it or below it. Raises ``NotFound`` if none has."""
    from maestroctl.client.resolve import resolve

    identity = resolve(client, subject, "ses", "tsk", "run")
    if identity.startswith("ses_"):
        return identity
    if identity.startswith("run_"):
        identity = client.raw("run.get", {"runId": identity})["run"]["rootTaskId"]
    tree = client.raw("task.tree", {"taskId": identity})["tasks"]
    failed = (tree[0].get("failure") or {}).get("sessionId")
    if failed:
        return str(failed)
    sessions: list[str] = [session for task in tree for session in task.get("sessionIds", ())]
    if not sessions:
        raise NotFound("session.none", f"no session has worked on {identity} yet")
    return max(sessions)  # ids sort by the time they were made


def _print(client: Client, session_id: str, page: dict[str, Any], write: Any, offset: int, *, whole: bool) -> int:
    """Print this page and, if ``whole``, those after it; returns the offset of the end."""
    while True:
        _say_dropped(page["start"] - offset if whole else 0)
        write(base64.b64decode(page["data"]), page["start"])
        offset = page["end"]
        if not whole or not page["data"]:
            return int(offset)
        page = client.raw("session.output", {"sessionId": session_id, "offset": offset, "limit": _PAGE})


def _follow(client: Client, session_id: str, offset: int, write: Any) -> None:
    from maestroctl.client.stream import OutputStream

    stream = OutputStream(client, SessionAttach(session_id=session_id, offset=offset))
    try:
        stream.open()
        while not stream.ended:
            before, start = stream.dropped, stream.offset or 0
            for data in stream.poll(None):
                _say_dropped(stream.dropped - before)
                write(data, start)
                before, start = stream.dropped, start + len(data)
    finally:
        stream.close()


def _say_dropped(count: int) -> None:
    if count > 0:
        say(f"[{count} bytes of older output are gone]")


def _writer() -> Any:
    """The function that prints bytes on this stdout."""
    if not sys.stdout.isatty():
        return _raw_writer
    from maestroctl.show.sanitizer import Sanitizer

    sanitizer = Sanitizer()

    def write(data: bytes, start: int) -> None:
        _raw_writer(sanitizer.feed(data), start)

    return write


def _raw_writer(data: bytes, start: int) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ClosedPipe from error


def _json_writer(data: bytes, start: int) -> None:
    if data:
        answer_json_line({"start": start, "end": start + len(data), "data": base64.b64encode(data).decode()})
