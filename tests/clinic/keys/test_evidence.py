# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence that somebody worked on: eight ways, at twenty positions each. Every one is found, and where it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Consent, ConsentItem, Decision
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Point, Stroke
from clinic.exchange.evidence_file import read, told, verdict, written
from clinic.keys.consenting import to_cite
from clinic.keys.consents import sign_consent, template_hash
from clinic.keys.evidence import Checked, Wrong, check, sealed, standing_in, words_hash
from clinic.protocol.codec import decode
from clinic.protocol.evidence import ConsentEvidence, EvidenceSeal, FormText
from clinic.protocol.trust import Revoke

from .conftest import AT, Clinic

N = 20
TEXT = "teleconsultation 1 AR es\n\n¿Acepta?"
FORM = FormText(template="teleconsultation", version=1, language="es", jurisdiction="AR", text=TEXT)
HOUR = timedelta(hours=1)
POSITIONS = range(N)
EVERYWHERE = pytest.mark.parametrize("at", POSITIONS)


def statement(clinic: Clinic, number: int, before: list[Consent], patient: str = "p1") -> Consent:
    """Even ones with a witness at a desk, odd ones at the kiosk."""
    desk = number % 2 == 0
    draft = Consent(
        id=FactId(f"{patient}.{number}"), patient=PatientId(patient), template=FORM.template, template_version=1,
        template_hash=template_hash(TEXT), language="es", jurisdiction="AR",
        items=(ConsentItem(scope="recording", decision=Decision.DENY if number % 3 == 1 else Decision.PERMIT),),
        given_at=AT + (number + 1) * HOUR, cites=to_cite(before), device=clinic.kiosk.device,
        how="voice" if desk else "touch", witness=clinic.eva.user if desk else "",
        signature=() if desk else (Stroke(points=(Point(x=number, y=2, t=3),)),),
    )  # fmt: skip
    return signed(clinic, draft)


def signed(clinic: Clinic, draft: Consent) -> Consent:
    if draft.witness:
        return sign_consent(draft, clinic.eva.device_keys, clinic.eva.keys)
    return sign_consent(draft, clinic.kiosk.device_keys)


def history(clinic: Clinic, length: int = N) -> list[Consent]:
    made: list[Consent] = []
    for number in range(length):
        made.append(statement(clinic, number, made))
    return made


def seal_of(clinic: Clinic, asked: Consent) -> EvidenceSeal:
    return EvidenceSeal(
        made_at=AT + 100 * HOUR, device=clinic.eva.device, user=clinic.eva.user, asked=asked.id,
        patients=(PatientId("p1"),), name="Quispe, Rosa", digests=(), trust_head=clinic.log.head, words=b"", language="es",
    )  # fmt: skip


def made(clinic: Clinic, statements: list[Consent]) -> tuple[str, ConsentEvidence]:
    """The words and the proof, sealed by Eva at her desk."""
    draft = ConsentEvidence(
        statements=tuple(statements), forms=(FORM,), trust=clinic.log.statements, seal=b"", device_signature=b"",
        user_signature=b"",
    )  # fmt: skip
    seal = seal_of(clinic, statements[0])
    words = told(Checked(draft, seal, clinic.log, (), standing_in(draft, seal, clinic.log)), "es")
    whole = replace(seal, words=words_hash(words))
    return words, sealed(draft, whole, clinic.eva.device_keys, clinic.eva.keys)


@pytest.fixture(scope="module")
def whole(clinic: Clinic) -> tuple[str, ConsentEvidence]:
    return made(clinic, history(clinic))


Whole = tuple[str, ConsentEvidence]
Change = Callable[[tuple[Consent, ...], int], tuple[Consent, ...]]


def found(whole: Whole, change: Change, at: int) -> Checked:
    """What the checker says of the evidence with other statements in it."""
    words, evidence = whole
    return check(replace(evidence, statements=change(evidence.statements, at)), words)


def names(checked: Checked, number: int, *wrong: Wrong) -> None:
    """The first thing said is about that statement, and is one of these."""
    assert checked.first is not None
    assert (checked.first.number, checked.first.wrong in wrong) == (number, True), checked.problems[:3]


def test_untouched_evidence_is_whole_and_says_what_counts(clinic: Clinic, whole: Whole) -> None:
    words, evidence = whole
    checked = check(evidence, words, clinic.log.fingerprint)
    assert checked.problems == ()
    assert checked.standing == {"recording": Decision.DENY}  # number 19 of the history: 19 % 3 == 1
    assert "nada falta" in verdict(checked)[0]
    for said in (
        "Quispe, Rosa",
        "Hospital",
        "Eva",
        "¿Acepta?",
        "declaración 1 de 20",
        "no permitido, o retirado",
    ):
        assert said in words


