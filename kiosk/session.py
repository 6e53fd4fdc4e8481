# SPDX-License-Identifier: GPL-3.0-or-later
"""One patient's process: `python -m kiosk.session`. It shows the start screen, runs one visit and ends;
its end is the wipe.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from clinic.calls.relays import Leave
from clinic.calls.trial import Tried
from clinic.devices.listening import Listening
from clinic.devices.port import Radio
from clinic.domain.clock import CentreClock, SystemClock
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.facts import Questionnaire
from clinic.domain.ids import DeviceId
from clinic.domain.record import Record
from clinic.keys.identity import verify
from clinic.protocol.calling import CallMessage
from clinic.protocol.letters import KioskStands, Letter, QuestionnaireCame, QuestionnairesHeld
from clinic.protocol.trust import DeviceKind
from clinic.services import questionnaires
from clinic.services.desks import Desk, is_enrolled
from clinic.services.sitting import open_kiosk
from clinic.services.wiping import closed, is_ordered
from clinic.store.home import Home
from clinic.sync.status import SyncStatus
from desktop.kit.agenda import BACKUP_EVERY_S, SYNC_EVERY_S, Agenda
from desktop.kit.bridge import Desk as Worker
from desktop.kit.bridge import in_qt
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.program import EXIT_UNAVAILABLE, Program, log_to, start
from desktop.kit.words import _, set_language, tell
from kiosk import options, questionnaire, telling
from kiosk.behind import Behind
from kiosk.closing import Closing
from kiosk.health import Facts, troubles
from kiosk.lockdown import Lockdown
from kiosk.restarts import AGAIN, STOP, VISIT_OVER
from kiosk.screens.frame import Sheet
from kiosk.screens.staff.logic import Wish
from kiosk.spooler import Cups
from kiosk.stage import Stage
from kiosk.verbs import DeskVerbs
from kiosk.voice import Voice

if TYPE_CHECKING:
    from clinic.services.backup_keeper import BackupKeeper
    from clinic.services.link import Link

log = logging.getLogger(__name__)
OUT_OF_ORDER_S = 30
EDGE = 8
"""Pixels between a window and the edge of the screen."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: the visit is over; 75: told to stop; 4: nothing can be shown or opened here; 70: a bug."""
    args = options.parse(arguments, "python -m kiosk.session")
    set_language(args.lang)
    spare = _spare(args) if args.wait_fd is not None else None
    if spare is not None and not _told_to_begin(args.wait_fd):
        return STOP
    try:
        if spare is not None:
            log_to(_log_of(args))
        ready = is_enrolled(args.home)
        gone = None if ready else closed(Home(args.home))
    except Unavailable as error:
        sys.stderr.write(tell(error) + "\n")
        return EXIT_UNAVAILABLE
    program = spare or _program(args, _log_of(args))
    window = _window(args)
    if not args.window:
        Lockdown(program.app)
    try:
        _held = Home(args.home).hold()  # let go when the process ends
        if not ready and (gone is None or args.join):
            return _set_up(program, window, args)
        desk = None if gone else open_kiosk(args.home, SystemClock(), os.urandom)
    except (Refusal, Unavailable) as error:
        return _out_of_order(program, window, tell(error), args)
    if desk is None or is_ordered(desk):
        return _close_down(program, window, desk, args)
    session = Session(program, window, desk, args)
    program.show(window, full_screen=not args.window)
    _hello(args)
    code = program.run(window)
    if session.ends_with != VISIT_OVER:
        return session.ends_with
    return code if session.over or code else STOP


def _log_of(args: argparse.Namespace) -> Path:
    return Path(args.home) / "log" / "kiosk.log"


def _program(args: argparse.Namespace, log: Path | None) -> Program:
    program = start(args, title="Posta", scale="kiosk", log=log)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # addresses carry the look-up of a card
    return program


def _spare(args: argparse.Namespace) -> Program:
    """Everything that takes long and opens nothing: Qt, its letters, the slow imports. No window, no store, no key, no log."""
    program = _program(args, None)
    _load_parts()
    return program


