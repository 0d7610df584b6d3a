"""Messages as they are sent and stored."""

import msgspec
import pytest

from maestrod.api.message import Message, MessageKind, MessageSend, MessageStatus
from maestrod.core.world.sparse import sparse


def test_a_message_on_the_wire() -> None:
    message = Message(
        id="msg_1", session_id="ses_1", kind=MessageKind.PROMPT, status=MessageStatus.QUEUED, text="go on"
    )
    assert msgspec.to_builtins(sparse(message)) == {
        "id": "msg_1",
        "sessionId": "ses_1",
        "kind": "prompt",
        "status": "queued",
        "text": "go on",
    }


def test_an_empty_message_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.text"):
        msgspec.convert({"sessionId": "ses_1", "text": ""}, MessageSend)
