# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a Qt program of Posta: options, display check, fonts, look, language, crash roof, polite end."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

from PySide6.QtCore import (
    QEvent,
    QLibraryInfo,
    QLocale,
    QObject,
    QSocketNotifier,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from clinic.domain.errors import Unavailable
from clinic.media.screen import check_screen
from clinic.store.memory import collect_seldom, keep_private
from desktop.kit import bridge, theme, words
from desktop.kit.combing import Combing
from desktop.kit.tokens import LOOKS, RESOURCES, SCALES
from desktop.kit.words import _

EXIT_UNAVAILABLE = 4
EXIT_BUG = 70
_log = logging.getLogger("posta.screen")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options both faces share."""
    parser.add_argument(
        "--lang", choices=sorted(words.LANGUAGES), default="es", help="language of the screen"
    )
    parser.add_argument("--theme", choices=sorted(LOOKS), default="light", help="colours of the screen")
    parser.add_argument("--scale", choices=sorted(SCALES), default=None, help="reading distance")
    parser.add_argument("--hands", action="store_true", help="take commands as JSON lines on standard input")


def start(
    args: argparse.Namespace, title: str = "Posta", scale: str = "desktop", log: Path | None = None
) -> Program:
    """Make the QApplication and dress it; ends the process with code 4 and one sentence without a display or a log."""
    keep_private()
    collect_seldom()
    if sys.__stderr__ is not None:
        faulthandler.enable(
            sys.__stderr__
        )  # a library that falls over says where in our code it was, and nothing else
    words.set_language(args.lang)
    try:
        check_screen(os.environ)
        return Program(args, title, args.scale or scale, log)
    except Unavailable as missing:
        sys.stderr.write(words.tell(missing) + "\n")
        raise SystemExit(EXIT_UNAVAILABLE) from None


class Program:
    """The running Qt program: one per process."""

    def __init__(self, args: argparse.Namespace, title: str, scale: str, log: Path | None) -> None:
        self.bugs = 0
        self._args = args
        self._quitters: list[Callable[[], object]] = []
        self._notices: list[QMessageBox] = []
        if log is not None:
            log_to(log)
        qInstallMessageHandler(_qt_opens)
        there = QApplication.instance()
        self.app = there if isinstance(there, QApplication) else QApplication(sys.argv[:1])
        qInstallMessageHandler(_qt_says)
        self.app.setApplicationName("posta")
        self.app.setApplicationDisplayName(title)
        self.app.setWindowIcon(QIcon(str(RESOURCES / "icons" / "posta.svg")))
        self.look, self.scale = args.theme, scale
        theme.apply(self.app, self.look, self.scale)
        self._translator = QTranslator(self.app)
        self.speak(args.lang)
        bridge.in_qt(lambda: None)
        self._raise_roof()

    def speak(self, language: str) -> None:
        """Change the language of Posta's and of Qt's own words; windows get a LanguageChange event."""
        words.set_language(language)
        QLocale.setDefault(QLocale(words.LANGUAGES[language]))
        self.app.removeTranslator(self._translator)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(QLocale(words.LANGUAGES[language]), "qtbase", "_", folder):
            self.app.installTranslator(self._translator)
        for window in QApplication.topLevelWidgets():
            QApplication.postEvent(window, QEvent(QEvent.Type.LanguageChange))

    def wear(self, look: str, zoom: float = 1.0) -> None:
        """Change the look (light, dark, contrast) or the letter size while running."""
        self.look = look
        theme.apply(self.app, look, self.scale, zoom)

    def on_quit(self, last: Callable[[], object]) -> None:
        """Call `last()` before the program ends, whatever ends it; last registered first."""
        self._quitters.append(last)

    def show(self, window: QWidget, full_screen: bool = False) -> None:
        """Show the main window."""
        window.showFullScreen() if full_screen else window.show()

    def run(self, window: QWidget | None = None) -> int:
        """Run until the last window closes; answers the exit code (70 when a bug was met on the way)."""
        hands: QObject | None = None
        if self._args.hands:
            from desktop.kit.hands import attach

            hands = attach(self.app)
        alarm, combing = _Alarm(self.app), Combing(self.app)
        try:
            code = int(self.app.exec())
        finally:
            alarm.end()
            combing.end()
            for last in reversed(self._quitters):
                last()
        del hands
        return EXIT_BUG if self.bugs and code == 0 else code

    def _raise_roof(self) -> None:
        sys.excepthook = self._met_bug
        threading.excepthook = lambda met: self._met_bug(met.exc_type, met.exc_value, met.exc_traceback)

    def _met_bug(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            bridge.in_qt(QApplication.quit)
            return
        self.bugs += 1
        _log.error("bug %s\n%s", kind.__name__, where(trace))
        bridge.in_qt(self._calm)

    def _calm(self) -> None:
        if any(box.isVisible() for box in self._notices):
            return
        box = QMessageBox(QApplication.activeWindow())
        box.setObjectName("program.bug")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(_("Something in this program went wrong."))
        box.setInformativeText(
            _("What was saved is safe. You can go on; if it happens again, close and open Posta.")
        )
        button = box.addButton(_("Go on"), QMessageBox.ButtonRole.AcceptRole)
        button.setObjectName("program.bug.go_on")
        self._notices = [box]
        box.open()


def where(trace: TracebackType | None) -> str:
    """The places of a traceback, without any value: messages of errors may carry a person's data."""
    return "\n".join(f"  {Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace))


def log_to(file: Path) -> None:
    """Send all logging of this process to one file; standard error stays for sentences. Raises Unavailable."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(file, encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            "The folder {path} cannot be written. Check the disk and its permissions.", path=file.parent
        ) from error
    logging.raiseExceptions = False  # a full disk is told where it matters, not once for each line of the log
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
}


def _qt_says(kind: QtMsgType, _context: object, message: str) -> None:
    logging.getLogger("posta.qt").log(_LEVELS.get(kind, logging.ERROR), "%s", message)


def _qt_opens(kind: QtMsgType, context: object, message: str) -> None:
    """While the application is made: what Qt would abort for is one sentence."""
    _qt_says(kind, context, message)
    if kind == QtMsgType.QtFatalMsg:
        told = _("No window can open here. Start Posta from a desktop of your own, or run 'posta doctor'.")
        sys.stderr.write(told + "\n")
        sys.stderr.flush()
        os._exit(EXIT_UNAVAILABLE)


class _Alarm(QObject):
    """Turns SIGTERM and Ctrl-C into a polite quit, without polling."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._old_fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._old = {number: signal.signal(number, self._noted) for number in (signal.SIGINT, signal.SIGTERM)}
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._ring)

    def _noted(self, _number: int, _frame: FrameType | None) -> None:
        """The wake-up socket does the work; Python only needs a handler to be there."""

    def _ring(self) -> None:
        self._read.recv(64)
        QApplication.quit()

    def end(self) -> None:
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_fd)
        for number, old in self._old.items():
            signal.signal(number, old)
        self._read.close()
        self._write.close()
