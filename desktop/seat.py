# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that lives while one person is unlocked: the room, the telephone, the pages, their frame."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from clinic.calls.call import RESTING, Call
from clinic.domain.clock import Clock
from clinic.domain.errors import Unavailable
from clinic.domain.ids import PatientId
from clinic.protocol.letters import PersonCalled
from clinic.services.alerts import watch
from clinic.services.emergency import watch as watch_summaries
from clinic.services.locking import lock_minutes, most_minutes
from clinic.services.pins import Cover
from clinic.services.receipts import watch as watch_receipts
from desktop.apart import Apart
from desktop.kit.bridge import in_qt
from desktop.kit.checking import CheckDialog
from desktop.kit.clips import Clips, Whose, whose
from desktop.kit.fields import LineField, NoteField, put_hands, where_hands_are
from desktop.kit.program import Program
from desktop.kit.surfaces import toast
from desktop.kit.words import _, plural
from desktop.screens.audit.view import AuditView
from desktop.screens.chart.view import ChartView
from desktop.screens.emergency.view import EmergencyView
from desktop.screens.exchange.view import ExchangeView
from desktop.screens.faces import alarm_words
from desktop.screens.feedback.view import FeedbackView
from desktop.screens.help.view import HelpView
from desktop.screens.inbox.view import InboxView
from desktop.screens.messages.view import MessagesView
from desktop.screens.mine.view import MineView
from desktop.screens.organisation.view import OrganisationView
from desktop.screens.patients.logic import NewPerson
from desktop.screens.patients.view import PatientsView
from desktop.screens.phrases import call_words, hold_words
from desktop.screens.room import Room
from desktop.screens.schedule.view import ScheduleView
from desktop.screens.search.view import SearchView
from desktop.screens.shell import logic as shell
from desktop.screens.shell.view import ShellView
from desktop.screens.today.view import TodayView
from desktop.screens.verbs import Clinic
from desktop.screens.visit.happenings import CallChanged, HoldChanged, ReachChanged, VisitOpened
from desktop.screens.visit.rung_happenings import (
    LadderMoved,
    NoteCame,
    NoteFailed,
    NotesChanged,
    StillsChanged,
)
from desktop.screens.visit.share_happenings import ShareMoved
from desktop.screens.visit.view import VisitView
from desktop.telephone import Telephone

if TYPE_CHECKING:
    from clinic.services.desks import Desk
    from clinic.services.waiting import Waiting
    from clinic.store.rows import Changes

GATHER_MS = 60
"""Changes that come together are told together."""
_FLAGS = "red flags"


