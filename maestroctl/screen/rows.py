"""The lines of the full-screen view as coloured text: pure, from entities, the clock and the width."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from maestroctl.output import safe, safe_block
from maestroctl.screen.fleet import Fleet, TreeRow
from maestroctl.show.limits import waiting
from maestroctl.show.progress import percent, progress_text, shown_status, spent
from maestroctl.show.render import duration
from maestroctl.show.run_view import bar
from maestroctl.show.table import clip, width
from maestroctl.show.tree import status_text
from maestrod.api.attention import Attention
from maestrod.api.model.look import OVERLAYS, Tone
from maestrod.api.run import RunStatus
from maestrod.api.session import Session, SessionStatus
from maestrod.api.system import SystemStatus
from maestrod.api.task import Task, TaskStatus
from maestrod.api.task_category import TaskCategory
from maestrod.api.turn import RunningTurn

_GAUGE = 10  # cells
_WORD = 11  # cells of the longest status
_TIME = 7  # cells of a duration
_NARROW = 56  # cells below which the gauge is left out
_WIDE = 76  # cells from which a session's agent and state have their own columns
_DESCRIPTION = 12  # lines of it that are shown
_FAILURES = 5  # failed tasks that are named


@dataclass(frozen=True)
class Palette:
    """Styles by meaning; the defaults are a terminal's own colours."""

    good: str = "green"
    bad: str = "red"
    warn: str = "yellow"
    busy: str = "cyan"
    quiet: str = "dim"

    def tone(self, tone: Tone) -> str:
        """The style of a tone."""
        return {
            Tone.QUIET: self.quiet,
            Tone.RUNNING: self.busy,
            Tone.WAITING: self.warn,
            Tone.DONE: self.good,
            Tone.FAILED: self.bad,
        }[tone]

    def task(self, status: TaskStatus) -> str:
        """The style of a task's status."""
        style = self.tone(status.look.tone)
        return f"bold {style}" if status.is_active or status.is_failed else style

    def session(self, status: SessionStatus) -> str:
        """The style of a session's status."""
        return self.tone(status.look.tone)


def task_row(row: TreeRow, columns: int, now: int, palette: Palette, *, asking: bool = False) -> Text:
    """A line of the tree: sign and title on the left; progress, status and time in columns on the right."""
    task = row.task
    style = palette.task(task.status)
    gauge = _gauge(task, columns)
    right = f" {gauge}{_word(task):<{_WORD}}{_elapsed(task, now):>{_TIME}}"
    fold = "▸ " if row.hidden else "▾ " if row.has_children else "─ " if row.branch else "  "
    room = max(columns - width(row.branch) - 4 - width(right), 4)
    title = safe(task.title) + (f"  +{row.hidden}" if row.hidden else "")
    line = Text(no_wrap=True, end="")
    line.append(row.branch, style=palette.quiet)
    line.append(fold, style=palette.quiet)
    line.append("? " if asking else f"{task.status.look.sign} ", style=f"bold {palette.warn}" if asking else style)
    quiet = task.status.is_over and not task.status.is_failed
    line.append(_padded(title, room), style=palette.quiet if quiet else "")
    line.append(f" {gauge}", style=palette.busy)
    line.append(f"{_word(task):<{_WORD}}", style=style)
    line.append(f"{_elapsed(task, now):>{_TIME}}", style=palette.quiet)
    return line