def _told_to_begin(pipe: int) -> bool:
    """Waits for the supervisor's word; False when it has ended instead, or at Ctrl-C."""
    try:
        with os.fdopen(pipe, "rb", buffering=0) as word:
            return word.read(1) == b"!"
    except KeyboardInterrupt:
        return False


class Session:
    """Joins the parts: desk, link, call engine, stage. Its threads talk to the stage only through the Qt
    thread.
    """

    def __init__(self, program: Program, window: QWidget, desk: Desk, args: argparse.Namespace) -> None:
        self.over = False
        self.ends_with = VISIT_OVER
        self._told = telling.Told()
        self._program, self._desk, self._args, self._up = program, desk, args, False
        self._link: Link | None = None
        self._backups: BackupKeeper | None = None
        self._clock = clock = SystemClock()
        self._centre = CentreClock(clock)
        self._behind = Behind(desk, args, clock, self._try_link, lambda: self._up)
        engine = CallEngine(
            camera=args.camera,
            camera_scan=args.camera_scan,
            microphone=args.microphone,
            speaker=args.speaker,
            cache=args.home / "cache",
            log=args.home / "log" / "media.log",
            parent=window,
        )
        calls = CallDesk(
            me=desk.device,
            engine=engine,
            post=self._post,
            sign=desk.device_keys.sign,
            verify=self._signed_by,
            clock=self._centre,
            random=os.urandom,
            hands="patient",
            relay=self._ask_relay,
            parent=window,
        )
        self._spooler = Cups(args.home / "cache" / "printing") if Cups.here() else None
        self._stage = Stage(
            program=program,
            window=window,
            verbs=DeskVerbs(desk, self._capsule, self._take_code, self._try_link),
            engine=engine,
            calls=calls,
            voice=Voice(args.home / "cache" / "voice", window),
            clock=clock,
            questions=questionnaire.load(self._held()),
            language=args.lang,
            keep_received=args.keep_received,
            instruments=Listening(_radio, tuple(args.instrument), clock, self._behind.instrument_near)
            if args.instrument
            else None,
            spooler=self._spooler,
            tell_staff=self._tell_staff,
            staff=self._behind.room(engine, sync=self._sync_now, end=self._end_as_wished),
        )
        self._stage.finished.connect(self._finish)
        self._stage.free.connect(self._look_for_a_wipe)
        self._agenda, self._worker = Agenda(), Worker(window)
        for last in (
            desk.close,
            self._sweep,
            self._cut_link,
            engine.stop,
            self._stop_backup,
            self._agenda.stop,
        ):
            program.on_quit(last)
        engine.start()
        self._stage.begin()
        QTimer.singleShot(0, window, self._after_the_first_picture)

    def _after_the_first_picture(self) -> None:
        """The slow imports of the line and the card reader wait until somebody can see the screen."""
        self._worker.ask(_load_parts, then=lambda _nothing: self._join_link())
        self._worker.ask(self._sweep)

    def _sweep(self) -> None:
        """Of what was printed nothing stays in the spool: not of this patient, nor of one whose session died."""
        if self._spooler is not None:
            self._spooler.sweep()

    def _join_link(self) -> None:
        from clinic.services.backup_keeper import BackupKeeper
        from clinic.services.islands import Lan
        from clinic.services.link import Link

        server = self._args.server or self._desk.server
        self._link = Link(
            self._desk,
            server,
            on_status=self._status_came,
            on_letter=self._letter_came,
            on_online=self._online,
            clock=self._centre,
            lan=Lan(),
        )
        self._link.start()
        self._agenda.start()
        self._agenda.every(SYNC_EVERY_S, self._link.sync_now)
        self._agenda.every(telling.LOOK_S, lambda: in_qt(self._look_at_itself))
        self._backups = BackupKeeper(self._desk)
        self._agenda.every(BACKUP_EVERY_S, self._backups.look)

    def _held(self) -> tuple[Questionnaire, ...]:
        """What the clinic put out; without it a kiosk asks what comes with the program."""
        try:
            return questionnaires.held(self._desk)
        except PostaError as error:
            log.warning("the clinic's questionnaires cannot be read: %s", error)
            return ()

    def _say_what_is_held(self) -> None:
        self._worker.ask(
            questionnaires.versions_here,
            self._desk,
            then=lambda held: self._tell_desks(QuestionnairesHeld(held=held)),
            failed=lambda error: log.warning("what this kiosk asks could not be said: %s", error),
        )

    def _questionnaire_came(self, form: Questionnaire) -> None:
        self._worker.ask(
            questionnaires.hear,
            self._desk,
            form,
            then=self._heard_of_one,
            failed=lambda error: log.warning("a questionnaire was not taken: %s", error),
        )

    def _heard_of_one(self, news: bool) -> None:
        """Asked from the next patient on: whoever is here goes on with what she began."""
        if news and self._stage.is_free:
            self._stage.ask_by(questionnaire.load(self._held()))

    def _look_at_itself(self) -> None:
        self._worker.ask(self._behind.facts, self._behind.devices(), then=self._stands, failed=self._not_seen)

    def _stands(self, facts: Facts) -> None:
        now_s = self._clock.monotonic()
        found = (*troubles(facts), *(("questions",) if self._stage.passed_over else ()))
        self._told, say = telling.looked(self._told, found, now_s, self._up)
        if say:
            self._tell_staff(KioskStands(troubles=self._told.troubles or ()))
            self._say_what_is_held()

    def _not_seen(self, error: Exception) -> None:
        log.warning("how this kiosk stands could not be seen: %s", error)

    def _sync_now(self) -> None:
        if self._link is not None:
            self._link.sync_now()

    def _end_as_wished(self, wish: Wish) -> None:
        """The staff's wish; what it needs beside this process is done before."""
        if wish is Wish.LEAVE:
            self._behind.stay_away()
        self.ends_with = AGAIN if wish is Wish.RESTART else STOP
        self._finish()

    def _stop_backup(self) -> None:
        if self._backups is not None:
            self._backups.stop()

    def _cut_link(self) -> None:
        if self._link is not None:
            self._link.stop()

    def _signed_by(self, peer: str, message: bytes, signature: bytes) -> bool:
        device = self._desk.trust.device(DeviceId(peer))
        return device is not None and verify(device.signing_key, message, signature)

    def _capsule(self, lookup: str) -> bytes | None:
        """The centre's copy while the line is up; without it nobody waits for a time-out."""
        if self._link is None or not self._up:
            raise Unavailable("The centre cannot be reached.")
        return self._link.capsule(lookup)

    def _take_code(self, lookup: str) -> bytes | None:
        if self._link is None or not self._up:
            raise Unavailable(
                "The centre cannot be reached: a code works only with it. Go on with your number alone."
            )
        return self._link.take_code(lookup)

    def _try_link(self) -> Tried:
        if self._link is None or not self._up:
            raise Unavailable("The centre cannot be reached.")
        return self._link.try_link()

    def _ask_relay(self, told: Callable[[Leave | None], None]) -> None:
        if self._link is None:
            told(None)
        else:
            self._link.ask_relay(told)

    def _post(self, peer: str, message: CallMessage) -> None:
        if self._link is not None:
            self._link.post(DeviceId(peer), message)

    def _tell_staff(self, content: Record) -> None:
        """To every desk of the team that is connected."""
        if self._link is not None:
            for device in self._desk.trust.desks(self._desk.team):
                if self._link.is_present(device):
                    self._link.post(device, content)

    def _tell_desks(self, content: Record) -> None:
        """To every desk of the organisation that is connected: an administrator's may be of no team with patients."""
        for device in self._desk.trust.devices():
            if (
                self._link is not None
                and device.kind == DeviceKind.DESKTOP
                and self._link.is_present(device.device)
            ):
                self._link.post(device.device, content)

    def _letter_came(self, letter: Letter) -> None:
        if isinstance(letter.content, QuestionnaireCame):
            form = letter.content.form
            in_qt(lambda: self._questionnaire_came(form))
            return
        in_qt(lambda: self._stage.letter_came(letter.sender, letter.content))

    def _online(self, online: bool) -> None:
        self._up = online
        in_qt(lambda: self._stage.online_changed(online))

    def _status_came(self, status: SyncStatus) -> None:
        self._behind.ahead_s = status.ahead_s
        in_qt(self._look_for_a_wipe)
        if not status.waiting:
            in_qt(self._stage.look_at_notes)

    def _look_for_a_wipe(self) -> None:
        """Between two patients only; the next session obeys it before it shows anything."""
        if is_ordered(self._desk) and self._stage.is_free:
            self._finish()

    def _finish(self) -> None:
        self.over = True
        QTimer.singleShot(150, self._program.app.quit)


