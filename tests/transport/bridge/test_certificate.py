"""The certificate of the remote interface: created once for its names, and renewed only when needed."""

import datetime as dt
import ssl
import subprocess
from pathlib import Path

import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.transport.bridge.certificate import Pair, context_of, fingerprint, own_pair

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
NAMES = ["127.0.0.1", "::1", "workstation"]


def test_a_key_pair_is_created_once_and_its_key_is_private(tmp_path: Path) -> None:
    pair = own_pair(tmp_path / "tls", NAMES, NOW)
    assert pair.key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    known = fingerprint(pair.certificate)
    assert len(known) == 64
    again = own_pair(tmp_path / "tls", NAMES[:2], NOW + dt.timedelta(days=800))
    assert fingerprint(again.certificate) == known


@pytest.mark.parametrize(
    "names, later",
    [([*NAMES, "other"], dt.timedelta(0)), (NAMES, dt.timedelta(days=820)), (NAMES, dt.timedelta(days=5000))],
)
def test_the_certificate_is_renewed_for_other_names_and_on_expiry(
    tmp_path: Path, names: list[str], later: dt.timedelta
) -> None:
    known = fingerprint(own_pair(tmp_path, NAMES, NOW).certificate)
    assert fingerprint(own_pair(tmp_path, names, NOW + later).certificate) != known


@pytest.mark.parametrize("damaged", ["certificate.pem", "key.pem"])
def test_a_damaged_pair_is_replaced(tmp_path: Path, damaged: str) -> None:
    known = fingerprint(own_pair(tmp_path, NAMES, NOW).certificate)
    (tmp_path / damaged).write_text("no pem")
    pair = own_pair(tmp_path, NAMES, NOW)
    assert fingerprint(pair.certificate) != known
    context_of(pair)


def test_an_invalid_key_pair_of_the_user_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as refused:
        context_of(Pair(tmp_path / "a", tmp_path / "b"))
    assert refused.value.reason == "tls.pair"


def test_no_tls_before_1_2(tmp_path: Path) -> None:
    assert context_of(own_pair(tmp_path, NAMES, NOW)).minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_fingerprint_equals_that_of_other_programs(tmp_path: Path) -> None:
    """Against OpenSSL's own, where it is installed."""
    pair = own_pair(tmp_path, NAMES, NOW)
    command = ["openssl", "x509", "-in", str(pair.certificate), "-noout", "-fingerprint", "-sha256"]
    try:
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("openssl is not installed: it is what the fingerprint is compared with")
    assert printed.strip().partition("=")[2].replace(":", "").lower() == fingerprint(pair.certificate)
