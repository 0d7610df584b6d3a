"""Holding sessions and runs still, and letting them go on: what ``pause``, ``resume``, ``freeze`` and ``thaw`` share."""

from typing import Any

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json


def act(subject: str, verb: str, *, as_json: bool) -> int:
    """Call ``session.<verb>`` or ``run.<verb>``, whichever the id names."""
    from maestroctl.client.resolve import resolve

    with Caller.here().client() as client:
        identity = resolve(client, subject, "ses", "run")
        noun, member = ("session", "sessionId") if identity.startswith("ses_") else ("run", "runId")
        reply: dict[str, Any] = client.raw(f"{noun}.{verb}", {member: identity})
    if as_json:
        answer_json(reply)
    else:
        answer(f"{identity} {'paused' if reply.get('paused') else reply['status'].replace('_', ' ')}")
    return 0


def act_on_all(method: str, members: dict[str, Any], words: str, *, as_json: bool) -> int:
    """Freeze or thaw the whole."""
    with Caller.here().client() as client:
        reply = client.raw(method, members)
    if as_json:
        answer_json(reply)
    else:
        answer(words)
    return 0
