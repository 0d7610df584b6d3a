"""Impossible states cannot be written down: a session has the members that fit its status.

Covers ``session.py``: its status and what it has go together.
"""

from typing import Any

import msgspec
import pytest

from maestrod.api.life import Spawning, Stopping, Up
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Session, SessionStatus

SESSION = {"id": "ses_1", "projectId": "p", "name": "n", "role": "worker", "agent": "a"}


@pytest.mark.parametrize("status", SessionStatus)
def test_a_session_has_the_members_that_fit_its_status(status: SessionStatus) -> None:
    fitting = {SessionStatus.SPAWNING: Spawning, SessionStatus.IDLE: Up, SessionStatus.WORKING: Up}.get(status)
    plain = msgspec.convert({**SESSION, "status": status.value}, Session)
    assert plain.live == (None if fitting is None else fitting())
    for phase, kind in (("spawning", Spawning), ("up", Up)):
        written: dict[str, Any] = {**SESSION, "status": status.value, "live": {"phase": phase}}
        if kind is fitting:
            assert msgspec.convert(written, Session) == plain
        else:
            with pytest.raises(msgspec.ValidationError, match="has no such `live`"):
                msgspec.convert(written, Session)


def test_a_sessions_members_say_what_it_has() -> None:
    spawning = msgspec.convert({**SESSION, "status": "spawning"}, Session)
    stopping = Stopping(reason=Reason(source=Source.USER, code="stopped"))
    session = msgspec.structs.replace(spawning, live=Spawning(paused=True, ending=stopping))
    assert (session.paused, session.stopping, session.finishing, session.turn, session.wait, session.limited) == (
        True,
        True,
        False,
        None,
        None,
        None,
    )
    ended = msgspec.convert({**SESSION, "status": "failed"}, Session)
    assert (ended.paused, ended.ending) == (False, None)


@pytest.mark.parametrize("members", [{"exit": {"code": 0}}, {"completedAt": 5}])
def test_only_a_session_that_has_ended_has_exited(members: dict[str, Any]) -> None:
    assert msgspec.convert({**SESSION, "status": "failed", **members}, Session).live is None
    with pytest.raises(msgspec.ValidationError, match="has no `exit`"):
        msgspec.convert({**SESSION, "status": "working", **members}, Session)
