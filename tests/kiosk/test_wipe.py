# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve words on a patient's card and in her visit; nothing of them is left for the next one: not in the memory of any
program of the kiosk, not on the disk, whatever ended the visit. The real program, offscreen."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from clinic.bench.kiosks.house import ROSA, House, Running, founded, running
from clinic.domain.values import HumanName
from clinic.showcase.hands import Hands
from tests.kiosk.memory import NEEDLES, can_look, family, has_ended, hits
from tests.print_shop import Shop, can_print, print_shop
from tests.scenarios.canaries import WORDS, found_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FULL = replace(
    ROSA,
    name=HumanName(family=WORDS[0], given=(WORDS[1], WORDS[2])),
    birth_date=date(1944, 3, 5),
    prescriptions=WORDS[3:7],
    messages=WORDS[7:10],
    summaries=WORDS[10:],
)


@dataclass
class Hall:
    house: House
    outside: Path
    shm: frozenset[str]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.outside / "home"),
            "TMPDIR": str(self.outside / "tmp"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def open(self, **more: str):  # type: ignore[no-untyped-def]  # a context of Running
        environment = {**self.environment, **more}
        return running(self.house, "--lang", "en", environment=environment, cwd=self.outside / "cwd")

    def left_behind(self) -> list[str]:
        """On the disk and in the memory that outlives programs."""
        new = [Path("/dev/shm") / name for name in set(os.listdir("/dev/shm")) - self.shm]
        return found_in([self.house.home, self.outside]) + [str(path) for path in new if _holds_a_word(path)]


def _holds_a_word(path: Path) -> bool:
    try:
        return any(needle in path.read_bytes() for needle in NEEDLES)
    except OSError:
        return False  # somebody else's, and gone


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    if not can_look():
        pytest.skip("only root may look into the memory of a program that keeps it private")
    folder = tmp_path_factory.mktemp("hall")
    outside = folder / "outside"
    for name in ("home", "tmp", "cwd"):
        (outside / name).mkdir(parents=True)
    return Hall(founded(folder, FULL), outside, frozenset(os.listdir("/dev/shm")))


def touch(hands: Hands, *names: str) -> None:
    for name in names:
        hands.wait(name, enabled=True, timeout_s=60)
        time.sleep(0.4)  # a faster touch of the same place is the rest of the one before
        hands.tap(name)


def told(kiosk: Running) -> None:
    """By her card to the middle of the intake: everything on the card was opened, something was told."""
    touch(kiosk.hands, "kiosk.language.en")
    ends = time.monotonic() + 60
    while not kiosk.hands.exists(
        "kiosk.greet.name"
    ):  # never asked for its text: that would travel through the supervisor
        assert time.monotonic() < ends, "the card was not read"
        time.sleep(0.2)
    touch(kiosk.hands, "kiosk.greet.yes", "kiosk.reason.pain", "kiosk.symptom.fever", "kiosk.symptom.done")
    kiosk.hands.wait("kiosk.body.belly")
    touch(
        kiosk.hands,
        "kiosk.body.belly",
        "kiosk.question.done",
        "kiosk.question.much",
        "kiosk.question.few_days",
    )
    touch(kiosk.hands, "kiosk.question.few_days", "kiosk.question.done", "kiosk.question.no")
    kiosk.hands.wait("kiosk.vitals.skip")


def session_of(kiosk: Running) -> psutil.Process:
    (one,) = (
        child for child in psutil.Process(kiosk.process.pid).children()
        if "kiosk.session" in " ".join(child.cmdline()) and hits(child)
    )  # fmt: skip
    return one


def nothing_is_left(hall: Hall, kiosk: Running, before: psutil.Process) -> None:
    kiosk.hands.wait("kiosk.language.en", timeout_s=60)
    assert not kiosk.hands.exists("kiosk.bar.back") and not kiosk.hands.exists("kiosk.bar.leave")
    assert has_ended(before)
    assert {process.pid: hits(process) for process in family(kiosk.process.pid) if hits(process)} == {}
    assert hall.left_behind() == []
    for keys in ("Alt+Left", "Backspace", "Ctrl+Z", "Ctrl+V", "Esc"):
        kiosk.hands.key(keys)
    assert not any("arzaparrilla" in str(one).lower() for one in kiosk.hands.tree())


def prints(kiosk: Running, shop: Shop) -> None:
    """By her card to her medicine on the printer, which has no paper: the page lies in the spool."""
    touch(kiosk.hands, "kiosk.language.en")
    kiosk.hands.wait("kiosk.greet.yes", timeout_s=60)
    touch(
        kiosk.hands, "kiosk.greet.yes", "kiosk.reason.things", "kiosk.things.print", "kiosk.printing.medicine"
    )
    ends = time.monotonic() + 60
    while not shop.pages:
        assert time.monotonic() < ends, "nothing came to the spool"
        time.sleep(0.1)


def nothing_lies_in(shop: Shop) -> None:
    ends = time.monotonic() + 30
    while shop.pages:
        assert time.monotonic() < ends, "a page lies in the spool still"
        time.sleep(0.1)


def no_pdf_lies_about(hall: Hall) -> None:
    """The words in a page are packed; its first five letters are not."""
    folders = [hall.outside, Path("/dev/shm")]
    files = [one for folder in folders for one in folder.rglob("*") if one.is_file()]
    assert [str(one) for one in files if _begins_as_pdf(one)] == []


def _begins_as_pdf(path: Path) -> bool:
    try:
        return b"%PDF-" in path.read_bytes()
    except OSError:
        return False  # somebody else's, and gone


@pytest.mark.timeout(900)
def test_nothing_of_a_printed_page_is_left_whatever_ends_the_session(hall: Hall) -> None:
    if not can_print():
        pytest.skip("a CUPS of our own needs cupsd and root")
    with (
        TemporaryDirectory(prefix="shop") as folder,
        print_shop(Path(folder)) as shop,
        hall.open(CUPS_SERVER=shop.server) as kiosk,
    ):
        shop.paper(False)
        prints(kiosk, shop)
        assert shop.pages[0].startswith(b"%PDF-"), "the looking itself works"
        no_pdf_lies_about(hall)
        session = session_of(kiosk)
        touch(kiosk.hands, "kiosk.bar.leave", "kiosk.leave.yes")
        nothing_is_left(hall, kiosk, session)
        nothing_lies_in(shop)
        prints(kiosk, shop)
        session = session_of(kiosk)
        os.kill(session.pid, signal.SIGKILL)
        nothing_is_left(hall, kiosk, session)
        nothing_lies_in(shop)
        no_pdf_lies_about(hall)


def test_nothing_of_a_visit_is_left_whatever_ends_it(hall: Hall) -> None:
    with hall.open() as kiosk:
        told(kiosk)
        session = session_of(kiosk)
        assert hits(session) >= 5, "the looking itself works"
        assert hall.left_behind() == [], "nothing lies in clear during the visit either"
        touch(kiosk.hands, "kiosk.bar.leave", "kiosk.leave.yes")
        nothing_is_left(hall, kiosk, session)
        told(kiosk)
        session = session_of(kiosk)
        os.kill(session.pid, signal.SIGKILL)
        nothing_is_left(hall, kiosk, session)
        told(kiosk)
        session = session_of(kiosk)
        for process in family(kiosk.process.pid):
            process.kill()  # as a power cut would, all at once
        kiosk.process.wait()
        assert hall.left_behind() == []
    with hall.open() as kiosk:
        nothing_is_left(hall, kiosk, session)
