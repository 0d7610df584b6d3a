"""Frames as a server sends them, read by wsproto."""

from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from maestrod.transport.bridge.frames import BINARY, TRY_AGAIN, close_frame, frame, text_frame


@given(st.text(max_size=200))
def test_a_text_passes_unchanged(text: str) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(text_frame(text.encode()))
    assert "".join(event.data for event in client.events() if isinstance(event, TextMessage)) == text


def test_lengths_at_the_borders_of_their_encodings() -> None:
    for length in (0, 125, 126, 65_535, 65_536):
        client = Connection(ConnectionType.CLIENT)
        client.receive_data(frame(BINARY, b"x" * length))
        assert sum(len(event.data) for event in client.events() if isinstance(event, BytesMessage)) == length


def test_a_close_frame_has_its_code_and_as_much_of_the_reason_as_fits() -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(close_frame(TRY_AGAIN, "r" * 500))
    [event] = client.events()
    assert isinstance(event, CloseConnection)
    assert (event.code, event.reason) == (1013, "r" * 123)
