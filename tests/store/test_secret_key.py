"""The key of session tokens is made once and never replaced."""

import errno
import os
from pathlib import Path

import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.store import secret_key as module
from maestrod.store.secret_key import SIZE, secret_key


def test_the_key_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    key = secret_key(path)
    assert len(key) == SIZE and secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_16_a_key_is_never_left_half_written_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(files: object, path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "atomic_write", full)
    with pytest.raises(BadConfiguration, match="No space left"):
        secret_key(tmp_path / "secret.key")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_is_reported_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(b"short")
    with pytest.raises(BadConfiguration, match=r"secret\.key is damaged"):
        secret_key(path)
    assert path.read_bytes() == b"short"
