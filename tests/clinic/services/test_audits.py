# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of a real profile: its tree, its heads, a clock that is set, and what goes out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from inspect import unwrap
from pathlib import Path

import fhirkit
import pytest

from clinic.__main__ import main as station
from clinic.domain.clock import FrozenClock
from clinic.domain.facts import AuditEvent, AuditHead
from clinic.domain.ids import PatientId
from clinic.protocol.codec import decode, encode
from clinic.services.audit_proofs import AuditFile, Wanted, fhir_audit, proof_file, verify_audit, verify_file
from clinic.services.audits import CLOCK, audit, sign_head
from clinic.services.desks import Desk
from clinic.services.people import search_begins
from clinic.verify import main as verify
from tests.small_clinic import AT

from .conftest import Town
from .shared import BEN, BENS, shared_home, sit

ANA = PatientId("ana")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(AT)


@pytest.fixture
def desk(tmp_path: Path, clock: FrozenClock) -> Iterator[Desk]:
    desk = sit(shared_home(tmp_path / "home"), clock)
    yield desk
    desk.close()


def heads(desk: Desk) -> tuple[AuditHead, ...]:
    return desk.book.read(lambda page: page.all_facts(AuditHead))


def actions(desk: Desk) -> list[str]:
    return [e.action for e in desk.book.read(lambda page: page.all_facts(AuditEvent))]


def test_a_head_is_signed_after_25_entries_and_before_a_push(desk: Desk) -> None:
    for _ in range(26):
        audit(desk, "open", ANA)
    assert [head.size for head in heads(desk)] == [25]
    sign_head(desk)
    sign_head(desk)
    assert sorted(head.size for head in heads(desk)) == [25, 26]
    (checked,) = verify_audit(desk)
    assert (checked.entries, checked.covered, checked.bad) == (26, 26, None)


@pytest.mark.parametrize("moved", [timedelta(minutes=-5), timedelta(days=-400), timedelta(hours=2)])
def test_a_clock_that_was_set_is_written_down(desk: Desk, clock: FrozenClock, moved: timedelta) -> None:
    audit(desk, "open", ANA)
    clock.advance(7200)
    audit(desk, "open", ANA)
    assert CLOCK not in actions(desk)
    clock.at += moved
    audit(desk, "open", ANA)
    audit(desk, "open", ANA)
    assert actions(desk).count(CLOCK) == 1
    assert verify_audit(desk)[0].bad is None


def test_a_proof_is_checked_without_a_store(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit(desk, "open", ANA)
    sign_head(desk)
    data = proof_file(desk)
    fingerprint, (checked,) = verify_file(data)
    assert fingerprint == desk.trust.fingerprint and checked.bad is None and checked.entries == 2
    file = tmp_path / "audit.posta"
    file.write_bytes(data)
    assert verify(["audit", str(file), "--fingerprint", fingerprint.hex()]) == 0
    file.write_bytes(data.replace(b"open", b"read", 1))
    assert verify(["audit", str(file)]) == 1
    assert "entry 1 of incarnation" in capsys.readouterr().out
    assert verify(["audit", str(file), "--fingerprint", "00" * 32]) == 3


def test_a_tail_cut_off_shows_by_what_a_colleague_holds(town: Town) -> None:
    for _ in range(3):
        audit(town.desk, "open", ANA)
    town.sync()
    town.sync()
    theirs = {one.device: one for one in verify_audit(town.station)}
    desk = theirs[town.desk.device]
    assert desk.bad is None and desk.covered == desk.entries >= 3
    kept = proof_file(town.station)
    file = decode(unwrap(proof_file)(town.desk), AuditFile)  # who may ask is not the question here
    mine = [e for e in file.entries if e.device == town.desk.device]
    cut = replace(file, entries=tuple(mine[:1]), heads=())
    assert verify_file(encode(cut))[1][0].bad is None
    checked = {one.device: one for one in verify_file(encode(cut), b"", kept)[1]}
    bad = checked[town.desk.device].bad
    assert bad is not None and bad.index == 2 and "cut off" in bad.why


def test_the_audit_goes_out_as_fhir_and_says_so(desk: Desk) -> None:
    audit(desk, "open", ANA)
    audit(desk, "search", PatientId(""))
    data, count = fhir_audit(desk, Wanted(patient=ANA))
    assert [str(issue) for issue in fhirkit.validate(data)] == []
    subtypes = [e["resource"]["subtype"][0]["code"] for e in json.loads(data)["entry"]]
    assert sorted(subtypes) == ["export", "open"] and count == 2
    assert fhir_audit(desk, Wanted(until=AT))[1] == 0


def test_the_station_checks_a_home_and_exports(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit(desk, "open", ANA)
    desk.close()
    secret = tmp_path / "secret"
    secret.write_text(BENS)
    home = ["--home", str(tmp_path / "home"), "--password-file", str(secret), "--who", BEN]
    assert verify(["audit", *home]) == 0
    assert "entries are whole" in capsys.readouterr().out
    assert station(["export-audit", *home, "--out", str(tmp_path / "a.json"), "--patient", ANA]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 2
    assert station(["export-audit", *home, "--out", str(tmp_path / "p"), "--proof", "--patient", ANA]) == 3


def test_looking_people_up_is_written_down_once_for_all_that_is_typed(town: Town) -> None:
    def written() -> list[str]:
        found = town.desk.book.read(lambda page: page.all_facts(AuditEvent))
        return [one.entity for one in found if one.action == "search" and one.entity == "people"]

    before, typed = len(written()), ""
    for text in ("", "q", "qu", "qui", "", "  ", "s"):
        search_begins(town.desk, typed, text, "people")
        typed = text
    assert len(written()) - before == 2
