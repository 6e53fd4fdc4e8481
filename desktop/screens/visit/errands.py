# SPDX-License-Identifier: GPL-3.0-or-later
"""What the visit asks of the clinic, the telephone and the other pages: effects carried out, answers told
back as events of the visit that asked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QWidget

from clinic.calls.quality import Rung
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.domain.values import Attachment
from desktop.kit.papers import Paper, read_paper
from desktop.kit.sharing import Sharing
from desktop.kit.words import _, language
from desktop.screens.files import keep_file, read_shown
from desktop.screens.room import Room
from desktop.screens.schedule.words import met_words
from desktop.screens.visit import happenings as h
from desktop.screens.visit import rung_happenings as r
from desktop.screens.visit import share_happenings as x
from desktop.screens.visit.rung_happenings import RungEffect
from desktop.screens.visit.share_happenings import ShareEffect
from desktop.screens.visit.state import State

if TYPE_CHECKING:
    from clinic.domain.facts import Observation
    from clinic.domain.schedules import Outside
    from clinic.services.bookings import Collision


class Line:
    """What the page asks of the outside: the call and the letters to the kiosk. The app hands in the real
    one. `sharing` is what is shown in the call; None where there is no telephone.
    """

    sharing: Sharing | None = None

    def on_call(self, encounter: EncounterId) -> tuple[str, DeviceId] | None:
        """Id and other side of the call that belongs to that visit, while it runs."""
        return None

    def share(self, encounter: EncounterId, paper: Paper) -> bool: ...
    def ring(self, kiosk: DeviceId, encounter: EncounterId) -> None: ...
    def hang(self) -> None: ...
    def mute(self, audio: bool, video: bool) -> None: ...
    def hold_call(self, on: bool) -> None: ...
    def chat_line(self, kiosk: DeviceId, message: Any) -> None: ...
    def visit_over(self, kiosk: DeviceId, encounter: EncounterId) -> None: ...
    def hold(self, rung: Rung) -> None: ...
    def ask_more(self) -> None: ...
    def ask_still(self) -> None: ...
    def begin_note(self) -> None: ...
    def end_note(self, keep: bool) -> None: ...
    def play_note(self, message: str, sound: bytes) -> None: ...
    def stop_note(self) -> None: ...
    def heard(self, kiosk: DeviceId, encounter: EncounterId, message: str) -> None: ...


class Errands:
    """`state()` is the visit as it is shown now; `send` takes its events. `save_to`: a folder for summaries
    (None asks with the system's dialog).
    """

    def __init__(
        self,
        page: QWidget,
        room: Room,
        line: Line,
        save_to: Path | None,
        state: Callable[[], State],
        send: Callable[[h.Event], None],
    ) -> None:
        self._page, self._room, self._line, self._save_to = page, room, line, save_to
        self._state, self._send = state, send
        self._help = room.helper(page)

    def flush(self) -> None:
        """The program ends: every unsaved section goes to the writer, who finishes before the book closes."""
        state = self._state()
        notes = [(state.encounter, state.patient, state.parts)]
        notes += [(encounter, left.patient, left.parts) for encounter, left in state.left.items()]
        for encounter, patient, parts in notes:
            for section, part in parts.items():
                if part.text != (part.saved if part.saving is None else part.saving):
                    self._help.write(
                        self._room.clinic.autosave,
                        encounter,
                        section,
                        part.text,
                        patient,
                        failed=lambda _said: None,
                    )

    def run(self, effect: h.Effect) -> None:
        """Carry one effect out."""
        match effect:
            case h.StartVisit():
                self._start(effect)
            case h.Save():
                self._save(effect)
            case h.Redraw(patient):
                self._draw(self._room.clinic.chart, patient)
            case h.CoverScreen():
                self._room.ways.covered.emit()
            case h.Say(tone, sentence):
                self._room.ways.said.emit(tone, sentence)
            case h.OpenOther(encounter, patient, kiosk):
                now = self._room.clock.now()
                self._room.ways.visit.emit(h.VisitOpened(encounter, patient, kiosk, now))
            case h.Ring(kiosk, encounter, patient):
                self._ring(kiosk, encounter, patient)
            case h.Hang():
                self._line.hang()
            case h.Mute(audio, video):
                self._line.mute(audio, video)
            case h.HoldCall(on):
                self._line.hold_call(on)
            case h.PostChatLine(kiosk, message):
                self._line.chat_line(kiosk, message)
            case h.PostVisitOver(kiosk, encounter):
                self._line.visit_over(kiosk, encounter)
            case _ if isinstance(effect, RungEffect):
                self._on_the_ladder(effect)
            case _ if isinstance(effect, ShareEffect):
                self._on_sharing(effect)
            case _:
                self._ask(effect)

    def _on_the_ladder(self, effect: RungEffect) -> None:
        match effect:
            case r.HoldRung(rung):
                self._line.hold(rung)
            case r.AskMore():
                self._line.ask_more()
            case r.AskStill():
                self._line.ask_still()
            case r.BeginNote():
                self._line.begin_note()
            case r.EndNote(keep):
                self._line.end_note(keep)
            case r.StopListening():
                self._line.stop_note()
            case r.Listen():
                self._listen(effect)
            case r.KeepStill(encounter, picture, title, number):
                self._write(
                    self._room.clinic.keep_still,
                    encounter,
                    picture,
                    title,
                    then=lambda _kept: self._told(r.StillKept(encounter, number)),
                )
            case r.SendNote(_patient, encounter, kiosk, sound, seconds):
                self._write(
                    self._room.clinic.send_note,
                    encounter,
                    sound,
                    seconds,
                    then=lambda message: self._told(h.MessageSent(message, kiosk)),
                )

    def _on_sharing(self, effect: ShareEffect) -> None:
        sharing = self._line.sharing
        match effect:
            case x.AskToShare(encounter, patient):
                self._help.read(
                    self._room.clinic.ask_to_share,
                    patient,
                    then=lambda _permit: self._send(x.ShareAllowed(encounter)),
                    failed=lambda sentence: self._send(h.Failed(sentence, encounter, unasked=True)),
                )
            case x.ShareDocument(encounter, attachment, title):
                self._share(self._document, encounter, attachment, title)
            case x.ShareFile(encounter):
                if path := self.pick_file():
                    self._share(self._file, encounter, path)
            case x.TurnPage(page) if sharing is not None:
                sharing.turn(page)
            case x.StopSharing() if sharing is not None:
                sharing.stop()

    def _share(self, reading: Callable[..., Paper], encounter: EncounterId, *what: Any) -> None:
        """Read on a worker, with the consent asked again there; shown only if that call still runs."""
        on = self._line.on_call(encounter)
        if on is None:
            return

        def shown(paper: Paper) -> None:
            if not self._line.share(encounter, paper):
                self._write(
                    self._room.clinic.share_over,
                    encounter,
                    *on,
                    paper.title,
                    0,
                    paper.pages,
                    then=lambda _done: None,
                )

        self._write(reading, encounter, *on, *what, then=shown)

    def _document(
        self, encounter: EncounterId, call: str, to: DeviceId, attachment: Attachment, title: str
    ) -> Paper:
        """One that turns out not to be readable was shown to nobody, and that is written down too."""
        data = self._room.clinic.share_document(encounter, call, to, attachment)
        try:
            return read_paper(data, title)
        except Refusal:
            self._room.clinic.share_over(encounter, call, to, title, 0, 0)
            raise

    def _file(self, encounter: EncounterId, call: str, to: DeviceId, path: Path) -> Paper:
        """What cannot be shown is refused before anything is written down."""
        paper = read_paper(read_shown(path), path.name)
        self._room.clinic.share_file(encounter, call, to, path.name)
        return paper

    def pick_file(self) -> Path | None:
        """The file she chooses, None for none."""
        kinds = _("Pictures and PDF (%(kinds)s)") % {
            "kinds": "*.pdf *.png *.jpg *.jpeg *.webp *.tif *.tiff *.bmp"
        }
        chosen, _kind = QFileDialog.getOpenFileName(self._page, _("Show a file in the call"), "", kinds)
        return Path(chosen) if chosen else None

    def _listen(self, effect: r.Listen) -> None:
        """The sound first; then whoever said it hears that it was heard."""
        clinic, line = self._room.clinic, self._line

        def play(sound: bytes) -> None:
            line.play_note(effect.message, sound)
            self._write(clinic.shown, effect.patient, (effect.message,), then=self._redraw)
            if effect.kiosk:
                line.heard(effect.kiosk, effect.encounter, effect.message)

        self._read(clinic.open_document, effect.patient, effect.attachment, then=play)

    def _ask(self, effect: h.Effect) -> None:
        """Effects that are one verb and one event after it."""
        clinic, send = self._room.clinic, self._send
        match effect:
            case h.ReadDraft(encounter):
                self._write(clinic.draft, encounter, then=lambda draft: send(h.DraftChanged(draft)))
            case h.FindCodes(text):
                self._read(
                    clinic.find_condition,
                    text,
                    language(),
                    then=lambda found: send(h.CodesFound(text, found)),
                )
            case h.FindDrugs(text):
                self._read(clinic.find_medication, text, then=lambda found: send(h.DrugsFound(text, found)))
            case h.Check(patient, drug, replacing):
                self._read(
                    clinic.check,
                    patient,
                    drug,
                    replacing,
                    then=lambda said: send(h.CautionsCame(patient, drug, said, replacing)),
                )
            case h.CheckDose(patient, drug, dose):
                self._read(
                    clinic.check_dose,
                    patient,
                    drug,
                    dose.dose,
                    dose.route,
                    dose.every_hours,
                    then=lambda said: send(h.DoseChecked(patient, drug, dose, said)),
                )
            case h.TakeVitals(encounter, patient, values, said):
                self._write(
                    clinic.take_vitals,
                    encounter,
                    values,
                    patient,
                    then=lambda taken: self._told(
                        h.VitalsTaken(encounter, patient, tuple(one.id for one in taken), said)
                    ),
                )
            case h.SayTaken():
                self._say_taken(effect)
            case h.AddCode(encounter, code, patient):
                self._write(clinic.add_condition, encounter, code, patient, then=self._redraw)
            case h.RemoveCode(condition, patient):
                why = _("Chosen by mistake")
                self._write(clinic.remove_condition, condition, why, patient, then=self._redraw)
            case h.WritePregnancy():
                self._write_pregnancy(effect)
            case h.Prescribe():
                self._prescribe(effect)
            case h.SendMessage():
                self._message(effect)
            case h.BookNext():
                self._write(self._book_if_free, effect, then=lambda found: self._booked(effect, found))
            case h.Sign(encounter, patient, kiosk, password):
                self._write(
                    clinic.sign,
                    encounter,
                    patient,
                    password,
                    then=lambda note: self._told(h.Signed(note, kiosk)),
                )
            case h.SignAddendum(note, text, patient):
                encounter = self._state().encounter
                self._write(
                    clinic.addendum,
                    note,
                    text,
                    patient,
                    then=lambda _done: self._told(h.AddendumSigned(encounter)),
                )
            case h.SaveSummary(encounter):
                self._summary(encounter)

    def _book_if_free(self, effect: h.BookNext) -> tuple[tuple[Collision, ...], Outside | None]:
        """On a worker: what is in the way, and then nothing is booked."""
        clinic = self._room.clinic
        found = clinic.in_the_way(effect.patient, effect.start)
        outside = None if effect.anyway else clinic.out_of_hours(effect.patient, effect.start)
        if outside is not None or {one.shared.other.id for one in found} - set(effect.despite):
            return found, outside
        clinic.book_next(effect.patient, effect.start, effect.reason, effect.despite, effect.anyway)
        return (), None

    def _booked(self, effect: h.BookNext, met: tuple[tuple[Collision, ...], Outside | None]) -> None:
        found, outside = met
        if not found and outside is None:
            self._told(h.NextBooked(effect.encounter))
        elif self._state().encounter == effect.encounter:
            asked = h.NextPressed(effect.start, effect.reason)
            self._send(h.NextTaken(effect.encounter, asked, found, outside))
        else:
            said = _("The next appointment was not booked.")
            self._room.ways.said.emit("warn", f"{said} {met_words(found, outside)}")

    def _write_pregnancy(self, effect: h.WritePregnancy) -> None:
        """An answer that was not written is asked for again by the check."""
        clinic, patient = self._room.clinic, effect.patient
        told = (
            _("%(name)s is pregnant, she says.")
            if effect.pregnant
            else _("%(name)s is not pregnant, she says.")
        )
        checked_anew = h.PregnancyWritten(patient)

        def written(one: Observation) -> None:
            self._send(checked_anew)

            def undo() -> None:
                why = _("Chosen by mistake")
                self._write(
                    clinic.take_back_vitals, (FactId(one.id),), why, patient,
                    then=lambda _done: self._send(checked_anew),
                )  # fmt: skip

            self._room.ways.undoable.emit("ok", told % {"name": effect.name}, undo)

        def failed(sentence: str) -> None:
            self._send(h.Failed(sentence, effect.encounter))
            self._send(checked_anew)

        self._help.write(
            clinic.answer_pregnancy, patient, effect.pregnant, effect.encounter, patient, then=written, failed=failed
        )  # fmt: skip

    def _say_taken(self, effect: h.SayTaken) -> None:
        """What was written down by a slip is taken back by one touch; it stays on the chart as that."""

        def undo() -> None:
            why = _("Typed by mistake")
            clinic = self._room.clinic
            self._write(clinic.take_back_vitals, effect.taken, why, effect.patient, then=self._redraw)

        self._room.ways.undoable.emit("ok", effect.said, undo)

    def _told(self, event: h.Event) -> None:
        """Something was written: say so, and show the record as it is now."""
        self._send(event)
        self._redraw()

    def _redraw(self, _done: object = None) -> None:
        self._draw(self._room.clinic.chart, self._state().patient)

    def _draw(self, verb: Callable[..., Any], patient: PatientId) -> None:
        self._read(verb, patient, then=lambda chart: self._send(h.ChartLoaded(chart, self._room.clock.now())))

    def _read(self, fn: Callable[..., Any], *args: Any, then: Callable[[Any], object]) -> None:
        self._help.read(fn, *args, then=then, failed=self._failed())

    def _write(self, fn: Callable[..., Any], *args: Any, then: Callable[[Any], object]) -> None:
        self._help.write(fn, *args, then=then, failed=self._failed())

    def _failed(self) -> Callable[[str], None]:
        """What to do with a sentence that comes back, for the visit that is shown now."""
        encounter = self._state().encounter
        return lambda sentence: self._send(h.Failed(sentence, encounter))

    def _start(self, effect: h.StartVisit) -> None:
        clinic, encounter, patient = self._room.clinic, effect.encounter, effect.patient
        self._write(clinic.start_visit, encounter, patient, then=lambda _done: None)
        self._read(clinic.draft, encounter, then=lambda draft: self._send(h.DraftLoaded(draft)))
        self._draw(clinic.open_chart, patient)

    def _save(self, effect: h.Save) -> None:
        encounter, section, text = effect.encounter, effect.section, effect.text
        self._help.write(
            self._room.clinic.autosave,
            encounter,
            section,
            text,
            effect.patient,
            then=lambda _done: self._send(
                h.Saved(encounter, section, text, self._room.clock.now(), effect.since)
            ),
            failed=lambda sentence: self._send(h.SaveFailed(encounter, section, sentence)),
        )

    def _ring(self, kiosk: DeviceId, encounter: EncounterId, patient: PatientId) -> None:
        """The consent gate first: no permission, no call."""
        self._help.read(
            self._room.clinic.ask_to_call,
            patient,
            then=lambda _permit: self._line.ring(kiosk, encounter),
            failed=lambda sentence: self._send(h.Failed(sentence, encounter, unasked=True)),
        )

    def _prescribe(self, effect: h.Prescribe) -> None:
        order = effect.order
        self._write(
            self._room.clinic.prescribe,
            effect.encounter,
            effect.drug,
            order.dose,
            order.route,
            order.every_hours,
            order.days,
            order.instructions,
            effect.patient,
            order.reason,
            effect.replacing,
            then=lambda _done: self._told(h.Prescribed(effect.encounter)),
        )

    def _message(self, effect: h.SendMessage) -> None:
        self._write(
            self._room.clinic.send_message,
            effect.patient,
            effect.text,
            effect.encounter,
            effect.attachments,
            effect.patient,
            then=lambda message: self._told(h.MessageSent(message, effect.kiosk)),
        )

    def _summary(self, encounter: EncounterId) -> None:
        visit = self._state().visit
        suggested = f"posta-{_('summary')}-{visit.ticket if visit and visit.ticket else encounter}.pdf"
        if self._save_to is not None:
            path = self._save_to / suggested
        else:
            title, kind = _("Save the summary as PDF"), "PDF (*.pdf)"
            chosen, _kind = QFileDialog.getSaveFileName(self._page, title, suggested, kind)
            if not chosen:
                return
            path = Path(chosen)
        self._write(self._keep_summary, encounter, path, then=lambda done: self._send(h.SummarySaved(done)))

    def _keep_summary(self, encounter: EncounterId, path: Path) -> str:
        return keep_file(path, self._room.clinic.summary_pdf(encounter))
