"""``maestroctl pause``, ``resume``, ``freeze`` and ``thaw``: pause sessions and runs, and resume them."""

from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json

_Subject = Annotated[str, typer.Argument(metavar="SESSION|RUN", help="An id or a unique part of it.")]


def pause(*, subject: _Subject, as_json: Json = False) -> int:
    """Pause a session or a run.

    Its processes are stopped where they are (SIGSTOP), and a paused run starts nothing new.
    """
    return _act(subject, "pause", as_json=as_json)


def resume(*, subject: _Subject, as_json: Json = False) -> int:
    """Resume a paused session or run."""
    return _act(subject, "resume", as_json=as_json)


def freeze(
    *,
    reason: Annotated[
        str, typer.Argument(metavar="REASON", help="The reason, kept in the history.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> int:
    """Pause everything at once (emergency stop).

    Nothing starts, and every session is paused, until maestroctl thaw.
    """
    words = "Frozen: nothing starts, and every session is paused. To resume: maestroctl thaw"
    return _act_on_all("system.freeze", {"reason": reason}, words, as_json=as_json)


def thaw(*, as_json: Json = False) -> int:
    """Resume everything after an emergency stop."""
    return _act_on_all("system.thaw", {}, "Thawed: everything has resumed.", as_json=as_json)


def _act(subject: str, verb: str, *, as_json: bool) -> int:
    """Call ``session.<verb>`` or ``run.<verb>``, whichever the id names."""
    from maestroctl.client.resolve import resolve
    from maestroctl.show.progress import state_of

    with Caller.of_this_process().client() as client:
        identity = resolve(client, subject, "ses", "run")
        noun, member = ("session", "sessionId") if identity.startswith("ses_") else ("run", "runId")
        reply: dict[str, Any] = client.raw(f"{noun}.{verb}", {member: identity})
    if as_json:
        answer_json(reply)
    else:
        answer(f"{identity} {state_of(reply).replace('_', ' ')}")
    return 0


def _act_on_all(method: str, members: dict[str, Any], words: str, *, as_json: bool) -> int:
    """Freeze or thaw everything."""
    with Caller.of_this_process().client() as client:
        reply = client.raw(method, members)
    if as_json:
        answer_json(reply)
    else:
        answer(words)
    return 0
