# SPDX-License-Identifier: GPL-3.0-or-later
"""How a patient identifies herself at a kiosk: cards with and without a PIN, their end, one-time codes, staff who vouch.
Through a real server, real stores and real keys."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import TypeVar

import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import AuditEvent, Gender, IdentifiedBy, PatientCard, VerificationResult
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import HumanName
from clinic.keys.cards import PinMissing, read_card
from clinic.keys.knocks import TooSoon
from clinic.keys.onetime import CodeWrong
from clinic.keys.slots import WrongPassword
from clinic.protocol.letters import Vouched
from clinic.protocol.sync import FaultNumber
from clinic.services import cards, codes_out, intake, people, tries, vouching, waiting
from clinic.services.link import exchange_now, remote_of, with_remote
from clinic.services.tries import CallAPerson, PinWrong
from clinic.services.withdrawing import ENDED, CardEnded
from clinic.transport.http import RefusedByServer, Remote
from tests.clinic.services.conftest import PASSWORD, Town

T = TypeVar("T")
NUMBERS = count(20_111_000)
PIN = "2749"


@pytest.fixture(autouse=True)
def _no_tries(town: Town) -> None:
    """Wrong tries of one test hold up no other, and the desk has heard of the kiosk."""
    if town.desk.trust.device(town.kiosk.device) is None:
        town.sync()
    town.kiosk.book.keep(lambda page: page.drop_meta("tries here"))
    for out in town.desk.book.read(codes_out.waiting):
        town.desk.book.keep(lambda page, out=out: page.drop_meta(f"code out {out.lookup}"))  # type: ignore[misc]


@pytest.fixture
def dni() -> str:
    return str(next(NUMBERS))


@pytest.fixture
def maria(town: Town, dni: str) -> PatientId:
    name = HumanName(family="Quispe", given=("María", "Elena"))
    return people.register(town.desk, name, date(1958, 3, 7), Gender.FEMALE, dni)


def asked(town: Town, act: Callable[[Remote], Awaitable[T]]) -> T:
    """What the kiosk hears from the centre."""
    return with_remote(remote_of(town.kiosk), act)


def given(town: Town, patient: PatientId, pin: str = "") -> str:
    """A card whose capsule the kiosk holds."""
    text = cards.issue(town.desk, patient, pin)
    town.sync()
    lookup = intake.card_lookup(text)
    sealed = asked(town, lambda remote: remote.capsule(lookup))
    assert sealed is not None
    intake.keep_capsule(town.kiosk, lookup, sealed)
    return text


def taken(town: Town, lookup: str) -> bytes | None:
    return asked(town, lambda remote: remote.take_code(lookup))


def later(town: Town, monkeypatch: pytest.MonkeyPatch, seconds: float) -> FrozenClock:
    """The kiosk's clock stands still from now on, moved by that much."""
    clock = FrozenClock(town.kiosk.clock.now() + timedelta(seconds=seconds))
    monkeypatch.setattr(town.kiosk, "clock", clock)
    return clock


# cards


def test_a_card_and_its_list(town: Town, maria: PatientId) -> None:
    text = given(town, maria)
    known = intake.read_card(town.kiosk, text)
    assert (known.patient, known.how, known.provisional) == (maria, IdentifiedBy.CARD, False)
    (line,) = cards.cards_of(town.desk, maria)
    assert (line.issued_by, line.asks_pin, line.used_at, line.works) == ("Dra. Lucía Paz", False, None, True)
    visit = intake.arrive(town.kiosk, known, "es")
    town.sync()
    (line,) = cards.cards_of(town.desk, maria)
    assert line.used_at is not None and abs((line.used_at - town.desk.clock.now()).total_seconds()) < 60
    result = town.desk.book.read(lambda page: vouching.identified(page, visit.encounter))
    assert result is not None and (result.how, result.card) == (IdentifiedBy.CARD, read_card(text).lookup)


