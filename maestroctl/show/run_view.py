"""The live tree of a run, drawn with rich: pure, from a model, the clock and the last lines of its sessions."""

from collections.abc import Mapping, Sequence

from rich.console import Group
from rich.text import Text

from maestroctl.output import safe
from maestroctl.show.limits import waiting
from maestroctl.show.plan_view import waves
from maestroctl.show.progress import counts, ended, percent
from maestroctl.show.render import duration
from maestroctl.show.run_model import RunModel
from maestroctl.show.run_summary import approval
from maestroctl.show.table import clip, width
from maestroctl.show.tree import status_text, walk
from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.model.look import Tone
from maestrod.api.run import RunStatus
from maestrod.api.session import Session
from maestrod.api.task import Task
from maestrod.api.turn import RunningTurn

_STYLES: Mapping[Tone, str] = {
    Tone.QUIET: "dim",
    Tone.RUNNING: "bold cyan",
    Tone.WAITING: "yellow",
    Tone.DONE: "green",
    Tone.FAILED: "bold red",
}

_BAR = 16  # cells
_RIGHT = 26  # cells kept for word and time at the end of a line
_REST = 3 + _BAR + 7 + _RIGHT  # cells of a line beside its branch and title: sign, gauge, word and time
_COMFORTABLE = 100  # cells of a line on a wide screen, unless titles want more: the eye finds the status of a title
_TREE = 3  # minimum lines of the tree
_QUESTIONS = 5  # maximum shown; the inbox shows all


def draw(
    model: RunModel,
    tails: Mapping[str, str],
    now: int,
    *,
    columns: int,
    rows: int,
    away: bool = False,
    trouble: str = "",
) -> Group:
    """The whole view in at most ``rows`` lines of ``columns`` cells; ``now`` is milliseconds since the epoch."""
    head = _head(model, now, columns, rows, away=away, trouble=trouble)
    asked = [question for question in model.questions() if question.kind is not AttentionKind.APPROVAL]
    questions = _questions(asked, columns)
    body = _tree(model, tails, now, columns, max(rows - len(head) - len(questions), _TREE))
    return Group(*head, *body, *questions)


def bar(fraction: float, cells: int = _BAR) -> str:
    """A progress bar of ``cells`` cells."""
    full = round(max(0.0, min(fraction, 1.0)) * cells)
    return "━" * full + "╌" * (cells - full)


def _head(model: RunModel, now: int, columns: int, rows: int, *, away: bool, trouble: str) -> list[Text]:
    run = model.run
    elapsed = duration((run.completed_at or now) - run.created_at)
    state = "paused" if run.paused else status_text(run.status)
    progress = ended(model.root)
    live = len(model.live_sessions())
    counted = counts(model.root)
    if live and not model.ended:
        counted += f", {live} session{'' if live == 1 else 's'}"
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{bar(progress, 24)} ", style="cyan")
    line.append(f"{percent(progress):>4}  ", style="bold")
    line.append(f"{state}  {elapsed}  {counted.removeprefix(', ')}".rstrip())
    lines = [line]
    if away:
        why = f"  {trouble or 'the daemon is away'}; waiting for it, agents continue"
        lines.append(Text(clip(why, columns), style="yellow"))
    if run.status is RunStatus.AWAITING_APPROVAL:
        answers = [Text(line, style="yellow") for line in approval(model)]
        room = max(rows - len(lines) - len(answers) - _TREE, 1)
        lines += [Text(line, style="cyan") for line in waves(model.plan or {}, rows=room, columns=columns)]
        lines += answers
    return lines


def _tree(model: RunModel, tails: Mapping[str, str], now: int, columns: int, rows: int) -> list[Text]:
    """The tasks, with the last line of output under each unit that a session works on."""
    sessions = _sessions_by_task(model)
    lines: list[tuple[int, Text]] = []
    tree = list(walk(model.tasks))
    columns = min(
        columns, max([_COMFORTABLE, *(width(branch) + width(safe(task.title)) + _REST for branch, task in tree)])
    )
    for branch, task in tree:
        lines.append((_weight(task), _task(branch, task, now, columns)))
        lines += [
            (_weight(task), _session(branch, session, tails.get(session.id, ""), now, columns, held=model.run.paused))
            for session in sessions.get(task.id, ())
        ]
    return _fitted(lines, rows)


