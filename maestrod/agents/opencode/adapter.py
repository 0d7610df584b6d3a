"""OpenCode as an adapter: how it is started, spoken to and judged. What it says is read in ``stream.py`` and ``hooks.py``."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maestrod.agents.adapter import Decision, Keys, LaunchPlan, LaunchRequest, Verdict
from maestrod.agents.kit import installed
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.hook_template import GATE
from maestrod.agents.kit.installed import Program
from maestrod.agents.kit.json_lines import read_object
from maestrod.agents.kit.keys import typed
from maestrod.agents.kit.prompt_argument import PROMPT, as_argument
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.kit.verdicts import verdict
from maestrod.agents.opencode import hooks, session_settings, stream
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy
from maestrod.api.session import Exit, Terminal
from maestrod.api.skill import AgentInfo
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.signs import NOTHING, Outcome, Reading

#: It needs three seconds to its first word on an idle machine, and half a minute where all processors are taken (measured).
TRAITS = AgentTraits(
    turns=Turns.PROCESS,
    plans=True,
    resumes=True,
    terminal=Terminal.PIPE,
    registration_timeout_ms=180_000,
    read_hook=hooks.read_hook,
)
PROGRAM = Program(
    command="opencode",
    packages=("opencode-ai",),
    oldest=(1, 18, 0),
    before=(2, 0, 0),
    tested="1.18.33",
    install="get it with `npm install -g opencode-ai`",
)
#: Keys of the vendors it knows, and where the user's own configuration of it is.
_VARIABLES = re.compile(
    r"""
      (?:ANTHROPIC|OPENAI|GEMINI|GOOGLE|GOOGLE_GENERATIVE_AI|OPENROUTER|GROQ|MISTRAL|XAI|DEEPSEEK|CEREBRAS|TOGETHER|FIREWORKS
        |MOONSHOT|ZHIPU|DASHSCOPE|HF|NVIDIA|OPENCODE|AZURE|AZURE_OPENAI)_(?:API_KEY|TOKEN)
    | AWS_[A-Z0-9_]+ | AZURE_RESOURCE_NAME | GOOGLE_APPLICATION_CREDENTIALS | GOOGLE_CLOUD_PROJECT | VERTEX_LOCATION
    | OPENCODE_CONFIG | OPENCODE_CONFIG_DIR | OPENCODE_DISABLE_[A-Z_]+ | NODE_EXTRA_CA_CERTS
    """,
    re.VERBOSE,
)
#: Offline it would wait more than a minute for a package that it installs on the side (measured: 70 s).
_QUIET = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "npm_config_fetch_retries": "0"}
#: It dies of any signal at once and says nothing; what its tools started is swept up after it.
STOP_LADDER = (("TERM", 3.0), ("KILL", 5.0))


class OpenCodeAdapter:
    """OpenCode, from npm or as its own program."""

    name = "opencode"
    traits = TRAITS

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """One turn of ``opencode run`` with the prompt on standard input, or its user interface with the prompt as argument."""
        env = environment(request)
        found = installed.find(PROGRAM, env["PATH"])
        if found.path is None or found.missing is not None:
            raise Unavailable("agent.missing", f"opencode: {found.missing}")
        env |= {name: value for name, value in request.environ.items() if _VARIABLES.fullmatch(name)}
        cwd = request.session.working_dir or request.manifest.project.working_dir
        env |= {
            **_QUIET,
            session_settings.VARIABLE: session_settings.content(request.folder, Path(cwd), request.environ),
        }
        gate = _has_gate(request)
        files = session_files(request.manifest) | session_settings.files(request, gate=gate)
        arguments = [str(found.path)]
        conversation = request.session.agent_session_id
        if request.interactive:
            prompt = as_argument(request, files)
            arguments += [] if prompt is None else [f"--prompt={prompt}"]
        else:
            files[PROMPT] = request.prompt or ""
            arguments += ["run", "--format", "json", "--auto"]  # without it, what it asks for is refused at once
        arguments += [] if conversation is None else ["--session", conversation]
        return LaunchPlan(
            argv=tuple(arguments),
            env=env,
            cwd=cwd,
            terminal=request.session.terminal,
            stop_ladder=STOP_LADDER,
            files=files,
            stdin=None if request.interactive else PROMPT,
            stream=not request.interactive,
        )

    def read_hook(self, event: str, payload: Any) -> Reading:
        """See ``hooks.py``."""
        return hooks.read_hook(event, payload)

    def read_line(self, line: bytes) -> Reading:
        """See ``stream.py``."""
        return read_object(line, stream.read_event)

    def read_title(self, title: str) -> Reading:
        """Its title is the conversation's."""
        return NOTHING

    def say(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """Typed on a terminal; headless every prompt comes with a start."""
        return typed(text) if interactive else ()

    def answer(self, key: str, decision: Decision, *, message: str = "", tool_input: str = "") -> bytes:
        """It asks by its plugin only."""
        return b""

    def hook_answer(self, event: str, decision: Decision | None, *, message: str = "") -> str:
        """What the plugin waits for before a tool runs; without a decision it does not."""
        if event != GATE:
            return ""
        chosen = decision or Decision.DENY
        return json.dumps({"decision": chosen.value, "reason": message or "nobody has decided about it"})

    def judge(self, ended: Exit, *, outcome: Outcome | None, told_to_stop: bool) -> Verdict:
        """Its last word tells; its exit code is 0 when a tool was refused, 1 when the API failed."""
        return verdict(ended, outcome, told_to_stop=told_to_stop)

    def detect(self) -> AgentInfo:
        """Whether it is installed."""
        return installed.info(self.name, "OpenCode, for the models of many vendors", PROGRAM, None)


def _has_gate(request: LaunchRequest) -> bool:
    """Whether tools wait for our decision: it asks for hardly anything by itself."""
    permissions = request.permissions
    return permissions.policy is not PermissionPolicy.ALLOW or bool(permissions.deny)
