# SPDX-License-Identifier: GPL-3.0-or-later
"""The other screens' logic, in sentences."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.facts import EncounterStatus
from clinic.domain.ids import EncounterId, PatientId
from clinic.services.waiting import Waiting
from clinic.sync.status import SyncStatus
from desktop import presence
from desktop.kit.words import set_language
from desktop.screens import phrases
from desktop.screens.chart import logic as c
from desktop.screens.faces import alarm_words, waiting_row
from desktop.screens.join import logic as j
from desktop.screens.patients import logic as p
from desktop.screens.shell import logic as sh
from desktop.screens.today import logic as t
from tests.desktop.screens.standin import JUAN, KIOSK, MARTA, NOW, PEOPLE, QUEUE, ROSA, Clinic, coding


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def red(row: Waiting, *flags: str) -> Waiting:
    """The same one with red flags."""
    told = tuple(coding("urn:posta:red-flag", flag, flag) for flag in flags or ("chest_pain",))
    return replace(row, encounter=replace(row.encounter, red_flags=told))


class TestJoin:
    FORM = j.Form(
        "CODE", "Ana", "Room 2", "correct horse battery staple mate", "correct horse battery staple mate"
    )

    def test_a_complete_form_asks_to_join_and_then_compares(self) -> None:
        state, effects = j.update(j.State(), j.Submitted(self.FORM))
        assert effects == (j.AskToJoin(self.FORM),)
        state, effects = j.update(state, j.DigitsMade("123456"))
        assert (state.step, effects) == (j.Step.COMPARING, (j.WaitForAdmission(),))
        assert j.update(state, j.Admitted())[1] == (j.GoToLogin(),)

    @pytest.mark.parametrize("field", ["code", "name", "device", "password", "again"])
    def test_each_missing_part_is_named(self, field: str) -> None:
        assert j.mistake(replace(self.FORM, **{field: ""}))

    @pytest.mark.parametrize(
        ("password", "good"), [("a" * 15, True), ("uno dos tres cuatro cinco", True), ("short", False)]
    )
    def test_the_password_rule(self, password: str, good: bool) -> None:
        assert (j.password_rule(password) == "") is good

    def test_a_refusal_goes_back_to_the_form(self) -> None:
        state, _effects = j.update(j.State(step=j.Step.COMPARING), j.Failed("No."))
        assert (state.step, state.sentence) == (j.Step.FORM, "No.")


class TestToday:
    def loaded(self) -> t.State:
        return t.update(t.State(now=NOW), t.QueueLoaded(QUEUE, NOW))[0]

    def test_the_first_reading_announces_nobody(self) -> None:
        _state, effects = t.update(t.State(now=NOW), t.QueueLoaded(QUEUE, NOW))
        assert not any(isinstance(effect, t.Announce) for effect in effects)

    def test_who_comes_later_is_announced(self) -> None:
        state, _effects = t.update(t.State(now=NOW), t.QueueLoaded(QUEUE[:1], NOW))
        assert t.Announce(2) in t.update(state, t.QueueLoaded(QUEUE, NOW))[1]

    def test_a_red_flag_is_told_as_soon_as_it_is_there_and_once(self) -> None:
        flagged = (red(QUEUE[1]), QUEUE[0], QUEUE[2])
        state, effects = t.update(self.loaded(), t.QueueLoaded(flagged, NOW))
        assert t.Alarm(flagged[:1]) in effects
        assert not any(isinstance(one, t.Alarm) for one in t.update(state, t.QueueLoaded(flagged, NOW))[1])
        more = (red(QUEUE[1], "chest_pain", "breathless"), *flagged[1:])
        assert t.Alarm(more[:1]) in t.update(state, t.QueueLoaded(more, NOW))[1]

    def test_a_red_flag_is_told_at_the_first_reading_unless_somebody_sees_her_already(self) -> None:
        row = red(QUEUE[0])
        assert t.Alarm((row,)) in t.update(t.State(now=NOW), t.QueueLoaded((row,), NOW))[1]
        seen = replace(row, encounter=replace(row.encounter, status=EncounterStatus.IN_PROGRESS))
        effects = t.update(t.State(now=NOW), t.QueueLoaded((seen,), NOW))[1]
        assert not any(isinstance(one, t.Alarm) for one in effects)

    def test_the_row_and_the_alarm_say_the_red_flag_in_words(self) -> None:
        row = red(QUEUE[1], "chest_pain", "new_rule")
        shown = waiting_row(row, NOW, True)
        assert (shown.score, shown.score_tone) == ("Red flag: chest pain +1", "danger")
        assert shown.marks[0].text == waiting_row(QUEUE[1], NOW, True).score
        assert waiting_row(red(QUEUE[1]), NOW, True).score == "Red flag: chest pain"
        assert "Red flag" not in waiting_row(QUEUE[1], NOW, True).spoken()
        (said,) = alarm_words((row,)).splitlines()
        assert said.startswith("Red flag: chest pain, new_rule")
        assert "B-08" in said and row.person.name.full in said

    def test_the_most_urgent_is_chosen_first(self) -> None:
        assert self.loaded().chosen == f"e.{ROSA}"

    def test_the_choice_stays_when_the_queue_is_read_again(self) -> None:
        state, _effects = t.update(self.loaded(), t.RowChosen(f"e.{JUAN}"))
        assert t.update(state, t.QueueLoaded(QUEUE, NOW))[0].chosen == f"e.{JUAN}"

    def test_when_the_chosen_one_leaves_nobody_else_slips_under_the_call_button(self) -> None:
        state, _effects = t.update(self.loaded(), t.QueueLoaded(QUEUE[1:], NOW))
        assert (state.chosen, t.update(state, t.CallPressed())[1]) == ("", ())
        assert t.update(state, t.QueueLoaded(QUEUE, NOW))[0].chosen == ""

    def test_opening_a_row_opens_that_visit(self) -> None:
        (effect,) = t.update(self.loaded(), t.RowOpened(f"e.{JUAN}"))[1]
        assert effect == t.OpenVisit(QUEUE[1].encounter.id, JUAN, KIOSK)

    def test_the_call_button_opens_and_rings(self) -> None:
        (effect,) = t.update(self.loaded(), t.CallPressed())[1]
        assert isinstance(effect, t.OpenVisit) and effect.ring

    def test_only_a_listed_match_can_be_confirmed(self) -> None:
        state, _effects = t.update(self.loaded(), t.RowChosen(f"e.{MARTA}"))
        state, _effects = t.update(state, t.IdentityAsked())
        assert state.confirming
        assert t.update(state, t.MatchConfirmed(PatientId("p.other")))[1] == ()
        assert t.update(state, t.MatchConfirmed(PatientId("p.marta2")))[1] == (
            t.ConfirmIdentity(EncounterId(f"e.{MARTA}"), KIOSK, MARTA, PatientId("p.marta2")),
        )

    def test_a_verified_person_is_not_asked_about(self) -> None:
        assert not t.update(self.loaded(), t.IdentityAsked())[0].confirming


class TestPatients:
    FORM = p.NewPerson("Sosa", "Marta", "7/1/1990", "35.012.774", "female")

    def test_people_alike_are_shown_before_a_second_record_is_made(self) -> None:
        state, effects = p.update(p.State(now=NOW), p.SavePressed(self.FORM))
        assert effects == (p.FindAlike(self.FORM, date(1990, 1, 7)),)
        state, effects = p.update(state, p.AlikeFound(self.FORM, PEOPLE[2:4]))
        assert effects == () and state.alike
        assert p.update(state, p.SavePressed(self.FORM))[1] == (p.Register(self.FORM, date(1990, 1, 7)),)

    def test_without_anybody_alike_it_registers_at_once(self) -> None:
        state, _effects = p.update(p.State(now=NOW), p.SavePressed(self.FORM))
        assert isinstance(p.update(state, p.AlikeFound(self.FORM, ()))[1][0], p.Register)

    def test_another_name_asks_again(self) -> None:
        state, _effects = p.update(p.State(now=NOW), p.SavePressed(self.FORM))
        state, _effects = p.update(state, p.AlikeFound(self.FORM, PEOPLE[2:4]))
        other = replace(self.FORM, family="Soria")
        assert isinstance(p.update(state, p.SavePressed(other))[1][0], p.FindAlike)

    @pytest.mark.parametrize(
        ("typed", "born"),
        [
            ("7/1/1990", date(1990, 1, 7)),
            ("1990-01-07", date(1990, 1, 7)),
            ("31.2.1990", None),
            ("7/1/2990", None),
            ("hoy", None),
        ],
    )
    def test_birth_dates_as_people_type_them(self, typed: str, born: date | None) -> None:
        assert p.birth_date(typed, NOW.date()) == born

    @pytest.mark.parametrize("wrong", [{"family": ""}, {"given": " "}, {"birth": "x"}, {"dni": "12"}])
    def test_each_mistake_is_named(self, wrong: dict[str, str]) -> None:
        assert p.mistake(replace(self.FORM, **wrong), NOW.date())

    def test_answers_to_an_older_search_are_ignored(self) -> None:
        state, _effects = p.update(p.State(now=NOW), p.TextTyped("sos"))
        assert p.update(state, p.Found("so", PEOPLE))[0].people == ()

    def test_cards_are_shown_of_the_chosen_person(self) -> None:
        state, _effects = p.update(p.State(now=NOW), p.Found("", PEOPLE))
        assert p.update(state, p.CardPressed())[0].carded == PEOPLE[0]


class TestChart:
    def test_the_cards_of_one_person_do_not_stay_for_the_next(self) -> None:
        state, _effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW))
        state, _effects = c.update(state, c.CardPressed())
        assert state.carding
        assert not c.update(state, c.PatientOpened(JUAN, NOW))[0].carding

    def test_the_newest_document_is_laid_out_at_once(self) -> None:
        state, _effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW, "documents"))
        state, effects = c.update(state, c.ChartLoaded(Clinic().chart(ROSA), NOW))
        assert (state.document, [type(effect) for effect in effects]) == ("d1", [c.LoadPicture])

    def test_opening_is_written_down_and_redrawing_is_not(self) -> None:
        state, effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW))
        assert effects == (c.OpenChart(ROSA),)
        state, _effects = c.update(state, c.ChartLoaded(Clinic().chart(ROSA), NOW))
        assert c.update(state, c.FactsChanged(frozenset({ROSA})))[1] == (c.Redraw(ROSA),)

    def test_a_chart_that_comes_late_for_another_person_is_dropped(self) -> None:
        state, _effects = c.update(c.State(now=NOW), c.PatientOpened(JUAN, NOW))
        assert c.update(state, c.ChartLoaded(Clinic().chart(ROSA), NOW))[0].chart is None

    def test_vital_cards_show_the_last_value_with_its_flag(self) -> None:
        first = c.cards(Clinic().chart(ROSA))[0]
        assert (first.key, first.text, first.flag and first.flag.icon) == (
            "blood_pressure",
            "\u2066148/92\u2069",
            "arrow-up",
        )

    def test_a_picture_of_another_document_is_dropped(self) -> None:
        state, _effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW))
        state, _effects = c.update(state, c.ChartLoaded(Clinic().chart(ROSA), NOW))
        state, effects = c.update(state, c.DocumentChosen("d1"))
        assert isinstance(effects[0], c.LoadPicture)
        assert c.update(state, c.PictureCame("d2", b"x"))[0].picture == b""
        assert c.update(state, c.PictureCame("d1", b"x"))[0].picture == b"x"

    def test_the_open_visit_can_be_entered_from_the_chart(self) -> None:
        state, _effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW))
        state, _effects = c.update(state, c.ChartLoaded(Clinic().chart(ROSA), NOW))
        assert isinstance(c.update(state, c.VisitPressed())[1][0], c.OpenVisit)


class TestShell:
    def test_idle_covers_the_screen_but_not_during_a_call(self) -> None:
        state = sh.State(now=NOW)
        assert sh.update(state, sh.IdleTooLong())[1] == (sh.SaveAndLock(),)
        assert sh.update(replace(state, call="talking"), sh.IdleTooLong())[1] == ()

    def test_a_found_person_opens_the_chart_and_ends_the_search(self) -> None:
        state, _effects = sh.update(sh.State(now=NOW), sh.SearchTyped("ro"))
        state, effects = sh.update(state, sh.PersonChosen(ROSA))
        assert (state.page, state.searched, effects) == ("chart", "", (sh.OpenChart(ROSA),))

    def test_enter_never_opens_a_person_found_for_what_was_typed_before(self) -> None:
        rosa, juan = PEOPLE[0], PEOPLE[1]
        state = sh.State(now=NOW)
        for event in (sh.SearchTyped("r"), sh.PeopleFound("r", (rosa, juan))):
            state, _effects = sh.update(state, event)
        state, effects = sh.update(state, sh.SearchEntered("ramirez"))
        assert effects == (sh.Find("ramirez"),)
        state, effects = sh.update(state, sh.PeopleFound("r", (rosa, juan)))
        assert effects == ()
        state, effects = sh.update(state, sh.PeopleFound("ramirez", (juan,)))
        assert effects == (sh.OpenChart(juan.patient),), "one person: she is opened"

    def test_several_people_found_after_enter_are_shown_first_and_opened_by_another(self) -> None:
        state, _effects = sh.update(sh.State(now=NOW), sh.SearchEntered("so"))
        state, effects = sh.update(state, sh.PeopleFound("so", (PEOPLE[2], PEOPLE[3])))
        assert (state.answered, effects) == ("so", ())
        assert sh.update(state, sh.SearchEntered("so"))[1] == (sh.OpenChart(PEOPLE[2].patient),)


class TestPhrases:
    def test_status_is_counts(self) -> None:
        waits = SyncStatus(
            waiting=4, acknowledged=12, last_exchange_at=NOW - timedelta(minutes=12), online=False
        )
        assert phrases.sync_words(waits, NOW) == (
            "warn",
            "4 changes wait to leave this computer · last exchange 12 minutes ago",
        )
        settled = SyncStatus(acknowledged=132, last_exchange_at=NOW, online=True)
        said = phrases.sync_words(settled, NOW)
        assert said.tone == "ok" and said.text.startswith("All 132 changes acknowledged by the centre")

    def test_a_new_computer_says_that_charts_are_not_whole_yet(self) -> None:
        arriving = SyncStatus(waiting=2, acknowledged=9, last_exchange_at=NOW, online=True, catching_up=True)
        said = phrases.sync_words(arriving, NOW)
        assert said.tone == "warn" and said.text.startswith("Older records are still arriving")

    def test_what_was_put_right_is_said(self) -> None:
        mended = SyncStatus(acknowledged=9, last_exchange_at=NOW, online=True, mended=2)
        said = phrases.sync_words(mended, NOW)
        assert said.tone == "warn" and said.text.startswith("2 records were damaged or missing")
        assert phrases.sync_words(replace(mended, mending=1), NOW).text.startswith(
            "A colleague holds a chart otherwise"
        )

    def test_refused_changes_are_said_before_anything_else(self) -> None:
        said = phrases.sync_words(SyncStatus(waiting=1, refused=2, quarantined=1, online=True), NOW)
        assert (said.tone, said.text) == (
            "danger",
            "2 changes were refused by the centre · 1 arrival is set aside",
        )

    def test_a_missing_input_is_named_and_never_scored(self) -> None:
        from clinic.domain.scores.news2 import Vitals, news2

        score = news2(Vitals(respiratory_rate=18))
        assert phrases.points(score) == "–"
        assert "temperature" in phrases.missing_inputs(score)

    @pytest.mark.parametrize("phase", ["idle", "calling", "connecting", "talking", "reconnecting", "ended"])
    @pytest.mark.parametrize("letters", [True, False])
    def test_every_state_of_a_call_has_words(self, phase: str, letters: bool) -> None:
        assert phrases.call_words(phase, "lost", letters, True).text

    def test_a_blood_pressure_is_one_value_and_half_of_one_is_still_shown(self) -> None:
        both = {"systolic": Decimal(148), "diastolic": Decimal(92), "spo2": Decimal(97)}
        assert next(flag.text for flag in phrases.measured(both)).startswith("Pressure \u2066148/92")
        assert len(phrases.measured(both)) == 2
        assert "148" in phrases.measured({"systolic": Decimal(148)})[0].text

    def test_a_dni_is_dotted(self) -> None:
        assert phrases.number_text("14203881") == "DNI 14.203.881"


class TestPresence:
    def test_places_count_those_who_wait_and_not_those_inside(self) -> None:
        inside = replace(QUEUE[0], encounter=replace(QUEUE[0].encounter, status=EncounterStatus.IN_PROGRESS))
        told = presence.places((inside, *QUEUE[1:]))
        assert [one.place for one in told.values()] == [1, 1, 2]
        assert [one.wait_minutes for one in told.values()] == [0, 0, presence.MINUTES_A_VISIT]

    def test_only_what_changed_is_posted(self) -> None:
        before = presence.places(QUEUE)
        assert presence.news(before, presence.places(QUEUE)) == ()
        assert len(presence.news(before, presence.places(QUEUE[1:]))) == 2

    def test_a_kiosk_that_came_back_is_told_again(self) -> None:
        before = presence.forget(presence.places(QUEUE), KIOSK)
        assert len(presence.news(before, presence.places(QUEUE))) == 3
