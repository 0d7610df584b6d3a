"""The ``gemini`` agent: writes to Gemini CLI and judges it. ``launch.py`` starts it, ``stream.py`` and ``hooks.py`` read it."""

import json
import time
from collections.abc import Callable
from typing import Any

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.gemini import hooks, stream
from maestrod.agents.gemini.launch import PROGRAM, launch
from maestrod.agents.kit import installed
from maestrod.agents.kit.hook_template import GATE
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
_WORKING, _READY = "✦", "◇"


class GeminiAdapter(TurnAdapter):
    """Google's Gemini CLI, from npm."""

    name = "gemini"
    traits = TRAITS

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """``now`` returns seconds since the epoch: Gemini reports how long a limit lasts, not when it ends."""
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
        """``✦  Working… (project)`` or ``◇  Ready (project)``. Other titles are ignored: a hook reports what it asks."""
        return Reading((ScreenShown(title[0] == _WORKING),)) if title[:1] in {_WORKING, _READY} else NOTHING

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """What the gate passes to the agent. Without a decision the tool does not run: there is no one else to ask."""
        if event != GATE:
            return ""
        if permission is Permission.ALLOW:
            return json.dumps({"decision": "allow"})
        return json.dumps({"decision": "deny", "reason": message or "no decision was made"})

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """Its last report decides; its exit code is 0 even on SIGTERM, and for an API error the status modulo 256."""
        return judge(ended, outcome, stop_requested=stop_requested)

    def detect(self) -> AgentInfo:
        """Look for it on the PATH."""
        return installed.info(self.name, "Google's Gemini CLI", PROGRAM, None)
