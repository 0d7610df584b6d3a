"""The ``codex`` agent: writes to Codex and judges it. ``launch.py`` starts it, ``stream.py`` and ``hooks.py`` read it."""

import json
import time
from collections.abc import Callable
from typing import Any

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.codex import hooks, stream
from maestrod.agents.codex.launch import launch
from maestrod.agents.codex.program import PROGRAM
from maestrod.agents.kit import installed
from maestrod.agents.kit.json_lines import read_object
from maestrod.agents.kit.judging import judge
from maestrod.agents.kit.turn_adapter import TurnAdapter
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.session import Terminal
from maestrod.api.skill import AgentInfo
from maestrod.api.turn import Outcome
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, Reading, ScreenShown

TRAITS = AgentTraits(turns=Turns.PROCESS, plans=True, resumes=True, terminal=Terminal.PIPE)
#: While it works, the first character of its title is a spinner's (braille patterns).
_SPINNER = range(0x2800, 0x2900)


class CodexAdapter(TurnAdapter):
    """OpenAI's Codex, from npm or as its native program."""

    name = "codex"
    traits = TRAITS

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """``now`` returns seconds since the epoch: Codex reports the end of a limit as a time without a date."""
        self._now = now

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """See ``launch.py``."""
        return launch(request)

    def read_hook(self, event: str, payload: Any) -> Reading:
        """See ``hooks.py``."""
        return hooks.read_hook(event, payload)

    def read_line(self, line: bytes) -> Reading:
        """See ``stream.py``."""
        return read_object(line, lambda event: stream.read_event(event, self._now()))

    def read_title(self, title: str) -> Reading:
        """The title has a spinner while it works. "Action Required" is ignored, because a hook reports what it asks."""
        if not title or "Action Required" in title:
            return NOTHING
        return Reading((ScreenShown(ord(title[0]) in _SPINNER),))

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """The answer to ``PermissionRequest``; empty leaves the decision to its own dialog."""
        if event != "PermissionRequest" or permission is None:
            return ""
        chosen = {
            "behavior": permission.value,
            **({"message": message} if permission is Permission.DENY and message else {}),
        }
        return json.dumps({"hookSpecificOutput": {"hookEventName": event, "decision": chosen}})

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """Its last report decides; without one the exit code is reliable: 1 when the turn failed or was interrupted."""
        return judge(ended, outcome, stop_requested=stop_requested)

    def detect(self) -> AgentInfo:
        """Look for it on the PATH."""
        return installed.info(self.name, "OpenAI's Codex CLI", PROGRAM, None)
