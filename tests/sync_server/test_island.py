# SPDX-License-Identifier: GPL-3.0-or-later
"""An island: told by its own computer alone, in any order, for those who are admitted; it ends with its computer."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.keys.islands import sign_paper
from clinic.keys.trust import say
from clinic.protocol.carried import CarriedIn, CarriedTaken, CarriedUpTo
from clinic.protocol.codec import decode, encode
from clinic.protocol.island import IslandCharter, IslandPaper, Laid, LaidPull
from clinic.protocol.sync import Refused, TrustPart
from clinic.protocol.trust import MemberAdd
from sync_server.island import take_charter
from tests.small_clinic import AT, OTHER_TEAM, Clinic, Somebody, small_clinic

from .conftest import Inside, fault_of

MARK = bytes(range(32))


def charter_of(clinic: Clinic, host: Somebody, mark: bytes = MARK) -> IslandCharter:
    paper = sign_paper(host.device_keys, clinic.log.fingerprint, mark, AT)
    return IslandCharter(fingerprint=clinic.log.fingerprint, statements=clinic.log.statements, paper=paper)


@pytest.fixture
def island(empty: Inside) -> Inside:
    """Ben's computer serves; TLS is the process's part (tests/clinic/services/test_islands.py)."""
    charter = charter_of(empty.clinic, empty.clinic.ben)
    empty.desk.certificate = MARK
    take_charter(empty.desk, charter)
    empty.desk.certificate, empty.desk.island = b"", charter.paper
    return empty


def laid(island: Inside, who: Somebody, *beyond: CarriedUpTo, budget: int = 100_000) -> tuple[bytes, ...]:
    asked = LaidPull(beyond=beyond, byte_budget=budget)
    answer = island.say("POST", "/v1/laid", asked, island.token_of(who))
    assert answer.status_code == 200, fault_of(answer)
    return decode(answer.content, Laid).envelopes


def up_to(who: Somebody, number: int) -> CarriedUpTo:
    return CarriedUpTo(device=who.device, incarnation=who.incarnation, up_to=number)


def test_it_shows_its_paper_to_anybody_and_answers_nothing_that_belongs_to_a_centre(island: Inside) -> None:
    paper = decode(island.send("GET", "/v1/island").content, IslandPaper)
    assert paper == island.desk.island
    token = island.token_of(island.clinic.eva)
    for method, path in (
        ("POST", "/v1/trust"),
        ("PUT", "/v1/mailbox/abcdefghijkl"),
        ("PUT", "/v1/capsules/abcdefghijkl"),
        ("GET", "/v1/computers"),
        ("GET", "/metrics"),
    ):
        body = encode(TrustPart(first=0, statements=island.clinic.log.statements))
        assert island.send(method, path, body, token).status_code == 404, path


def test_earlier_ones_may_be_at_the_centre_alone_and_come_later(island: Inside) -> None:
    c = island.clinic
    one, two, three, four = (c.ben.envelope(c.log, "p:1", text) for text in "abcd")
    assert island.sync(c.ben, three).acked_env_no == 3
    met = island.sync(c.ben, four, two, three)
    assert (met.acked_env_no, met.refused) == (4, ())
    assert [got.envelope for got in island.sync(c.eva).envelopes] == [three, four, two]
    assert island.sync(c.ben, one).refused == ()


def test_another_one_under_the_same_number_is_not_taken(island: Inside) -> None:
    c = island.clinic
    first = c.ben.envelope(c.log, "p:1", "a")
    c.ben.env_no = 0
    other = c.ben.envelope(c.log, "p:1", "b")
    assert island.sync(c.ben, first).refused == ()
    assert [no.why for no in island.sync(c.ben, other, first).refused] == [Refused.CONFLICTING_NUMBER]
    assert [got.envelope for got in island.sync(c.eva).envelopes] == [first]


def test_what_is_refused_here_is_said_and_may_come_again(island: Inside) -> None:
    c = island.clinic
    assert island.sync(c.ben, c.ben.envelope(c.log, "p:1")).refused == ()
    into_anothers = c.ola.envelope(c.log, "p:1", team=OTHER_TEAM)
    assert [no.why for no in island.sync(c.ola, into_anothers).refused] == [Refused.NOT_ALLOWED]
    c.ola.env_no = 0
    assert island.sync(c.ola, c.ola.envelope(c.log, "p:2", team=OTHER_TEAM)).refused == ()


def test_only_the_computer_that_serves_takes_everything_with_it(island: Inside) -> None:
    c = island.clinic
    mine = [c.ola.envelope(c.log, "p:2", text, team=OTHER_TEAM) for text in "abc"]
    kiosks = [c.kiosk.envelope(c.log, "p:1", text) for text in "ab"]
    island.sync(c.ola, *mine)
    island.sync(c.kiosk, *kiosks)
    for who in (c.eva, c.ola, c.kiosk, c.station):
        answer = island.say("POST", "/v1/laid", LaidPull(), island.token_of(who))
        assert answer.status_code == 403
    assert island.say("POST", "/v1/laid", LaidPull()).status_code == 401
    assert sorted(laid(island, c.ben)) == sorted(
        [mine[0], kiosks[0]]
    )  # how far the centre is, is not known yet
    assert laid(island, c.ben, up_to(c.ola, 1), up_to(c.kiosk, 2)) == tuple(mine[1:])
    assert laid(island, c.ben, up_to(c.ola, 1), up_to(c.kiosk, 2), budget=0) == (mine[1],)
    assert laid(island, c.ben, up_to(c.ola, 3), up_to(c.kiosk, 2)) == ()


def test_what_comes_from_the_centre_is_handed_on_under_its_authors_rights(island: Inside) -> None:
    c = island.clinic
    theirs, wrong = c.eva.envelope(c.log, "p:9"), c.ola.envelope(c.log, "p:9", team=OTHER_TEAM)
    body = CarriedIn(envelopes=(theirs, wrong))
    taken = decode(island.say("POST", "/v1/carried", body, island.token_of(c.ben)).content, CarriedTaken)
    assert taken.left == 1
    c.kiosk.env_no = 0
    assert [got.envelope for got in island.sync(c.eva, c.eva.envelope(c.log, "p:8")).envelopes] == []


def test_a_longer_log_is_taken_from_whoever_brings_it_and_kept_over_a_start(island: Inside) -> None:
    c = island.clinic
    longer = say(c.log, MemberAdd(team=OTHER_TEAM, user=c.ben.user), c.eva.signer, AT)
    met = island.sync(c.eva, trust=longer.statements[-1:], trust_position=longer.position)
    assert met.trust_position == longer.position
    charter = charter_of(c, c.ben)
    island.desk.read_trust()
    island.desk.certificate = MARK
    take_charter(island.desk, charter)
    assert island.desk.log.position == longer.position


@pytest.mark.parametrize(
    "lie", ["another root", "another's signature", "another certificate", "a kiosk", "another book"]
)
def test_a_charter_that_does_not_hold_opens_nothing(empty: Inside, lie: str) -> None:
    c = empty.clinic
    empty.desk.certificate = MARK
    charter = charter_of(c, c.ben)
    if lie == "another root":
        charter = replace(charter, fingerprint=bytes(32))
    elif lie == "another's signature":
        charter = replace(charter, paper=replace(charter.paper, device=c.eva.device))
    elif lie == "another certificate":
        charter = charter_of(c, c.ben, bytes(32))
    elif lie == "a kiosk":
        charter = charter_of(c, c.kiosk)
    else:
        take_charter(empty.desk, charter)
        mine, theirs = (
            say(c.log, MemberAdd(team=OTHER_TEAM, user=c.ben.user), c.eva.signer, at)
            for at in (AT, AT + timedelta(1))
        )
        empty.desk.log = mine
        charter = replace(charter, statements=theirs.statements)
    before = empty.desk.book.at_start(lambda book: book.statements(0))
    with pytest.raises(Refusal):
        take_charter(empty.desk, charter)
    assert empty.desk.book.at_start(lambda book: book.statements(0)) == before


def start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "sync_server", "--island", "--data", str(folder), "--host", "127.0.0.1"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_process_ends_with_whoever_started_it_and_leaves_no_key(tmp_path: Path) -> None:
    process = start(tmp_path / "island")
    assert process.stdin is not None and process.stdout is not None
    mark = bytes.fromhex(process.stdout.readline().split()[1].decode())
    clinic = small_clinic()
    told = encode(charter_of(clinic, clinic.ben, mark))
    process.stdin.write(len(told).to_bytes(4, "big") + told)
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"listening on https://127.0.0.1:")
    kept = [path for path in (tmp_path / "island").rglob("*") if path.is_file()]
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in kept)
    assert {path.name for path in kept} >= {"server.db"} and not any("once" in path.name for path in kept)
    process.stdin.close()  # as a killed program would leave it
    assert process.wait(15) == 0
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def test_the_process_listens_to_nobody_before_it_was_told(tmp_path: Path) -> None:
    process = start(tmp_path / "island")
    out, said = process.communicate(b"", timeout=30)
    assert process.returncode == 4 and b"listening" not in out and b"has gone" in said
    assert os.listdir(tmp_path / "island") == ["log"]
