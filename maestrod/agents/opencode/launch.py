"""Plans the start of OpenCode: one turn of ``opencode run`` with the prompt on standard input, or its user interface."""

import re
from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.installed import WantedProgram, required
from maestrod.agents.kit.prompt_argument import as_argument
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.kit.turn_launch import turn_plan, working_dir
from maestrod.agents.opencode import session_settings, user_settings
from maestrod.api.project import PermissionPolicy

PROGRAM = WantedProgram(
    command="opencode",
    packages=("opencode-ai",),
    oldest=(1, 18, 0),
    before=(2, 0, 0),
    tested="1.18.33",
    install="get it with `npm install -g opencode-ai`",
)
#: Variables with the keys of the vendors it supports, and the paths of the user's own configuration.
_VARIABLES = re.compile(
    r"""
      (?:ANTHROPIC|OPENAI|GEMINI|GOOGLE|GOOGLE_GENERATIVE_AI|OPENROUTER|GROQ|MISTRAL|XAI|DEEPSEEK|CEREBRAS|TOGETHER|FIREWORKS
        |MOONSHOT|ZHIPU|DASHSCOPE|HF|NVIDIA|OPENCODE|AZURE|AZURE_OPENAI)_(?:API_KEY|TOKEN)
    | AWS_[A-Z0-9_]+ | AZURE_RESOURCE_NAME | GOOGLE_APPLICATION_CREDENTIALS | GOOGLE_CLOUD_PROJECT | VERTEX_LOCATION
    | OPENCODE_CONFIG | OPENCODE_CONFIG_DIR | OPENCODE_DISABLE_[A-Z_]+ | NODE_EXTRA_CA_CERTS
    """,
    re.VERBOSE,
)
#: Offline it would otherwise wait more than a minute for a package that it installs (measured: 70 s).
_QUIET = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "npm_config_fetch_retries": "0"}
#: Any signal ends it at once without a report; the shim ends what its tools left running.
STOP_LADDER = (("TERM", 3.0), ("KILL", 5.0))


def launch(request: LaunchRequest) -> LaunchPlan:
    """Plan a start. Raises ``Unavailable`` when OpenCode is not installed or the user's configuration is unreadable."""
    env = environment(request)
    program = required("opencode", PROGRAM, env["PATH"])
    env |= {name: value for name, value in request.environ.items() if _VARIABLES.fullmatch(name)}
    own = session_settings.content(request.folder, Path(working_dir(request)), request.environ)
    env |= {**_QUIET, user_settings.VARIABLE: own}
    files = session_files(request.manifest) | session_settings.files(request, gate=_has_gate(request))
    return turn_plan(request, (str(program), *_arguments(request, files)), env, files, STOP_LADDER)


def _arguments(request: LaunchRequest, files: dict[str, str]) -> list[str]:
    if request.interactive:
        prompt = as_argument(request, files)
        arguments = [] if prompt is None else [f"--prompt={prompt}"]
    else:
        arguments = ["run", "--format", "json", "--auto"]  # without this, it refuses at once whatever needs permission
    conversation = request.session.agent_session_id
    return arguments if conversation is None else [*arguments, "--session", conversation]


def _has_gate(request: LaunchRequest) -> bool:
    """Whether tools wait for our decision: OpenCode by itself hardly ever asks."""
    permissions = request.permissions
    return permissions.policy is not PermissionPolicy.ALLOW or bool(permissions.deny)
