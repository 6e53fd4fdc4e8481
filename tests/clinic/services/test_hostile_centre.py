# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lying or restored centre, a stolen kiosk and a wrong clock cannot do. Real stores, keys and envelopes;
the centre is the answer it would give."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.domain.clock import FrozenClock, stamp_after
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    Composition,
    CompositionStatus,
    Consent,
    ConsentItem,
    Decision,
    Encounter,
    EncounterStatus,
    Fact,
    Gender,
    NoteSection,
    Observation,
    Patient,
    Section,
)
from clinic.domain.facts import Link as SamePerson
from clinic.domain.ids import (
    DeviceId,
    EncounterId,
    FactId,
    OpId,
    OrgId,
    PatientId,
    ScopeId,
    TeamId,
    UserId,
    patient_scope,
)
from clinic.domain.record import Record
from clinic.domain.values import Coding, HumanName
from clinic.keys.consents import sign_consent, template_hash
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.letters import seal_letter
from clinic.keys.roster import Distrust, TrustLog
from clinic.keys.sealing import Place, seal_for_team
from clinic.keys.trust import Signer, as_device, extend, make_statement, say
from clinic.protocol.codec import dumps, encode
from clinic.protocol.envelope import pack, unpack
from clinic.protocol.letters import ChatLine, Letter, QueuePlace
from clinic.protocol.op import Op, Ops
from clinic.protocol.sync import EnvelopeRefused, Refused, Sequenced, SyncRequest, SyncResponse
from clinic.protocol.trust import Beacon, DeviceKind, TeamCreate
from clinic.services import consents, people, syncing, visits
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, _stated, set_up
from clinic.services.link import Link
from clinic.services.sitting import open_desk
from clinic.services.syncing import Taken, snapshot, sync_status, take
from clinic.store.rows import Changes
from clinic.sync.exchange import request_for
from clinic.sync.machine import Phase, SyncDue, step

PASSWORD = "cinco palabras que nadie adivina"
NAME = HumanName(family="Quispe", given=("María",))
BUDGET = 262_144
ENCOUNTER = EncounterId("visit-of-a")


@dataclass
class Clinic:
    """One desk and the keys of a kiosk; `answer` is what the centre says next."""

    home: Path
    clock: FrozenClock
    desk: Desk
    kiosk: DeviceKeys
    sent: int = 0
    seq: int = 0
    made: list[Sequenced] = field(default_factory=list)

    @property
    def kiosk_id(self) -> DeviceId:
        return device_id(self.kiosk.public.signing)

    def reopen(self) -> Desk:
        self.desk.close()
        self.desk = open_desk(self.home, PASSWORD, self.clock, os.urandom)
        return self.desk

    def patient(self) -> PatientId:
        return people.register(self.desk, NAME, date(1958, 3, 7), Gender.FEMALE, "")

    def request(self) -> SyncRequest:
        return request_for(snapshot(self.desk, BUDGET), self.clock.now(), BUDGET)

    def answered(
        self, request: SyncRequest | None = None, acked: int = 0, epoch: str = "e", **said: object
    ) -> Taken:
        asked = request or self.request()
        response = SyncResponse(
            protocol=1,
            epoch=epoch,
            acked_incarnation=1,
            acked_env_no=acked,
            server_time=self.clock.now(),
            **said,  # type: ignore[arg-type]
        )
        return take(self.desk, asked, response)

    def from_kiosk(
        self, fact: Fact, scope: ScopeId | None = None, stamp: int = 0, seq: int | None = None,
        replaces: tuple[OpId, ...] = (), handed_out: bool = True,
    ) -> Taken:  # fmt: skip
        """An envelope that the kiosk really signed and sealed, handed out by the centre."""
        self.sent, self.seq = self.sent + 1, self.seq + 1
        kiosk = self.kiosk_id
        op = Op(
            id=OpId(f"{kiosk}.{self.sent}"), stamp=stamp or stamp_after(0, self.clock.now()), fact=fact, replaces=replaces
        )  # fmt: skip
        where = scope or patient_scope(fact.patient)
        epoch = self.desk.trust.epoch(self.desk.team)
        assert epoch is not None
        place = Place(
            scope=where, team=self.desk.team, device=kiosk, incarnation=1,
            env_no=self.sent, scope_no=self.sent,
        )  # fmt: skip
        sealed = seal_for_team(Ops(ops=(op,)), place, epoch, self.kiosk, os.urandom)
        item = Sequenced(scope=where, seq=seq or self.seq, chain=b"", envelope=pack(sealed))
        self.made.append(item)
        return self.answered(envelopes=(item,) if handed_out else ())

    @property
    def quarantined(self) -> int:
        return sync_status(self.desk).quarantined


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clock = FrozenClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    device, user, kiosk = DeviceKeys.make(os.urandom), UserKeys.make(os.urandom), DeviceKeys.make(os.urandom)
    founder = Founder(user=UserId("ana"), name="Ana", keys=user, device_name="Desk", device_keys=device)
    log = found(
        organization=OrgId("org"), name="Norte", team=TeamId("team"), team_name="Norte", founder=founder,
        root=RootKeys.make(os.urandom), at=clock.now(), random=os.urandom,
    )  # fmt: skip
    kiosk_id = device_id(kiosk.public.signing)
    log = say(log, as_device(kiosk_id, "Quebracho", DeviceKind.KIOSK, kiosk), founder.signer, clock.now())
    from clinic.store.home import Home

    set_up(
        Home(tmp_path), log, DeviceSetup("Desk", DeviceKind.DESKTOP, "http://127.0.0.1:1", TeamId("team")), device,
        UserId("ana"), user, "Ana", PASSWORD, os.urandom,
    )  # fmt: skip
    made = Clinic(tmp_path, clock, open_desk(tmp_path, PASSWORD, clock, os.urandom), kiosk)
    yield made
    made.desk.close()


