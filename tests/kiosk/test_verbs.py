# SPDX-License-Identifier: GPL-3.0-or-later
"""The session's verbs on a real kiosk, over a real link: a card with a PIN, its end, a one-time code, vouching by letter."""

from collections.abc import Callable, Iterator
from datetime import date
from threading import Event

import pytest

from clinic.domain.clock import CentreClock
from clinic.domain.facts import Gender, IdentifiedBy
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.keys.cards import PinMissing
from clinic.keys.onetime import CodeWrong
from clinic.protocol.letters import Letter, Vouched
from clinic.services import cards, codes_out, people, vouching
from clinic.services.desks import Desk
from clinic.services.link import Link, exchange_now
from clinic.services.withdrawing import CardEnded
from kiosk import flow
from kiosk.verbs import DeskVerbs
from tests.clinic.services.conftest import Town, town

__all__ = ["town"]
DNI = "20111333"


@pytest.fixture(scope="module")
def maria(town: Town) -> PatientId:
    town.sync()
    name = HumanName(family="Quispe", given=("María",))
    return people.register(town.desk, name, date(1958, 3, 7), Gender.FEMALE, DNI)


@pytest.fixture
def letters() -> list[Letter]:
    return []


@pytest.fixture
def line(town: Town, letters: list[Letter]) -> Iterator[Callable[[Desk], Link]]:
    """A link that is up."""
    made = []

    def up(desk: Desk) -> Link:
        online = Event()
        link = Link(
            desk, town.url, on_letter=letters.append, clock=CentreClock(desk.clock),
            on_online=lambda there: online.set() if there else None,
        )  # fmt: skip
        link.start()
        made.append(link)
        assert online.wait(10)
        return link

    yield up
    for link in made:
        link.stop()


@pytest.mark.expects_log("a letter was not sent|the link")
def test_every_way_over_the_line(
    town: Town,
    maria: PatientId,
    line: Callable[[Desk], Link],
    letters: list[Letter],
) -> None:
    link = line(town.kiosk)
    verbs = DeskVerbs(town.kiosk, link.capsule, link.take_code)
    text, code = cards.issue(town.desk, maria, "2749"), codes_out.give_code(town.desk, maria)
    exchange_now(town.desk)
    with pytest.raises(PinMissing):
        verbs.read_card(text)
    assert verbs.read_card(text, "2749").how == IdentifiedBy.CARD
    assert verbs.use_code(DNI, code.code).patient == maria
    with pytest.raises(CodeWrong):
        verbs.use_code(DNI, code.code)

    visit = verbs.file(flow.Arrive(verbs.claim(DNI, date(1958, 3, 7), None), "es"), None)
    exchange_now(town.kiosk)
    exchange_now(town.desk)
    letter = vouching.vouch(town.desk, visit.encounter, maria)  # type: ignore[attr-defined]
    assert letter is not None
    line(town.desk).post(town.kiosk.device, letter)
    for _tenth in range(100):
        if letters:
            break
        Event().wait(0.1)
    (came,) = letters
    assert isinstance(came.content, Vouched)
    known = verbs.vouched(visit, came.sender, came.content)  # type: ignore[arg-type]
    assert (known.patient, known.by_name) == (maria, "Dra. Lucía Paz")

    (card,) = cards.cards_of(town.desk, maria)
    cards.revoke(town.desk, card.card, "lost", maria)
    exchange_now(town.desk)
    with pytest.raises(CardEnded):  # the centre says so, before the signed word of it has come
        verbs.read_card(text)
    for _tenth in range(100):
        try:
            verbs.read_card(text, "2749")  # without asking the centre
        except CardEnded:
            break
        Event().wait(0.1)
    else:
        pytest.fail("the kiosk has not heard of it")
