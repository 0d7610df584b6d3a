"""The port for other machines: where it listens, by which names, with which certificate."""

import datetime as dt
import os
from pathlib import Path

import msgspec
import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import paths_of
from maestrod.config import Config
from maestrod.transport.bridge.certificate import fingerprint, own_pair
from maestrod.transport.bridge.listener import BridgeListener
from maestrod.transport.bridge.remote_port import open_remote_port

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def opened(**settings: object) -> tuple[BridgeListener, str]:
    config = msgspec.structs.replace(Config(remote_address="127.0.0.1", remote_port=0), **settings)
    port, known = open_remote_port(paths_of(os.environ), config, None, NOW)
    port.close()
    return port.listener, known


def test_the_remote_port_is_encrypted_and_identified_by_its_fingerprint() -> None:
    listener, known = opened(remote_names=("workstation", "[fe80::1]"), remote_rate=7)
    assert listener.remote and listener.tls is not None and listener.rate == 7
    assert listener.url.startswith("https://workstation:")
    port = listener.url.rpartition(":")[2]
    assert {f"127.0.0.1:{port}".encode(), f"[fe80::1]:{port}".encode()} <= listener.hosts
    assert f"https://workstation:{port}".encode() in listener.own_origins
    assert known == fingerprint(paths_of(os.environ).data / "tls" / "certificate.pem")
    assert opened(remote_names=("workstation", "[fe80::1]"))[1] == known, "the same pair at the next start"


def test_all_addresses_of_the_machine_are_valid_names() -> None:
    listener, _ = opened(remote_address="0.0.0.0")
    names = {host.rpartition(b":")[0] for host in listener.hosts}
    assert b"127.0.0.1" in names
    assert b"0.0.0.0" not in names


def test_a_certificate_of_the_user_is_used(tmp_path: Path) -> None:
    pair = own_pair(tmp_path, ["workstation"], NOW)
    _, known = opened(tls_certificate=str(pair.certificate), tls_key=str(pair.key))
    assert known == fingerprint(pair.certificate)


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"remote_address": "workstation"}, "remote.address"),
        ({"tls_certificate": "/only/one"}, "tls.pair"),
        ({"tls_certificate": "/no/such", "tls_key": "/file"}, "tls.pair"),
        ({"remote_address": "192.0.2.1"}, "bridge.listen"),
    ],
)
def test_invalid_settings_of_the_remote_port_are_refused(settings: dict[str, str], reason: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        opened(**settings)
    assert refused.value.reason == reason


def test_an_unwritable_folder_is_reported(tmp_path: Path) -> None:
    data = paths_of(os.environ).data
    data.mkdir(parents=True)
    (data / "tls").write_text("a file")
    with pytest.raises(BadConfiguration) as refused:
        opened()
    assert refused.value.reason == "tls.files"
