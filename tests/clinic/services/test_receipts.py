# SPDX-License-Identifier: GPL-3.0-or-later
"""A message goes its way: saved, at the centre, on a colleague's computer, opened by her; each step is shown when it is so."""

from datetime import date

import pytest

from clinic.domain.facts import Gender, Receipt
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import HumanName
from clinic.services import people, receipts
from clinic.services.charts import chart
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.messages import send_message
from clinic.services.overviews import talks
from clinic.services.receipts import Reached, Stage
from tests.clinic.services.conftest import Town

pytestmark = pytest.mark.slow


def patient_at(desk: Desk, family: str) -> PatientId:
    return people.register(
        desk, HumanName(family=family, given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
    )


def how_far(desk: Desk, patient: PatientId, name: FactId) -> Reached:
    return chart(desk, patient).reached[name]


def test_every_step_of_a_message(town: Town) -> None:
    ours, theirs = town.desk, town.enrol("Dr. Pedro Luna")
    exchange_now(ours)
    stop = receipts.watch(theirs)
    patient = patient_at(ours, "Ledesma")
    name = send_message(ours, patient, "¿Cómo sigue?").id
    assert how_far(ours, patient, name) == Reached(Stage.SAVED, mine=True)
    exchange_now(ours)
    assert how_far(ours, patient, name) == Reached(Stage.CENTRE, mine=True)
    for desk in (theirs, theirs, ours):  # the receipt is written once the message is here
        exchange_now(desk)
    assert how_far(ours, patient, name) == Reached(Stage.CENTRE, True, on=("Dr. Pedro Luna",))
    for _twice in range(2):
        receipts.note_opened(theirs, patient, [name])
    exchange_now(theirs), exchange_now(ours)  # type: ignore[func-returns-value]
    opened = Reached(Stage.CENTRE, True, on=("Dr. Pedro Luna",), opened=("Dr. Pedro Luna",))
    assert how_far(ours, patient, name) == opened and talks(ours)[0].reached == opened
    assert not how_far(theirs, patient, name).mine
    told = ours.book.read(lambda page: page.facts(Receipt, patient))
    assert [(one.arrived, one.opened) for one in told] == [((name,), ()), ((), (name,))]
    stop()


def test_what_one_wrote_oneself_is_not_receipted(town: Town) -> None:
    patient = patient_at(town.desk, "Sosa")
    name = send_message(town.desk, patient, "Hola").id
    assert not receipts.note_opened(town.desk, patient, [name]).ops
    assert not receipts.note_arrived(town.desk, patient).ops


def test_a_refusal_of_the_centre_shows(town: Town) -> None:
    patient = patient_at(town.desk, "Vidal")
    name = send_message(town.desk, patient, "Hola").id
    waiting = town.desk.book.read(lambda page: page.outbox())
    last = max(row.env_no for row in waiting)
    town.desk.book.keep(lambda page: page.acknowledge(0, [(last, 3, "no")], town.desk.clock.now()))  # type: ignore[arg-type]
    assert how_far(town.desk, patient, name).stage == Stage.REFUSED