def _radio() -> Radio:
    """On the thread that listens: what speaks to Bluetooth takes a moment to load."""
    from clinic.devices.bluetooth import BleakRadio

    return BleakRadio()


def _load_parts() -> None:
    """On a worker."""
    for part in ("clinic.services.link", "kiosk.card_reader"):
        import_module(part)


def _window(args: argparse.Namespace) -> QWidget:
    window = QWidget()
    window.setObjectName("kiosk.window")
    window.setAccessibleName("Posta")
    window.setWindowTitle(f"Posta · {_('kiosk')}")
    window.setProperty("kind", "page")
    layout = QVBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    window.resize(*(args.size or (1280, 800)))
    if args.window:
        _beside(window)
    return window


def _beside(window: QWidget) -> None:
    """A window among others stands at the right edge, and the next session takes nobody's keyboard away."""
    window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    room = window.screen().availableGeometry()
    window.move(max(room.left(), room.right() - window.width() - EDGE), room.top())


def _out_of_order(program: Program, window: QWidget, sentence: str, args: argparse.Namespace) -> int:
    """The store cannot be opened: say why to the staff, wait, and let the supervisor try again."""
    sys.stderr.write(sentence + "\n")
    sheet = Sheet("kiosk.order", "settings", _("This kiosk is resting"), sentence, _("Try again"))
    again: list[bool] = []
    sheet.answered.connect(again.append)
    sheet.answered.connect(lambda _yes: program.app.quit())
    layout = window.layout()
    assert layout is not None
    layout.addWidget(sheet)
    program.show(window, full_screen=not args.window)
    _hello(args)
    QTimer.singleShot(OUT_OF_ORDER_S * 1000, program.app.quit)
    code = program.run(window)
    return VISIT_OVER if again else code or EXIT_UNAVAILABLE


