"""The turns of an agent: which message it gets next, and when it is let go.

An agent works in turns: it takes a prompt, works, and rests. Between two turns, ``_advance`` decides what comes next, the same
for every agent: a waiting message, a reminder of open tasks, or the end of the session. Whatever may change that decision (the
end of a turn, a new message, a changed task, an answered question) adds the session to ``Draft.at_turn``, and ``advance_all``
checks it once the decision has come to rest. Agents differ only in how a prompt reaches them. An agent with ``Turns.STREAM``,
or on a terminal, gets it while it runs. An agent with ``Turns.PROCESS`` has exited with its turn and is started again in the
same conversation, as the next attempt of the same session.
"""

from maestrod.api.clock import Clock
from maestrod.api.message import Message, MessageKind, MessageStatus
from maestrod.api.process import Exit
from maestrod.api.reason import Reason, Source
from maestrod.api.run import RunStatus
from maestrod.api.session import Role, Session, SessionStatus, Terminal
from maestrod.api.task import Task, TaskStatus
from maestrod.api.turn import Outcome, PastTurn
from maestrod.core.prompts import reminders
from maestrod.core.session import attention, permission_rules
from maestrod.core.session.message import MessageEvent, answer_delivered, move_message, open_messages, queue_message
from maestrod.core.session.session import end, move, owned_leaves
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.effects import CloseInput, Deliver, Launch, Stop
from maestrod.core.values.lifecycle import SessionEvent, moved, with_clock
from maestrod.core.work import plan_apply
from maestrod.core.work.pause import is_held
from maestrod.core.work.run_state import ACTIVE
from maestrod.core.world.draft import Draft
from maestrod.core.world.task_index import READY, bucket
from maestrod.core.world.world import World

#: How long (ms) an agent may take to exit by itself before it is stopped. In that time, agents write their transcripts and
#: run their last hooks: Claude Code gives hooks 1.5 s, Codex takes up to 5 s for its own reports.
FINISH_MS = 20_000

#: Outcomes after which the session fails. A usage limit that is waited for never gets here.
_FAILED = frozenset({Outcome.FAILED, Outcome.LIMIT})


def turns_of(world: World, session: Session) -> Turns:
    """How a session takes prompts. On a terminal, they are typed into one process, whatever the agent does on pipes."""
    turns = world.policy.traits(session.agent).turns
    if session.terminal is Terminal.EXTERNAL:
        return Turns.NONE
    return Turns.STREAM if session.terminal is Terminal.PTY and turns is not Turns.NONE else turns


def launch_carries_prompt(world: World, session: Session) -> bool:
    """Whether the launch command carries the first prompt."""
    return turns_of(world, session) is Turns.PROCESS or session.terminal is Terminal.PTY


def open_conversation(draft: Draft, session: Session) -> None:
    """Queue the first prompt of a session with tasks: its manifest."""
    if turns_of(draft.world, session) is Turns.NONE or not session.task_ids:
        return
    opening = queue_message(draft, session, MessageKind.OPENING)
    if launch_carries_prompt(draft.world, session):
        _mark_delivered(draft, session, opening)


def advance_all(draft: Draft) -> None:
    """Check every session whose next step may have changed."""
    while draft.at_turn:
        session_id, _ = draft.at_turn.popitem()
        session = draft.world.sessions.get(session_id)
        if session is not None and _may_go_on(draft, session) and turns_of(draft.world, session) is Turns.STREAM:
            _advance(draft, session)


def continue_after(draft: Draft, session: Session, exit_: Exit) -> bool:
    """Continue a session whose process has exited well, if its agent has one process per turn. Returns whether it continues."""
    answer_delivered(draft, session, "")
    permission_rules.process_ended(draft, session)
    if turns_of(draft.world, session) is not Turns.PROCESS or not _may_go_on(draft, session):
        return False
    message = _next_message(draft, session)
    if message is None or not _can_resume(draft, session):
        return False
    _relaunch(draft, draft.session(session.id), message)
    return True


def wake(draft: Draft, session: Session) -> None:
    """Continue a session in its own conversation after the end of a usage limit."""
    message = queue_message(draft, session, MessageKind.WAKE, reminders.wake())
    if session.process is not None:
        return
    if turns_of(draft.world, session) is Turns.PROCESS or session.agent_session_id is None:
        _relaunch(draft, session, message)
    else:
        _start_again(draft, session)


def process_gone(draft: Draft, session: Session) -> Session:
    """The session's process has ended, but the session has not: nothing of it runs until it continues."""
    permission_rules.process_ended(draft, session)
    return draft.put(moved(draft.session(session.id), SessionEvent.GONE, draft.now))


def overdue(draft: Draft, session: Session) -> None:
    """Stop an agent that did not exit by itself after it was let go. The session still counts as completed."""
    if session.finishing:
        draft.put(with_clock(session, None))
        draft.effect(Stop(session.id, session.attempt))


def _may_go_on(draft: Draft, session: Session) -> bool:
    """Whether a session may get a message now."""
    if session.status.is_over or session.ending is not None or session.wait is not None:
        return False
    return not is_held(draft.world, session) and not attention.has_dialog(draft, session.id)


def _advance(draft: Draft, session: Session) -> None:
    """Take the next step between two turns of an agent whose process runs."""
    if session.process is None or _is_busy(draft, session):
        return
    message = _next_message(draft, session)
    if message is not None:
        _mark_delivered(draft, session, message)
        draft.effect(Deliver(session.id, session.attempt, message.id))
    elif not draft.session(session.id).status.is_over and _is_done(draft, session):
        _let_go(draft, session)


