# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches: every way through ends, nothing hidden is kept, and the newest version that is understood is asked."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain import questionnaires as q
from clinic.domain.body import HEIGHT, REGIONS, WIDTH
from clinic.domain.errors import Refusal
from clinic.domain.facts import EnableWhen, FormItem, Questionnaire, QuestionnaireResponse
from clinic.domain.forms import check_answers, check_asked, check_definition, check_purpose, read_answers
from clinic.domain.ids import FactId
from clinic.domain.record import MUST_UNDERSTAND
from clinic.domain.values import Coding
from clinic.exchange.fhir.questionnaires import read_questionnaire, write_questionnaire
from clinic.exchange.shipped_questionnaires import shipped
from kiosk import questionnaire as kiosk

TODAY = date(2026, 11, 28)
AT = datetime(2026, 11, 28, tzinfo=UTC)
SMELL = FormItem(key="smell", question="?", kind="smell")
HERE = kiosk.load()
PAIN = HERE.forms["urn:posta:questionnaire:pain"]
REASONS = [one.id for one in HERE.reasons]


def possible(item: FormItem) -> list[str]:
    if item.kind == "boolean":
        return ["true", "false"]
    return [one.code for one in item.options] or ["7"]


@st.composite
def begun(draw: st.DrawFn) -> q.Interview:
    reason = draw(st.sampled_from(REASONS))
    symptoms = draw(st.lists(st.sampled_from([one.id for one in HERE.symptoms_of(reason)]), unique=True))
    born = draw(st.none() | st.dates(date(1930, 1, 1), TODAY))
    return HERE.interview(reason, symptoms, born, TODAY)


@given(begun(), st.data())
def test_every_way_through_every_questionnaire_ends(told: q.Interview, data: st.DataObject) -> None:
    most = sum(len(form.items) for form in told.forms.values())
    for _step in range(most):
        asked = q.next_question(told)
        if asked is None:
            break
        form, item = asked
        answer = data.draw(
            st.lists(st.sampled_from(possible(item)), unique=True, max_size=3 if item.repeats else 1)
        )
        told = q.answered(told, form.url, item.key, tuple(answer))
    assert q.next_question(told) is None
    for form, answers, said in q.told(told, "pt"):
        standing = {item.key for item in q.enabled(form, told.answers(form.url))}
        assert set(answers) <= standing
        assert {one.key for one in said} <= standing and all(one.question and one.answers for one in said)


@given(begun(), st.data())
def test_back_leads_through_the_same_questions_to_the_first(told: q.Interview, data: st.DataObject) -> None:
    seen = []
    while (asked := q.next_question(told)) is not None:
        form, item = asked
        seen.append((form.url, item.key))
        told = q.answered(told, form.url, item.key, (data.draw(st.sampled_from(possible(item))),))
    while (before := q.taken_back(told)) is not None:
        told = before
        asked = q.next_question(told)
        assert asked is not None and (asked[0].url, asked[1].key) == seen.pop()
    assert seen == []


def test_the_answer_of_a_question_that_is_hidden_again_is_not_kept() -> None:
    strong = {"where": ("head",), "how_much": ("worst",), "began": ("true",)}
    assert q.kept(PAIN, strong)["began"] == ("true",)
    mild = {**strong, "how_much": ("little",)}
    assert "began" not in q.kept(PAIN, mild)


def form(*items: FormItem, **more: object) -> Questionnaire:
    return Questionnaire(id=FactId("f"), name="f", version=1, language="es", text="F", items=items, **more)  # type: ignore[arg-type]


def item(key: str, kind: str = "boolean", **more: object) -> FormItem:
    return FormItem(key=key, question=f"¿{key}?", kind=kind, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operator", "answer", "told", "stands"),
    [
        ("=", "a", ("a", "b"), True), ("!=", "a", ("b",), True), ("!=", "a", (), False), ("!=", "a", ("a", "b"), False),
        ("exists", "true", ("x",), True), ("exists", "false", (), True), ("exists", "true", (), False),
        (">", "5", ("6",), True), (">=", "5", ("5",), True), ("<", "5", ("4.5",), True), ("<=", "5", ("6",), False),
        ("<", "5", ("many",), False), ("like", "a", ("a",), False),
    ],
)  # fmt: skip
def test_a_condition_holds_as_fhir_says(
    operator: str, answer: str, told: tuple[str, ...], stands: bool
) -> None:
    assert q.holds(EnableWhen(question="x", operator=operator, answer=answer), told) is stands


