"""Writes ``page/js/model/statuses.js`` from the contract: ``python -m tests.kit.pages.page_statuses > page/js/model/statuses.js``."""

import sys
from collections.abc import Iterable, Iterator

from maestrod.api.message import MessageStatus
from maestrod.api.model.look import OVERLAYS, Look
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import OUTCOMES, TaskStatus
from maestrod.core.work.task import TRANSITIONS, TaskEvent

_KINDS = (TaskStatus, SessionStatus, RunStatus, MessageStatus)
_LOOKS = (TaskStatus, SessionStatus)


def page() -> str:
    """The module."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "// Made from the contract by `make docs`: the only place of the page that lists statuses."
    yield "\n// Statuses in which nothing more happens, by kind."
    yield "export const OVER = {"
    yield from (f"  {_noun(kind)}: {_set(status.value for status in kind if status.is_over)}," for kind in _KINDS)
    yield "};"
    yield "\n// How a status looks, by kind."
    yield "export const LOOKS = {"
    for kind in _LOOKS:
        yield f"  {_noun(kind)}: {{"
        yield from (
            f"    {status.value}: {_look(status.look, status.look.label or status.value.replace('_', ' '))},"
            for status in kind
        )
        yield "  },"
    yield "};"
    yield "\n// What is more telling than the status."
    for name, look in OVERLAYS.items():
        yield f"export const {name.upper()} = {_look(look, look.label)};"
    yield "\n// What a task's status means to everything around it, as in `TaskCategory`."
    yield "export const CATEGORY = {"
    yield from (f'  {status.value}: "{status.category.value}",' for status in TaskStatus)
    yield "};"
    yield "\n// Statuses in which a task has ended, and what depends on it can begin."
    yield f"export const DONE = {_set(status.value for status in TaskStatus if status.is_done)};"
    yield "\n// Statuses in which a retry of the tree retries a task."
    yield f"export const RETRIED = {_set(status.value for status in TaskStatus if status.is_retried)};"
    yield "\n// Statuses in which a user can skip a task without taking it from an agent."
    yield f"export const SKIPPABLE = {_set(status.value for status in TaskStatus if _is_skippable(status))};"
    yield "\n// What is counted below a parent, in the order in which it is listed."
    yield f"export const OUTCOMES = [{_words(OUTCOMES)}];"


def _noun(kind: type[TaskStatus | SessionStatus | RunStatus | MessageStatus]) -> str:
    return kind.__name__.removesuffix("Status").lower()


def _look(look: Look, label: str) -> str:
    return f'{{ icon: "{look.icon}", tone: "{look.tone.value}", word: "{label}" }}'


def _is_skippable(status: TaskStatus) -> bool:
    return TRANSITIONS.cells[status][TaskEvent.SKIP] is TaskStatus.SKIPPED and not status.is_active


def _set(words: Iterable[str]) -> str:
    return f"new Set([{_words(words)}])"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


if __name__ == "__main__":
    sys.stdout.write(page())
