# SPDX-License-Identifier: GPL-3.0-or-later
"""What several versions come to: per kind in sentences, and for every history."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import (
    AuditEvent,
    ClinicalStatus,
    Communication,
    Composition,
    CompositionStatus,
    Condition,
    Consent,
    ConsentItem,
    Decision,
    DetectedIssue,
    DocumentMark,
    Encounter,
    EncounterStatus,
    IssueStatus,
    MarkKind,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    NoteSection,
    NoteTemplate,
    Patient,
    RequestStatus,
    Section,
    ServiceRequest,
)
from clinic.domain.ids import DeviceId, EncounterId, FactId, OpId, PatientId, UserId
from clinic.domain.record import Record, UnknownRecord
from clinic.domain.values import Coding, HumanName
from clinic.protocol.op import Op
from clinic.sync.merge import merge, replaces_plainly, settle
from clinic.sync.settled import state_hash

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
P = PatientId("p1")
ASTHMA = Coding(system="http://hl7.org/fhir/sid/icd-10", code="J45.9")


def section(text: str, patient: PatientId = P) -> NoteSection:
    return NoteSection(
        id=FactId("n"),
        patient=patient,
        encounter=EncounterId("e"),
        section=Section.PLAN,
        text=text,
        written_at=AT,
    )


def note(
    plan: str, signature: bytes = b"signed", status: CompositionStatus = CompositionStatus.FINAL
) -> Composition:
    return Composition(
        id=FactId("c"),
        patient=P,
        encounter=EncounterId("e"),
        status=status,
        plan=plan,
        author=UserId("u"),
        signed_at=AT,
        user_signature=signature,
    )


def prescription(dose: str, status: RequestStatus, signature: bytes = b"signed") -> MedicationRequest:
    return MedicationRequest(
        id=FactId("m"),
        patient=P,
        medication=ASTHMA,
        authored_at=AT,
        dose=dose,
        status=status,
        user_signature=signature,
    )


def condition(status: ClinicalStatus, words: str = "") -> Condition:
    return Condition(id=FactId("d"), patient=P, code=ASTHMA, status=status, recorded_at=AT, note=words)


def consent(name: str, decision: Decision, previous: str = "", scope: str = "recording") -> Consent:
    return Consent(
        id=FactId(name),
        patient=P,
        template="t",
        template_version=1,
        template_hash=b"",
        language="es",
        jurisdiction="AR",
        items=(ConsentItem(scope=scope, decision=decision),),
        given_at=AT,
        previous=FactId(previous),
        device=DeviceId("k"),
    )


def op(name: str, fact: Record, *replaces: str, stamp: int = 0) -> Op:
    return Op(id=OpId(name), stamp=stamp, fact=fact, replaces=tuple(OpId(one) for one in replaces))


def names(ops: tuple[Op, ...]) -> list[str]:
    return [one.id for one in ops]


# what the writer saw


def test_an_edit_replaces_what_its_writer_saw() -> None:
    merged = settle([op("a", section("one")), op("b", section("two"), "a")])
    assert (names(merged.current), names(merged.superseded), merged.conflict) == (["b"], ["a"], False)
    assert merged.shown is not None
    assert merged.shown.id == "b"


def test_concurrent_edits_are_both_kept_and_flagged_whatever_the_clocks() -> None:
    merged = settle(
        [
            op("a", section("one")),
            op("b", section("two"), "a", stamp=9),
            op("c", section("three"), "a", stamp=5),
        ]
    )
    assert (names(merged.current), merged.conflict) == (["b", "c"], True)


def test_a_choice_that_saw_both_ends_the_conflict() -> None:
    both = [op("a", section("one"), stamp=99), op("b", section("two"), stamp=98)]
    merged = settle([*both, op("c", section("chosen"), "a", "b", stamp=1)])
    assert (names(merged.current), names(merged.superseded), merged.conflict) == (["c"], ["a", "b"], False)


def test_the_same_words_twice_are_no_conflict() -> None:
    merged = settle([op("a", section("same")), op("b", section("same"))])
    assert (names(merged.current), merged.conflict) == (["b", "a"], False)


def test_a_version_that_arrives_late_is_superseded_by_who_saw_it() -> None:
    late = op("a", section("one"))
    first = merge({}, op("b", section("two"), "a"))
    assert names(merge({one.id: one for one in first.current}, late).superseded) == ["a"]


def test_versions_that_replace_each_other_in_a_ring_hide_nothing() -> None:
    merged = settle([op("a", section("one"), "b"), op("b", section("two"), "a")])
    assert (names(merged.current), merged.superseded, merged.conflict) == (["b", "a"], (), True)


def test_nothing_replaces_itself() -> None:
    assert names(settle([op("a", section("one"), "a")]).current) == ["a"]


def test_demographics_keep_both_records() -> None:
    def somebody(family: str) -> Patient:
        return Patient(id=FactId("p1"), patient=P, name=HumanName(family=family))

    assert settle([op("a", somebody("Quiroga")), op("b", somebody("Quiroga Paz"))]).conflict


def test_kinds_of_a_newer_program_are_kept_by_the_same_rule() -> None:
    one, two = UnknownRecord(kind=98, unknown=((1, "x"),)), UnknownRecord(kind=98, unknown=((1, "y"),))
    assert settle([op("a", one), op("b", two)]).conflict
    assert names(settle([op("a", one), op("b", two, "a")]).current) == ["b"]


def test_no_version_moves_a_fact_to_another_patient() -> None:
    moved = op("b", section("mine", PatientId("p2")), "a")
    merged = settle([op("a", section("one")), moved])
    assert (names(merged.current), names(merged.quarantined)) == (["a"], ["b"])


def test_nothing_is_shown_of_nothing() -> None:
    assert settle([]).shown is None


# per kind


def test_audit_is_never_replaced() -> None:
    def entry(action: str) -> AuditEvent:
        return AuditEvent(
            id=FactId("x"), patient=P, action=action, recorded_at=AT, agent="u", device=DeviceId("d")
        )

    merged = settle([op("a", entry("open")), op("b", entry("nothing happened"), "a")])
    assert (names(merged.current), merged.superseded, merged.conflict) == (["b", "a"], (), False)


def test_a_chat_message_is_retracted_by_pointing_at_it() -> None:
    said = Communication(id=FactId("m"), patient=P, sent_at=AT, sender="u", text="wrong patient")
    merged = settle([op("a", said), op("b", replace(said, text=""), "a")])
    assert (names(merged.current), names(merged.superseded)) == (["b"], ["a"])


def test_what_is_active_is_shown_before_a_later_resolved() -> None:
    active, resolved = condition(ClinicalStatus.ACTIVE, "still"), condition(ClinicalStatus.RESOLVED)
    merged = settle([op("a", resolved), op("b", active, "a", stamp=1), op("c", resolved, "a", stamp=9)])
    assert (names(merged.current), merged.conflict) == (["b", "c"], True)


def test_what_a_clinician_took_is_shown_before_what_the_kiosk_still_says() -> None:
    arrived = Encounter(id=FactId("e"), patient=P, status=EncounterStatus.ARRIVED, arrived_at=AT)
    taken = replace(arrived, status=EncounterStatus.IN_PROGRESS, practitioner=UserId("u"))
    triaged = replace(arrived, status=EncounterStatus.TRIAGED)
    first = op("1", arrived)
    merged = settle([first, op("2", taken, "1"), op("9", triaged, "1", stamp=9)])
    assert merged.shown is not None and merged.shown.fact == taken and len(merged.current) == 2


def test_an_alert_that_somebody_acknowledged_is_shown_as_acknowledged() -> None:
    found = DetectedIssue(
        id=FactId("a"), patient=P, code=ASTHMA, severity="high", text="NEWS2 9", identified_at=AT
    )
    seen = replace(found, status=IssueStatus.FINAL, acknowledged_by=UserId("u"))
    merged = settle([op("1", seen), op("9", found, stamp=9)])
    assert merged.shown is not None and merged.shown.fact == seen


def test_an_acknowledged_alert_beside_an_open_one_leaves_nothing_to_choose() -> None:
    found = DetectedIssue(
        id=FactId("a"), patient=P, code=ASTHMA, severity="high", text="NEWS2 9", identified_at=AT
    )
    seen = replace(found, status=IssueStatus.FINAL, acknowledged_by=UserId("u"), mitigation="oxygen")
    raised_twice = [op("1", found), op("2", seen, "1", stamp=2), op("9", found, stamp=9)]
    merged = settle(raised_twice)
    assert (names(merged.current), merged.conflict) == (["2", "9"], False)
    taken_over = op("8", replace(found, owner=UserId("v")), "1", stamp=8)
    assert not settle([*raised_twice, taken_over]).conflict
    other = op("7", replace(seen, acknowledged_by=UserId("v"), mitigation="nothing"), "1", stamp=7)
    assert settle([*raised_twice, other]).conflict
    assert settle([op("1", found), taken_over, op("9", replace(found, owner=UserId("w")), "1")]).conflict


def test_of_two_versions_of_a_template_the_latest_is_shown_and_nobody_is_asked() -> None:
    first = NoteTemplate(id=FactId("t"), code="hta", title="Una", author=UserId("u"), written_at=AT, text="x")
    ops = [op("a", first, stamp=5), op("b", replace(first, title="Otra"), stamp=9)]
    merged = settle(ops)
    assert (merged.shown, merged.conflict) == (ops[1], False)
    assert names(merged.current) == ["b", "a"]


def test_marks_on_a_document_are_a_set_in_which_adding_wins_and_nobody_is_asked() -> None:
    drawn = DocumentMark(
        id=FactId("m"), patient=P, attachment="a", page=0, kind=MarkKind.PEN, points=bytes(8), author=UserId("u"),
        drawn_at=AT,
    )  # fmt: skip
    gone = replace(drawn, status="entered-in-error")
    ops = [
        op("1", drawn),
        op("2", gone, "1", stamp=2),
        op("3", gone, "1", stamp=3),
        op("4", drawn, "3", stamp=4),
    ]
    assert settle(ops[:3]).shown == ops[2] and not settle(ops[:3]).conflict
    put_back = settle([*ops, op("9", gone, "1", stamp=9)])
    assert (put_back.shown, put_back.conflict) == (ops[3], False)


def test_what_is_still_taken_is_shown_before_a_later_stop() -> None:
    taken = MedicationStatement(id=FactId("s"), patient=P, medication=ASTHMA, recorded_at=AT)
    stopped = replace(taken, status=MedicationStatus.STOPPED)
    merged = settle([op("1", taken), op("9", stopped, stamp=9)])
    assert merged.shown is not None and merged.shown.fact == taken and merged.conflict


def test_an_order_is_taken_back_but_not_changed() -> None:
    order = ServiceRequest(id=FactId("r"), patient=P, code=ASTHMA, authored_at=AT, user_signature=b"signed")
    first = op("1", order)
    back = op("2", replace(order, status=RequestStatus.STOPPED, user_signature=b"again"), "1")
    other = op("3", replace(order, code=replace(ASTHMA, code="J46"), user_signature=b"again"), "1")
    merged = settle([first, back, other])
    assert merged.current == (back,) and merged.quarantined == (other,)


def test_a_plain_replacement_names_exactly_what_stands_and_may() -> None:
    first, beside = op("1", section("a")), op("2", section("b"))
    assert replaces_plainly(op("3", section("c"), "1"), (first,))
    assert replaces_plainly(op("3", section("c"), "1", "2"), (first, beside))
    assert not replaces_plainly(op("3", section("c"), "1"), (first, beside))
    assert not replaces_plainly(op("3", section("c")), ())
    assert not replaces_plainly(op("3", section("c", PatientId("p2")), "1"), (first,))


def test_a_signed_note_cannot_be_changed() -> None:
    for change in (note("other"), note("other", signature=b""), note("plan", signature=b"")):
        merged = settle([op("a", note("plan")), op("b", change, "a")])
        assert (names(merged.current), names(merged.quarantined)) == (["a"], ["b"])


def test_a_signed_note_may_change_its_status_when_signed_again() -> None:
    amended = note("plan", signature=b"again", status=CompositionStatus.AMENDED)
    assert names(settle([op("a", note("plan")), op("b", amended, "a")]).current) == ["b"]


def test_a_draft_becomes_a_signed_note() -> None:
    merged = settle([op("a", note("draft", signature=b"")), op("b", note("plan"), "a")])
    assert (names(merged.current), merged.quarantined) == (["b"], ())


def test_two_signatures_on_drafts_that_diverged_are_both_kept() -> None:
    merged = settle([op("a", note("one")), op("b", note("two", b"other"))])
    assert (names(merged.current), merged.conflict) == (["b", "a"], True)


def test_a_signed_note_is_shown_before_a_draft_beside_it() -> None:
    assert names(settle([op("a", note("one")), op("b", note("two", b""), stamp=9)]).current) == ["a", "b"]


def test_a_prescription_is_stopped_but_not_changed() -> None:
    given = op("a", prescription("500 mg", RequestStatus.ACTIVE))
    stopped = op("b", prescription("500 mg", RequestStatus.STOPPED, b"too"), "a")
    doubled = op("c", prescription("1000 mg", RequestStatus.ACTIVE, b"too"), "a")
    merged = settle([given, stopped, doubled])
    assert (names(merged.current), names(merged.quarantined)) == (["b"], ["c"])


def test_a_prescription_never_becomes_a_note() -> None:
    merged = settle([op("a", prescription("1 g", RequestStatus.ACTIVE)), op("b", note("plan"), "a")])
    assert names(merged.quarantined) == ["b"]


# consents


def test_a_denial_is_shown_before_a_concurrent_permit() -> None:
    merged = settle(
        [op("a", consent("k", Decision.DENY), stamp=1), op("b", consent("k", Decision.PERMIT), stamp=9)]
    )
    assert names(merged.current) == ["a", "b"]


def test_a_permit_that_saw_the_denial_replaces_it() -> None:
    merged = settle([op("a", consent("k", Decision.DENY)), op("b", consent("k", Decision.PERMIT), "a")])
    assert names(merged.current) == ["b"]


# for every history


@st.composite
def histories(draw: st.DrawFn) -> list[Op]:
    """Ops of one fact, each replacing some of those before it (or, rarely, of those to come)."""
    count = draw(st.integers(1, 8))
    kind = draw(st.sampled_from(["section", "consent", "note", "condition", "audit"]))
    return [draw(_ops(kind, number, count)) for number in range(count)]


@st.composite
def _ops(draw: st.DrawFn, kind: str, number: int, count: int) -> Op:
    facts = {
        "section": st.builds(section, st.sampled_from("xyz")),
        "consent": st.builds(lambda decision: consent("k", decision), st.sampled_from(Decision)),
        "note": st.builds(
            note, st.sampled_from("xy"), st.sampled_from([b"", b"signed"]), st.sampled_from(CompositionStatus)
        ),
        "condition": st.builds(condition, st.sampled_from(ClinicalStatus)),
        "audit": st.just(
            AuditEvent(id=FactId("x"), action="open", recorded_at=AT, agent="u", device=DeviceId("d"))
        ),
    }
    fact: Record = draw(facts[kind])
    seen = draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True))
    return op(
        f"o{number}", fact, *(f"o{one}" for one in seen if one != number), stamp=draw(st.integers(0, 5))
    )


@given(histories(), st.randoms())
def test_the_same_ops_in_any_order_come_to_the_same(ops: list[Op], random: object) -> None:
    shuffled = list(ops)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert settle(ops) == settle(shuffled)
    assert state_hash(ops) == state_hash(shuffled)


@given(histories())
def test_one_by_one_comes_to_the_same_as_at_once(ops: list[Op]) -> None:
    known: dict[OpId, Op] = {}
    for one in ops:
        merged = merge(known, one)
        known[one.id] = one
    assert merged == settle(ops)


@given(histories())
def test_applying_twice_changes_nothing(ops: list[Op]) -> None:
    known = {one.id: one for one in ops}
    assert all(merge(known, one) == settle(ops) for one in ops)
    assert state_hash([*ops, *ops]) == state_hash(ops)


@given(histories())
def test_nothing_is_lost_and_nothing_invented(ops: list[Op]) -> None:
    merged = settle(ops)
    kept = [*merged.current, *merged.superseded, *merged.quarantined]
    assert sorted(one.id for one in kept) == sorted(one.id for one in ops)
    assert merged.current or merged.quarantined


@given(histories())
def test_a_denial_dominates_until_somebody_who_saw_it_permits(ops: list[Op]) -> None:
    merged = settle(ops)
    weights = [_denies(one) for one in merged.current]
    assert all(first >= second for first, second in pairwise(weights))
    replaced = {name for one in ops for name in one.replaces}
    standing = [one for one in ops if _denies(one) and one.id not in replaced]
    assert not standing or (merged.shown is not None and _denies(merged.shown))


def _denies(one: Op) -> bool:
    return isinstance(one.fact, Consent) and one.fact.items[0].decision == Decision.DENY


def test_the_hash_tells_other_bytes_and_names_apart() -> None:
    one = op("a", section("one"))
    hashes = {state_hash(ops) for ops in ([], [one], [op("b", section("one"))], [op("a", section("two"))])}
    assert len(hashes) == 4
