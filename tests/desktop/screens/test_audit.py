# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit page: narrowed while typing, page by page; reviews judged by somebody else; the notice on Today."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic import services as clinic_services
from clinic.domain.facts import AccessReview, Finding, ReviewStatus
from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.misuse.lists import Entry, Matches
from clinic.domain.misuse.rules import BY_ID
from clinic.domain.misuse.rules import RULES as ALL_RULES
from clinic.domain.misuse.seen import Act
from clinic.keys.rights import Action
from clinic.services.notices import Notice
from clinic.services.reviews import Review
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.audit import judging as j
from desktop.screens.audit import logic as a
from desktop.screens.audit import rows
from desktop.screens.audit.view import AuditView
from desktop.screens.layouts import Page
from desktop.screens.room import Room
from desktop.screens.shell.view import ShellView
from desktop.screens.today.view import TodayView
from tests.desktop.screens.standin import BY_ID as PEOPLE
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic


def entry(
    n: int,
    name: str = "Ben Acosta",
    action: str = "open",
    patient: PatientId = ROSA,
    outcome: str = "success",
) -> Entry:
    act = Act(
        FactId(f"a{n}"), NOW - timedelta(minutes=7 * n), action, UserId("ben"), name, patient, DeviceId(KIOSK), outcome
    )  # fmt: skip
    return Entry(act, PEOPLE[patient].name.full if patient else "", "Consultorio 2")


ENTRIES = (
    entry(0), entry(1, action="print"), entry(2, "Lucía Paz", patient=JUAN), entry(3, action="attempt", outcome="denied"),
    entry(4, "Lucía Paz", "backup", PatientId("")), entry(5, action="export", patient=JUAN), entry(6),
)  # fmt: skip


def review(mine: bool = False, name: str = "r1", rule: str = "no-relation", closed: bool = False) -> Review:
    one = AccessReview(
        id=FactId(name), rule=f"{rule}/1", severity=BY_ID[rule].severity, concerns=UserId("ben"), concerns_name="Ben Acosta",
        about=ROSA, evidence=(FactId("a0"), FactId("a1")), since=NOW, identified_at=NOW, group=FactId(name),
    )  # fmt: skip
    if closed:
        one = replace(
            one,
            status=ReviewStatus.COMPLETED,
            finding=Finding.JUSTIFIED,
            note="Asked him.",
            closed_at=NOW,
            closed_by=UserId("e"),
        )
    return Review(one, BY_ID[rule], PEOPLE[ROSA], "", "Eva" if closed else "", "", mine)


def test_only_the_first_look_and_one_about_a_chart_are_written_down() -> None:
    state, effects = a.update(a.State(NOW), a.Opened(NOW))
    assert effects == (a.Learn(), a.Ask(1, state.wanted(), written_down=True))
    state, effects = a.update(state, a.Opened(NOW))
    assert effects[-1] == a.Ask(2, state.wanted())
    state, effects = a.update(state, a.Narrowed("text", "ben"))
    assert effects == (a.Ask(3, state.wanted()),) and state.wanted().text == "ben"
    state = a.update(state, a.Came(3, Matches(tuple(range(7)), ENTRIES, 7)))[0]
    narrowed, effects = a.update(state, a.ChartChosen(2))
    assert narrowed.filters.patient == JUAN and effects == (a.Ask(4, narrowed.wanted(), written_down=True),)
    assert a.update(state, a.ChartChosen(4))[1] == (), "an entry about no chart"
    assert a.update(narrowed, a.ChartChosen(-1))[0].filters.patient == ""


@pytest.mark.parametrize("which", ["user", "action", "device", "outcome", "text"])
def test_each_filter_is_asked_for(which: str) -> None:
    state, effects = a.update(a.State(NOW), a.Narrowed(which, "x"))
    assert getattr(state.filters, which) == "x" and effects == (a.Ask(1, state.wanted()),)


def test_days_begin_at_midnight_and_today_is_one() -> None:
    state = a.update(a.State(NOW), a.SinceChosen("today"))[0]
    since = state.wanted().since
    assert (
        since is not None and since.astimezone().hour == 0 and timedelta() <= NOW - since < timedelta(days=1)
    )
    assert a.update(state, a.SinceChosen("ever"))[0].wanted().since is None


