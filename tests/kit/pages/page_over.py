"""Writes ``page/js/model/over.js`` from the contract: ``python -m tests.kit.pages.page_over > page/js/model/over.js``."""

import sys
from collections.abc import Iterator

from maestrod.api.message import MessageStatus
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus

_KINDS = (TaskStatus, SessionStatus, RunStatus, MessageStatus)


def page() -> str:
    """The module."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "// Made from the contract by `make docs`: the statuses in which nothing more happens, by kind."
    yield ""
    yield "export const OVER = {"
    for kind in _KINDS:
        noun = kind.__name__.removesuffix("Status").lower()
        yield f"  {noun}: {_set(status.value for status in kind if status.is_over)},"
    yield "};"
    yield ""
    yield "// Those in which a task is over and nobody misses anything."
    yield f"export const DONE = {_set(status.value for status in TaskStatus if status.is_done)};"


def _set(words: Iterator[str]) -> str:
    listed = ", ".join(f'"{word}"' for word in words)
    return f"new Set([{listed}])"


if __name__ == "__main__":
    sys.stdout.write(page())
