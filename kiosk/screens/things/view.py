# SPDX-License-Identifier: GPL-3.0-or-later
"""Her own appointments, a page for each decision. Keys 1 to 6 touch the tiles in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from clinic.domain.asking import MOVE
from clinic.domain.ids import UserId
from desktop.kit import theme
from desktop.kit.buttons import IconButton, PrimaryButton, SecondaryButton, YesNo
from desktop.kit.surfaces import Notice, Sign
from desktop.kit.text import Text, named
from desktop.kit.touch import Tile, TileGrid
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.pieces import Arrows, Drawing, centred, holding, middle, row, stacked
from kiosk.screens.room import Heading, Room, Screen, Sides, print_button
from kiosk.screens.things import logic, words
from kiosk.screens.things.day import DayDrawing, DayTile
from kiosk.screens.things.logic import Own, Page, State

NAME = "kiosk.things"


class ThingsScreen(Screen):
    """Whatever is asked for goes to the flow; what the clinic answers comes from there."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._journey, self._state = journey, State()
        self._page: QWidget | None = None
        self._tiles: list[Tile] = []
        self._grid: TileGrid | None = None
        self._drawn: object = None
        self._render()

    # what happens

    def _send(self, event: logic.Event) -> None:
        self._state, wanted = logic.update(self._state, event)
        if wanted is not None:
            self.room.send(flow.Asked(wanted))
        self._render()

    def follow(self, journey: flow.Journey) -> None:
        self._journey = journey
        self._render()

    def back(self) -> bool:
        if self._state.page is Page.LIST:
            return False
        alone = len(logic.practitioners(self._journey)) == 1
        self._send(logic.BackTouched(alone, self._journey.reason is not None))
        return True

    def can_go_back(self, journey: flow.Journey) -> bool:
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.text()
        if number in ("1", "2", "3", "4", "5", "6") and int(number) <= len(self._tiles):
            self._tiles[int(number) - 1].click()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    # what is shown

    @property
    def _now(self) -> datetime:
        return self.room.clock.now().astimezone()

    @property
    def _one(self) -> Own | None:
        found = logic.own(self._journey, self._now)
        return next((one for one in found if one.key == self._state.chosen), None)

    def _render(self) -> None:
        """Built anew only where something on it is other than it was: nothing moves under a finger."""
        if self._state.page in (Page.ONE, Page.DROP) and self._one is None:
            self._state = State()
        pages: dict[Page, Callable[[], tuple[object, Callable[[], QWidget], Heading]]] = {
            Page.LIST: self._list, Page.ONE: self._about_one, Page.WHY: self._why, Page.WHO: self._who, Page.WHEN: self._when,
            Page.SURE: self._sure, Page.DROP: self._drop, Page.DONE: self._done,
        }  # fmt: skip
        depends, build, heading = pages[self._state.page]()
        drawn = (self._state, depends)
        if drawn == self._drawn:
            return
        self._drawn, self._tiles, self._grid = drawn, [], None
        page = build()
        if self._page is not None:
            self._page.hide()
            self.body.removeWidget(self._page)
            self._page.deleteLater()
        self._page = page
        self.body.addWidget(page, 1)
        page.show()
        self._arrange()
        self.head(heading)

    def _list(self) -> tuple[object, Callable[[], QWidget], Heading]:
        found, more = logic.own(self._journey, self._now), logic.may_ask(self._journey)
        hint = _("Touch one to change it") if found else _("With your card you also see what is booked.")
        told = ". ".join(
            f"{said.title}. {said.detail}. {said.state}" for said in map(words.line_words, found)
        )
        heading = Heading(_("Your appointments"), hint, told, private=True)
        return (found, more), lambda: self._list_page(found, more), heading

    def _list_page(self, found: Sequence[Own], more: bool) -> QWidget:
        new = PrimaryButton(_("A new appointment"), name=f"{NAME}.new", icon="plus")
        new.clicked.connect(
            lambda: self._send(logic.NewTouched(self._journey.reason, logic.practitioners(self._journey)))
        )
        new.setEnabled(more)
        full = Notice(name=f"{NAME}.full")
        full.say("info", "" if more else _("Three things are asked for. The clinic answers them first."))
        if not found:
            nothing = centred(
                middle(Text(_("Nothing is booked that this kiosk knows of."), "heading", name=f"{NAME}.none"))
            )
            return stacked(
                (Sides(Drawing("calendar", largest=240), nothing), 1), (full, 0), (self._ways(new), 0)
            )
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for number, one in enumerate(found):
            line = OwnRow(one, f"{NAME}.row.{number}")
            line.clicked.connect(lambda _on=False, key=one.key: self._send(logic.OneTouched(key)))
            line.heard.connect(lambda said: self.room.voice.say(said, self.language, True))
            column.addWidget(line)
        column.addStretch(1)
        return stacked((Arrows(inside, name=f"{NAME}.rows"), 1), (full, 0), (self._ways(new), 0))

    def _ways(self, new: PrimaryButton) -> QWidget:
        """A new appointment, or these on paper."""
        if self.room.spooler is None or self._journey.visit is None:
            return new
        return holding(row(new, print_button(self.room, f"{NAME}.print")))

    def _about_one(self) -> tuple[object, Callable[[], QWidget], Heading]:
        one = self._one
        assert one is not None
        said = words.line_words(one)
        changes = one.booked is not None and logic.may_ask(self._journey)
        hint = _("What do you want to do?") if changes or one.mine else ""
        heading = Heading(said.title, hint, said.state, private=True)
        return (one, changes), lambda: self._one_page(one, said, changes), heading

    def _one_page(self, one: Own, said: words.Said, changes: bool) -> QWidget:
        about = self._about(one, (said.detail, "heading"), (said.state, "body"))
        if one.booked is not None and changes:
            whom = one.booked.practitioner, one.booked.practitioner_name
            move = self._tile("calendar", _("Another time"), f"{NAME}.move", logic.MoveTouched(whom))
            drop = self._tile("x", _("I cannot come"), f"{NAME}.drop", logic.DropTouched(), tone="danger")
            return stacked((about, 1), (self._tiled([move, drop]), 1))
        if one.mine:
            return stacked((about, 1), (self._no_more(one.key), 0))
        return about

    def _no_more(self, request: str) -> SecondaryButton:
        button = SecondaryButton(_("I want it no longer"), name=f"{NAME}.no_more", icon="x")
        button.clicked.connect(lambda: self._take_back(request))
        return button

    def _take_back(self, request: str) -> None:
        self.room.send(flow.AskedNoMore(request))
        self._send(logic.ListTouched())

    def _why(self) -> tuple[object, Callable[[], QWidget], Heading]:
        heading = Heading(
            _("What is the appointment for?"), _("Touch one drawing"), _("Keys 1 to 6 choose a drawing, too.")
        )
        people = logic.practitioners(self._journey)
        return people, lambda: self._why_page(people), heading

    def _why_page(self, people: tuple[tuple[UserId, str], ...]) -> QWidget:
        return self._tiled(
            [
                self._tile(
                    one.picture,
                    one.word(self.language),
                    f"{NAME}.why.{one.id}",
                    logic.WhyTouched(one.coding(self.language), people),
                )
                for one in self.room.questions.reasons
            ]
        )

    def _who(self) -> tuple[object, Callable[[], QWidget], Heading]:
        people = logic.practitioners(self._journey)
        heading = Heading(_("Who should see you?"), _("Touch one"), private=True)
        return people, lambda: self._who_page(people), heading

    def _who_page(self, people: Sequence[tuple[UserId, str]]) -> QWidget:
        tiles = [
            self._tile(
                "doctor",
                name,
                f"{NAME}.who.{number}",
                logic.WhoTouched((user, name)),
                _("Has an appointment with you") if logic.is_hers(self._journey, user) else "",
            )
            for number, (user, name) in enumerate(people)
        ]
        anybody = self._tile(
            "users", _("Whoever is free first"), f"{NAME}.who.anybody", logic.WhoTouched(logic.ANYBODY)
        )
        return self._tiled([*tiles, anybody])

    def _when(self) -> tuple[object, Callable[[], QWidget], Heading]:
        now, offers = self._now, self._journey.offers
        found = logic.choices(offers, self._state.whom, now)
        tiles, after = logic.shown(found, self._state.first)
        old = words.age_words(offers, self._journey.online, now)
        heading = Heading(
            _("When can you come?"),
            old or words.with_whom(self._state.whom[1]),
            _(
                "A drawing of a day without an hour means: any time then. The clinic chooses it and tells you."
            ),
            private=True,
        )
        return (tiles, after), lambda: self._when_page(tiles, after), heading

    def _when_page(self, choices: Sequence[logic.Choice], after: int) -> QWidget:
        anybody = self._state.whom == logic.ANYBODY
        tiles: list[Tile] = []
        for number, one in enumerate(choices):
            hint = one.practitioner_name if anybody and one.start is not None else ""
            tile = DayTile(one.since, words.choice_words(one), hint, name=f"{NAME}.when.{number}")
            self._listen(tile, logic.WhenTouched(one))
            tiles.append(tile)
        if after or self._state.first:
            tiles.append(
                self._tile("arrow-right", _("Other days"), f"{NAME}.when.more", logic.MoreTouched(after))
            )
        return self._tiled(tiles)

    def _sure(self) -> tuple[object, Callable[[], QWidget], Heading]:
        choice = self._state.choice
        assert choice is not None
        said = words.choice_words(choice)
        ask = (
            _("Shall the clinic be asked to move it to this time?")
            if self._state.wish == MOVE
            else _("Shall the clinic be asked for this?")
        )
        return None, lambda: self._sure_page(choice, said), Heading(ask, said, private=True)

    def _sure_page(self, choice: logic.Choice, said: str) -> QWidget:
        name = choice.practitioner_name
        why = self._state.reason.display if self._state.reason and self._state.wish != MOVE else ""
        texts = centred(
            middle(Text(said, "title", name=f"{NAME}.sure.when")),
            middle(Text(words.with_whom(name), "heading")),
            middle(Text(why, "body")),
        )
        day = DayDrawing(choice.since, name=f"{NAME}.sure.day")
        return stacked((Sides(day, texts), 1), (self._question("sure", _("Yes, ask for it"), _("No")), 0))

    def _drop(self) -> tuple[object, Callable[[], QWidget], Heading]:
        one = self._one
        assert one is not None
        said = words.line_words(one)
        heading = Heading(_("Shall it be called off?"), said.title, private=True)
        return one, lambda: self._drop_page(one, said), heading

    def _drop_page(self, one: Own, said: words.Said) -> QWidget:
        about = self._about(one, (said.title, "title"), (said.detail, "heading"))
        return stacked((about, 1), (self._question("drop", _("Yes, call it off"), _("No, I will come")), 0))

    def _question(self, name: str, yes: str, no: str) -> YesNo:
        both = YesNo(name=f"{NAME}.{name}", yes=yes, no=no)
        both.answered.connect(self._answer)
        return both

    def _answer(self, yes: bool) -> None:
        one = self._one
        before = one.booked if one is not None else None
        self._send(logic.Answered(yes, before, len(self._journey.asked)))

    def _done(self) -> tuple[object, Callable[[], QWidget], Heading]:
        last = logic.last_asked(self._journey, self._state.filed)
        title, few, text = words.done_words(last, self._journey.online)
        if self._journey.not_asked:
            title, few, text = _("It could not be asked for"), "", self._journey.not_asked
        heading = Heading(title, few, text, private=True)
        return (last, title, text), lambda: self._done_page(last, text), heading

    def _done_page(self, last: Own | None, text: str) -> QWidget:
        said = words.line_words(last) if last is not None else None
        icon, tone = (said.icon, said.tone) if said is not None else ("clock", "neutral")
        if self._journey.not_asked:
            icon, tone = "alert-triangle", "warn"
        lines = [middle(Text(text, "heading", name=f"{NAME}.done.text"))]
        if said is not None:
            lines = [middle(Text(said.title, "title", name=f"{NAME}.done.what")), *lines]
        close = PrimaryButton(_("Your appointments"), name=f"{NAME}.done.close", icon="check")
        close.clicked.connect(lambda: self._send(logic.ListTouched()))
        below: list[QWidget] = [close]
        if last is not None and last.mine:
            below.insert(0, self._no_more(last.key))
        acts = QWidget()
        acts.setLayout(row(*below))
        acts.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]  # set in the line before
        return stacked((Sides(Drawing(icon, tone=tone, largest=260), centred(*lines), (2, 3)), 1), (acts, 0))

    # pieces

    def _about(self, one: Own, *lines: tuple[str, str]) -> QWidget:
        at = _day_of(one)
        picture = (
            DayDrawing(at, name=f"{NAME}.one.day") if at is not None else Drawing("calendar", largest=240)
        )
        texts = [middle(Text(text, role)) for text, role in lines if text]
        return Sides(picture, centred(*texts))

    def _tile(
        self,
        picture: str,
        text: str,
        name: str,
        event: logic.Event,
        hint: str = "",
        tone: str = "primary",
    ) -> Tile:
        tile = Tile(picture, text, hint, name=name, tone=tone)
        self._listen(tile, event)
        return tile

    def _listen(self, tile: Tile, event: logic.Event) -> None:
        tile.clicked.connect(lambda _on=False: self._send(event))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language, True))

    def _tiled(self, tiles: list[Tile]) -> TileGrid:
        self._tiles, self._grid = tiles, TileGrid(tiles)
        return self._grid

    def _arrange(self) -> None:
        if self._grid is not None:
            self._grid.arrange(2 if self.height() > self.width() else min(3, len(self._tiles)))