def found(many: int) -> a.State:
    """A list of so many, the first of which are read."""
    state = a.update(a.State(NOW), a.Opened(NOW))[0]
    numbers = tuple(range(5000, 5000 - many, -1))
    return a.update(state, a.Came(1, Matches(numbers, (entry(0),) * min(many, a.PAGE), many)))[0]


def test_what_comes_into_sight_is_read_once_and_what_is_near_with_it() -> None:
    state, effects = a.update(found(1234), a.Seen(0, 12))
    assert effects == (), "the first came with the answer"
    state, effects = a.update(state, a.Seen(55, 67))
    assert effects == (a.Fetch(1, 1, tuple(range(4900, 4800, -1))),)
    assert a.update(state, a.Seen(55, 67))[1] == (), "it is on its way"
    assert state.entry(100) is None
    state = a.update(state, a.PageCame(1, 1, ENTRIES))[0]
    assert state.entry(101) == ENTRIES[1] and state.coming == frozenset()
    state, effects = a.update(state, a.Seen(1222, 1233))
    assert [one.page for one in effects if isinstance(one, a.Fetch)] == [11, 12]
    state = a.update(state, a.PageFailed(1, 12, "The disk."))[0]
    assert state.sentence and [one.page for one in a.update(state, a.Seen(1222, 1233))[1]] == [12]  # type: ignore[union-attr]


def test_a_late_answer_counts_no_more() -> None:
    asked = a.update(found(300), a.Narrowed("text", "ben"))[0]
    assert asked.numbers == found(300).numbers, "the list stays until the answer is here"
    assert a.update(asked, a.Came(1, Matches((), (), 0)))[0] == asked
    here = a.update(asked, a.Came(2, Matches((7,), ENTRIES[:1], 300)))[0]
    assert here.numbers == (7,) and not here.busy
    assert a.update(here, a.PageCame(1, 0, ENTRIES))[0] == here, "a page of another list"
    assert a.update(here, a.PageFailed(1, 0, "no"))[0] == here


def test_far_pages_are_let_go_and_read_again() -> None:
    state = found(100 * 200)
    for page in range(1, 120):
        state = a.update(
            a.update(state, a.Seen(100 * page, 100 * page + 9))[0], a.PageCame(1, page, ENTRIES)
        )[0]
    assert len(state.pages) == a.KEPT and 119 in state.pages and 0 not in state.pages
    assert a.Fetch(1, 0, state.numbers[:100]) in a.update(state, a.Seen(0, 9))[1]


def test_what_concerns_oneself_cannot_be_closed_from_here() -> None:
    state = j.State(reviews=(review(mine=True),), chosen="r1", finding="justified", note="x")
    assert j.update(state, j.ClosePressed()) == (state, ()) and j.update(state, j.TakePressed()) == (
        state,
        (),
    )
    hers = replace(state, reviews=(review(),))
    assert j.update(hers, j.ClosePressed())[1] == (j.Close(FactId("r1"), "justified", "x"),)


def test_what_is_written_stays_until_it_is_closed_or_another_is_chosen() -> None:
    state = j.State(reviews=(review(), review(name="r2")), chosen="r1", note="I asked")
    assert j.update(state, j.Came(False, state.reviews))[0].note == "I asked"
    assert j.update(state, j.Failed("no"))[0].note == "I asked"
    assert j.update(state, j.Chosen("r2"))[0].note == ""
    assert j.update(state, j.Done("r1", True))[0].note == ""
    assert j.update(state, j.Came(False, (review(name="r2"),)))[0].chosen == ""


def test_every_rule_finding_and_outcome_has_words() -> None:
    assert set(rows.RULES) == {rule.id for rule in ALL_RULES}
    assert {rule.id: rule.title for rule in ALL_RULES} == rows.RULES
    assert set(rows.FINDINGS) == {finding.value for finding in Finding}


def test_every_action_that_the_services_write_has_a_word() -> None:
    folder = Path(clinic_services.__file__).parent
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in folder.glob("*.py")]
    constants = {
        target.id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
        and target.id in ("ACTION", "ATTEMPT", "AUDIT", "BREAK_GLASS", "FAILED", "CLOCK")
    }
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    said = {
        call.args[1].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "audit"
        and isinstance(call.args[1], ast.Constant)
    } | set(constants.values())
    assert len(said) > 20 and said - set(rows.ACTIONS) == set()


