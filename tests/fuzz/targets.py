# SPDX-License-Identifier: GPL-3.0-or-later
"""One function for each thing that is read from outside: any bytes either mean something, which then holds, or are refused
with a sentence (Refusal). Anything else that is raised is a mistake of ours."""

from collections.abc import Callable
from functools import cache

from clinic.domain.errors import Refusal
from clinic.domain.ids import ScopeId
from clinic.domain.record import Record
from clinic.keys.backups import read_public
from clinic.keys.cards import card_text, read_card
from clinic.keys.codes import CodeKind, code_kind, read_code, write_code
from clinic.keys.hashing import digest
from clinic.keys.invites import invitation_text, read_invitation
from clinic.keys.packing import expand
from clinic.keys.sealing import Keyring, check_envelope, check_ops, open_envelope
from clinic.keys.sheets import read_sheet
from clinic.keys.slots import Slots
from clinic.keys.trust import extend, follow, make_statement, open_statement
from clinic.protocol.codec import decode, encode, loads
from clinic.protocol.envelope import pack, unpack
from clinic.protocol.letters import Letter
from clinic.protocol.op import decode_ops
from clinic.protocol.sync import JoinAnswer, JoinRequest, SyncRequest, SyncResponse
from tests.small_clinic import AT, TEAM, Clinic, small_clinic

Target = Callable[[bytes], None]
_SECRET = b"\x07" * 32


@cache
def _clinic() -> Clinic:
    return small_clinic()


def envelope(data: bytes) -> None:
    """An envelope from the centre, and what might lie unsealed inside one."""
    _try(lambda: _opened(data))
    _try(lambda: _inside(data))


def _opened(data: bytes) -> None:
    sealed = unpack(data)
    assert pack(sealed) == data
    check_envelope(sealed, _clinic().log)
    open_envelope(sealed, Keyring().plus(sealed.header.scope, _SECRET), {(TEAM, 1): _SECRET})


def _inside(data: bytes) -> None:
    for plain in (data, _expanded(data)):
        ops = decode_ops(plain)
        for op in ops.ops:
            _stands(encode(op))
        check_ops(ops, ScopeId("p:x"))


def _expanded(data: bytes) -> bytes:
    try:
        return expand(data)
    except Refusal:
        return data


def trust_log(data: bytes) -> None:
    """Statements from the centre; and what an administrator's own program might be brought to sign."""
    log = _clinic().log
    _try(lambda: open_statement(data))
    _try(lambda: extend(log, data))
    _try(lambda: _run(data))
    _try(lambda: _signed(data))


def _run(data: bytes) -> None:
    run = loads(data)
    if isinstance(run, list) and all(isinstance(item, bytes) for item in run):
        follow(_clinic().log, 3, run)


def _signed(data: bytes) -> None:
    log, eva = _clinic().log, _clinic().eva
    after = extend(log, make_statement(log, decode(data), eva.signer, AT))
    assert after.position == log.position + 1 and after.statements[:-1] == log.statements


def slot_file(data: bytes) -> None:
    """A slot file as it lies on a disk somebody had in her hands; its checksum is made to fit."""
    _try(lambda: _slots(data))
    _try(lambda: _slots(digest(data, b"posta slots sum", 8) + data))


def _slots(data: bytes) -> None:
    slots = Slots.read(data)
    again = Slots.read(slots.encode())
    assert again.file == slots.file and len(slots.ways) == len(slots.file.slots)
    for opens in (slots.open_with_key, slots.open_recovery):
        _try(lambda opens=opens: opens(_SECRET))  # type: ignore[misc]
    if all(
        slot.memory_kib < 64 * 1024 for slot in slots.file.slots
    ):  # too cheap to be opened, and quick to be refused
        _try(lambda: slots.open("cinco palabras que nadie adivina"))


def codec(data: bytes) -> None:
    """Any record, and the ones that cross a wire by name."""
    _try(lambda: _there_and_back(data))
    kinds: tuple[type[Record], ...] = (SyncRequest, SyncResponse, JoinRequest, JoinAnswer, Letter)
    for kind in kinds:
        _try(lambda kind=kind: decode(data, kind))  # type: ignore[misc]


def _there_and_back(data: bytes) -> None:
    _stands(encode(decode(data)))


def _stands(once: bytes) -> None:
    """By its bytes: what we do not know may hold a NaN, which equals nothing."""
    assert encode(decode(once)) == once


def code(data: bytes) -> None:
    """What a camera read, or somebody typed: a card, an invitation, a sheet, a backup key."""
    text = data.decode("utf-8", "surrogateescape")
    code_kind(text)
    for kind in CodeKind:
        _try(lambda kind=kind: _code(kind, text))  # type: ignore[misc]
        _try(lambda kind=kind: _code(kind, write_code(kind, data[:2000])))  # type: ignore[misc]
    for held in (text, write_code(CodeKind.CARD, data[:64]), write_code(CodeKind.JOIN, data[:2000])):
        _try(lambda held=held: _card(held))  # type: ignore[misc]
        _try(lambda held=held: _invitation(held))  # type: ignore[misc]
    for held in (text, write_code(CodeKind.SHEET, data[:2000]), write_code(CodeKind.BACKUP_TO, data[:64])):
        _try(lambda held=held: read_sheet(held))  # type: ignore[misc]
        _try(lambda held=held: read_public(held))  # type: ignore[misc]


def _code(kind: CodeKind, text: str) -> None:
    payload = read_code(kind, text)
    assert read_code(kind, write_code(kind, payload)) == payload


def _card(text: str) -> None:
    card = read_card(text)
    assert read_card(card_text(card.secret, card.asks_pin)) == card


def _invitation(text: str) -> None:
    invitation = read_invitation(text, AT)
    assert read_invitation(invitation_text(invitation), AT) == invitation


def _try(act: Callable[[], object]) -> None:
    """A refusal is an answer, if it says something."""
    try:
        act()
    except Refusal as refusal:
        if not str(refusal).strip():
            raise ValueError("a refusal without a word") from refusal


TARGETS: dict[str, Target] = {
    "envelope": envelope,
    "trust-log": trust_log,
    "slot-file": slot_file,
    "codec": codec,
    "code": code,
}
