"""The ``opencode`` agent: writes to OpenCode and judges it. ``launch.py`` starts it, ``stream.py`` and ``hooks.py`` read it."""

import json
from typing import Any

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit import installed
from maestrod.agents.kit.hook_template import GATE
from maestrod.agents.kit.json_lines import read_object
from maestrod.agents.kit.judging import judge
from maestrod.agents.kit.turn_adapter import TurnAdapter
from maestrod.agents.opencode import hooks, stream
from maestrod.agents.opencode.launch import PROGRAM, launch
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.session import Terminal
from maestrod.api.skill import AgentInfo
from maestrod.api.turn import Outcome
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, Reading

#: Its first sign of life takes three seconds on an idle machine, and half a minute when all CPUs are busy (measured).
TRAITS = AgentTraits(
    turns=Turns.PROCESS,
    plans=True,
    resumes=True,
    terminal=Terminal.PIPE,
    registration_timeout_ms=180_000,
)


class OpenCodeAdapter(TurnAdapter):
    """OpenCode, from npm or as its own program."""

    name = "opencode"
    traits = TRAITS

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """See ``launch.py``."""
        return launch(request)

    def read_hook(self, event: str, payload: Any) -> Reading:
        """See ``hooks.py``."""
        return hooks.read_hook(event, payload)

    def read_line(self, line: bytes) -> Reading:
        """See ``stream.py``."""
        return read_object(line, stream.read_event)

    def read_title(self, title: str) -> Reading:
        """No signs: the title names the conversation."""
        return NOTHING

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """What the plugin waits for before a tool runs; without a decision the tool does not run."""
        if event != GATE:
            return ""
        chosen = permission or Permission.DENY
        return json.dumps({"decision": chosen.value, "reason": message or "no decision was made"})

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """Its last report decides; its exit code is 0 when a tool was refused, 1 when the API failed."""
        return judge(ended, outcome, stop_requested=stop_requested)

    def detect(self) -> AgentInfo:
        """Look for it on the PATH."""
        return installed.info(self.name, "OpenCode, for the models of many vendors", PROGRAM, None)
