"""Laws that hold for agents in every world: their limits, turns, messages and questions; continues ``laws.py``."""

from collections.abc import Iterable

from maestrod.api.attention import AttentionKind
from maestrod.api.message import MessageStatus
from maestrod.api.session import Role, Session, Terminal
from maestrod.core.values.deadline import Deadline, DeadlineKind
from maestrod.core.values.effects import Decide, Deliver, Effect, Probe
from maestrod.core.world.world import World
from tests.kit.worlds.laws import ENDED, live, room


def is_held(world: World, session: Session) -> bool:
    """Whether a session is held by something that a user will end."""
    run = world.runs.get(session.run_id or "")
    paused = session.paused or (run is not None and run.paused)
    return world.system.frozen or world.draining or paused or session.stopping


def check(world: World) -> None:
    """Raise ``AssertionError``, naming the law and the entity that breaks it."""
    for law in (waits_end, turns_that_run_are_watched, messages_are_in_one_place):
        law(world)


def waits_end(world: World) -> None:
    """A usage limit ends by itself: at a deadline, or because only a slot or a hold still prevents it."""
    for session in live(world):
        if session.wait is None:
            continue
        assert (Deadline(DeadlineKind.WAKE, session.id) in world.deadlines) is not session.wait.due, session
        if session.wait.due and not is_held(world, session):
            assert session.role is Role.WORKER and not room(world, session.project_id, session.agent, session.run_id), (
                session
            )
        for task_id in session.task_ids:
            task = world.tasks.get(task_id)
            others = [other for other in live(world) if task_id in other.task_ids and other.id != session.id]
            if task is not None and session.terminal is not Terminal.EXTERNAL and not others:
                assert task.deadline is None, (session, task)
    for agent in world.system.agent_waits:
        assert Deadline(DeadlineKind.LIMIT, agent) in world.deadlines


def turns_that_run_are_watched(world: World) -> None:
    """A silent agent is checked if it works in a turn, or has background tasks after one."""
    for session in live(world):
        at_work = session.turn is not None and (session.turn.running or session.turn.background > 0)
        assert (Deadline(DeadlineKind.STALL, session.id) in world.deadlines) is at_work, session


def messages_are_in_one_place(world: World) -> None:
    """No message is open after a session's end, and a delivered message names the process that it went to."""
    for message in world.messages.values():
        open_ = message.status in {MessageStatus.QUEUED, MessageStatus.DELIVERED, MessageStatus.ACCEPTED}
        assert not open_ or world.sessions[message.session_id].status not in ENDED, message
        assert message.status is not MessageStatus.DELIVERED or message.attempt is not None, message


def check_effects(world: World, effects: Iterable[Effect]) -> None:
    """The effects of a decision address the present process, and no prompt goes to an agent that could misread it."""
    for effect in effects:
        session = world.sessions.get(getattr(effect, "session_id", ""))
        if session is None:
            continue
        if isinstance(effect, Deliver):
            assert world.messages[effect.message_id].status is MessageStatus.DELIVERED, effect
            dialogs = [q for q in world.attention.values() if q.session_id == session.id and q.answer is None]
            assert not [q for q in dialogs if q.kind is AttentionKind.PERMISSION], (effect, dialogs)
            assert session.wait is None and not session.paused, (effect, session)
        if isinstance(effect, Decide):
            question = world.attention[effect.attention_id]
            assert question.answer is not None and question.answer.value in {"allow", "deny"}, question
            assert question.attempt == effect.attempt == session.attempt, (effect, question)
        if isinstance(effect, Deliver | Decide | Probe):
            assert session.status not in ENDED and effect.attempt == session.attempt, (effect, session)
