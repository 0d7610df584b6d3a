"""The ``claude`` agent: Claude Code."""

import os
from collections.abc import Sequence
from typing import Any

from maestrod.agents.adapter import Keys, LaunchPlan, LaunchRequest
from maestrod.agents.claude import control, turn_end
from maestrod.agents.claude.hooks import read_hook
from maestrod.agents.claude.launch import PROGRAM, launch
from maestrod.agents.claude.stream import read_line
from maestrod.agents.kit import installed
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.session import Terminal
from maestrod.api.skill import AgentInfo
from maestrod.api.turn import Outcome
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, Reading, ScreenShown

#: First characters of the terminal's title: a spinner while Claude works, a star while it waits.
_BUSY = frozenset("◐◓◑◒")
_IDLE = "✳"


class ClaudeAdapter:
    """Translates between sessions and Claude Code."""

    name = "claude"
    traits = AgentTraits(
        turns=Turns.STREAM,
        plans=True,
        resumes=True,
        terminal=Terminal.PIPE,
    )

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """See ``launch.py``."""
        return launch(request)

    def read_hook(self, event: str, payload: Any) -> Reading:
        """See ``hooks.py``."""
        return read_hook(event, payload)

    def read_line(self, line: bytes) -> Reading:
        """See ``stream.py``."""
        return read_line(line)

    def read_title(self, title: str) -> Reading:
        """The first character shows whether it is busy; older versions have a spinner of braille patterns."""
        first = title[:1]
        if first in _BUSY or "\u2800" <= first <= "\u28ff":
            return Reading((ScreenShown(busy=True),))
        return Reading((ScreenShown(busy=False),)) if first == _IDLE else NOTHING

    def prompt_keys(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """See ``control.py``."""
        return control.prompt_keys(text, interactive=interactive)

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """See ``control.py``."""
        return control.answer(key, permission, message)

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """See ``control.py``."""
        return control.hook_answer(event, permission, message)

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """See ``turn_end.py``."""
        return turn_end.judge(ended, outcome, stop_requested=stop_requested)

    def detect(self) -> AgentInfo:
        """Look for it on the daemon's own PATH."""
        return installed.info(self.name, "Claude Code, Anthropic's coding agent", PROGRAM, os.environ.get("PATH"))