def _visit(patient: PatientId) -> Encounter:
    return Encounter(
        id=FactId(ENCOUNTER),
        patient=patient,
        status=EncounterStatus.TRIAGED,
        arrived_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    )


# acknowledgements


def test_nothing_is_acknowledged_that_was_not_sent(clinic: Clinic) -> None:
    clinic.patient()
    asked = clinic.request()
    clinic.patient()  # written while the exchange is under way
    clinic.answered(asked, acked=10**9)
    status = sync_status(clinic.desk)
    assert (status.waiting, status.copied) == (3, True), "and that a copy of this computer must be in use"
    assert len(clinic.request().envelopes) == 3, "a patient, the entry, the entry for the auditors"


def test_nothing_is_refused_that_was_not_sent(clinic: Clinic) -> None:
    asked = clinic.request()
    clinic.patient()
    no = EnvelopeRefused(env_no=2, why=Refused.NOT_ALLOWED)
    clinic.answered(asked, refused=(no,))
    assert sync_status(clinic.desk).refused == 0 and sync_status(clinic.desk).waiting == 1


def test_a_restored_centre_gets_refused_envelopes_again_or_it_would_take_none_after_them(
    clinic: Clinic,
) -> None:
    clinic.patient()
    clinic.patient()
    no = EnvelopeRefused(env_no=2, why=Refused.NOT_ALLOWED, sentence="No.")
    clinic.answered(acked=2, refused=(no,))
    assert sync_status(clinic.desk).refused == 1
    clinic.answered(acked=0, epoch="restored")
    assert (clinic.request().envelopes, clinic.request().unsure_from) == ((), 1), (
        "it asks what is there first"
    )
    assert clinic.answered(acked=0, epoch="restored").more
    assert len(clinic.request().envelopes) == 2
    clinic.answered(acked=2, epoch="restored", refused=(no,))
    assert (sync_status(clinic.desk).waiting, sync_status(clinic.desk).refused) == (0, 1)


def test_a_centre_that_only_says_more_is_not_asked_for_ever(clinic: Clinic) -> None:
    clinic.patient()
    clinic.answered()
    gap = EnvelopeRefused(env_no=1, why=Refused.GAP)
    for said in ({"more": True}, {"refused": (gap,)}):
        taken = clinic.answered(**said)
        assert not taken.more and not taken.sent
    assert clinic.answered().more, "it asked what is there, and offers it at once"
    for said in ({"refused": (gap,)}, {"more": True}):
        if clinic.request().unsure_from:
            assert clinic.answered().more
        taken = clinic.answered(**said)
        assert not taken.more and not taken.sent
    assert sync_status(clinic.desk).waiting == 1


