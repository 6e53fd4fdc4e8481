# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup of a real device, and what is restored from it writes and syncs beside what was sent since."""

import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.domain.clock import FrozenClock, SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import AuditEvent, Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.keys.backups import BackupKey
from clinic.services import people
from clinic.services.backups import Stopped, back_up, due, late, plan_of, set_up
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.messages import send_message
from clinic.services.restores import drill, open_archive, own_archive, restore
from clinic.services.sitting import open_desk, open_kiosk
from clinic.services.syncing import sync_status
from clinic.store.backup_packs import DamagedBackup
from tests.clinic.services.conftest import PASSWORD, Town

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = BackupKey.make(os.urandom)


def register(desk: Desk, family: str) -> PatientId:
    return people.register(
        desk, HumanName(family=family, given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
    )


def families(desk: Desk) -> list[str]:
    return sorted(person.name.family for person in people.find_people(desk, ""))


def prepared(desk: Desk, place: Path) -> Path:
    set_up(desk, place, KEY.public)
    return place


def restored(place: Path, home: Path, no: int | None = None) -> Desk:
    with open_archive(place, KEY, os.urandom) as archive:
        restore(archive, home, SystemClock(), os.urandom, no)
    return open_desk(home, PASSWORD, SystemClock(), os.urandom)


def test_a_restored_device_syncs_beside_what_it_sent_after_the_backup(town: Town, tmp_path: Path) -> None:
    first = town.enrol("Dra. Uno")
    exchange_now(first)
    register(first, "Antes")
    exchange_now(first)
    exchange_now(town.station)
    send_message(town.station, people.find_people(town.station, "Antes")[0].patient, "hola")
    exchange_now(town.station)
    exchange_now(first)  # its place in that scope lies beyond its own envelopes
    register(first, "Esperaba")  # in the outbox when the backup is made
    place = prepared(first, tmp_path / "usb")
    back_up(first)
    register(first, "Despues")  # uses the numbers the restored device would use next
    known = people.find_people(first, "Antes")[0].patient
    send_message(first, known, "siguiente")  # the next of its count in a scope the backup knows
    exchange_now(first)
    first.close()

    with closing(restored(place, tmp_path / "again")) as again:
        assert again.incarnation > first.incarnation and again.device == first.device
        assert "Despues" not in families(again) and "Esperaba" in families(again)
        register(again, "Nueva")
        exchange_now(again)
        status = sync_status(again)
        assert (status.waiting, status.refused, status.quarantined, status.withheld) == (0, 0, 0, 0)
        assert {"Antes", "Esperaba", "Despues", "Nueva"} <= set(families(again))
    exchange_now(town.station)
    seen = families(town.station)
    assert {"Antes", "Esperaba", "Despues", "Nueva"} <= set(seen)
    assert len(seen) == len(set(seen)), "nothing is there twice"
    assert sync_status(town.station).quarantined == sync_status(town.station).withheld == 0


def test_two_restores_of_one_backup_do_not_meet(town: Town, tmp_path: Path) -> None:
    first = town.enrol("Dra. Dos")
    place = prepared(first, tmp_path / "usb")
    back_up(first)
    first.close()
    with closing(restored(place, tmp_path / "a")) as one, closing(restored(place, tmp_path / "b")) as other:
        if one.incarnation == other.incarnation:
            pytest.skip("one chance in 64 within a minute")
        register(one, "Ala")
        register(other, "Bote")
        for desk in (one, other, one):
            exchange_now(desk)
        assert {"Ala", "Bote"} <= set(families(one))
        assert sync_status(one).refused == sync_status(other).refused == 0


def test_the_second_backup_writes_only_what_changed(town: Town, tmp_path: Path) -> None:
    prepared(town.desk, tmp_path / "usb")
    codes = [(f"{number:05}", f"a wording of {number}") for number in range(5000)]
    town.desk.book.keep(lambda page: page.load_codes("x", "es", codes, "1", "CC0", "", AT))
    first = back_up(town.desk)
    for number in range(5):
        register(town.desk, f"Poco{number}")
    second = back_up(town.desk)
    assert second.no == first.no + 1
    assert second.new_chunks < first.new_chunks / 2 and second.known_chunks > 0
    with own_archive(town.desk) as archive:
        assert [kept.manifest is not None for kept in archive.backups()] == [True, True]


def test_what_is_on_the_other_disk_tells_nothing(town: Town, tmp_path: Path) -> None:
    register(town.desk, "Quebrachoverde")
    place = prepared(town.desk, tmp_path / "usb")
    back_up(town.desk)
    assert town.desk.home.read_slots()[0]
    for path in (path for path in place.rglob("*") if path.is_file()):
        data = path.read_bytes()
        for secret in (
            b"Quebrachoverde",
            b"SQLite format 3",
            town.desk.store_key,
            town.desk.home.read_slots()[0][8:72],
        ):
            assert secret not in data
    assert not (town.desk.home.path / ".backup").exists()


def test_a_drill_reports_and_leaves_nothing(town: Town, tmp_path: Path) -> None:
    place = prepared(town.desk, tmp_path / "usb")
    made = back_up(town.desk)
    room = tmp_path / "room"
    room.mkdir()
    with open_archive(place, KEY, os.urandom) as archive:
        report = drill(archive, room, SystemClock(), os.urandom)
    assert report.counts == made.counts and report.counts["op"] > 0
    assert report.people == ("Dra. Lucía Paz",) and report.trust_position == town.desk.trust.position
    assert report.seconds > 0 and list(room.iterdir()) == []


def test_an_earlier_point_in_time_is_restored_by_its_number(town: Town, tmp_path: Path) -> None:
    desk = town.enrol("Dra. Tres")
    place = prepared(desk, tmp_path / "usb")
    first = back_up(desk)
    register(desk, "Luego")
    back_up(desk)
    desk.close()
    with closing(restored(place, tmp_path / "old", first.no)) as old:
        assert "Luego" not in families(old)
    with closing(restored(place, tmp_path / "new")) as new:
        assert "Luego" in families(new)
        assert new.book.read(lambda page: page.facts(AuditEvent, PatientId("")))[-1].action == "restore"


def test_nothing_is_restored_over_anything(town: Town, tmp_path: Path) -> None:
    place = prepared(town.desk, tmp_path / "usb")
    back_up(town.desk)
    with open_archive(place, KEY, os.urandom) as archive, pytest.raises(Refusal, match="new folder"):
        restore(archive, town.desk.home.path, SystemClock(), os.urandom)


def test_another_key_opens_nothing(town: Town, tmp_path: Path) -> None:
    place = prepared(town.desk, tmp_path / "usb")
    back_up(town.desk)
    with pytest.raises(Refusal, match="does not open these backups"):
        open_archive(place, BackupKey.make(os.urandom), os.urandom)


def test_a_stopped_backup_is_used_by_the_next(town: Town, tmp_path: Path) -> None:
    place = prepared(town.desk, tmp_path / "usb")

    def stop(what: str, done: int, of: int) -> None:
        if what == "write":
            raise Stopped

    with pytest.raises(Stopped):
        back_up(town.desk, progress=stop)
    with own_archive(town.desk) as archive:
        assert archive.backups() == ()
    again = back_up(town.desk)
    assert again.known_chunks > again.new_chunks, "what was written before the stop is not written again"
    assert place.exists()


def test_a_flipped_bit_on_the_backup_disk_is_healed_by_the_next_backup_and_never_restored(
    town: Town, tmp_path: Path
) -> None:
    place = prepared(town.desk, tmp_path / "usb")
    back_up(town.desk)
    for pack in place.rglob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[1000] ^= 1
        pack.write_bytes(data)
    with open_archive(place, KEY, os.urandom) as archive:
        with pytest.raises(DamagedBackup):
            restore(archive, tmp_path / "no", SystemClock(), os.urandom)
        assert not (tmp_path / "no").exists() and not (tmp_path / "no.restoring").exists()
    healed = back_up(town.desk)
    with open_archive(place, KEY, os.urandom) as archive:
        assert drill(archive, tmp_path, SystemClock(), os.urandom, healed.no).no == healed.no


def test_a_kiosk_is_restored_once_its_waiting_intakes_have_left(town: Town, tmp_path: Path) -> None:
    from clinic.services.audits import audit

    place = prepared(town.kiosk, tmp_path / "usb")
    audit(town.kiosk, "attempt", PatientId(""))  # waits
    back_up(town.kiosk)
    exchange_now(town.kiosk)
    with open_archive(place, KEY, os.urandom) as archive:
        done = restore(archive, tmp_path / "again", SystemClock(), os.urandom)
    with closing(open_kiosk(tmp_path / "again", SystemClock(), os.urandom)) as again:
        assert again.incarnation == done.incarnation > town.kiosk.incarnation
        exchange_now(again)
        status = sync_status(again)
        assert (status.waiting, status.refused) == (0, 0)


def test_due_once_set_up_then_a_day_later_and_late_after_three(town: Town, tmp_path: Path) -> None:
    desk = town.enrol("Dra. Cuatro")
    clock = FrozenClock(datetime.now(UTC))
    desk.clock = clock
    assert not due(desk) and not late(desk) and plan_of(desk) is None
    with pytest.raises(Refusal, match="not set up"):
        back_up(desk)
    prepared(desk, tmp_path / "usb")
    assert due(desk)
    back_up(desk)
    assert not due(desk)
    clock.advance(timedelta(hours=24).total_seconds())
    assert due(desk) and not late(desk)
    clock.advance(timedelta(hours=60).total_seconds())
    assert late(desk)


def test_a_disk_that_is_not_there_is_a_sentence_and_tried_again_after_a_while(
    town: Town, tmp_path: Path
) -> None:
    desk = town.enrol("Dra. Cinco")
    clock = FrozenClock(datetime.now(UTC))
    desk.clock = clock
    (tmp_path / "usb").write_text("a file where the folder should be")
    prepared(desk, tmp_path / "usb")
    with pytest.raises(Unavailable, match="Is the disk connected"):
        back_up(desk)
    assert not due(desk)
    clock.advance(31 * 60)
    assert due(desk)


def test_the_archive_of_another_device_is_refused(town: Town, tmp_path: Path) -> None:
    place = prepared(town.desk, tmp_path / "usb")
    back_up(town.desk)
    prepared(town.station, place)
    (place / town.desk.device).rename(place / town.station.device)
    with pytest.raises(Refusal, match="another computer"):
        back_up(town.station)


def test_a_plan_is_kept_as_it_was_said(town: Town, tmp_path: Path) -> None:
    from clinic.domain.keeping import KeepRule

    rule = KeepRule(5, 3, 2, 1, timedelta(hours=6))
    set_up(town.desk, tmp_path, KEY.public, rule)
    plan = plan_of(town.desk)
    assert plan is not None and replace(plan.rule) == rule and plan.place == tmp_path
    with pytest.raises(Refusal, match="not a backup key"):
        set_up(town.desk, tmp_path, bytes(32))
