# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against a medicine, what does not count any more, and what could not be checked."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.cautions import (
    ORDER,
    SILENT,
    Caution,
    Signed,
    Taken,
    cautions,
    counts,
    sentence_of,
    stated,
    taken,
)  # fmt: skip
from clinic.domain.facts import (
    AllergyIntolerance,
    ClinicalStatus,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    RequestStatus,
)
from clinic.domain.facts.orders import UNTOLD
from clinic.domain.ids import FactId
from clinic.domain.values import ATC, Coding
from clinic.exchange.lists import INTERACTIONS_DATE, INTERACTIONS_NAME, medicine_lists

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
LISTS = medicine_lists()
NOBODY = Signed()
CODES = [medicine.atc for medicine in LISTS.formulary.medicines]


def atc(code: str) -> Coding:
    return Coding(system=ATC, code=code)


def on(*codes: str) -> list[Taken]:
    return [Taken(LISTS.formulary.read(atc(code)), "1 g", "2026-10-01") for code in codes]


def allergy(name: str, code: str = "", **more: object) -> AllergyIntolerance:
    substance = Coding(system=ATC if code else "", code=code, display=name)
    return AllergyIntolerance(id=FactId(name), substance=substance, recorded_at=NOW, **more)  # type: ignore[arg-type]


def against(
    code: str,
    taking: Sequence[Taken] = (),
    allergies: Sequence[AllergyIntolerance] = (),
    signed: Signed = NOBODY,
) -> tuple[Caution, ...]:
    return cautions(atc(code), taking, allergies, LISTS, signed, "2026-11-25")


def kinds(found: Sequence[Caution]) -> list[tuple[str, str]]:
    return [(one.severity, one.mechanism) for one in found]


def request(**more: object) -> MedicationRequest:
    told = {"every_hours": 8, "days": 7, **more}
    return MedicationRequest(
        id=FactId("r"), medication=atc("M01AE01"), authored_at=NOW - timedelta(days=3), **told
    )  # type: ignore[arg-type]


def test_every_caution_has_a_severity_a_source_and_a_date() -> None:
    found = against(
        "M01AE01", on("C09AA02", "M01AE03", "R06AX13"), [allergy("Naproxeno", "M01AE02"), allergy("yuyo")]
    )
    assert {one.severity for one in found} == {
        "allergy",
        "major",
        "moderate",
        "duplicate",
        "minor",
        "unchecked",
    }
    assert all(one.source and one.source_date for one in found)
    listed = [one for one in found if one.severity == "moderate"]
    assert {(one.source, one.source_date) for one in listed} == {(INTERACTIONS_NAME, INTERACTIONS_DATE)}
    assert "rein" in listed[0].quote or "rénale" in listed[0].quote


def test_where_nothing_is_listed_the_list_and_its_date_are_said() -> None:
    found = against("J01CA04", on("A10BA02"))
    assert kinds(found) == [("none-listed", "allergies"), ("none-listed", "interactions")]
    assert [one.source_date for one in found] == ["2026-11-25", INTERACTIONS_DATE]
    assert not any(one.serious for one in found)


def test_it_never_answers_with_nothing() -> None:
    for code in ("", "Z99", *CODES[::40]):
        assert against(code)


@pytest.mark.parametrize(
    ("medicine", "why"),
    [("R06AX13", "not-listed"), ("D01AC02", "local"), ("V99XX99", "not-coded")],
)
def test_a_medicine_that_could_not_be_looked_up_says_so_and_claims_nothing(medicine: str, why: str) -> None:
    found = kinds(against(medicine, on("B01AA03")))
    assert ("unchecked", why) in found and ("none-listed", "interactions") not in found


def test_what_is_taken_but_not_understood_is_named() -> None:
    herb = Taken(LISTS.formulary.read(Coding(system="", code="", display="yuyo del monte")), "", "")
    (said,) = [one for one in against("M01AE01", [herb]) if one.severity == "unchecked"]
    assert (said.with_what, said.mechanism) == ("yuyo del monte", "not-coded")


def test_a_free_text_allergy_is_read_or_said_to_be_unread() -> None:
    assert kinds(against("J01CA04", (), [allergy("Penicilina")]))[0] == ("allergy", "same-class")
    assert ("unchecked", "allergy-not-coded") in kinds(against("J01CA04", (), [allergy("algo del hospital")]))
    assert ("unchecked", "allergy-not-coded") not in kinds(
        against("J01CA04", (), [allergy("polen", category="environment")])
    )


def test_an_allergy_that_is_over_does_not_count() -> None:
    past = allergy("Amoxicilina", "J01CA04", status=ClinicalStatus.RESOLVED)
    assert kinds(against("J01CA04", (), [past]))[0] == ("none-listed", "allergies")


