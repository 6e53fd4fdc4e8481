# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel of a person's cards, on the page of patients and on the chart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from clinic.domain.errors import Unavailable
from clinic.domain.ids import PatientId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import DangerButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field, LineField
from desktop.kit.people import Mark
from desktop.kit.surfaces import EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import N_, _, fmt_date, fmt_moment, fmt_time, tell
from desktop.screens.ident import logic
from desktop.screens.ident.logic import Effect, Event, Face, State
from desktop.screens.layouts import across, down, holding
from desktop.screens.lines import Line, LineList
from desktop.screens.photos import QrView
from desktop.screens.phrases import number_text

if TYPE_CHECKING:
    from clinic.services.cards import CardLine
    from desktop.screens.room import Room

KINDS = frozenset({"PatientCard", "VerificationResult", "Codes"})
WHYS = {
    "lost": N_("lost"),
    "stolen": N_("stolen"),
    "damaged": N_("damaged"),
    "replaced": N_("replaced by another"),
    "other": N_("another reason"),
}


class CardsPanel(QWidget):
    """`closed` when the reader is done; a card's secret lives here until then, and nowhere else."""

    closed = Signal()

    def __init__(self, room: Room, where: str) -> None:
        super().__init__()
        self._room, self._help, self._where = room, room.helper(self), where
        self._faces: dict[Face, QWidget] = {
            Face.LIST: self._list_face(),
            Face.NEW: self._new_face(),
            Face.SHOWN: self._shown_face(),
            Face.ENDING: self._ending_face(),
            Face.CODE: self._code_face(),
        }
        self.title = Text("", "title", wrap=True)
        self.notice = Notice(name=f"{where}.cards.notice")
        self.stack = QStackedWidget()
        for face in self._faces.values():
            self.stack.addWidget(face)
        self.setLayout(down(self.title, self.notice, (self.stack, 1), gap=12))
        self.loop: Loop[State, Event, Effect] = Loop(State(), logic.update, self._perform, self._render)

    def open(self, patient: PatientId, name: str) -> None:
        """Show this person's cards."""
        self.loop.send(logic.Opened(patient, name))

    @property
    def patient(self) -> PatientId:
        """Whose cards are shown; '' while the panel is closed."""
        return self.loop.state.patient

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & KINDS and self.isVisible():
            self.loop.send(logic.FactsChanged())

    # faces

    def _list_face(self) -> QWidget:
        self.cards = LineList(name=f"{self._where}.cards.list", spoken=_("Her cards"), wrap=True)
        self.cards.chosen.connect(lambda key: self.loop.send(logic.Chosen(key)))
        hint = _("With a card she is known at the kiosk at once, also without the network.")
        self.none = EmptyState("card", _("No card yet"), hint, name=f"{self._where}.cards.none")
        self.new = PrimaryButton(_("New card"), name=f"{self._where}.cards.new", icon="card")
        self.new.clicked.connect(lambda: self.loop.send(logic.NewPressed()))
        self.end = SecondaryButton(_("End this card"), name=f"{self._where}.cards.end", icon="x")
        self.end.clicked.connect(lambda: self.loop.send(logic.EndPressed()))
        self.give = SecondaryButton(_("One-time code"), name=f"{self._where}.cards.code", icon="lock")
        self.give.clicked.connect(lambda: self.loop.send(logic.CodePressed()))
        close = self._back(_("Close"), "close")
        return holding(
            down(
                (self.cards, 1),
                (self.none, 1),
                across((self.new, 1), (self.end, 1), gap=8),
                across((self.give, 1), (close, 1), gap=8),
            )
        )

    def _new_face(self) -> QWidget:
        self.pin, self.again = self._secret("pin"), self._secret("again")
        what = _(
            "The PIN is hers: she types it, 4 to 6 digits, and again. With it the card alone opens nothing. Without a "
            "PIN whoever holds the card sees what the kiosk shows of her. A forgotten PIN needs a new card."
        )
        make = PrimaryButton(_("Make the card"), name=f"{self._where}.cards.make", icon="check")
        make.clicked.connect(self._make)
        self.again.returnPressed.connect(self._make)
        self.make = make
        return holding(
            down(
                Text(what, "muted", wrap=True),
                Field(_("PIN (may stay empty)"), self.pin),
                Field(_("The same PIN again"), self.again),
                None,
                across(self._back(_("Cancel"), "new.leave"), None, make),
                gap=12,
            )
        )

    def _shown_face(self) -> QWidget:
        self.qr = QrView(name=f"{self._where}.cards.qr", spoken=_("QR of the card"), side=240)
        how = _("The kiosk reads this square. It is shown only now: print it before you go on.")
        keep = PrimaryButton(_("Print to PDF"), name=f"{self._where}.cards.print", icon="printer")
        keep.clicked.connect(self._print)
        return holding(
            down(
                across(None, self.qr, None),
                Text(how, "muted", wrap=True),
                None,
                across(self._back(_("Done"), "shown.leave"), None, keep),
                gap=12,
            )
        )

    def _ending_face(self) -> QWidget:
        self.which = Text("", "strong", wrap=True)
        self.why = Choice(
            [(key, _(text)) for key, text in WHYS.items()],
            name=f"{self._where}.cards.why",
            spoken=_("Why the card ends"),
        )
        what = _("It cannot be undone. A kiosk without the network learns of it when it is connected again.")
        sure = DangerButton(_("End the card"), name=f"{self._where}.cards.end.sure", icon="x")
        sure.clicked.connect(lambda: self.loop.send(logic.WhyGiven(self.why.key())))
        self.sure = sure
        return holding(
            down(
                self.which,
                Field(_("Why the card ends"), self.why),
                Text(what, "muted", wrap=True),
                None,
                across(self._back(_("Keep it"), "end.leave"), None, sure),
                gap=12,
            )
        )

    def _code_face(self) -> QWidget:
        self.digits = Text("", "display", name=f"{self._where}.cards.code.digits")
        self.digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.until = Text("", "body", name=f"{self._where}.cards.code.until", wrap=True)
        self.left = Notice(name=f"{self._where}.cards.code.left")
        how = _(
            "Make sure that you know who asks: give it to her alone, in person or on the number in her record. "
            "At the kiosk she touches “I have a code”."
        )
        return holding(
            down(
                None,
                self.digits,
                self.until,
                self.left,
                Text(how, "muted", wrap=True),
                None,
                across(self._back(_("Done"), "code.leave"), None),
                gap=12,
            )
        )

    def _secret(self, name: str) -> LineField:
        field = LineField(name=f"{self._where}.cards.{name}", secret=True)
        field.setMaxLength(6)
        field.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhHiddenText)
        return field

    def _back(self, words: str, name: str) -> QuietButton:
        button = QuietButton(words, name=f"{self._where}.cards.{name}")
        button.clicked.connect(lambda: self.loop.send(logic.BackPressed()))
        return button

    # rendering

    def _render(self, state: State) -> None:
        self.title.setText(_title(state))
        tone, words = ("danger", state.sentence) if state.sentence else ("ok", _(state.done))
        self.notice.say(tone, words)
        self.stack.setCurrentWidget(self._faces[state.face])
        self.cards.show_lines([card_line(card) for card in state.cards])
        if state.chosen:
            self.cards.choose(state.chosen)
        self.cards.setVisible(bool(state.cards))
        self.none.setVisible(not state.cards)
        self.end.setEnabled(state.can_end)
        for button in (self.new, self.give, self.make, self.sure):
            button.setEnabled(not state.busy)
        self.qr.show_text(state.text)
        if state.face is not Face.NEW:
            self.pin.clear()
            self.again.clear()
        if state.selected is not None:
            self.which.setText(card_line(state.selected).title)
        self._render_code(state)

    def _render_code(self, state: State) -> None:
        code = state.code
        if code is None:
            self.digits.setText("")
            return
        self.digits.setText(f"{code.code[:4]} {code.code[4:]}")
        words = {"number": number_text(code.number), "time": fmt_time(code.expires_at)}
        self.until.setText(_("With %(number)s, once, until %(time)s.") % words)
        if state.out:
            self.left.say("ok", _("The kiosks can take it now."))
        else:
            self.left.say("warn", _("It works once this computer has reached the centre."))

    # doing

    def _make(self) -> None:
        self.loop.send(logic.MakePressed(self.pin.text(), self.again.text()))

    def _perform(self, effect: Effect) -> None:
        clinic, send = self._room.clinic, self.loop.send
        match effect:
            case logic.Load(patient):
                self._help.read(
                    clinic.cards_of, patient, failed=self._failed,
                    then=lambda cards: send(logic.CardsCame(patient, cards)),
                )  # fmt: skip
            case logic.Make(patient, pin):
                self._help.write(
                    clinic.issue_card, patient, pin, failed=self._failed,
                    then=lambda text: send(logic.Made(patient, text)),
                )  # fmt: skip
            case logic.End(patient, card, why):
                self._help.write(
                    clinic.end_card, card, why, patient, failed=self._failed,
                    then=lambda _written: send(logic.Ended(patient)),
                )  # fmt: skip
            case logic.GiveCode(patient):
                self._help.write(
                    clinic.give_code, patient, failed=self._failed,
                    then=lambda code: send(logic.CodeCame(patient, code)),
                )  # fmt: skip
            case logic.LookOut():
                self._help.read(
                    clinic.code_is_out, failed=self._failed, then=lambda out: send(logic.CodeLeft(out))
                )
            case logic.Close():
                self.closed.emit()

    def _print(self) -> None:
        suggested, state = f"posta-{_('card')}.pdf", self.loop.state
        if self._room.save_to is not None:
            path = str(self._room.save_to / suggested)
        else:
            path, _kind = QFileDialog.getSaveFileName(self, _("Print to PDF"), suggested, "PDF (*.pdf)")
        if path:
            self._help.write(
                self._room.clinic.card_paper, state.patient, state.text, failed=self._failed,
                then=lambda paper: self._keep(Path(path), paper),
            )  # fmt: skip

    def _keep(self, path: Path, paper: bytes) -> None:
        try:
            path.write_bytes(paper)
        except OSError:
            sentence = "{path} could not be written. Check the disk and the folder's permissions."
            self._failed(tell(Unavailable(sentence, path=path.name)))
            return
        self.notice.say("ok", _("Saved: %(path)s") % {"path": path})

    def _failed(self, sentence: str) -> None:
        self.loop.send(logic.Failed(sentence))


