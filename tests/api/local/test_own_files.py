"""The list of our own files has every name that the daemon uses. With a real daemon: tests/system/test_uninstall.py."""

from pathlib import Path

from maestrod.api.local.own_files import remove_own, survey
from maestrod.config import USER_FILE
from maestrod.transport.bridge import port
from tests.kit.daemons.own_files import made


def test_every_name_that_the_daemon_uses_is_its_own(tmp_path: Path) -> None:
    made(tmp_path / "data")
    assert survey(tmp_path / "data", ("data",)).foreign == ()
    (tmp_path / "run").mkdir()
    for name in (port.TOKEN_FILE, port.ADDRESS_FILE, "maestrod.sock", f".{port.TOKEN_FILE}.123"):
        (tmp_path / "run" / name).touch()
    assert survey(tmp_path / "run", ("runtime",)).foreign == ()
    (tmp_path / USER_FILE).touch()
    assert tmp_path / USER_FILE in survey(tmp_path, ("configuration",)).files


def test_a_known_name_in_another_folder_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    for name in ("models/format", "tasks.json", "config.toml", "maestrod.sock"):
        (tmp_path / name).touch()
    own = survey(tmp_path, ("data",))
    assert {path.name for path in own.foreign} == {"models", "tasks.json", "config.toml", "maestrod.sock"}
    assert not own.is_removable
    remove_own(tmp_path, ("data",))
    assert (tmp_path / "models/format").exists()
