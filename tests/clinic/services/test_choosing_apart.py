# SPDX-License-Identifier: GPL-3.0-or-later
"""Two desks edit, choose and take back at random, apart and together: in the end both hold the same and nothing is gone."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.facts import Patient
from clinic.domain.ids import PatientId
from clinic.protocol.codec import encode
from clinic.services import choosing
from clinic.services.desks import Desk
from tests.clinic.services.local import Local, clinic

steps = st.lists(
    st.tuples(st.sampled_from(("edit", "edit", "choose", "undo", "carry")), st.booleans(), st.integers(0, 7)),
    min_size=3, max_size=14,
)  # fmt: skip


def edit(desk: Desk, patient: PatientId, number: int) -> None:
    fact = desk.book.read(lambda page: page.fact(Patient, patient))
    assert fact is not None
    desk.write(replace(fact, **{("address", "language")[number % 2]: f"{number}"}), window=patient)  # type: ignore[arg-type]


def choose(desk: Desk, number: int) -> None:
    for one in choosing.disputes(desk):
        picks = {name: one.sides[(number >> n) % len(one.sides)].op for n, name in enumerate(one.names)}
        choosing.choose(desk, one.kind, one.fact, one.seen, picks, window=one.patient)


def undo(desk: Desk) -> None:
    for one in choosing.choices(desk):
        try:
            choosing.undo_choice(
                desk, one.kind, one.fact, one.person.patient if one.person else PatientId("")
            )
        except Refusal:
            raise AssertionError("what is offered to be taken back can be taken back") from None


def step(local: Local, patient: PatientId, what: str, first: bool, number: int) -> None:
    desk = local.ben if first else local.eva
    local.clock.advance(number)
    match what:
        case "edit":
            edit(desk, patient, number)
        case "choose":
            choose(desk, number)
        case "undo":
            undo(desk)
        case _:
            local.carry(patient)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_both_desks_come_to_the_same_and_every_version_is_kept(done: list[tuple[str, bool, int]]) -> None:
    with TemporaryDirectory() as folder, clinic(Path(folder)) as local:
        patient = local.person()
        for one in done:
            step(local, patient, *one)
        local.carry(patient)
        seen = []
        for desk in (local.ben, local.eva):
            versions = desk.book.read(lambda page: page.versions(Patient.NUMBER, patient))
            stands = desk.book.read(lambda page: page.standing_ids(Patient.NUMBER, patient))
            sides = [one.sides for one in choosing.disputes(desk)]
            differ = len({encode(op.fact) for op in versions if op.id in stands}) > 1
            assert bool(sides) == differ, "a conflict is shown, and nothing else is"
            seen.append(({op.id for op in versions}, stands, sides))
        assert seen[0] == seen[1]
        written = sum(what == "edit" for what, _first, _number in done)
        assert len(seen[0][0]) >= 1 + written, "no version is ever gone"
        for desk in (local.ben, local.eva):
            choose(desk, 0)
            local.carry(patient)
        assert not choosing.disputes(local.ben) and not choosing.disputes(local.eva)
