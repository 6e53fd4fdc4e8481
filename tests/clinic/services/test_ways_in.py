# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in of a shared computer: changed, added, taken away, made stronger, recovered; nobody is locked out by a fault."""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.factors import CodeMissing, CodeWrong, FactorMissing, SecondFactor
from clinic.keys.knocks import TooSoon
from clinic.keys.sheets import join, read_sheet, split
from clinic.keys.slots import PasswordTooShort, WrongPassword
from clinic.protocol.custody import SlotKind
from clinic.services import pins, ways_in
from clinic.services.desks import Desk
from clinic.services.door import read_slots
from clinic.services.recovery import make_sheets, recover
from clinic.services.switching import come
from clinic.store.home import Home
from tests.clinic.services.shared import BEN, BENS, ZOE, ZOES, entries, phone_with, shared_home, sit
from tests.paper import qr_of
from tests.small_clinic import AT

pytestmark = pytest.mark.usefixtures("quick_passwords")
NEW = "siete gatos duermen bajo la mesa"
SheetsOf = Callable[[Path], str]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(AT)


@pytest.fixture
def home(tmp_path: Path, quick_passwords: None) -> Home:
    return shared_home(tmp_path / "home")


@contextmanager
def sitting(
    home: Home, clock: FrozenClock, password: str = BENS, who: str = BEN, code: str = "",
    factor: SecondFactor | None = None,
) -> Iterator[Desk]:  # fmt: skip
    desk = sit(home, clock, password, who, code, factor)
    try:
        yield desk
    finally:
        desk.close()


class SoftKey:
    """A security key in software: a real HMAC for each credential."""

    def __init__(self) -> None:
        self.credentials: dict[bytes, bytes] = {}

    def enrol(self, name: str) -> bytes:
        credential = os.urandom(32)
        self.credentials[credential] = os.urandom(32)
        return credential

    def secret(self, credential: bytes, salt: bytes) -> bytes:
        key = self.credentials.get(credential)
        if key is None:
            raise Refusal("This security key is not the one this way in was made with. Try the other one.")
        return hmac.digest(key, salt, hashlib.sha256)


def test_two_people_share_a_computer_each_as_herself(home: Home, clock: FrozenClock) -> None:
    for password, who, user in ((BENS, BEN, "ben"), (ZOES, ZOE, "zoe"), (ZOES, "", "zoe")):
        with sitting(home, clock, password, who) as desk:
            assert desk.someone.user == user and desk.team_keys
    with pytest.raises(WrongPassword):
        sit(home, clock, ZOES, BEN)


def test_a_changed_password_replaces_the_old_one_and_only_one_s_own(home: Home, clock: FrozenClock) -> None:
    with sitting(home, clock) as desk:
        with pytest.raises(WrongPassword):
            ways_in.change_password(desk, NEW, NEW)
        for weak in ("corta", "contraseña123456", "Ben Acosta 19801234", "Hospital 12345678"):
            with pytest.raises(PasswordTooShort):
                ways_in.change_password(desk, BENS, weak)
        ways_in.change_password(desk, BENS, NEW)
        assert entries(desk, ways_in.ACTION) == [(desk.someone.name, f"password changed: {BEN}")]
    with pytest.raises(WrongPassword):
        sit(home, clock)
    sit(home, clock, NEW).close()
    sit(home, clock, ZOES, ZOE).close()


def test_a_way_in_goes_but_never_the_last(home: Home, clock: FrozenClock) -> None:
    with sitting(home, clock) as desk:
        with pytest.raises(WrongPassword):
            ways_in.remove_way_in(desk, ZOE, ZOES)
        ways_in.remove_way_in(desk, ZOE, BENS)
        with pytest.raises(Refusal, match="last way"):
            ways_in.remove_way_in(desk, BEN, BENS)
        with pytest.raises(Refusal, match="no way in"):
            ways_in.remove_way_in(desk, ZOE, BENS)
    with pytest.raises(WrongPassword):
        sit(home, clock, ZOES, ZOE)