def _title(state: State) -> str:
    if state.face is Face.CODE:
        return _("One-time code for %(name)s") % {"name": state.name}
    if state.face in (Face.LIST, Face.ENDING):
        return _("Cards of %(name)s") % {"name": state.name}
    return _("Card of %(name)s") % {"name": state.name}


def card_line(card: CardLine) -> Line:
    """Since when, by whom, last use, and whether it works."""
    title = _("Card of %(day)s") % {"day": fmt_date(card.issued_at)}
    used = _("last used %(when)s") % {"when": fmt_moment(card.used_at)} if card.used_at else _("not used yet")
    given = _("given by %(name)s") % {"name": card.issued_by} if card.issued_by else ""
    kind = _("with PIN") if card.asks_pin else _("without PIN")
    detail = " · ".join(part for part in (kind, used, given) if part)
    if card.works:
        return Line(card.card, title, detail, marks=(Mark(_("Works"), "ok", "check"),), icon="card")
    why = _(WHYS.get(card.revoked_why, WHYS["other"]))
    day = fmt_date(card.revoked_at) if card.revoked_at else ""
    ended = " · ".join(part for part in (detail, f"{why} {day}".strip()) if part)
    return Line(
        card.card, title, ended, marks=(Mark(_("Ended"), "neutral", "x"),), icon="card", tone="neutral"
    )
