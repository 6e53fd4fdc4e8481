# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of work, done through the verbs of the clinic. Each tells what was acknowledged, as soon as it was."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from PIL import Image

from clinic.bench.powercut.seats import PASSWORD, Seat, sitting
from clinic.domain.clock import SystemClock
from clinic.domain.facts import (
    Communication,
    Encounter,
    EncounterStatus,
    Fact,
    Gender,
    NoteSection,
    Observation,
    Patient,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId, patient_scope
from clinic.domain.values import HumanName, Quantity
from clinic.domain.vitals import WEIGHT
from clinic.protocol.codec import decode
from clinic.protocol.custody import SlotKind
from clinic.protocol.op import Op
from clinic.protocol.sync import SyncResponse
from clinic.services import messages, people, visits
from clinic.services.audits import audit
from clinic.services.desks import Desk, read_slots
from clinic.services.rekeying import rekey
from clinic.services.syncing import snapshot, take
from clinic.store.book import Book
from clinic.store.writing import WritePage
from clinic.sync.exchange import request_for


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What somebody was told is saved. `facts`: (kind, id); `texts`: note section -> its text, or a later one."""

    facts: tuple[tuple[int, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    attachments: tuple[str, ...] = ()
    cursor: tuple[tuple[str, int], ...] = ()
    way_in: str = ""
    height: int = -1

    def line(self) -> str:
        return json.dumps(asdict(self))


def acknowledged(line: str) -> Acknowledged:
    """The line read back."""
    told = json.loads(line)
    pairs = {
        name: tuple((first, second) for first, second in told[name]) for name in ("facts", "texts", "cursor")
    }
    return Acknowledged(
        attachments=tuple(told["attachments"]), way_in=told["way_in"], height=told["height"], **pairs
    )


Tell = Callable[[Acknowledged], None]
Load = Callable[[Seat, Tell, int], None]
"""`load(seat, tell, size)`: about `size` acknowledged writes; it opens and closes the desk itself."""


def notes(seat: Seat, tell: Tell, size: int) -> None:
    """Single facts of many kinds, one after the other: people, messages, readings, a signed note, audit entries."""
    with sitting(seat) as desk:
        for number in range(max(1, size // 6)):
            patient, encounter = arrived(desk, number, tell)
            message = messages.send_message(desk, patient, f"mensaje {number} " + "ñandú " * 20)
            tell(facts_told(message))
            desk.write(weight(desk, patient, number), window=patient)
            visits.autosave(desk, encounter, Section.PLAN, f"reposo {number}", patient)
            note = visits.sign(desk, encounter, patient)
            tell(facts_told(note))
            audit(desk, "open", patient)


def bulk(seat: Seat, tell: Tell, size: int) -> None:
    """Many facts in one transaction."""
    with sitting(seat) as desk:
        patient, _ = arrived(desk, 0, tell)
        for _turn in range(max(1, size // 12)):
            facts = [weight(desk, patient, number) for number in range(60)]
            desk.write(*facts, window=patient)
            tell(facts_told(*facts))


def autosave(seat: Seat, tell: Tell, size: int) -> None:
    """One section of one note, saved anew with every few words."""
    with sitting(seat) as desk:
        patient, encounter = arrived(desk, 0, tell)
        text = ""
        for number in range(size):
            text += f"palabra {number} "
            visits.autosave(desk, encounter, Section.SUBJECTIVE, text, patient)
            section = f"{encounter}/{Section.SUBJECTIVE}"
            tell(Acknowledged(facts=((NoteSection.NUMBER, section),), texts=((section, text),)))


def reading(seat: Seat, tell: Tell, size: int) -> None:
    """Texts read into the search index between writes, those among them that were changed since they were written."""
    with sitting(seat) as desk:
        patient, encounter = arrived(desk, 0, tell)
        for number in range(max(1, size // 3)):
            for nth in range(3):
                tell(
                    facts_told(
                        messages.send_message(desk, patient, f"lectura {number} {nth} palabra{number}x{nth}")
                    )
                )
                visits.autosave(desk, encounter, Section.PLAN, f"reposo {number} {nth}", patient)
            desk.book.read_all_texts()


def incoming(seat: Seat) -> Path:
    """Where the answers of the centre for the load `sync` lie, beside the home."""
    return seat.path.with_suffix(".incoming")


def sync(seat: Seat, tell: Tell, size: int) -> None:
    """Answers of the centre with a colleague's envelopes, applied between own writes."""
    with sitting(seat) as desk:
        patient, _ = arrived(desk, 0, tell)
        for number in range(size):
            path = incoming(seat) / f"{number}"
            if not path.exists():
                return
            response = decode(path.read_bytes(), SyncResponse)
            request = request_for(snapshot(desk, 262_144), desk.clock.now())
            take(desk, request, response)
            tell(Acknowledged(cursor=tuple((item.scope, item.seq) for item in response.envelopes)))
            tell(facts_told(messages.send_message(desk, patient, f"mientras {number}")))


def attachments(seat: Seat, tell: Tell, size: int) -> None:
    """Photos, and files of a size that fills many pages."""
    with sitting(seat) as desk:
        patient, _ = arrived(desk, 0, tell)
        photo = _jpeg()
        for number in range(max(1, size // 3)):
            document = messages.add_photo(desk, patient, photo, f"foto {number}")
            tell(Acknowledged(facts=_ids(document), attachments=(document.attachment.id,)))
            kept = messages.keep_bytes(desk, os.urandom(20_000 + 997 * number), "application/pdf", "informe")
            tell(Acknowledged(attachments=(kept.id,)))
            said = messages.send_message(desk, patient, "va el informe", attachments=(kept,))
            tell(Acknowledged(facts=_ids(said), attachments=(kept.id,)))


def openings(seat: Seat, tell: Tell, size: int) -> None:
    """The program opened, used and closed again and again: the log is folded into the book at each end."""
    for number in range(max(1, size // 3)):
        with sitting(seat) as desk:
            patient, _ = arrived(desk, number, tell)
            tell(facts_told(messages.send_message(desk, patient, f"abierto {number}")))


def checkpoint(seat: Seat, tell: Tell, size: int) -> None:
    """Readers hold old pictures of the book while the writer fills the log and folds it in."""
    with sitting(seat) as desk:
        patient, _ = arrived(desk, 0, tell)
        for number in range(max(1, size // 6)):

            def beside(page: object, number: int = number) -> None:
                for nth in range(3):
                    text = f"{number}.{nth} " + "lectura " * 1500
                    tell(facts_told(messages.send_message(desk, patient, text)))
                _fold(desk)

            desk.book.read(beside)
            tell(facts_told(messages.send_message(desk, patient, f"después {number}")))
            _fold(desk)


def slots(seat: Seat, tell: Tell, size: int) -> None:
    """Ways in added and taken away, the trust height raised, between writes."""
    home, content = seat.home, seat.opened
    ways = read_slots(home)
    with sitting(seat) as desk:
        for number in range(max(1, size // 4)):
            secret = bytes([number + 1]) * 32
            ways = ways.with_recovery(f"hoja {number}", secret, content, os.urandom)
            if number > 1:  # the sheet before stays until the new one has been used
                ways = ways.without(f"hoja {number - 2}", content.store_key, SlotKind.RECOVERY)
            home.keep_slots(ways.encode())
            tell(Acknowledged(way_in=secret.hex()))
            home.keep_height(number)
            tell(Acknowledged(height=number))
            arrived(desk, number, tell)


def rekeying(seat: Seat, tell: Tell, size: int) -> None:
    """New store keys between writes; a recovery sheet opens the store all the while."""
    home, secret = seat.home, bytes(range(32))
    home.keep_slots(read_slots(home).with_recovery("hoja", secret, seat.opened, os.urandom).encode())
    tell(Acknowledged(way_in=secret.hex()))
    for number in range(max(1, size // 9)):
        rekey(seat.path, PASSWORD, SystemClock(), os.urandom)
        with sitting(replace(seat, opened=read_slots(home).open_recovery(secret))) as desk:
            arrived(desk, number, tell)


def migration(path: Path, key: bytes, tell: Tell) -> None:
    """A book of an earlier version opened by today's program, which then writes into it."""
    book = Book.open(path, key)
    for number in range(3):
        patient = PatientId(f"mover.{number}")
        said = Communication(
            id=FactId(f"mover.said{number}"), patient=patient, sent_at=SystemClock().now(), sender="ana", text=f"nuevo {number}",
        )  # fmt: skip
        op = Op(id=OpId(f"mover.op{number}"), stamp=(1 << 60) + number, fact=said)
        book.keep(partial(_filed, op=op, patient=patient))
        tell(facts_told(said))
    book.close()


def _filed(page: WritePage, op: Op, patient: PatientId) -> None:
    page.file_op(op, patient_scope(patient))


LOADS: dict[str, Load] = {
    "notes": notes,
    "bulk": bulk,
    "autosave": autosave,
    "reading": reading,
    "sync": sync,
    "attachments": attachments,
    "openings": openings,
    "checkpoint": checkpoint,
    "slots": slots,
    "rekeying": rekeying,
}


def arrived(desk: Desk, number: int, tell: Tell) -> tuple[PatientId, EncounterId]:
    """A person put on record who sits in the waiting room."""
    name = HumanName(family=f"Quispe{number}", given=("María",))
    patient = people.register(desk, name, date(1958, 3, 7), Gender.FEMALE, str(20_000_000 + number))
    tell(Acknowledged(facts=((Patient.NUMBER, patient),)))
    visit = Encounter(
        id=FactId(desk.new_id()), patient=patient, status=EncounterStatus.ARRIVED, arrived_at=desk.clock.now()
    )
    desk.write(visit, window=patient)
    tell(facts_told(visit))
    return patient, EncounterId(visit.id)


def weight(desk: Desk, patient: PatientId, number: int) -> Observation:
    """A weight of so many days ago."""
    return Observation(
        id=FactId(desk.new_id()), patient=patient, code=WEIGHT.coding,
        effective_at=desk.clock.now() - timedelta(days=number),
        value=Quantity(value=Decimal(60 + number % 30), unit=WEIGHT.unit),
    )  # fmt: skip


def _fold(desk: Desk) -> None:
    """Fold the log into the book as far as the readers let it, as SQLite does by itself in a longer log."""
    ask = desk.book._connection.exec_driver_sql
    desk.book._writer.submit(lambda: ask("PRAGMA wal_checkpoint(PASSIVE)").fetchall()).result()


def _ids(*facts: Fact) -> tuple[tuple[int, str], ...]:
    return tuple((fact.NUMBER, str(fact.id)) for fact in facts)


def facts_told(*facts: Fact) -> Acknowledged:
    """These facts are saved."""
    return Acknowledged(facts=_ids(*facts))


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()
