# SPDX-License-Identifier: GPL-3.0-or-later
"""Her own papers at the kiosk: on paper, or a sentence that says what to do; and nothing of them in the spool."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clinic.domain.errors import Unavailable
from clinic.services.own_papers import Paper
from desktop.kit.audit import audit
from kiosk import flow
from kiosk.health import Printer
from kiosk.screens.printing import logic as m
from kiosk.screens.printing.logic import Phase, Trouble
from kiosk.spooler import Cups, Seen
from tests.kiosk.conftest import Kiosk
from tests.kiosk.standin import ROSA
from tests.kiosk.test_stage import OVER, to_waiting
from tests.print_shop import NAME, Shop, can_print, print_shop

EMPTY, READY = Printer(NAME, ("media-empty",)), Printer(NAME)
PAGE = b"%PDF-1.4 zarzaparrilla"


# decided


def run(*events: m.Event) -> tuple[m.State, list[m.Effect]]:
    state, done = m.State(), []
    for event in events:
        state, effects = m.update(state, event)
        done += effects
    return state, done


PRINTING = (m.PaperChosen(Paper.SUMMARY), m.PrinterFound(READY), m.Sent("Mesa-7", 100.0))


def looked(printed: bool, printer: Printer | None, after_s: float) -> m.Looked:
    return m.Looked(Seen(printed, printer), 100.0 + after_s)


@pytest.mark.parametrize(
    ("look", "trouble"),
    [
        (looked(False, EMPTY, 9), Trouble.NO_PAPER),
        (looked(False, Printer(NAME, stopped=True), 1), Trouble.STOPPED),
        (looked(False, Printer(NAME, ("offline",)), 9), Trouble.STOPPED),
        (looked(False, None, 1), Trouble.STOPPED),
        (looked(False, READY, 91), Trouble.SLOW),
        (m.Refused("No."), Trouble.REFUSED),
    ],
)
def test_whatever_stops_a_page_it_is_purged_and_she_is_told(look: m.Event, trouble: Trouble) -> None:
    state, done = run(*PRINTING, look)
    assert (state.phase, state.trouble) == (Phase.FAILED, trouble)
    assert done[-1] == m.Purge("Mesa-7") and not state.job


def test_a_printed_page_is_purged_too() -> None:
    state, done = run(*PRINTING, looked(True, READY, 2))
    assert state.phase is Phase.PRINTED and done[-1] == m.Purge("Mesa-7")


def test_what_the_printer_said_of_its_paper_before_does_not_count_at_once() -> None:
    assert run(*PRINTING, looked(False, EMPTY, 2))[0].phase is Phase.PRINTING


def test_who_goes_while_it_is_handed_over_leaves_nothing() -> None:
    _state, done = run(
        m.PaperChosen(Paper.SUMMARY), m.PrinterFound(READY), m.CalledOff(), m.Sent("Mesa-7", 1.0)
    )
    assert done[-1] == m.Purge("Mesa-7")
    assert run(*PRINTING, m.CalledOff())[1][-1] == m.Purge("Mesa-7")


@pytest.mark.parametrize("printer", [None, Printer(NAME, stopped=True)])
def test_nothing_is_sent_where_nothing_can_print(printer: Printer | None) -> None:
    state, done = run(m.PaperChosen(Paper.MEDICINE), m.PrinterFound(printer))
    assert state.phase is Phase.FAILED and not any(isinstance(one, m.Send) for one in done)


def test_back_leads_where_she_came_from_and_a_call_still_reaches_her() -> None:
    waiting = flow.Journey(step=flow.Step.WAITING, known=ROSA, visit=object())  # type: ignore[arg-type]
    there = flow.update(waiting, flow.PrintOpened())[0]
    assert there.step is flow.Step.PRINT
    assert flow.update(there, flow.BackPressed())[0].step is flow.Step.WAITING
    over = flow.update(flow.Journey(step=flow.Step.AFTER, visit=waiting.visit), flow.PrintOpened())[0]
    assert flow.update(over, flow.BackPressed())[0].step is flow.Step.AFTER
    assert flow.update(flow.Journey(step=flow.Step.CONSENT), flow.PrintOpened())[0].step is flow.Step.CONSENT


# over a real CUPS


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    if not can_print():
        pytest.skip("a CUPS of our own needs cupsd and root")
    with tempfile.TemporaryDirectory(prefix="shop") as folder, print_shop(Path(folder)) as open_shop:
        yield open_shop


@pytest.fixture
def spooler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cups | None:
    if "shop" not in request.fixturenames:
        return None
    shop = request.getfixturevalue("shop")
    shop.paper(True)
    shop.switch(True)
    monkeypatch.setenv("CUPS_SERVER", shop.server)
    return Cups(tmp_path / "printing")


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_a_page_is_printed_and_then_gone_from_the_spool(shop: Shop, spooler: Cups) -> None:
    before = shop.printed
    found = spooler.printer()
    assert found is not None and found.name == NAME and not found.stopped
    job = spooler.send(PAGE, NAME)
    until(lambda: spooler.look(job, NAME).printed)
    assert shop.printed == before + 1
    assert PAGE in shop.pages, "CUPS keeps what it printed, until it is purged"
    spooler.purge(job)
    until(lambda: shop.pages == [])
    spooler.purge(job)


def test_without_paper_it_is_called_off_and_purged(shop: Shop, spooler: Cups) -> None:
    shop.paper(False)
    job = spooler.send(PAGE, NAME)
    until(
        lambda: (
            (seen := spooler.look(job, NAME)).printer is not None and "media-empty" in seen.printer.reasons
        )
    )
    assert not spooler.look(job, NAME).printed and PAGE in shop.pages
    spooler.purge(job)
    until(lambda: shop.pages == [])
    assert spooler.look(job, NAME).printed, "nothing waits there any more"


def test_what_a_session_left_that_died_is_purged_by_the_next(
    shop: Shop, spooler: Cups, tmp_path: Path
) -> None:
    shop.switch(False)
    spooler.send(PAGE, NAME)
    assert PAGE in shop.pages
    Cups(tmp_path / "printing").sweep()
    until(lambda: shop.pages == [])
    spooler.send(PAGE, NAME)
    (tmp_path / "printing").write_text(f"{NAME}\n")  # it died before it heard the job's name
    Cups(tmp_path / "printing").sweep()
    until(lambda: shop.pages == [])
    assert not (tmp_path / "printing").exists()


def to_print(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    kiosk.stage.letter_came("desk", OVER)
    assert audit(kiosk.window) == []
    kiosk.touch("kiosk.after.print")


@pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
def test_she_prints_her_summary_and_takes_it(kiosk: Kiosk, shop: Shop) -> None:
    before = shop.printed
    to_print(kiosk)
    assert audit(kiosk.window) == []
    kiosk.touch("kiosk.printing.summary")
    kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.printed"))
    assert shop.printed == before + 1 and kiosk.text("kiosk.title") == "It is printed"
    until(lambda: shop.pages == [])
    kiosk.touch("kiosk.printing.done")
    assert kiosk.sees("kiosk.after.goodbye")


@pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
def test_a_look_that_failed_does_not_keep_the_next_page_from_being_watched(
    kiosk: Kiosk, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_look(_self: Cups, _job: str, _printer: str) -> Seen:
        raise Unavailable("The printer's spool could not be read.")

    to_print(kiosk)
    with monkeypatch.context() as fault:
        fault.setattr(Cups, "look", cannot_look)
        kiosk.touch("kiosk.printing.summary")
        kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.failed"))
    kiosk.touch("kiosk.printing.again")
    kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.printed"))
    kiosk.bot.waitUntil(lambda: shop.pages == [])


@pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
def test_without_paper_she_is_told_whom_to_call_and_nothing_stays(kiosk: Kiosk, shop: Shop) -> None:
    shop.paper(False)
    to_print(kiosk)
    kiosk.touch("kiosk.printing.medicine")
    kiosk.bot.waitUntil(
        lambda: kiosk.journey.step is flow.Step.PRINT and kiosk.sees("kiosk.printing.working"), timeout=20_000
    )
    assert audit(kiosk.window) == []
    until(lambda: shop.pages != [])
    kiosk.bot.wait(2500)
    kiosk.clock.advance(m.PATIENCE_S + 1)
    kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.failed"))
    assert kiosk.text("kiosk.title") == "The printer has no paper"
    assert "Call a person" in kiosk.text("kiosk.hint")
    assert audit(kiosk.window) == []
    kiosk.bot.waitUntil(lambda: shop.pages == [])
    shop.paper(True)
    kiosk.touch("kiosk.printing.again")
    kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.printed"))
    kiosk.bot.waitUntil(lambda: shop.pages == [])


@pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
def test_leaving_while_it_prints_calls_it_off(kiosk: Kiosk, shop: Shop) -> None:
    shop.paper(False)
    to_print(kiosk)
    kiosk.touch("kiosk.printing.appointment")
    kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.working"))
    assert shop.pages != []
    kiosk.touch("kiosk.bar.leave")
    kiosk.touch("kiosk.leave.yes")
    assert kiosk.ended == [True]
    kiosk.bot.waitUntil(lambda: shop.pages == [])


@pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
def test_a_stopped_printer_and_none_at_all_are_told(kiosk: Kiosk, shop: Shop) -> None:
    shop.switch(False)
    to_print(kiosk)
    kiosk.touch("kiosk.printing.summary")
    kiosk.bot.waitUntil(lambda: kiosk.sees("kiosk.printing.failed"))
    assert kiosk.text("kiosk.title") == "The printer does not answer" and shop.pages == []
    shop.take_away()
    kiosk.touch("kiosk.printing.again")
    kiosk.bot.waitUntil(lambda: kiosk.text("kiosk.title") == "There is no printer here now")
    shop.set_up()


@pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
def test_a_kiosk_without_a_spooler_offers_nothing(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    kiosk.stage.letter_came("desk", OVER)
    assert kiosk.sees("kiosk.after.goodbye") and not kiosk.sees("kiosk.after.print")
