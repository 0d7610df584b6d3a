"""The common part of agents that report nothing by themselves: no hooks, no stream, no prompts while they run.

Their worker reports with the methods of any agent; without reports only their end is known.
"""

from collections.abc import Sequence
from typing import Any

from maestrod.agents.adapter import Keys
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, Reading


class OpaqueAdapter:
    """The readers and writers of such an agent: they read nothing, and write prompts unchanged."""

    def read_hook(self, event: str, payload: Any) -> Reading:
        """No signs: it has no hooks."""
        return NOTHING

    def read_line(self, line: bytes) -> Reading:
        """No signs: its output is for people."""
        return NOTHING

    def read_title(self, title: str) -> Reading:
        """No signs: its title means nothing."""
        return NOTHING

    def prompt_keys(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """One line, then Enter as a terminal sends it."""
        return (Keys(text.encode() + (b"\r" if interactive else b"\n")),)

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """Empty: it never asks for permission."""
        return b""

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """Empty: it has no hooks."""
        return ""

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """The worker's exit code decides: 0 means that every task is done."""
        if ended.code == 0:
            return Judgement.COMPLETED
        return Judgement.STOPPED if stop_requested else Judgement.FAILED