@pytest.mark.parametrize(
    "said",
    [
        {"acked": 2**70, "epoch": "another"},
        {"acked": -(2**70), "epoch": "another"},
        {"refused": (EnvelopeRefused(env_no=1, why=2**70),)},
        {"refused": (EnvelopeRefused(env_no=2**70, why=Refused.GAP),), "acked": 2**70},
    ],
)
def test_a_centre_that_counts_as_no_centre_counts_is_refused_and_nothing_moves(
    clinic: Clinic, said: dict[str, object]
) -> None:
    clinic.patient()
    clinic.answered()
    before = sync_status(clinic.desk)
    with pytest.raises(Refusal, match="counts"):
        clinic.answered(**said)  # type: ignore[arg-type]
    assert sync_status(clinic.desk) == before


def test_a_centre_cannot_fill_the_disk_with_what_is_no_envelope(clinic: Clinic) -> None:
    huge = Sequenced(scope=ScopeId("p:x"), seq=1, chain=b"", envelope=bytes(1_000_000))
    clinic.answered(envelopes=(huge,))
    (kept,) = clinic.desk.book.read(lambda page: page._all("SELECT length(envelope) FROM quarantine"))
    assert clinic.quarantined == 1 and kept[0] < 70_000


def test_a_clock_that_once_stood_in_2041_does_not_win_for_years(clinic: Clinic) -> None:
    who = clinic.patient()
    clinic.clock.advance(15 * 365 * 86_400)
    clinic.desk.write(_visit(who))
    clinic.clock.advance(-15 * 365 * 86_400)
    desk = clinic.reopen()
    desk.write(replace(_visit(who), ticket="B-09"))
    stamps = [op.stamp for op in desk.book.read(lambda page: page.versions(Encounter.NUMBER, ENCOUNTER))]
    assert min(stamps) >> 16 <= clinic.clock.now().timestamp() * 1000 + 300_000
    assert visits.encounter_of(desk, ENCOUNTER).ticket == "B-09", (
        "what replaces is shown whatever the clocks said"
    )


# what comes in


def test_a_version_of_another_patient_does_not_take_a_fact_away(clinic: Clinic) -> None:
    mine, other = clinic.patient(), clinic.patient()
    clinic.desk.write(_visit(mine))
    clinic.clock.advance(60)
    clinic.from_kiosk(_visit(other))
    assert visits.encounter_of(clinic.desk, ENCOUNTER).patient == mine
    assert clinic.quarantined == 1


def test_of_two_patients_versions_that_come_together_the_first_has_the_fact(clinic: Clinic) -> None:
    mine, other = clinic.patient(), clinic.patient()
    for whose in (mine, other):
        clinic.from_kiosk(_visit(whose), handed_out=False)
    clinic.answered(envelopes=tuple(clinic.made))
    assert visits.encounter_of(clinic.desk, ENCOUNTER).patient == mine
    reasons = clinic.desk.book.read(lambda page: [why for _, why, _, _ in page.in_quarantine()])
    assert reasons == ["This would move a record of one patient to another."]


@pytest.mark.parametrize("lot", [1, 900, 1_000_000])
def test_an_answer_is_taken_alike_in_whatever_lots(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, lot: int
) -> None:
    monkeypatch.setattr(syncing, "LOT", lot)
    mine, other = clinic.patient(), clinic.patient()
    before = sync_status(clinic.desk).received
    heard: list[Changes] = []
    clinic.desk.book.listen(heard.append)
    weight = Observation(
        id=FactId("weight"), patient=other, code=Coding(system="http://loinc.org", code="8867-4", display=""),
        effective_at=clinic.clock.now(),
    )  # fmt: skip
    for fact in (_visit(mine), weight, _visit(other), replace(_visit(mine), ticket="B-09")):
        clinic.from_kiosk(fact, handed_out=False)
    clinic.answered(envelopes=tuple(clinic.made))
    assert visits.encounter_of(clinic.desk, ENCOUNTER).patient == mine
    assert clinic.quarantined == 1 and sync_status(clinic.desk).received == before + 3
    assert heard[-1].kinds >= {"Encounter", "Observation", "Sync"} and heard[-1].patients >= {mine, other}


