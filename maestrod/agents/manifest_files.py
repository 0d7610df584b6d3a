"""The files every session finds in its folder: its manifest for programs and for reading, and a planner's task context."""

from maestrod.agents.adapter import LaunchRequest
from maestrod.agents.shell_worker.planner import CONTEXT
from maestrod.core.manifest_page import manifest_md
from maestrod.core.opening import ARGUMENT_BYTES
from maestrod.core.prompts import context_json, manifest_json

#: A prompt that is too long for an argument, or that the agent reads from standard input.
PROMPT = "prompt.md"


def manifest_files(request: LaunchRequest) -> dict[str, str]:
    """Files for a launch plan: path below the session's folder, to text."""
    files = {"manifest.json": manifest_json(request.manifest), "manifest.md": manifest_md(request.manifest)}
    if request.manifest.context is not None:
        files[CONTEXT] = context_json(request.manifest.context)
    return files


def as_argument(request: LaunchRequest, files: dict[str, str]) -> str | None:
    """The prompt as one program argument; one that is too long goes to ``files`` and the argument says where it is."""
    prompt = request.prompt
    if prompt is None or len(prompt.encode()) <= ARGUMENT_BYTES:
        return prompt
    files[PROMPT] = prompt
    return f"Read the file {request.folder / PROMPT} completely: it is your prompt. Then do what it says."
