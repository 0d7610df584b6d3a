"""Messages for a person attached to a session; tests/system/test_attach.py uses real terminals."""

import pytest

from maestroctl.attach.sitting import ways_out


@pytest.mark.parametrize(
    "switch_keys, read_only, hint",
    [
        ("ctrl-p,s", False, "ctrl-p,q detaches, ctrl-p,s switches; all other keys go to the session, also ctrl-c"),
        ("", False, "ctrl-p,q detaches; all other keys go to the session, also ctrl-c"),
        ("", True, "ctrl-p,q detaches; this is read-only"),
    ],
)
def test_the_hint_names_the_keys_that_do_not_reach_the_session(switch_keys: str, read_only: bool, hint: str) -> None:
    assert ways_out("ctrl-p,q ctrl-x", switch_keys, read_only=read_only) == hint
