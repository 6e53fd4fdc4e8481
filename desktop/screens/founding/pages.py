# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a new organisation, each a widget with its fields; `FoundingView` puts them in their order."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QFileDialog, QProgressBar, QRadioButton, QWidget

from desktop.kit.buttons import SecondaryButton
from desktop.kit.fields import Field, LineField
from desktop.kit.text import Text, named
from desktop.kit.words import _
from desktop.screens.founding.logic import (
    Paper,
    State,
    Step,
    Strength,
    sheet_names,
    stage_share,
    stage_words,
)
from desktop.screens.layouts import across, down

Chosen = Callable[[], object]


class Pane(QWidget):
    """One page: a heading, what it is about, its fields. `entered`: Return was pressed in the last of them."""

    entered = Signal()

    def __init__(self, heading: str, about: str, role: str = "muted") -> None:
        super().__init__()
        self.setProperty("kind", "plain")
        self.heading = Text(heading, "title")
        self.about = Text(about, role, wrap=True)
        self.about.setVisible(bool(about))

    def first(self) -> QWidget:
        """Where the hands begin."""
        raise NotImplementedError

    def render_state(self, state: State) -> None:
        """What changes on it."""


class CentrePane(Pane):
    def __init__(self) -> None:
        super().__init__(
            _("Set up a new organisation"),
            _(
                "The centre is the server that keeps your sealed records and passes them on. Whoever keeps it gave you its "
                "address; it serves nobody yet."
            ),
        )
        self.server = LineField(
            "https://posta.example.org", name="founding.server", spoken=_("Address of the centre")
        )
        self.code = LineField(name="founding.code")
        self.authority = LineField(name="founding.authority")
        self.look = SecondaryButton(
            _("Choose …"), name="founding.authority.look", spoken=_("Choose the certificate file")
        )
        self.look.clicked.connect(self._look)
        for field in (self.server, self.code, self.authority):
            field.returnPressed.connect(self.entered)
        own = Field(
            _("Certificate file of the centre"),
            self.authority,
            hint=_(
                "Only where the centre has a certificate of its own: the file ca.pem that came with the address."
            ),
        )
        code = Field(
            _("Founding code"),
            self.code,
            hint=_("If “posta server init” printed one. Nobody else can found then."),
        )
        beside = across((own, 1), self.look, gap=8)
        beside.setAlignment(self.look, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(
            down(
                self.heading,
                self.about,
                6,
                Field(_("Address of the centre"), self.server),
                code,
                beside,
                gap=10,
            )
        )

    def first(self) -> QWidget:
        return self.server

    def _look(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, _("Certificate file of the centre"), "", "PEM (*.pem *.crt *.cer);;* (*)"
        )
        if path:
            self.authority.setText(path)

    def render_state(self, state: State) -> None:
        self.look.setEnabled(not state.busy)


class WhoPane(Pane):
    def __init__(self) -> None:
        super().__init__(
            _("The organisation and you"),
            _(
                "You become its first administrator: you invite everybody else. All three names can be read by everybody in it."
            ),
        )
        self.organization = LineField(
            _("Northern Health Network"), name="founding.organization", spoken=_("Name of the organisation")
        )
        self.name = LineField(_("Dr. Laura Benítez"), name="founding.name", spoken=_("Your name"))
        self.device = LineField(
            _("Consulting room 2"), name="founding.device", spoken=_("Name of this computer")
        )
        for field in (self.organization, self.name, self.device):
            field.returnPressed.connect(self.entered)
        self.setLayout(
            down(
                self.heading,
                self.about,
                6,
                Field(_("Name of the organisation"), self.organization),
                across((Field(_("Your name"), self.name), 1), (Field(_("Name of this computer"), self.device), 1), gap=12),
                gap=10,
            )
        )  # fmt: skip

    def first(self) -> QWidget:
        return self.organization


class PasswordPane(Pane):
    changed = Signal()

    def __init__(self) -> None:
        rule = _("At least 15 characters, or 5 words with spaces between them.")
        lost = _("Nobody can look it up for you: keep it where only you find it.")
        super().__init__(_("Your password"), f"{rule} {lost}")
        self.password = LineField(name="founding.password", secret=True)
        self.again = LineField(name="founding.again", secret=True)
        self.meter = named(QProgressBar(), "founding.meter", _("How near the password is"))
        self.meter.setTextVisible(False)
        self.said = Text("", "body", name="founding.strength", wrap=True)
        self.said.setMinimumHeight(44)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        for field in (self.password, self.again):
            field.returnPressed.connect(self.entered)
            field.textChanged.connect(self.changed)
        self.setLayout(
            down(
                self.heading,
                self.about,
                6,
                across((Field(_("Password"), self.password), 1), (Field(_("The same password again"), self.again), 1), gap=12),
                self.meter,
                self.said,
                gap=10,
            )
        )  # fmt: skip

    def first(self) -> QWidget:
        return self.password

    def show_strength(self, now: Strength) -> None:
        """As it is typed."""
        self.meter.setValue(now.share)
        self.said.say(now.sentence, "ok" if now.good else "")
        self.meter.setAccessibleDescription(now.sentence)


class SheetsPane(Pane):
    chosen = Signal(str)
    folder_wanted = Signal()
    sure_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__(
            _("Three sheets of paper"),
            _(
                "If every administrator is lost one day – a fire, an accident, a forgotten password – any two of these three "
                "sheets name a new one. One alone tells nothing, and none of them opens a patient's record. Give them to three "
                "people you trust, in three places. Without them nobody can ever be let in again."
            ),
            "body",
        )
        self._group = QButtonGroup(self)
        self.ways = {key: self._way(key, text) for key, text in sheet_names()}
        self.folder = Text("", "strong", name="founding.folder", wrap=True)
        self.look = SecondaryButton(_("Choose the folder …"), name="founding.folder.look")
        self.look.clicked.connect(self.folder_wanted)
        self.sure = named(QCheckBox(), "founding.sure")
        self.sure.setText(_("I know that a lost administrator cannot be replaced then"))
        self.sure.setAccessibleName(self.sure.text())
        self.sure.toggled.connect(self.sure_toggled)
        self.setLayout(
            down(
                self.heading,
                self.about,
                8,
                self.ways[Paper.FOLDER],
                across(26, self.look, (self.folder, 1)),
                self.ways[Paper.PRINTER],
                self.ways[Paper.NONE],
                across(26, self.sure, None),
                gap=8,
            )
        )

    def _way(self, key: str, text: str) -> QRadioButton:
        way = named(QRadioButton(text), f"founding.paper.{key}", text)
        way.clicked.connect(lambda: self.chosen.emit(key))
        self._group.addButton(way)
        return way

    def first(self) -> QWidget:
        return next((way for way in self.ways.values() if way.isChecked()), self.ways[Paper.FOLDER])

    def render_state(self, state: State) -> None:
        for key, way in self.ways.items():
            way.setChecked(key == state.paper)
            way.setEnabled(not state.busy)
        self.look.setVisible(state.paper == Paper.FOLDER)
        self.folder.setVisible(state.paper == Paper.FOLDER)
        self.folder.say(state.folder)
        self.sure.setVisible(state.paper == Paper.NONE)
        self.sure.setChecked(state.sure)


class ProofPane(Pane):
    def __init__(self) -> None:
        super().__init__(_("Look at a sheet"), "")
        self.where = Text("", "body", name="founding.where", wrap=True)
        self.asked = Text("", "strong", name="founding.asked", wrap=True)
        self.word = LineField(name="founding.word", spoken=_("The word"))
        self.word.returnPressed.connect(self.entered)
        self.setLayout(down(self.heading, self.where, 6, self.asked, self.word, gap=10))

    def first(self) -> QWidget:
        return self.word

    def render_state(self, state: State) -> None:
        sheet, word = state.proof
        there = (
            _(
                "The three sheets are in %(folder)s. Print them, give them to three people, then delete the files."
            )
            % {"folder": state.folder}
            if state.paper == Paper.FOLDER
            else _("The three sheets went to the printer.")
        )
        what = _("Before anything is set up, make sure that they can be read.")
        self.where.say(f"{there} {what}")
        asked = _("Take sheet %(sheet)d. What is word number %(word)d?") % {"sheet": sheet, "word": word}
        self.asked.say(_("The sheets can be read: everything is ready.") if state.proved else asked)
        self.word.setVisible(not state.proved)


class FoundingPane(Pane):
    def __init__(self) -> None:
        super().__init__(_("Setting up"), "")
        self.stage = Text("", "body", name="founding.stage", wrap=True)
        self.progress = named(QProgressBar(), "founding.progress", _("How far it is"))
        self.progress.setTextVisible(False)
        self.setLayout(down(self.heading, 6, self.progress, self.stage, gap=10))

    def first(self) -> QWidget:
        return self.progress

    def render_state(self, state: State) -> None:
        stopping = state.stopping and state.stage != "handing in"
        self.stage.say(_("Stopping …") if stopping else stage_words().get(state.stage, ""))
        self.progress.setValue(stage_share(state.stage))


class DonePane(Pane):
    def __init__(self) -> None:
        super().__init__(_("The organisation is set up"), "")
        self.print = Text("", "strong", name="founding.fingerprint", wrap=True)
        self.print.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.paper = Text("", "body", name="founding.paper", wrap=True)
        how = _(
            "This is the fingerprint of your organisation. Every invitation carries it, so that no computer can be led to a "
            "false centre. Keep a copy with the sheets:"
        )
        after = _(
            "Next: log in with your password, open “People and computers”, and invite the first colleague or the kiosk of "
            "the waiting room. Invite a second administrator soon: one alone can be lost."
        )
        self.setLayout(
            down(
                self.heading,
                Text(how, "body", wrap=True),
                self.print,
                6,
                self.paper,
                Text(after, "body", wrap=True),
                gap=10,
            )
        )

    def first(self) -> QWidget:
        return self.print

    def render_state(self, state: State) -> None:
        text = state.fingerprint
        self.print.say(" ".join(text[at : at + 4] for at in range(0, len(text), 4)))
        if state.paper == Paper.FOLDER:
            said = _("Print the sheets in %(folder)s, give them to three people, delete the files.")
            self.paper.say(said % {"folder": state.folder})
        elif state.paper == Paper.PRINTER:
            self.paper.say(_("Give the three sheets to three people, in three places."))
        else:
            self.paper.say(_("There are no recovery sheets: never let the last administrator leave."))


def panes() -> dict[Step, Pane]:
    """Every page."""
    return {
        Step.CENTRE: CentrePane(),
        Step.WHO: WhoPane(),
        Step.PASSWORD: PasswordPane(),
        Step.SHEETS: SheetsPane(),
        Step.PROOF: ProofPane(),
        Step.FOUNDING: FoundingPane(),
        Step.DONE: DonePane(),
    }
