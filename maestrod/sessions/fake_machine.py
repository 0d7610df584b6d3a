"""Scripted agents and the machine they run on: what outlives a daemon in tests under a mock clock."""

from collections.abc import Callable

import msgspec
import trio

from maestrod.sessions.spec import EndReason, ExitRecord, Identity, LaunchError, LaunchSpec


class Lifetime(msgspec.Struct, frozen=True, kw_only=True):
    """The script of one agent. Times are seconds since its start, in the clock the test runs under.

    It ends by itself after `seconds` (None: never) with `code`; `output` is (moment, bytes). It ignores the signals in
    `ignores` and takes `reaction` seconds to end by any other. If `unkillable` is set, not even KILL ends it
    (uninterruptible sleep). `failure` is the (errno name, message) of a start that the system refuses. With `echo` its
    terminal shows what is typed.
    """

    seconds: float | None = None
    code: int = 0
    output: tuple[tuple[float, bytes], ...] = ()
    ignores: frozenset[str] = frozenset()
    reaction: float = 0.0
    unkillable: bool = False
    failure: tuple[str, str] | None = None
    echo: bool = True


Script = Callable[[LaunchSpec], Lifetime]


class FakeAgent:
    """One scripted agent on the machine."""

    def __init__(self, spec: LaunchSpec, life: Lifetime, log: bytearray, pid: int) -> None:
        self.spec = spec
        self.life = life
        self.log = log
        self.started = trio.current_time()
        self.identity = _identity(spec, pid, len(log), _ms(self.started))
        self.record: ExitRecord | None = None
        self.lost = ""
        self.typed = b""
        self.taken: set[str] = set()
        self.size = (spec.cols, spec.rows)
        self.signals: list[str] = []
        self.changed = trio.Event()
        self._played = 0
        self._paused_at: float | None = None

    @property
    def alive(self) -> bool:
        """Whether it has not ended and is not lost."""
        return self.record is None and not self.lost

    def catch_up(self) -> None:
        """Play the script up to now."""
        age = self._age()
        while self.alive and self._played < len(self.life.output) and self.life.output[self._played][0] <= age:
            self.print(self.life.output[self._played][1])
            self._played += 1
        if self.alive and self.life.seconds is not None and age >= self.life.seconds:
            self.end("exited", code=self.life.code, at=self.started + self.life.seconds)

    def next_moment(self) -> float:
        """When the script continues, in the clock's time; infinity while nothing is scheduled."""
        if self._paused_at is not None:
            return float("inf")
        moments = [moment for moment, _ in self.life.output[self._played :]]
        moments += [self.life.seconds] if self.life.seconds is not None else []
        return self.started + min(moments, default=float("inf"))

    def print(self, data: bytes) -> None:
        """Write output as the agent."""
        self.log += data
        self._wake()

    def end(
        self,
        reason: EndReason,
        *,
        code: int | None = None,
        signal: str | None = None,
        detail: str = "",
        at: float | None = None,
    ) -> ExitRecord:
        """End the agent; returns its exit record."""
        record = self.record = ExitRecord(
            session_id=self.spec.session_id,
            attempt=self.spec.attempt,
            code=code,
            signal=signal,
            reason=reason,
            detail=detail,
            started_at=self.identity.at,
            ended_at=_ms(trio.current_time() if at is None else at),
            output_end=len(self.log),
        )
        self._wake()
        return record

    def lose(self, detail: str) -> None:
        """Mark the agent as lost: its shim was killed, so nobody knows how it ended."""
        self.lost = detail
        self._wake()

    def pause(self) -> None:
        """STOP arrived: pause the script."""
        if self._paused_at is None:
            self._paused_at = trio.current_time()

    def go_on(self) -> None:
        """CONT arrived: resume the script where it paused."""
        if self._paused_at is not None:
            self.started += trio.current_time() - self._paused_at
            self._paused_at = None
            self._wake()

    def _age(self) -> float:
        return (trio.current_time() if self._paused_at is None else self._paused_at) - self.started

    def _wake(self) -> None:
        self.changed.set()
        self.changed = trio.Event()


class FakeMachine:
    """What outlives daemons: every agent ever started, by (session id, attempt). `script` gives each its lifetime;
    `launches` lists the starts.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.script: Script = script or (lambda spec: Lifetime())
        self.agents: dict[tuple[str, int], FakeAgent] = {}
        self.logs: dict[str, bytearray] = {}
        self.launches: list[tuple[str, int]] = []

    def start(self, spec: LaunchSpec) -> FakeAgent:
        """Start the agent of a spec; LaunchError when its script says so."""
        life = self.script(spec)
        log = self.logs.setdefault(spec.session_id, bytearray())
        agent = FakeAgent(spec, life, log, 1000 + 2 * len(self.launches))
        self.launches.append((spec.session_id, spec.attempt))
        self.agents[spec.session_id, spec.attempt] = agent
        if life.failure is not None:
            raise LaunchError.from_record(agent.end("failed_to_start", detail=": ".join(life.failure)))
        agent.catch_up()
        return agent

    def find(self, session_id: str, attempt: int | None = None) -> FakeAgent | None:
        """An attempt as it is now; the last one of the session when none is named."""
        numbers = [number for name, number in self.agents if name == session_id]
        agent = self.agents.get((session_id, attempt if attempt is not None else max(numbers, default=0)))
        if agent is not None:
            agent.catch_up()
        return agent

    def kill_shim(self, session_id: str) -> None:
        """Kill the session's shim (a stray KILL)."""
        agent = self.find(session_id)
        if agent is not None and agent.alive:
            agent.lose("its shim is gone without an exit record")

    def reboot(self) -> None:
        """Restart the machine: everything that ran is lost."""
        for session_id, _ in self.agents:
            self.kill_shim(session_id)


def _identity(spec: LaunchSpec, pid: int, output_start: int, at: int) -> Identity:
    return Identity(
        boot_id="fake",
        session_id=spec.session_id,
        attempt=spec.attempt,
        shim_pid=pid,
        shim_start=str(pid),
        agent_pid=pid + 1,
        agent_start=str(pid + 1),
        agent_pgid=pid + 1,
        at=at,
        output_start=output_start,
    )


def _ms(moment: float) -> int:
    return int(moment * 1000)
