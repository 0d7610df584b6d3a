"""The first prompt of an agent: its manifest as text, or its path if the text is too long for the agent's input."""

from maestrod.api.session import Role
from maestrod.core.prompts.manifest import Manifest, TaskContext
from maestrod.core.prompts.manifest_page import manifest_md

#: Maximum bytes of a prompt in one program argument; Linux accepts 128 KiB per argument (execve(2)).
ARGUMENT_BYTES = 120_000
#: Maximum number of file paths in a prompt; ``task-context.json`` has the rest.
FILES = 200

_PLAN = (
    "Study the project, then end your turn with the plan: one JSON document as your skill describes it, and nothing else in that"
    " message. (If your program has a tool for structured output, use that.) If the plan has errors, you"
    " receive them and submit it again."
)


def opening(manifest: Manifest, folder: str, *, limit: int | None = None) -> str:
    """The prompt that opens a session's conversation. ``folder`` holds its files; ``limit`` is in bytes of UTF-8."""
    text = "\n\n".join(_parts(manifest, folder))
    if limit is not None and len(text.encode()) > limit:
        return (
            f"Read the file {folder}/manifest.md first and completely: it describes your role, your tasks and how to report."
            " Then do what it says."
        )
    return text


def follow_up(manifest: Manifest, folder: str, text: str, *, limit: int | None = None) -> str:
    """A later prompt for an agent whose conversation is lost: the opening again, then the new text."""
    return f"{opening(manifest, folder, limit=None if limit is None else limit - len(text.encode()))}\n\n{text}"


def _parts(manifest: Manifest, folder: str) -> list[str]:
    parts = [manifest_md(manifest).rstrip("\n")]
    if manifest.session.role is Role.ORCHESTRATOR:
        if manifest.context is not None:
            parts.append(_context(manifest.context, folder))
        parts.append(_PLAN)
    return parts


def _context(context: TaskContext, folder: str) -> str:
    """The existing subtasks, and files that may be relevant."""
    files = context.project.relevant_files
    rows = [f"- `{path}`" for path in files[:FILES]]
    if len(files) > FILES:
        rows.append(f"- and {len(files) - FILES} more: {folder}/task-context.json")
    subtasks = [f"- {task.title} (`{task.id}`, {task.status.value})" for task in context.subtasks[:FILES]]
    sections = []
    if rows:
        sections.append("\n".join(["## Files of the project", "", *rows]))
    if subtasks:
        sections.append("\n".join(["## Existing subtasks", "", *subtasks]))
    return "\n\n".join(sections)
