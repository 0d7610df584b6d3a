"""Plans the start of Gemini CLI: one turn with the prompt on standard input, or its user interface."""

from typing import Any

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.gemini import home
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.hook_template import filled
from maestrod.agents.kit.installed import WantedProgram, required
from maestrod.agents.kit.prompt_argument import as_argument
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.kit.turn_launch import turn_plan
from maestrod.api.project import PermissionPolicy

PROGRAM = WantedProgram(
    command="gemini",
    packages=("@google/gemini-cli",),
    oldest=(0, 61, 0),
    before=(1, 0, 0),
    tested="0.61.0",
    install="get it with `npm install -g @google/gemini-cli` (it needs Node 20 or later)",
)
#: Variables for the user's credentials, the provider and the model.
VARIABLES = (
    *("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "GEMINI_MODEL", "NODE_EXTRA_CA_CERTS"),
    *("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT_ID", "GOOGLE_CLOUD_LOCATION"),
    *("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"),
)
#: On SIGTERM it runs its last hook and exits with 0 half a second later; the shim ends what its tools left running.
STOP_LADDER = (("TERM", 4.0), ("KILL", 5.0))
POLICY = "gemini-policy.toml"
#: Reporting needs no permission; Gemini still asks about a command line that contains more than that (measured).
_REPORTS = (
    '[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = "maestroctl"\ndecision = "allow"\npriority = 500\n'
)


def launch(request: LaunchRequest) -> LaunchPlan:
    """Plan a start. Raises ``Unavailable`` when Gemini CLI is not installed or the user's settings are unreadable."""
    env = _environment(request)
    program = required("gemini", PROGRAM, env["PATH"])
    files = session_files(request.manifest) | home.files(request, _hooks(request)) | {POLICY: _REPORTS}
    return turn_plan(
        request, (str(program), *_arguments(request, files)), env, files, STOP_LADDER, links=home.links(request)
    )


def _environment(request: LaunchRequest) -> dict[str, str]:
    return {
        **environment(request),
        **{name: request.environ[name] for name in VARIABLES if name in request.environ},
        "GEMINI_CLI_HOME": str(request.folder / home.HOME),
        "GEMINI_CLI_TRUST_WORKSPACE": "true",  # otherwise it refuses unknown folders, or asks on a terminal
        "GEMINI_CLI_NO_RELAUNCH": "true",  # otherwise it gets a parent process that ignores signals
    }


def _arguments(request: LaunchRequest, files: dict[str, str]) -> list[str]:
    arguments = ["--approval-mode", _approval(request), "--policy", str(request.folder / POLICY)]
    if request.session.agent_session_id is not None:
        arguments += ["--resume", request.session.agent_session_id]
    if not request.interactive:
        return [*arguments, "--output-format", "stream-json"]
    prompt = as_argument(request, files)
    return arguments if prompt is None else [*arguments, f"--prompt-interactive={prompt}"]


def _hooks(request: LaunchRequest) -> dict[str, Any]:
    """Headless, only the hook with the complete last message, which the stream splits. Both modes may need the gate."""
    templates = ["terminal.json" if request.interactive else "stream.json"]
    if _has_gate(request):
        templates.append("gate.json")
    found: dict[str, Any] = {}
    for template in templates:
        for event, groups in filled(request.hooks, "gemini", template)["hooks"].items():
            found[event] = [*found.get(event, []), *groups]
    return found


def _has_gate(request: LaunchRequest) -> bool:
    """Whether tools wait for our decision. On a terminal its own dialogs ask, unless the policy denies everything."""
    policy = request.permissions.policy
    if policy is PermissionPolicy.ALLOW:
        return bool(request.permissions.deny)
    return not request.interactive or policy is PermissionPolicy.DENY


def _approval(request: LaunchRequest) -> str:
    """Headless, its own modes either refuse the shell or never ask, so our gate asks (``hooks/gemini/gate.py``)."""
    return "default" if request.interactive and request.permissions.policy is PermissionPolicy.ASK else "yolo"
