"""A custody whose agents are scripts: for tests of the layers above, under a mock clock, without any process.

`FakeMachine` is what outlives a daemon: agents, their logs and exit records. `FakeCustody` is one daemon's hold on it,
with the public interface of `custody.Custody`; to simulate a restart of the daemon, leave one and make another on the
same machine. Agents live in virtual time: their scripts are played up to the present whenever a caller looks, so agents
continue while there is no daemon. The contract tests hold both custodies to the same promises.
"""

from collections.abc import Sequence
from pathlib import Path

import trio

from maestrod.sessions.custody import OnExit
from maestrod.sessions.fake_machine import FakeAgent, FakeMachine
from maestrod.sessions.shim.signals import signal_number
from maestrod.sessions.spec import (
    Adoption,
    AlreadyEnded,
    ExitRecord,
    Identity,
    LaunchError,
    LaunchSpec,
    NeverStarted,
    NotHeld,
    OutputChunk,
    Running,
    ShimGone,
    ShimRefused,
    StopReport,
)


class FakeCustody:
    """The public interface of Custody over a FakeMachine."""

    def __init__(self, machine: FakeMachine, on_exit: OnExit) -> None:
        self.machine = machine
        self._on_exit = on_exit
        self._held: dict[str, FakeAgent] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold sessions until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None
            self._held.clear()

    @property
    def held(self) -> tuple[str, ...]:
        """Ids of the sessions that are held now."""
        return tuple(self._held)

    async def launch(self, spec: LaunchSpec) -> Identity:
        """Start an attempt, or return the identity of the running one."""
        await trio.lowlevel.checkpoint()
        held = self._held.get(spec.session_id)
        if held is not None and held.spec.attempt != spec.attempt:
            raise LaunchError("EBUSY", f"attempt {held.spec.attempt} of {spec.session_id} is still alive")
        agent = self.machine.find(spec.session_id, spec.attempt)
        if agent is None:
            agent = self.machine.start(spec)
        record = self._buried(agent)
        if record is not None and held is None:
            raise LaunchError.from_record(record)
        self._hold(agent)
        return agent.identity

    async def adopt(self, session_id: str, attempt: int) -> Adoption:
        """Find out what became of an attempt, and hold it if it runs."""
        await trio.lowlevel.checkpoint()
        agent = self.machine.find(session_id, attempt)
        if agent is None:
            return NeverStarted()
        was_lost = agent.record is None and agent.lost
        record = self._buried(agent)
        if record is None or session_id in self._held:
            self._hold(agent)
            return Running(agent.identity)
        return ShimGone(agent.lost, record) if was_lost else AlreadyEnded(record)

    async def stop(
        self, session_id: str, ladder: Sequence[tuple[str, float]] | None = None, attempt: int | None = None
    ) -> StopReport:
        """Climb the ladder; the agent's script says which signals end it."""
        agent = self.machine.find(session_id, attempt)
        if agent is None:
            await trio.lowlevel.checkpoint()
            return StopReport(left=0)
        adoption = await self.adopt(session_id, agent.spec.attempt)
        if isinstance(adoption, ShimGone):
            await self._on_exit(adoption.record)
        sent = await self._climb(agent, ladder or agent.spec.ladder)
        if agent.alive:
            return StopReport(left=1, pending=(agent.identity.agent_pid,), signalled=sent)
        while self._held.get(session_id) is agent:
            await trio.lowlevel.checkpoint()  # the task that holds it releases it in its next step
        return StopReport(left=0, ended=1 if sent else 0, signalled=sent)

    async def signal(self, session_id: str, name: str) -> int:
        """Send a signal; STOP and CONT pause and resume the script."""
        agent = await self._living(session_id)
        signal_number(name)
        agent.signals.append(name)
        if name == "STOP":
            agent.pause()
        elif name == "CONT":
            agent.go_on()
        elif name not in agent.life.ignores and name != "WINCH":
            agent.end("exited", signal=name)
        return 1

    async def send(self, session_id: str, data: bytes, key: str | None = None) -> None:
        """Write to the agent's terminal or standard input; input with the same key is written once."""
        agent = await self._living(session_id)
        if key is not None and (key in agent.taken or key.partition(".")[0] in agent.spec.taken):
            return
        if agent.spec.terminal == "pipe" and agent.spec.stdin is not None:
            raise ShimRefused("no_input", "a file is the agent's standard input: nothing can be written to it")
        agent.taken |= {key} if key is not None else set()
        agent.typed += data
        if agent.life.echo:
            agent.print(data.replace(b"\n", b"\r\n"))

    async def close_stdin(self, session_id: str) -> None:
        """End the input."""
        (await self._living(session_id)).typed += b"\x04"

    async def resize(self, session_id: str, cols: int, rows: int) -> None:
        """Set the terminal's size."""
        agent = await self._living(session_id)
        if agent.spec.terminal != "pty":
            raise ShimRefused("no_terminal", "the session has no terminal to resize")
        agent.size = (cols, rows)

    def read_output(self, session_id: str, offset: int, limit: int) -> OutputChunk:
        """A piece of the log."""
        self.machine.find(session_id)
        log = self.machine.logs.get(session_id, bytearray())
        start = min(max(0, offset), len(log))
        return OutputChunk(start, bytes(log[start : start + limit]), len(log))

    def tail_output(self, session_id: str, limit: int, lines: int | None = None) -> OutputChunk:
        """The end of the log."""
        end = self.read_output(session_id, 0, 0).end
        chunk = self.read_output(session_id, max(0, end - limit), limit)
        if lines is None:
            return chunk
        data = b"".join(chunk.data.splitlines(keepends=True)[-lines:]) if lines else b""
        return OutputChunk(end - len(data), data, end)

    async def wait_output(self, session_id: str, beyond_offset: int) -> int:
        """Wait for more output, or the end of the session."""
        while True:
            await trio.lowlevel.checkpoint()
            end = self.read_output(session_id, 0, 0).end
            agent = self._held.get(session_id)
            if end > beyond_offset or agent is None:
                return end
            await agent.changed.wait()

    def folder(self, session_id: str) -> Path:
        """Where a real session's folder would be; it does not exist."""
        return Path("fake") / session_id

    async def _living(self, session_id: str) -> FakeAgent:
        await trio.lowlevel.checkpoint()
        agent = self._held.get(session_id)
        if agent is not None:
            agent.catch_up()
        if agent is None or not agent.alive:
            raise NotHeld(f"{session_id} has no living attempt")
        return agent

    def _hold(self, agent: FakeAgent) -> None:
        if self._nursery is None:
            raise RuntimeError("custody is not running: start FakeCustody.run in a nursery first")
        if agent.spec.session_id not in self._held:
            self._held[agent.spec.session_id] = agent
            self._nursery.start_soon(self._keep, agent)

    async def _keep(self, agent: FakeAgent) -> None:
        while agent.alive:
            changed = agent.changed
            with trio.move_on_at(agent.next_moment()):
                await changed.wait()
            agent.catch_up()
        record = self._buried(agent)
        del self._held[agent.spec.session_id]
        agent.go_on()
        if record is not None:
            await self._on_exit(record)

    def _buried(self, agent: FakeAgent) -> ExitRecord | None:
        """The record of an attempt that has ended; a lost attempt gets its record now."""
        if agent.lost and agent.record is None:
            return agent.end("lost", detail=agent.lost)
        return agent.record

    async def _climb(self, agent: FakeAgent, ladder: Sequence[tuple[str, float]]) -> tuple[str, ...]:
        sent: list[str] = []
        for name, seconds in ladder:
            if not agent.alive:
                break
            sent.append(name)
            agent.go_on()
            await self._try_signal(agent, name, seconds)
        return tuple(sent)

    async def _try_signal(self, agent: FakeAgent, name: str, seconds: float) -> None:
        """Send one rung's signal and give the agent time to end; it may also end by itself meanwhile."""
        agent.signals.append(name)
        ignored = agent.life.unkillable or (name in agent.life.ignores and name != "KILL")
        reaction = 0.0 if name == "KILL" else agent.life.reaction
        with trio.move_on_after(seconds if ignored else min(seconds, reaction)):
            while agent.alive:
                await agent.changed.wait()
        agent.catch_up()
        if agent.alive and not ignored and reaction <= seconds:
            agent.end("stopped", signal=name)
