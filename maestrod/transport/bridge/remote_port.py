"""The port for other machines: a second bridge behind TLS that accepts only access tokens with an owner.

It does not affect the local bridge (``port.py``), which stays on the loopback interface with its own rules. It exists
only when the configuration names an address.
"""

import datetime as dt
import secrets
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import psutil

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import Paths
from maestrod.config import Config, half_a_pair, no_address
from maestrod.transport.bridge.certificate import Pair, context_of, fingerprint, own_pair
from maestrod.transport.bridge.listener import BridgeListener
from maestrod.transport.bridge.port import Port, listen_on

#: Folder of the self-signed pair, in the data folder.
FOLDER = "tls"


def open_remote_port(paths: Paths, config: Config, page: Path | None, now: dt.datetime) -> tuple[Port, str]:
    """Listen for other machines. Returns the port and the fingerprint of its certificate.

    Raises ``BadConfiguration``, which says what to do.
    """
    address = _address(config.remote_address)
    names = list(dict.fromkeys(_names(address, config.remote_names)))
    pair = _pair(config, paths, names, now)
    context = context_of(pair)
    sock = listen_on(address, [config.remote_port])
    port = sock.getsockname()[1]
    hosts = [f"{f'[{name}]' if ':' in name else name}:{port}" for name in names]
    listener = BridgeListener(
        sock=sock,
        url=f"https://{hosts[0]}",
        hosts=frozenset(host.encode() for host in hosts),
        own_origins=frozenset(f"https://{host}".encode() for host in hosts),
        other_origins=frozenset(origin.encode() for origin in config.bridge_origins),
        token=secrets.token_urlsafe(32).encode(),  # never published: only tokens with an owner count here
        page=page,
        tls=context,
        remote=True,
        rate=config.remote_rate,
    )
    return Port(listener, ()), fingerprint(pair.certificate)


def _address(text: str) -> str:
    if problem := no_address(text):
        raise BadConfiguration("remote.address", f"remoteAddress: {problem}")
    return str(ip_address(text))


def _names(address: str, given: tuple[str, ...]) -> Iterator[str]:
    """The names that clients may use for this machine: the configured ones first, then its addresses and host name."""
    yield from (name.strip("[]") for name in given)
    if not ip_address(address).is_unspecified:
        yield address
    yield socket.gethostname().lower()
    if ip_address(address).is_unspecified:
        for addresses in psutil.net_if_addrs().values():
            for each in addresses:
                if each.family in {socket.AF_INET, socket.AF_INET6}:
                    yield each.address.partition("%")[0]


def _pair(config: Config, paths: Paths, names: list[str], now: dt.datetime) -> Pair:
    if problem := half_a_pair(config):
        raise BadConfiguration("tls.pair", problem)
    if config.tls_certificate:
        return Pair(Path(config.tls_certificate).expanduser(), Path(config.tls_key).expanduser())
    try:
        return own_pair(paths.data / FOLDER, names, now)
    except OSError as error:
        message = f"cannot write the certificate to {paths.data / FOLDER}: {error.strerror}"
        raise BadConfiguration("tls.files", message) from error