def test_what_cannot_be_filed_holds_up_nothing_that_came_with_it(clinic: Clinic) -> None:
    """A version of a fact whose older version is damaged in the store."""
    mine = clinic.patient()
    clinic.desk.write(_visit(mine))
    clinic.desk.book.keep(lambda page: page._do("UPDATE op SET body = x'00' WHERE fact = :id", id=ENCOUNTER))
    weights = [
        Observation(
            id=FactId(name), patient=mine, code=Coding(system="http://loinc.org", code="8867-4", display=""),
            effective_at=clinic.clock.now(),
        )
        for name in ("before", "after")
    ]  # fmt: skip
    for fact in (weights[0], _visit(mine), weights[1]):
        clinic.from_kiosk(fact, handed_out=False)
    clinic.answered(envelopes=tuple(clinic.made))
    found = [clinic.desk.book.read(lambda page, one=one: page.fact(Observation, one.id)) for one in weights]  # type: ignore[misc]
    assert found == weights
    assert clinic.quarantined == 1
    assert clinic.desk.book.read(lambda page: page.cursor(patient_scope(mine))[0]) == 3


def test_what_names_an_encounter_of_another_patient_does_not_count_there(clinic: Clinic) -> None:
    mine, other = clinic.patient(), clinic.patient()
    clinic.desk.write(_visit(mine))
    weight = Observation(
        id=FactId("w"), patient=other, code=Coding(system="http://loinc.org", code="8867-4", display=""),
        effective_at=clinic.clock.now(), encounter=ENCOUNTER,
    )  # fmt: skip
    clinic.from_kiosk(weight)
    assert clinic.quarantined == 0
    assert clinic.desk.book.read(lambda page: page.facts_of_encounter(Observation, ENCOUNTER)) == ()


@pytest.mark.parametrize("what", ["note", "draft", "link"])
def test_a_kiosk_writes_intakes_only(clinic: Clinic, what: str) -> None:
    mine, at = clinic.patient(), clinic.clock.now()
    fact: dict[str, Fact] = {
        "note": Composition(
            id=FactId("n"), patient=mine, encounter=ENCOUNTER, status=CompositionStatus.FINAL, plan="x", signed_at=at,
            author=UserId("")
        ),
        "draft": NoteSection(
            id=FactId(f"{ENCOUNTER}/plan"), patient=mine, encounter=ENCOUNTER, section=Section.PLAN, text="x", written_at=at
        ),
        "link": SamePerson(id=FactId("l"), patient=mine, other=PatientId("x"), by=UserId("k"), linked_at=at),
    }  # fmt: skip
    clinic.from_kiosk(fact[what])
    assert clinic.quarantined == 1


def test_a_consent_that_nobody_signed_permits_nothing(clinic: Clinic) -> None:
    """Whoever holds a kiosk's keys may sign as that kiosk, which shows; nobody can as another one."""
    mine = clinic.patient()
    told = Consent(
        id=FactId("c"), patient=mine, template="care", template_version=1, template_hash=template_hash("text"),
        language="es", jurisdiction="AR", items=(ConsentItem(scope="recording", decision=Decision.PERMIT),),
        given_at=clinic.clock.now(), device=clinic.desk.device,
    )  # fmt: skip
    clinic.from_kiosk(told)
    clinic.from_kiosk(replace(told, device_signature=bytes(64)))
    clinic.from_kiosk(replace(sign_consent(told, DeviceKeys.make(os.urandom)), device=clinic.desk.device))
    clinic.from_kiosk(replace(sign_consent(told, clinic.kiosk), items=()))
    assert clinic.quarantined == 4 and not consents.may(clinic.desk, mine, "recording")
    clinic.from_kiosk(sign_consent(told, clinic.kiosk))
    assert clinic.quarantined == 4 and consents.may(clinic.desk, mine, "recording")
    reasons = clinic.desk.book.read(lambda page: {row[0] for row in page._all("SELECT why FROM quarantine")})
    assert reasons == {"This consent was not signed on the device it names. Ask the patient again."}


def test_a_kiosk_replaces_nothing_of_the_staff_and_confirms_nobody(clinic: Clinic) -> None:
    mine = clinic.patient()
    clinic.desk.write(_visit(mine))
    (seen,) = clinic.desk.book.read(lambda page: page.standing_ids(Encounter.NUMBER, ENCOUNTER))
    clinic.from_kiosk(replace(_visit(mine), status=EncounterStatus.CANCELLED), replaces=(seen,))
    clinic.from_kiosk(Patient(id=FactId(mine), patient=mine, name=HumanName(family="Otra")))
    assert clinic.quarantined == 2
    assert visits.encounter_of(clinic.desk, ENCOUNTER).status == EncounterStatus.TRIAGED
    assert people.person(clinic.desk, mine).name == NAME


