"""Agents that report nothing themselves."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.adapter import Keys
from maestrod.agents.shell.opaque import OpaqueAdapter
from maestrod.api.permission import Permission
from maestrod.core.values.signs import NOTHING


@given(st.text(), st.binary())
def test_nothing_is_read_from_any_input(text: str, line: bytes) -> None:
    adapter = OpaqueAdapter()
    assert adapter.read_hook(text, {text: text}) is NOTHING
    assert adapter.read_line(line) is NOTHING
    assert adapter.read_title(text) is NOTHING


def test_text_is_typed_unchanged_with_the_enter_of_its_terminal() -> None:
    adapter = OpaqueAdapter()
    assert adapter.prompt_keys("go on", interactive=True) == (Keys(b"go on\r"),)
    assert adapter.prompt_keys("go on", interactive=False) == (Keys(b"go on\n"),)


def test_an_opaque_agent_never_waits_for_a_decision() -> None:
    adapter = OpaqueAdapter()
    assert adapter.answer("k", Permission.ALLOW) == b""
    assert not adapter.hook_answer("PermissionRequest", Permission.DENY)