def settle() -> None:
    """Let the answers of the workers come in."""
    for _ in range(4):
        QApplication.processEvents()


def _page(qtbot: QtBot, room: Room) -> AuditView:
    page = AuditView(room)
    qtbot.addWidget(page)
    page.resize(1120, 720)
    page.show()
    settle()
    return page


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_page_lists_narrows_and_judges(
    qtbot: QtBot, clinic: Clinic, room: Room, qapp: QApplication, look: str
) -> None:
    theme.apply(qapp, look, "desktop")  # type: ignore[arg-type]
    clinic.entries_held, clinic.reviewed = (
        ENTRIES,
        (review(), review(True, "r2", "own-chart"), review(name="r3", closed=True)),
    )
    page = _page(qtbot, room)
    assert page.list.model().rowCount() == 7 and page.count.text() == "7 of 7 entries"
    assert audit(page) == []
    page.loop.send(a.Narrowed("text", "nobody"))
    settle()
    assert page.nothing.isVisible() and not page.list.isVisible()
    page.show_tab("reviews")
    panel = page.reviews
    assert panel.list.model().rowCount() == 2
    panel.loop.send(j.Chosen("r1"))
    settle()
    assert panel.evidence.model().rowCount() == 2 and panel.judge.isVisible()
    assert audit(page) == []
    panel.close_it.click()
    settle()
    assert "Say what you found" in panel.notice.accessibleName()
    panel.loop.send(j.FindingChosen("justified"))
    settle()
    panel.note.setPlainText("Asked him.")
    panel.close_it.click()
    settle()
    assert ("close", "r1", "justified", "Asked him.") in clinic.calls
    panel.loop.send(j.Chosen("r2"))
    settle()
    assert not panel.judge.isVisible() and "yourself" in panel.notice.accessibleName()
    panel.loop.send(j.ListChosen(True))
    settle()
    assert panel.list.model().rowCount() == 1


def test_a_long_list_reads_what_is_in_sight_and_says_what_is_coming(
    qtbot: QtBot, clinic: Clinic, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    clinic.entries_held = tuple(entry(n, f"Ben {n}", patient=ROSA if n % 2 else JUAN) for n in range(20_000))
    asked: list[tuple[int, ...]] = []
    rows_of = clinic.audit_rows

    def audit_rows(numbers: tuple[int, ...]) -> object:
        asked.append(numbers)
        return rows_of(numbers)

    monkeypatch.setattr(clinic, "audit_rows", audit_rows)
    page = _page(qtbot, room)
    shown = page.list
    assert shown.model().rowCount() == 20_000 and page.count.text() == "20,000 of 20,000 entries"
    assert len(asked) == 1 and "being read" in shown.line(19_999).spoken()
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown.line(19_999).title.startswith("Ben 19999"))
    assert sum(map(len, asked)) <= 4 * a.PAGE, "nothing between was read"
    assert (
        shown.currentIndex()
        .data(Qt.ItemDataRole.AccessibleTextRole)
        .startswith("Ben 19999 · opened the chart, ")
    )
    qtbot.keyClick(shown, Qt.Key.Key_Return)
    settle()
    assert page.loop.state.filters.patient == ROSA and shown.verticalScrollBar().value() == 0
    assert shown.model().rowCount() == 10_000
    qtbot.keyClicks(shown, "ben 85")
    assert shown.currentIndex().row() == 42, "letters typed into the list"
    page.refresh()
    settle()
    assert shown.currentIndex().row() == 42, "looked at anew it stays where it was"
    page.loop.send(a.Narrowed("text", "ben 1999"))
    settle()
    assert shown.model().rowCount() == 6, "words are looked for in all of them"


