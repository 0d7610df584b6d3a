"""Writing a file that only the user can read, whole or not at all, whatever is at its path."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Replace ``path`` by a file (0600) with ``data``; a link in its place is replaced, not followed.

    ``durable`` files outlive a crash of the machine, and cost two fsyncs. Raises ``OSError``, after which the old file is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:  # noqa: PTH123 - no other way to say O_EXCL and the mode
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable (fsync(2): a file's own fsync does not)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
