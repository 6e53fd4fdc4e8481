# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre tries with letters and bells, over the real Socket.IO link."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from clinic.calls.call import Call, Phase
from clinic.calls.claims import check, describe
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, EncounterId
from clinic.keys.identity import verify
from clinic.keys.letters import seal_letter
from clinic.protocol.calling import Description
from clinic.protocol.letters import Letter, QueuePlace
from clinic.services.desks import Desk
from clinic.services.link import Link
from tests.hostile.people import AT, Scene
from tests.hostile.script import Act, Script, flipped
from tests.small_clinic import Somebody

PLACE = QueuePlace(encounter=EncounterId("visit"), place=1, wait_minutes=0, status="triaged")
SDP = "v=0\r\na=fingerprint:sha-256 AA:BB\r\nm=audio 9\r\n"


class _Log(logging.Handler):
    """What the link writes down."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def letter(
    scene: Scene, signs: Somebody, names: DeviceId, number: int, to: Desk | None = None, age_s: int = 0
) -> bytes:
    """A letter that names one sender and is signed by somebody."""
    receiver = (to or scene.ben).device
    said = Letter(
        sender=names, receiver=receiver, number=number, sent_at=AT - timedelta(seconds=age_s), content=PLACE
    )
    return seal_letter(signs.device_keys, (to or scene.ben).device_keys.public.box, said)


def rung(lay: Callable[[Scene], None], heard_before_it: int = 0) -> Act:
    """The victim's link is up while the centre lays something in; a colleague's true letter ends the wait."""

    def act(scene: Scene) -> None:
        heard, there, log = [], threading.Event(), _Log()
        up = threading.Event()

        def hear(came: Letter) -> None:
            heard.append(came)
            if came.number == 99:
                there.set()

        link = Link(
            scene.ben, scene.house.url, on_letter=hear, on_online=lambda online: up.set() if online else None
        )
        logging.getLogger("clinic.services.link").addHandler(log)
        try:
            link.start()
            assert up.wait(20), "the link came up"
            lay(scene)
            scene.house.post(
                scene.ben.device, scene.eva.device, letter(scene, scene.town.eva, scene.eva.device, 99)
            )
            assert there.wait(20), "a true letter still comes"
        finally:
            link.stop()
            logging.getLogger("clinic.services.link").removeHandler(log)
        assert len(heard) == heard_before_it + 1, "nothing else was taken for a letter"
        assert {came.sender for came in heard} <= {scene.eva.device, scene.kiosk.device}
        scene.told += log.lines

    return act


def _lays(make: Callable[[Scene], bytes], times: int = 1) -> Callable[[Scene], None]:
    def lay(scene: Scene) -> None:
        blob = make(scene)
        for _ in range(times):
            scene.house.post(scene.ben.device, scene.eva.device, blob)

    return lay


def _rings_nonsense(scene: Scene) -> None:
    for event, data in (
        ("letter", {"from": 7, "blob": b"x"}), ("letter", {"from": "x"}), ("letter", "x"), ("letter", None),
        ("bell", {"scope": 1, "seq": "x"}),
        ("bell", [1, 2]), ("trust", {"position": b"x"}), ("presence", {"device": 3, "online": "yes"}),
        ("presence", {}), ("strange", {"a": 1}),
    ):  # fmt: skip
        scene.house.ring(scene.ben.device, event, data)


def _rings_without_end(scene: Scene) -> None:
    for seq in range(200):
        scene.house.ring(scene.ben.device, "bell", {"scope": f"p:{seq}", "seq": 2**50})


def _call(me: Desk, peer: Desk, caller: bool) -> Call:
    return Call(
        me=me.device,
        phase=Phase.CONNECTING,
        call_id="c1",
        encounter_id="visit",
        peer=peer.device,
        caller=caller,
    )


def _offered(change: Callable[[Scene, Description], Description]) -> Act:
    """A colleague's description of a call, changed by whoever could open it on the way."""

    def act(scene: Scene) -> None:
        true = describe(_call(scene.eva, scene.ben, True), 1, SDP, "offer", AT, scene.eva.device_keys.sign)

        def signed(device: str, data: bytes, signature: bytes) -> bool:
            known = scene.ben.trust.device(DeviceId(device))
            return known is not None and verify(known.signing_key, data, signature)

        mine = _call(scene.ben, scene.eva, False)
        check(mine, scene.eva.device, true, AT, signed)
        try:
            check(mine, scene.eva.device, change(scene, true), AT, signed)
        except Refusal as refusal:
            scene.told.append(str(refusal))

    return act


def _foreign_offer(scene: Scene, true: Description) -> Description:
    """A description of the centre's own making, with the centre's fingerprints and signature."""
    call = _call(scene.eva, scene.ben, True)
    return describe(call, 1, SDP.replace("AA:BB", "66:66"), "offer", AT, scene.town.mallory.sign)


SCRIPTS = (
    Script(
        "forges a letter",
        "in a colleague's name, under a key of the centre's",
        "not signed by the computer it names",
        rung(_lays(lambda s: letter(s, s.town.mallory, s.eva.device, 5))),
    ),
    Script(
        "writes as an outsider",
        "a letter of a computer that was never admitted",
        "not admitted here",
        rung(_lays(lambda s: letter(s, s.town.mallory, s.town.mallory.device, 5))),
    ),
    Script(
        "gives a letter to somebody else",
        "a letter sealed to the kiosk",
        "sealed to somebody else",
        rung(_lays(lambda s: letter(s, s.town.eva, s.eva.device, 5, to=s.kiosk))),
    ),
    Script(
        "replays a letter",
        "the same letter three times",
        "has been here before",
        rung(_lays(lambda s: letter(s, s.town.eva, s.eva.device, 5), times=3), heard_before_it=1),
    ),
    Script(
        "holds a letter back",
        "a letter of ten minutes ago",
        "too old",
        rung(_lays(lambda s: letter(s, s.town.eva, s.eva.device, 5, age_s=600))),
    ),
    Script(
        "flips a bit of a letter",
        "one bit of what is sealed",
        "damaged",
        rung(_lays(lambda s: flipped(letter(s, s.town.eva, s.eva.device, 5)))),
    ),
    Script(
        "lies about a letter's sender",
        "the kiosk's letter as a colleague's: it is taken as the kiosk's",
        "",
        rung(_lays(lambda s: letter(s, s.town.kiosk, s.kiosk.device, 5)), heard_before_it=1),
    ),
    Script(
        "sends garbage for a letter",
        "ten thousand bytes",
        "damaged or was not made by Posta",
        rung(_lays(lambda s: b"\xff" * 10_000)),
    ),
    Script(
        "rings nonsense",
        "events with the wrong things in them, and events that are none",
        "",
        rung(_rings_nonsense),
    ),
    Script("rings without end", "bells of scopes that are not", "", rung(_rings_without_end)),
    Script(
        "offers a call with its own fingerprints",
        "so as to sit in the middle of picture and sound",
        "was not signed by the other device",
        _offered(_foreign_offer),
    ),
    Script(
        "swaps the fingerprints of a call",
        "other keys in a description that a colleague signed",
        "changed the keys of this call",
        _offered(lambda s, true: replace(true, sdp=SDP.replace("AA:BB", "66:66"))),
    ),
    Script(
        "replays the offer of another call",
        "a colleague's true description under this call's number",
        "was not signed",
        _offered(lambda s, true: replace(true, claim=true.claim[:-1] + bytes([true.claim[-1] ^ 1]))),
    ),
)
