# SPDX-License-Identifier: GPL-3.0-or-later
"""Making and checking the evidence of a consent. Pure, and all that a checker years later needs: no store, no key.

A statement is held by its own signatures, by those that cite it, and by the seal of whoever made the evidence. The seal
holds the end too; that its maker left out the end herself shows only beside evidence made on another computer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from clinic.domain.errors import Refusal
from clinic.domain.facts import Consent, Decision
from clinic.domain.ids import FOREIGN, DeviceId
from clinic.keys.consenting import standing_of, statement_digest
from clinic.keys.consents import template_hash
from clinic.keys.hashing import digest, same
from clinic.keys.identity import DeviceKeys, UserKeys, device_id, verify
from clinic.keys.testimony import is_signed
from clinic.keys.trust import Distrust, TrustLog, open_statement, verify_all
from clinic.protocol.codec import decode, encode
from clinic.protocol.evidence import SEAL_CONTEXT, ConsentEvidence, EvidenceSeal, FormText
from clinic.protocol.trust import AddDevice, AddUser, Revoke


class Wrong(StrEnum):
    """What can be wrong with evidence."""

    TRUST = "trust"
    ORGANIZATION = "organization"
    SEAL = "seal"
    MAKER = "maker"
    WORDS = "words"
    SIGNATURE = "signature"
    TEXT = "text"
    NO_TEXT = "no text"
    PATIENT = "patient"
    EARLY = "early"
    LATE = "late"
    ORDER = "order"
    CITED = "cited"
    REPLAYED = "replayed"
    INSERTED = "inserted"
    SWAPPED = "swapped"
    MISSING = "missing"
    ASKED = "asked"
    PEER = "peer"


CLOCKS = timedelta(minutes=10)
"""How far the clocks of two honest devices may be apart."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`number`: of the statement it is about, counted from 1; 0 where it is about the whole. `detail`: a sentence or a name,
    as the kind of problem has it."""

    wrong: Wrong
    number: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the evidence says and what is wrong with it; `problems` in the order in which they were found.

    `standing`: scope -> what all the statements in it come to on the day it was made.
    """

    evidence: ConsentEvidence
    seal: EvidenceSeal
    log: TrustLog
    problems: tuple[Problem, ...] = ()
    standing: Mapping[str, Decision] = field(default_factory=dict)

    @property
    def first(self) -> Problem | None:
        return self.problems[0] if self.problems else None

    @property
    def asked(self) -> Consent | None:
        """The statement the evidence was made for."""
        return next((one for one in self.evidence.statements if one.id == self.seal.asked), None)

    def form_of(self, consent: Consent) -> FormText | None:
        """The text that was shown, if it is in here."""
        return next(
            (form for form in self.evidence.forms if same(template_hash(form.text), consent.template_hash)),
            None,
        )


def words_hash(words: str) -> bytes:
    """BLAKE2b-256 of the words above the proof."""
    return digest(words.encode(), b"posta words")


def sealed(
    draft: ConsentEvidence, seal: EvidenceSeal, device_keys: DeviceKeys, user_keys: UserKeys
) -> ConsentEvidence:
    """The evidence with a seal over everything in it, signed by the device and the person who make it."""
    whole = replace(
        seal,
        device=device_id(device_keys.public.signing),
        digests=tuple(statement_digest(one) for one in draft.statements),
    )
    data = encode(whole)
    return replace(
        draft,
        seal=data,
        device_signature=device_keys.sign(SEAL_CONTEXT + data),
        user_signature=user_keys.sign(SEAL_CONTEXT + data),
    )


def check(
    evidence: ConsentEvidence,
    words: str,
    organization: bytes | None = None,
    peers: Sequence[ConsentEvidence] = (),
) -> Checked:
    """Everything that is wrong with the evidence, the first thing first.

    `organization`: 32 bytes that name the organisation, if the reader knows them from elsewhere (paper, telephone): without
    them a whole invented organisation would pass. `peers`: evidence of the same person made on other computers.
    Raises Malformed if the seal is no seal.
    """
    seal = decode(evidence.seal, EvidenceSeal)
    try:
        log = _log_of(evidence)
    except Distrust as broken:
        return Checked(evidence, seal, TrustLog(), (Problem(Wrong.TRUST, 0, str(broken)),))
    problems = [
        *_about_the_whole(evidence, seal, log, words, organization),
        *_about_statements(evidence, seal, log),
        *_about_what_was_asked(evidence, seal),
        *_beside(evidence, seal, peers),
    ]
    return Checked(evidence, seal, log, tuple(problems), standing_in(evidence, seal, log))


