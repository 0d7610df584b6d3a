"""Frames of the WebSocket protocol as a server sends them (RFC 6455, section 5.2): whole, not masked, not compressed.

Such a frame has the same bytes for every client, so an event can be encoded once for all of them. trio-websocket reads
frames and does the handshake.
"""

TEXT, BINARY, CLOSE = 0x81, 0x82, 0x88

#: Close codes (RFC 6455, section 7.4.1, and its registry).
GOING_AWAY, UNSUPPORTED, POLICY, TRY_AGAIN = 1001, 1003, 1008, 1013

_REASON_LIMIT = 123


def frame(kind: int, payload: bytes) -> bytes:
    """Encode one frame."""
    length = len(payload)
    if length < 126:
        return b"%c%c%b" % (kind, length, payload)
    if length < 1 << 16:
        return b"%c\x7e%b%b" % (kind, length.to_bytes(2, "big"), payload)
    return b"%c\x7f%b%b" % (kind, length.to_bytes(8, "big"), payload)


def text_frame(payload: bytes) -> bytes:
    """Encode a frame of UTF-8 text."""
    return frame(TEXT, payload)


def close_frame(code: int, reason: str) -> bytes:
    """Encode a Close frame; a reason that is too long for a control frame is cut."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason.encode()[:_REASON_LIMIT])