def test_what_stands_in_a_group_is_hidden_with_it_and_so_is_what_depends_on_it() -> None:
    whole = form(
        item("ask"),
        item("group", "group", enable_when=(EnableWhen(question="ask", answer="true"),)),
        item("inner", within="group"),
        item("after", enable_when=(EnableWhen(question="inner", operator="exists", answer="true"),)),
    )
    said = {"ask": ("true",), "inner": ("true",), "after": ("false",)}
    assert set(q.kept(whole, said)) == {"ask", "inner", "after"}
    assert set(q.kept(whole, {**said, "ask": ("false",)})) == {"ask"}


def test_any_of_several_conditions_is_enough_where_the_item_says_so() -> None:
    both = (EnableWhen(question="a", answer="true"), EnableWhen(question="b", answer="true"))
    for behavior, stands in (("any", True), ("all", False)):
        last = item("c", enable_when=both, enable_behavior=behavior)
        assert (
            last in q.enabled(form(item("a"), item("b"), last), {"a": ("true",), "b": ("false",)})
        ) is stands


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ((item("a", enable_when=(EnableWhen(question="b", answer="true"),)), item("b")), "come before"),
        ((item("a", enable_when=(EnableWhen(question="a", answer="true"),)),), "come before"),
        ((item("a", within="g"), item("g", "group")), "group"),
        ((item("a"), item("b", enable_when=(EnableWhen(question="a", answer="maybe"),))), "nobody can give"),
        ((item("a", "integer"), item("b", enable_when=(EnableWhen(question="a", operator=">", answer="x"),))), "no number"),
    ],
)  # fmt: skip
def test_a_way_that_could_not_end_is_refused(items: tuple[FormItem, ...], sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        check_definition(form(*items))


def test_several_answers_are_a_list_and_one_to_a_group_is_refused() -> None:
    options = (Coding(system="s", code="x"), Coding(system="s", code="y"))
    whole = form(item("g", "group"), item("many", "choice", options=options, repeats=True, required=True))
    check_answers(whole, {"many": ["x", "y"]})
    for wrong in ({"many": ["x", "z"]}, {"many": ["x", "x"]}, {"many": []}, {"g": "x", "many": ["x"]}):
        with pytest.raises(Refusal):
            check_answers(whole, wrong)  # type: ignore[arg-type]  # what a caller could send


# versions


AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def version(number: int, **more: object) -> Questionnaire:
    return replace(PAIN, version=number, published_at=AT, **more)  # type: ignore[arg-type]


def test_the_newest_version_that_is_understood_is_asked() -> None:
    strange = version(3, items=(*PAIN.items, item("smell", "smell")))
    chosen, passed = q.in_use([PAIN, version(2), strange])
    assert chosen[PAIN.url].version == 2
    assert [(one.version, one.why) for one in passed] == [(3, "question smell is of the type smell")]


@pytest.mark.parametrize(
    "part",
    [
        item("x", unknown=((MUST_UNDERSTAND, True),)),
        item("x", enable_when=(EnableWhen(question="since", operator="~", answer="today"),)),
        item("x", enable_behavior="most"),
        item("x", "choice", control="slider"),
        item("x", "choice", control="body-map", options=(Coding(system="s", code="tail"),)),
    ],
)
def test_what_must_be_understood_and_is_not_leaves_the_version_before(part: FormItem) -> None:
    chosen, passed = q.in_use([PAIN, version(2, items=(*PAIN.items, part))])
    assert chosen[PAIN.url].version == 1 and [one.version for one in passed] == [2]


def test_a_retired_version_is_not_asked_until_it_is_put_back() -> None:
    retired = replace(version(2, status="retired"), published_at=AT.replace(hour=13))
    assert q.in_use([PAIN, version(2), retired])[0][PAIN.url].version == 1
    back = replace(version(2), published_at=AT.replace(hour=14))
    assert q.in_use([back, PAIN, version(2), retired])[0][PAIN.url].version == 2


def test_an_old_answer_is_read_by_its_own_version_and_without_it_as_it_stood_on_the_screen() -> None:
    said = q.as_said(PAIN, {"where": ("belly", "left_foot")}, "pt")
    response = QuestionnaireResponse(
        id=FactId("r"), questionnaire=PAIN.url, version=1, authored_at=AT, answers='{"where":["belly","left_foot"]}', said=said
    )  # fmt: skip
    (line,) = q.worded(response, PAIN, "en")
    assert (line.question, line.answers) == ("Where does it hurt?", ("Belly", "Left foot"))
    assert q.places(response, PAIN) == ("belly", "left_foot")
    for other in (None, version(2)):
        (line,) = q.worded(response, other, "en")
        assert (line.question, line.answers) == ("Onde dói?", ("Barriga", "Pé esquerdo"))


# what comes with the program


def test_what_comes_with_the_program_can_be_asked_in_three_languages() -> None:
    assert {one.name for one in shipped() if not one.purpose} == {
        "general", "respiratory", "fever", "pain", "pregnancy", "child", "wound", "chronic", "feedback",
    }  # fmt: skip
    assert {one.name for one in shipped() if one.purpose} == {"prenatal", "child-growth", "diabetic-foot"}
    for one in shipped():
        check_purpose(one)
    led_to = {item.sub_questionnaire for item in HERE.forms[q.GENERAL].items if item.sub_questionnaire}
    assert led_to == HERE.forms.keys() - {q.GENERAL, q.FEEDBACK}


def test_a_child_is_asked_about_as_one_and_a_grown_up_is_not() -> None:
    for born, asked in ((date(2025, 1, 1), True), (date(2000, 1, 1), False), (None, False)):
        told = HERE.interview("unwell", ("cough",), born, TODAY)
        assert any(form.name == "child" for form, _item in q.path(told)) is asked


def test_the_places_of_the_body_take_a_finger_and_none_lies_on_another() -> None:
    assert {one.code for item in PAIN.items if item.control for one in item.options} == set(REGIONS)
    for view in ("front", "back"):
        boxes = [one for one in REGIONS.values() if one.view == view]
        for n, one in enumerate(boxes):
            assert one.wide >= 64 and one.high >= 64
            assert one.x >= 0 and one.x + one.wide <= WIDTH and one.y + one.high <= HEIGHT
            for other in boxes[n + 1 :]:
                apart_x = one.x + one.wide <= other.x or other.x + other.wide <= one.x
                assert apart_x or one.y + one.high <= other.y or other.y + other.high <= one.y


WHERE = next(item for item in PAIN.items if item.control == q.BODY_MAP)
DEAD_ENDS = {
    "always has": replace(WHERE, repeats=False, required=True),
    "only a choice": FormItem(key="where", question="?", kind="boolean", repeats=True, words=WHERE.words),
    "no number that fits": FormItem(
        key="where", question="?", kind="integer", low=Decimal(9), high=Decimal(1), required=True, words=WHERE.words
    ),
    "without a code": replace(
        WHERE, control="", options=(replace(WHERE.options[0], code=""),),
        faces=(replace(WHERE.faces[0], code=""),), enable_when=(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", DEAD_ENDS)
def test_no_question_leaves_her_without_a_way_on(sentence: str) -> None:
    alone = replace(PAIN, items=(DEAD_ENDS[sentence],))
    with pytest.raises(Refusal, match=sentence):
        check_asked(alone)


def test_answers_that_nest_for_ever_are_none() -> None:
    deep = "[" * 50_000 + "]" * 50_000
    response = QuestionnaireResponse(
        id=FactId("r"), questionnaire=PAIN.url, version=1, authored_at=datetime(2026, 11, 28, tzinfo=UTC),
        answers=f'{{"where":{deep}}}',
    )  # fmt: skip
    assert q.given_in(response) == {} and read_answers(response) == {}
    assert q.worded(response, PAIN, "es") == ()


@pytest.mark.parametrize("days", ["1e99999999", "1e400", "-5", "1.5", "true", "99999999"])
def test_a_red_flag_is_for_an_age_that_somebody_has(days: str) -> None:
    general = next(one for one in shipped() if one.url == q.GENERAL and '"under-days"' in file_of(one))
    assert read_questionnaire(file_of(general).encode()) == general
    written = re.sub(r'("under-days","valueInteger":)\d+', rf"\g<1>{days}", file_of(general), count=1)
    with pytest.raises(Refusal, match="another form"):
        read_questionnaire(written.encode())


def file_of(form: Questionnaire) -> str:
    return write_questionnaire(form).decode()


def test_an_intake_begins_with_what_ships_where_the_clinics_general_one_is_not_understood() -> None:
    newest = max(one.version for one in shipped() if one.url == q.GENERAL)
    gone = [replace(one, status="retired", published_at=AT) for one in shipped() if one.url == q.GENERAL]
    newer = replace(gone[0], version=newest + 1, status="active", items=(*gone[0].items, SMELL))
    here = kiosk.load((*gone, newer))
    assert here.forms[q.GENERAL].version == newest and here.reasons
    assert [one.version for one in here.passed] == [newest + 1]