def test_sheets_alone_are_no_way_in_to_stay_with(home: Home, clock: FrozenClock, tmp_path: Path) -> None:
    with sitting(home, clock) as desk:
        ways_in.remove_way_in(desk, ZOE, BENS)
        make_sheets(desk, BENS, tmp_path / "out", "es")
        with pytest.raises(Refusal, match="last way"):
            ways_in.remove_way_in(desk, BEN, BENS)
        ways_in.remove_way_in(desk, BEN, BENS, SlotKind.RECOVERY)
        assert [way.kind for way in ways_in.ways(desk)] == [SlotKind.PASSWORD]


def test_wrong_tries_wait_longer_survive_a_restart_and_are_told_to_the_audit(
    home: Home, clock: FrozenClock
) -> None:
    for _ in range(4):
        with pytest.raises(WrongPassword):
            sit(home, clock, "no es esta, para nada")
    with pytest.raises(TooSoon) as soon:
        sit(home, clock)
    assert soon.value.seconds == 5
    clock.advance(5)
    with pytest.raises(WrongPassword):
        sit(home, clock, "tampoco es esta, para nada")
    with pytest.raises(TooSoon) as soon:
        sit(home, clock)
    assert soon.value.seconds == 10
    with sitting(home, clock, ZOES, ZOE) as desk:  # another person's way in does not wait
        assert entries(desk, "failed unlock") == [(BEN, "password")] * 5
    with pytest.raises(TooSoon):
        sit(home, clock)
    clock.advance(10)
    with sitting(home, clock) as desk:
        assert len(entries(desk, "failed unlock")) == 5
    with pytest.raises(WrongPassword):
        sit(home, clock, "no es esta, para nada")
    sit(home, clock).close()


def test_a_clock_set_back_does_not_lock_out_for_years(home: Home, clock: FrozenClock) -> None:
    clock.advance(86_400 * 365)
    for _ in range(4):
        with pytest.raises(WrongPassword):
            sit(home, clock, "no es esta, para nada")
    clock.advance(-86_400 * 365)
    with pytest.raises(TooSoon):
        sit(home, clock)
    clock.advance(4)
    with pytest.raises(TooSoon):
        sit(home, clock)  # the wait began when somebody first looked
    clock.advance(1)
    sit(home, clock).close()


