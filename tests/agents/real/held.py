"""A real agent started by its adapter's plan and held by the test itself: what it prints is read by the adapter, line by line."""

import dataclasses
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from maestrod.agents.adapter import Adapter, LaunchPlan, LaunchRequest
from maestrod.agents.kit.environment import link_programs
from maestrod.api.local.package_data import package_data
from maestrod.api.process import Exit
from maestrod.api.session import Session, SessionStatus, Terminal
from maestrod.core.values.signs import Sign
from maestrod.supervisor.launching import make_links, write_files
from tests.agents.real.conftest import Place
from tests.core.prompts.manifests import manifest
from tests.kit.patience import PATIENCE

Kind = TypeVar("Kind", bound=Sign)


def request(place: Place, agent: str, environ: dict[str, str], **members: Any) -> LaunchRequest:
    """What the adapter is told of a session in a place; ``members`` are the session's, the manifest's ``described`` and the request's."""
    described = members.pop("described", {})
    asked = {name: members.pop(name) for name in ("prompt", "permissions") if name in members}
    known = {"role": described.get("role", "worker"), "attempt": 1, "terminal": Terminal.PIPE, **members}
    status = SessionStatus.SPAWNING
    about = manifest(working_dir=str(place.project), **described)
    known["role"] = about.session.role
    return LaunchRequest(
        session=Session(id="ses_1", project_id="prj_1", name="Checks", agent=agent, status=status, **known),
        manifest=about,
        folder=place.home / "session",
        socket=place.home / "nobody.sock",
        hooks=package_data("hooks"),
        programs=link_programs(place.home / "bin"),
        token="ses_1.1.secret",
        environ={**place.environ, "MAESTRO_HOME": str(place.home / "m"), **environ},
        **asked,
    )


class Held:
    """One process of an agent on pipes."""

    def __init__(self, adapter: Adapter, plan: LaunchPlan, *more: str) -> None:
        """Start it by ``plan``, with ``more`` arguments."""
        self.adapter, self.plan = adapter, plan
        self.signs: list[Sign] = []
        self._text = b""
        self._write_files(Path(plan.env["MAESTRO_MANIFEST_PATH"]).parent)
        self._stderr = Path(plan.env["MAESTRO_MANIFEST_PATH"]).parent / "stderr"
        with self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*plan.argv, *more],
                env=dict(plan.env),
                cwd=plan.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        if plan.stdin is not None:
            self.write(plan.files[plan.stdin].encode())
            self._close_input()

    def __enter__(self) -> "Held":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def prompt(self, text: str) -> None:
        """A prompt."""
        for keys in self.adapter.prompt_keys(text, interactive=False):
            self.write(keys.data)

    def write(self, data: bytes) -> None:
        """Anything, on its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def until(self, kind: type[Kind], matches: Callable[[Kind], bool] = lambda sign: True) -> Kind:
        """The next sign of a kind; ``AssertionError`` with what it said when it ends before."""
        seen = 0
        while True:
            for place, sign in enumerate(self.signs[seen:], seen + 1):
                if isinstance(sign, kind) and matches(sign):
                    del self.signs[:place]
                    return sign
            seen = len(self.signs)
            if not self._read():
                raise AssertionError(f"it ended without {kind.__name__}: {self.signs} {self.stderr}")

    def finish(self) -> Exit:
        """No more prompts: read what it still says, and how it ended."""
        self._close_input()
        while self._read():
            pass
        code = self.process.wait(PATIENCE)
        return Exit(code=code) if code >= 0 else Exit(signal=signal.Signals(-code).name.removeprefix("SIG"))

    def _close_input(self) -> None:
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    @property
    def stderr(self) -> str:
        """What it said on standard error."""
        return self._stderr.read_text()

    def _read(self) -> bool:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, f"silent for {PATIENCE} s: {self.signs} {self.stderr}"
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            self.signs += self.adapter.read_line(line).signs
        return bool(data)

    def _write_files(self, folder: Path) -> None:
        write_files(folder, self.plan.files)
        make_links(folder, self.plan.links)


def with_env(plan: LaunchPlan, **changed: str) -> LaunchPlan:
    """The plan with more in its environment."""
    return dataclasses.replace(plan, env={**plan.env, **changed})


def wait_for(condition: Callable[[], Any], what: str) -> None:
    """Return when it holds; for facts of the system that give no event."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)  # noqa: TID251 - the agent's hooks run beside it and tell nobody here