def standing_in(evidence: ConsentEvidence, seal: EvidenceSeal, log: TrustLog) -> dict[str, Decision]:
    """Scope -> what the statements come to on the day the evidence was made; what nobody asked is left out."""
    return standing_of((believed(one, log) for one in evidence.statements), seal.made_at)


def believed(consent: Consent, log: TrustLog) -> Consent:
    """The statement; without what it permits if nobody signed for it whom the trust log knows. A denial always counts."""
    if not consent.device.startswith(FOREIGN) and is_signed(consent, log):
        return consent
    return replace(consent, items=tuple(item for item in consent.items if item.decision != Decision.PERMIT))


# the whole ----------------------------------------------------------------------------------------


def _log_of(evidence: ConsentEvidence) -> TrustLog:
    """The trust log in the evidence, checked from its first statement on. Raises Distrust."""
    return verify_all(evidence.trust, TrustLog(statements=evidence.trust[:1]).fingerprint)


def _about_the_whole(
    evidence: ConsentEvidence, seal: EvidenceSeal, log: TrustLog, words: str, organization: bytes | None
) -> Iterator[Problem]:
    if organization is not None and not same(log.fingerprint, organization):
        yield Problem(Wrong.ORGANIZATION, 0, log.fingerprint.hex())
    yield from _about_the_seal(evidence, seal, log)
    if not same(seal.words, words_hash(words)):
        yield Problem(Wrong.WORDS)


def _about_the_seal(evidence: ConsentEvidence, seal: EvidenceSeal, log: TrustLog) -> Iterator[Problem]:
    device, user = log.device(seal.device), log.user(seal.user, seal.device)
    if device is None or user is None:
        yield Problem(Wrong.MAKER)
        return
    message = SEAL_CONTEXT + evidence.seal
    if not verify(device.signing_key, message, evidence.device_signature):
        yield Problem(Wrong.SEAL, 0, device.name)
    if not verify(user.signing_key, message, evidence.user_signature):
        yield Problem(Wrong.SEAL, 0, user.name)
    if not same(seal.trust_head, log.head):
        yield Problem(Wrong.TRUST, 0, "")


# each statement -----------------------------------------------------------------------------------


def _about_statements(evidence: ConsentEvidence, seal: EvidenceSeal, log: TrustLog) -> Iterator[Problem]:
    known = _days(log)
    forms = {template_hash(form.text): form for form in evidence.forms}
    digests = [statement_digest(one) for one in evidence.statements]
    for number, consent in enumerate(evidence.statements, 1):
        yield from _about_one(number, consent, log, seal, forms)
        yield from _about_its_day(number, consent, seal, known)
        yield from _about_what_it_cites(number, consent, evidence.statements, digests)
        yield from _about_its_place(number, digests, seal.digests)
    for number in range(len(digests) + 1, len(seal.digests) + 1):
        yield Problem(Wrong.MISSING, number)


def _about_one(
    number: int, consent: Consent, log: TrustLog, seal: EvidenceSeal, forms: Mapping[bytes, FormText]
) -> Iterator[Problem]:
    if consent.patient not in seal.patients:
        yield Problem(Wrong.PATIENT, number)
    if consent.device.startswith(FOREIGN):
        return
    if not is_signed(consent, log):
        yield Problem(Wrong.SIGNATURE, number)
    form = forms.get(consent.template_hash)
    if form is None:
        yield Problem(Wrong.NO_TEXT, number)
    elif (form.template, form.version, form.language, form.jurisdiction) != (
        consent.template, consent.template_version, consent.language, consent.jurisdiction
    ):  # fmt: skip
        yield Problem(Wrong.TEXT, number)