def test_an_ended_card_opens_nothing_and_the_new_one_does(town: Town, maria: PatientId) -> None:
    lost = given(town, maria)
    (line,) = cards.cards_of(town.desk, maria)
    cards.revoke(town.desk, line.card, "lost", maria)
    assert intake.read_card(town.kiosk, lost).patient == maria  # a kiosk that has not heard of it yet
    new = given(town, maria)
    exchange_now(town.kiosk)
    with pytest.raises(CardEnded):
        intake.read_card(town.kiosk, lost)
    assert intake.read_card(town.kiosk, new).patient == maria
    works, ended = cards.cards_of(town.desk, maria)
    assert works.works and (ended.works, ended.revoked_by, ended.revoked_why) == (
        False,
        "Dra. Lucía Paz",
        "lost",
    )
    with pytest.raises(Refusal, match="ended already"):
        cards.revoke(town.desk, ended.card, "lost", maria)
    acts = town.desk.book.read(lambda page: page.facts(AuditEvent, maria))
    assert [event.entity for event in acts if event.action == "card"] == ["issued", "ended: lost", "issued"]


def test_the_centre_keeps_nothing_of_an_ended_card_and_takes_nothing_back(
    town: Town, maria: PatientId
) -> None:
    text = given(town, maria)
    lookup = intake.card_lookup(text)
    old = town.kiosk.book.read(lambda page: page.capsule(lookup))
    assert old
    (line,) = cards.cards_of(town.desk, maria)
    cards.revoke(town.desk, line.card, "stolen", maria)
    town.sync()
    exchange_now(town.kiosk)
    with pytest.raises(RefusedByServer) as gone:
        asked(town, lambda remote: remote.capsule(lookup))
    assert gone.value.number == FaultNumber.GONE
    # a colleague's computer that has not heard of it: its capsule is not taken, and waits no more
    town.station.book.keep(lambda page: page.put_capsule(lookup, old, waiting=True))
    town.sync()
    assert not town.station.book.read(lambda page: page.capsules_waiting())
    with pytest.raises(RefusedByServer):
        asked(town, lambda remote: remote.capsule(lookup))
    intake.keep_capsule(town.kiosk, lookup, old)  # an old copy, from wherever it comes
    with pytest.raises(CardEnded):
        intake.read_card(town.kiosk, text)


def test_nobody_but_staff_ends_a_card(town: Town, maria: PatientId) -> None:
    text = given(town, maria)
    from clinic.keys.withdrawals import check_withdrawal, withdraw

    lookup = intake.card_lookup(text)
    forged = withdraw(lookup, town.kiosk.device, town.kiosk.device_keys, town.kiosk.clock.now())
    named = replace(forged, device=town.desk.device)
    for said in (forged, named):
        with pytest.raises(Refusal):
            check_withdrawal(said, town.kiosk.trust)
        with pytest.raises(RefusedByServer):
            asked(town, lambda remote, said=said: remote.withdraw_card(said))
    assert intake.read_card(town.kiosk, text).patient == maria


@pytest.mark.expects_log("the copy here is shown")
@pytest.mark.parametrize("made_up", [b"", ENDED])
def test_the_centre_ends_no_card_by_what_it_hands_out(town: Town, maria: PatientId, made_up: bytes) -> None:
    text = given(town, maria)
    lookup = intake.card_lookup(text)
    good = town.kiosk.book.read(lambda page: page.capsule(lookup))
    intake.keep_capsule(town.kiosk, lookup, made_up)
    assert intake.read_card(town.kiosk, text).patient == maria, "from the copy that was here"
    assert good is not None
    intake.keep_capsule(town.kiosk, lookup, good)
    assert intake.read_card(town.kiosk, text).patient == maria


# a PIN, on a kiosk without the network


def test_the_code_alone_does_not_open_a_card_with_a_pin(town: Town, maria: PatientId) -> None:
    text = given(town, maria, PIN)
    with pytest.raises(PinMissing):
        intake.read_card(town.kiosk, text)
    assert intake.read_card(town.kiosk, text, PIN).patient == maria
    (card,) = town.desk.book.read(lambda page: page.facts(PatientCard, maria))
    assert card.asks_pin and read_card(text).with_pin("2740").public_key != card.public_key


@pytest.mark.parametrize("pin", ["12", "1234567", "abcd", "1234", "9876", "1212", "0000", "1958", "0703"])
def test_pins_that_are_tried_first_are_refused(town: Town, maria: PatientId, pin: str) -> None:
    with pytest.raises(Refusal):
        cards.issue(town.desk, maria, pin)