def _set_up(program: Program, window: QWidget, args: argparse.Namespace) -> int:
    """The first start; the next session serves patients, or tells again what went wrong with the invitation it was given."""
    from kiosk.joining import SettingUp

    joining = SettingUp(window, args.home, args.join, args.server, args.device_name)
    joining.ended.connect(program.app.quit)
    program.on_quit(joining.leave)
    program.show(window, full_screen=not args.window)
    _hello(args)
    joining.begin()
    code = program.run(window)
    if joining.failed:
        sys.stderr.write(joining.failed + "\n")
        return EXIT_UNAVAILABLE
    return VISIT_OVER if joining.joined else code or STOP


def _close_down(program: Program, window: QWidget, desk: Desk | None, args: argparse.Namespace) -> int:
    """A wipe was ordered, or obeyed already: nothing but its screen from now on."""
    closing = Closing(window, args.home, desk)
    closing.ended.connect(program.app.quit)
    program.show(window, full_screen=not args.window)
    _hello(args)
    closing.begin()
    code = program.run(window)
    return VISIT_OVER if closing.again else code or STOP


def _hello(args: argparse.Namespace) -> None:
    """With hands: tell the driver that another session has begun. Without: end when the supervisor is
    gone.
    """
    if args.hands:
        sys.stdout.write(json.dumps({"hello": "session", "n": args.number}) + "\n")
        sys.stdout.flush()
    elif not sys.stdin.isatty():
        threading.Thread(target=_hold_on, name="lifeline", daemon=True).start()


def _hold_on() -> None:
    """The supervisor holds the other end of our standard input; when it ends, so do we."""
    sys.stdin.buffer.read()
    in_qt(_quit)


def _quit() -> None:
    app = QApplication.instance()
    if app is not None:
        app.quit()


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # no thread, no cache, no atexit keeps a patient alive