def test_a_stamp_of_another_century_neither_stops_nor_moves_our_clock(clinic: Clinic) -> None:
    mine = clinic.patient()
    at_2031 = stamp_after(0, clinic.clock.now() + timedelta(days=1500))
    clinic.from_kiosk(_visit(mine), stamp=at_2031)
    assert clinic.quarantined == 0
    clinic.from_kiosk(replace(_visit(mine), id=FactId("other")), stamp=2**63 - 1)
    assert clinic.quarantined == 1
    desk = clinic.reopen()
    desk.write(_visit(mine))
    stamps = [op.stamp for op in desk.book.read(lambda page: tuple(page.ops(mine)))]
    assert sorted(stamps)[-2] < at_2031 == max(stamps)


def test_a_place_that_cannot_be_does_not_stop_the_rest(clinic: Clinic) -> None:
    mine = clinic.patient()
    clinic.from_kiosk(_visit(mine), seq=2**64 - 1)
    clinic.from_kiosk(_visit(mine), seq=1)
    assert visits.encounter_of(clinic.desk, ENCOUNTER).patient == mine


def test_what_is_in_quarantine_is_there_once(clinic: Clinic) -> None:
    mine = clinic.patient()
    link = SamePerson(
        id=FactId("l"), patient=mine, other=PatientId("x"), by=UserId("k"), linked_at=clinic.clock.now()
    )
    clinic.from_kiosk(link)
    (kept,) = clinic.desk.book.read(lambda page: page._all("SELECT scope, envelope FROM quarantine"))
    again = Sequenced(scope=ScopeId(kept[0]), seq=1, chain=b"", envelope=kept[1])
    clinic.answered(epoch="another")
    clinic.answered(epoch="another", envelopes=(again,))
    assert clinic.quarantined == 1


def test_what_a_centre_keeps_back_shows_by_the_senders_own_count(clinic: Clinic) -> None:
    mine = clinic.patient()
    for handed_out in (True, False, False, True):
        clinic.from_kiosk(_visit(mine), handed_out=handed_out)
    assert sync_status(clinic.desk).withheld == 2
    assert sync_status(clinic.reopen()).withheld == 2
    late = replace(clinic.made[1], seq=5)
    clinic.answered(envelopes=(late,))
    clinic.answered(epoch="restored", envelopes=tuple(clinic.made[:2]))  # again, and again counted once
    assert sync_status(clinic.desk).withheld == 1


def test_a_forged_number_fills_no_hole(clinic: Clinic) -> None:
    mine = clinic.patient()
    for handed_out in (True, False, True):
        clinic.from_kiosk(_visit(mine), handed_out=handed_out)
    real = unpack(clinic.made[2].envelope)
    header = encode(replace(real.header, scope_no=2))
    forged = replace(clinic.made[1], seq=4, envelope=dumps([real.signature, header, real.body]))
    clinic.answered(envelopes=(forged,))
    assert sync_status(clinic.desk).withheld == 1 and clinic.quarantined == 1


# the trust log


def test_statements_that_lost_the_race_are_forgotten_and_the_centres_log_is_followed(clinic: Clinic) -> None:
    desk, before = clinic.desk, clinic.desk.trust
    signer = Signer(desk.someone.user, desk.device, desk.user_keys)
    theirs = make_statement(before, TeamCreate(team=TeamId("sur"), name="Sur"), signer, clinic.clock.now())
    _stated(desk, lambda log: [TeamCreate(team=TeamId("este"), name="Este")])
    asked = clinic.request()
    assert len(asked.trust) == 1
    taken = clinic.answered(asked, trust_refused="Another history.", trust=(theirs,))
    assert taken.more and desk.trust.statements == before.statements
    clinic.answered(trust=(theirs,))
    assert desk.trust.statements == extend(before, theirs).statements
    assert clinic.reopen().trust.statements == extend(before, theirs).statements


