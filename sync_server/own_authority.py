# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's own certificate authority, and the server's certificate under it: DATA/tls/.

The authority signs servers only and lives ten years, a certificate two. A new certificate, moved in by hand or made anew under
the same authority, is believed by every computer that has `ca.pem`.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clinic.domain.errors import Refusal

AUTHORITY_LIVES, CERTIFICATE_LIVES = timedelta(days=3650), timedelta(days=730)
_BEFORE = timedelta(days=1)
"""A client's clock may be slow."""
AUTHORITY, AUTHORITY_KEY, CERTIFICATE, KEY = "ca.pem", "ca.key", "centre.pem", "centre.key"


@dataclass(frozen=True, slots=True)
class Made:
    """`fingerprint`: SHA-256 of the authority's certificate, in hex; `until`: the certificate's last day, UTC."""

    fingerprint: str
    names: tuple[str, ...]
    until: datetime


def authority_and_certificate(folder: Path, names: tuple[str, ...], now: datetime) -> Made:
    """Makes what is not there yet; what is there stays. `names`: host names and addresses people type. Raises Refusal,
    OSError, ValueError for files that are none."""
    general = [_general(name) for name in names]
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / AUTHORITY).exists():
        _make_authority(folder, now)
    if not (folder / CERTIFICATE).exists():
        _make_certificate(folder, names[0], general, now)
    return _look(folder)


def _look(folder: Path) -> Made:
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = (*named.get_values_for_type(x509.DNSName), *map(str, named.get_values_for_type(x509.IPAddress)))
    return Made(authority.fingerprint(hashes.SHA256()).hex(), names, certificate.not_valid_after_utc)


def _make_authority(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("Posta, authority of this centre")
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        _begun(name, name, key, now, AUTHORITY_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _keep_key(folder / AUTHORITY_KEY, key)
    _keep(folder / AUTHORITY, made.public_bytes(Encoding.PEM), 0o644)


def _make_certificate(folder: Path, name: str, general: list[x509.GeneralName], now: datetime) -> None:
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    signing = load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), password=None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise ValueError("not the key of an authority that was made here")
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _begun(_named(name[:64]), authority.subject, key, now, CERTIFICATE_LIVES)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(general), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .sign(signing, hashes.SHA256())
    )
    _keep_key(folder / KEY, key)
    _keep(folder / CERTIFICATE, made.public_bytes(Encoding.PEM), 0o644)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _BEFORE)
        .not_valid_after(now.astimezone(UTC) + lives)
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    """An address or a host name. Raises Refusal."""
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    if not name.isascii() or not all(name.split(".")) or not name.replace("-", "").replace(".", "").isalnum():
        raise Refusal(
            "{name} is no host name and no address, such as posta.example.org or 10.0.0.5.", name=name
        )
    return x509.DNSName(name.lower())


def _keep_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Over one whose certificate never came to be, or was moved away."""
    path.unlink(missing_ok=True)
    _keep(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)


def _keep(path: Path, data: bytes, mode: int) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
