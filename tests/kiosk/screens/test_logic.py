# SPDX-License-Identifier: GPL-3.0-or-later
"""What each screen decides, as sentences."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.quality import Ladder, Rung
from clinic.domain.facts import Decision
from clinic.domain.values import HumanName
from clinic.domain.vitals import VITALS
from clinic.protocol.letters import ChatLine, QueuePlace, VisitOver
from desktop.kit.rungs import SIGNS
from desktop.kit.words import set_language
from kiosk import questionnaire
from kiosk.flow import Came, Journey, Said, Step
from kiosk.screens.after import logic as after
from kiosk.screens.call import logic as call
from kiosk.screens.check import logic as check
from kiosk.screens.consent import logic as consent
from kiosk.screens.greet import logic as greet
from kiosk.screens.identify import logic as identify
from kiosk.screens.photo import logic as photo
from kiosk.screens.symptoms import logic as symptoms
from kiosk.screens.vitals import logic as vitals
from kiosk.screens.waiting import logic as waiting
from tests.kiosk.standin import ENCOUNTER, NOW, ROSA, visit

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


# who are you


def identified(*events: identify.Event) -> tuple[identify.State, list[identify.Effect]]:
    state, effects = identify.State(), list[identify.Effect]()
    for event in events:
        state, more = identify.update(state, event, TODAY)
        effects += more
    return state, effects


def test_a_code_before_the_camera_is_asked_about_once_while_the_clinic_answers() -> None:
    state, effects = identified(identify.Seen("abc"), identify.Seen("abc"))
    assert effects == [identify.ReadCard("abc")]
    assert state.busy


def test_a_foreign_card_gets_a_sentence_and_is_not_asked_about_again_but_another_is() -> None:
    state, effects = identified(
        identify.Seen("foreign"),
        identify.NotFound("Not ours."),
        identify.Seen("foreign"),
        identify.Seen("ours"),
    )
    assert [e.text for e in effects if isinstance(e, identify.ReadCard)] == ["foreign", "ours"]
    assert state.busy


def test_a_known_card_goes_on() -> None:
    assert identified(identify.Seen("x"), identify.Found(ROSA))[1][-1] == identify.Identify(ROSA)


def test_number_and_birth_date_make_a_claim() -> None:
    _state, effects = identified(identify.NoCard(), identify.Typed("14233456"), identify.Typed("05031961"))
    assert effects == [identify.Claim("14233456", date(1961, 3, 5))]


@pytest.mark.parametrize("typed", ["", "123", "123456789"])
def test_a_number_that_cannot_be_one_is_asked_for_again(typed: str) -> None:
    state, _effects = identified(identify.NoCard(), identify.Typed(typed))
    assert (state.way, state.say) == (identify.Way.NUMBER, identify.BAD_NUMBER)


@pytest.mark.parametrize("typed", ["31021961", "0503196", "22112026", "05031861", "abcdefgh"])
def test_a_day_that_cannot_be_a_birth_date_is_asked_for_again(typed: str) -> None:
    state, effects = identified(identify.NoCard(), identify.Typed("14233456"), identify.Typed(typed))
    assert (state.say, effects) == (identify.BAD_BIRTH, [])


def test_a_missing_camera_leads_to_the_number_and_back_does_not_return_to_it() -> None:
    state, _effects = identified(identify.CameraGone())
    assert (state.way, state.say) == (identify.Way.NUMBER, identify.NO_CAMERA)
    assert identify.back(state) is None


def test_back_leads_from_the_birth_date_to_the_number_to_the_card() -> None:
    state, _effects = identified(identify.NoCard(), identify.Typed("14233456"))
    number = identify.back(state)
    assert number is not None
    assert number.number == "14233456"
    card = identify.back(number)
    assert card is not None
    assert card.way is identify.Way.CARD
    assert identify.back(card) is None


@pytest.mark.parametrize(
    "text",
    [
        "00123456789@QUISPE@ROSA ELENA@F@14233456@A@05/03/1961@01/01/2020@200",
        "@14233456    @A@1@QUISPE@ROSA ELENA@ARGENTINA@05/03/1961@F@01/01/2010@00012345678@",
    ],
)
def test_an_argentine_identity_card_is_a_claim_with_a_name(text: str) -> None:
    name = HumanName(family="Quispe", given=("Rosa", "Elena"))
    assert identified(identify.Seen(text))[1] == [identify.Claim("14233456", date(1961, 3, 5), name)]


@given(st.text(max_size=80))
def test_whatever_the_camera_reads_is_a_card_or_a_claim_and_never_breaks(text: str) -> None:
    _state, effects = identified(identify.Seen(text))
    assert len(effects) == 1


def test_a_card_with_a_pin_asks_for_it_and_a_wrong_one_can_be_typed_again() -> None:
    state, effects = identified(
        identify.Seen("card"),
        identify.PinAsked(),
        identify.Typed("12"),
        identify.Typed("2740"),
        identify.NotFound("That is not the PIN."),
        identify.Typed("2749"),
    )
    assert effects == [
        identify.ReadCard("card"),
        identify.ReadCard("card", "2740"),
        identify.ReadCard("card", "2749"),
    ]
    assert (state.way, state.busy, state.refused) == (identify.Way.PIN, True, frozenset())
    before = identify.back(replace(state, busy=False))
    assert before is not None and before.way is identify.Way.CARD


DOCUMENT = "00123456789@QUISPE@ROSA ELENA@F@14233456@A@05/03/1961@01/01/2020@200"


@pytest.mark.parametrize(
    "events",
    [
        (identify.HaveCode(), identify.Typed("48213377"), identify.Seen(DOCUMENT)),
        (identify.HaveCode(), identify.Typed("48213377"), identify.NoCard(), identify.Typed("14233456")),
        (identify.NoCard(), identify.Typed("14233456"), identify.HaveCode(), identify.Typed("48213377")),
    ],
)
def test_a_code_goes_with_a_number_in_whatever_order_they_come(events: tuple[identify.Event, ...]) -> None:
    state, effects = identified(*events)
    assert effects == [identify.UseCode("14233456", "48213377")] and state.busy
    after = identify.update(state, identify.NotFound("Wrong."), TODAY)[0]
    assert (after.way, after.say, after.number) == (identify.Way.CODE, "Wrong.", "14233456")
    scanned = isinstance(events[-1], identify.Seen)
    on, more = identify.update(after, identify.NoCode(), TODAY)
    assert bool(more) == scanned and (scanned or on.way is identify.Way.BIRTH)


def test_a_code_that_cannot_be_one_is_asked_for_again() -> None:
    state, effects = identified(identify.HaveCode(), identify.Typed("1234567"))
    assert (state.way, state.say, effects) == (identify.Way.CODE, identify.BAD_CODE, [])


# is this you


def test_the_greeting_shows_a_first_name_and_a_year_and_no_more() -> None:
    shown = greet.greeting(ROSA)
    assert (shown.name, shown.born) == ("Rosa", "Born in 1961")


def test_a_person_known_by_a_number_only_sees_its_last_three_digits() -> None:
    claimed = replace(ROSA, name=HumanName(family="DNI 14233456"), provisional=True)
    assert greet.greeting(claimed).name == "Id number ending in 456"


# symptoms


def test_a_tile_touched_twice_is_off_and_the_order_is_that_of_the_tiles() -> None:
    state = symptoms.State(questionnaire.load().symptoms_of("unwell"))
    for key in ("cough", "fever", "vomiting", "vomiting"):
        state = symptoms.toggled(state, key)
    assert [code.code for code in symptoms.told(state, "es")] == ["fever", "cough"]


# vitals


def measured(*events: vitals.Event) -> vitals.State:
    state = vitals.State()
    for event in events:
        state = vitals.update(state, event)
    return state


FULL = (
    vitals.Entered("148"),
    vitals.Entered("92"),
    vitals.Entered("88"),
    vitals.Entered("95"),
    vitals.Oxygen(False),
    vitals.Entered("37,8"),
    vitals.Entered("18"),
    vitals.Oneself(True),
)


def test_all_numbers_typed_make_a_full_set() -> None:
    done = measured(*FULL)
    assert done.ask is vitals.Ask.DONE
    assert (done.values["temperature"], done.on_oxygen, done.alert) == (Decimal("37.8"), False, True)
    assert set(done.values) == set(vitals.ORDER)


def test_everything_can_be_skipped_and_then_nothing_is_told() -> None:
    done = measured(*[vitals.Skipped()] * 5)
    assert (done.ask, dict(done.values), done.on_oxygen, done.alert) == (vitals.Ask.DONE, {}, None, None)


def test_an_implausible_number_is_asked_about_once_more() -> None:
    doubted = measured(vitals.Entered("900"))
    assert (doubted.ask, doubted.doubted) == (vitals.Ask.SURE, Decimal(900))
    insisted = vitals.update(doubted, vitals.Sure(True))
    assert (insisted.ask, insisted.say, dict(insisted.values)) == (
        vitals.Ask.VALUE,
        vitals.IMPOSSIBLE,
        {},
    )
    again = vitals.update(doubted, vitals.Sure(False))
    assert (again.ask, again.key, dict(again.values)) == (vitals.Ask.VALUE, "systolic", {})


def test_a_lower_number_above_the_upper_one_is_asked_about() -> None:
    assert measured(vitals.Entered("120"), vitals.Entered("130")).ask is vitals.Ask.SURE


def test_half_a_blood_pressure_is_none() -> None:
    assert measured(vitals.Skipped()).key == "heart_rate"
    assert dict(measured(vitals.Entered("120"), vitals.Skipped()).values) == {}


def test_nothing_typed_says_what_to_do() -> None:
    assert measured(vitals.Entered("")).say == vitals.EMPTY
    assert vitals.number(",") is None
    assert vitals.number("NaN") is None


def test_somebody_else_answering_leaves_alertness_open() -> None:
    assert measured(*FULL[:-1], vitals.Oneself(False)).alert is None


def test_back_walks_through_the_numbers_and_leaves_at_the_first() -> None:
    state = measured(vitals.Entered("148"), vitals.Entered("92"))
    assert vitals.can_go_back(state)
    for expected in ("diastolic", "systolic"):
        state = vitals.update(state, vitals.Back())
        assert state.key == expected
    assert not vitals.can_go_back(state)
    assert measured(vitals.Skipped(), vitals.Back()).key == "systolic"
    assert measured(vitals.Entered("900"), vitals.Back()).ask is vitals.Ask.VALUE


@given(
    st.lists(
        st.sampled_from(
            [
                vitals.Entered("1"),
                vitals.Entered("95"),
                vitals.Entered("x"),
                vitals.Skipped(),
                vitals.Sure(True),
                vitals.Sure(False),
                vitals.Oxygen(True),
                vitals.Oneself(True),
                vitals.Back(),
            ]
        ),
        max_size=40,
    )
)
def test_no_order_of_touches_leaves_the_screen_without_a_question(events: list[vitals.Event]) -> None:
    """And whatever goes on can be filed."""
    state = measured(*events)
    assert all(VITALS[key].plausible(value) for key, value in state.values.items())
    upper, lower = state.values.get("systolic"), state.values.get("diastolic")
    assert upper is None or lower is None or lower < upper or state.key == "diastolic"
    assert 0 <= state.index < len(vitals.ORDER)
    assert (state.ask is vitals.Ask.SURE) == (state.doubted is not None)
    assert ("systolic" in state.values) or ("diastolic" not in state.values)


# photo


def test_a_photo_is_taken_looked_at_and_kept() -> None:
    state = photo.kept(photo.taken(photo.State(), b"jpeg"))
    assert state == photo.State(photo.Look.DONE, b"jpeg")


def test_a_photo_can_be_taken_again_or_left_out() -> None:
    assert photo.again(photo.taken(photo.State(), b"jpeg")) == photo.State()
    assert photo.skipped(photo.taken(photo.State(), b"jpeg")).jpeg == b""


def test_no_picture_no_photo_and_a_camera_that_dies_does_not_take_the_photo_with_it() -> None:
    assert photo.taken(photo.State(), b"") == photo.State()
    assert photo.camera_gone(photo.taken(photo.State(), b"j")).jpeg == b"j"
    assert photo.camera_gone(photo.State()).look is photo.Look.NO_CAMERA
    assert photo.kept(photo.State()) == photo.State()
    assert photo.again(photo.State()) == photo.State()


# consent

SCOPES = ("treatment", "recording")


def test_the_form_is_read_answered_one_by_one_and_signed() -> None:
    state = consent.begun("a\n\nb", SCOPES)
    state = consent.read(state)
    assert state.stage is consent.Stage.ITEMS
    state = consent.answered(consent.answered(state, True), False)
    assert state.stage is consent.Stage.SIGN
    assert state.decisions == {"treatment": Decision.PERMIT, "recording": Decision.DENY}


def test_answers_out_of_place_change_nothing() -> None:
    state = consent.begun("a", SCOPES)
    assert consent.answered(state, True) == state
    assert consent.read(consent.read(state)) == consent.read(state)


def test_back_goes_through_items_and_pages() -> None:
    state = consent.answered(consent.answered(consent.read(consent.begun("a", SCOPES)), True), True)
    steps = []
    current: consent.State | None = state
    while (current := consent.back(current)) is not None:
        steps.append((current.stage, current.index))
    assert steps == [(consent.Stage.ITEMS, 1), (consent.Stage.ITEMS, 0), (consent.Stage.READ, 0)]


@given(st.lists(st.text("ab ", min_size=1, max_size=200), max_size=12))
def test_pages_hold_every_line_in_order(lines: list[str]) -> None:
    told = [line.strip() for line in lines if line.strip()]
    made = consent.pages("\n".join(lines))
    assert [line for page in made for line in page.split("\n\n")] == told
    assert all(len(page) <= consent.PAGE or "\n\n" not in page for page in made)


@dataclass
class Touch:
    x: float
    y: float
    t_ms: int
    pressure: float = 1.0


def test_strokes_become_thousandths_and_milliseconds_since_the_first_touch() -> None:
    made = consent.strokes([[Touch(0.1, 0.2, 500), Touch(0.5, 1.0, 700)], []])
    assert len(made) == 1
    assert [(p.x, p.y, p.t, p.pressure) for p in made[0].points] == [
        (100, 200, 0, 1000),
        (500, 1000, 200, 1000),
    ]


def test_a_tap_is_no_signature() -> None:
    assert not consent.is_signature(())
    assert not consent.is_signature(consent.strokes([[Touch(0.1, 0.1, 0), Touch(0.1, 0.1, 5)]]))
    line = [Touch(i / 10, 0.5, i * 60) for i in range(6)]
    assert consent.is_signature(consent.strokes([line]))


# device check


def test_the_second_no_goes_on_and_a_missing_camera_asks_only_once() -> None:
    helped = check.answered(check.State(), False)
    assert helped.helped
    assert not helped.done
    assert check.answered(helped, False).done
    assert check.answered(check.State(camera=False), False).done
    assert check.answered(check.State(), True).done


# waiting room


def sitting(**changes: object) -> Journey:
    return replace(Journey(step=Step.WAITING, visit=visit(), online=True), **changes)  # type: ignore[arg-type]


def place(number: int, minutes: int, status: str = "triaged") -> QueuePlace:
    return QueuePlace(encounter=ENCOUNTER, place=number, wait_minutes=minutes, status=status)


def test_the_waiting_room_says_how_many_are_before_and_how_long_it_takes() -> None:
    shown = waiting.shown(sitting(place=place(3, 12)))
    assert (shown.ticket, shown.place, shown.wait) == ("S-07", "You are number 3", "About 12 minutes")
    assert shown.tone == "ok"


def test_the_first_is_told_so() -> None:
    shown = waiting.shown(sitting(place=place(1, 0)))
    assert (shown.place, shown.wait) == ("You are number 1, the next one", "A moment")


def test_without_a_place_nothing_is_promised() -> None:
    shown = waiting.shown(sitting())
    assert (shown.place, shown.wait) == ("", "")


def test_without_a_line_the_waiting_room_says_what_is_safe_and_whom_to_call() -> None:
    shown = waiting.shown(sitting(online=False))
    assert shown.tone == "warn"
    assert "Call a person" in shown.state


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"by_video": False}, "Please wait here"),
        ({"talked": True}, "The call has ended"),
        ({"call_reason": "no answer"}, "We will call you again"),
        ({"place": place(1, 1, "in-progress")}, "It is your turn"),
        ({}, "Please take a seat"),
    ],
)
def test_the_heading_says_what_happens_next(changes: dict[str, object], title: str) -> None:
    assert waiting.shown(sitting(**changes)).title == title


# call


def test_a_cut_link_is_said_in_words_with_what_to_do() -> None:
    shown = call.shown(sitting(call_phase="reconnecting"))
    assert "Stay seated" in shown.sentence
    assert shown.over_picture == shown.sentence


def test_the_newest_message_is_shown() -> None:
    lines = tuple(ChatLine(encounter=ENCOUNTER, sender_name="D", text=text, sent_at=NOW) for text in "ab")
    shown = call.shown(sitting(call_phase="talking", lines=lines, clinician="Dra. F"))
    assert shown.line is not None
    assert shown.line.text == "b"
    assert shown.sentence == "You are talking with Dra. F."


def test_who_is_not_seen_is_told_so() -> None:
    assert "cannot see" in call.shown(sitting(call_phase="talking"), camera=False).sentence
    assert call.shown(sitting(call_phase="connecting")).icon == "refresh"


# after


def test_what_to_take_along_has_everything_in_one_text() -> None:
    over = VisitOver(
        encounter=ENCOUNTER,
        clinician="Dra. F",
        summary="Reposo",
        prescriptions=("Paracetamol",),
        next_appointment=NOW + timedelta(7),
    )
    shown = after.shown(over)
    assert [words for _caption, words in shown.parts[::2]] == ["Paracetamol", "Reposo"]
    for part in ("Dra. F", "Reposo", "Paracetamol", shown.parts[1][1]):
        assert part in shown.qr


def test_the_summary_says_medicine_and_next_visit_once_and_first() -> None:
    when = NOW + timedelta(7)
    day = f"{when.astimezone():%d/%m/%Y %H:%M}"
    over = VisitOver(
        encounter=ENCOUNTER,
        clinician="Dra. F",
        summary="\n".join(
            (
                "Rosa Quispe",
                "Consulta con Dra. F",
                "Diagnóstico: Bronquitis",
                "Medicación: Paracetamol 1 g",
                f"Próximo turno: {day} · Dra. F",
            )
        ),
        prescriptions=("Paracetamol 1 g",),
        next_appointment=when,
    )
    shown = after.shown(over)
    assert [caption for caption, _words in shown.parts] == ["Your medicine", "Your next visit", "Diagnóstico"]
    assert shown.qr.count("Paracetamol") == 1


@given(st.text(max_size=4000), st.lists(st.text(max_size=400), max_size=8))
def test_the_code_never_grows_beyond_what_a_telephone_reads(summary: str, lines: list[str]) -> None:
    over = VisitOver(encounter=ENCOUNTER, clinician="D", summary=summary, prescriptions=tuple(lines))
    assert len(after.qr_text(over, "").encode()) <= after.QR_BYTES


def test_own_things_are_what_the_card_brought_and_nothing_before_it() -> None:
    assert waiting.own_things(Journey()) == ()
    assert waiting.own_things(sitting(known=ROSA)) == (("Your medicine", ("Enalapril 10 mg",)),)


# the ladder of the call


@pytest.mark.parametrize("rung", list(Rung)[:-1])
def test_below_the_picture_she_reads_what_goes_and_what_to_do(rung: Rung) -> None:
    shown = call.shown(sitting(call_phase="talking", clinician="Dra. F"), ladder=Ladder(ours=rung))
    assert shown.rest
    assert shown.icon == SIGNS[rung].icon
    assert shown.note is (rung <= Rung.NOTES)
    assert "Dra. F" in shown.sentence or rung is Rung.TEXT


def test_what_she_chose_is_said_as_her_choice() -> None:
    shown = call.shown(sitting(call_phase="talking"), ladder=Ladder(most=Rung.AUDIO))
    assert shown.held
    assert "You chose" in shown.sentence
    worse = call.shown(sitting(call_phase="talking"), ladder=Ladder(most=Rung.AUDIO, ours=Rung.NOTES))
    assert "voice note" in worse.sentence


def test_a_voice_note_says_how_far_it_is() -> None:
    assert call.said_words(()) == ("", "")
    told = [call.said_words((Said(9.4, "m1", came),)) for came in Came]
    assert [tone for tone, _words in told] == ["neutral", "info", "ok", "ok"]
    assert told[1][1] == "Your voice note of 9 s: saved here, goes by itself."