def test_a_centre_that_lost_statements_gets_them_again(clinic: Clinic) -> None:
    last, held = clinic.desk.trust.position, clinic.desk.trust.statements
    assert clinic.request().trust == ()
    assert clinic.answered(trust_position=last - 2).more
    again = clinic.request()
    assert again.trust == held[-2:]
    clinic.answered(again, trust_position=last)
    assert clinic.request().trust == ()


def test_statements_that_a_centre_had_are_not_given_up_for_others(clinic: Clinic) -> None:
    held = clinic.desk.trust.statements
    clinic.answered(trust_position=len(held) - 3)
    asked = clinic.request()
    assert asked.trust
    with pytest.raises(Distrust, match="another list"):
        clinic.answered(asked, trust_refused="Another history.")
    assert clinic.desk.trust.statements == clinic.reopen().trust.statements == held


def _signed(clinic: Clinic, log: TrustLog, body: Record) -> bytes:
    desk = clinic.desk
    return make_statement(
        log, body, Signer(desk.someone.user, desk.device, desk.user_keys), clinic.clock.now()
    )


def test_a_sign_of_life_is_given_up_for_what_stands_in_its_place(clinic: Clinic) -> None:
    desk, before = clinic.desk, clinic.desk.trust
    clinic.answered(trust=(_signed(clinic, before, Beacon()),))
    longer = desk.trust
    assert longer.position == before.position + 1 == desk.home.read_height()
    theirs = extend(before, _signed(clinic, before, TeamCreate(team=TeamId("sur"), name="Sur")))
    theirs = extend(theirs, _signed(clinic, theirs, TeamCreate(team=TeamId("este"), name="Este")))
    assert clinic.answered(trust=theirs.statements[-1:], trust_position=theirs.position).more
    assert clinic.request().trust_position == before.position
    clinic.answered(trust=theirs.statements[-2:], trust_position=theirs.position)
    assert desk.trust.statements == clinic.reopen().trust.statements == theirs.statements


def test_of_a_centre_that_was_put_back_it_is_asked_whether_it_has_the_same_list_as_long_as_ours(
    clinic: Clinic,
) -> None:
    before = clinic.desk.trust
    clinic.answered(trust=(_signed(clinic, before, Beacon()),))
    clinic.answered(epoch="another")
    asked = clinic.request()
    assert asked.trust == clinic.desk.trust.statements[-1:]
    assert clinic.answered(asked, trust_refused="Another history.", epoch="another").more
    assert clinic.desk.trust.statements == before.statements


def test_nothing_but_signs_of_life_is_given_up(clinic: Clinic) -> None:
    before = clinic.desk.trust
    clinic.answered(trust=(_signed(clinic, before, TeamCreate(team=TeamId("sur"), name="Sur")),))
    held = clinic.desk.trust
    clinic.answered(trust=(_signed(clinic, held, Beacon()),))
    theirs = extend(before, _signed(clinic, before, TeamCreate(team=TeamId("este"), name="Este")))
    theirs = extend(theirs, _signed(clinic, theirs, Beacon()))
    theirs = extend(theirs, _signed(clinic, theirs, Beacon()))
    assert clinic.answered(trust=theirs.statements[-1:], trust_position=theirs.position).more
    with pytest.raises(Distrust):
        clinic.answered(trust=theirs.statements[-2:], trust_position=theirs.position)
    assert clinic.desk.trust.statements == clinic.reopen().trust.statements == held.statements


def test_a_new_statement_that_lost_the_race_takes_no_older_one_with_it(clinic: Clinic) -> None:
    held = clinic.desk.trust.statements
    clinic.answered(trust_position=len(held) - 3)
    _stated(clinic.desk, lambda log: [TeamCreate(team=TeamId("este"), name="Este")])
    assert clinic.answered(clinic.request(), trust_refused="Another history.").more
    assert clinic.desk.trust.statements == held
    assert clinic.request().trust == held[-2:]


# the disk


def test_a_home_without_its_records_says_so_and_makes_no_empty_ones(clinic: Clinic) -> None:
    clinic.desk.close()
    kept = (clinic.home / "book.db").rename(clinic.home / "elsewhere")
    with pytest.raises(Unavailable, match="missing"):
        open_desk(clinic.home, PASSWORD, clinic.clock, os.urandom)
    assert not (clinic.home / "book.db").exists()
    kept.rename(clinic.home / "book.db")


# letters, files, the link


