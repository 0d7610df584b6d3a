"""Formats replies for people: lists as tables, single entities as name and value, trees as trees.

Takes the typed structs of the contract; every text from the daemon goes through ``output.safe``.
"""

import datetime as dt
import enum
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from maestroctl.output import safe, safe_block
from maestroctl.show.progress import ended, percent, shown_status, spent
from maestroctl.show.table import table

#: Columns of the tables, by the type of the items: heading and how to get the cell.
Column = tuple[str, Callable[[Any], str]]

_INSTANTS = ("_at", "last_activity", "timestamp", "deadline", "not_before")
_INSTANT = "at"


def render(reply: Any) -> list[str]:
    """The lines that show a reply."""
    if not isinstance(reply, msgspec.Struct):
        return _block("", msgspec.to_builtins(reply)) or ["{}"]
    name = type(reply).__name__
    if name in _SPECIAL:
        return _SPECIAL[name](reply)
    if "items" in reply.__struct_fields__:
        return _page(reply)
    return card(reply)


def card(entity: msgspec.Struct) -> list[str]:
    """One entity as ``name: value`` lines, without empty members."""
    lines: list[str] = []
    for name in entity.__struct_fields__:
        value = getattr(entity, name)
        if _says(name, value):
            lines += _member(name, value)
    return lines


