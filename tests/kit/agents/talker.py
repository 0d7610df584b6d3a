"""A talking agent: prompts in, signs out by its stream and its terminal's title; no program behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from maestrod.agents.adapter import Keys, LaunchPlan, LaunchRequest
from maestrod.agents.shell.opaque import OpaqueAdapter
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.skill import AgentInfo
from maestrod.api.turn import Outcome
from maestrod.core.prompts.manifest import manifest_json
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, Reading, Said, ScreenShown


@dataclass
class Talker(OpaqueAdapter):
    """``read`` are the lines that it received. A line that begins with ``say`` says something; ``bug`` makes it raise."""

    name: str = "talker"
    traits: AgentTraits = field(default_factory=lambda: AgentTraits(turns=Turns.STREAM, resumes=True))
    argv: tuple[str, ...] = ("talker",)
    stdin: str | None = None
    prompts: list[str | None] = field(default_factory=list)
    read: list[bytes] = field(default_factory=list)

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """A launch with one file in a subfolder."""
        self.prompts.append(request.prompt)
        return LaunchPlan(
            argv=self.argv,
            env={"PATH": request.environ.get("PATH", "")},
            cwd=request.manifest.project.working_dir,
            terminal=request.session.terminal,
            stop_ladder=(("TERM", 1.0), ("KILL", 5.0)),
            files={"manifest.json": manifest_json(request.manifest), "agent/prompt.md": request.prompt or ""},
            stdin=self.stdin,
            stream=True,
        )

    def read_line(self, line: bytes) -> Reading:
        """``say X`` says X."""
        self.read.append(line)
        if line.startswith(b"bug"):
            raise KeyError("bug")
        return Reading((Said(line[4:].decode()),)) if line.startswith(b"say ") else NOTHING

    def read_title(self, title: str) -> Reading:
        """A title that begins with an asterisk means busy."""
        return Reading((ScreenShown(title.startswith("*")),)) if title else NOTHING

    def prompt_keys(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """On a terminal, the text and a moment later Enter."""
        if interactive:
            return (Keys(text.encode(), 0.4, echoed=True), Keys(b"\r"))
        return (Keys(f"prompt {text}\n".encode()),)

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """A line."""
        return f"{permission.value} {key} {message}\n".encode()

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """Judge by the exit code."""
        return Judgement.COMPLETED if ended.code == 0 else Judgement.FAILED

    def detect(self) -> AgentInfo:
        """It needs no installation."""
        return AgentInfo(name=self.name, description="Talks")
