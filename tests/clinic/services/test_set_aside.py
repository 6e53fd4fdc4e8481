# SPDX-License-Identifier: GPL-3.0-or-later
"""What is set aside says why, whose and from where; it is read again once it can be, and blocks nothing."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from clinic.domain.ids import PatientId, patient_scope
from clinic.protocol.envelope import ALG_KEY_GRANT, unpack
from clinic.services import set_aside as s
from clinic.services import sticks
from clinic.services.leaving import make_ready
from clinic.services.messages import send_message
from clinic.services.syncing import take_carried, what_waits
from clinic.store.writing import WritePage
from tests.clinic.services.local import Local, clinic


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        yield both


def wires(local: Local) -> list[bytes]:
    """Everything of Ben's that waits, as it leaves."""
    make_ready(local.ben, 1 << 30)
    return [row.envelope for row in local.ben.book.read(lambda page: page.numbered())]


def test_damaged_and_unopened_ones_say_why_and_from_where(local: Local) -> None:
    local.ben.team_keys = {}  # the team's key has not reached Ben: he grants one of his own
    local.person()
    every = wires(local)
    grants = {wire for wire in every if unpack(wire).header.alg == ALG_KEY_GRANT}
    assert grants
    broken = every[-1][:-1] + bytes([every[-1][-1] ^ 1])
    _new, aside = take_carried(local.eva, local.eva.trust, [*(w for w in every if w not in grants), broken])
    found = s.set_aside(local.eva)
    assert aside == len(found) > 0
    (damaged,) = [one for one in found if not one.waits]
    assert (
        damaged.why == "This was not signed by the computer it names." and damaged.device == local.ben.device
    )
    assert damaged.device_name == "ben" and damaged.team == "Health post" and damaged.person is not None
    assert not any(s.try_again(local.eva, one.key) for one in found), "no key has come"
    take_carried(local.eva, local.eva.trust, sorted(grants))
    assert [one.key for one in s.set_aside(local.eva)] == [damaged.key]
    assert not s.try_again(local.eva, damaged.key)
    assert [one.key for one in s.set_aside(local.eva)] == [damaged.key]


def test_trying_again_files_what_can_be_read_now(local: Local) -> None:
    patient = PatientId(local.person())
    good = wires(local)
    take_carried(local.eva, local.eva.trust, good)
    send_message(local.ben, patient, "Hola")
    late = [wire for wire in wires(local) if wire not in good]
    at, scope = local.clock.now(), patient_scope(patient)
    for wire in late:
        local.eva.book.keep(
            partial(WritePage.quarantine, scope=scope, seq=9, why="odd", device="", envelope=wire, at=at)
        )
    keys = [one.key for one in s.set_aside(local.eva)]
    assert keys and all(s.try_again(local.eva, key) for key in keys)
    assert not s.set_aside(local.eva) and not s.try_again(local.eva, keys[0])


def test_a_report_names_nobody_and_tells_nothing(local: Local) -> None:
    patient = local.person("Zzyzzxova", ("Rosa",))
    broken = wires(local)[-1][:-1] + b"\x00"
    take_carried(local.eva, local.eva.trust, [broken, b"\x00junk"])
    for one in s.set_aside(local.eva):
        report = s.report_of(local.eva, one.key)
        assert one.why in report and "Zzyzzxova" not in report and patient not in report
    assert s.report_of(local.eva, "77") == ""


def test_what_the_centre_refused_of_ours_is_shown_and_kept(local: Local) -> None:
    local.person()
    wires(local)
    number = local.ben.book.read(lambda page: page.numbered())[-1].env_no
    local.ben.book.keep(lambda page: page.acknowledge(0, [(number, 4, "")], local.clock.now()))  # type: ignore[arg-type, return-value]
    (one,) = s.set_aside(local.ben)
    assert one.ours and one.device == local.ben.device and "4" in one.why
    assert not s.try_again(local.ben, one.key) and "why:" in s.report_of(local.ben, one.key)


def test_a_stick_with_one_bad_envelope_sets_that_one_aside(local: Local, tmp_path: Path) -> None:
    local.person()
    sticks.to_stick(local.ben, tmp_path)
    assert sum(one.size for one in what_waits(local.ben)) == sum(len(wire) for wire in wires(local))
