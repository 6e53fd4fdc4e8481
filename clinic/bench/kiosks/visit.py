# SPDX-License-Identifier: GPL-3.0-or-later
"""A visit by touch, from the start screen to the waiting room, and what is counted on the way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from clinic.showcase.hands import Hands
from clinic.showcase.steps.intake import signature

READS_S = 0.4
"""A faster touch of the same place is taken for the rest of the one before (kiosk.echo)."""


@dataclass
class Walk:
    """`answers`: touches that say something about her (a language, a symptom, yes or no); `besides`: all others;
    `screens_s`: from a touch to the next screen, once it could be asked what it shows."""

    hands: Hands
    answers: int = 0
    besides: int = 0
    typed: int = 0
    screens_s: list[float] = field(default_factory=list)

    def answer(self, name: str, leads_to: str = "") -> None:
        self.answers += 1
        self._touch(name, leads_to)

    def move(self, name: str, leads_to: str = "") -> None:
        self.besides += 1
        self._touch(name, leads_to)

    def _touch(self, name: str, leads_to: str) -> None:
        self.hands.wait(name, enabled=True, timeout_s=60)
        time.sleep(READS_S)
        began = time.perf_counter()
        self.hands.tap(name)
        if leads_to:
            self.hands.wait(leads_to, timeout_s=20)
            self.screens_s.append(time.perf_counter() - began)


def to_waiting(hands: Hands, language: str = "es") -> Walk:
    """With a card, no measuring device, no camera for a picture. Raises Stuck where the visit does not go on."""
    walk = Walk(hands)
    walk.answer(f"kiosk.language.{language}", "kiosk.identify.view")
    hands.wait("kiosk.greet.yes", timeout_s=60)  # the card shows itself
    walk.answer("kiosk.greet.yes", "kiosk.reason.unwell")
    walk.answer("kiosk.reason.unwell", "kiosk.symptom.fever")
    for symptom in ("fever", "cough"):
        walk.answer(f"kiosk.symptom.{symptom}")
    walk.move("kiosk.symptom.done", "kiosk.question.few_days")
    for answer in ("few_days", "yes", "phlegm", "few_days"):
        walk.answer(f"kiosk.question.{answer}")
    walk.answer("kiosk.question.done")
    walk.answer("kiosk.question.no", "kiosk.vitals.skip")
    for _number in range(5):
        walk.answer("kiosk.vitals.skip")
    walk.move("kiosk.photo.skip", "kiosk.consent.next")
    while not hands.exists("kiosk.consent.item.yes"):
        walk.move("kiosk.consent.next")
        time.sleep(0.2)  # the page turns
    for _item in range(5):
        walk.answer("kiosk.consent.item.yes")
    hands.wait("kiosk.consent.pad")
    hands.stroke("kiosk.consent.pad", signature(), by="touch")
    walk.move("kiosk.consent.sign", "kiosk.check.yes")
    walk.move("kiosk.check.yes", "kiosk.waiting.ticket")
    return walk


def left(hands: Hands) -> float:
    """Leave, and seconds from the last touch to the next patient's start screen."""
    hands.wait("kiosk.bar.leave", timeout_s=60)
    time.sleep(READS_S)
    hands.tap("kiosk.bar.leave")
    hands.wait("kiosk.leave.yes")
    time.sleep(READS_S)
    began = time.perf_counter()
    hands.tap("kiosk.leave.yes")
    return waited(began, lambda: hands.wait("kiosk.language.es", timeout_s=60))


def waited(began: float, until: Callable[[], object]) -> float:
    """Seconds since `began` once it is done."""
    until()
    return time.perf_counter() - began