@pytest.mark.expects_log("has been here before")
def test_a_letter_taken_before_a_restart_is_not_taken_again(clinic: Clinic) -> None:
    content = QueuePlace(encounter=ENCOUNTER, place=1, wait_minutes=0, status="triaged")
    kiosk, desk = device_id(clinic.kiosk.public.signing), clinic.desk
    letter = Letter(sender=kiosk, receiver=desk.device, number=7, sent_at=clinic.clock.now(), content=content)
    blob = seal_letter(clinic.kiosk, desk.device_keys.public.box, letter)
    heard: list[Letter] = []
    for _start in range(2):
        link = Link(desk, on_letter=heard.append)
        link.start()

        async def said(link: Link = link) -> None:
            link.on_letter(kiosk, blob)

        link._loop.submit(said()).result(10)
        link.stop()
    assert heard == [letter]


def test_numbers_of_letters_grow_when_the_clock_is_set_back(clinic: Clinic) -> None:
    """Or a post whose clock once stood in 2031 could not ring until then: its letters look taken already."""
    link = Link(clinic.desk)
    before = link._number
    asyncio.run(
        link._post(
            clinic.kiosk_id, QueuePlace(encounter=ENCOUNTER, place=1, wait_minutes=0, status="triaged")
        )
    )
    link._store.shutdown()
    clinic.clock.at -= timedelta(days=1500)
    assert Link(clinic.desk)._number == before + 1


@pytest.mark.expects_log("too much for one letter")
def test_a_letter_that_is_too_large_is_told_as_not_delivered(clinic: Clinic) -> None:
    undelivered: list[object] = []
    link = Link(clinic.desk, on_undelivered=lambda device, content: undelivered.append(content))
    line = ChatLine(
        encounter=ENCOUNTER, sender_name="Ana", text="x", picture=bytes(70_000), sent_at=clinic.clock.now()
    )
    asyncio.run(link._post(clinic.kiosk_id, line))
    link._store.shutdown()
    assert undelivered == [line]


def test_a_letter_is_fresh_by_the_centres_clock(clinic: Clinic) -> None:
    desk, kiosk = clinic.desk, clinic.kiosk_id
    heard: list[Letter] = []
    link = Link(desk, on_letter=heard.append)
    content = QueuePlace(encounter=ENCOUNTER, place=1, wait_minutes=0, status="triaged")
    at = clinic.clock.now() + timedelta(hours=2)  # ours is two hours slow
    letter = Letter(sender=kiosk, receiver=desk.device, number=1, sent_at=at, content=content)
    blob = seal_letter(clinic.kiosk, desk.device_keys.public.box, letter)
    link.clock.compare(clinic.clock.now(), clinic.clock.now(), at)
    link.on_letter(kiosk, blob)
    link._store.shutdown()
    assert heard == [letter]


def test_an_exchange_that_ends_in_a_mistake_ends(clinic: Clinic) -> None:
    link = Link(clinic.desk)
    link._store.shutdown()

    async def play() -> None:
        with pytest.raises(RuntimeError):
            await link._exchange(BUDGET)

    link._machine, _ = step(link._machine, SyncDue(0.0))
    asyncio.run(play())
    assert link._machine.phase == Phase.RESTING


def test_a_capsule_sealed_while_another_leaves_goes_on_waiting(clinic: Clinic) -> None:
    def put(sealed: bytes) -> None:
        clinic.desk.book.keep(lambda page: page.put_capsule("card", sealed, waiting=True))

    put(b"old")
    put(b"new")
    clinic.desk.book.keep(lambda page: page.capsule_left("card", b"old"))
    assert clinic.desk.book.read(lambda page: page.capsules_waiting()) == (("card", b"new"),)


# who signed


def test_a_note_signed_by_two_touches_at_once_is_signed_once(clinic: Clinic) -> None:
    mine, desk = clinic.patient(), clinic.desk
    desk.write(_visit(mine))
    visits.autosave(desk, ENCOUNTER, Section.PLAN, "Reposo", mine)

    def touched(_touch: int) -> bool:
        try:
            visits.sign(desk, ENCOUNTER, mine)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(4) as hands:
        assert sorted(hands.map(touched, range(4))) == [False, False, False, True]
    assert len(desk.book.read(lambda page: page.facts(Composition, mine))) == 1