class Seat(QObject):
    """`shell` is the widget to show; it is made anew when the language changes."""

    shell_changed = Signal()
    wipe_ordered = Signal()
    """an administrator ordered this computer to be wiped"""

    def __init__(
        self, program: Program, args: argparse.Namespace, desk: Desk, clock: Clock, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._program, self._args, self._desk, self._clock = program, args, desk, clock
        self.desk, self.cover = desk, Cover(desk)
        self.room = Room(Clinic(desk), clock, save_to=args.save_to)
        self._help = self.room.helper(self)
        self.telephone = Telephone(self.room, args, clock, self)
        self._given_up = False
        self._checking: CheckDialog | None = None
        self._clips = Clips(self)
        self._flags: tuple[Waiting, ...] = ()
        self._kinds: frozenset[str] = frozenset()
        self._patients: frozenset[PatientId] = frozenset()
        self._gather = QTimer(self, interval=GATHER_MS, singleShot=True)
        self._gather.timeout.connect(self._tell_pages)
        self._stop_listening = desk.listen(lambda changes: in_qt(lambda: self._changed(changes)))
        self._stop_watching, self._stop_summaries = watch(desk), watch_summaries(desk)
        self._stop_receipts = watch_receipts(desk)
        self.apart = Apart(self, lambda: self.shell.window())
        self._build({})
        self.room.in_care = self.in_care
        self._connect()

    def start(self) -> None:
        """Connect, and show how things stand until the first exchange says more."""
        self.telephone.start()
        self._read_status()
        self.inbox.refresh()
        self.messages.refresh()
        self._help.write(self.room.clinic.load_codes, failed=self._no_codes)

    def _no_codes(self, sentence: str) -> None:
        self.shell.say("warn", sentence)

    def stop(self) -> None:
        """Save what is not saved and hang up; the book stays open."""
        self._given_up = True
        self._stop_listening()
        self._stop_watching()
        self._stop_summaries()
        self._stop_receipts()
        self._gather.stop()
        for chart in self._charts():
            chart.forms.flush()
        self.visit.flush()
        self.visit.call_beside()
        self.room.clinic.mine.send_away()
        self.room.clinic.governing.stop()
        self._end_check()
        self.apart.close()
        self._clips.close()
        self.telephone.stop()
        self.room.close()

    def close(self) -> None:
        """Save what is not saved, hang up, let writes finish, close the book."""
        if not self._given_up:
            self.stop()
        self._desk.close()
        self.shell.deleteLater()
        self.deleteLater()

    # the pages

    def _build(self, states: Mapping[str, Any]) -> None:
        """All pages and their frame, around the states they had before, if any."""
        room, phone, had = self.room, self.telephone, states.get
        self.today = TodayView(room, phone.present, had("today"), had("backup"), had("told"), had("kiosks"))
        self.patients = PatientsView(room, had("patients"))
        self.schedule = ScheduleView(room, had("schedule"))
        self.messages = MessagesView(room, had("messages"), had("talking"), phone)
        self.chart = self._chart(states)
        self.inbox = InboxView(room, had("inbox"))
        self.exchange = ExchangeView(room, had("exchange"))
        self.visit = VisitView(room, phone, phone.engine, self._args.save_to, had("visit"))
        self.visit.call.record.show_recording(phone.calls.recording.ours)
        self.visit.call.record.pressed.connect(phone.recordist.pressed)
        self.mine = MineView(room, had("mine"))
        self.search = SearchView(room, had("search"))
        self.audit = AuditView(room, had("audit"), had("judging"))
        self.feedback = FeedbackView(room, had("feedback"))
        self.emergency = EmergencyView(room, had("emergency"))
        self.organisation = OrganisationView(room, had("organisation"))
        self.help = HelpView(room, self._args.home / "log" / "desktop.log", had("help"))
        pages = {
            "today": self.today,
            "patients": self.patients,
            "schedule": self.schedule,
            "messages": self.messages,
            "inbox": self.inbox,
            "exchange": self.exchange,
            "chart": self.chart,
            "visit": self.visit,
            "mine": self.mine,
            "search": self.search,
            "audit": self.audit,
            "feedback": self.feedback,
            "emergency": self.emergency,
            "organisation": self.organisation,
            "help": self.help,
        }
        self.shell = ShellView(room, pages, had("shell"), phone.engine)
        self.shell.corner.hang.connect(phone.hang)
        self.visit.drawn.connect(self._show_call)
        self.shell.locked.connect(self.save_all)
        self.shell.language_chosen.connect(self._speak)
        self.shell.look_pressed.connect(self._change_look)
        self._show_call()

    def _chart(self, states: Mapping[str, Any]) -> ChartView:
        had, phone = states.get, self.telephone
        return ChartView(
            self.room,
            had("chart"),
            had("alerts"),
            had("replay"),
            had("consents"),
            self._args.save_to,
            phone.engine,
            phone,
            had("forms"),
        )

    def _connect(self) -> None:
        ways, phone = self.room.ways, self.telephone
        ways.chart.connect(self._open_chart)
        ways.apart.connect(self._open_apart)
        ways.texts.connect(self._look_in_texts)
        ways.elsewhere.connect(self._look_elsewhere)
        ways.judging.connect(self._look_at_reviews)
        ways.visit.connect(self._open_visit)
        ways.queue.connect(self._queue_read)
        ways.to_choose.connect(lambda n: self.shell.loop.send(shell.ToChooseCounted(n)))
        ways.unread.connect(self._unread)
        ways.messages.connect(lambda: self.shell.go("messages"))
        ways.arrived.connect(self._arrived)
        ways.flagged.connect(self._flagged)
        ways.identity.connect(self._identity_confirmed)
        ways.vouched.connect(self.telephone.vouched)
        ways.answered.connect(self.telephone.answered)
        ways.undoable.connect(lambda tone, text, undo: self._say(tone, text, _("Undo"), undo))
        ways.devices.connect(self._try_devices)
        ways.covered.connect(self._end_check)
        self._clips.held.connect(self._held_back)
        ways.said.connect(self._say)
        phone.changed.connect(self._call_changed)
        phone.networked.connect(lambda network: self.exchange.network_came(network))
        phone.status.connect(lambda status: self.shell.loop.send(shell.StatusCame(status, self._clock.now())))
        phone.backed.connect(lambda error: self.today.backup.ended(error))
        phone.reach.connect(self._reach_changed)
        phone.person_called.connect(self._person_called)
        phone.kiosk_stands.connect(lambda *said: self.today.kiosks.hear(*said))
        phone.calls.recording.changed.connect(lambda one: self.visit.call.record.show_recording(one))
        phone.calls.quality.connect(lambda seen: self.visit.call.show_quality(seen))
        phone.calls.ladder.climbed.connect(lambda moved: self.visit.loop.send(LadderMoved(moved)))
        phone.calls.stills.changed.connect(lambda stills: self.visit.loop.send(StillsChanged(stills)))
        phone.calls.sharing.changed.connect(lambda shared: self.visit.loop.send(ShareMoved(shared)))
        phone.calls.holding.changed.connect(
            lambda ours, theirs: self.visit.loop.send(HoldChanged(ours, theirs))
        )
        notes = phone.calls.notes
        notes.changed.connect(lambda: self._heard(notes.playing))
        notes.changed.connect(
            lambda: self.visit.loop.send(NotesChanged(notes.recording, notes.seconds, notes.playing))
        )
        notes.recorded.connect(lambda sound, seconds: self.visit.loop.send(NoteCame(sound, seconds)))
        notes.failed.connect(lambda trouble: self.visit.loop.send(NoteFailed(trouble)))

    def _say(
        self, tone: str, text: str, button: str = "", on_button: Callable[[], object] | None = None
    ) -> None:
        """In the window where somebody is at work."""
        window = self.apart.active()
        if window is None:
            self.shell.say(tone, text, button, on_button)
        else:
            toast(window, text, tone, button, on_button)

    def _held_back(self, field: NoteField | LineField, theirs: Whose, text: str) -> None:
        """Words of another patient were not pasted; they are if somebody says so while this patient is still shown."""
        here = whose(field)

        def anyway() -> None:
            if whose(field) == here and field.isEnabled() and not field.isReadOnly():
                field.put(text)
                field.setFocus()

        said = _("Not pasted: these words were copied from %(theirs)s. This is %(here)s.")
        names = {"theirs": theirs.name, "here": here.name}
        self._say("warn", said % names, _("Paste them here anyway"), anyway)

    def _try_devices(self) -> None:
        """Not while a call has the devices."""
        phone = self.telephone
        if phone.calls.call.phase not in RESTING:
            self.shell.say("info", _("The call has camera and microphone now. Try them after it."))
            return
        self._end_check()
        self._checking = CheckDialog(phone.engine, phone.try_link, self.shell)
        self._checking.show()

    def _end_check(self) -> None:
        """The devices are given back: for a call, behind the cover, or before the pages go."""
        checking, self._checking = self._checking, None
        if checking is not None:
            checking.reject()
            checking.deleteLater()

    def _speak(self, language: str) -> None:
        """Another language: the pages are made anew around the same states."""
        self._end_check()
        self._program.speak(language)
        old, before = self.shell, self.visit
        hands = where_hands_are(old)
        self._build(self._states())
        self.visit.take_over(before)
        for window in self.apart.windows:
            window.put(self._chart(_states_of(window.chart)))
        self.shell_changed.emit()
        put_hands(self.shell, *hands)
        old.hide()
        old.deleteLater()

    def _states(self) -> dict[str, Any]:
        return {
            "today": self.today.loop.state,
            "backup": self.today.backup.loop.state,
            "patients": self.patients.loop.state,
            "schedule": self.schedule.loop.state,
            "messages": self.messages.loop.state,
            "talking": self.messages.thread.loop.state,
            "inbox": self.inbox.loop.state,
            "exchange": self.exchange.loop.state,
            **_states_of(self.chart),
            "visit": self.visit.loop.state,
            "shell": self.shell.loop.state,
            "mine": self.mine.loop.state,
            "search": self.search.loop.state,
            "told": self.today.opened.loop.state,
            "kiosks": self.today.kiosks.bad,
            "audit": self.audit.loop.state,
            "feedback": self.feedback.loop.state,
            "judging": self.audit.reviews.loop.state,
            "emergency": self.emergency.loop.state,
            "organisation": self.organisation.loop.state,
            "help": self.help.loop.state,
        }

    def _change_look(self) -> None:
        self._program.wear("light" if self._program.look == "dark" else "dark")

    # ways between pages

    def _open_chart(self, patient: str, tab: str) -> None:
        if not self.apart.forward(PatientId(patient), tab):
            self.chart.open(PatientId(patient), tab)
            self.shell.come_forward("chart")

    def _open_apart(self, patient: str, tab: str) -> None:
        """In a window of its own: the page goes there as it stands if it shows her, else it is opened there."""
        who = PatientId(patient)
        if self.apart.forward(who):
            return
        if self.apart.is_full:
            self._say("info", _("Three charts are open in windows of their own. Close one of them first."))
            return
        moved = self.chart.shows(who)
        chart, fresh = self.chart, self._chart({})
        if moved:
            self.shell.put("chart", fresh)
            self.chart = fresh
            if self.shell.loop.state.page == "chart":
                self.shell.go("patients")
        else:
            chart = fresh
            chart.open(who, tab)
        self.apart.add(chart)

    def _look_in_texts(self, text: str) -> None:
        """A chart that is in front can be searched alone."""
        chart, page = self.chart.loop.state.chart, self.shell.loop.state.page
        person = chart.person if chart and page == "chart" else None
        if page == "search":
            person = self.search.loop.state.person
        self.shell.go("search")
        self.search.open(text, person)

    def _look_elsewhere(self, text: str) -> None:
        self.shell.go("emergency")
        self.emergency.open(text)

    def _look_at_reviews(self) -> None:
        self.shell.go("audit")
        self.audit.show_tab("reviews")

    def _open_visit(self, event: VisitOpened) -> None:
        self.visit.open(replace(event, reachable=self.telephone.present(event.kiosk)))
        self.shell.loop.send(shell.VisitOpened())
        self.shell.come_forward()
        self._flag_seen_to(event.patient)

    def _queue_read(self, rows: tuple[Waiting, ...]) -> None:
        self.telephone.queue_read(rows)
        waiting = len([row for row in rows if row.encounter.status != "in-progress"])
        self.shell.loop.send(shell.WaitingCounted(waiting))

    def _unread(self, count: int) -> None:
        self.shell.loop.send(shell.UnreadCounted(count))
        self.today.show_unread(count)

    def _heard(self, message: str) -> None:
        """The voice note that is heard, wherever it was asked for."""
        for panel in (self.messages.thread, self.chart.talk, *(one.talk for one in self.apart.charts())):
            panel.playing(message)

    def _arrived(self, count: int) -> None:
        self.shell.say("info", plural("%(n)d person has come in", "%(n)d people have come in", count))

    def _flagged(self, rows: tuple[Waiting, ...]) -> None:
        """Told on every page; on Today itself there is nothing to open."""
        self._flags, elsewhere = rows, self.shell.loop.state.page != "today"
        self.shell.say(
            "danger",
            alarm_words(rows),
            _("Open Today") if elsewhere else "",
            lambda: self.shell.go("today"),
            _FLAGS,
        )
        self._say_apart(alarm_words(rows))

    def _say_apart(self, text: str) -> None:
        """Also where the chart of somebody else has the keyboard, perhaps on another screen."""
        if (window := self.apart.active()) is not None:
            toast(window, text, "danger")

    def _flag_seen_to(self, patient: str) -> None:
        """Whoever is being seen needs no alarm any more; the others do."""
        others = tuple(row for row in self._flags if row.encounter.patient != patient)
        if len(others) < len(self._flags) and self.shell.hush(_FLAGS) and others:
            self._flagged(others)

    def _person_called(self, kiosk: str, name: str, said: PersonCalled) -> None:
        """Somebody at a kiosk asks for help: told, with a sound, until somebody comes; said again, it stands as it stood."""
        about = f"person at {kiosk}"
        if said.over:
            self.shell.hush(about)
        elif not self.shell.tells(about):
            words = _("Help is asked for at %(kiosk)s") % {"kiosk": name}
            text = f"{words} · {said.ticket}" if said.ticket else words
            self.shell.say("danger", text, _("I am coming"), lambda: self.telephone.come(kiosk), about)
            self._say_apart(text)
            QApplication.beep()

    def _identity_confirmed(self, provisional: str, other: str) -> None:
        def undo() -> None:
            self._help.write(
                self.room.clinic.undo_identity,
                PatientId(provisional),
                PatientId(other),
                failed=lambda sentence: self.shell.say("warn", sentence),
            )

        self.shell.say("ok", _("Identity confirmed: both records are one chart now."), _("Undo"), undo)

    # what comes from outside

    def _call_changed(self, call: Call) -> None:
        if call.phase not in RESTING:
            self._end_check()
        self.visit.loop.send(CallChanged(str(call.phase), call.reason, call.signalling_up, call.encounter_id))
        self.shell.loop.send(shell.CallChanged(str(call.phase)))
        self.today.lease.look()

    def _show_call(self) -> None:
        """For whoever looks at another page."""
        state = self.visit.loop.state
        call = state.call
        waits = call.phase == "talking" and (call.held or call.waits)
        said = hold_words(call.held) if waits else call_words(call.phase, call.reason, True, True)
        live = call.phase == "talking" and not waits
        self.shell.show_call(state.caller, live, said.text, self.visit.window_of_call is not None)

    def _reach_changed(self) -> None:
        self.today.reach_changed()
        self.visit.loop.send(ReachChanged(self.telephone.present(self.visit.loop.state.kiosk)))

    def _changed(self, changes: Changes) -> None:
        if self._given_up:
            return  # a change that was on its way while its page went
        self._kinds |= changes.kinds
        self._patients |= changes.patients
        self._gather.start()

    def _tell_pages(self) -> None:
        kinds, patients = self._kinds, self._patients
        self._kinds, self._patients = frozenset(), frozenset()
        for page in (
            self.today,
            self.patients,
            self.schedule,
            self.messages,
            self.inbox,
            self.exchange,
            self.search,
            self.emergency,
            self.organisation,
            self.feedback,
        ):
            page.told(kinds)
        if "Consent" in kinds:
            self.telephone.recordist.look()
        if kinds & {"Appointment", "AppointmentRequest", "NotAvailable", "Schedule", "Slot"}:
            self.telephone.tell_free_times()
        if "Trust" in kinds:
            self._trust_grew()
        if "Questionnaire" in kinds:
            self.telephone.tell_questionnaires()
        self.chart.told(kinds, patients)
        self.apart.told(kinds, patients)
        self.visit.told(kinds, patients)
        if "Sync" in kinds and not self.telephone.online:
            self._read_status()

    def _trust_grew(self) -> None:
        """An administrator was heard; perhaps she ordered a wipe, which is obeyed at once."""
        self.today.lease.look()
        if self._desk.trust.is_wiped(self._desk.device):
            self.wipe_ordered.emit()

    def in_care(self) -> bool:
        """Whether a visit is open or a call goes on."""
        return self.in_call() or self.visit.loop.state.in_care

    def _read_status(self) -> None:
        self._help.read(
            self.room.clinic.sync_status,
            failed=lambda _sentence: None,
            then=lambda status: self.shell.loop.send(shell.StatusCame(status, self._clock.now())),
        )

    # locking

    def save_all(self) -> None:
        """Save every draft; `room.ways.covered` follows."""
        charts = [one for one in self._charts() if one.forms.unsaved]
        for chart in charts:
            chart.forms.flush()
        if not charts:
            self.visit.lock()
            return
        written = self.visit.lock  # once the forms are: writes run one after the other
        self._help.write(_after_the_others, then=lambda _: written(), failed=lambda _said: written())

    def unsaved(self) -> bool:
        """Whether something typed is not on the disk yet."""
        return self.visit.loop.state.unsaved or any(one.forms.unsaved for one in self._charts())

    def _charts(self) -> tuple[ChartView, ...]:
        """In the main window and beside it."""
        return (self.chart, *self.apart.charts())

    def unfinished(self) -> tuple[str, str]:
        """(page, sentence) of what closing the program now would end or lose; ("", "") when nothing."""
        if self.visit.loop.state.call.running:
            return "visit", _("You are in a call. Closing Posta hangs up.")
        if self.visit.typed_and_unsent():
            return "visit", _("Something you wrote here has not been sent or signed.")
        if said := self.chart.unfinished():
            return "chart", said
        window, said = self.apart.unfinished()
        if window is not None:
            return "", f"{window.windowTitle()}: {said}"
        if self.room.drafts.any():
            return "messages", _("A message you wrote has not been sent.")
        if self.inbox.loop.state.unwritten:
            return "inbox", _("What you joined by hand does not stand yet.")
        if self.patients.loop.state.form not in (None, NewPerson()):
            return "patients", _("The new patient has not been registered yet.")
        return "", ""

    def hold_back(self, page: str, sentence: str, anyway: Callable[[], object]) -> None:
        """Say why the program does not close at once, where that stands; the choice stays with the person."""
        if page:
            self.shell.go(page)
        self.shell.say("warn", sentence, _("Close anyway"), anyway)

    def takes_pin(self) -> bool:
        """Whether the PIN of the person here would show the work again."""
        try:
            return self.cover.takes_pin
        except Unavailable:
            return False

    def lock_after_s(self) -> float:
        """Seconds untouched until the screen covers itself; what the clinic allows, where the disk does not answer."""
        try:
            return 60.0 * lock_minutes(self.desk)
        except Unavailable:
            return 60.0 * most_minutes(self.desk)

    def in_call(self) -> bool:
        """Whether a call is being made or goes on."""
        return self.shell.loop.state.call in shell.IN_CALL

    def idle_too_long(self) -> None:
        """Nobody has touched anything for as long as the screen waits."""
        self.shell.loop.send(shell.IdleTooLong())


def _states_of(chart: ChartView) -> dict[str, Any]:
    """By the names that `Seat._chart` takes them by."""
    return {
        "chart": chart.loop.state,
        "alerts": chart.band.loop.state,
        "replay": chart.replay.loop.state,
        "consents": chart.consents.loop.state,
        "forms": chart.forms.loop.state.carried(),
    }


def _after_the_others() -> None:
    """Runs when every write before it is done."""
