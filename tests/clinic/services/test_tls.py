# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with the clinic's own certificate, and computers that believe that authority and no other."""

import datetime
import ipaddress
import os
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.enrolment import admit, invite, join
from clinic.services.founding import found_organization
from clinic.services.link import Link, exchange_now, with_remote
from clinic.services.sitting import open_desk
from clinic.transport.http import Remote
from clinic.transport.tls import believing
from sync_server.certificates import own_certificate
from tests.server_process import ServerProcess

pytestmark = pytest.mark.slow
PASSWORD = "cinco palabras que nadie adivina"


def authority(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """(the authority, a certificate of it for 127.0.0.1, its key)."""
    now = datetime.datetime.now(datetime.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])

    def made(subject: x509.Name, whose: ec.EllipticCurvePrivateKey, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root)
            .public_key(whose.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([here]), critical=False)
        return builder.sign(root_key, hashes.SHA256())

    folder.mkdir()
    files = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
    leaf = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    files[0].write_bytes(made(root, root_key, True).public_bytes(Encoding.PEM))
    files[1].write_bytes(made(leaf, key, False).public_bytes(Encoding.PEM))
    files[2].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_computers_join_and_exchange_under_the_clinics_own_authority_and_no_other(tmp_path: Path) -> None:
    ca, certificate, key = authority(tmp_path / "ours", "ours")
    others, _, _ = authority(tmp_path / "others", "others")
    with ServerProcess(tmp_path / "server", "--tls-cert", str(certificate), "--tls-key", str(key)) as server:
        assert server.url.startswith("https://")
        for wrong in (None, believing(others.read_bytes())):
            with pytest.raises(Unavailable, match="cannot be reached"):
                with_remote(Remote(server.url, tls=wrong), Remote.challenge)
        clock, pem = SystemClock(), ca.read_bytes()
        station = found_organization(
            tmp_path / "station", server.url, "Norte", "Ana", PASSWORD, "E", clock, os.urandom, authority=pem
        )
        code = invite(station, Role.CLINICIAN, DeviceKind.DESKTOP)
        joining = join(tmp_path / "desk", code, "Paz", PASSWORD, "D", clock, os.urandom, pem)
        waiter = threading.Thread(target=joining.wait, args=(60,))
        waiter.start()
        admit(station, lambda newcomer: newcomer.digits == joining.digits, 60)
        waiter.join()
        desk = open_desk(tmp_path / "desk", PASSWORD, clock, os.urandom)
        exchange_now(desk)
        online = threading.Event()
        link = Link(desk, on_online=lambda up: online.set() if up else None)
        link.start()
        assert online.wait(20), "the doorbell believes it too"
        link.stop()
        desk.close()
        station.close()


def test_what_is_no_certificate_is_told_before_anything_listens(tmp_path: Path) -> None:
    _, certificate, key = authority(tmp_path / "ours", "ours")
    _, _, other_key = authority(tmp_path / "others", "others")
    assert own_certificate(None, None) is None and believing(b"") is None
    with pytest.raises(Refusal, match="both files"):
        own_certificate(certificate, None)
    with pytest.raises(Refusal, match="belong together"):
        own_certificate(certificate, other_key)
    with pytest.raises(Refusal, match="PEM"):
        own_certificate(key, key)
    with pytest.raises(Unavailable, match="cannot be read"):
        own_certificate(certificate, tmp_path / "nothing")
    for text in (b"nonsense", b"\xff", key.read_bytes()):
        with pytest.raises(Refusal, match="no certificate"):
            believing(text)
