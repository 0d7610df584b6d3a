"""Writes to agents: prompts, answers to their questions, the end of their input. Each session is written in order.

Theory. A message counts as delivered from the decision to write it, and the shim remembers the ids of what it has
written. So anything that may not have arrived is written again, by this daemon after a lost connection and by the next
one after a crash: it reaches the agent once. A message of which nothing was written, because the agent does not read,
is returned (``NotDelivered``) and waits for its turn. Answers and the end of input are harmless to repeat.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import trio

from maestrod.agents.adapter import SLIPS, Keys
from maestrod.api.errors import MaestroError
from maestrod.api.message import Message, MessageStatus
from maestrod.api.session import Session, Terminal
from maestrod.core.session.permission_rules import permission_of
from maestrod.core.values.effects import CloseInput, Decide, Deliver, Effect
from maestrod.core.values.facts import NotDelivered
from maestrod.engine.engine import Engine
from maestrod.sessions.custody import SEND_BYTES, Custody
from maestrod.sessions.spec import NotHeld, ShimRefused, Unanswered
from maestrod.supervisor.launching import Launcher

log = logging.getLogger(__name__)

#: The effects that write to an agent.
Spoken = Deliver | Decide | CloseInput

#: Seconds before a message that could not be written is returned, so that trying it again does not spin.
RETURN_SECONDS = 1.0
#: Seconds between tries to write the rest of what an agent has read in part, or may have read; and the number of tries.
REST_SECONDS = 0.2
REST_TRIES = 300
#: Seconds that an agent may take to show what was typed; after them the next piece is typed all the same.
ECHO_SECONDS = 10.0


class InputWriter:
    """Carries out the effects that write to agents. ``launcher`` has the adapters and the texts."""

    def __init__(self, engine: Engine, custody: Custody, launcher: Launcher) -> None:
        self._engine = engine
        self._custody = custody
        self._launcher = launcher
        self._waiting: dict[str, deque[Spoken]] = {}
        #: What carries out each kind of effect.
        self.handlers: Mapping[type[Effect], Callable[[Session, Any], Awaitable[None]]] = {
            Deliver: self._deliver,
            Decide: self._decide,
            CloseInput: self._close_input,
        }

    def carry_out(self, effect: Spoken, nursery: trio.Nursery) -> None:
        """Carry out an effect, after the earlier ones for its session."""
        waiting = self._waiting.get(effect.session_id)
        if waiting is not None:
            waiting.append(effect)
            return
        self._waiting[effect.session_id] = deque([effect])
        nursery.start_soon(self._speak, effect.session_id)

    async def _speak(self, session_id: str) -> None:
        waiting = self._waiting[session_id]
        try:
            while waiting:
                await self._carry_out(waiting.popleft())
        finally:
            del self._waiting[session_id]

    async def _carry_out(self, effect: Spoken) -> None:
        session = self._engine.world.sessions.get(effect.session_id)
        if session is None or session.attempt != effect.attempt or session.status.is_over:
            return
        await self.handlers[type(effect)](session, effect)

    async def _deliver(self, session: Session, effect: Deliver) -> None:
        message = self._engine.world.messages.get(effect.message_id)
        if message is None or message.status is not MessageStatus.DELIVERED or message.attempt != session.attempt:
            return
        try:
            keys = await self._keys(session, message)
        except (MaestroError, *SLIPS):
            log.exception("cannot convert %s to input for %s", message.id, session.id)
            return
        problem = await self._write(session, keys, message.id)
        if problem is not None:
            await trio.sleep(RETURN_SECONDS)
            await self._engine.record(NotDelivered(session.id, session.attempt, message.id, problem))

    async def _keys(self, session: Session, message: Message) -> list[Keys]:
        adapter = self._launcher.adapter(session)
        world, folder = self._engine.world, self._custody.folder(session.id)
        text = await self._launcher.text(world, session, message, folder)
        return list(adapter.prompt_keys(text, interactive=session.terminal is Terminal.PTY))

    async def _decide(self, session: Session, effect: Decide) -> None:
        question = self._engine.world.attention.get(effect.attention_id)
        if question is None or question.key is None:
            return
        permission, message = permission_of(question)
        if permission is None:
            return  # the agent's own dialog asks the user
        try:
            adapter = self._launcher.adapter(session)
            data = adapter.answer(question.key, permission, message=message)
        except (MaestroError, *SLIPS):
            log.exception("cannot convert the answer to %s to input for %s", question.id, session.id)
            return
        problem = await self._write(session, [Keys(data)] if data else [], question.id)
        if problem is not None:
            log.warning("cannot deliver the answer to %s to %s: %s", question.id, session.id, problem)

    async def _close_input(self, session: Session, _: CloseInput) -> None:
        try:
            await self._custody.close_stdin(session.id)
        except NotHeld:
            log.info("%s has ended before its input was closed", session.id)

    async def _write(self, session: Session, keys: list[Keys], name: str) -> str | None:
        """Write all keys, with their pauses. Returns the problem when nothing at all was written, otherwise None."""
        begun = False
        for number, each in enumerate(keys):
            printed = self._custody.tail_output(session.id, 0).end if each.echoed else 0
            try:
                await self._write_piece(session.id, each.data, f"{name}.{number}", patient=begun)
            except (NotHeld, ShimRefused) as error:
                if not begun:
                    return str(error)
                log.error("%s received only a part of its input: %s", session.id, error)
                return None
            begun = True
            if each.echoed:
                with trio.move_on_after(ECHO_SECONDS):
                    await self._custody.wait_output(session.id, printed)
            await trio.sleep(each.pause)
        return None

    async def _write_piece(self, session_id: str, data: bytes, key: str, *, patient: bool) -> None:
        """Write a piece; with ``patient``, or once a part may have arrived, keep trying for a while.

        Raises ``NotHeld`` or ``ShimRefused``; without ``patient`` only when nothing of the piece was written.
        """
        for _ in range(REST_TRIES):
            try:
                return await self._custody.send(session_id, data, key)
            except Unanswered:
                patient = True
            except ShimRefused as error:
                if error.code != "input_full" or not (patient or len(data) > SEND_BYTES):
                    raise
            await trio.sleep(REST_SECONDS)
        raise ShimRefused("input_full", "the agent does not read its input")