def _weight(task: Task) -> int:
    """How soon a line is dropped for lack of room: running and failed tasks stay."""
    if task.status.is_active or task.status.is_failed or task.parent_id is None:
        return 0
    return 2 if task.dispatch is None else 1


def _fitted(lines: Sequence[tuple[int, Text]], rows: int) -> list[Text]:
    """As many lines as there are rows, in order: the least important are dropped first, and their number is shown."""
    if len(lines) <= rows:
        return [text for _, text in lines]
    telling = sorted(range(len(lines)), key=lambda place: lines[place][0])  # stable: of equals the first ones stay
    kept = set(telling[: max(rows - 1, 0)])
    shown = [text for place, (_, text) in enumerate(lines) if place in kept]
    return [*shown, Text(f"… {len(lines) - len(shown)} more lines", style="dim")]


def _task(branch: str, task: Task, now: int, columns: int) -> Text:
    style = _STYLES[task.status.look.tone]
    right = f"{status_text(task.status)}{_attempt(task)}"
    if task.started_at:
        right += f"  {duration((task.completed_at or now) - task.started_at)}"
    gauge = f"{bar(task.progress)} {percent(task.progress):>4}  " if task.status.is_active else ""
    room = max(columns - width(branch) - 3 - width(gauge) - _RIGHT, 10)
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(branch, style="dim")
    line.append(f"{task.status.look.sign} ", style=style)
    line.append(_pad(clip(safe(task.title), room), room) + " ")
    line.append(gauge, style="cyan")
    line.append(right, style=style)
    return line


def _attempt(task: Task) -> str:
    return f" (attempt {task.attempt})" if task.attempt > 1 else ""


def _session(branch: str, session: Session, tail: str, now: int, columns: int, *, held: bool) -> Text:
    """What the agent reports that it does, else its last output, under the task it works on."""
    margin = branch.replace("├─ ", "│  ").replace("└─ ", "   ") + "  "
    state = "paused" if session.paused or held else status_text(session.status)
    if session.wait is not None:
        wait = session.wait
        state, tail = waiting(safe(session.agent), wait.until, now, due=wait.due, guessed=wait.guessed), ""
    elif session.turn is not None:  # its output is machine-readable
        tail = session.turn.doing if isinstance(session.turn, RunningTurn) else ""
    text = f"{safe(session.name)} {state}: {safe(tail)}" if tail else f"{safe(session.name)} {state}"
    line = Text(margin, style="dim", no_wrap=True, overflow="ellipsis")
    line.append(clip(f"› {text}", max(columns - width(margin), 10)), style="dim")
    return line


def _questions(questions: Sequence[Attention], columns: int) -> list[Text]:
    lines = []
    for question in questions[:_QUESTIONS]:
        options = f" [{'/'.join(safe(option) for option in question.options)}]" if question.options else ""
        lines.append(Text(clip(f"? {safe(question.message)}{options}", columns), style="bold yellow"))
        lines.append(Text(f"  maestroctl answer {question.number or question.id} VALUE", style="yellow"))
    return lines


def _sessions_by_task(model: RunModel) -> dict[str, list[Session]]:
    """The live sessions by the task they are shown under: the one they work on, else their last one."""
    found: dict[str, list[Session]] = {}
    if model.ended:
        return found
    for session in model.sessions:
        if session.status.is_over:
            continue
        tasks = [model.tasks.get(identity) for identity in session.task_ids if identity in model.tasks]
        active = [task for task in tasks if task.status.is_active]
        place = (active or tasks)[-1].id if tasks else model.run.root_task_id
        found.setdefault(place, []).append(session)
    return found


def _pad(text: str, cells: int) -> str:
    return text + " " * (cells - width(text))
