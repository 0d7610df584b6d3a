"""The socket that the bridge serves and the names it accepts; made by ``port.py`` and ``remote_port.py``."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BridgeListener:
    """A listening TCP socket (non-blocking), its names, the token of this start, and the page's folder (None without one).

    ``hosts`` are the values that a Host header may have, ``own_origins`` the origins of the page itself,
    ``other_origins`` those that the user allowed. ``tls`` is None for a port that only this machine can reach. A
    ``remote`` listener serves clients on other machines, which need an access token (``api/token.py``) and may make
    ``rate`` requests per second.
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
