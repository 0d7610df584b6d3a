"""Plans the start of Codex: one turn of ``codex exec`` with the prompt on standard input, or its user interface."""

import json
from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.codex import command_line, user_settings
from maestrod.agents.codex.program import program
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.hook_template import filled
from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.prompt_argument import as_argument
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.kit.turn_launch import turn_plan, working_dir
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Role
from maestrod.core.plan.schema import plan_schema

#: Variables from which Codex, or the vendor's libraries in it, take keys and addresses.
VARIABLES = ("CODEX_HOME", "CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_CA_CERTIFICATE")
#: Only on SIGINT does it report the interruption and run its last hooks (one second each); on SIGTERM it dies at once.
STOP_LADDER = (("INT", 3.0), ("TERM", 3.0), ("KILL", 5.0))
SCHEMA = "plan-schema.json"


def launch(request: LaunchRequest) -> LaunchPlan:
    """Plan a start. Raises ``Unavailable`` when Codex is not installed, or the user distrusts the folder."""
    settings = user_settings.read(request.environ)
    env = environment(request)
    names = {*VARIABLES, *user_settings.key_variables(settings)}
    env |= {name: request.environ[name] for name in names if name in request.environ}
    files = session_files(request.manifest)
    common = [str(program(env["PATH"])), *command_line.quiet(), *command_line.reporting(env["PATH"])]
    rest = _interactive(request, files, settings) if request.interactive else _headless(request, files)
    return turn_plan(request, (*common, *rest), env, files, STOP_LADDER)


def _headless(request: LaunchRequest, files: dict[str, str]) -> list[str]:
    arguments = ["exec", "--json", "--skip-git-repo-check", *_sandbox(request.permissions)]
    arguments += command_line.hooks(filled(request.hooks, "codex", "stream.json"))
    if request.session.role is Role.ORCHESTRATOR:
        files[SCHEMA] = json.dumps(plan_schema(strict=True))
        arguments += ["--output-schema", str(request.folder / SCHEMA)]
    return [*arguments, *_resumed(request), "-"]


def _interactive(request: LaunchRequest, files: dict[str, str], settings: Members) -> list[str]:
    folders = user_settings.trust_roots(Path(working_dir(request)))
    if user_settings.distrusted(settings, folders):
        raise Unavailable("agent.distrusted", f"codex: its config.toml marks {folders[0]} as untrusted")
    arguments = [
        *command_line.trusting(folders),
        *command_line.hooks(filled(request.hooks, "codex", "terminal.json")),
        *("--no-daemon", *_sandbox(request.permissions), "-a", _approval(request.permissions)),
        *_resumed(request),
    ]
    prompt = as_argument(request, files)
    return arguments if prompt is None else [*arguments, "--", prompt]


def _resumed(request: LaunchRequest) -> list[str]:
    conversation = request.session.agent_session_id
    return [] if conversation is None else ["resume", conversation]


def _sandbox(permissions: Permissions) -> list[str]:
    """No sandbox if the policy allows everything; otherwise it may write only in its working directory."""
    return ["-s", "danger-full-access" if permissions.policy is PermissionPolicy.ALLOW else "workspace-write"]


def _approval(permissions: Permissions) -> str:
    """Whether it may ask to leave the sandbox."""
    return "on-request" if permissions.policy is PermissionPolicy.ASK else "never"
