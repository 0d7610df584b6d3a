"""The bridge's port: which one, its files, and refusals."""

import json
import os
import socket
import stat
from pathlib import Path

import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import Paths, paths_of
from maestrod.config import Config
from maestrod.rpc.context import DaemonInfo
from maestrod.transport.bridge.port import ADDRESS_FILE, LAST_FILE, TOKEN_FILE, Port, open_port

INFO = DaemonInfo("i1", "0.1.0", 4242, 1_700_000_000_000, "/run/maestrod.sock", "/data", 8)


@pytest.fixture
def home() -> Paths:
    found = paths_of(os.environ)
    found.data.mkdir(parents=True)
    return found


def opened(home: Paths, **settings: object) -> Port:
    return open_port(home, Config(**{"bridge_port": 0, **settings}), INFO, None)  # type: ignore[arg-type]  # by name


def number(port: Port) -> int:
    return int(port.listener.url.rpartition(":")[2])


def test_the_port_is_published_to_the_user_only(home: Paths) -> None:
    port = opened(home)
    token, address = home.runtime / TOKEN_FILE, home.runtime / ADDRESS_FILE
    published = json.loads(address.read_text())
    assert published["url"] == port.listener.url == f"http://127.0.0.1:{number(port)}" and published["instance"] == "i1"
    assert token.read_bytes() == port.listener.token and len(port.listener.token) >= 43
    assert {stat.S_IMODE(path.stat().st_mode) for path in (token, address)} == {0o600}
    port.close()
    assert not token.exists() and not address.exists()


def test_each_start_has_a_new_token_and_the_same_port(home: Paths) -> None:
    first = opened(home)
    first.close()
    second = opened(home)
    assert number(second) == number(first) and second.listener.token != first.listener.token
    second.close()


def test_a_port_in_use_is_left_alone(home: Paths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        port = opened(home, bridge_port=taken)
        assert number(port) != taken
        port.close()
        again = opened(home, bridge_port=taken)
        assert number(again) == number(port)
        again.close()
    fresh = opened(home, bridge_port=taken + 1 if taken < 65_000 else 0)
    fresh.close()


def test_an_invalid_remembered_port_is_ignored(home: Paths) -> None:
    for nonsense in (b"", b"{}", b"\xff", b'{"configured":0,"port":99999}', b'{"configured":0,"port":-1}'):
        (home.data / LAST_FILE).write_bytes(nonsense)
        opened(home).close()


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.0.1", "localhost", "", "127.0.0.1.evil"])
def test_addresses_reachable_by_others_are_refused(home: Paths, address: str) -> None:
    with pytest.raises(BadConfiguration, match="bridgeAddress"):
        opened(home, bridge_address=address)


def test_the_other_loopback_address_works(home: Paths) -> None:
    port = opened(home, bridge_address="::1")
    assert port.listener.url == f"http://[::1]:{number(port)}"
    assert f"[::1]:{number(port)}".encode() in port.listener.hosts
    port.close()


def test_attack_16_whatever_is_in_place_of_the_token_is_replaced_and_not_followed(home: Paths, tmp_path: Path) -> None:
    home.runtime.mkdir(mode=0o700, parents=True)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (home.runtime / TOKEN_FILE).symlink_to(victim)
    (home.runtime / f".{TOKEN_FILE}.{os.getpid()}").symlink_to(victim)
    (home.runtime / ADDRESS_FILE).write_text("{}")
    (home.runtime / ADDRESS_FILE).chmod(0o666)
    port = opened(home)
    assert victim.read_text() == "precious"
    assert not (home.runtime / TOKEN_FILE).is_symlink()
    assert stat.S_IMODE((home.runtime / ADDRESS_FILE).stat().st_mode) == 0o600
    port.close()


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_attack_16_a_folder_open_to_others_gets_no_token(home: Paths, mode: int) -> None:
    home.runtime.mkdir(mode=0o700, parents=True)
    home.runtime.chmod(mode)
    with pytest.raises(BadConfiguration, match="other users can enter"):
        opened(home)
    assert not (home.runtime / TOKEN_FILE).exists()


def test_attack_17_taking_the_port_of_a_dead_daemon_reveals_no_token(home: Paths) -> None:
    dead = opened(home)
    dead.listener.sock.close()  # killed: its files stay
    with socket.create_server(("127.0.0.1", number(dead))):
        following = opened(home)
        published = json.loads((home.runtime / ADDRESS_FILE).read_text())
        assert published["url"] == following.listener.url != dead.listener.url
        assert (home.runtime / TOKEN_FILE).read_bytes() == following.listener.token != dead.listener.token
        following.close()


def test_a_folder_that_cannot_be_written_is_reported(home: Paths) -> None:
    home.runtime.parent.mkdir(parents=True, exist_ok=True)
    home.runtime.write_text("a file")
    with pytest.raises(BadConfiguration):
        opened(home)