@EVERYWHERE
def test_edit(whole: Whole, at: int) -> None:
    def edited(all_: tuple[Consent, ...], n: int) -> tuple[Consent, ...]:
        other = (ConsentItem(scope="recording", decision=Decision.PERMIT), *all_[n].items)
        return (*all_[:n], replace(all_[n], items=other), *all_[n + 1 :])

    names(found(whole, edited, at), at + 1, Wrong.SIGNATURE)


@EVERYWHERE
def test_delete(whole: Whole, at: int) -> None:
    checked = found(whole, lambda all_, n: all_[:n] + all_[n + 1 :], at)
    about = [p for p in checked.problems if p.wrong in (Wrong.MISSING, Wrong.CITED)]
    assert about and about[0].number == at + 1


@EVERYWHERE
def test_insert(clinic: Clinic, whole: Whole, at: int) -> None:
    """A true statement of the same patient, signed by the kiosk, but given on another day than the seal."""
    later = statement(clinic, 21, [])
    names(found(whole, lambda all_, n: (*all_[:n], later, *all_[n:]), at), at + 1, Wrong.INSERTED)


@EVERYWHERE
def test_swap(whole: Whole, at: int) -> None:
    def swapped(all_: tuple[Consent, ...], n: int) -> tuple[Consent, ...]:
        row, other = list(all_), (n + 1) % N
        row[n], row[other] = row[other], row[n]
        return tuple(row)

    names(found(whole, swapped, at), min(at, (at + 1) % N) + 1, Wrong.SWAPPED)


@EVERYWHERE
def test_cut_tail(whole: Whole, at: int) -> None:
    checked = found(whole, lambda all_, n: all_[:n], at)
    missing = [p.number for p in checked.problems if p.wrong == Wrong.MISSING]
    assert missing == list(range(at + 1, N + 1))


@pytest.mark.parametrize("at", range(1, N))
def test_a_tail_that_the_maker_cut_herself_shows_beside_a_colleagues_evidence(
    clinic: Clinic, whole: Whole, at: int
) -> None:
    """She has every key she needs, so alone it is whole; the peer names the first statement that is not in it."""
    words, cut = made(clinic, list(whole[1].statements[:at]))
    assert check(cut, words).problems == ()
    first = check(cut, words, peers=[whole[1]]).first
    assert first is not None
    assert (first.wrong, first.number, first.detail) == (Wrong.PEER, at + 1, whole[1].statements[at].id)
    assert check(whole[1], whole[0], peers=[cut]).problems == ()


@EVERYWHERE
def test_a_middle_that_the_maker_took_out_herself_is_missed_by_the_next(
    clinic: Clinic, whole: Whole, at: int
) -> None:
    if at in (0, N - 1):
        return  # the end is the test above; the first is the one the evidence is about
    row = list(whole[1].statements)
    gone = row.pop(at)
    words, evidence = made(clinic, row)
    first = check(evidence, words).first
    assert first is not None
    assert (first.wrong, first.number, first.detail) == (Wrong.CITED, at + 1, gone.id)


@EVERYWHERE
def test_re_sign_with_another_key(clinic: Clinic, whole: Whole, at: int) -> None:
    def again(all_: tuple[Consent, ...], n: int) -> tuple[Consent, ...]:
        forged = sign_consent(all_[n], clinic.mallory.device_keys, clinic.mallory.keys)
        return (*all_[:n], forged, *all_[n + 1 :])

    names(found(whole, again, at), at + 1, Wrong.SIGNATURE)
    named = replace(whole[1].statements[at], device_signature=clinic.mallory.device_keys.sign(b"x"))
    names(found(whole, lambda all_, n: (*all_[:n], named, *all_[n + 1 :]), at), at + 1, Wrong.SIGNATURE)


@EVERYWHERE
def test_back_date(clinic: Clinic, whole: Whole, at: int) -> None:
    """With the true keys, before the computer was there: neither its own nor a new seal helps."""
    row = list(whole[1].statements)
    row[at] = signed(clinic, replace(row[at], given_at=AT - 24 * HOUR))
    names(found(whole, lambda _all, _n: tuple(row), at), at + 1, Wrong.EARLY)
    words, evidence = made(clinic, row)
    names(check(evidence, words), at + 1, Wrong.EARLY)


