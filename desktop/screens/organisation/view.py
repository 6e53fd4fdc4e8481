# SPDX-License-Identifier: GPL-3.0-or-later
"""People and computers: the list on the left, what is chosen and invitations on the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.kit.bridge import Desk as Worker
from desktop.kit.bridge import Loop
from desktop.kit.buttons import DangerButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field, LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, plural, tell
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.lines import LineList
from desktop.screens.organisation.logic import (
    Answer,
    Answered,
    Await,
    Do,
    Effect,
    Event,
    Failed,
    Invite,
    Invited,
    InvitePressed,
    Knocked,
    LetIn,
    Look,
    NotLetIn,
    Order,
    Ordered,
    Read,
    RowChosen,
    Said,
    Shown,
    State,
    TabChosen,
    Unsure,
    proposed_team,
    update,
    warning,
)
from desktop.screens.organisation.rows import about, kind_names, role_names, rows
from desktop.screens.organisation.rules import HOW
from desktop.screens.photos import QrView
from desktop.screens.room import Room

B = TypeVar("B", PrimaryButton, SecondaryButton, DangerButton)


class OrganisationView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("organisation", _("People and computers"))
        self._room, self._help, self._waiting = room, room.helper(self), Worker(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(), update, self._perform, self.render_state
        )
        self.loop.show()
        if self.loop.state.out or self.loop.state.knocking:  # the page was made anew in another language
            self._await()

    def refresh(self) -> None:
        self.loop.send(Shown())

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if "Trust" in kinds and self.isVisible():
            self.loop.send(Shown())

    # widgets

    def _build(self) -> None:
        self.notice, self.waits = Notice(name="organisation.notice"), Notice(name="organisation.waits")
        self.waits.acted.connect(self._let_go)
        self.tab = Choice(
            (
                ("people", _("People")),
                ("computers", _("Computers")),
                ("teams", _("Teams")),
                ("rules", _("Rules")),
                ("questionnaires", _("Questionnaires")),
            ),
            name="organisation.tab",
            spoken=_("What is shown"),
        )
        self.tab.chosen.connect(lambda key: self.loop.send(TabChosen(key)))
        self.list = LineList(name="organisation.list", spoken=_("People and computers"))
        self.list.chosen.connect(self._row_chosen)
        left = Card(name="organisation.left")
        left.add(self.tab)
        left.add(self.list, 1)
        right = holding(down((self._chosen(), 1), self._invitation(), gap=14))
        head = across(Text(_("People and computers"), "title"), None)
        body = across((left, 5), (right, 4), gap=14)
        self.setLayout(down(head, self.notice, self.waits, (body, 1), gap=12, margins=(20, 16, 20, 18)))

    def _chosen(self) -> Card:
        self.name = Text("", "heading", name="organisation.name", wrap=True)
        self.text = Text("", "body", name="organisation.about", wrap=True)
        self.why = LineField(_("Why, in a few words"), name="organisation.why")
        self.warn = Notice(name="organisation.warning", tone="danger")
        self.revoke = self._button(DangerButton, _("Revoke"), Order.REVOKE)
        self.wipe = self._button(DangerButton, _("Have it wiped"), Order.WIPE)
        self.remove = self._button(DangerButton, _("Remove"), Order.REMOVE)
        self.end_session = self._button(SecondaryButton, _("End its session"), Order.END_SESSION)
        self.not_sure = QuietButton(_("Not after all"), name="organisation.unsure")
        self.not_sure.clicked.connect(lambda: self.loop.send(Unsure()))
        self.which = Choice((), name="organisation.which", spoken=_("Role or person"))
        self.role = self._button(SecondaryButton, _("Give this role"), Order.ROLE, self.which.key)
        self.add_member = self._button(
            SecondaryButton, _("Add to the team"), Order.ADD_MEMBER, self.which.key
        )
        self.leave = self._button(
            SecondaryButton, _("Take out of the team"), Order.REMOVE_MEMBER, self.which.key
        )
        self.new_team = LineField(_("Name of a new team"), name="organisation.team.name")
        self.make = self._button(SecondaryButton, _("Make the team"), Order.TEAM, self.new_team.text)
        self.value = LineField(name="organisation.rule.value", spoken=_("Value"))
        self.set_rule = self._button(PrimaryButton, _("Sign this rule"), Order.RULE, self.value.text)
        self.ruling = holding(across((self.value, 1), self.set_rule))
        self._ruled = ""
        self.pick = holding(down(self.which, across(self.role, self.add_member, self.leave, None)))
        self.retire = self._button(SecondaryButton, _("Retire"), Order.RETIRE)
        self.put_back = self._button(SecondaryButton, _("Put back into use"), Order.PUT_BACK)
        self.save_file = SecondaryButton(_("Save as a file"), name="organisation.save_file", icon="save")
        self.save_file.clicked.connect(self._save_questionnaire)
        self.bring_in = PrimaryButton(
            _("Bring in a newer version"), name="organisation.bring_in", icon="plus"
        )
        self.bring_in.clicked.connect(self._choose_questionnaire)
        self.asking = holding(across(self.bring_in, self.save_file, self.retire, self.put_back, None))
        self.making = holding(across((self.new_team, 1), self.make))
        card = Card(name="organisation.chosen")
        for thing in (
            self.name,
            self.text,
            self.ruling,
            self.pick,
            self.making,
            self.asking,
            self.why,
            self.warn,
        ):
            card.add(thing)
        card.body.addStretch(1)
        card.add(across(None, self.not_sure, self.end_session, self.remove, self.wipe, self.revoke))
        return card

    def _button(self, kind: type[B], text: str, order: Order, of: Callable[[], str] = str) -> B:
        button = kind(text, name=f"organisation.{order.value.replace(' ', '_')}")
        button.clicked.connect(lambda: self.loop.send(Ordered(order, of(), self.why.text())))
        return button

    def _invitation(self) -> Card:
        roles = [pair for pair in role_names().items() if pair[0] != "kiosk"]
        self.as_role = Choice(roles, name="organisation.invite.role", spoken=_("Role"))
        self.as_kind = Choice(
            tuple(kind_names().items()), name="organisation.invite.kind", spoken=_("Kind of computer")
        )
        self.as_team = Choice((), name="organisation.invite.team", spoken=_("Team"))
        self.as_role.choose("clinician")
        self.as_role.chosen.connect(self._role_chosen)
        self.invite = PrimaryButton(_("Invite"), name="organisation.invite", icon="qr")
        self.invite.clicked.connect(self._invite)
        self.qr = QrView(name="organisation.invite.qr", spoken=_("Invitation"), side=190)
        self.code = Text("", "title", name="organisation.invite.code", wrap=True)
        self.where = Text("", "strong", name="organisation.invite.where", wrap=True)
        for typed in (self.code, self.where):
            typed.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        how = Text(
            _("Scan it on the new computer, or type this code and the address there."), "body", wrap=True
        )
        once = Text(_("It serves once, for 24 hours."), "muted", wrap=True)
        said = down(None, how, 6, self.code, self.where, 6, once, None, gap=4)
        self.out = holding(across(self.qr, (holding(said), 1), gap=12))
        self.of_team = Field(_("Team"), self.as_team)
        self.form = holding(
            across(
                (Field(_("Role"), self.as_role), 1),
                (Field(_("Kind of computer"), self.as_kind), 1),
                (self.of_team, 1),
                self.invite,
            )
        )
        card = Card(_("Invite"), name="organisation.invitation")
        for thing in (self.form, self.out, self._compare()):
            card.add(thing)
        return card

    def _compare(self) -> QWidget:
        self.who = Text("", "body", name="organisation.knock.who", wrap=True)
        self.digits = Text("", "display", name="organisation.knock.digits")
        self.digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.admit = PrimaryButton(_("The same: let in"), name="organisation.knock.admit", icon="check")
        self.admit.clicked.connect(lambda: self.loop.send(Answered(True)))
        self.refuse = SecondaryButton(_("Not the same"), name="organisation.knock.refuse", icon="x")
        self.refuse.clicked.connect(lambda: self.loop.send(Answered(False)))
        self.knock = holding(down(self.who, self.digits, across(None, self.refuse, self.admit)))
        return self.knock

    # rendering

    def render_state(self, state: State) -> None:
        self.notice.say(state.tone or "info", state.sentence)
        self._render_waiting(state)
        self.tab.choose(state.tab)
        self.list.show_lines(rows(state, self._room.clock.now()))
        heading, text = about(state)
        self.name.say(heading)
        self.text.say(text)
        self._render_orders(state)
        self._render_invitation(state)

    def _render_waiting(self, state: State) -> None:
        waiting = state.found.wishes if state.found else ()
        refused = next((wish.refused for wish in waiting if wish.refused), "")
        text = plural("%(n)d order waits for the centre", "%(n)d orders wait for the centre", len(waiting))
        if refused:
            text = _("An order cannot be carried out any more")
        shown = text if waiting else ""
        self.waits.say("warn", shown, _(refused) if refused else "", _("Let it go") if waiting else "")

    def _render_orders(self, state: State) -> None:
        computer, person, team, idle = state.computer, state.person, state.team, not state.busy
        other = computer is not None and not computer.here
        at_work = person is not None and bool(person.computers) and person.user != self._room.clinic.me.user
        self.revoke.setVisible(other and computer is not None and computer.revoked is None)
        self.wipe.setVisible(other and computer is not None and not computer.wipe_ordered)
        self.end_session.setVisible(computer is not None and computer.session_since is not None)
        self.remove.setVisible(at_work)
        self.why.setVisible(other or at_work)
        self.role.setVisible(at_work)
        self.add_member.setVisible(team is not None)
        self.leave.setVisible(team is not None)
        self.pick.setVisible(team is not None or at_work)
        self.making.setVisible(state.tab == "teams")
        self.not_sure.setVisible(state.sure is not None)
        self.warn.say(
            "danger", warning(state), _("Press the same button again to do it.") if state.sure else ""
        )
        self._render_asked(state)
        self._render_rule(state)
        self._render_options(state)
        for button in (
            self.set_rule,
            self.revoke,
            self.wipe,
            self.end_session,
            self.remove,
            self.role,
            self.add_member,
            self.leave,
            self.make,
            self.bring_in,
            self.save_file,
            self.retire,
            self.put_back,
        ):
            button.setEnabled(idle)

    def _render_asked(self, state: State) -> None:
        one = state.asked
        self.asking.setVisible(state.tab == "questionnaires")
        self.save_file.setVisible(one is not None)
        self.retire.setVisible(one is not None and one.status == "active")
        self.put_back.setVisible(one is not None and one.status == "retired")

    def _render_rule(self, state: State) -> None:
        """What is being typed stays while its rule is chosen."""
        one = state.setting
        self.ruling.setVisible(one is not None)
        now = f"{one.key} {one.said}" if one is not None else ""
        if now != self._ruled and one is not None:
            self.value.setText(one.said)
            self.value.setPlaceholderText(_(HOW[one.key]))
        self._ruled = now

    def _render_options(self, state: State) -> None:
        options = [pair for pair in role_names().items() if pair[0] not in ("kiosk", "gateway", "custodian")]
        if state.team is not None and state.found is not None:
            options = [(one.user, one.name) for one in state.found.people if one.computers]
        if [self.which.itemData(n) for n in range(self.which.count())] != [key for key, _text in options]:
            self.which.show_options(options)

    def _role_chosen(self, role: str) -> None:
        self._render_teams(self.loop.state)
        self.as_team.choose(proposed_team(role))

    def _render_teams(self, state: State) -> None:
        """Asked only where there is a choice."""
        teams = state.teams_for(self.as_role.key())
        if [self.as_team.itemData(n) for n in range(self.as_team.count())] != [key for key, _name in teams]:
            self.as_team.show_options(teams)
        self.of_team.setVisible(len(teams) > 1)

    def _render_invitation(self, state: State) -> None:
        self._render_teams(state)
        self.form.setVisible(state.out is None and state.knocking is None)
        self.invite.setEnabled(not state.busy)
        self.out.setVisible(state.out is not None)
        self.qr.show_text(state.out.code if state.out else "")
        self.code.say(state.out.short if state.out else "")
        self.where.say(state.out.server if state.out else "")
        self.knock.setVisible(state.knocking is not None)
        if state.knocking is not None:
            one = state.knocking
            self.who.say(
                _(
                    "%(name)s wants to come in on “%(computer)s” as %(role)s. Does the other screen show these digits?"
                )
                % {
                    "name": one.name or one.device_name,
                    "computer": one.device_name,
                    "role": role_names().get(one.role, one.role),
                }
            )
            self.digits.setText(f"{one.digits[:3]} {one.digits[3:]}")
        self.admit.setEnabled(not state.busy)
        self.refuse.setEnabled(not state.busy)

    # doing

    def _choose_questionnaire(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(self, self.bring_in.text(), "", "FHIR (*.json)")
        if chosen:
            self.loop.send(Ordered(Order.BRING_IN, chosen))

    def _save_questionnaire(self) -> None:
        one = self.loop.state.asked
        if one is None:
            return
        suggested = f"{one.name}-{one.version}.json"
        chosen, _kind = QFileDialog.getSaveFileName(self, self.save_file.text(), suggested, "FHIR (*.json)")
        if chosen:
            self.loop.send(Ordered(Order.SAVE_FILE, chosen))

    def _row_chosen(self, key: str) -> None:
        self.why.clear()
        self.loop.send(RowChosen(key))

    def _invite(self) -> None:
        kind = self.as_kind.key()
        role = "kiosk" if kind == "kiosk" else self.as_role.key()
        self.loop.send(InvitePressed(role, kind, self.as_team.key() if self.as_team.count() > 1 else ""))

    def _let_go(self) -> None:
        waiting = self.loop.state.found.wishes if self.loop.state.found else ()
        for wish in waiting[:1]:
            self.loop.send(Ordered(Order.LET_GO, wish.id))

    def _perform(self, effect: Effect) -> None:
        governing = self._room.clinic.governing
        failed = lambda sentence: self.loop.send(Failed(sentence))  # noqa: E731
        match effect:
            case Look():
                self._help.read(
                    governing.read, then=lambda found: self.loop.send(Read(found)), failed=self._unread
                )
            case Do():
                self._help.by_hand(
                    governing.order, effect, then=lambda held: self._said(held, effect.order), failed=failed
                )
            case Invite(role, kind, team):
                self._help.by_hand(
                    governing.invite,
                    role,
                    kind,
                    team,
                    then=lambda out: self.loop.send(Invited(out)),
                    failed=failed,
                )
            case Await():
                self._await()
            case Answer(same):
                governing.answer(same)

    def _unread(self, sentence: str) -> None:
        self.notice.say("danger", sentence)

    def _said(self, held: bool, order: Order) -> None:
        self.why.clear()
        self.new_team.clear()
        self.loop.send(Said(held, order))

    def _await(self) -> None:
        governing = self._room.clinic.governing
        governing.await_newcomer()
        if governing.knocks is not None and governing.ends is not None:
            self._waiting.watch(governing.knocks, then=lambda newcomer: self.loop.send(Knocked(newcomer)))
            self._waiting.watch(
                governing.ends,
                then=lambda _device: self.loop.send(LetIn()),
                failed=lambda error: self.loop.send(NotLetIn(tell(error))),
            )
