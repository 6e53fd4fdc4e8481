# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinician's desktop, put together: read `main` from top to bottom."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QWidget

from clinic.domain.clock import Clock, Random, SystemClock
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.store.home import Home
from desktop import options
from desktop.cover import Curtain, Watch
from desktop.kit.bridge import Desk as Worker
from desktop.kit.program import EXIT_UNAVAILABLE, Program, start
from desktop.kit.words import _, set_language, tell
from desktop.screens.login.logic import Entered, LiftCover, Locked, OpenAgain, OpenBook, Way, begun
from desktop.screens.login.view import LoginView, Told

if TYPE_CHECKING:
    from clinic.services.desks import Desk
    from clinic.services.enrolment import Joining as Request
    from clinic.transport.security_key import Enrolling
    from desktop.screens.founding.doing import Founder
    from desktop.screens.founding.view import FoundingView
    from desktop.screens.join.logic import Form
    from desktop.screens.join.view import JoinView
    from desktop.seat import Seat

ASKED_MS = 20_000
"""As long as the question stands on the screen."""
JOIN_S = 24 * 3600.0
EXIT_REFUSED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """0: closed; 2: wrong use; 3: already running; 4: no display, disk or store; 70: a bug was met."""
    args = options.parse(arguments)
    set_language(args.lang)
    try:
        _make_home(args)
    except Unavailable as error:
        return _leave(tell(error), EXIT_UNAVAILABLE)
    program = start(args, title="Posta", scale="desktop", log=args.home / "log" / "desktop.log")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        _held = Home(args.home).hold()  # let go when the process ends
    except Refusal as refusal:
        return _leave(tell(refusal), EXIT_REFUSED)
    except Unavailable as error:
        return _leave(tell(error), EXIT_UNAVAILABLE)
    window = Window(program, args)
    program.on_quit(window.leave)
    window.begin()
    program.show(window)
    return program.run(window)


