"""Codex as an adapter: how it is started, spoken to and judged. What it says is read in ``stream.py`` and ``hooks.py``."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from maestrod.agents.adapter import Decision, Keys, LaunchPlan, LaunchRequest, Verdict
from maestrod.agents.codex import command_line, hooks, stream, user_settings
from maestrod.agents.codex.program import PROGRAM, program
from maestrod.agents.kit import installed
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.hook_template import filled
from maestrod.agents.kit.json_lines import read_object
from maestrod.agents.kit.keys import typed
from maestrod.agents.kit.prompt_argument import PROMPT, as_argument
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.kit.verdicts import verdict
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Exit, Role, Terminal
from maestrod.api.skill import AgentInfo
from maestrod.core.plan.schema import plan_schema
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.values.signs import NOTHING, Outcome, Reading, ScreenShown

TRAITS = AgentTraits(turns=Turns.PROCESS, plans=True, resumes=True, terminal=Terminal.PIPE, read_hook=hooks.read_hook)
#: Variables that Codex or the vendor's libraries in it take keys and places from.
VARIABLES = ("CODEX_HOME", "CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_CA_CERTIFICATE")
#: Only SIGINT lets it say that it was interrupted and run its last hooks (one second each); on SIGTERM it dies at once.
STOP_LADDER = (("INT", 3.0), ("TERM", 3.0), ("KILL", 5.0))
SCHEMA = "plan-schema.json"
#: The first character of the title while it works is one of a spinner's (braille patterns).
_SPINNER = range(0x2800, 0x2900)


class CodexAdapter:
    """OpenAI's Codex, from npm or as its native program."""

    name = "codex"
    traits = TRAITS

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """``now`` gives seconds since the epoch: Codex names the end of a limit by a time without a date."""
        self._now = now

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """One turn of ``codex exec`` with the prompt on standard input, or its user interface with the prompt as argument."""
        settings = user_settings.read(request.environ)
        env = environment(request)
        names = {*VARIABLES, *user_settings.key_variables(settings)}
        env |= {name: request.environ[name] for name in names if name in request.environ}
        files = session_files(request.manifest)
        common = [str(program(env["PATH"])), *command_line.quiet(), *command_line.reporting(env["PATH"])]
        if request.interactive:
            rest = self._interactive(request, files, settings)
        else:
            rest = self._headless(request, files)
        return LaunchPlan(
            argv=(*common, *rest),
            env=env,
            cwd=request.session.working_dir or request.manifest.project.working_dir,
            terminal=request.session.terminal,
            stop_ladder=STOP_LADDER,
            files=files,
            stdin=None if request.interactive else PROMPT,
            stream=not request.interactive,
        )

    def _headless(self, request: LaunchRequest, files: dict[str, str]) -> list[str]:
        files[PROMPT] = request.prompt or ""
        arguments = ["exec", "--json", "--skip-git-repo-check", *_sandbox(request.permissions)]
        arguments += command_line.hooks(filled(request.hooks, self.name, "stream.json"))
        if request.session.role is Role.ORCHESTRATOR:
            files[SCHEMA] = json.dumps(plan_schema(strict=True))
            arguments += ["--output-schema", str(request.folder / SCHEMA)]
        if request.session.agent_session_id is not None:
            arguments += ["resume", request.session.agent_session_id]
        return [*arguments, "-"]

    def _interactive(self, request: LaunchRequest, files: dict[str, str], settings: Any) -> list[str]:
        folders = user_settings.trust_roots(Path(request.session.working_dir or request.manifest.project.working_dir))
        if user_settings.distrusted(settings, folders):
            raise Unavailable("agent.distrusted", f"codex: its config.toml says that {folders[0]} is not to be trusted")
        arguments = [
            *command_line.trusting(folders),
            *command_line.hooks(filled(request.hooks, self.name, "terminal.json")),
        ]
        arguments += ["--no-daemon", *_sandbox(request.permissions), "-a", _approval(request.permissions)]
        if request.session.agent_session_id is not None:
            arguments += ["resume", request.session.agent_session_id]
        prompt = as_argument(request, files)
        return arguments if prompt is None else [*arguments, "--", prompt]

    def read_hook(self, event: str, payload: Any) -> Reading:
        """See ``hooks.py``."""
        return hooks.read_hook(event, payload)

    def read_line(self, line: bytes) -> Reading:
        """See ``stream.py``."""
        return read_object(line, lambda event: stream.read_event(event, self._now()))

    def read_title(self, title: str) -> Reading:
        """A spinner while it works; while it asks for something the title says that, and the hook tells what."""
        if not title or "Action Required" in title:
            return NOTHING
        return Reading((ScreenShown(ord(title[0]) in _SPINNER),))

    def say(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """Typed on a terminal; headless every prompt comes with a start."""
        return typed(text) if interactive else ()

    def answer(self, key: str, decision: Decision, *, message: str = "", tool_input: str = "") -> bytes:
        """It asks by hooks only."""
        return b""

    def hook_answer(self, event: str, decision: Decision | None, *, message: str = "") -> str:
        """The answer to ``PermissionRequest``; without one its own dialog asks."""
        if event != "PermissionRequest" or decision is None:
            return ""
        chosen = {"behavior": decision.value, **({"message": message} if decision is Decision.DENY and message else {})}
        return json.dumps({"hookSpecificOutput": {"hookEventName": event, "decision": chosen}})

    def judge(self, ended: Exit, *, outcome: Outcome | None, told_to_stop: bool) -> Verdict:
        """Its last word tells; without one the exit code is honest: 1 when the turn failed or was interrupted."""
        return verdict(ended, outcome, told_to_stop=told_to_stop)

    def detect(self) -> AgentInfo:
        """Whether it is installed."""
        return installed.info(self.name, "OpenAI's Codex CLI", PROGRAM, None)


def _sandbox(permissions: Permissions) -> list[str]:
    """What is allowed without a question anyway needs no sandbox; otherwise it may write where it works."""
    return ["-s", "danger-full-access" if permissions.policy is PermissionPolicy.ALLOW else "workspace-write"]


def _approval(permissions: Permissions) -> str:
    """Whether it may ask to leave the sandbox."""
    return "on-request" if permissions.policy is PermissionPolicy.ASK else "never"
