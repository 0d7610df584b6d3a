"""Follows a run until it ends: a live tree on a terminal, one line per change in a pipe. Ctrl-C leaves the run running."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from maestroctl.client.caller import Caller
from maestroctl.client.channel import ConnectionLost
from maestroctl.client.client import Client
from maestroctl.client.reading import taken
from maestroctl.client.stream import EventStream
from maestroctl.output import answer, answer_json, answer_json_line, safe, say
from maestroctl.show.plan_view import waves
from maestroctl.show.run_model import RunModel
from maestroctl.show.run_summary import NEEDS_ATTENTION, approval, exit_code, summary
from maestroctl.show.terminal import can_draw, ended_by_signals, suspendable
from maestroctl.show.tree import status_text
from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.errors import MaestroError, NoDaemon, ResyncRequired
from maestrod.api.event import Event, EventSubscribe
from maestrod.api.plan import PLAN_GET
from maestrod.api.run import RUN_GET, RunStatus
from maestrod.api.task import Task, TaskStatus

#: Maximum refreshes per second, and seconds without events after which times and last lines are refreshed.
_RATE = 8
_TICK = 1.0

#: Seconds to wait for the last usage reports of a run's agents, and between two checks. Later reports are noted as missing.
_LAST_WORDS = 10.0
_LAST_WORDS_LOOK = 0.1

_DETACHED = 130  # Ctrl-C: interrupted, though the run is not


class RunFollower:
    """The model of one run and the stream that keeps it up to date, across restarts of the daemon."""

    talks = True  #: whether it may print that the daemon is away; not over a drawing

    def __init__(self, client: Client, run_id: str) -> None:
        self._client = client
        self._run_id = run_id
        self.model, self._stream = self._opened()
        self._read_plan()

    @property
    def away(self) -> bool:
        """Whether it waits for the daemon."""
        return self._stream.away

    @property
    def trouble(self) -> str:
        """Why it waits for the daemon, if more is known than that it is away."""
        return self._stream.trouble

    def poll(self, timeout: float) -> list[Event]:
        """Wait for changes and apply them. Raises ``NoDaemon`` if the daemon stays away."""
        try:
            events = self._stream.poll(timeout)
        except ResyncRequired:
            self._stream.close()
            self.model, self._stream = self._opened()
            return []
        for event in events:
            self.model.apply(event)
        self._read_plan()
        return events

    def _read_plan(self) -> None:
        """Read a plan that awaits approval, once, to show it."""
        run = self.model.run
        if run.status is not RunStatus.AWAITING_APPROVAL or run.plan_id is None:
            self.model.plan = None
        elif self.model.plan is None or self.model.plan["id"] != run.plan_id:
            try:
                self.model.plan = self._client.raw(PLAN_GET.name, {"planId": run.plan_id})
            except (MaestroError, ConnectionLost):  # the daemon is away: the next change tries again
                self.model.plan = None

    def refresh(self) -> None:
        """Read the whole run again."""
        self.model = RunModel(self._client.raw(RUN_GET.name, {"runId": self._run_id}))
        self._read_plan()

    def tails(self) -> Mapping[str, str]:
        """The last output line of each live session; empty while the daemon is away."""
        sessions = [session.id for session in self.model.live_sessions()]
        if not sessions or self.away:
            return {}
        try:
            lines: Mapping[str, str] = self._client.raw("session.tails", {"sessionIds": sessions}).get("lines", {})
        except (MaestroError, ConnectionLost):  # draw without them
            return {}
        return lines

    def _say(self, text: str) -> None:
        if self.talks:
            say(text)

    def close(self) -> None:
        """End the stream."""
        self._stream.close()

    def _opened(self) -> tuple[RunModel, EventStream]:
        model = RunModel(self._client.raw(RUN_GET.name, {"runId": self._run_id}))
        params = EventSubscribe(since=model.seq, root_id=model.run.root_task_id)
        stream = EventStream(self._client, params)
        stream.notify = self._say
        stream.open()
        return model, stream


def follow(caller: Caller, client: Client, run_id: str, *, as_json: bool, stop_on_question: bool) -> int:
    """Follow the run until it ends; prints the summary (or the run as JSON) and returns the exit code for its outcome."""
    follower = RunFollower(client, run_id)
    try:
        show: Callable[..., None] = _live if can_draw(os.environ, sys.stdout) and not as_json else _lines
        with ended_by_signals():
            show(caller, client, follower, stop_on_question=stop_on_question, quiet=as_json)
    except KeyboardInterrupt:
        say(_comeback(run_id))
        return _DETACHED
    except SystemExit:
        say(_comeback(run_id))
        raise
    except NoDaemon:
        say(f"Its agents continue. To follow the run again: maestroctl watch {run_id}")
        raise
    finally:
        follower.close()
    return _conclude(client, follower.model, as_json=as_json)


def _comeback(run_id: str) -> str:
    return f"\nThe run continues. To follow it again: maestroctl watch {run_id}"


def _conclude(client: Client, model: RunModel, *, as_json: bool) -> int:
    """Print the outcome, with the usage once the agents that are exiting have reported theirs."""
    if model.ended and model.live_sessions():
        model = _with_last_words(client, model)
    if as_json:
        answer_json(client.raw(RUN_GET.name, {"runId": model.id}))
    else:
        for line in summary(model):
            answer(line)
    if not model.ended:
        say(f"The run is blocked on your answer: maestroctl inbox; then: maestroctl watch {model.id}")
        return NEEDS_ATTENTION
    return exit_code(model)


def _with_last_words(client: Client, model: RunModel) -> RunModel:
    """Wait briefly for the sessions of an ended run: an agent reports its usage last."""
    deadline = time.monotonic() + _LAST_WORDS
    while time.monotonic() < deadline:
        if not client.raw("session.list", {"runId": model.id, "live": True, "limit": 1}).get("items"):
            break
        time.sleep(_LAST_WORDS_LOOK)
    return RunModel(client.raw(RUN_GET.name, {"runId": model.id}))


def _live(caller: Caller, client: Client, follower: RunFollower, *, stop_on_question: bool, quiet: bool) -> None:
    """Draw the tree until the run ends; on an interactive terminal, ask whether to approve a plan."""
    asks = sys.stdin.isatty() and not stop_on_question
    while not _over(follower.model, stop_on_question):
        _draw(caller, follower, stop_on_question=stop_on_question, until_asked=asks)
        if asks and follower.model.approval() is not None:
            from maestroctl.show.approval_prompt import ask

            asks = ask(client, follower)
    follower.refresh()
    _print_last(caller, follower)


def _draw(caller: Caller, follower: RunFollower, *, stop_on_question: bool, until_asked: bool) -> None:
    """Draw the tree: up to eight times a second while events arrive, once a second otherwise."""
    from rich.console import Console
    from rich.live import Live

    from maestroctl.show.run_view import draw

    console = Console(color_system="auto" if caller.coloured else None, highlight=False)

    def picture() -> Any:
        size = console.size
        now = int(time.time() * 1000)
        return draw(
            follower.model,
            tails,
            now,
            columns=size.width,
            rows=size.height - 1,
            away=follower.away,
            trouble=follower.trouble,
        )

    tails = follower.tails()
    width = console.size.width
    follower.talks = False
    drawn = tailed = time.monotonic()
    with (
        suspendable(lambda: console.show_cursor(False), lambda: console.show_cursor(True)),
        Live(picture(), console=console, auto_refresh=False, transient=True) as live,
    ):
        while not _over(follower.model, stop_on_question):
            if until_asked and follower.model.plan is not None and follower.model.approval() is not None:
                return
            follower.poll(max(drawn + _TICK - time.monotonic(), 0.0))
            _gather(follower, until=drawn + 1 / _RATE)
            if time.monotonic() >= tailed + _TICK:
                tails, tailed = follower.tails(), time.monotonic()
            if console.size.width < width:  # the terminal has wrapped the last drawing
                console.clear()
            width = console.size.width
            live.update(picture(), refresh=True)
            drawn = time.monotonic()


def _print_last(caller: Caller, follower: RunFollower) -> None:
    from rich.console import Console

    console = Console(color_system="auto" if caller.coloured else None, highlight=False)
    console.print(_last_picture(follower, console.size.width))


def _last_picture(follower: RunFollower, columns: int) -> Any:
    """The whole tree, which stays on the screen."""
    from maestroctl.show.run_view import draw

    now = int(time.time() * 1000)
    return draw(follower.model, {}, now, columns=columns, rows=sys.maxsize)


def _gather(follower: RunFollower, until: float) -> None:
    """Apply events until the next drawing is due."""
    while (remaining := until - time.monotonic()) > 0 and not follower.model.ended:
        follower.poll(remaining)


def _lines(caller: Caller, client: Client, follower: RunFollower, *, stop_on_question: bool, quiet: bool) -> None:
    """Print one line for every status change and every question."""
    said: dict[str, object] = {}
    away = False
    shown = ""  # the id of a plan
    for id_, line in [] if quiet else _already(follower.model):
        said[id_] = line
        if line:
            answer(line)
    while not _over(follower.model, stop_on_question):
        shown = shown if quiet else _show_plan(follower.model, shown)
        events = follower.poll(_TICK)
        if follower.away and not away:
            say("Waiting for the daemon; agents continue.")
        away = follower.away
        for event in events:
            line = change(follower.model, event)
            if line and not quiet and said.get(event.id) != line:
                answer(line)
                said[event.id] = line
    follower.refresh()
    if not quiet:  # the question ended the loop before it showed the plan
        _show_plan(follower.model, shown)
    last = f"run {follower.model.run.status.value.replace('_', ' ')}"
    if follower.model.ended and not quiet and said.get(follower.model.id) != last:  # it ended before we started
        answer(last)


def _show_plan(model: RunModel, shown: str) -> str:
    """Print a plan that awaits approval, unless it is the one ``shown`` before. Returns the id of the last one shown."""
    if model.plan is None or model.plan["id"] == shown:
        return shown
    for line in [*waves(model.plan), *approval(model)]:
        answer(line)
    return str(model.plan["id"])


def _already(model: RunModel) -> Iterator[tuple[str, str]]:
    """The lines, by id, for the tasks and questions that began before we started."""
    for task in model.tasks:
        if task.status.is_active:
            yield task.id, _task_line(task.status, task)
    for question in model.questions():
        yield question.id, _question_line(question)


def _task_line(status: TaskStatus, task: Task) -> str:
    return f"{status.look.sign} {status_text(status)}  {safe(task.title)}"


def change(model: RunModel, event: Event) -> str:
    """The line for an event; empty if it needs none. Uses the event, since the model may have applied later events already."""
    kind, _, what = event.type.partition(".")
    status = event.data.get("status")
    if kind == "task" and what == "status" and status and event.id in model.tasks:
        return _task_line(taken(status, TaskStatus), model.tasks.get(event.id))
    if kind == "attention" and event.id in model.attention and event.data.get("answer") is None:
        return _question_line(model.attention.get(event.id))
    if kind == "run" and event.id == model.id and status:
        return f"run {status.replace('_', ' ')}"
    return ""


def _question_line(question: Attention) -> str:
    if question.kind is AttentionKind.APPROVAL:
        return ""  # shown with the plan and both commands
    return f"? {safe(question.message)}  (maestroctl answer {question.number or question.id} VALUE)"


def stream_json(client: Client, run_id: str) -> int:
    """Print every event of a run as a line of JSON until it ends; the exit code for its outcome."""
    import msgspec

    follower = RunFollower(client, run_id)
    try:
        while not follower.model.ended:
            for event in follower.poll(_TICK):
                answer_json_line(msgspec.to_builtins(event))
    finally:
        follower.close()
    return exit_code(follower.model)


def _over(model: RunModel, stop_on_question: bool) -> bool:
    return model.ended or (stop_on_question and model.stuck())
