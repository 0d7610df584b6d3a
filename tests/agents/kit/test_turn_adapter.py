"""What agents with one process per turn receive besides their start."""

from maestrod.agents.adapter import Keys
from maestrod.agents.kit.turn_adapter import TurnAdapter
from maestrod.api.permission import Permission


def test_a_prompt_is_typed_on_a_terminal_only() -> None:
    assert TurnAdapter().prompt_keys("a\nb", interactive=False) == ()
    assert TurnAdapter().prompt_keys("a\nb", interactive=True)[-1] == Keys(b"\r")


def test_nothing_is_written_for_an_answer() -> None:
    assert TurnAdapter().answer("key", Permission.ALLOW) == b""