@dataclass(frozen=True, slots=True)
class _Days:
    """When the trust log let each device and each (user, device) in, and when it revoked a device."""

    admitted: Mapping[str, datetime]
    revoked: Mapping[DeviceId, datetime]


def _days(log: TrustLog) -> _Days:
    admitted: dict[str, datetime] = {}
    revoked: dict[DeviceId, datetime] = {}
    for data in log.statements:
        said = open_statement(data)[0]
        if isinstance(said.body, AddDevice):
            admitted.setdefault(said.body.device, said.at)
        elif isinstance(said.body, AddUser):
            admitted.setdefault(f"{said.body.user} {said.body.device}", said.at)
        elif isinstance(said.body, Revoke):
            revoked.setdefault(said.body.device, said.at)
    return _Days(admitted, revoked)


def _about_its_day(number: int, consent: Consent, seal: EvidenceSeal, days: _Days) -> Iterator[Problem]:
    """A device signs nothing before it was let in, nothing after it was put out, nothing that is still to come."""
    if consent.given_at > seal.made_at + CLOCKS:
        yield Problem(Wrong.LATE, number)
    revoked = days.revoked.get(consent.device)
    if revoked is not None and consent.given_at > revoked + CLOCKS:
        yield Problem(Wrong.LATE, number)
    since = [days.admitted.get(consent.device), days.admitted.get(f"{consent.witness} {consent.device}")]
    if any(day is not None and consent.given_at + CLOCKS < day for day in since):
        yield Problem(Wrong.EARLY, number)


def _about_what_it_cites(
    number: int, consent: Consent, statements: Sequence[Consent], digests: Sequence[bytes]
) -> Iterator[Problem]:
    for cited in consent.cites:
        if cited.digest not in digests:
            yield Problem(Wrong.CITED, number, cited.statement)
        elif statements[digests.index(cited.digest)].given_at > consent.given_at + CLOCKS:
            yield Problem(Wrong.ORDER, number)


def _about_its_place(number: int, digests: Sequence[bytes], sealed_: Sequence[bytes]) -> Iterator[Problem]:
    """The statement at this place is the one that was sealed there; if not, what became of it."""
    here = digests[number - 1]
    due = sealed_[number - 1] if number <= len(sealed_) else None
    if here == due:
        return
    if here in digests[: number - 1]:
        yield Problem(Wrong.REPLAYED, number)
    elif here not in sealed_:
        yield Problem(Wrong.INSERTED, number)
    elif due is not None and due not in digests:
        yield Problem(Wrong.MISSING, number)
    else:
        yield Problem(Wrong.SWAPPED, number)


def _about_what_was_asked(evidence: ConsentEvidence, seal: EvidenceSeal) -> Iterator[Problem]:
    if seal.asked not in [one.id for one in evidence.statements]:
        yield Problem(Wrong.ASKED, 0, seal.asked)


# beside others ------------------------------------------------------------------------------------


def _beside(
    evidence: ConsentEvidence, seal: EvidenceSeal, peers: Sequence[ConsentEvidence]
) -> Iterator[Problem]:
    """What evidence of the same person that was made elsewhere holds, and this does not."""
    held = {statement_digest(one) for one in evidence.statements}
    for peer in peers:
        theirs = _sound(peer, evidence)
        if theirs is None or not set(theirs.patients) & set(seal.patients):
            yield Problem(Wrong.PEER, 0, "")
            continue
        for number, one in enumerate(peer.statements, 1):
            if statement_digest(one) not in held:
                yield Problem(Wrong.PEER, number, one.id)


def _sound(peer: ConsentEvidence, evidence: ConsentEvidence) -> EvidenceSeal | None:
    """The seal of evidence that can be held against other evidence: of the same organisation, and nothing wrong with it."""
    try:
        seal, log = decode(peer.seal, EvidenceSeal), _log_of(peer)
        theirs = TrustLog(statements=evidence.trust[:1]).fingerprint
    except Refusal:
        return None
    troubles = [*_about_the_seal(peer, seal, log), *_about_statements(peer, seal, log)]
    return None if troubles or not same(log.fingerprint, theirs) else seal
