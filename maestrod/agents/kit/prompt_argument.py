"""Passes a prompt at an agent's start, as an argument or as a file of the session."""

from maestrod.agents.adapter import LaunchRequest
from maestrod.core.prompts.opening import ARGUMENT_BYTES

#: The file, in the session's folder, of a prompt that is too long for an argument or that is the standard input.
PROMPT = "prompt.md"


def as_argument(request: LaunchRequest, files: dict[str, str]) -> str | None:
    """The prompt as one argument. If it is too long, it goes to ``files`` and the argument says where it is."""
    prompt = request.prompt
    if prompt is None or len(prompt.encode()) <= ARGUMENT_BYTES:
        return prompt
    files[PROMPT] = prompt
    return f"Read the file {request.folder / PROMPT} completely: it is your prompt. Then do what it says."
