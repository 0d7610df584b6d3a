"""Plans the start of Claude, headless over its streams or on a terminal, without changing any file of the user's.

Questions that would stop it at its start are settled for this run only: the folder counts as trusted
(``CLAUDE_CODE_SANDBOXED``; headless never asks), and a key that the user has not approved is passed with
``apiKeyHelper``. Only the user can do the first-run setup of Claude; until then the launch fails and says so.
"""

import json
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.claude import user_settings
from maestrod.agents.claude.session_settings import PLUGIN, SETTINGS, plugin_files, settings, status_line
from maestrod.agents.kit.environment import allowed, environment
from maestrod.agents.kit.installed import WantedProgram
from maestrod.agents.kit.session_files import session_files
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy
from maestrod.api.session import Role
from maestrod.core.plan.schema import plan_schema

PROGRAM = WantedProgram(
    command="claude",
    packages=("@anthropic-ai/claude-code",),
    oldest=(2, 1, 197),
    before=(3, 0, 0),
    tested="2.1.328",
    install="install it with `npm install -g @anthropic-ai/claude-code`",
)
#: On TERM, Claude ends its tools and runs its last hooks within a second or two.
STOP_LADDER = (("TERM", 5.0), ("KILL", 5.0))
#: Variables for signing in and the provider. Those that would make it another agent's child (``CLAUDECODE``, ids, sockets)
#: never pass.
_AUTH = re.compile(
    r"""
      ANTHROPIC_[A-Z0-9_]+ | CLAUDE_CONFIG_DIR | CLAUDE_CODE_OAUTH_TOKEN | CLAUDE_CODE_USE_(?:BEDROCK|VERTEX|FOUNDRY)
    | CLAUDE_CODE_SKIP_(?:BEDROCK|VERTEX|FOUNDRY)_AUTH | CLAUDE_CODE_API_KEY_HELPER_TTL_MS | CLAUDE_CODE_MAX_OUTPUT_TOKENS
    | CLAUDE_CODE_MAX_RETRIES | CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC | CLAUDE_CODE_SUBAGENT_MODEL | CLAUDE_CODE_SHELL
    | NODE_EXTRA_CA_CERTS | API_TIMEOUT_MS | BASH_(?:DEFAULT|MAX)_TIMEOUT_MS | MAX_THINKING_TOKENS | DISABLE_TELEMETRY
    | DISABLE_ERROR_REPORTING | IS_SANDBOX
    """,
    re.VERBOSE,
)
#: Variables for signing in to a cloud, if the user has chosen one.
_CLOUDS = {
    "CLAUDE_CODE_USE_BEDROCK": re.compile(r"AWS_[A-Z0-9_]+"),
    "CLAUDE_CODE_USE_VERTEX": re.compile(
        r"GOOGLE_APPLICATION_CREDENTIALS | GOOGLE_CLOUD_PROJECT | CLOUD_ML_REGION | VERTEX_REGION_[A-Z0-9_]+",
        re.VERBOSE,
    ),
}
#: ``CLAUDE_CODE_MAX_RETRIES``: with its default of 10, Claude retries for minutes before it reports a limit.
_DEFAULTS = {"CLAUDE_CODE_MAX_RETRIES": "3"}
_ALWAYS = {
    "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",
    "CLAUDE_CODE_DISABLE_AGENT_VIEW": "1",
    "CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS": "3000",
    "DISABLE_AUTOUPDATER": "1",
}
#: The variable for a key that Claude would ask about.
_KEY = "MAESTRO_ANTHROPIC_API_KEY"
#: Headless, AskUserQuestion could only be allowed or denied, not answered; ``maestroctl attention ask`` replaces it.
_STREAM = (
    *("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    *("--permission-prompt-tool", "stdio", "--disallowedTools=AskUserQuestion"),
)


def launch(request: LaunchRequest) -> LaunchPlan:
    """Plan a start. Raises ``Unavailable`` when Claude is not installed or was never set up."""
    env = _environment(request)
    program = shutil.which(PROGRAM.command, path=env["PATH"])
    if program is None:
        raise Unavailable("agent.missing", f"`claude` is not on the PATH; {PROGRAM.install}")
    more = _first_run(request, env) if request.interactive else {}
    template = "terminal.json" if request.interactive else "stream.json"
    files = session_files(request.manifest) | plugin_files(request.manifest.skills)
    files[SETTINGS] = settings(request.hooks, template, **more)
    return LaunchPlan(
        argv=(program, *_arguments(request, env, has_plugin=f"{PLUGIN}/.claude-plugin/plugin.json" in files)),
        env=env,
        cwd=request.manifest.project.working_dir,
        terminal=request.session.terminal,
        stop_ladder=STOP_LADDER,
        files=files,
        stream=not request.interactive,
    )


def _environment(request: LaunchRequest) -> dict[str, str]:
    env = environment(request)
    patterns = [_AUTH, *(pattern for choice, pattern in _CLOUDS.items() if request.environ.get(choice))]
    auth = [name for name in request.environ if any(pattern.fullmatch(name) for pattern in patterns)]
    return {**_DEFAULTS, **allowed(request.environ, auth), **env, **_ALWAYS}


def _arguments(request: LaunchRequest, env: Mapping[str, str], *, has_plugin: bool) -> list[str]:
    manifest = request.manifest
    words = [] if request.interactive else list(_STREAM)
    words += ["--settings", str(request.folder / SETTINGS), "--permission-mode", _permission_mode(request)]
    conversation = _conversation(request, env)
    words += ["--allowedTools=Bash(maestroctl:*)", *conversation]
    if has_plugin:
        words += ["--plugin-dir", str(request.folder / PLUGIN)]
    system = _system_prompt(request, is_lost="--resume" not in conversation)
    if system:
        words += ["--append-system-prompt", system]
    if manifest.session.role is Role.ORCHESTRATOR and not request.interactive:
        words += ["--json-schema", json.dumps(plan_schema())]
    if request.prompt is not None:
        words += ["--", request.prompt]
    return words


def _system_prompt(request: LaunchRequest, *, is_lost: bool) -> str:
    """The persona's prompt; plus a pointer to the manifest if the earlier conversation is gone (Claude deletes old ones)."""
    persona = request.manifest.persona
    parts = [persona.prompt or persona.description] if persona is not None else []
    if is_lost and request.session.agent_session_id is not None:
        page = request.folder / "manifest.md"
        parts.append(
            f"Your earlier conversation is lost. Before anything else, read {page}: it describes your role, your tasks and how to report."
        )
    return "\n\n".join(parts)


def _permission_mode(request: LaunchRequest) -> str:
    """A worker may edit its project's files unless the policy denies something; everything else asks for permission.

    Without the flag an interactive Claude lets a model decide.
    """
    worker = request.manifest.session.role is Role.WORKER
    free = request.permissions.policy is not PermissionPolicy.DENY and not request.permissions.deny
    return "acceptEdits" if worker and free else "manual"


def _conversation(request: LaunchRequest, env: Mapping[str, str]) -> tuple[str, str]:
    """Resume its conversation if there is one, otherwise begin one with an id that we choose and so know at once."""
    session = request.session
    known = session.agent_session_id
    if session.attempt > 1 and known is not None and user_settings.has_conversation(env, known):
        return "--resume", known
    return "--session-id", str(uuid.uuid5(uuid.NAMESPACE_URL, f"maestro:{session.id}:{session.attempt}"))


def _first_run(request: LaunchRequest, env: dict[str, str]) -> dict[str, object]:
    """Settings that avoid an interactive Claude's start-up questions; also changes ``env`` where needed."""
    known = user_settings.config(env)
    if not user_settings.is_set_up(known):
        message = "Claude Code was never set up for this user: run `claude` once in a terminal, or run the session without one"
        raise Unavailable("agent.not_set_up", message)
    env["CLAUDE_CODE_SANDBOXED"] = "1"
    more: dict[str, object] = {}
    key = env.get("ANTHROPIC_API_KEY")
    if key and user_settings.would_ask_for_key(known, key):
        env[_KEY] = env.pop("ANTHROPIC_API_KEY")
        more["apiKeyHelper"] = f'printf %s "${_KEY}"'
    if "statusLine" not in user_settings.settings(env):
        more["statusLine"] = status_line(Path(request.hooks))
    return more
