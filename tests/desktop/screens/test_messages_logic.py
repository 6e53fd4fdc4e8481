# SPDX-License-Identifier: GPL-3.0-or-later
"""Answering between visits: never to somebody else, never twice, and nothing typed is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clinic.domain.facts import Communication, Gender
from clinic.domain.facts.notes import SOUND
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Attachment, HumanName
from clinic.services.overviews import Talk
from clinic.services.people import PersonLine
from clinic.services.receipts import Reached, Stage
from clinic.services.threads import Thread
from desktop.screens.messages import logic as page
from desktop.screens.messages import talking as t
from desktop.screens.messages.drafts import Draft, Drafts
from desktop.screens.messages.replies import LANGUAGES, replies

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
ANA, BERTA = PatientId("p.ana"), PatientId("p.berta")
HELLO = Draft("Hola")


def person(patient: PatientId) -> PersonLine:
    name = HumanName(family="Sosa", given=("Ana",))
    return PersonLine(patient, name, date(1961, 3, 3), Gender.FEMALE, "", b"", False, None)


def file(kind: str, name: str = "a1") -> Attachment:
    return Attachment(id=name, key=b"k", content_type=kind, size=9, title="informe")


def said(name: str, *attachments: Attachment, patient: PatientId = ANA) -> Communication:
    return Communication(
        id=FactId(name), patient=patient, sent_at=NOW, sender="patient", text="?", attachments=attachments
    )


def thread(*messages: Communication, patient: PatientId = ANA, unread: tuple[str, ...] = ()) -> Thread:
    return Thread(person(patient), "es", messages, {}, frozenset(FactId(one) for one in unread))


def opened(shown: Thread) -> t.State:
    state, _effects = t.update(t.State(now=NOW), t.ThreadOpened(shown.person.patient, NOW))
    return t.update(state, t.ThreadLoaded(shown, NOW))[0]


def test_opening_a_thread_reads_it_with_an_entry_and_drawing_it_anew_without() -> None:
    state, effects = t.update(t.State(now=NOW), t.ThreadOpened(ANA, NOW))
    assert effects == (t.OpenThread(ANA, written_down=True),)
    assert t.update(state, t.FactsChanged())[1] == (), "it is on its way"
    assert t.update(opened(thread()), t.FactsChanged())[1] == (t.OpenThread(ANA, written_down=False),)


def test_what_is_shown_counts_as_opened_but_a_voice_note_is_not_heard_yet() -> None:
    messages = (said("m1"), said("m2"), said("m3", file(SOUND)))
    state, _effects = t.update(t.State(now=NOW), t.ThreadOpened(ANA, NOW))
    _state, effects = t.update(state, t.ThreadLoaded(thread(*messages, unread=("m2", "m3")), NOW))
    assert effects == (t.MarkRead(ANA, (FactId("m2"),)),)


def test_a_thread_that_comes_late_never_stands_under_another_name() -> None:
    state, _effects = t.update(opened(thread()), t.ThreadOpened(BERTA, NOW))
    late, effects = t.update(state, t.ThreadLoaded(thread(said("m1"), unread=("m1",)), NOW))
    assert (late.thread, effects) == (None, ())


def test_nobody_writes_before_it_is_shown_to_whom() -> None:
    state, _effects = t.update(t.State(now=NOW), t.ThreadOpened(ANA, NOW))
    assert not state.writable and t.update(state, t.SendPressed(HELLO))[1] == ()


def test_enter_pressed_twice_sends_once_also_after_looking_elsewhere() -> None:
    state, effects = t.update(opened(thread()), t.SendPressed(HELLO))
    assert effects == (t.Send(ANA, HELLO),)
    assert t.update(state, t.SendPressed(HELLO))[1] == ()
    for shown in (BERTA, ANA):
        state, _effects = t.update(state, t.ThreadOpened(shown, NOW))
        state, _effects = t.update(state, t.ThreadLoaded(thread(patient=shown), NOW))
        assert bool(t.update(state, t.SendPressed(HELLO))[1]) is (shown == BERTA)
    state, effects = t.update(state, t.MessageSent(ANA))
    assert state.writable and effects == (t.OpenThread(ANA, written_down=False),)


@pytest.mark.parametrize(
    ("draft", "sends"), [(Draft(" \n"), False), (Draft(file=Path("a.pdf")), True), (HELLO, True)]
)
def test_something_must_be_in_a_message(draft: Draft, sends: bool) -> None:
    assert bool(t.update(opened(thread()), t.SendPressed(draft))[1]) is sends


def test_what_could_not_be_sent_is_said_on_the_page_of_whom_it_was_for() -> None:
    state, _effects = t.update(opened(thread()), t.SendPressed(HELLO))
    failed, effects = t.update(state, t.NotSent(ANA, "The disk is full."))
    assert (failed.sentence, failed.writable, effects) == ("The disk is full.", True, ())
    away, _effects = t.update(state, t.ThreadOpened(BERTA, NOW))
    failed, effects = t.update(away, t.NotSent(ANA, "The disk is full."))
    assert (failed.sentence, effects) == ("", (t.Tell("The disk is full."),))


def test_a_paper_is_opened_once_and_its_pages_turned_without_another_entry() -> None:
    paper = file("application/pdf")
    state, effects = t.update(opened(thread(said("m1", paper))), t.MessageOpened("m1"))
    assert effects == (t.ShowDocument(ANA, paper),)
    state, _effects = t.update(state, t.DocumentCame("a1", b"one"))
    assert state.viewed is not None and state.viewed.data == b"one"
    assert t.update(state, t.ViewLeft())[0].viewed is None


def test_a_page_that_comes_after_it_was_closed_shows_nothing() -> None:
    state = opened(thread(said("m1", file("image/jpeg"))))
    assert t.update(state, t.DocumentCame("a1", b"one"))[0] == state
    shown, _effects = t.update(state, t.MessageOpened("m1"))
    assert t.update(shown, t.DocumentMissing("another", "It has not arrived."))[0] == shown
    missing, _effects = t.update(shown, t.DocumentMissing("a1", "It has not arrived."))
    assert missing.viewed is not None and missing.viewed.note == "It has not arrived."


def test_a_voice_note_plays_and_is_stopped_by_the_same_touch() -> None:
    sound = file(SOUND)
    state = opened(thread(said("m1", sound)))
    assert t.update(state, t.MessageOpened("m1"))[1] == (t.Play(ANA, FactId("m1"), sound),)
    playing, _effects = t.update(state, t.PlayingChanged("m1"))
    assert t.update(playing, t.MessageOpened("m1"))[1] == (t.StopPlaying(),)


def test_what_this_computer_alone_holds_is_counted() -> None:
    reached = {
        FactId("m1"): Reached(Stage.SAVED, mine=True),
        FactId("m2"): Reached(Stage.CENTRE, mine=True),
        FactId("m3"): Reached(Stage.SAVED, mine=False),
    }
    assert opened(replace(thread(), reached=reached)).waiting == 1


class TestDrafts:
    def test_each_patient_has_her_own_words(self) -> None:
        drafts = Drafts()
        drafts.write(ANA, "Venga el lunes")
        drafts.attach(BERTA, Path("foto.jpg"))
        assert drafts.of(ANA) == Draft("Venga el lunes")
        assert drafts.of(BERTA) == Draft("", Path("foto.jpg"))
        assert drafts.of(PatientId("p.nora")) == Draft() and drafts.any()

    def test_what_was_sent_goes_and_what_was_typed_meanwhile_stays(self) -> None:
        drafts = Drafts()
        drafts.keep(ANA, Draft("Hola. Y otra cosa", Path("a.pdf")))
        drafts.sent(ANA, Draft("Hola.", Path("a.pdf")))
        assert drafts.of(ANA) == Draft("Y otra cosa")
        drafts.sent(ANA, Draft("Y otra cosa"))
        assert not drafts.any()

    def test_spaces_are_no_draft(self) -> None:
        drafts = Drafts()
        drafts.write(ANA, " \n ")
        assert not drafts.any()


def test_the_page_opens_by_choice_and_tells_how_many_wait() -> None:
    talks = (Talk(person(ANA), said("m1"), unread=2), Talk(person(BERTA), said("m2"), unread=1))
    state, effects = page.update(page.State(now=NOW), page.TalksLoaded(talks, NOW))
    assert effects == (page.TellUnread(3),)
    assert page.update(state, page.ChartPressed())[1] == (), "nobody is open"
    state, effects = page.update(state, page.Opened(BERTA))
    assert (state.open, effects) == (BERTA, (page.OpenThread(BERTA),))
    assert page.update(state, page.ChartPressed())[1] == (page.OpenChart(BERTA),)
    assert page.update(state, page.FactsChanged())[1] == (page.LoadTalks(),)


def test_ready_answers_are_the_same_in_every_language() -> None:
    counts = {language: len(replies(language)) for language in LANGUAGES}
    assert len(set(counts.values())) == 1 and 0 < counts["es"] < 10, "a digit chooses each"
    said_in = [{one.text for one in replies(language)} for language in LANGUAGES]
    assert not said_in[0] & said_in[1] and not said_in[0] & said_in[2]
    assert all(one.title and one.text for language in LANGUAGES for one in replies(language))
    assert replies("qu") == replies("es")