def when(instant: int | None) -> str:
    """A time in the user's time zone."""
    if not instant:
        return ""
    return dt.datetime.fromtimestamp(instant / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def duration(milliseconds: int) -> str:
    """A duration in its two largest units."""
    seconds = max(milliseconds, 0) / 1000
    if seconds < 60:
        return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def terminal_width() -> int | None:
    """The terminal's width; None if stdout is not a terminal, and nothing may be cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _member(name: str, value: Any) -> list[str]:
    label = name.replace("_", " ")
    if isinstance(value, int) and _is_instant(name):
        return [f"{label}: {when(value)}"]
    if isinstance(value, str) and "\n" in value:
        return [f"{label}:", *(f"  {line}" for line in safe_block(value).splitlines())]
    return _block(label, _plain(value))


def _says(name: str, value: Any) -> bool:
    """Whether a member is not empty."""
    return value not in (None, "", (), {}) and not (_is_instant(name) and not value)


def _is_instant(name: str) -> bool:
    return name == _INSTANT or name.endswith(_INSTANTS)


def _plain(value: Any) -> Any:
    """A value as plain JSON types, without empty members."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, msgspec.Struct):
        members = msgspec.structs.asdict(value).items()
        return {
            name.replace("_", " "): when(member) if _is_instant(name) else _plain(member)
            for name, member in members
            if _says(name, member)
        }
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value


def _block(label: str, value: Any) -> list[str]:
    """A JSON value as indented lines."""
    if isinstance(value, Mapping):
        inner = [line for name, member in value.items() for line in _block(safe(name), member)]
        return [f"{label}:", *(f"  {line}" for line in inner)] if label else inner
    if isinstance(value, list):
        if all(not isinstance(member, list | Mapping) for member in value):
            return [f"{label}: {', '.join(safe(member) for member in value)}"]
        inner = [line for member in value for line in _bullet(_block("", member))]
        return [f"{label}:", *(f"  {line}" for line in inner)]
    return [f"{label}: {safe(value)}" if label else safe(value)]


def _bullet(lines: Sequence[str]) -> list[str]:
    return [f"{'- ' if index == 0 else '  '}{line}" for index, line in enumerate(lines)]


def _page(page: Any) -> list[str]:
    """A page of a list."""
    lines = [f"! {safe(warning)}" for warning in getattr(page, "warnings", ())]
    if not page.items:
        return [*lines, "No results."]
    columns = _COLUMNS.get(type(page.items[0]).__name__)
    if columns is None:
        return [*lines, *(line for item in page.items for line in _bullet(card(item)))]
    rows = [[cell(item) for _, cell in columns] for item in page.items]
    lines += table([heading for heading, _ in columns], rows, limit=terminal_width())
    if getattr(page, "next_cursor", None):
        lines.append(f"… more: --cursor {safe(page.next_cursor)}")
    return lines


def _get(name: str) -> Callable[[Any], str]:
    """A cell with the member ``name``."""

    def cell(item: Any) -> str:
        value = getattr(item, name)
        if _is_instant(name):
            return when(value)
        return "" if value is None else safe(_plain(value))

    return cell


def _percent(item: Any) -> str:
    return percent(ended(item))


def _answer_of(item: Any) -> str:
    return "" if item.answer is None else f"{safe(item.answer.value)} ({safe(item.answer.by)})"


def _status(item: Any) -> str:
    return safe(shown_status(item))


def _number(item: Any) -> str:
    return f"#{item.number}" if item.number else ""


def _run_title(run: Any) -> str:
    """The run's title and, if it failed, the task that failed."""
    failed = f" (failed: {safe(run.failure.title)})" if run.failure is not None else ""
    return f"{safe(run.title)}{failed}"


_COLUMNS: Mapping[str, Sequence[Column]] = {
    "ProjectView": (
        ("ID", _get("id")),
        ("NAME", _get("name")),
        ("FOLDER", _get("working_dir")),
        ("PROBLEM", _get("problem")),
    ),
    "TaskView": (
        ("ID", _get("id")),
        ("STATUS", _get("status")),
        ("DONE", _percent),
        ("PRIORITY", _get("priority")),
        ("TITLE", _get("title")),
    ),
    "Session": (
        ("ID", _get("id")),
        ("STATUS", _status),
        ("ROLE", _get("role")),
        ("AGENT", _get("agent")),
        ("LAST ACTIVITY", _get("last_activity")),
        ("NAME", _get("name")),
    ),
    "Run": (
        ("RUN", _number),
        ("ID", _get("id")),
        ("STATUS", _status),
        ("AGENT", _get("agent")),
        ("STARTED", _get("created_at")),
        ("TITLE", _run_title),
    ),
    "Plan": (
        ("ID", _get("id")),
        ("STATUS", _get("status")),
        ("GROUPS", lambda plan: str(len(plan.groups))),
        ("TASK", _get("root_task_id")),
        ("TITLE", _get("title")),
    ),
    "Attention": (
        ("NUMBER", _number),
        ("ID", _get("id")),
        ("KIND", _get("kind")),
        ("SINCE", _get("opened_at")),
        ("OPTIONS", lambda item: ",".join(safe(option) for option in item.options)),
        ("ANSWER", _answer_of),
        ("QUESTION", _get("message")),
    ),
    "Message": (
        ("ID", _get("id")),
        ("STATUS", _get("status")),
        ("KIND", _get("kind")),
        ("SESSION", _get("session_id")),
        ("SINCE", _get("created_at")),
        ("TEXT", _get("text")),
    ),
    "Event": (("SEQ", _get("seq")), ("AT", _get("at")), ("TYPE", _get("type")), ("ID", _get("id"))),
    "TimelineEvent": (
        ("AT", _get("timestamp")),
        ("TYPE", _get("type")),
        ("TASK", _get("task_id")),
        ("MESSAGE", _get("message")),
    ),
    "QueueItem": (
        ("TASK", _get("task_id")),
        ("STATUS", _get("status")),
        ("ATTEMPT", _get("attempt")),
        ("REASON", _get("reason")),
    ),
    "Skill": (
        ("NAME", _get("name")),
        ("VERSION", _get("version")),
        ("ORIGIN", _get("origin")),
        ("DESCRIPTION", _get("description")),
    ),
    "Persona": (
        ("NAME", _get("name")),
        ("AGENT", _get("agent")),
        ("ORIGIN", _get("origin")),
        ("DESCRIPTION", _get("description")),
    ),
    "TokenInfo": (
        ("ID", _get("id")),
        ("SCOPE", _get("scope")),
        ("OWNER", _get("owner")),
        ("SINCE", _get("created_at")),
        ("REVOKED", _get("revoked_at")),
        ("NAME", _get("name")),
    ),
    "AgentInfo": (
        ("NAME", _get("name")),
        ("AVAILABLE", lambda agent: "yes" if agent.available else f"no: {safe(agent.missing or '')}"),
        ("VERSION", _get("version")),
        ("PROMPTS", _get("prompts")),
        ("PLANS", lambda agent: "yes" if agent.plans else "no"),
        ("WORKS ON", _get("terminal")),
        ("DESCRIPTION", _get("description")),
    ),
}


def _done(reply: Any) -> list[str]:
    return ["Done."]


def _task_tree(reply: Any) -> list[str]:
    from maestroctl.show.tree import tree_lines

    return tree_lines(reply.tasks)


def _run_view(reply: Any) -> list[str]:
    from maestroctl.show.failure_view import lines as failure_lines
    from maestroctl.show.tree import tree_lines

    run = reply.run
    until = run.completed_at or int(time.time() * 1000)
    number = f"run #{run.number} " if run.number else ""
    lines = [f"{number}{run.id} {_status(run)}: {safe(run.title)}".rstrip(": ")]
    lines.append(f"  started {when(run.created_at)}, {duration(until - run.created_at)}, agent {safe(run.agent)}")
    lines += [f"  used {spent(run.usage)}"] if run.usage is not None else []
    if run.failure is not None:
        lines += failure_lines(msgspec.to_builtins(run.failure))
    elif run.error:
        lines += _indented(run.error)
    return [*lines, *tree_lines(reply.tasks)]


def _why(reply: Any) -> list[str]:
    session = reply.session
    lines = [f"{session.id} is {_status(session)}: {safe(session.name)}"]
    now = int(time.time() * 1000)
    for sentence in reply.explanation:
        lines += _indented(sentence)
    if session.wait is not None and not session.wait.due:
        lines.append(f"  until {when(session.wait.until)}, in {duration(session.wait.until - now)}")
    if reply.evidence:
        lines.append(_ORDER)
    for reason in reply.evidence:
        since = f"{when(reason.at)} ({duration(now - reason.at)} ago)" if reason.at else "-"
        lines += _indented(f"{since}  {reason.source.value}  {reason.code}: {reason.detail}".rstrip(": "))
    return lines


#: How contradicting evidence is weighed (``maestrod/core/session/sign_rules.py``).
_ORDER = (
    "  evidence, newest first (precedence: the end of the process, then the latest evidence, then stream over hook over screen "
    "over timer):"
)


def _indented(text: str) -> list[str]:
    """A text from the daemon, of one or more lines, under a heading."""
    first, *more = safe_block(text.rstrip()).splitlines() or [""]
    return [f"  {first}", *(f"    {line}" for line in more)]


def _output_page(reply: Any) -> list[str]:
    import base64

    return safe_block(base64.b64decode(reply.data).decode("utf-8", "replace")).splitlines()


def _tails(reply: Any) -> list[str]:
    return [f"{session}  {safe(line)}" for session, line in reply.lines.items()]


def _metrics(reply: Any) -> list[str]:
    return [f"{safe(name)} {value:g}" for name, value in sorted(reply.values.items())]


def _stop_result(reply: Any) -> list[str]:
    escaped = f"; escaped: {', '.join(map(str, reply.escaped))}" if reply.escaped else ""
    signals = f" ({', '.join(safe(name) for name in reply.signalled)})" if reply.signalled else ""
    return [f"{reply.session_id} stopped{signals}: {reply.left} left{escaped}"]


def _permission(reply: Any) -> list[str]:
    """What the hook prints, else the decision as text."""
    if reply.output:
        return safe_block(reply.output).splitlines()
    return [reply.decision.value if reply.decision is not None else "The agent asks in its own dialog."]


_SPECIAL: Mapping[str, Callable[[Any], list[str]]] = {
    "Done": _done,
    "TaskTree": _task_tree,
    "RunView": _run_view,
    "Why": _why,
    "OutputPage": _output_page,
    "Tails": _tails,
    "Metrics": _metrics,
    "StopResult": _stop_result,
    "PermissionReply": _permission,
}
