# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patient's consents come to. Pure: depends on the set of statements alone, never on their order."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from clinic.domain.facts import Cited, Consent, Decision
from clinic.keys.hashing import digest
from clinic.protocol.codec import encode

SCOPES = ("treatment", "teleconsultation", "recording", "sharing", "analytics")


def statement_digest(consent: Consent) -> bytes:
    """BLAKE2b-256 of a whole statement, signatures and all: what another one cites it by."""
    return digest(encode(consent), b"posta consent")


def standing_decision(consents: Iterable[Consent], scope: str, at: datetime | None = None) -> Decision | None:
    """What the statements come to for `scope` (one of SCOPES); None if nobody asked, or no permit counts at `at`.

    A denial stands until a permit cites it by its digest, itself or through statements that it cites; while one stands,
    no permit counts. Nobody can cite a denial before it is there. Without `at`, how long a permit is valid is not looked at.
    """
    known = tuple(consents)
    by_digest = {statement_digest(consent): consent for consent in known}
    permits = [consent for consent in known if permits_scope(consent, scope)]
    lifted = {name for permit in permits for name in cited_by(permit, by_digest)}
    if any(denies(consent, scope) and name not in lifted for name, consent in by_digest.items()):
        return Decision.DENY
    return Decision.PERMIT if any(counts(permit, at) for permit in permits) else None


def standing_of(consents: Iterable[Consent], at: datetime) -> dict[str, Decision]:
    """Scope -> what the statements come to at that moment; what nobody asked, or has run out, is left out."""
    known = tuple(consents)
    found = {scope: standing_decision(known, scope, at) for scope in SCOPES}
    return {scope: decision for scope, decision in found.items() if decision is not None}


def permit_of(consents: Iterable[Consent], scope: str, at: datetime) -> Consent | None:
    """The newest statement that permits `scope` at that moment, if what was said comes to a permit."""
    known = tuple(consents)
    if standing_decision(known, scope, at) != Decision.PERMIT:
        return None
    good = [one for one in known if permits_scope(one, scope) and counts(one, at)]
    return max(good, key=lambda one: (one.given_at, one.id), default=None)


def permits_scope(consent: Consent, scope: str) -> bool:
    """True if it permits that scope and does not deny it as well."""
    said = [item.decision for item in consent.items if item.scope == scope]
    return bool(said) and all(decision == Decision.PERMIT for decision in said)


def denies(consent: Consent, scope: str) -> bool:
    """Whatever is no permit denies: also a decision that this program does not know."""
    return any(item.scope == scope and item.decision != Decision.PERMIT for item in consent.items)


def counts(permit: Consent, at: datetime | None) -> bool:
    """True if the permit is valid at that moment: from `valid_from` on, before `valid_until`."""
    if at is None:
        return True
    began = permit.valid_from is None or permit.valid_from <= at
    return began and (permit.valid_until is None or at < permit.valid_until)


def cited_by(consent: Consent, by_digest: Mapping[bytes, Consent]) -> set[bytes]:
    """Digests of all that a statement cites, and of what those cite in turn as far as they are known."""
    found: set[bytes] = set()
    row = [cited.digest for cited in consent.cites]
    while row:
        name = row.pop()
        if name not in found:
            found.add(name)
            row += [cited.digest for cited in by_digest[name].cites] if name in by_digest else ()
    return found


def to_cite(consents: Iterable[Consent]) -> tuple[Cited, ...]:
    """What the next statement has to cite: those that no other one cites, oldest first."""
    by_digest = {statement_digest(consent): consent for consent in consents}
    cited = {told.digest for one in by_digest.values() for told in one.cites}
    open_ends = sorted(
        ((one.given_at, one.id, name) for name, one in by_digest.items() if name not in cited),
    )
    return tuple(Cited(statement=name, digest=seal) for _, name, seal in open_ends)
