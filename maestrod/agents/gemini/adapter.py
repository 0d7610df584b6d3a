"""Gemini CLI as an adapter: how it is started, spoken to and judged. What it says is read in ``stream.py`` and ``hooks.py``."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from maestrod.agents.adapter import Decision, Keys, LaunchPlan, LaunchRequest, Verdict
from maestrod.agents.gemini import home, hooks, stream
from maestrod.agents.kit import installed
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.hook_template import GATE, filled
from maestrod.agents.kit.installed import Program
from maestrod.agents.kit.json_lines import read_object
from maestrod.agents.kit.keys import typed
from maestrod.agents.kit.prompt_argument import PROMPT, as_argument
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.kit.verdicts import verdict
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy
from maestrod.api.session import Exit, Terminal
from maestrod.api.skill import AgentInfo
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.signs import NOTHING, Outcome, Reading, ScreenShown

TRAITS = AgentTraits(turns=Turns.PROCESS, plans=True, resumes=True, terminal=Terminal.PIPE, read_hook=hooks.read_hook)
PROGRAM = Program(
    command="gemini",
    packages=("@google/gemini-cli",),
    oldest=(0, 61, 0),
    before=(1, 0, 0),
    tested="0.61.0",
    install="get it with `npm install -g @google/gemini-cli` (it needs Node 20 or later)",
)
#: Variables that say who the user is, to whom the agent talks and with what model.
VARIABLES = (
    *("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "GEMINI_MODEL", "NODE_EXTRA_CA_CERTS"),
    *("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT_ID", "GOOGLE_CLOUD_LOCATION"),
    *("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"),
)
#: On SIGTERM it runs its last hook and exits 0, half a second later; what its tool started is swept up after it.
STOP_LADDER = (("TERM", 4.0), ("KILL", 5.0))
POLICY = "gemini-policy.toml"
#: Reporting needs nobody's permission; a command line with more in it than that is still asked for (measured).
_REPORTS = (
    '[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = "maestroctl"\ndecision = "allow"\npriority = 500\n'
)
_WORKING, _READY = "✦", "◇"


class GeminiAdapter:
    """Google's Gemini CLI, from npm."""

    name = "gemini"
    traits = TRAITS

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """``now`` gives seconds since the epoch: a limit says how long to wait."""
        self._now = now

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """One turn with the prompt on standard input, or its user interface with the prompt as argument."""
        env = environment(request)
        found = installed.find(PROGRAM, env["PATH"])
        if found.path is None or found.missing is not None:
            raise Unavailable("agent.missing", f"gemini: {found.missing}")
        env |= {name: request.environ[name] for name in VARIABLES if name in request.environ}
        env |= {
            "GEMINI_CLI_HOME": str(request.folder / home.HOME),
            "GEMINI_CLI_TRUST_WORKSPACE": "true",  # it refuses a folder it does not know, and asks on a terminal
            "GEMINI_CLI_NO_RELAUNCH": "true",  # else a parent in front of it takes no notice of signals
        }
        files = session_files(request.manifest) | home.files(request, self._hooks(request)) | {POLICY: _REPORTS}
        arguments = [str(found.path), "--approval-mode", _approval(request), "--policy", str(request.folder / POLICY)]
        if request.session.agent_session_id is not None:
            arguments += ["--resume", request.session.agent_session_id]
        if request.interactive:
            prompt = as_argument(request, files)
            arguments += [] if prompt is None else [f"--prompt-interactive={prompt}"]
        else:
            files[PROMPT] = request.prompt or ""
            arguments += ["--output-format", "stream-json"]
        return LaunchPlan(
            argv=tuple(arguments),
            env=env,
            cwd=request.session.working_dir or request.manifest.project.working_dir,
            terminal=request.session.terminal,
            stop_ladder=STOP_LADDER,
            files=files,
            stdin=None if request.interactive else PROMPT,
            stream=not request.interactive,
            links=home.links(request),
        )

    def _hooks(self, request: LaunchRequest) -> dict[str, Any]:
        """Headless only what the stream tells in pieces: the whole last message. Both get the gate where they need it."""
        templates = ["terminal.json" if request.interactive else "stream.json"]
        if _has_gate(request):
            templates.append("gate.json")
        found: dict[str, Any] = {}
        for template in templates:
            for event, groups in filled(request.hooks, self.name, template)["hooks"].items():
                found[event] = [*found.get(event, []), *groups]
        return found

    def read_hook(self, event: str, payload: Any) -> Reading:
        """See ``hooks.py``."""
        return hooks.read_hook(event, payload)

    def read_line(self, line: bytes) -> Reading:
        """See ``stream.py``."""
        return read_object(line, lambda event: stream.read_event(event, self._now()))

    def read_title(self, title: str) -> Reading:
        """``✦  Working… (project)``, ``◇  Ready (project)``; while it asks for something its hook tells what."""
        return Reading((ScreenShown(title[0] == _WORKING),)) if title[:1] in {_WORKING, _READY} else NOTHING

    def say(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """Typed on a terminal; headless every prompt comes with a start."""
        return typed(text) if interactive else ()

    def answer(self, key: str, decision: Decision, *, message: str = "", tool_input: str = "") -> bytes:
        """It asks by its hook only."""
        return b""

    def hook_answer(self, event: str, decision: Decision | None, *, message: str = "") -> str:
        """What the gate passes on to the agent. Without a decision the tool does not run: there is nobody else to ask."""
        if event != GATE:
            return ""
        if decision is Decision.ALLOW:
            return json.dumps({"decision": "allow"})
        return json.dumps({"decision": "deny", "reason": message or "nobody has decided about it"})

    def judge(self, ended: Exit, *, outcome: Outcome | None, told_to_stop: bool) -> Verdict:
        """Its last word tells; its exit code is 0 on SIGTERM too, and an API error's status modulo 256."""
        return verdict(ended, outcome, told_to_stop=told_to_stop)

    def detect(self) -> AgentInfo:
        """Whether it is installed."""
        return installed.info(self.name, "Google's Gemini CLI", PROGRAM, None)


def _has_gate(request: LaunchRequest) -> bool:
    """Whether tools wait for our decision. On a terminal its own dialogs ask, unless nobody may be asked at all."""
    policy = request.permissions.policy
    if policy is PermissionPolicy.ALLOW:
        return bool(request.permissions.deny)
    return not request.interactive or policy is PermissionPolicy.DENY


def _approval(request: LaunchRequest) -> str:
    """Headless its own modes either refuse the shell or ask for nothing; so ours does the asking (``hooks/gemini/gate.py``)."""
    return "default" if request.interactive and request.permissions.policy is PermissionPolicy.ASK else "yolo"
