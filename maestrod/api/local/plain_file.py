"""Reads files that others may have put there: only regular files of a limited size.

Otherwise, a named pipe without a writer, an endless device (``/dev/zero``) or a log of several gigabytes in place of a settings
file would block the reader or fill its memory.
"""

import errno
import os
import stat
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

#: Maximum bytes of a settings file, more than anyone writes by hand.
SETTINGS_LIMIT = 4 << 20

_CHUNK = 1 << 20


def read(path: Path, limit: int, *, pipes: bool = False) -> bytes:
    """The content of a regular file; with ``pipes``, also of a pipe such as a shell's ``<(…)``.

    Raises ``OSError`` with the reason if it is another kind of file, is longer than ``limit`` bytes, or cannot be read.
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
    """The content of a stream until its end. Raises ``OSError`` if it is longer than ``limit`` bytes."""
    content = bytearray()
    while chunk := stream.read(min(_CHUNK, limit + 1 - len(content))):
        content += chunk
        if len(content) > limit:
            raise OSError(errno.EFBIG, f"it is longer than {shown(limit)}", None if path is None else str(path))
    return bytes(content)


def shown(limit: int) -> str:
    """A number of bytes in a readable form."""
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
