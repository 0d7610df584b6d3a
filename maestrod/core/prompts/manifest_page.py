"""``manifest.md``: a session's manifest as a page of limited size for its agent."""

from collections.abc import Iterable, Sequence

from maestrod.api.session import Role
from maestrod.api.task import Strategy
from maestrod.core.prompts.manifest import Manifest, ManifestSkill, ManifestTask, Sibling

#: Maximum characters of one text (a description, a skill) and of the whole page. At the usual four characters per token, the
#: page stays below half of the smallest context window in use (128k tokens).
TEXT_LIMIT = 24_000
PAGE_LIMIT = 240_000
#: Maximum number of other sessions on the page.
SIBLINGS = 50

_ROLES = {
    Role.WORKER: "You are a worker: do the tasks below in this folder, and report each one.",
    Role.ORCHESTRATOR: (
        "You are an orchestrator: study the task and the project, then submit a plan. You do not do the work yourself;"
        " worker sessions will, one per group of your plan."
    ),
}
_PLAN = "The same as JSON, with the project's files and existing subtasks: `task-context.json` beside this file."
_SIMPLE = "Do the tasks in this order. Report the start and the end of each one."
_QUEUE = "Your tasks are in a queue: claim one, do it, report the result, and claim the next, until none is left."
_RULES = """\
Only reports count: a task is done when you report it complete, not when you stop. Report a task complete only after
its checks pass. If you cannot continue, say so (`block`, `fail`, or ask a person); never wait in silence.\
"""


def manifest_md(manifest: Manifest) -> str:
    """The page. A section that does not fit becomes one line that says where to find it."""
    page = _Page()
    page.add(_head(manifest))
    page.add(_reporting(manifest))
    if manifest.persona:
        page.add(f"## Your role: {manifest.persona.name}", cut(manifest.persona.prompt or manifest.persona.description))
    page.add(*_goal(manifest))
    page.add(*_tasks_head(manifest))
    for number, task in enumerate(manifest.tasks, 1):
        title = f"### {number}. {task.title} (`{task.id}`)"
        if not page.add(title, *_task(task)):
            page.force(f"{title}\n\nDetails: `maestroctl task get {task.id}`")
    page.add(*_siblings(manifest.siblings))
    for skill in manifest.skills:
        if not page.add(*_skill(skill)):
            page.force(f"## Skill: {skill.name}\n\nInstructions: `maestroctl skill get {skill.name}`")
    return page.text()


class _Page:
    """Collects paragraphs up to the size limit; paragraphs that do not fit are refused as a whole."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = PAGE_LIMIT

    def add(self, *paragraphs: str) -> bool:
        """Add paragraphs, leaving out empty ones. Returns False if there is no room for them."""
        text = "\n\n".join(paragraph.strip("\n") for paragraph in paragraphs if paragraph.strip())
        if len(text) > self._room:
            return False
        if text:
            self.force(text)
        return True

    def force(self, text: str) -> None:
        """Add a short text even if the page is full."""
        self._parts.append(text)
        self._room -= len(text) + 2

    def text(self) -> str:
        """The page, with one newline at its end."""
        return "\n\n".join(self._parts) + "\n"


def cut(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, or its beginning and the number of characters left out."""
    text = text.strip("\n")
    return text if len(text) <= limit else f"{text[:limit]}\n… ({len(text) - limit} characters left out)"


def _head(manifest: Manifest) -> str:
    session, project = manifest.session, manifest.project
    rows = [
        f"# {session.name}",
        "",
        _ROLES[session.role],
        "",
        f"- session: `{session.id}`, attempt {session.attempt}",
        f"- project: {project.name} (`{project.id}`) in `{project.working_dir}`",
    ]
    return "\n".join(rows)


def _reporting(manifest: Manifest) -> str:
    rows = [f"- `{command}`: {meaning}" for command, meaning in manifest.report.items()]
    rules = [_RULES, ""] if manifest.session.role is Role.WORKER else []
    return "\n".join(["## How to report", "", *rules, *rows])


def _goal(manifest: Manifest) -> Iterable[str]:
    path = " → ".join(goal.title for goal in manifest.goals)
    prompt = cut(manifest.goal_prompt)
    if path or prompt:
        yield "## The goal"
        yield path
        yield prompt if prompt != path else ""


def _tasks_head(manifest: Manifest) -> tuple[str, str]:
    if manifest.session.role is Role.ORCHESTRATOR:
        return "## The task to plan", _PLAN
    return "## Tasks", _QUEUE if manifest.session.strategy is Strategy.QUEUE else _SIMPLE


def _task(task: ManifestTask) -> Iterable[str]:
    yield cut(task.description)
    if task.initial_prompt.strip() != task.description.strip():
        yield cut(task.initial_prompt)
    if task.last_error:
        yield f"This is attempt {task.attempt}. The previous attempt failed:\n\n{fenced(cut(task.last_error, 4000))}"
    if task.waits_for:
        rows = (
            f"- {link.title} (`{link.id}`, {link.status.value}){': ' + cut(link.summary, 500) if link.summary else ''}"
            for link in task.waits_for
        )
        yield "\n".join(["It builds on:", "", *rows])
    if task.paths:
        yield "It may change: " + ", ".join(f"`{path}`" for path in task.paths)
    yield from _commands("Commands:", task.commands)
    yield from _commands("Done when these pass:", task.checks)


def _commands(title: str, commands: Sequence[str]) -> Iterable[str]:
    if commands:
        yield f"{title}\n\n{fenced(cut(chr(10).join(commands)), 'sh')}"


def fenced(text: str, language: str = "") -> str:
    """The text as a code block whose fence is longer than any run of backticks in it."""
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _siblings(siblings: Sequence[Sibling]) -> Iterable[str]:
    if not siblings:
        return
    yield "## Other sessions at work"
    rows = [
        f"- {sibling.name} (`{sibling.session_id}`, {sibling.status}): "
        + "; ".join(task.title for task in sibling.tasks[:10])
        for sibling in siblings[:SIBLINGS]
    ]
    if len(siblings) > SIBLINGS:
        rows.append(f"- and {len(siblings) - SIBLINGS} more")
    yield "\n".join(rows)


def _skill(skill: ManifestSkill) -> Iterable[str]:
    yield f"## Skill: {skill.name}"
    yield skill.description
    yield cut(skill.instructions)
