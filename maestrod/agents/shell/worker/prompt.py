"""A task as the prompt of a program that takes one: what there is to do, in words, as a file and as a variable."""

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Name of the file in the session's folder, and what the program's environment calls its path and its text.
FILE = "prompt-{task_id}.md"
PATH_VARIABLE = "MAESTRO_PROMPT_FILE"
TEXT_VARIABLE = "MAESTRO_PROMPT"
#: Bytes that one variable or argument may have: Linux takes 128 KiB (execve(2)).
TEXT_BYTES = 120_000


def variables(task: "dict[str, Any]", folder: str) -> dict[str, str]:
    """Write a task's prompt into a folder; the variables that tell the program of it. Raises ``OSError``."""
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
    """What there is to do: title, description, the words of who asked, what must pass in the end, what went wrong before."""
    parts = [task["title"], task.get("description"), task.get("initialPrompt")]
    if task.get("paths"):
        parts.append("Change only what matches: " + ", ".join(task["paths"]))
    if task.get("checks"):
        parts.append(
            "\n".join(["When you are done these commands must succeed:", *(f"    {c}" for c in task["checks"])])
        )
    error = task.get("lastError") or (task.get("attempts") or [{}])[-1].get("error")  # of a manifest, of a claim
    if error:
        parts.append(f"The last attempt failed: {error}")
    return "\n\n".join(part.strip() for part in parts if part and part.strip()) + "\n"
