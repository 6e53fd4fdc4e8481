# SPDX-License-Identifier: GPL-3.0-or-later
"""The custodian's work: hear a request, check it, say so on the patient's chart, then seal that patient's key to who asks.

It holds the teams' keys as a member of them and makes or opens a scope's keys with them, one scope at a time; of the records
themselves it fetches none.
"""

import logging
from datetime import datetime

from clinic.domain.errors import PostaError, Refusal
from clinic.domain.facts import Fact, Task
from clinic.domain.ids import FactId, PatientId, TeamId, patient_scope
from clinic.keys.glass import (
    REVIEW_WITHIN,
    checked_request,
    is_custodian,
    sealed_keys,
    signed_permit,
)
from clinic.keys.roster import User
from clinic.keys.sealing import (
    Granted,
    Keyring,
    check_envelope,
    derived_key,
    open_envelope,
    scope_key_id,
)
from clinic.keys.testimony import GLASS_CHART, REVIEW_CODE, review_id
from clinic.protocol.envelope import P0_ALERT, unpack
from clinic.protocol.glass import GlassAnswer, GlassRequest, ScopePull, SignedGlass
from clinic.protocol.letters import Letter
from clinic.services.audits import audit_within
from clinic.services.desks import Desk
from clinic.services.emergency import BREAK_GLASS
from clinic.services.glass_word import tell
from clinic.services.link import exchange_all, remote_of, with_remote
from clinic.store.writing import WritePage
from clinic.transport.http import Remote

log = logging.getLogger(__name__)
_SEEN = "glass request "
REVIEW = "Review the emergency opening of this chart"


def check_post(desk: Desk) -> None:
    """Raises Refusal unless a custodian is logged in at a station here."""
    desk.require_someone()
    if not is_custodian(desk.trust, desk.device):
        raise Refusal(
            "This computer is no custodian. Invite it with: posta station invite --role custodian --kind station."
        )


def answer(desk: Desk, letter: Letter, now: datetime) -> GlassAnswer | None:
    """What to write back, None to a letter that asks for nothing. `now`: the centre's time.

    A request is used up, and stands on the patient's chart with its review, before a key leaves.
    """
    signed = letter.content
    if not isinstance(signed, SignedGlass):
        return None
    try:
        return with_remote(remote_of(desk), lambda remote: _met(desk, remote, letter, now))
    except PostaError as no:
        log.warning("a request was not met: %s", no.sentence)
        return GlassAnswer(request=_named(signed), given=False, sentence=str(no))


async def _met(desk: Desk, remote: Remote, letter: Letter, now: datetime) -> GlassAnswer:
    """All on one line to the centre: whoever asks waits. Raises Refusal, Unavailable."""
    await exchange_all(desk, remote)
    asked, user = checked_request(letter, desk.trust, now, _seen(desk))
    team, keys = await _keys_of(desk, remote, asked.patient)
    _write_down(desk, asked, user, team, keys)
    await exchange_all(desk, remote)
    permit, signature = signed_permit(asked, desk.device, desk.device_keys, now)
    log.info("request %s of %s was met", asked.request, asked.device)
    return GlassAnswer(
        request=asked.request,
        given=True,
        team=team,
        keys=sealed_keys(keys, user),
        permit=permit,
        signature=signature,
    )


def _named(content: SignedGlass) -> str:
    """The request's own name where it can be read, so that the asker hears the no."""
    from clinic.protocol.codec import Malformed, decode

    try:
        return decode(content.request, GlassRequest).request
    except Malformed:
        return ""


def _seen(desk: Desk) -> frozenset[str]:
    return frozenset(name.removeprefix(_SEEN) for name in desk.book.read(lambda page: page.metas(_SEEN)))


async def _keys_of(desk: Desk, remote: Remote, patient: PatientId) -> tuple[TeamId, tuple[bytes, ...]]:
    """The patient's scope keys and whose she is, out of the grants at the centre and of the teams' keys. Raises Refusal,
    Unavailable."""
    scope = patient_scope(patient)
    found: dict[bytes, bytes] = {}
    team, after, more = TeamId(""), 0, True
    while more:
        part = await remote.scope_part(ScopePull(scope=scope, after=after))
        more, after = part.more and part.up_to > after, part.up_to
        for item in part.envelopes:
            envelope = unpack(item.envelope)
            check_envelope(envelope, desk.trust)
            inside = open_envelope(envelope, Keyring(), desk.team_keys)
            if isinstance(inside, Granted) and inside.scope == scope:
                found[scope_key_id(inside.key)] = inside.key
                team = envelope.header.team
        for key_id in part.key_ids:
            if key_id not in found and (derived := derived_key(scope, key_id, desk.team_keys)) is not None:
                team, found[key_id] = derived
    if not found:
        raise Refusal("The centre knows no chart of that person.")
    return team, tuple(found.values())


def _write_down(desk: Desk, asked: GlassRequest, user: User, team: TeamId, keys: tuple[bytes, ...]) -> None:
    """In one transaction: the request is used up, the patient's chart says who opened it and why, a review is due. Then the
    word to compliance."""
    scope = patient_scope(asked.patient)

    entries: list[FactId] = []

    def act(page: WritePage) -> tuple[Fact, ...]:
        if page.meta(_SEEN + asked.request) is not None:
            raise Refusal("This request has been here before.")
        page.put_meta(_SEEN + asked.request, b"1")
        for key in keys:
            page.keep_scope_key(scope, scope_key_id(key), key)
        entry, filed = audit_within(
            desk, page, BREAK_GLASS, asked.patient, user.name, f"request {asked.request}: {asked.reason}"
        )
        entries.append(entry.id)
        return *filed, _review(desk, asked, user, entry.id)

    desk.write_within(act, priority=P0_ALERT, team=team)
    entry = entries[-1]
    tell(
        desk, GLASS_CHART, asked.patient, user.user, user.name, asked.device, asked.request, entry, asked.reason
    )  # fmt: skip


def _review(desk: Desk, asked: GlassRequest, user: User, entry: FactId) -> Task:
    """Due within 72 hours; its author is whoever broke the glass, who cannot close it."""
    now = desk.clock.now()
    return Task(
        id=FactId(review_id(asked.request, user.user)), patient=asked.patient, title=REVIEW, code=REVIEW_CODE, authored_at=now,
        author=user.user, due=(now + REVIEW_WITHIN).date(), about=entry, priority="urgent", note=f"{user.name}: {asked.reason}",
    )  # fmt: skip