class Window(QMainWindow):
    """The one window: joining, unlocking, or the seat of the person who is unlocked."""

    def __init__(self, program: Program, args: argparse.Namespace) -> None:
        super().__init__()
        self.setObjectName("desktop.window")
        self.setWindowTitle("Posta")
        self.setMinimumSize(1024, 680)
        self._program, self._args, self._clock = program, args, SystemClock()
        self._worker = Worker(self)
        self._request: Request | None = None
        self._join: JoinView | None = None
        self._founding: FoundingView | None = None
        self._founder: Founder | None = None
        self._seat: Seat | None = None
        self._login: LoginView | None = None
        self._leaving = self._asked = False
        self.stack = QStackedWidget()
        self.setCentralWidget(self.stack)
        self._place()
        self._watch = Watch(self, self._clock, self._in_call, self._idle_too_long)
        self._curtain = Curtain(self)

    def _place(self) -> None:
        wanted = self._args.geometry or options.Geometry(1366, 768)
        self.resize(wanted.width, wanted.height)
        if wanted.left is not None and wanted.top is not None:
            self.move(wanted.left, wanted.top)

    # the three faces

    def begin(self) -> None:
        """Join where there is no home yet, else unlock."""
        from clinic.services.door import is_enrolled

        if is_enrolled(self._args.home):
            self._show_login()
        else:
            self._worker.ask(_bring_receipt, self._args.home)
            self._show_joining()
            self._settle()

    def _show_joining(self) -> None:
        """With a code, or by founding: what was typed on either page stays while one goes to and fro."""
        from desktop.screens.join.logic import State as Joining
        from desktop.screens.join.view import JoinView

        if self._join is None:
            self._join = JoinView(
                Joining(code=self._args.join),
                self._ask_to_join,
                self._wait,
                self._show_login,
                self._show_founding,
            )
        self._show(self._join)

    def _show_founding(self) -> None:
        from desktop.screens.founding.doing import Founder
        from desktop.screens.founding.view import FoundingView

        if self._founding is None:
            self._founder = Founder(self._args.home, self._clock, os.urandom)
            self._founding = FoundingView(self._founder, self._worker, self._show_joining, self._show_login)
        self._show(self._founding)

    def _settle(self) -> None:
        """A founding that was cut off is finished or forgotten before anything else."""
        from clinic.services.founding import settle

        def settled(founded: bool) -> None:
            if founded:
                self._show_login()

        self._worker.ask(
            settle, self._args.home, then=settled, failed=lambda error: self._join_says(tell(error))
        )

    def _join_says(self, sentence: str) -> None:
        from desktop.screens.join.logic import Failed

        if self._join is not None:
            self._join.loop.send(Failed(sentence))

    def _warm_up(self) -> None:
        """Load what the pages need while the password is typed."""
        self._worker.ask(_load_parts)

    def _show_login(self) -> None:
        ways, sheets, sentence = self._ways()
        self._login = LoginView(begun(ways, sentence, sheets), self._work)
        self._forget_faces()
        self._show(self._login)
        self._warm_up()
        if self._args.password_file is not None:
            self._unlock_with(self._login)

    def _ways(self) -> tuple[tuple[Way, ...], bool, str]:
        """(people and what is asked of them, whether sheets were made, what is wrong)."""
        from clinic.protocol.custody import SlotKind
        from clinic.services.door import ways_of

        try:
            found = ways_of(self._args.home)
        except PostaError as error:
            return (), False, tell(error)
        people = tuple(
            Way(way.label, way.asks_code, way.asks_key) for way in found if way.kind == SlotKind.PASSWORD
        )
        return people, len(people) < len(found), ""

    def _unlock_with(self, login: LoginView) -> None:
        try:
            login.password.setText(self._args.password_file.read_text(encoding="utf-8").rstrip("\n"))
        except OSError:
            return
        login.loop.send(Entered(login.password.text()))

    def _forget_faces(self) -> None:
        """What was typed before (a new password) does not stay behind."""
        self._join = self._founding = None
        while (old := self.stack.widget(0)) is not None:
            self.stack.removeWidget(old)
            old.deleteLater()

    def _show(self, face: QWidget) -> None:
        self.stack.addWidget(face)
        self.stack.setCurrentWidget(face)

    # joining

    def _ask_to_join(
        self, form: Form, made: Callable[[str], object], failed: Callable[[str], object]
    ) -> None:
        def asked(request: Request) -> None:
            self._request = request
            made(request.digits)

        self._worker.ask(
            _join,
            self._args.home,
            form.code,
            form.name,
            form.password,
            form.device,
            self._clock,
            os.urandom,
            form.authority,
            form.server,
            then=asked,
            failed=lambda error: failed(tell(error)),
        )

    def _wait(self, admitted: Callable[[], object], failed: Callable[[str], object]) -> None:
        request = self._request
        assert request is not None
        self._worker.ask(
            request.wait,
            JOIN_S,
            lambda: self._leaving,
            then=lambda _nothing: admitted(),
            failed=lambda error: failed(tell(error)),
        )

    # unlocking

    def _work(self, asked: OpenBook | OpenAgain | LiftCover, told: Told) -> None:
        match asked:
            case OpenBook(who, password, code, key):
                self._open_book(who, password, code, key, told)
            case OpenAgain(who, password, code, key):
                self._open_again(who, password, code, key, told)
            case LiftCover(pin):
                self._lift(pin, told)

    def _open_book(self, who: str, password: str, code: str, key: bool, told: Told) -> None:
        from clinic.services.sitting import open_desk

        opened, refused = told

        def come_in(desk: Desk) -> None:
            opened()
            self._sit_down(desk)

        self._worker.ask(
            open_desk,
            self._args.home,
            password,
            self._clock,
            os.urandom,
            who,
            code,
            _key(key),
            then=come_in,
            failed=lambda error: refused(tell(error), False),
        )

    def _open_again(self, who: str, password: str, code: str, key: bool, told: Told) -> None:
        """After a lock: the same person goes on where they were; a colleague gets a seat of her own, made before the
        old one is given up."""
        from clinic.services.switching import come

        seat = self._seat
        assert seat is not None
        opened, refused = told

        def came(desk: Desk | None) -> None:
            opened()
            if desk is None:
                self._uncover(seat)
                return
            self._stand_up()
            self._sit_down(desk)

        self._worker.ask(
            come,
            seat.desk,
            who,
            password,
            code,
            _key(key),
            then=came,
            failed=lambda error: refused(tell(error), seat.takes_pin()),
        )

    def _lift(self, pin: str, told: Told) -> None:
        seat = self._seat
        assert seat is not None
        opened, refused = told

        def lifted(_nothing: object) -> None:
            opened()
            self._uncover(seat)

        self._worker.ask(
            seat.cover.lift,
            pin,
            then=lifted,
            failed=lambda error: refused(tell(error), seat.takes_pin()),
        )

    def _uncover(self, seat: Seat) -> None:
        """The same person is back."""
        seat.cover.password_was_right()
        self._show(seat.shell)
        self._curtain.open()
        self._watch.begin(seat.lock_after_s())

    def _sit_down(self, desk: Desk) -> None:
        from desktop.seat import Seat

        self._seat = seat = Seat(self._program, self._args, desk, self._clock, self)
        seat.shell_changed.connect(self._show_shell)
        seat.room.ways.covered.connect(self._cover)
        self._show_shell()
        seat.room.ways.lock_time.connect(lambda: self._watch.begin(seat.lock_after_s()))
        self._watch.begin(seat.lock_after_s())
        seat.wipe_ordered.connect(self._wipe)
        seat.start()
        if desk.trust.is_wiped(desk.device):
            self._wipe()

    def _wipe(self) -> None:
        """An administrator ordered it: everything here goes, at once; then the computer can join anew."""
        seat, self._seat = self._seat, None
        if seat is None:
            return
        from clinic.services.wiping import wipe

        self._watch.end()
        seat.stop()
        self._worker.ask(
            wipe, seat.desk, then=lambda _receipt: self._wiped(seat), failed=lambda _error: self._wiped(seat)
        )

    def _wiped(self, seat: Seat) -> None:
        self.stack.removeWidget(seat.shell)
        seat.close()
        self._forget_faces()
        _make_home(self._args)
        self.begin()

    def _show_shell(self) -> None:
        assert self._seat is not None
        self._show(self._seat.shell)

    def _stand_up(self) -> None:
        self._watch.end()
        self._curtain.open(again=False)
        seat, self._seat = self._seat, None
        if seat is not None:
            self.stack.removeWidget(seat.shell)
            seat.close()

    # locking

    def _in_call(self) -> bool:
        return self._seat is not None and self._seat.in_call()

    def _idle_too_long(self) -> None:
        if self._seat is not None:
            self._seat.idle_too_long()

    def _cover(self) -> None:
        """Everything is saved: hide it, or close if that was asked. What the disk refused holds the window."""
        seat, login = self._seat, self._login
        if self._leaving and seat is not None and seat.unsaved():
            self._leaving = False
            seat.hold_back("visit", _("Not saved: the text is still here"), self._close_anyway)
            return
        if self._leaving:
            self.close()
            return
        if seat is None or login is None:
            return
        self._watch.end()
        ways, sheets, _sentence = self._ways()
        login.loop.send(Locked(seat.desk.label, seat.takes_pin(), ways, sheets))
        self._curtain.draw()
        self._show(login)

    # leaving

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """A person who closes the window is told once of a call and of unsent words; the last words of a note
        are saved first, whoever closes.
        """
        seat = self._seat
        if seat is not None and not self._leaving:
            page, sentence = seat.unfinished() if event.spontaneous() else ("", "")
            if sentence and not self._asked and seat.shell.isVisible():
                event.ignore()
                self._hold_back(seat, page, sentence)
                return
            if seat.unsaved():
                self._leaving = True
                event.ignore()
                seat.save_all()
                return
        self._leaving = True
        event.accept()
        QApplication.quit()

    def _hold_back(self, seat: Seat, page: str, sentence: str) -> None:
        """Closing again while the sentence stands is an answer too."""
        self._asked = True
        QTimer.singleShot(ASKED_MS, self, self._forget_asked)
        seat.hold_back(page, sentence, self.close)

    def _forget_asked(self) -> None:
        self._asked = False

    def _close_anyway(self) -> None:
        self._leaving = True
        self.close()

    def leave(self) -> None:
        """The program ends, whatever ends it. Sheets of an organisation that was not founded go."""
        self._leaving = True
        if self._founder is not None:
            self._founder.leave()
        self._stand_up()