def test_a_review_is_given_to_somebody_and_its_chart_is_watched(
    qtbot: QtBot, clinic: Clinic, room: Room
) -> None:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    clinic.reviewed = (replace(review(), watched=False), glass())
    page = _page(qtbot, room)
    page.show_tab("reviews")
    panel = page.reviews
    panel.loop.send(j.Chosen("r1"))
    settle()
    assert [key for key, _name in panel.loop.state.others] == ["eva", "nora"], "not to whom it concerns"
    panel.whom.choose("nora")
    panel.give.click()
    settle()
    assert ("assign", "r1", "nora") in clinic.calls
    assert panel.watch.text() == "Watch this chart" and audit(page) == []
    panel.watch.click()
    settle()
    assert ("watch", ROSA, True) in clinic.calls and panel.watch.text() == "Watch this chart no longer"
    panel.watch.click()
    settle()
    assert clinic.calls.count(("watch", ROSA, False)) == 1
    panel.loop.send(j.Chosen("glass.e1.ben"))
    settle()
    assert not panel.watch.isVisible(), "a chart that is not here cannot be watched from here"
    assert "reason given: Unconscious" in panel.about.text()


def test_only_who_may_read_it_has_the_page_in_the_rail(qtbot: QtBot, clinic: Clinic, room: Room) -> None:
    pages = {key: Page(key, key) for key in ("today", "patients", "schedule", "messages", "audit")}
    for may in (False, True):
        clinic.may_not = frozenset() if may else frozenset({Action.READ_AUDIT})
        shell = ShellView(room, pages)
        qtbot.addWidget(shell)
        assert (shell.rail.findChild(object, "shell.rail.audit") is not None) is may


def glass(name: str = "glass.e1.ben", rule: str = "glass-summary") -> Review:
    one = replace(
        review(name=name).review, id=FactId(name), rule=f"{rule}/1", severity="high", reason="Unconscious, nobody knows her"
    )  # fmt: skip
    return Review(one, None, PEOPLE[ROSA], "", "", "", False)


def test_who_judges_is_told_at_once_on_whatever_page_shows(qtbot: QtBot, clinic: Clinic, room: Room) -> None:
    said: list[str] = []
    room.ways.said.connect(lambda _tone, text: said.append(text))
    judging: list[bool] = []
    room.ways.judging.connect(lambda: judging.append(True))
    today = TodayView(room, lambda _device: False)
    qtbot.addWidget(today)
    settle()
    assert today.glass.isHidden()
    clinic.glass = (glass(),)
    today.told(frozenset({"AccessReview"}))  # while another page is in front
    settle()
    assert len(said) == 1 and "1 emergency opening waits for your review." in said[0]
    assert "Unconscious" in said[0] and "Quispe" in said[0]
    today.resize(1120, 720)
    today.show()
    today.told(frozenset({"AccessReview"}))
    settle()
    assert len(said) == 1, "once"
    assert today.glass.isVisible() and "Ben Acosta" in today.glass.accessibleName()
    today.glass.acted.emit()
    assert judging == [True]


def test_the_team_is_told_who_broke_the_glass_and_why(qtbot: QtBot, clinic: Clinic, room: Room) -> None:
    said: list[str] = []
    room.ways.said.connect(lambda _tone, text: said.append(text))
    today = TodayView(room, lambda _device: False)
    qtbot.addWidget(today)
    settle()
    clinic.told = (Notice("g", NOW, "Omar Sosa", "glass-summary", PEOPLE[ROSA], 1, "Unconscious here"),)
    today.told(frozenset({"AccessReview"}))
    settle()
    assert len(said) == 1 and said[0].startswith("Omar Sosa of another team opened the emergency summary")
    assert "Reason given: Unconscious here" in today.opened.accessibleName()
    assert rows.rule_word("glass-summary/1").startswith("Break-glass")


def test_today_tells_who_opened_a_chart_and_puts_it_away(qtbot: QtBot, clinic: Clinic, room: Room) -> None:
    clinic.told = (
        Notice("k1", NOW, "Ben Acosta", "open", PEOPLE[ROSA], 1), Notice("k2", NOW, "Zoe Luna", "print", PEOPLE[JUAN], 2),
    )  # fmt: skip
    today = TodayView(room, lambda _device: False)
    qtbot.addWidget(today)
    today.resize(1120, 720)
    today.show()
    settle()
    said = today.opened.accessibleName()
    assert (
        "Ben Acosta opened the chart of your patient Rosa Elena Quispe Mamani" in said
        and "1 more notice" in said
    )
    today.opened.acted.emit()
    settle()
    assert ("put away", "k1") in clinic.calls and "Zoe Luna printed" in today.opened.accessibleName()
    today.opened.acted.emit()
    settle()
    assert today.opened.isHidden()
