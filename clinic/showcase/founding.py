# SPDX-License-Identifier: GPL-3.0-or-later
"""Before the visit: a server, an organisation with 200 people, a desktop and a kiosk let in by real
invitation codes."""

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Unavailable
from clinic.showcase import cast
from clinic.showcase.cardfilm import film_card
from clinic.showcase.findings import Findings
from clinic.showcase.pace import patient
from clinic.showcase.scene import Scene
from clinic.showcase.stage import read_line

PORT = 8440
_DIGITS = r'"digits": "?(\d+)'
_WORDS = [
    "algarrobo",
    "aromo",
    "quebracho",
    "mistol",
    "vinal",
    "lapacho",
    "sauce",
    "ceibo",
    "molle",
    "urunday",
    "tala",
    "tusca",
    "brea",
    "espinillo",
]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A device that joins from the command line; `person` is '' for one that nobody logs in to."""

    machine: str
    role: str
    kind: str
    person: str
    device: str


def set_up(scene: Scene, seen: Findings, people: int, seed: int) -> None:
    """Everything but the two programs themselves. Raises Unavailable."""
    for name in ("station", "desktop", "second"):
        keep_password(scene.password_file(name))
    url = serve(scene)
    _found(scene, url)
    enrol(
        scene,
        Newcomer("desktop", "clinician", "desktop", cast.CLINICIAN, cast.DESKTOP_NAME),
        Newcomer("kiosk", "kiosk", "kiosk", "", cast.KIOSK_NAME),
    )
    card = scene.stage.folder / "machines" / "card.text"
    loaded = json.loads(
        scene.stage.run(
            "station",
            "clinic.showcase.prepare",
            *words_of(scene, "station"),
            "--people",
            str(people),
            "--seed",
            str(seed),
            "--card",
            str(card),
            timeout_s=120,
        )
    )
    scene.patient = loaded["patient"]
    film_card(card.read_text(encoding="utf-8"), card_film(scene.stage.folder))
    card.unlink()
    seen.note(
        f"server, organisation, {loaded['people']} people with {loaded['facts']} facts, "
        "desktop and kiosk enrolled",
        people=loaded["people"],
        facts=loaded["facts"],
    )


def card_film(folder: Path) -> Path:
    return folder / "machines" / "card.mkv"


def serve(scene: Scene) -> str:
    network = scene.network
    machine = network.machine("server")
    port = PORT if network.whole else 0
    server = scene.stage.start(
        "server",
        "server",
        "sync_server",
        "--data",
        str(scene.home("server")),
        "--host",
        machine.address,
        "--port",
        str(port),
    )
    scene.actors["server"] = server
    said = read_line(server, r"listening on http://\S+:(\d+)")
    return network.serve(int(said.group(1)))


def _found(scene: Scene, url: str) -> None:
    scene.stage.run(
        "station",
        "clinic",
        "found",
        *words_of(scene, "station"),
        "--server",
        url,
        "--name",
        cast.ORGANISATION,
        "--admin",
        cast.ADMIN,
        "--device-name",
        cast.STATION_NAME,
    )


def enrol(scene: Scene, *newcomers: Newcomer) -> None:
    """Devices join by an invitation each; the administrator compares the digits of both screens. Raises
    Unavailable."""
    joining = {}
    for one in newcomers:
        own = ("--password-file", str(scene.password_file(one.machine))) if one.person else ()
        joining[one.machine] = scene.stage.start(
            one.machine,
            f"clinic-join-{one.machine}",
            "clinic",
            "join",
            "--home",
            str(scene.home(one.machine)),
            "--code",
            invitation(scene, one.role, one.kind),
            "--name",
            one.person,
            "--device-name",
            one.device,
            *own,
        )
    shown = {read_line(actor, _DIGITS).group(1) for actor in joining.values()}
    for _ in newcomers:
        admit(scene, shown)
    for machine, actor in joining.items():
        if actor.process.wait(patient(30)) != 0:
            raise Unavailable(f"the {machine} could not join; see {actor.log}")


def invitation(scene: Scene, role: str, kind: str) -> str:
    """A fresh code from the administrator."""
    printed = scene.stage.run(
        "station", "clinic", "invite", *words_of(scene, "station"), "--role", role, "--kind", kind
    )
    return printed.strip().splitlines()[-1]


def admit(scene: Scene, shown: set[str]) -> str:
    """The administrator says yes if her digits are on one of those screens. Returns her digits. Raises
    Unavailable."""
    admitting = scene.stage.start(
        "station", "clinic-admit", "clinic", "admit", *words_of(scene, "station"), "--once"
    )
    told = read_line(admitting, _DIGITS).group(1)
    assert admitting.process.stdin is not None
    admitting.process.stdin.write("yes\n" if told in shown else "no\n")
    admitting.process.stdin.flush()
    if admitting.process.wait(patient(30)) != 0:
        raise Unavailable(
            f"the newcomer was not let in: {told} is not among {sorted(shown)}; see {admitting.log}"
        )
    return told


def words_of(scene: Scene, name: str) -> tuple[str, ...]:
    """How a verb of the station is told whose home it works on."""
    return ("--home", str(scene.home(name)), "--password-file", str(scene.password_file(name)))


def keep_password(path: Path) -> None:
    """Six words into a file that only we may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = " ".join(secrets.choice(_WORDS) for _ in range(6))
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(words + "\n")


def digits_of(text: str) -> str:
    """Only the digits of what a screen says."""
    return re.sub(r"\D", "", text)
