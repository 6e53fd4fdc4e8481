# SPDX-License-Identifier: GPL-3.0-or-later
"""Two call desks with their engines and a link of our own between them, without any screen: plays planned calls one by one.

`python -m desktop.duet SEED FOLDER NUMBER …` says one line of JSON for each call (`clinic.bench.calling.chance.Outcome`), read
from the encounter into which the clinic's side has written it. For `posta bench calls-random`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random  # noqa: TID251  # the dice of a bench, made from its seed

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from PySide6.QtCore import QCoreApplication, QTimer

from clinic.bench.calling.chance import LIMIT_S, Happening, Outcome, Plan, Post, planned
from clinic.bench.calling.link import SIDES, Link, best_link
from clinic.bench.calling.profiles import Air
from clinic.bench.powercut.seats import desk_on, founded
from clinic.calls.call import RESTING, Call, Phase
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.facts import CallReport, Encounter, EncounterStatus, Gender, MediaStep
from clinic.domain.ids import EncounterId, FactId
from clinic.domain.values import HumanName
from clinic.protocol import calling as says
from clinic.protocol.codec import encode
from clinic.services import calling, people
from clinic.services.desks import Desk
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.laddering import Report, Step
from desktop.waiting import wait

READY_S = 120.0
NOTICED_S, BACK_S = 2.0, 0.5
"""How long a program takes to see that its letters do not travel any more, and that they do again."""
PARTS = {"A": "staff", "B": "patient"}
Send = Callable[[str, str, says.CallMessage], None]


class Chart:
    """A visit for each call in a real book, and what stands in it afterwards; the verbs are those of the two programs."""

    def __init__(self, folder: Path) -> None:
        self.desk: Desk = desk_on(founded(folder)[0])
        name = HumanName(family="Quispe", given=("María",))
        self.patient = people.register(self.desk, name, None, Gender.FEMALE, "")

    def visit(self) -> EncounterId:
        visit = Encounter(
            id=FactId(self.desk.new_id()), patient=self.patient, status=EncounterStatus.TRIAGED,
            arrived_at=self.desk.clock.now(),
        )  # fmt: skip
        self.desk.write(visit, window=self.patient)
        return EncounterId(visit.id)

    def noted(self, encounter: str, step: str, call: str) -> None:
        calling.media_step(self.desk, EncounterId(encounter), step, call)

    def stepped(self, step: Step) -> None:
        change = step.change
        calling.rung_changed(
            self.desk, EncounterId(step.encounter), step.call, change.before.word, change.after.word, str(change.why),
            step.by,
        )  # fmt: skip

    def reported(self, report: Report, staff: bool) -> None:
        calling.report_call(
            self.desk, EncounterId(report.encounter), report.call, report.began_at, report.outcome, report.seconds, staff
        )  # fmt: skip

    def steps(self, encounter: EncounterId) -> tuple[str, ...]:
        """In the order in which they were written; rungs by their names."""
        found = self.desk.book.read(lambda page: page.facts_of_encounter(MediaStep, encounter))
        return tuple(one.step if one.step != calling.RUNG else f"rung {one.after}" for one in found)

    def reports(self, encounter: EncounterId) -> dict[str, str]:
        found = self.desk.book.read(lambda page: page.facts_of_encounter(CallReport, encounter))
        return {PARTS["A" if one.staff else "B"]: one.outcome for one in found}

    def close(self) -> None:
        self.desk.close()


class Side:
    """A desk with its engine, started by `within`; what B's program would write stands in `noted` only."""

    def __init__(
        self, letter: str, within: Sequence[str], cache: Path, send: Send, keys: dict[str, VerifyKey]
    ) -> None:
        self.letter, self.noted = letter, list[str]()
        key = SigningKey.generate()
        keys[letter] = key.verify_key
        self.engine = CallEngine(
            camera=f"clip:{letter}", microphone=f"clip:{letter}", speaker="null", cache=cache,
            log=cache / f"{letter}.log", within=within,
        )  # fmt: skip
        self.desk = CallDesk(
            me=letter, engine=self.engine, post=lambda peer, message: send(letter, peer, message),
            sign=lambda data: key.sign(data).signature,
            verify=lambda peer, data, signature: verified(keys[peer], data, signature), clock=SystemClock(),
            random=os.urandom, hands=PARTS[letter],
        )  # fmt: skip
        self.desk.noted.connect(lambda _encounter, step: self.noted.append(step))

    @property
    def call(self) -> Call:
        return self.desk.call


