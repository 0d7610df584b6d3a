"""What the bridge serves on, and whom: prepared by the composition root, which knows the configuration and the files."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BridgeListener:
    """A listening TCP socket (not blocking), its names, the token of this start, the folder of the page (None without one).

    ``hosts`` are the values a Host header may have, ``own_origins`` the origins of the page itself, ``other_origins`` those
    the user allowed. ``tls`` encrypts what comes in (None: it does not leave this machine). A ``remote`` listener is for who comes
    from elsewhere with a token of his own (``api/token.py``), and only ``rate`` requests a second.
    """

    sock: socket.socket
    url: str
    hosts: frozenset[bytes]
    own_origins: frozenset[bytes]
    other_origins: frozenset[bytes]
    token: bytes
    page: Path | None
    tls: ssl.SSLContext | None = None
    remote: bool = False
    rate: int = 100
