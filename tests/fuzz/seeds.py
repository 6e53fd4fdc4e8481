# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the kept inputs lie, and the good ones that a search begins with."""

from datetime import timedelta
from pathlib import Path

from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, OpId, PatientId
from clinic.keys.cards import card_text
from clinic.keys.codes import CodeKind, write_code
from clinic.keys.invites import invitation_text, new_invitation
from clinic.keys.sheets import split
from clinic.keys.slots import Opened, Slots
from clinic.keys.stretch import WEAK
from clinic.protocol.codec import dumps, encode
from clinic.protocol.letters import Letter, QueuePlace
from clinic.protocol.op import Op, Ops
from clinic.protocol.sync import Cursor, EnvelopeRefused, JoinRequest, Sequenced, SyncRequest, SyncResponse
from clinic.protocol.trust import DeviceKind, Policy, Revoke, Role, Wipe
from tests.small_clinic import AT, TEAM, repeating, small_clinic

CORPUS = Path(__file__).parent / "corpus"
_SECRET = b"\x07" * 32


def write_seeds() -> None:
    """Writes the good inputs; the same ones each time, but for what libsodium makes of its own chance."""
    for name, inputs in _seeds().items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for what, data in inputs.items():
            (folder / what).write_bytes(data)


def _seeds() -> dict[str, dict[str, bytes]]:
    town = small_clinic()
    wire = town.ben.envelope(town.log, "p:x")
    said = Communication(id=FactId("f"), patient=PatientId("x"), sent_at=AT, sender="ben", text="hola")
    ops = encode(Ops(ops=(Op(id=OpId("o"), stamp=1, fact=said, window=PatientId("x")),)))
    statements = town.log.statements
    return {
        "envelope": {"good-kiosk": town.kiosk.envelope(town.log, "p:x"), "good-team": wire, "good-ops": ops},
        "trust-log": {
            **{f"good-{n:02d}": data for n, data in enumerate(statements)},
            "good-run": dumps(list(statements[3:6])),
            "good-policy": encode(Policy(key="k", value="v")),
            "good-revoke": encode(Revoke(device=town.ben.device, incarnation=1, last_env_no=3)),
            "good-wipe": encode(Wipe(device=town.kiosk.device)),
        },
        "slot-file": {"good-password": _slots().encode()[8:], "good-key-file": _key_file().encode()[8:]},
        "codec": {"good-ops": ops, **_wires(wire)},
        "code": _codes(),
    }


def _wires(wire: bytes) -> dict[str, bytes]:
    town = small_clinic()
    item = Sequenced(scope=TEAM, seq=1, chain=b"c" * 32, envelope=wire)  # type: ignore[arg-type]
    cursor = Cursor(scope=TEAM, seq=3)  # type: ignore[arg-type]
    answer = SyncResponse(
        protocol=1, epoch="e", acked_incarnation=1, acked_env_no=2, server_time=AT, envelopes=(item,), heads=(cursor,),
        refused=(EnvelopeRefused(env_no=1, why=4, sentence="No."),),
    )  # fmt: skip
    asked = SyncRequest(
        device=town.ben.device, incarnation=1, sent_at=AT, cursors=(cursor,), envelopes=(wire,)
    )
    ask = JoinRequest(
        device=town.ben.device, kind="desktop", device_name="d", device_signing_key=b"k" * 32, device_box_key=b"b" * 32
    )  # fmt: skip
    place = QueuePlace(encounter="v", place=1, wait_minutes=0, status="triaged")  # type: ignore[arg-type]
    letter = Letter(sender=town.ben.device, receiver=town.eva.device, number=1, sent_at=AT, content=place)
    kinds = {"answer": answer, "request": asked, "join": ask, "letter": letter}
    return {f"good-{name}": encode(value) for name, value in kinds.items()}


def _slots() -> Slots:
    mine = Opened("Ben", _SECRET, small_clinic().ben.user, small_clinic().ben.keys)
    slots = Slots.none(weak_for_tests=True).with_password(
        "Ben", "cinco palabras que nadie adivina", mine, repeating(b"slot"), WEAK
    )
    return slots.with_recovery("sheets", _SECRET, mine, repeating(b"sheet"), "mark")


def _key_file() -> Slots:
    return Slots.none().with_key_file("kiosk", _SECRET, Opened("kiosk", _SECRET), repeating(b"file"))


def _codes() -> dict[str, bytes]:
    invitation = new_invitation(
        server="https://clinic.example", fingerprint=b"f" * 32, role=Role.NURSE, kind=DeviceKind.DESKTOP, team=TEAM,
        expires_at=AT + timedelta(hours=24), random=repeating(b"code"),
    )  # fmt: skip
    sheet = split(_SECRET)[0]
    texts = {
        "card": card_text(_SECRET),
        "join": invitation_text(invitation),
        "sheet": write_code(CodeKind.SHEET, str(sheet).encode()),
        "dni": "00123456789@QUISPE@MARIA@F@12345678@A@07/03/1958@01/01/2020",
        "backup": write_code(CodeKind.BACKUP_TO, _SECRET),
    }
    return {f"good-{name}": text.encode() for name, text in texts.items()} | {
        "good-invitation-inside": encode(invitation)
    }