def _key(wanted: bool) -> Enrolling | None:
    """The security key, where this way in asks for one."""
    if not wanted:
        return None
    from clinic.transport.security_key import UsbKey

    return UsbKey(os.urandom)


def _join(
    home: Path,
    code: str,
    name: str,
    password: str,
    device: str,
    clock: Clock,
    random: Random,
    authority: str,
    server: str,
) -> Request:
    from clinic.services.enrolment import join
    from desktop.screens.files import read_certificate

    return join(home, code, name, password, device, clock, random, read_certificate(authority), server)


def _bring_receipt(home: Path) -> None:
    """Of a wipe that was obeyed without a link; mostly there is none."""
    from clinic.services.wiping import bring_receipt

    bring_receipt(Home(home))


def _load_parts() -> None:
    """On a worker: the slow imports, so that sitting down does not hold up the window."""
    for part in (
        "desks",
        "link",
        "charts",
        "visits",
        "coding",
        "summaries",
        "waiting",
        "prescribing",
        "consents",
    ):
        import_module(f"clinic.services.{part}")
    import_module("apscheduler.schedulers.background")  # what desktop.kit.agenda keeps time by
    import_module("desktop.seat")


def _make_home(args: argparse.Namespace) -> None:
    from clinic.store.home import Home

    Home(args.home).make()


def _leave(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
