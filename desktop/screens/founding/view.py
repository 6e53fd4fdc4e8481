# SPDX-License-Identifier: GPL-3.0-or-later
"""The card that founds an organisation: one page at a time, the same two buttons below each."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtWidgets import QFileDialog, QWidget

from clinic.domain.errors import PostaError
from clinic.services.founding import Stage
from desktop.kit.bridge import Desk as Worker
from desktop.kit.bridge import Loop, in_qt
from desktop.kit.buttons import PrimaryButton, QuietButton
from desktop.kit.printing import print_pages
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text
from desktop.kit.words import _, tell
from desktop.screens.founding import logic as f
from desktop.screens.founding.doing import Founder
from desktop.screens.founding.pages import (
    CentrePane,
    PasswordPane,
    ProofPane,
    SheetsPane,
    WhoPane,
    panes,
)
from desktop.screens.layouts import Page, across, down, holding, scrolling

Print = Callable[[tuple[bytes, ...]], bool]
WIDE = 640


class FoundingView(Page):
    """`back` leads to joining, `done` to login; `put_on_paper` prints and says whether the person wanted it."""

    def __init__(
        self,
        founder: Founder,
        worker: Worker,
        back: Callable[[], object],
        done: Callable[[], object],
        put_on_paper: Print | None = None,
    ) -> None:
        super().__init__("founding", _("Set up a new organisation"))
        self._founder, self._worker, self._go_back, self._done = founder, worker, back, done
        self._print = put_on_paper or (lambda pages: print_pages(self, pages))
        self._shown = ""
        self._build()
        self.loop: Loop[f.State, f.Event, f.Effect] = Loop(
            f.State(), f.update, self._perform, self.render_state
        )
        self.loop.show()

    # widgets

    def _build(self) -> None:
        self.panes = panes()
        self.centre = cast(CentrePane, self.panes[f.Step.CENTRE])
        self.who = cast(WhoPane, self.panes[f.Step.WHO])
        self.password = cast(PasswordPane, self.panes[f.Step.PASSWORD])
        self.sheets = cast(SheetsPane, self.panes[f.Step.SHEETS])
        self.proof = cast(ProofPane, self.panes[f.Step.PROOF])
        for pane in self.panes.values():
            pane.entered.connect(self._submit)
        self.password.changed.connect(self._measure)
        self.sheets.chosen.connect(lambda key: self.loop.send(f.PaperChosen(key)))
        self.sheets.folder_wanted.connect(lambda: self.loop.send(f.FolderWanted()))
        self.sheets.sure_toggled.connect(lambda on: self.loop.send(f.SureToggled(on)))
        self.where = Text("", "caption", name="founding.where_we_are")
        self.notice = Notice(name="founding.notice")
        self.back = QuietButton(_("Back"), name="founding.back", icon="arrow-left")
        self.back.clicked.connect(lambda: self.loop.send(f.BackPressed()))
        self.stop = QuietButton(_("Stop"), name="founding.stop", icon="x")
        self.stop.clicked.connect(lambda: self.loop.send(f.StopPressed()))
        self.next = PrimaryButton(_("Next"), name="founding.next", icon="arrow-right")
        self.next.clicked.connect(self._submit)
        self.setLayout(down((scrolling(self._inside(), name="founding.scroll"), 1), gap=0))

    def _inside(self) -> QWidget:
        card = Card(name="founding.card")
        card.setFixedWidth(WIDE)
        card.body.setContentsMargins(32, 24, 32, 24)
        card.add(self.where)
        for pane in self.panes.values():
            card.add(pane)
        card.add(self.notice)
        card.body.addSpacing(6)
        card.add(across(self.back, self.stop, None, self.next))
        brand = across(None, Sign("posta", size=30), Text("Posta", "display"), None, gap=10)
        return holding(down(None, brand, 14, across(None, card, None), None, margins=(0, 16, 0, 16)))

    def _measure(self) -> None:
        typed = self.password.password.text(), self.password.again.text()
        self.password.show_strength(f.strength(*typed, self.loop.state))

    # rendering

    def render_state(self, state: f.State) -> None:
        for step, pane in self.panes.items():
            pane.setVisible(step == state.step)
        self.panes[state.step].render_state(state)
        self._render_where(state)
        self.notice.say(state.tone, state.sentence)
        filling = state.step in f.PAGES
        self.back.setVisible(filling)
        self.back.setEnabled(not state.busy)
        self.stop.setVisible(state.step == f.Step.FOUNDING)
        self.stop.setEnabled(not state.stopping and state.stage != Stage.HANDING_IN)
        self.next.setVisible(state.step != f.Step.FOUNDING)
        self.next.setEnabled(not state.busy)
        self.next.setText(self._next_words(state))
        self.next.setAccessibleName(self.next.text())
        if self._shown != state.step:
            self._shown = state.step
            self._measure() if state.step == f.Step.PASSWORD else None
            self.panes[state.step].first().setFocus()

    def _render_where(self, state: f.State) -> None:
        place = f.PAGES.index(state.step) + 1 if state.step in f.PAGES else 0
        self.where.setVisible(bool(place))
        self.where.say(_("Step %(n)d of %(all)d") % {"n": place, "all": len(f.PAGES)})

    def _next_words(self, state: f.State) -> str:
        if state.busy and state.step == f.Step.CENTRE:
            return _("Asking …")
        if state.step == f.Step.DONE:
            return _("Go to log in")
        last = state.step == f.Step.PROOF or (state.step, state.paper) == (f.Step.SHEETS, f.Paper.NONE)
        return _("Set it up") if last else _("Next")

    # doing

    def _submit(self) -> None:
        match self.loop.state.step:
            case f.Step.CENTRE:
                pane = self.centre
                event: f.Event = f.CentreSubmitted(
                    pane.server.text(), pane.authority.text().strip(), pane.code.text()
                )
            case f.Step.WHO:
                who = self.who
                event = f.WhoSubmitted(who.organization.text(), who.name.text(), who.device.text())
            case f.Step.PASSWORD:
                event = f.PasswordSubmitted(self.password.password.text(), self.password.again.text())
            case f.Step.SHEETS:
                event = f.SheetsSubmitted()
            case f.Step.PROOF:
                event = f.WordSubmitted(self.proof.word.text())
            case _:
                event = f.Finished()
        self.loop.send(event)

    def _perform(self, effect: f.Effect) -> None:
        match effect:
            case f.AskCentre():
                self._ask(self._founder.look, self.loop.state, then=self._answered)
            case f.AskFolder():
                title = _("Where to write the sheets: a USB stick")
                self.loop.send(f.FolderChosen(QFileDialog.getExistingDirectory(self, title)))
            case f.MakeSheets():
                self._make_sheets()
            case f.DropSheets():
                self._founder.drop_sheets()
            case f.ReadWord(sheet, word, said):
                self.loop.send(f.WordRead(self._founder.proves(sheet, word, said)))
            case f.Found():
                self._ask(
                    self._founder.found, self.loop.state, self.password.password.text(), self._told,
                    then=self._founded,
                )  # fmt: skip
            case f.Stop():
                self._founder.stop()
            case f.GoBack():
                self._go_back()
            case f.GoToLogin():
                self._done()

    def _ask(self, act: Callable[..., object], *about: object, then: Callable[..., object]) -> None:
        self._worker.ask(act, *about, then=then, failed=self._failed)

    def _answered(self, asks_code: bool | None) -> None:
        self.loop.send(f.FoundBefore() if asks_code is None else f.CentreAnswered(asks_code))

    def _make_sheets(self) -> None:
        state = self.loop.state
        self.proof.word.clear()
        if state.paper == f.Paper.FOLDER:
            self._ask(
                self._founder.write_sheets, state, then=lambda asked: self.loop.send(f.SheetsMade(*asked))
            )
        else:
            self._ask(self._founder.pages, state, then=self._put_on_paper)

    def _put_on_paper(self, pages: tuple[bytes, ...]) -> None:
        try:
            if not self._print(pages):
                self._founder.drop_sheets()
                self.loop.send(f.Failed(_("Nothing was printed. Print them, or choose a folder.")))
                return
        except PostaError as error:
            self._founder.drop_sheets()
            self._failed(error)
            return
        self.loop.send(f.SheetsMade(*self._founder.printed()))

    def _told(self, stage: Stage) -> None:
        """On a worker."""
        in_qt(lambda: self.loop.send(f.StageReached(stage.value)))

    def _founded(self, fingerprint: str) -> None:
        for field in (self.password.password, self.password.again, self.proof.word):
            field.clear()
        self.loop.send(f.Founded(fingerprint))

    def _failed(self, error: Exception) -> None:
        self.loop.send(f.Failed(tell(error)))
