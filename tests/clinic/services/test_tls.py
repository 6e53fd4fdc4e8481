# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with the clinic's own certificate, and computers that believe that authority and no other."""

import datetime
import ipaddress
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.keys.invites import authority_box, authority_mark, invitation_text, read_invitation
from clinic.keys.short_codes import read_short_code
from clinic.protocol.sync import JoinRequest
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.desks import Desk
from clinic.services.enrolment import admit, invite, join
from clinic.services.founding import found_organization
from clinic.services.link import Link, authority_text, exchange_now, with_remote
from clinic.services.short_codes import shorten
from clinic.services.sitting import open_desk, open_kiosk
from clinic.transport.http import Remote
from clinic.transport.tls import believing
from sync_server.certificates import own_certificate
from sync_server.own_authority import authority_and_certificate
from tests.server_process import ServerProcess

pytestmark = pytest.mark.slow
PASSWORD = "cinco palabras que nadie adivina"


@dataclass
class Own:
    folder: Path
    url: str
    pem: bytes
    station: Desk


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


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """A centre whose authority `posta server init` made, founded by somebody who was given its file."""
    folder = tmp_path_factory.mktemp("own")
    tls = folder / "tls"
    authority_and_certificate(tls, ("127.0.0.1", "localhost"), datetime.datetime.now(datetime.UTC))
    options = ("--tls-cert", str(tls / "centre.pem"), "--tls-key", str(tls / "centre.key"))
    with ServerProcess(folder / "server", *options) as server:
        pem = (tls / "ca.pem").read_bytes()
        station = found_organization(
            folder / "station", server.url, "Norte", "Ana", PASSWORD, "E", SystemClock(), os.urandom, authority=pem
        )  # fmt: skip
        yield Own(folder, server.url, pem, station)
        station.close()


@pytest.mark.parametrize("short", [True, False])
def test_the_authority_comes_with_the_invitation(own: Own, short: bool) -> None:
    code = invite(own.station, Role.NURSE, DeviceKind.DESKTOP)
    assert len(code) < 500, "the mark, and not the whole certificate"
    code = shorten(own.station, code) if short else code
    home = own.folder / f"desk {short}"
    joining = join(home, code, "Paz", PASSWORD, "D", SystemClock(), os.urandom, server=own.url)
    waiter = threading.Thread(target=joining.wait, args=(60,))
    waiter.start()
    admit(own.station, lambda newcomer: newcomer.digits == joining.digits, 60)
    waiter.join()
    desk = open_desk(home, PASSWORD, SystemClock(), os.urandom)
    assert authority_text(desk) == own.pem, "and is the only one it believes from now on"
    exchange_now(desk)
    desk.close()


def test_a_kiosk_sets_itself_up_with_an_invitation_alone(own: Own) -> None:
    """The program as it is started in a waiting room: digits to compare, then the first patient."""
    home, code = own.folder / "kiosk", invite(own.station, Role.KIOSK, DeviceKind.KIOSK)
    with Kiosk(home, "--join", code, "--device-name", "Entrance") as kiosk:
        while len(digits := kiosk.read("kiosk.joining.title").replace(" ", "")) != 6 or not digits.isdigit():
            time.sleep(0.1)
        admit(
            own.station, lambda newcomer: (newcomer.digits, newcomer.device_name) == (digits, "Entrance"), 60
        )
        while "6" not in kiosk.read("kiosk.setup.pin.title"):
            time.sleep(0.1)
        kiosk.touch("kiosk.setup.later")
        kiosk.hear_of_session(2)
    desk = open_kiosk(home, SystemClock(), os.urandom)
    assert desk.kind == DeviceKind.KIOSK and authority_text(desk) == own.pem
    exchange_now(desk)
    desk.close()


class Kiosk:
    """`python -m kiosk` with hands; use as a context."""

    def __init__(self, home: Path, *options: str) -> None:
        self._command = [
            sys.executable, "-m", "kiosk", "--home", str(home), "--window", "--hands", "--camera", "none",
            "--microphone", "none", "--speaker", "null", *options,
        ]  # fmt: skip

    def __enter__(self) -> "Kiosk":
        env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        self._program = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )
        return self

    def read(self, name: str) -> str:
        """What a widget says; '' while it is not there."""
        return str(self._done("read", name).get("text", ""))

    def touch(self, name: str) -> None:
        assert self._done("click", name)["ok"]

    def _done(self, act: str, name: str) -> dict[str, object]:
        assert self._program.stdin and self._program.stdout
        self._program.stdin.write(json.dumps({"id": 1, "do": act, "on": name}) + "\n")
        self._program.stdin.flush()
        while "hello" in (said := json.loads(self._program.stdout.readline())):
            pass
        return dict(said)

    def hear_of_session(self, number: int) -> None:
        assert self._program.stdout
        while json.loads(self._program.stdout.readline()) != {"hello": "session", "n": number}:
            pass

    def __exit__(self, *_error: object) -> None:
        assert self._program.stdin and self._program.stdout
        self._program.stdin.close()
        assert self._program.wait(20) == 0
        self._program.stdout.close()


def test_a_centre_of_another_authority_is_not_joined(own: Own) -> None:
    """Somebody stands where the centre should be: with a certificate of its own, or with another authority to hand out."""
    code = invite(own.station, Role.KIOSK, DeviceKind.KIOSK)
    invitation = read_invitation(code, SystemClock().now())
    _, certificate, key = authority(own.folder / "false", "false")
    options = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with ServerProcess(own.folder / "false server", *options) as server:
        lured = invitation_text(replace(invitation, server=server.url))
        with pytest.raises(Refusal, match="its certificate authority is another"):
            join(own.folder / "lured", lured, "", "", "K", SystemClock(), os.urandom)
        with pytest.raises(Unavailable, match="does not believe its certificate"):
            join(own.folder / "lured", lured, "", "", "K", SystemClock(), os.urandom, own.pem)
    swapped = invitation_text(replace(invitation, authority=bytes(32)))
    with pytest.raises(Refusal, match="its certificate authority is another"):
        join(own.folder / "lured", swapped, "", "", "K", SystemClock(), os.urandom)
    unnamed = invitation_text(replace(invitation, authority=b""))
    with pytest.raises(Unavailable, match="does not believe its certificate"):
        join(own.folder / "lured", unnamed, "", "", "K", SystemClock(), os.urandom)
    assert not (own.folder / "lured").exists()


def test_what_was_laid_for_newcomers_opens_nothing_else(own: Own) -> None:
    """Over a connection that believes nobody somebody may listen: the names heard there do not show who works here."""
    code = invite(own.station, Role.NURSE, DeviceKind.DESKTOP)
    boxes = (
        authority_box(read_invitation(code, SystemClock().now()).secret),
        read_short_code(shorten(own.station, code)).box,
    )
    for box in boxes:
        remote = Remote(own.url, tls=believing(own.pem))
        with pytest.raises(Refusal, match="invitation is over"):
            with_remote(remote, partial(Remote.trust_from, first=0, mailbox=box))
        request = JoinRequest(
            device=DeviceId("d"), kind="desktop", device_name="D", device_signing_key=b"s", device_box_key=b"b",
        )  # fmt: skip
        with pytest.raises(Refusal, match="has been used"):
            with_remote(remote, partial(Remote.ask_to_join, box=box, request=request))


def test_a_whole_systems_authorities_are_not_named(own: Own) -> None:
    assert authority_mark(own.pem * 100) == authority_mark(b"") == b"" != authority_mark(own.pem)
