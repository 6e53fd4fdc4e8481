# SPDX-License-Identifier: GPL-3.0-or-later
"""A kiosk set up without a centre, which knows one invented patient's card, and the real program on it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.ids import OrgId, PatientId, TeamId, UserId
from clinic.domain.values import HumanName
from clinic.keys.cards import card_text, new_card, seal_capsule
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.slots import NOBODY
from clinic.keys.trust import as_device, say
from clinic.protocol.capsule import Capsule
from clinic.protocol.codec import encode
from clinic.protocol.trust import DeviceKind
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.services.sitting import open_kiosk
from clinic.showcase.cardfilm import film_card
from clinic.showcase.hands import Hands
from clinic.store.home import Home

_TEAM = TeamId("team")
NOWHERE = "http://127.0.0.1:9"
"""The discard port: a centre that is never there."""
ROSA = Capsule(
    patient=PatientId("rosa"),
    name=HumanName(family="Quispe", given=("Rosa", "Elena")),
    birth_date=date(1944, 3, 5),
    dni="5233456",
    prescriptions=("Enalapril 10 mg",),
)
END_S = 20.0


@dataclass(frozen=True, slots=True)
class House:
    """A kiosk's home, and a film of the card that it knows held before its camera."""

    home: Path
    card: str
    film: Path


@dataclass(slots=True)
class Running:
    """The supervisor's process, and hands on the session of the moment."""

    process: subprocess.Popen[str]
    hands: Hands


def founded(folder: Path, who: Capsule = ROSA, film: bool = True) -> House:
    """Found an organisation with this kiosk, and lay the capsule of one card into its store. Raises Unavailable."""
    keys, desk_keys, kiosk_keys = UserKeys.make(os.urandom), DeviceKeys.make(os.urandom), DeviceKeys.make(os.urandom)  # fmt: skip
    founder = Founder(
        user=UserId("ana"), name="Ana Ruiz", keys=keys, device_name="Desk", device_keys=desk_keys
    )
    at = SystemClock().now()
    log = found(
        organization=OrgId("org"), name="Red", team=_TEAM, team_name="Red", founder=founder, root=RootKeys.make(os.urandom),
        at=at, random=os.urandom,
    )  # fmt: skip
    device = device_id(kiosk_keys.public.signing)
    log = say(log, as_device(device, "Quebracho", DeviceKind.KIOSK, kiosk_keys), founder.signer, at)
    home = folder / "kiosk"
    setup = DeviceSetup("Quebracho", DeviceKind.KIOSK, NOWHERE, _TEAM)
    set_up(Home(home), log, setup, kiosk_keys, NOBODY, None, "", "", os.urandom)
    card = new_card(os.urandom)
    desk = open_kiosk(home, SystemClock(), os.urandom)
    try:
        sealed = seal_capsule(card.public_key, encode(who))
        desk.book.keep(lambda page: page.put_capsule(card.lookup, sealed, waiting=False))
    finally:
        desk.close()
    house = House(home, card_text(card.secret), folder / "card.mkv")
    if film:
        film_card(house.card, house.film)
    return house


def command(house: House, *more: str) -> list[str]:
    """The kiosk's command line: no devices but the film of the card."""
    scan = ("--camera-scan", f"file:{house.film}") if house.film.exists() else ()
    return [
        *(sys.executable, "-m", "kiosk", "--home", str(house.home), "--hands", "--server", NOWHERE),
        *("--camera", "none", "--microphone", "none", "--speaker", "null", *scan, *more),
    ]


@contextmanager
def running(
    house: House, *more: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Running]:
    """The program with its start screen; ended politely, and hard after END_S."""
    process = subprocess.Popen(
        command(house, *more), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, cwd=cwd, env={"QT_QPA_PLATFORM": "offscreen", **os.environ, **(environment or {})},
    )  # fmt: skip
    hands = Hands(process, "kiosk")
    try:
        yield Running(process, hands)
    finally:
        end(process)
        hands.let_go()


def end(process: subprocess.Popen[str]) -> None:
    """The supervisor ends its session when its standard input is closed."""
    assert process.stdin is not None
    try:
        process.stdin.close()
    except OSError:
        pass
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
