"""Asks at the terminal of a followed run whether to approve its plan, until the question is answered there or elsewhere."""

import select
import sys
import termios
from collections.abc import Callable
from typing import Protocol

from maestroctl.client.client import Client
from maestroctl.output import answer, safe, say
from maestroctl.show.plan_view import waves
from maestroctl.show.questions import chosen
from maestroctl.show.run_model import RunModel
from maestroctl.show.run_summary import approval
from maestrod.api.attention import Attention
from maestrod.api.errors import Conflict, MaestroError

#: Seconds between two checks whether the question has been answered from another client.
_LOOK = 0.3


class FollowedRun(Protocol):
    """A followed run: what is known of it, and a way to wait for news."""

    model: RunModel

    def poll(self, timeout: float) -> object:
        """Apply the events of the next ``timeout`` seconds."""


def ask(client: Client, follower: FollowedRun, read: Callable[[], str | None] | None = None) -> bool:
    """Show the plan and take an answer; False at the end of input, when the plan keeps waiting.

    ``read`` returns a typed line, "" at the end of input, None if there is none yet.
    """
    read_line = read or _typed
    question = follower.model.approval()
    if question is None:
        return False
    for shown in waves(follower.model.plan or {}):
        answer(shown)
    _forget_what_was_typed()
    _prompt()
    while _is_open(follower, question):
        line = read_line()
        if line is None:
            follower.poll(_LOOK)
        elif line == "":
            for hint in ["", *approval(follower.model)]:
                answer(hint)
            return False
        elif _settle(client, question, line):
            _wait_for_it(follower, question)
            return True
        else:
            _prompt()
    say("\nAnswered from another client.")
    return True


def _prompt() -> None:
    sys.stdout.write("Approve this plan? [y/n, or n and a reason] ")
    sys.stdout.flush()


def _settle(client: Client, question: Attention, line: str) -> bool:
    """Send the typed answer; False if it is neither yes nor no. The first answer counts, no matter who gave it."""
    word, _, reason = line.strip().partition(" ")
    option = chosen(word.rstrip(",:;"), question.options)
    if option is None:
        return False
    try:
        client.raw("attention.answer", {"attentionId": question.id, "value": option, "reason": reason.strip()})
    except Conflict as error:
        say(f"maestroctl: {safe(error.message)}")
    except MaestroError as error:
        say(f"maestroctl: {safe(error.message)}")
        return False
    return True


def _is_open(follower: FollowedRun, question: Attention) -> bool:
    now = follower.model.approval()
    return not follower.model.ended and now is not None and now.id == question.id


def _wait_for_it(follower: FollowedRun, question: Attention) -> None:
    """Return when the run has received the answer."""
    while _is_open(follower, question):
        follower.poll(_LOOK)


def _forget_what_was_typed() -> None:
    """Drop what was typed before the question appeared: it was meant for something else."""
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _typed() -> str | None:
    """The line that waits on stdin."""
    ready, _, _ = select.select([sys.stdin], [], [], 0)
    return sys.stdin.readline() if ready else None
