# SPDX-License-Identifier: GPL-3.0-or-later
"""The visit on the screen: runs the flow, shows the screen of each step in the frame, speaks, watches for
silence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPointerEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from clinic.calls.call import Call
from clinic.devices.port import Instruments
from clinic.domain.clock import Clock
from clinic.domain.ids import DeviceId
from clinic.domain.record import Record
from clinic.protocol.calling import CallMessage
from clinic.protocol.letters import (
    Answered,
    ChatLine,
    FreeTimes,
    PersonCalled,
    PersonComes,
    QueuePlace,
    VisitOver,
    Vouched,
)
from desktop.kit.bridge import Desk, Loop
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.laddering import Report
from desktop.kit.program import Program
from desktop.kit.words import _, plural, tell
from kiosk import echo, flow, presence
from kiosk.door import Door
from kiosk.questionnaire import Questions
from kiosk.screens.after.view import AfterScreen
from kiosk.screens.call.view import CallScreen
from kiosk.screens.check.view import CheckScreen
from kiosk.screens.consent.view import ConsentScreen
from kiosk.screens.feedback.view import FeedbackScreen
from kiosk.screens.frame import (
    Frame,
    Sheet,
    flag_sheet,
    help_sheet,
    leave_sheet,
    person_sheet,
    still_sheet,
)
from kiosk.screens.greet.view import GreetScreen
from kiosk.screens.identify.view import IdentifyScreen
from kiosk.screens.incoming.view import IncomingScreen
from kiosk.screens.language.view import LanguageScreen
from kiosk.screens.photo.view import PhotoScreen, jpeg
from kiosk.screens.printing.view import PrintingScreen
from kiosk.screens.questions.view import QuestionsScreen
from kiosk.screens.reason.view import ReasonScreen
from kiosk.screens.room import Heading, Room, Screen
from kiosk.screens.staff.doing import Staff
from kiosk.screens.staff.view import NAME as STAFF
from kiosk.screens.staff.view import StaffView
from kiosk.screens.symptoms.view import SymptomsScreen
from kiosk.screens.things.view import ThingsScreen
from kiosk.screens.vitals.view import VitalsScreen
from kiosk.screens.waiting.view import WaitingScreen
from kiosk.spooler import Cups
from kiosk.verbs import Verbs
from kiosk.voice import Voice

SCREENS: dict[flow.Step, type[Screen]] = {
    flow.Step.LANGUAGE: LanguageScreen,
    flow.Step.IDENTIFY: IdentifyScreen,
    flow.Step.GREET: GreetScreen,
    flow.Step.REASON: ReasonScreen,
    flow.Step.SYMPTOMS: SymptomsScreen,
    flow.Step.QUESTIONS: QuestionsScreen,
    flow.Step.VITALS: VitalsScreen,
    flow.Step.PHOTO: PhotoScreen,
    flow.Step.CONSENT: ConsentScreen,
    flow.Step.CHECK: CheckScreen,
    flow.Step.WAITING: WaitingScreen,
    flow.Step.INCOMING: IncomingScreen,
    flow.Step.CALL: CallScreen,
    flow.Step.AFTER: AfterScreen,
    flow.Step.FEEDBACK: FeedbackScreen,
    flow.Step.PRINT: PrintingScreen,
    flow.Step.THINGS: ThingsScreen,
}
log = logging.getLogger(__name__)
BIGGER = 1.2
PERSON_AGAIN_MS = 8000
SLOW_END_MS = 5000
_TAPS = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.TouchBegin)
_SIGNS_OF_LIFE = (*_TAPS, QEvent.Type.KeyPress)


class Stage(QObject):
    """Made once per session, in the Qt thread."""

    finished = Signal()
    free = Signal()
    """The first screen is shown: nobody is here yet, or she went back to it."""

    def __init__(
        self,
        *,
        program: Program,
        window: QWidget,
        verbs: Verbs,
        engine: CallEngine,
        calls: CallDesk,
        voice: Voice,
        clock: Clock,
        questions: Questions,
        language: str = "es",
        keep_received: str = "",
        instruments: Instruments | None = None,
        spooler: Cups | None = None,
        tell_staff: Callable[[Record], None] = lambda content: None,
        staff: Staff | None = None,
    ) -> None:
        super().__init__(window)
        self._tell_staff, self._staff = tell_staff, staff
        if staff is not None:
            Door(window).asked.connect(self._let_staff_in)
        self._person: Sheet | None = None
        self._program, self._window, self._clock = program, window, clock
        self._engine, self._calls, self._voice, self._keep = engine, calls, voice, keep_received
        self._verbs = verbs
        self._files = Desk(self, submit=ThreadPoolExecutor(1, "filing").submit)
        self._look, self._bigger = program.look, False
        self._plain_look = "light" if program.look == "contrast" else program.look
        self._frame: Frame | None = None
        self._screen: Screen | None = None
        self._loop: Loop[flow.Journey, flow.Event, flow.Effect] = Loop(
            flow.Journey(language=language), flow.update, self._do, self._render
        )
        self._room = Room(
            self._loop.send, verbs, engine, calls, voice, clock, questions, instruments, spooler
        )
        self._shown: flow.Step | None = None
        self._presence = presence.Presence()
        self._echo = echo.Echo()
        self._watch = QTimer(self, interval=1000)
        self._watch.timeout.connect(self._tick)
        self._calling = QTimer(self, interval=PERSON_AGAIN_MS)
        self._calling.timeout.connect(self._call_again)
        calls.changed.connect(self._call_changed)
        calls.ladder.reported.connect(self._report)
        calls.still_wanted.connect(lambda _call: self._send_still())
        calls.notes.recorded.connect(lambda sound, seconds: self._loop.send(flow.NoteSaid(sound, seconds)))

    def begin(self) -> None:
        """Show the start screen."""
        self._new_frame()
        self._loop.show()
        self._watch.start()
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]  # there is one

    @property
    def journey(self) -> flow.Journey:
        return self._loop.state

    @property
    def is_free(self) -> bool:
        """Whether nobody is being seen to."""
        return self.journey.step is flow.Step.LANGUAGE

    @property
    def passed_over(self) -> bool:
        """Whether a newer questionnaire is not asked, since this program does not understand it."""
        return bool(self._room.questions.passed)

    def ask_by(self, questions: Questions) -> None:
        """Other questions, between two patients."""
        self._room = replace(self._room, questions=questions)

    def send(self, event: flow.Event) -> None:
        self._loop.send(event)

    # what comes from outside, in the Qt thread

    def letter_came(self, sender: str, content: Record) -> None:
        """A letter to this kiosk, opened and its sender checked."""
        match content:
            case QueuePlace():
                self._loop.send(flow.Placed(content))
            case ChatLine():
                self._loop.send(flow.LineCame(content))
            case VisitOver():
                self._loop.send(flow.OverCame(content))
            case Vouched():
                self._vouched(sender, content)
            case FreeTimes():
                self._times_came(sender, content)
            case Answered():
                if self.journey.visit is not None:
                    self.journey.visit.hear(content)
                self._loop.send(flow.AnswerCame(content))
            case PersonComes(by_name=by_name):
                self._somebody_comes(by_name)
            case _ if isinstance(content, CallMessage):
                self._calls.deliver(sender, content)

    def _vouched(self, sender: str, said: Vouched) -> None:
        """What does not open, or is of another visit, changes nothing: she goes on as she came."""
        if self.journey.visit is not None:
            self._files.ask(
                self._verbs.vouched,
                self.journey.visit,
                DeviceId(sender),
                said,
                then=lambda known: self._loop.send(flow.BecameKnown(known)),
                failed=lambda error: log.warning("somebody vouched in vain: %s", error),
            )

    def _times_came(self, sender: str, said: FreeTimes) -> None:
        """Kept for whoever comes next; who chooses a time just now sees the newest ones."""
        self._files.ask(
            self._verbs.keep_free_times,
            DeviceId(sender),
            said,
            then=lambda _nothing: self._load_offers() if self.journey.step is flow.Step.THINGS else None,
            failed=lambda error: log.warning("free times were not kept: %s", error),
        )

    def _load_offers(self) -> None:
        self._files.ask(
            self._verbs.offers,
            then=lambda offers: self._loop.send(flow.OffersCame(offers)),
            failed=lambda error: log.warning("free times were not read: %s", error),
        )

    def _report(self, report: Report) -> None:
        self._files.ask(
            self._verbs.report, report, failed=lambda error: log.warning("a report was not kept: %s", error)
        )

    def _send_still(self) -> None:
        """No line carries a picture now: it goes by the record, if she permits that one is kept."""
        image, visit = self._engine.grab("local"), self.journey.visit
        if image is None or visit is None or self._calls.muted[1]:
            return
        self._files.ask(
            self._verbs.send_still,
            visit.encounter,
            jpeg(image),
            failed=lambda error: log.warning("a still was not sent: %s", error),
        )

    def look_at_notes(self) -> None:
        """Something left this kiosk: perhaps her voice notes, which were saved before this question is answered."""
        if any(one.came is flow.Came.SAVED for one in self.journey.said):
            self._files.ask(
                self._verbs.all_left,
                then=lambda left: self._loop.send(flow.AllLeft()) if left else None,
                failed=lambda error: log.warning("the outbox was not read: %s", error),
            )

    def online_changed(self, online: bool) -> None:
        """Letters travel, or do not."""
        self._calls.signalling(online)
        self._loop.send(flow.OnlineChanged(online))

    def _call_changed(self, call: Call) -> None:
        self._loop.send(flow.CallMoved(str(call.phase), call.encounter_id, call.peer_name, call.reason))

    # what the flow asks for

    def _do(self, effect: flow.Effect) -> None:
        match effect:
            case flow.Speak(language):
                self._program.speak(language)
                self._new_frame()
            case flow.LoadTemplate(language):
                self._files.ask(self._verbs.template, language, then=self._template_came, failed=self._failed)
            case flow.LoadOffers():
                self._load_offers()
            case flow.File(filing, visit):
                self._files.ask(self._verbs.file, filing, visit, then=self._filed, failed=self._failed)
            case flow.CallPerson():
                self._call_for_her()
            case flow.DeclineRing():
                QTimer.singleShot(0, self, self._calls.decline)
            case flow.HangUp():
                self._calls.hang()
            case flow.KeepReceived(consent) if self._keep:
                self._calls.keep(self._keep, consent)
            case flow.Finish():
                self._finish()

    def _template_came(self, template: object) -> None:
        self._loop.send(flow.TemplateCame(template))  # type: ignore[arg-type]  # what the verb answers

    def _filed(self, result: object) -> None:
        self._loop.send(flow.Filed(result))

    def _failed(self, error: Exception) -> None:
        self._loop.send(flow.FilingFailed(tell(error)))

    def _let_staff_in(self) -> None:
        """Between two patients only; behind the PIN stands nothing of either."""
        if self._staff is None or self._frame is None or not self.is_free or self._frame.covered == STAFF:
            return
        page = StaffView(self._staff)
        page.closed.connect(self._uncover)
        self._voice.hush()
        self._frame.cover(page)

    def _finish(self) -> None:
        self._watch.stop()
        self._stop_calling()
        self._voice.hush()
        if self._screen is not None:
            self._screen.leave()
        self.finished.emit()

    # what is shown

    def _new_frame(self) -> None:
        """In another language every word is new."""
        old, self._frame = self._frame, Frame()
        frame = self._frame
        for signal, act in (
            (frame.back, self._back),
            (frame.help, self._help),
            (frame.person, self._call_person),
            (frame.leave, self._ask_leave),
            (frame.listen, self._listen),
            (frame.letters, self._resize_letters),
            (frame.contrast, self._switch_contrast),
            (frame.again, lambda: self._loop.send(flow.FileAgain())),
        ):
            signal.connect(act)
        self._leave_screen()
        self._shown, self._screen = None, None
        layout = self._window.layout()
        assert isinstance(layout, QVBoxLayout)
        if old is not None:
            layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        layout.addWidget(frame)
        frame.show()
        frame.wear(self._bigger, self._look == "contrast")

    def _leave_screen(self) -> None:
        if self._screen is not None:
            self._screen.leave()

    def _render(self, journey: flow.Journey) -> None:
        assert self._frame is not None
        if journey.step is not self._shown:
            self._enter(journey)
        elif self._screen is not None:
            self._screen.follow(journey)
        self._frame.trouble(_(journey.trouble) if journey.trouble else "")
        self._offer()
        if journey.ending:
            QTimer.singleShot(SLOW_END_MS, self, self.finished.emit)

    def _enter(self, journey: flow.Journey) -> None:
        assert self._frame is not None
        self._leave_screen()
        flagged = self._frame.covered == "kiosk.flag" and journey.step is flow.Step.VITALS
        if not flagged:  # the last answer called somebody: that stays before what follows
            self._frame.uncover()
        self._shown = journey.step
        screen = SCREENS[journey.step](self._room, journey)
        self._screen = screen
        screen.headed.connect(self._ask)
        self._frame.show_screen(screen)
        steps = flow.DOTS.index(journey.step) if journey.step in flow.DOTS else 0
        self._frame.step(steps, len(flow.DOTS) if steps else 0)
        self._presence = presence.waits(
            self._presence, flow.patience_s(journey.step), self._clock.monotonic()
        )
        self._ask(screen.heading)
        if self.is_free:
            self.free.emit()

    def _ask(self, heading: Heading) -> None:
        assert self._frame is not None
        self._frame.ask(heading)
        self._echo = echo.turned(self._echo)
        self._offer()
        if self._screen is not None and not self._frame.covered:
            self._screen.setFocus(Qt.FocusReason.OtherFocusReason)  # no answer looks chosen beforehand
        if self.journey.step is not flow.Step.LANGUAGE and self._frame.covered != "kiosk.flag":
            self._say(heading.spoken, heading.private)

    def _offer(self) -> None:
        if self._frame is not None and self._screen is not None:
            begun = self.journey.step is not flow.Step.LANGUAGE
            self._frame.offer(back=self._screen.can_go_back(self.journey), leave=begun)

    def _say(self, text: str, private: bool = False) -> None:
        self._voice.say(text, self.journey.language, private)

    # the bar

    def _back(self) -> None:
        if self._screen is not None and not self._screen.back():
            self._loop.send(flow.BackPressed())

    def _listen(self) -> None:
        if self._screen is not None:
            self._screen.read_aloud()

    def _resize_letters(self) -> None:
        self._bigger = not self._bigger
        self._wear()

    def _switch_contrast(self) -> None:
        self._look = "contrast" if self._look != "contrast" else self._plain_look
        self._wear()

    def _wear(self) -> None:
        assert self._frame is not None
        self._program.wear(self._look, BIGGER if self._bigger else 1.0)
        self._frame.wear(self._bigger, self._look == "contrast")

    # sheets over everything

    def _help(self) -> None:
        if self._screen is not None:
            sheet = help_sheet(self._screen.heading)
            self._cover(sheet, lambda _yes: self._uncover())

    def _call_person(self) -> None:
        sheet = person_sheet()
        self._call_under(sheet)
        self._person = sheet
        self._ask_staff()

    def _call_for_her(self) -> None:
        """Because of what she told: at once, and again and again until she goes on."""
        QApplication.beep()
        self._call_under(flag_sheet(self.journey.online))

    def _call_under(self, sheet: Sheet) -> None:
        self._cover(sheet, lambda _yes: self._uncover())
        self._calling.start()

    def _call_again(self) -> None:
        if self._person is not None:
            self._ask_staff()
        QApplication.beep()
        self._say(_("Help is needed at the kiosk, please."))

    def _ask_staff(self, over: bool = False) -> None:
        visit = self.journey.visit
        self._tell_staff(PersonCalled(ticket=visit.ticket if visit is not None else "", over=over))

    def _stop_calling(self) -> None:
        """Somebody is here, or is on the way: nobody is called any more, here or at a desk."""
        self._calling.stop()
        if self._person is not None:
            self._person = None
            self._ask_staff(over=True)

    def _somebody_comes(self, name: str) -> None:
        """The sheet stays until it is touched: she sees who comes. Nobody answers what nobody asked."""
        sheet = self._person
        if sheet is not None:
            self._stop_calling()
            words = _("%(name)s is coming. Please stay.") % {"name": name}
            sheet.text.setText(words)
            self._say(words)

    def _ask_leave(self) -> None:
        if self.journey.step in (flow.Step.AFTER, flow.Step.FEEDBACK):
            self._loop.send(flow.Goodbye())
            return
        self._cover(leave_sheet(), lambda yes: self._loop.send(flow.Left()) if yes else self._uncover())

    def _cover(self, sheet: Sheet, answered: object) -> None:
        assert self._frame is not None
        self._stop_calling()
        sheet.answered.connect(answered)
        self._frame.cover(sheet)
        self._echo = echo.turned(self._echo)
        self._say(sheet.words, sheet.private)

    def _uncover(self) -> None:
        self._stop_calling()
        self._voice.hush()
        self._echo = echo.turned(self._echo)
        if self._frame is not None:
            self._frame.uncover()

    # is somebody there?

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _SIGNS_OF_LIFE:
            self._presence = presence.touched(self._presence, self._clock.monotonic())
        if event.type() in _TAPS and isinstance(event, QPointerEvent) and event.points():
            return self._swallows(event)
        return False

    def _swallows(self, event: QPointerEvent) -> bool:
        """Asked for the window, then for each widget the tap goes through: the same answer every time."""
        at_ms, place = event.timestamp(), event.points()[0].globalPosition()
        if echo.is_echo(self._echo, at_ms, place.x(), place.y()):
            return True
        if at_ms != self._echo.at_ms:
            self._echo = echo.tapped(at_ms, place.x(), place.y())
        return False

    def _tick(self) -> None:
        now = self._clock.monotonic()
        asked = self._presence.here is presence.Here.ASKED
        if (self._voice.speaking and not asked) or self._calling.isActive():
            self._presence = presence.touched(self._presence, now)
        self._presence = presence.tick(self._presence, now)
        match self._presence.here:
            case presence.Here.ASKED:
                self._still_there(presence.seconds_left(self._presence, now))
            case presence.Here.GONE:
                self._watch.stop()
                self._loop.send(flow.Left())
            case _ if self._frame is not None and self._frame.covered == "kiosk.still":
                self._uncover()

    def _still_there(self, seconds: int) -> None:
        assert self._frame is not None
        if self._frame.covered != "kiosk.still":
            self._cover(still_sheet(), lambda _yes: self._uncover())
        sheet = self._frame.sheet
        if isinstance(sheet, Sheet):
            sheet.text.setText(
                plural("This screen closes in %(n)d second", "This screen closes in %(n)d seconds", seconds)
            )