def _day_of(one: Own) -> datetime | None:
    if one.booked is not None:
        return one.booked.start
    return None if one.request is None else one.request.start or one.request.requested_from


class OwnRow(QAbstractButton):
    """One line: the day as a drawing, when, with whom, and how it stands. `heard`: its loudspeaker was touched."""

    heard = Signal(str)

    def __init__(self, one: Own, name: str) -> None:
        super().__init__()
        said = words.line_words(one)
        told = f"{said.title}. {said.detail}. {said.state}"
        named(self, name, told)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        at = _day_of(one)
        picture = DayDrawing(at, name=f"{name}.day") if at is not None else Drawing("calendar", largest=96)
        picture.setFixedSize(100, 100)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        state = QHBoxLayout()
        state.addWidget(Sign(said.icon, said.tone))
        state.addWidget(Text(said.state, "body", name=f"{name}.state", wrap=True), 1)
        texts.addWidget(Text(said.title, "heading", name=f"{name}.title", wrap=True))
        if said.detail:
            texts.addWidget(Text(said.detail, "body", wrap=True))
        texts.addLayout(state)
        speaker = IconButton("volume", _("Hear: %(text)s") % {"text": told}, name=f"{name}.speak", bare=True)
        speaker.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        speaker.clicked.connect(lambda _on=False: self.heard.emit(told))
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 10, 14, 10)
        line.setSpacing(16)
        line.addWidget(picture)
        line.addLayout(texts, 1)
        line.addWidget(speaker)
        for child in self.findChildren(QWidget):
            if not isinstance(child, IconButton):
                child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge, width = (
            (worn.tokens.focus, float(worn.scale.focus)) if self.hasFocus() else (worn.tokens.line, 1.5)
        )
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(worn.tokens.wash("primary") if self.isDown() else worn.tokens.surface))
        half = round(width / 2 + 0.5)
        painter.drawRoundedRect(
            self.rect().adjusted(half, half, -half, -half), worn.scale.card, worn.scale.card
        )
