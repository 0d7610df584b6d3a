"""The key that signs session tokens: created once, atomically, and readable only by the user."""

import secrets
from pathlib import Path

from maestrod.api.errors import BadConfiguration
from maestrod.store.files import RealFiles, atomic_write

#: Bytes of the key.
SIZE = 32


def secret_key(path: Path) -> bytes:
    """The key in the file ``path``, created if missing. Raises ``BadConfiguration`` if it is damaged or cannot be written."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(SIZE)
        try:
            atomic_write(RealFiles(reserve=0), path, key)
        except OSError as error:
            raise BadConfiguration("store.key", f"cannot write {path}: {error.strerror}") from error
    if len(key) != SIZE:
        raise BadConfiguration(
            "store.key",
            f"{path} is damaged: remove it, and stop agents that still run, because their tokens become invalid",
        )
    return key
