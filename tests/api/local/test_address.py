"""The paths of the daemon: the same for every program, never created, and refused when they cannot work."""

import os
import sys
from pathlib import Path

import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import SOCKET_PATH_LIMIT, paths_of


def test_a_home_moves_everything_under_one_folder() -> None:
    found = paths_of({"MAESTRO_HOME": "/h"})
    assert found[:4] == (Path("/h/data"), Path("/h/run"), Path("/h/config"), Path("/h/run/maestrod.sock"))
    assert not found.is_socket_named


def test_the_socket_can_be_configured_separately() -> None:
    found = paths_of({"MAESTRO_HOME": "/h", "MAESTRO_SOCKET": "/s/x.sock"})
    assert found.socket == Path("/s/x.sock")
    assert found.runtime == Path("/h/run")


def test_the_platform_decides_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    found = paths_of({"XDG_RUNTIME_DIR": "/run/user/7"})
    assert found.runtime == Path("/run/user/7/maestrod")
    assert found.socket == Path("/run/user/7/maestrod/maestrod.sock")
    if sys.platform == "linux":
        assert found.data == Path("/home/ada/.local/share/maestrod")
        assert found.config == Path("/home/ada/.config/maestrod")


@pytest.mark.parametrize("given", ["", "relative/folder"])
def test_without_a_usable_runtime_folder_that_of_the_login_or_of_the_data_is_used(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = paths_of({"XDG_RUNTIME_DIR": given})
    assert found.runtime == found.data / "run"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /run/user")
def test_outside_a_login_session_the_folder_of_the_login_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: True)
    assert paths_of({}).runtime == Path(f"/run/user/{os.getuid()}/maestrod")


@pytest.mark.parametrize("name", ["MAESTRO_HOME", "MAESTRO_SOCKET"])
def test_a_relative_path_is_refused(name: str) -> None:
    with pytest.raises(BadConfiguration, match=name):
        paths_of({"MAESTRO_HOME": "/h", name: "here"})


def test_an_empty_variable_counts_as_unset() -> None:
    assert paths_of({"MAESTRO_HOME": "/h", "MAESTRO_SOCKET": ""}).socket == Path("/h/run/maestrod.sock")


@pytest.mark.parametrize("variable", ["MAESTRO_HOME", "MAESTRO_SOCKET"])
def test_a_path_too_long_for_a_socket_names_the_variable(variable: str) -> None:
    with pytest.raises(BadConfiguration, match=f"set {variable}") as refused:
        paths_of({variable: "/" + "x" * SOCKET_PATH_LIMIT})
    assert refused.value.exit_code == 78


def test_the_longest_path_that_fits_is_taken_and_bytes_count() -> None:
    assert paths_of({"MAESTRO_HOME": "/h", "MAESTRO_SOCKET": "/" + "x" * (SOCKET_PATH_LIMIT - 1)})
    with pytest.raises(BadConfiguration):
        paths_of({"MAESTRO_HOME": "/h", "MAESTRO_SOCKET": "/" + "ä" * (SOCKET_PATH_LIMIT - 1)})


def test_naming_the_paths_creates_nothing(tmp_path: Path) -> None:
    paths_of({"MAESTRO_HOME": str(tmp_path / "h")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variable", ["MAESTRO_HOME", "MAESTRO_SOCKET"])
def test_a_path_that_is_not_text_is_refused(variable: str) -> None:
    with pytest.raises(BadConfiguration, match=rf"/h\\xfc.* is not UTF-8 text: set {variable} to a path that is"):
        paths_of({"MAESTRO_HOME": "/home", variable: "/h\udcfc"})