def test_a_cross_reaction_says_who_signed_the_list_or_that_nobody_did() -> None:
    unsigned = against("J01DB01", (), [allergy("Amoxicilina", "J01CA04")])[0]
    assert (unsigned.severity, unsigned.mechanism, unsigned.signed) == (
        "cross-allergy",
        "possible side-chain",
        "",
    )
    signed = against("J01DB01", (), [allergy("Amoxicilina", "J01CA04")], Signed("Dra. Paz", "2026-11-01"))[0]
    assert (signed.signed, signed.source_date, signed.serious) == ("Dra. Paz", "2026-11-01", True)
    rare = against("J01DD04", (), [allergy("Amoxicilina", "J01CA04")])[0]
    assert rare.severity == "cross-allergy" and not rare.serious


@pytest.mark.parametrize(
    ("new", "taking", "why"),
    [
        ("J01CA04", "J01CR02", "same-substance"),
        ("M01AE01", "M01AE02", "same-class"),
        ("C09AA02", "C09BA03", "same-class"),  # an ACE inhibitor inside a combination
        ("B01AC06", "N02BA01", "same-substance"),
        ("R03AC02", "R03AC13", ""),  # relief and long-acting go together
        ("J05AF05", "J05AF07", ""),
        ("D07AA02", "H02AB09", ""),  # on the skin only
        ("N03AX14", "N03AX11", ""),
    ],
)
def test_duplicates(new: str, taking: str, why: str) -> None:
    found = [one.mechanism for one in against(new, on(taking)) if one.severity == "duplicate"]
    assert found == ([why] if why else [])


def test_severities_that_depend_on_the_dose_are_all_kept() -> None:
    first = against("B01AC06", on("B01AA03"))[0]
    assert first.severities == ("contraindicated", "major", "minor") and first.serious
    assert (
        sentence_of(first)
        == f"contraindicated: Warfarin (bleeding); {INTERACTIONS_NAME}, {INTERACTIONS_DATE}"
    )


@pytest.mark.parametrize(
    ("more", "still"),
    [
        ({}, True),
        ({"days": 3}, False),
        ({"days": 4}, True),
        ({"days": 0}, True),  # until further notice
        ({"status": RequestStatus.STOPPED}, False),
        ({"status": RequestStatus.COMPLETED}, False),
        ({"status": RequestStatus.DRAFT}, False),
        ({"every_hours": 0, "days": 0}, False),  # once, three days ago
        ({"every_hours": UNTOLD, "days": 0}, True),  # nobody said "once"
        ({"every_hours": UNTOLD, "days": 3}, False),
        ({"every_hours": 0, "days": 0, "route": "intramuscular"}, True),  # a depot
    ],
)
def test_what_is_stopped_or_has_run_out_does_not_count(more: dict[str, object], still: bool) -> None:
    assert counts(request(**more), NOW) is still


@pytest.mark.parametrize(
    ("status", "until", "still"),
    [
        (MedicationStatus.ACTIVE, None, True),
        (MedicationStatus.ACTIVE, date(2026, 11, 25), True),
        (MedicationStatus.ACTIVE, date(2026, 11, 24), False),
        (MedicationStatus.STOPPED, None, False),
        (MedicationStatus.NOT_TAKEN, None, False),
    ],
)
def test_what_is_told_counts_until_its_last_day(
    status: MedicationStatus, until: date | None, still: bool
) -> None:
    told = MedicationStatement(
        id=FactId("s"), medication=atc("B01AA03"), status=status, recorded_at=NOW, until=until
    )
    assert stated(told, NOW.date()) is still
    names = [one.medicine.atc for one in taken(LISTS.formulary, [request()], [told], NOW)]
    assert names == (["M01AE01", "B01AA03"] if still else ["M01AE01"])


@given(st.sampled_from(CODES), st.lists(st.sampled_from(CODES), max_size=6), st.randoms())
def test_the_order_of_what_is_taken_changes_nothing(new: str, taking: list[str], random: object) -> None:
    allergies = [allergy("Penicilinas", "J01C"), allergy("yuyo"), allergy("AINE")]
    first = against(new, on(*taking), allergies)
    random.shuffle(taking)  # type: ignore[attr-defined]
    assert against(new, on(*taking), allergies[::-1]) == first
    ranks = [ORDER.index(one.severity) for one in first]
    assert ranks == sorted(ranks) and len(set(first)) == len(first)


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_two_medicines_warn_of_each_other(some: str, other: str) -> None:
    def harms(new: str, taking: str) -> set[tuple[str, str]]:
        return {
            (one.severity, one.mechanism) for one in against(new, on(taking)) if one.severity not in SILENT
        }

    assert harms(some, other) == harms(other, some)


def test_twenty_five_medicines_are_checked_in_a_moment() -> None:
    taking = on(*CODES[::22][:25])
    assert len(taking) == 25
    best = min(_seconds(taking) for _ in range(5))
    assert best < 0.020, f"{best * 1000:.1f} ms"


def _seconds(taking: list[Taken]) -> float:
    begun = time.perf_counter()
    against("C09AA02", taking, [allergy("Penicilinas", "J01C")])
    return time.perf_counter() - begun