def session_row(
    session: Session,
    tail: str,
    columns: int,
    now: int,
    palette: Palette,
    *,
    asking: bool = False,
    held: bool = False,
) -> Text:
    """A session: its name and state, and its last output line. ``held``: it is paused with its run or with everything."""
    paused = session.paused or (held and not session.status.is_over)
    state = "asks" if asking else "paused" if paused else shown_status(session)
    look = OVERLAYS.get(state, session.status.look)
    style = f"bold {palette.warn}" if asking else palette.session(session.status)
    wide = columns >= _WIDE
    if session.wait is not None:
        wait = session.wait
        tail = waiting(safe(session.agent), wait.until, now, due=wait.due, guessed=wait.guessed)
    elif session.turn is not None:  # its output is machine-readable
        tail = session.turn.doing if isinstance(session.turn, RunningTurn) else ""
    line = Text(no_wrap=True, end="")
    line.append(f"{look.sign} ", style=style)
    line.append(
        _padded(safe(session.name), max(min(columns // 3, 28), 8)),
        style=palette.quiet if session.status.is_over else "",
    )
    line.append(f" {_age(session, now):>6} ", style=palette.quiet)
    if wide:
        line.append(f"{clip(safe(session.agent), 8):<8} ", style=palette.quiet)
    if wide or state != SessionStatus.WORKING.value:
        line.append(f"{state:<9} ", style=style)
    line.append(clip(safe(tail), max(columns - line.cell_len, 1)), style=palette.quiet)
    return line


def question_row(question: Attention, name: str, columns: int, now: int, palette: Palette) -> Text:
    """A question of the inbox."""
    line = Text(no_wrap=True, end="")
    line.append("? ", style=f"bold {palette.warn}")
    line.append(f"{status_text(question.kind):<10} ", style=palette.warn)
    age = f"{duration(now - question.opened_at):>6}  " if question.opened_at else ""
    line.append(age + (f"{clip(safe(name), 20)}: " if name else ""), style=palette.quiet)
    options = f"  [{' / '.join(safe(option) for option in question.options)}]" if question.options else ""
    line.append(clip(safe(question.message) + options, max(columns - line.cell_len, 1)), style="bold")
    return line


def head(fleet: Fleet, status: SystemStatus | None, columns: int, palette: Palette, *, away: bool) -> Text:
    """The top line: the daemon, overall progress, and open questions."""
    counts = fleet.counts()
    total, done = sum(counts.values()), counts[TaskCategory.COMPLETED]
    questions = len(fleet.questions())
    line = Text(no_wrap=True, end="")
    line.append(" maestro ", style="bold reverse")
    if away:
        line.append("  ◌ waiting for the daemon; agents continue", style=f"bold {palette.warn}")
        return line
    line.append("  ● ", style=palette.good)
    if status is not None:
        line.append(_daemon(status), style=palette.bad if status.frozen or status.stopping else "")
    if questions:  # first, so that a narrow screen does not cut it off
        line.append(f"   ? {questions} open question{'' if questions == 1 else 's'}", style=f"bold {palette.warn}")
    if failed := counts[TaskCategory.FAILED]:
        line.append(f"   ✘ {failed} failed", style=f"bold {palette.bad}")
    if total:
        line.append(f"   {bar(done / total, 14)} ", style=palette.busy)
        line.append(f"{done}/{total} tasks completed")
    live = len(fleet.live_sessions())
    line.append(f"   ▶ {live} session{'' if live == 1 else 's'}", style=palette.busy if live else palette.quiet)
    line.truncate(columns, overflow="ellipsis")
    return line


def _daemon(status: SystemStatus) -> str:
    state = "frozen" if status.frozen else "stopping" if status.stopping else status.mode.value.replace("_", " ")
    problems = f"  ! {safe(status.problems[0])}" if status.problems else ""
    return f"{safe(status.version)} {state}  {status.slots_used}/{status.slots} slots{problems}"


def task_detail(fleet: Fleet, task: Task, now: int, palette: Palette) -> Text:
    """The details of a task."""
    text = Text(end="")
    text.append(f"{task.status.look.sign} {status_text(task.status)}", style=palette.task(task.status))
    text.append(f"  {_elapsed(task, now)}  attempt {task.attempt} of {task.max_attempts}\n", style=palette.quiet)
    text.append(f"{safe(task.title)}\n", style="bold")
    if task.leaves is not None:
        text.append(f"{progress_text(task.leaves)}\n", style=palette.quiet)
    run = fleet.run_of(task.id)
    if run is not None and run.number and run.root_task_id == task.id:
        spending = f", {spent(run.usage)}" if run.usage is not None else ""
        text.append(f"run #{run.number}, {run.status.value.replace('_', ' ')}{spending}\n", style=palette.quiet)
    if run is not None and run.status is RunStatus.AWAITING_APPROVAL:
        text.append("The plan awaits your approval: press y to see it\n", style=f"bold {palette.warn}")
    reason = task.status_reason
    if reason is not None and reason.detail:
        text.append(f"{safe_block(reason.detail).strip()}\n", style=palette.warn)
    error = task.result.error if task.result else None
    if error and (reason is None or error != reason.detail):
        text.append(f"{safe_block(error).strip()}\n", style=palette.bad)
    if task.status.is_failed:
        text.append(_failures(fleet, task, palette))
    for label, values in (
        ("waits for", [safe(fleet.tasks.get(each).title) for each in task.dependencies if each in fleet.tasks]),
        ("runs", [safe(command) for command in task.commands]),
        ("checks", [safe(check) for check in task.checks]),
        ("sessions", [f"{safe(each.name)} ({status_text(each.status)})" for each in fleet.sessions_of(task.id)]),
    ):
        _listed(text, label, values, palette)
    if task.description:
        lines = safe_block(task.description).strip().splitlines()
        text.append("\n".join(lines[:_DESCRIPTION]) + "\n", style=palette.quiet)
    return text


def _failures(fleet: Fleet, task: Task, palette: Palette) -> Text:
    """Which tasks below failed, why, and the keys for the next steps."""
    text = Text(end="")
    failed = fleet.failed_below(task.id)
    for each in failed[:_FAILURES]:
        text.append(f"✘ {safe(each.title)}\n", style=f"bold {palette.bad}")
        error = (each.result.error if each.result else None) or (
            each.status_reason.detail if each.status_reason else ""
        )
        if error:
            text.append(f"  {safe_block(error).strip()}\n", style=palette.bad)
    if len(failed) > _FAILURES:
        text.append(f"… {len(failed) - _FAILURES} more failed\n", style=palette.quiet)
    text.append("press t to retry; the log is below\n", style=palette.quiet)
    return text


def session_detail(session: Session, tail: str, palette: Palette) -> Text:
    """The details of a session, and the end of its output."""
    text = Text(end="")
    text.append(status_text(session.status), style=palette.session(session.status))
    text.append(f"  {safe(session.agent)}, {session.role.value}, {session.terminal.value}  ", style=palette.quiet)
    text.append(f"{session.id}\n", style=palette.quiet)
    if session.status_reason is not None and session.status_reason.detail:
        text.append(f"{safe(session.status_reason.detail)}\n", style=palette.warn)
    if session.usage is not None:
        text.append(f"{spent(session.usage)}\n", style=palette.quiet)
    text.append(output(tail))
    return text


def output(tail: str) -> Text:
    """The end of a session's output, in its own colours. A carriage return starts the line over, as for progress bars."""
    lines = [line.rpartition("\r")[2] for line in tail.rstrip().replace("\r\n", "\n").split("\n")]
    return Text.from_ansi("\n".join(lines), end="")


def _listed(text: Text, label: str, values: Sequence[str], palette: Palette) -> None:
    for index, value in enumerate(values):
        text.append(f"{label if index == 0 else '':<10}", style=palette.quiet)
        text.append(f"{value}\n")


def _gauge(task: Task, columns: int) -> str:
    if columns < _NARROW:
        return ""
    if not task.status.is_active:
        return " " * (_GAUGE + 7)
    return f"{bar(task.progress, _GAUGE)} {percent(task.progress):>4}  "


def _word(task: Task) -> str:
    return f"attempt {task.attempt}" if task.attempt > 1 and task.status.is_active else status_text(task.status)


def _elapsed(task: Task, now: int) -> str:
    return duration((task.completed_at or now) - task.started_at) if task.started_at else ""


def _age(session: Session, now: int) -> str:
    start = session.started_at or session.created_at
    end = session.completed_at or now if session.status.is_over else now
    return duration(end - start) if start else ""


def _padded(text: str, cells: int) -> str:
    text = clip(text, cells)
    return text + " " * (cells - width(text))
