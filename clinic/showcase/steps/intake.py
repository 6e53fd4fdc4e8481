# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 1, at the kiosk: language, card or number, reason, symptoms, vitals, photo, consent with signature."""

import math
from functools import partial

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.hands import Hands
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until

CONSENTS = {
    "treatment": "yes",
    "teleconsultation": "yes",
    "recording": "yes",
    "sharing": "yes",
    "analytics": "no",
}
READS_S = 0.45
"""A faster second touch of the same place is taken for the rest of the first one."""
ORDER = ("systolic", "diastolic", "heart_rate", "spo2", "temperature", "respiratory_rate")


def run(scene: Scene, seen: Findings) -> None:
    kiosk = scene.kiosk
    kiosk.wait(f"kiosk.language.{scene.language}", timeout_s=30)
    scene.shot("kiosk", "language")
    touch(scene, f"kiosk.language.{scene.language}")
    _identify(scene, seen)
    reason(scene)
    _vitals(scene, seen)
    photo(scene)
    consent(scene, seen)
    kiosk.wait("kiosk.check.yes", timeout_s=20)
    scene.wait_camera("kiosk", "kiosk.check.view")
    scene.shot("kiosk", "device-check")
    touch(scene, "kiosk.check.yes")
    kiosk.wait("kiosk.waiting.ticket", timeout_s=20)
    seen.note(
        "card read by the camera, number offered as the other way, "
        "five consents answered one by one and signed"
    )


def _identify(scene: Scene, seen: Findings) -> None:
    kiosk = scene.kiosk
    kiosk.wait("kiosk.identify.no_card")
    scene.wait_camera("kiosk", "kiosk.identify.view")
    scene.shot("kiosk", "card")
    touch(scene, "kiosk.identify.no_card")
    kiosk.wait("kiosk.keypad.1")
    scene.pause(READS_S)
    type_number(kiosk, cast.NUMBER[:5])
    scene.shot("kiosk", "id-number")
    touch(scene, "kiosk.identify.card")
    waited = kiosk.wait("kiosk.greet.name", timeout_s=40)
    seen.expect(
        cast.GIVEN[0] in str(waited.get("text", "")), f"to be greeted as {cast.GIVEN[0]}", waited.get("text")
    )
    scene.shot("kiosk", "greeting")
    touch(scene, "kiosk.greet.yes")


def reason(scene: Scene) -> None:
    """Not well: fever, cough, breathless, which is a red flag: somebody is called at once."""
    kiosk = scene.kiosk
    kiosk.wait("kiosk.reason.unwell")
    scene.shot("kiosk", "reason")
    touch(scene, "kiosk.reason.unwell")
    kiosk.wait("kiosk.symptom.fever")
    scene.pause(READS_S)
    for symptom in ("fever", "cough", "breathless"):
        kiosk.tap(f"kiosk.symptom.{symptom}")
    kiosk.wait("kiosk.flag.close")
    scene.shot("kiosk", "red-flag")
    touch(scene, "kiosk.flag.close")
    scene.pause(READS_S)
    scene.shot("kiosk", "symptoms")
    touch(scene, "kiosk.symptom.done")
    for answer in ("few_days", "yes", "phlegm", "few_days"):
        kiosk.wait(f"kiosk.question.{answer}")
        touch(scene, f"kiosk.question.{answer}")
    kiosk.wait("kiosk.question.done")
    scene.shot("kiosk", "questions")
    touch(scene, "kiosk.question.done")
    kiosk.wait("kiosk.question.no")
    touch(scene, "kiosk.question.no")


def _vitals(scene: Scene, seen: Findings) -> None:
    kiosk = scene.kiosk
    for number, key in enumerate(ORDER):
        kiosk.wait("kiosk.keypad.enter")
        scene.pause(READS_S)
        type_number(kiosk, str(cast.VITALS[key]))
        if number in (0, 4):
            scene.shot("kiosk", f"vitals-{key.replace('_', '-')}")
        touch(scene, "kiosk.keypad.enter")
        if kiosk.exists("kiosk.vitals.sure.yes"):
            seen.expect(
                False, f"{key} {cast.VITALS[key]} to be taken as plausible", "a question whether it is right"
            )
            touch(scene, "kiosk.vitals.sure.yes")
        if key == "spo2":
            kiosk.wait("kiosk.vitals.oxygen.no")
            scene.shot("kiosk", "oxygen")
            touch(scene, "kiosk.vitals.oxygen.no")
    kiosk.wait("kiosk.vitals.self.yes")
    touch(scene, "kiosk.vitals.self.yes")


def touch(scene: Scene, name: str) -> None:
    """Touch an answer, after reading the question."""
    scene.pause(READS_S)
    scene.kiosk.tap(name)


def type_number(kiosk: Hands, text: str) -> None:
    """Touch the keys of the keypad."""
    for letter in text:
        kiosk.tap(f"kiosk.keypad.{'comma' if letter in '.,' else letter}")


def photo(scene: Scene) -> None:
    """The camera's picture, kept."""
    kiosk = scene.kiosk
    kiosk.wait("kiosk.photo.take", enabled=True, timeout_s=20)
    scene.wait_camera("kiosk", "kiosk.photo.view")
    touch(scene, "kiosk.photo.take")
    kiosk.wait("kiosk.photo.keep", timeout_s=15)
    scene.shot("kiosk", "photo")
    touch(scene, "kiosk.photo.keep")


def consent(scene: Scene, seen: Findings) -> None:
    """Read page by page, five answers, signed with a finger."""
    kiosk = scene.kiosk
    kiosk.wait("kiosk.consent.next")
    scene.shot("kiosk", "consent")
    while not kiosk.exists("kiosk.consent.item.yes"):
        read = kiosk.text("kiosk.consent.text")
        touch(scene, "kiosk.consent.next")
        wait_until("the next page of the consent", partial(_turned, kiosk, read), 10)
    asked = []
    for scope, answer in CONSENTS.items():
        kiosk.wait("kiosk.consent.item.yes")
        asked.append(kiosk.text("kiosk.consent.item"))
        if scope == "recording":
            scene.shot("kiosk", "consent-question")
        touch(scene, f"kiosk.consent.item.{answer}")
    seen.expect(len(set(asked)) == len(CONSENTS), f"{len(CONSENTS)} different questions", asked)
    kiosk.wait("kiosk.consent.pad")
    kiosk.stroke("kiosk.consent.pad", signature(), by="touch")
    scene.shot("kiosk", "signature")
    kiosk.wait("kiosk.consent.sign", enabled=True)
    touch(scene, "kiosk.consent.sign")


def _turned(kiosk: Hands, read: str) -> bool:
    return kiosk.exists("kiosk.consent.item.yes") or kiosk.text("kiosk.consent.text") != read


def signature() -> list[list[tuple[float, float, float]]]:
    """Two strokes of a finger: a line of loops and one below it; (x, y, ms)."""
    loops = [
        (
            0.12 + 0.6 * part + 0.05 * math.sin(26 * part),
            0.5 + 0.2 * math.sin(26 * part + 1.3) * (1 - 0.5 * part),
            700 * part,
        )
        for part in (step / 40 for step in range(41))
    ]
    below = [
        (0.15 + 0.65 * part, 0.8 - 0.06 * math.sin(3 * part), 900 + 250 * part)
        for part in (step / 10 for step in range(11))
    ]
    return [loops, below]
