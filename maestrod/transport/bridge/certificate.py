"""The certificate of the remote port: the user's own, or a self-signed pair that is made here once.

No client trusts a self-signed certificate by itself: users pin its fingerprint (``maestroctl --fingerprint``) or pass
the file (``--ca-file``). It is replaced only when it lacks a required name or is about to expire, because every client
that has the fingerprint then needs the new one.
"""

import datetime as dt
import hashlib
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from maestrod.api.errors import BadConfiguration
from maestrod.host.private_file import write_private

#: Names of the files in their folder.
CERTIFICATE, KEY = "certificate.pem", "key.pem"

#: How long our pair is valid: the maximum for browsers that trust it (825 days since 2019).
_LIFETIME = dt.timedelta(days=825)
_RENEWED_BEFORE = dt.timedelta(days=7)


class Pair(NamedTuple):
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


def own_pair(folder: Path, names: Sequence[str], now: dt.datetime) -> Pair:
    """Our own pair in ``folder``, valid for ``names`` (host names and addresses); made when there is no such pair."""
    pair = Pair(folder / CERTIFICATE, folder / KEY)
    if not _is_good(pair, names, now):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        certificate, key = _make(names, now)
        write_private(pair.key, key, durable=True)
        write_private(pair.certificate, certificate, durable=True)
    return pair


def context_of(pair: Pair) -> ssl.SSLContext:
    """The TLS context for a pair, with TLS 1.2 or later. Raises ``BadConfiguration`` for unusable files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(pair.certificate, pair.key)
    except (OSError, ssl.SSLError) as error:
        message = f"{pair.certificate} and {pair.key} are not a PEM certificate and its key: {error}"
        raise BadConfiguration("tls.pair", message) from error
    return context


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the first certificate in a PEM file, in hexadecimal."""
    text = certificate.read_text("ascii", "replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    first = begin + text.partition(begin)[2].partition(end)[0] + end
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def _is_good(pair: Pair, names: Sequence[str], now: dt.datetime) -> bool:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        context_of(pair)
        alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, BadConfiguration, x509.ExtensionNotFound):
        return False
    known = {str(name.value) for name in alternatives}
    return set(names) <= known and found.not_valid_after_utc > now + _RENEWED_BEFORE


def _make(names: Sequence[str], now: dt.datetime) -> tuple[bytes, bytes]:
    """Make a certificate for these names and its key (ECDSA on P-256, which every current client supports)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maestrod")])
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