def _is_busy(draft: Draft, session: Session) -> bool:
    turn = session.turn
    if turn is not None and (turn.running or turn.background):
        return True
    return any(message.status is not MessageStatus.QUEUED for message in open_messages(draft, session.id))


def _next_message(draft: Draft, session: Session) -> Message | None:
    """The next message for the agent: a waiting one, else a reminder of what it left open."""
    for message in open_messages(draft, session.id):
        if message.status is MessageStatus.QUEUED:
            return message
    if session.turn is None and session.process is not None:
        return None  # no turn yet, so nothing was left open
    if session.role is Role.ORCHESTRATOR:
        return _to_planner(draft, session)
    return _to_worker(draft, session)


def _to_worker(draft: Draft, session: Session) -> Message | None:
    left = _left_open(draft, session)
    outcome = session.turn.outcome if isinstance(session.turn, PastTurn) else None
    if not left or _is_hand_made(session):
        return None
    if outcome in _FAILED:
        _give_up(draft, session, "turn_failed", _last_words(session))
        return None
    if outcome is Outcome.INTERRUPTED:
        attention.want_input(draft, session, f"interrupted with open tasks ({len(left)}): tell it how to continue")
        return None
    if session.nudges >= draft.world.policy.nudges:
        detail = f"its agent ended {session.nudges + 1} turns without reporting the outcome of {left[0].title!r}"
        _give_up(draft, session, "unreported", detail)
        return None
    draft.change(session, nudges=session.nudges + 1)
    return queue_message(draft, session, MessageKind.NUDGE, reminders.nudge(left, session.strategy))


def _to_planner(draft: Draft, session: Session) -> Message | None:
    run = draft.world.runs.get(session.run_id or "")
    if run is None or run.status is not RunStatus.PLANNING:
        return None
    if isinstance(session.turn, PastTurn) and session.turn.outcome in _FAILED:
        _give_up(draft, session, "turn_failed", _last_words(session))
        return None
    if session.nudges >= draft.world.policy.nudges:
        plan_apply.fail_planning(draft, run, "its planner ended without a valid plan")
        return None
    draft.change(session, nudges=session.nudges + 1)
    if run.diagnostics and run.plan_attempt:
        return queue_message(draft, session, MessageKind.REPAIR, reminders.repair(run.diagnostics))
    return queue_message(draft, session, MessageKind.NUDGE, reminders.missing_plan())


def _last_words(session: Session) -> str:
    turn = session.turn
    return ": ".join(part for part in (turn.code, turn.detail) if part) if isinstance(turn, PastTurn) else ""


def _is_hand_made(session: Session) -> bool:
    """Whether a user started the session on a terminal to work in it. Then the daemon sends no prompts of its own."""
    return session.terminal is Terminal.PTY and session.unit_task_id is None and session.role is Role.WORKER


def _left_open(draft: Draft, session: Session) -> list[Task]:
    """The session's tasks that it has still to finish."""
    return [
        leaf for leaf in owned_leaves(draft, session) if leaf.status is TaskStatus.IN_PROGRESS or bucket(leaf) == READY
    ]


def _is_done(draft: Draft, session: Session) -> bool:
    """Whether the agent gets no more prompts."""
    if _is_hand_made(session) or not session.task_ids:
        return False
    if session.role is Role.WORKER:
        return session.turn is not None and not _left_open(draft, session)
    run = draft.world.runs.get(session.run_id or "")
    if run is None or run.status not in ACTIVE:
        return True
    return run.status is not RunStatus.PLANNING and not run.keep_planner


def _mark_delivered(draft: Draft, session: Session, message: Message) -> Message:
    return move_message(
        draft, message, MessageEvent.DELIVER, delivered_at=draft.now, attempt=session.attempt, error=None
    )


def _can_resume(draft: Draft, session: Session) -> bool:
    return draft.world.policy.traits(session.agent).resumes and session.agent_session_id is not None


def _relaunch(draft: Draft, session: Session, message: Message) -> None:
    """Start the next process of a session, with a message."""
    session = _start_again(draft, session)
    _mark_delivered(draft, session, message)


def _start_again(draft: Draft, session: Session) -> Session:
    again = draft.change(process_gone(draft, session), attempt=session.attempt + 1)
    draft.effect(Launch(again.id, again.attempt))
    return again


def _let_go(draft: Draft, session: Session) -> None:
    """Let the agent exit because all is done. On a terminal, it would stay at its prompt, so it is stopped."""
    reason = draft.reason(Source.PLAN, "finished", "all its tasks are done")
    move(draft, session, SessionEvent.LET_GO, reason, clock=Clock(deadline=draft.now + FINISH_MS))
    on_terminal = session.terminal is Terminal.PTY
    draft.effect(Stop(session.id, session.attempt) if on_terminal else CloseInput(session.id, session.attempt))


def _give_up(draft: Draft, session: Session, code: str, detail: str) -> None:
    """Fail a session whose agent makes no more progress, and stop its process."""
    reason = Reason(source=Source.PLAN, code=code, detail=detail[:500], at=draft.now)
    ended = end(draft, draft.session(session.id), SessionEvent.FAIL, reason, None)
    if ended.status is not SessionStatus.SPAWNING and session.process is not None:
        draft.effect(Stop(session.id, session.attempt))
