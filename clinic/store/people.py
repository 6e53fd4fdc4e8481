# SPDX-License-Identifier: GPL-3.0-or-later
"""People as lines of a list: found by any words of a name, DNI, birth date or telephone; and who turned out to be whom."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from clinic.domain.facts import EmergencySummary, Encounter, Link, Patient, PatientCard
from clinic.domain.identity import chosen, whole
from clinic.domain.ids import PatientId
from clinic.domain.values import DNI
from clinic.protocol.op import fact_in
from clinic.store.facts import CHART, SHOWN
from clinic.store.folding import bones_query, heard_query, heard_words, prefix_query, undotted
from clinic.store.lines import LineWrites, typed
from clinic.store.rows import PersonRow
from clinic.store.sheet import Sheet, from_ms, to_ms

_PHONE = (6, 7, 8, 10, 11)
"""Digits that people give of a number: the subscriber's, with the area's, with the mobile 9 (Argentina; Brazil has 8 to 11)."""
PERSON = "patient, family, given, birth_date, gender, dni, provisional, last_seen_at"


class PeopleReads(Sheet):
    """Finding people."""

    def find_people(self, typed: str, limit: int) -> tuple[PersonRow, ...]:
        """People all of whose typed words begin a name, DNI, birth date or telephone of theirs; nothing typed: latest seen
        first. After those come people whose names sound like that; where there is nobody, those with the same consonants."""
        typed = undotted(typed)
        query = prefix_query(typed)
        if not query:
            rows = self._all(
                f"SELECT {PERSON} FROM person ORDER BY last_seen_at DESC, family LIMIT :limit", limit=limit
            )
            return tuple(person_row(row) for row in rows)
        found = {row.patient: row for row in self._matching(query, limit)}
        if len(found) < limit and (heard := heard_query(typed)):
            found |= {row.patient: row for row in self._matching(heard, limit) if row.patient not in found}
        if not found and (bones := bones_query(typed)):
            found = {row.patient: row for row in self._matching(bones, limit)}
        return tuple(found.values())[:limit]

    def _matching(self, query: str, limit: int) -> Iterator[PersonRow]:
        rows = self._all(
            f"SELECT {PERSON} FROM person WHERE patient IN "
            "(SELECT patient FROM person_words WHERE person_words MATCH :query) ORDER BY family, given LIMIT :limit",
            query=query, limit=limit,
        )  # fmt: skip
        return (person_row(row) for row in rows)

    def person(self, patient: PatientId) -> PersonRow | None:
        row = self._one(f"SELECT {PERSON} FROM person WHERE patient = :patient", patient=patient)
        return None if row is None else person_row(row)

    def person_with_card(self, lookup: str) -> PersonRow | None:
        """Whose card this is, while it is good."""
        rows = self._all(
            f"SELECT op.body FROM chart CROSS JOIN op ON op.chart = chart.no AND op.state = {SHOWN} AND op.kind = :kind",
            kind=PatientCard.NUMBER,
        )
        found = (fact_in(row[0], PatientCard) for row in rows)
        card = next((one for one in found if one.lookup == lookup and not one.revoked), None)
        return None if card is None else self.person(card.patient)

    def people_with_dni(self, dni: str) -> tuple[PersonRow, ...]:
        return tuple(
            person_row(row) for row in self._all(f"SELECT {PERSON} FROM person WHERE dni = :dni", dni=dni)
        )

    def people_elsewhere(self, text: str, limit: int) -> tuple[EmergencySummary, ...]:
        """Summaries of people who are not here, in whose name or DNI each of the words begins one; by name. () for none."""
        words = typed(text)
        asked = " AND ".join(f"instr(words, :word{n})" for n in range(len(words))) or "0"
        rows = self._all(
            "SELECT op.body FROM (SELECT no, name, subject FROM summary_line "
            f"WHERE {asked} AND NOT EXISTS (SELECT 1 FROM person WHERE patient = subject) "
            "ORDER BY name, subject LIMIT :limit) AS line JOIN op ON op.no = line.no ORDER BY line.name, line.subject",
            limit=limit, **{f"word{n}": f" {word}" for n, word in enumerate(words)},
        )  # fmt: skip
        return tuple(fact_in(row[0], EmergencySummary) for row in rows)

    def count_people(self) -> int:
        return int(self._one("SELECT count(*) FROM person")[0])


class PeopleWrites(PeopleReads, LineWrites):
    """What the lists say of a Patient, an Encounter, a Link that is shown anew."""

    def show_person(self, fact: Patient) -> None:
        dni = next((i.value for i in fact.identifiers if i.system == DNI), "")
        given, born = " ".join(fact.name.given), fact.birth_date
        patient = fact.patient or fact.id
        self._do(
            f"INSERT INTO person ({PERSON}) VALUES (:patient, :family, :given, :born, :gender, :dni, :provisional, "
            f"coalesce((SELECT max(at) FROM op WHERE chart = {CHART} AND kind = :encounter AND state = {SHOWN}), 0)) "
            "ON CONFLICT (patient) DO UPDATE SET family = excluded.family, given = excluded.given, "
            "birth_date = excluded.birth_date, "
            "gender = excluded.gender, dni = excluded.dni, provisional = excluded.provisional",
            patient=patient, family=fact.name.family, given=given, born=born and born.isoformat(), gender=str(fact.gender),
            dni=dni, provisional=fact.provisional, encounter=Encounter.NUMBER,
        )  # fmt: skip
        self.spell_person(fact)
        self.name_chart(self.chart_number(patient), fact.name.family, given)

    def spell_person(self, fact: Patient) -> None:
        """The words she is found by."""
        dni = next((i.value for i in fact.identifiers if i.system == DNI), "")
        phones = " ".join(_phone_words(point.value) for point in fact.telecom if point.system == "phone")
        name = f"{fact.name.family} {' '.join(fact.name.given)}"
        words = (name, dni, _birth_words(fact.birth_date), phones, heard_words(name))
        self._spell(fact.patient or fact.id, " ".join(words))

    def _spell(self, patient: str, words: str) -> None:
        self._do(
            "INSERT OR REPLACE INTO person_words (rowid, patient, words) VALUES (:no, :patient, :words)",
            no=self.chart_number(patient), patient=patient, words=words,
        )  # fmt: skip

    def chart_number(self, patient: str) -> int:
        """The number of a patient's chart, given now if there is none yet; '' is the chart of what is about nobody."""
        row = self._one("SELECT no FROM chart WHERE patient = :patient", patient=patient)
        if row is None:
            row = self._one("INSERT INTO chart (patient) VALUES (:patient) RETURNING no", patient=patient)
        return int(row[0])

    def seen(self, visits: Iterable[Encounter]) -> None:
        self._many(
            "UPDATE person SET last_seen_at = max(last_seen_at, ?) WHERE patient = ?",
            ((to_ms(visit.arrived_at), visit.patient) for visit in visits),
        )

    def show_link(self, fact: Link) -> None:
        """Whom each record of the charts that this link touches turned out to be, all links considered."""
        known: dict[PatientId, Link | None] = {}

        def chosen_of(patient: PatientId) -> Link | None:
            if patient not in known:
                known[patient] = chosen(self._links_of(patient))
            return known[patient]

        for patient in self._touched(fact.patient):
            end = whole(patient, chosen_of)
            self._do("DELETE FROM linked WHERE provisional = :patient", patient=patient)
            if end != patient:
                self._do(
                    "INSERT INTO linked (provisional, other) VALUES (:patient, :end)",
                    patient=patient,
                    end=end,
                )
        self._charts.clear()

    def _touched(self, patient: PatientId) -> list[PatientId]:
        """The record, and all that were one chart with it before."""
        rows = self._all(
            "WITH whole AS (SELECT coalesce((SELECT other FROM linked WHERE provisional = :patient), :patient) AS id) "
            "SELECT id FROM whole UNION SELECT provisional FROM linked, whole WHERE other = whole.id "
            "UNION SELECT :patient", patient=patient,
        )  # fmt: skip
        return [PatientId(row[0]) for row in rows]

    def _links_of(self, patient: PatientId) -> list[Link]:
        rows = self._all(
            f"SELECT body FROM op WHERE chart = {CHART} AND kind = :kind AND state = {SHOWN}",
            patient=patient, kind=Link.NUMBER,
        )  # fmt: skip
        return [fact_in(row[0], Link) for row in rows]


def person_row(row: Any) -> PersonRow:
    seen = from_ms(row[7]) if row[7] else None
    born = date.fromisoformat(row[3]) if row[3] else None
    return PersonRow(PatientId(row[0]), row[1], row[2], born, row[4], row[5], bool(row[6]), seen)


def _birth_words(born: date | None) -> str:
    """A birth date the ways people type it: 7/3/1954, 07031954, 1954-03-07."""
    return (
        ""
        if born is None
        else f"{born:%d%m%Y} {born.isoformat()} {born:%d/%m/%Y} {born.day}/{born.month}/{born.year}"
    )


def _phone_words(number: str) -> str:
    """A telephone number the ways people type it: as written, in one go, and without country, area or mobile prefix."""
    digits = "".join(letter for letter in number if letter.isascii() and letter.isdigit())
    return " ".join((number, *(digits[-many:] for many in _PHONE if len(digits) >= many), digits))
