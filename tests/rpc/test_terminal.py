"""Typing, reading and following."""

import base64
from typing import Any

import pytest
import trio

from maestrod.rpc.terminal import PIECE, UNSENT_LIMIT
from tests.kit.parts.rpc_parts import Caller, parts


def text(page: Any) -> bytes:
    return base64.b64decode(page["data"])


class TestTyping:
    async def test_text_is_typed_with_enter_unless_disabled(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        await caller.call("session.send", {"sessionId": session, "text": "go on"})
        await caller.call("session.send", {"sessionId": session, "text": "é", "enter": False})
        assert caller.terminals.typed == [(session, b"go on\r"), (session, "é".encode())]

    async def test_the_size_is_set(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        await caller.call("session.resize", {"sessionId": session, "columns": 100, "rows": 30})
        assert caller.terminals.sizes == [(session, 100, 30)]

    async def test_nothing_is_typed_where_no_agent_reads(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        caller.terminals.deaf = True
        assert (await caller.refused("session.send", {"sessionId": session, "text": "x"}))["code"] == 503
        external = (await caller.call("session.register", {"workingDir": "/shop"}))["id"]
        error = await caller.refused("session.send", {"sessionId": external, "text": "x"})
        assert error["data"]["code"] == "session.external"
        await caller.call("session.stop", {"sessionId": external})
        error = await caller.refused("session.send", {"sessionId": external, "text": "x"})
        assert error["data"]["code"] == "session.ended"
        assert (await caller.refused("session.send", {"sessionId": "ses_none", "text": "x"}))["code"] == 404

    async def test_a_session_types_only_to_itself_and_its_descendants(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        parent = await caller.session(role="orchestrator")
        child = await caller.session(parentSessionId=parent)
        stranger = await caller.session()
        for allowed in (parent, child):
            await caller.call("session.send", {"sessionId": allowed, "text": "x"}, token=caller.token(parent))
        for caller_, target in ((parent, stranger), (child, parent)):
            error = await caller.refused(
                "session.send", {"sessionId": target, "text": "x"}, token=caller.token(caller_)
            )
            assert error["data"]["code"] == "session.not_yours"
        error = await caller.refused("session.send", {"sessionId": child, "text": "x"}, token=caller.token(child, 9))
        assert error["data"]["code"] == "session.stale_attempt"


class TestReading:
    async def test_a_piece_starts_at_an_offset(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        caller.terminals.print(session, b"0123456789")
        page = await caller.call("session.output", {"sessionId": session, "offset": 3, "limit": 4})
        assert (text(page), page["start"], page["end"]) == (b"3456", 3, 7)

    async def test_the_last_lines_are_shown(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        caller.terminals.print(session, b"a\nb\nc\n")
        assert text(await caller.call("session.output", {"sessionId": session, "lines": 2})) == b"b\nc\n"

    async def test_a_client_can_wait_for_more_output(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        waiting = caller.post("session.output", {"sessionId": session, "wait": True})
        await trio.testing.wait_all_tasks_blocked()
        caller.terminals.print(session, b"more")
        assert text((await caller.answer(waiting))["result"]) == b"more"

    async def test_waiting_ends_with_the_session(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        waiting = caller.post("session.output", {"sessionId": session, "wait": True})
        await trio.testing.wait_all_tasks_blocked()
        caller.terminals.print(session, b"", end=True)
        assert (await caller.answer(waiting))["result"]["ended"] is True

    async def test_waiting_ends_at_its_timeout(
        self, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
    ) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        error = await caller.refused("session.output", {"sessionId": session, "wait": True, "timeoutMs": 100})
        assert error["code"] == 408

    async def test_output_from_the_time_without_a_daemon_counts_before_the_timeout(
        self, nursery: trio.Nursery, mock_clock: trio.testing.MockClock
    ) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        waiting = caller.post("session.output", {"sessionId": session, "wait": True, "timeoutMs": 100})
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(3600)
        caller.terminals.print(session, b"late")
        assert text((await caller.answer(waiting))["result"]) == b"late"

    async def test_each_last_line_has_no_control_sequences(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        first, second = await caller.session(), await caller.session()
        caller.terminals.print(first, b"old\n\x1b[32m42 passed\x1b[0m\r\n\x1b]0;title\x07")
        tails = await caller.call("session.tails", {"sessionIds": [first, second, "ses_none"]})
        assert tails == {"lines": {first: "42 passed", second: ""}}

    @pytest.mark.parametrize("method", ["session.output", "session.attach"])
    async def test_an_unknown_session_is_reported(self, nursery: trio.Nursery, method: str) -> None:
        assert (await Caller(parts(), nursery).refused(method, {"sessionId": "ses_none"}))["code"] == 404


class TestFollowing:
    @staticmethod
    def pieces(caller: Caller) -> list[Any]:
        return [message["params"] for message in caller.wire.sent if message.get("method") == "output"]

    async def test_every_later_byte_arrives_once_and_then_the_end(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        caller.terminals.print(session, b"before\n")
        attachment = await caller.call("session.attach", {"sessionId": session})
        assert attachment == {"attachment": 1, "offset": 7}
        for number in range(3):
            await trio.testing.wait_all_tasks_blocked()
            caller.terminals.print(session, b"line %d\n" % number, end=number == 2)
        await trio.testing.wait_all_tasks_blocked()
        pieces = self.pieces(caller)
        assert b"".join(text(piece) for piece in pieces) == b"line 0\nline 1\nline 2\n"
        assert [piece["offset"] for piece in pieces] == [7, 14, 21]
        assert [piece.get("ended", False) for piece in pieces] == [False, False, True]
        assert caller.conversation.is_over

    async def test_an_offset_that_was_rotated_away_is_reported(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        caller.terminals.print(session, b"0123456789", end=True)
        caller.terminals.rotated[session] = 4
        await caller.call("session.attach", {"sessionId": session, "offset": 0})
        await trio.testing.wait_all_tasks_blocked()
        [piece] = self.pieces(caller)
        assert (text(piece), piece["offset"], piece["dropped"]) == (b"456789", 4, 4)

    async def test_a_slow_client_is_never_far_behind_in_memory(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        caller.terminals.print(session, b"x" * (10 * PIECE), end=True)
        caller.wire.unsent = UNSENT_LIMIT + 1
        await caller.call("session.attach", {"sessionId": session, "offset": 0})
        await trio.testing.wait_all_tasks_blocked()
        assert len(self.pieces(caller)) == 1
        caller.wire.make_room()
        await trio.testing.wait_all_tasks_blocked()
        assert len(b"".join(text(piece) for piece in self.pieces(caller))) == 10 * PIECE

    async def test_it_ends_when_the_client_has_enough(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        attachment = await caller.call("session.attach", {"sessionId": session})
        await caller.call("event.unsubscribe", {"subscription": attachment["attachment"]})
        await trio.testing.wait_all_tasks_blocked()
        caller.terminals.print(session, b"nobody listens")
        await trio.testing.wait_all_tasks_blocked()
        assert self.pieces(caller) == [] and caller.conversation.is_over