@pytest.mark.parametrize("at", range(2, N))
def test_back_date_before_what_it_knew(clinic: Clinic, whole: Whole, at: int) -> None:
    row = list(whole[1].statements[: at + 1])
    row[at] = signed(clinic, replace(row[at], given_at=row[at - 1].given_at - HOUR))
    words, evidence = made(clinic, row)
    names(check(evidence, words), at + 1, Wrong.ORDER)


@EVERYWHERE
def test_replay(clinic: Clinic, whole: Whole, at: int) -> None:
    def twice(all_: tuple[Consent, ...], n: int) -> tuple[Consent, ...]:
        return (*all_[: n + 1], all_[n], *all_[n + 1 :])

    names(found(whole, twice, at), at + 2, Wrong.REPLAYED)
    elses = statement(clinic, at, [], patient="p2")
    names(found(whole, lambda all_, n: (*all_[:n], elses, *all_[n + 1 :]), at), at + 1, Wrong.PATIENT)


def test_the_trust_log_is_checked_from_its_first_statement(clinic: Clinic, whole: Whole) -> None:
    words, evidence = whole
    for at in range(len(evidence.trust)):
        cut = evidence.trust[:at] + evidence.trust[at + 1 :]
        first = check(replace(evidence, trust=cut), words).first
        assert first is not None and first.wrong in (Wrong.TRUST, Wrong.MAKER), at
    shorter = check(replace(evidence, trust=evidence.trust[:-1]), words)
    assert Wrong.TRUST in [p.wrong for p in shorter.problems]


def test_an_invented_organisation_is_known_by_its_fingerprint(clinic: Clinic, whole: Whole) -> None:
    words, evidence = whole
    first = check(evidence, words, b"\0" * 32).first
    assert first is not None and first.wrong == Wrong.ORGANIZATION
    assert clinic.log.fingerprint.hex() in first.detail


def test_a_seal_of_somebody_else_or_none(clinic: Clinic, whole: Whole) -> None:
    words, evidence = whole
    seal = decode(evidence.seal, EvidenceSeal)
    again = sealed(
        evidence, replace(seal, made_at=AT + 200 * HOUR), clinic.mallory.device_keys, clinic.mallory.keys
    )
    assert check(again, words).problems[0].wrong == Wrong.MAKER
    for changed in (
        replace(evidence, device_signature=b""),
        replace(evidence, user_signature=evidence.device_signature),
        replace(evidence, seal=again.seal),
    ):
        first = check(changed, words).first
        assert first is not None and first.wrong in (Wrong.SEAL, Wrong.MAKER)


def test_other_words_or_another_text(whole: Whole) -> None:
    words, evidence = whole
    first = check(evidence, words.replace("Quispe", "Quiroga")).first
    assert first is not None and first.wrong == Wrong.WORDS
    other = replace(FORM, text=TEXT + " ")
    names(check(replace(evidence, forms=(other,)), words), 1, Wrong.NO_TEXT)
    names(check(replace(evidence, forms=(replace(FORM, version=2),)), words), 1, Wrong.TEXT)


def test_a_revoked_kiosk_says_nothing_more(clinic: Clinic) -> None:
    out = clinic.plus(Revoke(device=clinic.kiosk.device, incarnation=0, last_env_no=5))
    words, evidence = made(out, history(out, 2))
    first = check(evidence, words).first
    assert first is not None and (first.wrong, first.number) == (Wrong.LATE, 2)


def test_the_file_is_text_and_survives_a_mail_programme(whole: Whole) -> None:
    text = written(*whole)
    for travelled in (text, text.replace("\n", "\r\n"), "\ufeff" + text.replace("\n", "  \n")):
        words, evidence = read(travelled)
        assert evidence == whole[1]
        assert check(evidence, words).problems == ()


def test_what_is_no_such_file_is_refused_with_a_sentence(whole: Whole) -> None:
    text = written(*whole)
    middle = len(text) // 2
    for bad in ("", "hello", text + "more", text + text, text[:middle] + "!" + text[middle:], text[:-60]):
        with pytest.raises(Refusal):
            read(bad)


@EVERYWHERE
def test_one_changed_letter_of_the_proof_never_passes(whole: Whole, at: int) -> None:
    text = written(*whole)
    begin = text.index("EVIDENCE-----\n") + 20
    place = begin + (len(text) - begin - 120) * at // N
    while text[place] == "\n":
        place += 1
    other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
    try:
        words, evidence = read(other)
        checked = check(evidence, words)
    except Refusal:
        return
    assert checked.first is not None
