"""A row is implemented once."""

import pytest

from maestrod.api.skill import AGENT_LIST, AgentList, AgentPage
from maestrod.api.system import SYSTEM_STATUS, SystemParams, SystemStatus
from maestrod.rpc import handler
from maestrod.rpc.bind import NOUNS
from maestrod.rpc.context import Context


def plain(context: Context, params: SystemParams) -> SystemStatus:
    raise AssertionError("it is not called")


def test_a_second_implementation_of_a_row_is_refused() -> None:
    assert {noun.__name__.rpartition(".")[2] for noun in NOUNS} >= {"system", "event", "queue"}
    with pytest.raises(RuntimeError, match="twice"):
        handler.implements(SYSTEM_STATUS)(plain)


def test_the_function_says_whether_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "HANDLERS", {})

    @handler.implements(AGENT_LIST)
    async def waiting(context: Context, params: AgentList) -> AgentPage:
        raise AssertionError("it is not called")

    handler.implements(SYSTEM_STATUS, streams=True)(plain)
    assert handler.HANDLERS["agent.list"].waits and not handler.HANDLERS["system.status"].waits
    assert handler.HANDLERS["system.status"].streams
