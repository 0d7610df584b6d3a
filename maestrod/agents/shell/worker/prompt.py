"""Writes a task as a prompt for a program, into a file and a variable."""

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The name of the file in the session's folder, and the variables with its path and its text.
FILE = "prompt-{task_id}.md"
PATH_VARIABLE = "MAESTRO_PROMPT_FILE"
TEXT_VARIABLE = "MAESTRO_PROMPT"
#: Maximum bytes of one variable or argument: Linux allows 128 KiB (execve(2)).
TEXT_BYTES = 120_000


def variables(task: "dict[str, Any]", folder: str) -> dict[str, str]:
    """Write a task's prompt into a folder; returns the variables for the program. Raises ``OSError``."""
    text = prompt(task)
    path = f"{folder}/{FILE.format(task_id=task['id'])}"
    data = text.encode(errors="replace")
    descriptor = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - pathlib costs more than starting
        file.write(data)
    if len(data) > TEXT_BYTES:
        text = f"Read the file {path} completely: it says what to do. Then do it."
    return {PATH_VARIABLE: path, TEXT_VARIABLE: text.replace("\0", "")}


def prompt(task: "dict[str, Any]") -> str:
    """The prompt of a task: title, description, initial prompt, paths, checks, and the error of the last attempt."""
    parts = [task["title"], task.get("description"), task.get("initialPrompt")]
    if task.get("paths"):
        parts.append("Change only what matches: " + ", ".join(task["paths"]))
    if task.get("checks"):
        parts.append(
            "\n".join(["When you are done these commands must succeed:", *(f"    {c}" for c in task["checks"])])
        )
    error = task.get("lastError") or (task.get("attempts") or [{}])[-1].get("error")  # from a manifest, or from a claim
    if error:
        parts.append(f"The last attempt failed: {error}")
    return "\n\n".join(part.strip() for part in parts if part and part.strip()) + "\n"