@pytest.mark.expects_log("failed tries could not be written down")
def test_a_full_disk_keeps_nobody_out(
    home: Home, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Unavailable("full")

    monkeypatch.setattr(Home, "keep_knocks", full)
    with pytest.raises(WrongPassword):
        sit(home, clock, "no es esta, para nada")
    sit(home, clock).close()


def test_a_code_works_once_and_counts_as_a_try(home: Home, clock: FrozenClock) -> None:
    with sitting(home, clock) as desk:
        code = ways_in.new_code(desk)
        phone = phone_with(code.uri)
        assert phone.name == desk.someone.name
        with pytest.raises(CodeWrong):
            ways_in.confirm_code(desk, BENS, code, "000000")
        ways_in.confirm_code(desk, BENS, code, phone.at(AT))
    clock.advance(60)
    with pytest.raises(CodeMissing):
        sit(home, clock)
    digits = phone.at(clock.now())
    sit(home, clock, code=f"{digits[:3]} {digits[3:]}").close()
    with pytest.raises(CodeWrong, match="has been used"):
        sit(home, clock, code=digits)
    with pytest.raises(CodeWrong, match="has been used"):
        sit(home, clock, code=phone.at(clock.now(), counter_offset=-1))
    clock.advance(30)
    with pytest.raises(CodeWrong, match="not right"):
        sit(home, clock, code="12345x")
    with sitting(home, clock, code=phone.at(clock.now(), counter_offset=1)) as desk:
        assert entries(desk, "failed unlock") == [(BEN, "code")] * 3
        ways_in.change_password(desk, BENS, "gatitos9")  # 8 are enough beside a code
        with pytest.raises(PasswordTooShort):
            ways_in.remove_code(desk, "gatitos9")
        ways_in.change_password(desk, "gatitos9", BENS)
        ways_in.remove_code(desk, BENS)
    sit(home, clock).close()
    sit(home, clock, ZOES, ZOE).close()


def test_a_security_key_is_part_of_the_key(home: Home, clock: FrozenClock) -> None:
    key = SoftKey()
    with sitting(home, clock) as desk:
        ways_in.add_security_key(desk, BENS, key)
    with pytest.raises(FactorMissing):
        sit(home, clock)
    with pytest.raises(Refusal, match="not the one"):
        sit(home, clock, factor=SoftKey())
    liar = SoftKey()
    liar.credentials = {name: os.urandom(32) for name in key.credentials}
    with pytest.raises(WrongPassword):
        sit(home, clock, factor=liar)
    with pytest.raises(WrongPassword):
        sit(home, clock, NEW, factor=key)
    with sitting(home, clock, factor=key) as desk:
        ways_in.change_password(desk, BENS, "gatitos9", key)
        with pytest.raises(PasswordTooShort):
            ways_in.remove_security_key(desk, "gatitos9", key)
        ways_in.change_password(desk, "gatitos9", BENS, key)
        ways_in.remove_security_key(desk, BENS, key)
    sit(home, clock).close()


def test_the_same_person_comes_back_and_a_colleague_gets_a_desk_of_her_own(
    home: Home, clock: FrozenClock
) -> None:
    with sitting(home, clock) as desk:
        with pytest.raises(WrongPassword):
            come(desk, ZOE, BENS, "", None)
        assert come(desk, BEN, BENS, "", None) is None
        assert entries(desk, "failed unlock") == [(ZOE, "password")]
        other = come(desk, ZOE, ZOES, "", None)
        assert other is not None and other.someone.name == ZOE
        ids = {desk.new_id(), other.new_id(), desk.new_id(), other.new_id()}
        assert len(ids) == 4
        other.close()
        assert desk.book.read(lambda page: page.meta("team")) is not None


def test_a_pin_lifts_the_cover_five_times_wrong_and_the_password_is_asked(
    home: Home, clock: FrozenClock
) -> None:
    with sitting(home, clock) as desk:
        cover = pins.Cover(desk)
        assert not cover.takes_pin
        for weak in ("12345", "123456", "000000", "121212", "1234567890123", "12a456", "٣٣٤٤٥٥"):
            with pytest.raises(Refusal):
                pins.set_pin(desk, BENS, weak)
        with pytest.raises(WrongPassword):
            pins.set_pin(desk, ZOES, "280519")
        pins.set_pin(desk, BENS, "280519")
        cover.lift("280519")
        for left in (4, 3, 2, 1, 0):
            assert cover.takes_pin
            with pytest.raises(pins.PinWrong) as wrong:
                cover.lift("280518")
            assert wrong.value.left == left
        with pytest.raises(pins.PinWrong):
            cover.lift("280519")
        assert not cover.takes_pin
        cover.password_was_right()
        cover.lift("280519")
        assert len(entries(desk, "failed unlock")) == 6 + 1
        other = come(desk, ZOE, ZOES, "", None)
        assert other is not None and not pins.has_pin(other)
        other.close()
        pins.drop_pin(desk)
        with pytest.raises(pins.PinWrong):
            pins.Cover(desk).lift("280519")


def test_whatever_is_cut_off_while_the_ways_are_written_one_of_both_passwords_opens(
    home: Home, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace
    for cut in (1, 2):
        left = [cut]

        def replace(old: Path, new: Path, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError("cut")
            real(old, new)

        before = BENS
        with sitting(home, clock, before) as desk, monkeypatch.context() as patch:
            patch.setattr(os, "replace", replace)
            with pytest.raises(Unavailable):
                ways_in.change_password(desk, before, NEW)
        opened = []
        for password in (before, NEW):
            try:
                sit(home, clock, password).close()
                opened.append(password)
            except WrongPassword:
                pass
        assert len(opened) == 1
        if opened == [NEW]:
            with sitting(home, clock, NEW) as desk:
                ways_in.change_password(desk, NEW, BENS)
        assert len(set(home.read_slots())) == 1, "both copies are alike again"


def test_recovery_sheets_of_each_pair_set_a_new_password(
    home: Home, clock: FrozenClock, tmp_path: Path, sheets_of: SheetsOf
) -> None:
    with sitting(home, clock) as desk:
        made = make_sheets(desk, BENS, tmp_path / "out", "es")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [path.name for path in made.files]
    texts = [sheets_of(path) for path in made.files]
    for number, (one, two) in enumerate(((0, 1), (1, 2), (2, 0))):
        new = f"siete gatos duermen bajo la mesa {number}"
        assert recover(home.path, [texts[one], texts[two]], new, clock, os.urandom) == BEN
        with sitting(home, clock, new) as desk:
            assert desk.someone.user == "ben"
            assert entries(desk, "recovery sheets")[-1][1] == f"used: set {made.mark}"
    with pytest.raises(WrongPassword, match="two recovery sheets"):
        sit(home, clock)
    sit(home, clock, ZOES, ZOE).close()


def test_one_sheet_wrong_sheets_mixed_sheets_old_sheets_are_refused(
    home: Home, clock: FrozenClock, tmp_path: Path, sheets_of: SheetsOf
) -> None:
    def refused(match: str, *texts: str, new: str = NEW) -> None:
        with pytest.raises(Refusal, match=match):
            recover(home.path, texts, new, clock, os.urandom)

    with sitting(home, clock) as desk:
        stranger = split(os.urandom(32))
        refused("No recovery sheets were made", *(part.qr_text for part in stranger[:2]))
        old = [sheets_of(path) for path in make_sheets(desk, BENS, tmp_path / "old", "en").files]
        made = make_sheets(desk, BENS, tmp_path / "new", "en")
        fresh = [sheets_of(path) for path in made.files]
    refused("misspelt", "these are no words", fresh[0])
    refused("misspelt", fresh[0].lower().replace("posta:sheet", ""), fresh[1])
    refused("not read whole", fresh[0][:-3] + "AAA", fresh[1])
    refused("another set", old[0], old[1])
    refused("another set", old[0], fresh[1])
    refused("another set", stranger[0].qr_text, stranger[1].qr_text)
    refused("Two different sheets", fresh[0])
    refused("Two different sheets", fresh[0], fresh[0])
    refused("at least 15", fresh[0], fresh[1], new="corta")
    sit(home, clock).close()
    words = " ".join(f"{n}. {word}" for n, word in enumerate(read_sheet(fresh[2]).words, 1))
    assert recover(home.path, [fresh[0], words.upper()], NEW, clock, os.urandom) == BEN


def test_sheets_let_a_lost_phone_and_a_lost_key_go(
    home: Home, clock: FrozenClock, tmp_path: Path, sheets_of: SheetsOf
) -> None:
    key = SoftKey()
    with sitting(home, clock) as desk:
        code = ways_in.new_code(desk)
        ways_in.confirm_code(desk, BENS, code, phone_with(code.uri).at(AT))
        ways_in.add_security_key(desk, BENS, key)
        made = make_sheets(desk, BENS, tmp_path / "out", "es", key)
    recover(home.path, [sheets_of(path) for path in made.files[1:]], NEW, clock, os.urandom)
    sit(home, clock, NEW).close()


def test_sheets_that_cannot_be_written_leave_the_older_ones_in_force(
    home: Home, clock: FrozenClock, tmp_path: Path, sheets_of: SheetsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sitting(home, clock) as desk:
        made = make_sheets(desk, BENS, tmp_path / "out", "es")
        (tmp_path / "file").write_text("x")
        with pytest.raises(Unavailable, match="could not be written"):
            make_sheets(desk, BENS, tmp_path / "file", "es")
        with monkeypatch.context() as patch:

            def full(*_: object) -> None:
                raise Unavailable("full")

            patch.setattr(Home, "keep_slots", full)
            with pytest.raises(Unavailable, match="full"):
                make_sheets(desk, BENS, tmp_path / "new", "es")
        assert not list((tmp_path / "new").iterdir()), "sheets that open nothing do not lie about"
    recover(home.path, [sheets_of(path) for path in made.files[:2]], NEW, clock, os.urandom)


def test_the_file_of_slots_tells_nothing_of_the_sheets(
    home: Home, clock: FrozenClock, tmp_path: Path, sheets_of: SheetsOf
) -> None:
    with sitting(home, clock) as desk:
        made = make_sheets(desk, BENS, tmp_path / "out", "es")
    secret = join([read_sheet(sheets_of(path)) for path in made.files[:2]])
    for path in home.path.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes()
    assert read_slots(home).open_recovery(secret).user_id == "ben"


@pytest.fixture
def sheets_of() -> SheetsOf:
    """The text of the QR code on a printed sheet, read from a picture of the page."""
    return qr_of