def test_tries_wait_longer_and_then_a_person_is_called(
    town: Town, maria: PatientId, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = given(town, maria, PIN)
    clock = later(town, monkeypatch, 0)
    for _free in range(4):
        with pytest.raises(PinWrong):
            intake.read_card(town.kiosk, text, "1357")
    with pytest.raises(TooSoon) as soon:
        intake.read_card(town.kiosk, text, PIN)  # not even the right one
    assert soon.value.seconds == 5
    clock.advance(5)
    assert intake.read_card(town.kiosk, text, PIN).patient == maria  # and the count begins anew
    waits = []
    for number in range(tries.MOST):
        while True:
            try:
                intake.read_card(town.kiosk, text, f"{8020 + number}")
            except PinWrong:
                break
            except TooSoon as wait:
                waits.append(wait.seconds)
                clock.advance(wait.seconds)
    assert waits == [5, 10, 20, 40, 80, 160]
    clock.advance(10 * 86_400)
    with pytest.raises(CallAPerson):
        intake.read_card(town.kiosk, text, PIN)
    town.sync()
    failed = town.desk.book.read(lambda page: page.facts(AuditEvent, PatientId("")))
    lookup = intake.card_lookup(text)
    assert sum(e.action == tries.FAILED and e.entity == lookup for e in failed) == 4 + tries.MOST
    monkeypatch.undo()
    assert intake.read_card(town.kiosk, given(town, maria, PIN), PIN).patient == maria  # a new card helps


# one-time codes


def test_a_code_works_once_with_its_number(town: Town, maria: PatientId, dni: str) -> None:
    code = codes_out.give_code(town.desk, maria)
    assert code.number == dni and len(code.code) == 8 and not codes_out.is_out(town.desk)
    town.sync()
    assert codes_out.is_out(town.desk)
    known = intake.use_code(town.kiosk, dni, code.code, lambda lookup: taken(town, lookup))
    assert (known.patient, known.provisional, known.how) == (maria, False, IdentifiedBy.CODE)
    assert known.by_name == "Dra. Lucía Paz"
    with pytest.raises(CodeWrong):
        intake.use_code(town.kiosk, dni, code.code, lambda lookup: taken(town, lookup))


def test_a_code_of_another_person_or_too_old_or_kept_by_the_centre(
    town: Town, maria: PatientId, dni: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, kept = codes_out.give_code(town.desk, maria).code, []
    parcels = town.desk.book.read(codes_out.waiting)
    for number, digits in (
        (str(int(dni) + 1), code),
        (dni, f"{(int(code) + 1) % 10**8:08d}"),
        (dni, "12"),
        ("", code),
    ):
        with pytest.raises(CodeWrong):
            intake.use_code(town.kiosk, number, digits, lambda lookup: kept.append(lookup))
    assert parcels[0].lookup not in kept
    clock = later(town, monkeypatch, 60)
    assert intake.use_code(town.kiosk, dni, code, lambda _lookup: parcels[0].parcel).patient == maria
    clock.advance(15 * 60)  # the centre hands it out once more, later
    with pytest.raises(CodeWrong):
        intake.use_code(town.kiosk, dni, code, lambda _lookup: parcels[0].parcel)


def test_guessing_codes_is_slow_at_the_kiosk(
    town: Town, maria: PatientId, dni: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = later(town, monkeypatch, 3600)
    for guess in range(4):
        with pytest.raises(CodeWrong):
            intake.use_code(town.kiosk, dni, f"{guess:08d}", lambda _lookup: None)
    with pytest.raises(TooSoon):
        intake.use_code(town.kiosk, dni, "00000009", lambda _lookup: None)

    def no_line(_lookup: str) -> bytes | None:
        raise Unavailable("The centre cannot be reached.")

    clock.advance(5)
    for _again in range(3):  # nobody looked at these
        with pytest.raises(Unavailable):
            intake.use_code(town.kiosk, dni, "00000009", no_line)
    code = codes_out.give_code(town.desk, maria).code
    (parcel,) = (one for one in town.desk.book.read(codes_out.waiting))
    monkeypatch.undo()  # an hour back: the wait begins now at the latest
    with pytest.raises(TooSoon):
        intake.use_code(town.kiosk, dni, code, lambda _lookup: parcel.parcel)
    later(town, monkeypatch, 10)
    assert intake.use_code(town.kiosk, dni, code, lambda _lookup: parcel.parcel).patient == maria
    with pytest.raises(CodeWrong):  # and the count begins anew
        intake.use_code(town.kiosk, dni, "00000009", lambda _lookup: None)


def test_a_code_needs_a_number_on_record(town: Town) -> None:
    nobody = people.register(town.desk, HumanName(family="Sin", given=("Número",)), None, Gender.OTHER, "")
    with pytest.raises(Refusal, match="id number"):
        codes_out.give_code(town.desk, nobody)


# staff vouch


def claimed(town: Town, dni: str) -> intake.Visit:
    visit = intake.arrive(town.kiosk, intake.claim(town.kiosk, dni, date(1958, 3, 7)), "es")
    town.sync()
    return visit


def test_staff_vouch_and_the_kiosk_learns_who_she_is(town: Town, maria: PatientId, dni: str) -> None:
    visit = claimed(town, dni)
    letter = vouching.vouch(town.desk, visit.encounter, maria)
    assert letter is not None
    known = intake.vouched(town.kiosk, visit, town.desk.device, letter)
    assert (known.patient, known.how, known.by_name) == (maria, IdentifiedBy.VOUCHED, "Dra. Lucía Paz")
    row = next(row for row in waiting.queue(town.desk) if row.encounter.id == visit.encounter)
    assert row.verified and row.person.patient == maria and row.identified is not None
    assert (row.identified.how, row.identified.by_name) == (IdentifiedBy.VOUCHED, "Dra. Lucía Paz")
    people.undo_identity(town.desk, visit.patient, maria)
    row = next(row for row in waiting.queue(town.desk) if row.encounter.id == visit.encounter)
    assert not row.verified and row.identified is None


def test_only_staff_vouch_and_only_for_that_visit(town: Town, maria: PatientId, dni: str) -> None:
    visit, other = claimed(town, dni), claimed(town, dni)
    letter = vouching.vouch(town.desk, visit.encounter, maria)
    assert letter is not None
    refused: list[tuple[intake.Visit, object, Vouched]] = [
        (other, town.desk.device, letter),
        (other, town.desk.device, replace(letter, encounter=other.encounter)),  # sealed to another session
        (visit, town.kiosk.device, letter),
        (visit, town.station.device, letter),  # who signs it is nobody there
        (visit, town.desk.device, replace(letter, encounter=EncounterId("x"))),
    ]
    for at, sender, said in refused:
        with pytest.raises(Refusal):
            intake.vouched(town.kiosk, at, sender, said)  # type: ignore[arg-type]
    lie = VerificationResult(
        id=town.kiosk.new_id(), patient=visit.patient, encounter=visit.encounter, how=IdentifiedBy.VOUCHED,  # type: ignore[arg-type]
        at=town.kiosk.clock.now(), by=town.desk.someone.user, by_name="Dra. Lucía Paz",
    )  # fmt: skip
    before = town.desk.book.read(lambda page: page.quarantined())
    town.kiosk.write(lie)
    town.sync()
    assert town.desk.book.read(lambda page: page.quarantined()) > before


# patients and staff are two worlds


def test_no_card_signs_in_as_staff_and_no_password_opens_a_capsule(town: Town, maria: PatientId) -> None:
    text = given(town, maria, PIN)
    card = read_card(text).with_pin(PIN)
    for secret in (text, card.secret.hex(), card.secret.decode("latin-1"), PIN, card.lookup):
        with pytest.raises(WrongPassword):
            town_door(town, secret)
    from clinic.keys.identity import DeviceKeys

    as_device = DeviceKeys.make(lambda size: (card.secret * 4)[:size])
    stranger = Remote(town.url, town.desk.device, as_device.sign, fingerprint=town.desk.trust.fingerprint)
    with pytest.raises(RefusedByServer):
        with_remote(stranger, lambda remote: remote.token())
    for password in (PASSWORD, f"POSTA:CARD:1:{PASSWORD}"):
        with pytest.raises(Refusal, match=r"Show the other code|not read whole"):
            intake.read_card(town.kiosk, password)
    known = {user.user for user in town.desk.trust.users()}
    assert maria not in known and card.lookup not in known


def town_door(town: Town, secret: str) -> None:
    """The desk's own slots, asked with that as the password."""
    from clinic.services.desks import read_slots

    read_slots(town.desk.home).open(town.desk.label, secret)
