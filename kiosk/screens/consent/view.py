# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that is read aloud, five questions with yes and no, a pad to sign on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.facts import Decision
from desktop.kit.buttons import PrimaryButton, SecondaryButton, YesNo
from desktop.kit.navigation import StepDots
from desktop.kit.signature import SignaturePad
from desktop.kit.surfaces import Card, EmptyState
from desktop.kit.text import Text
from desktop.kit.words import N_, _
from kiosk import flow
from kiosk.screens.consent import logic
from kiosk.screens.pieces import Arrows, Drawing, middle, row, stacked
from kiosk.screens.room import Heading, Room, Screen, Sides

PICTURES = {
    "treatment": "doctor",
    "teleconsultation": "talk",
    "recording": "video",
    "sharing": "users",
    "analytics": "activity",
}
SCOPES = {
    "treatment": N_("Care"),
    "teleconsultation": N_("Visit by video"),
    "recording": N_("Recording"),
    "sharing": N_("Sharing"),
    "analytics": N_("Better care for all"),
}

TALLEST_PAD = 560


class ConsentScreen(Screen):
    """Ends with the answers, the strokes and how long the text was read aloud."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._template = journey.template
        self._spoken_before = room.voice.seconds_spoken
        self._pages = QStackedWidget()
        self.body.addWidget(self._pages)
        if self._template is None:
            self._pages.addWidget(EmptyState("clock", _("One moment"), _("The text is being opened.")))
            self.head(Heading(_("Your consent"), _("One moment")))
        else:
            self._open()

    def follow(self, journey: flow.Journey) -> None:
        if self._template is None and journey.template is not None:
            self._template = journey.template
            self._open()

    def _open(self) -> None:
        assert self._template is not None
        self._state = logic.begun(self._template.intro, tuple(item.scope for item in self._template.items))
        while (page := self._pages.widget(0)) is not None:
            self._pages.removeWidget(page)
        for page in (self._read_page(), self._item_page(), self._sign_page()):
            self._pages.addWidget(page)
        self._render()

    # pages

    def _read_page(self) -> QWidget:
        self._text = Text("", "heading", name="kiosk.consent.text", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        card = Card(name="kiosk.consent.card")
        self._reading = Arrows(self._text, name="kiosk.consent.text")
        card.add(Sides(Drawing("sign", largest=260), self._reading, (1, 3)), 1)
        go_on = PrimaryButton(_("I understood, go on"), name="kiosk.consent.next", icon="arrow-right")
        go_on.clicked.connect(lambda: self._become(logic.read(self._state)))
        return stacked((card, 1), (go_on, 0))

    def _item_page(self) -> QWidget:
        self._drawing = Drawing("doctor", largest=340)
        self._question = middle(Text("", "title", name="kiosk.consent.question"))
        self._item = StepDots(name="kiosk.consent.item")
        answers = YesNo(name="kiosk.consent.item")
        answers.setObjectName("kiosk.consent.answers")  # the item itself is called kiosk.consent.item
        answers.answered.connect(lambda yes: self._become(logic.answered(self._state, yes)))
        words = stacked((self._item, 0), (self._question, 1))
        return stacked((Sides(self._drawing, words, (2, 3)), 1), (answers, 0))

    def _sign_page(self) -> QWidget:
        assert self._template is not None
        self._closing = Text(self._template.closing, "body", wrap=True)
        self._pad = SignaturePad(name="kiosk.consent.pad", spoken=_("Sign here with your finger"))
        self._pad.setMaximumHeight(TALLEST_PAD)
        self._pad.changed.connect(self._drawn)
        self._clear = SecondaryButton(_("Wipe and sign again"), name="kiosk.consent.clear", icon="eraser")
        self._clear.clicked.connect(self._pad.clear)
        self._sign = PrimaryButton(_("I sign"), name="kiosk.consent.sign", icon="pen")
        self._sign.clicked.connect(self._signed)
        buttons = row(self._clear, self._sign)
        buttons.setContentsMargins(0, 0, 0, 0)
        box = QWidget()
        box.setLayout(buttons)
        return stacked((self._closing, 0), (self._pad, 1), (box, 0))

    # what happens

    def _become(self, state: logic.State) -> None:
        self._state = state
        self._render()

    def _drawn(self) -> None:
        ready = logic.is_signature(logic.strokes(self._pad.strokes()))
        self._sign.setEnabled(ready)
        self._clear.setEnabled(not self._pad.empty())

    def _signed(self) -> None:
        strokes = logic.strokes(self._pad.strokes())
        self.room.voice.hush()
        seconds = round(self.room.voice.seconds_spoken - self._spoken_before)
        self.room.send(flow.ConsentSigned(self._state.decisions, strokes, seconds))

    def _render(self) -> None:
        assert self._template is not None
        self._pages.setCurrentIndex(list(logic.Stage).index(self._state.stage))
        match self._state.stage:
            case logic.Stage.READ:
                page = self._state.pages[self._state.index]
                self._text.setText(page)
                self._reading.to_top()
                self.head(Heading(self._template.title, "", page))
            case logic.Stage.ITEMS:
                item = self._template.items[self._state.index]
                self._drawing.show_picture(PICTURES.get(item.scope, "doctor"))
                self._question.setText(item.question)
                self._item.show_step(self._state.index, len(self._template.items))
                self.head(Heading(_(SCOPES[item.scope]), "", item.question))
            case logic.Stage.SIGN:
                self._drawn()
                self.head(Heading(_("Sign with your finger"), self._told(), self._template.closing))

    def _told(self) -> str:
        assert self._template is not None
        said = self._state.decisions
        yes = sum(said[scope] == Decision.PERMIT for scope in self._state.scopes)
        return _("You said yes to %(yes)d and no to %(no)d questions") % {"yes": yes, "no": len(said) - yes}

    def can_go_back(self, journey: flow.Journey) -> bool:
        return self._template is not None and logic.back(self._state) is not None

    def back(self) -> bool:
        before = logic.back(self._state) if self._template is not None else None
        if before is not None:
            self._become(before)
        return True