class Duet:
    """Owns both sides, the link and the chart."""

    def __init__(self, folder: Path, seed: int, link: Callable[[int], Link] = best_link) -> None:
        self.chart = Chart(folder / "homes")
        self.link = link(seed)
        for handle in self.link.handles:
            os.set_inheritable(handle, True)  # an engine enters its network by it
        keys: dict[str, VerifyKey] = {}
        cache = folder / "cache"
        self.a, self.b = (
            Side("AB"[side], self.link.command(side, []), cache, self._post, keys) for side in SIDES
        )
        self.sides = {"A": self.a, "B": self.b}
        self.a.desk.noted.connect(
            lambda encounter, step: self.chart.noted(encounter, step, self.a.call.call_id)
        )
        self.a.desk.ladder.stepped.connect(self.chart.stepped)
        for side in self.sides.values():
            staff = side is self.a
            side.desk.ladder.reported.connect(
                lambda report, staff=staff: self.chart.reported(report, staff=staff)
            )
        self._letters = Post(Random(seed))
        self._plan = Plan(0, Air())
        self._air, self._dark, self._mute = Air(), 0, 0
        self._answering = False
        self.b.desk.changed.connect(self._b_changed)
        for side in self.sides.values():
            side.engine.start()

    def close(self) -> None:
        for side in self.sides.values():
            side.engine.stop()
        self.link.close()
        self.chart.close()

    def play(self, plan: Plan) -> Outcome:
        """From the ring until both sides have ended; Outcome.ended_s None if one does not. Raises Unavailable without engines."""
        if not wait(lambda: all(side.engine.is_ready for side in self.sides.values()), READY_S):
            raise Unavailable("The call engines do not start.")
        self._plan, self._answering = plan, True
        self._be(plan.air)
        for side in self.sides.values():
            side.noted.clear()
            side.desk.signalling(up=True)
        encounter = self.chart.visit()
        self.a.desk.ring("B", encounter, "Dra. Ruiz")
        for one in plan.happenings:
            _after(one.at_s, lambda one=one: self._happen(one) if self._plan is plan else None)
        wait(self._over, plan.hang_s)
        self._answering = False
        pressed = time.monotonic()
        self.sides[plan.hang].desk.hang()
        over = wait(self._over, LIMIT_S)
        took = time.monotonic() - pressed
        self._plan = Plan(0, plan.air)
        wait(lambda: self._dark == self._mute == 0, LIMIT_S)
        for side in self.sides.values():
            side.desk.hang()
        answered = [PARTS[s.letter] for s in self.sides.values() if "answered" in s.noted]
        talked = [PARTS[s.letter] for s in self.sides.values() if "talking" in s.noted]
        return Outcome(
            plan.number, self.chart.steps(encounter), self.chart.reports(encounter), tuple(answered), tuple(talked),
            round(took, 2) if over else None,
        )  # fmt: skip

    def _over(self) -> bool:
        return all(side.call.phase in RESTING for side in self.sides.values())

    # what B's people do

    def _b_changed(self, call: Call) -> None:
        if call.phase is not Phase.RINGING or self._plan.answer == "never" or not self._answering:
            return
        ringing = call.call_id

        def act() -> None:
            if self.b.call.call_id == ringing and self.b.call.phase is Phase.RINGING:
                (self.b.desk.answer if self._plan.answer == "answer" else self.b.desk.decline)()

        _after(self._plan.answer_s, act)

    # what happens to them

    def _be(self, air: Air) -> None:
        self._air = air
        self.link.be(replace(air, loss=100.0) if self._dark else air)

    def _happen(self, one: Happening) -> None:
        match one.what:
            case "dark":
                self._dark += 1
                self._be(self._air)
                _after(one.lasts_s, self._light)
                self._lose_letters(one.lasts_s)
            case "letters":
                self._lose_letters(one.lasts_s)
            case "narrow":
                self._be(replace(self._air, kbit=one.kbit))
            case _:
                pid = self.sides[one.what[-1]].engine.pid
                if pid:
                    os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def _light(self) -> None:
        self._dark -= 1
        self._be(self._air)

    def _lose_letters(self, seconds: float) -> None:
        """Both programs notice it some time after, if it lasts."""
        self._mute += 1

        def noticed() -> None:
            if self._mute:
                self._say_letters(up=False)

        def back() -> None:
            self._mute -= 1
            _after(BACK_S, lambda: self._say_letters(up=True) if not self._mute else None)

        _after(NOTICED_S, noticed)
        _after(seconds, back)

    def _say_letters(self, up: bool) -> None:
        for side in self.sides.values():
            side.desk.signalling(up)

    # letters

    def _post(self, sender: str, peer: str, message: says.CallMessage) -> None:
        """On the way it is as the link is; what is lost is not told, as with a peer that has just gone."""
        if self._mute:
            return
        if isinstance(message, says.Description):
            message = replace(message, sdp=self.link.carried(message.sdp, "AB".index(sender)))
        now = time.monotonic()
        size, lost = len(encode(message)), self._plan.letters_lost
        arrives = self._letters.arrives(sender, size, self._air, lost, now)
        if arrives is not None:
            _after(arrives - now, lambda: self._deliver(sender, peer, message))

    def _deliver(self, sender: str, peer: str, message: says.CallMessage) -> None:
        if not self._mute:
            self.sides[peer].desk.deliver(sender, message)


def _after(seconds: float, act: Callable[[], object]) -> None:
    QTimer.singleShot(max(0, round(1000 * seconds)), act)


def verified(key: VerifyKey, data: bytes, signature: bytes) -> bool:
    """True if that key signed it."""
    try:
        key.verify(data, signature)
    except BadSignatureError:
        return False
    return True


def main(words: list[str]) -> int:
    seed, folder, numbers = int(words[0]), Path(words[1]), [int(word) for word in words[2:]]
    application = QCoreApplication([])
    duet = Duet(folder, seed)
    try:
        for number in numbers:
            print(json.dumps(duet.play(planned(seed, number)).told), flush=True)
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 4
    finally:
        duet.close()
        del application
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
