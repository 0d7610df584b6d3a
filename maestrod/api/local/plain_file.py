"""Reading a file that somebody else put there: only a plain file, of a bounded size, so that no pipe or device is waited for.

A named pipe with nobody at its other end, a device without end (``/dev/zero``) or a log of gigabytes in the place of a setting
would otherwise stop or fill whoever reads it.
"""

import errno
import os
import stat
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

#: Bytes of a file of settings; nobody writes more by hand.
SETTINGS_LIMIT = 4 << 20

_CHUNK = 1 << 20


def read(path: Path, limit: int, *, pipes: bool = False) -> bytes:
    """The content of a plain file, or also of a pipe such as a shell's ``<(…)`` with ``pipes``.

    Raises ``OSError`` with the reason when it is something else, longer than ``limit`` bytes, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        os.set_blocking(descriptor, True)
        return read_stream(file, limit, path)


def read_stream(stream: BinaryIO | RawIOBase, limit: int, path: Path | None = None) -> bytes:
    """What a stream has until its end. Raises ``OSError`` when that is longer than ``limit`` bytes."""
    content = bytearray()
    while chunk := stream.read(min(_CHUNK, limit + 1 - len(content))):
        content += chunk
        if len(content) > limit:
            raise OSError(errno.EFBIG, f"it is longer than {shown(limit)}", None if path is None else str(path))
    return bytes(content)


def shown(limit: int) -> str:
    """A number of bytes for people."""
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
