"""What agents have in common that say nothing by themselves: no hooks, no stream, no prompts while they run.

Their worker reports by the methods any agent uses, or only their end is known.
"""

from collections.abc import Sequence
from typing import Any

from maestrod.agents.adapter import Keys, Verdict
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.core.values.signs import NOTHING, Outcome, Reading


class OpaqueAdapter:
    """The readers and writers of such an agent: nothing is read, and what is typed is typed as it is."""

    def read_hook(self, event: str, payload: Any) -> Reading:
        """It has no hooks."""
        return NOTHING

    def read_line(self, line: bytes) -> Reading:
        """Its output is for people."""
        return NOTHING

    def read_title(self, title: str) -> Reading:
        """Its title means nothing."""
        return NOTHING

    def say(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """One line, then Enter as a terminal sends it."""
        return (Keys(text.encode() + (b"\r" if interactive else b"\n")),)

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """It never asks for permission."""
        return b""

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """It has no hooks."""
        return ""

    def judge(self, ended: Exit, *, outcome: Outcome | None, told_to_stop: bool) -> Verdict:
        """The worker's exit code is its verdict: 0 means that every task is done."""
        if ended.code == 0:
            return Verdict.COMPLETED
        return Verdict.STOPPED if told_to_stop else Verdict.FAILED
