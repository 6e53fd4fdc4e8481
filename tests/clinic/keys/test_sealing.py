# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.facts import Communication, Location
from clinic.domain.ids import FactId, OpId, PatientId, ScopeId, TeamId
from clinic.domain.record import UnknownRecord
from clinic.keys.identity import DeviceKeys
from clinic.keys.packing import pad
from clinic.keys.refusals import KeyMissing, TooLong, Unreadable
from clinic.keys.sealing import (
    Granted,
    Keyring,
    NotAccepted,
    Place,
    check_envelope,
    check_fits,
    check_ops,
    grant,
    new_scope_key,
    open_envelope,
    packed_ops,
    scope_key_id,
    seal_for_team,
    seal_packed,
)
from clinic.keys.trust import TrustLog, as_user
from clinic.protocol.codec import encode
from clinic.protocol.envelope import Envelope, Header, pack, unpack
from clinic.protocol.op import Op, Ops
from clinic.protocol.sync import Refused
from clinic.protocol.trust import MemberRemove, Revoke, Role

from .conftest import AT, TEAM, Clinic, ops_about, place_of, repeating, somebody

KEY = new_scope_key(repeating(b"scope"))


def seal_with_scope_key(
    ops: Ops, place: Place, key: bytes, key_epoch: int, keys: DeviceKeys, random: Random
) -> Envelope:
    """As a desk does it: checked when it is written, packed and sealed when it leaves."""
    check_ops(ops, place.scope)
    plain = encode(ops)
    check_fits(plain)
    return seal_packed(packed_ops(plain), place, key, key_epoch, keys, random)


def all_three(clinic: Clinic) -> list[Envelope]:
    epoch, place, random = clinic.log.epoch(TEAM), place_of(clinic.eva.device), repeating(b"salt")
    assert epoch is not None
    ops, keys = ops_about("p1"), clinic.eva.device_keys
    return [
        seal_with_scope_key(ops, place, KEY, epoch.epoch, keys, random),
        seal_for_team(ops, place, epoch, keys, random),
        grant(KEY, place, epoch, keys, random),
    ]


def ring(clinic: Clinic) -> Keyring:
    return Keyring().plus(place_of(clinic.eva.device).scope, KEY)


def resigned(
    envelope: Envelope, keys: DeviceKeys, header: Header | None = None, body: bytes | None = None
) -> Envelope:
    """An envelope changed by its own author."""
    header = header or envelope.header
    new = Envelope(b"", encode(header), envelope.body if body is None else body, header)
    return replace(new, signature=keys.sign(new.signed))


def test_what_was_sealed_opens(clinic: Clinic) -> None:
    keyed, boxed, granted = (unpack(pack(envelope)) for envelope in all_three(clinic))
    for envelope in (keyed, boxed, granted):
        check_envelope(envelope, clinic.log)
    assert open_envelope(keyed, ring(clinic), {}) == ops_about("p1")
    assert open_envelope(boxed, Keyring(), clinic.eva_team_keys) == ops_about("p1")
    assert open_envelope(granted, Keyring(), clinic.eva_team_keys) == Granted(keyed.header.scope, KEY)


@settings(max_examples=30)
@given(st.text(max_size=3000))
def test_any_text_comes_back(clinic: Clinic, text: str) -> None:
    random = repeating(b"text")
    envelope = seal_with_scope_key(
        ops_about("p1", text), place_of(clinic.eva.device), KEY, 1, clinic.eva.device_keys, random
    )
    assert open_envelope(unpack(pack(envelope)), ring(clinic), {}) == ops_about("p1", text)


def test_nothing_of_the_text_is_seen(clinic: Clinic) -> None:
    for envelope in all_three(clinic):
        assert b"Quiroga" not in pack(envelope) and KEY not in pack(envelope)


def test_without_the_key_one_waits(clinic: Clinic) -> None:
    keyed, boxed, granted = all_three(clinic)
    for envelope in (keyed, boxed, granted):
        with pytest.raises(KeyMissing):
            open_envelope(envelope, Keyring(), {})


def test_a_kiosk_cannot_open_what_it_sealed(clinic: Clinic) -> None:
    epoch = clinic.log.epoch(TEAM)
    assert epoch is not None
    envelope = seal_for_team(
        ops_about("p1"), place_of(clinic.kiosk.device), epoch, clinic.kiosk.device_keys, repeating(b"k")
    )
    check_envelope(envelope, clinic.log)
    with pytest.raises(Unreadable):
        open_envelope(envelope, Keyring(), {(TEAM, 1): clinic.kiosk.device_keys.box_private})


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, 2), data=st.data())
def test_every_flipped_bit_is_refused(clinic: Clinic, which: int, data: st.DataObject) -> None:
    wire = bytearray(pack(all_three(clinic)[which]))
    wire[data.draw(st.integers(0, len(wire) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Refusal):
        check_envelope(unpack(bytes(wire)), clinic.log)


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, 2), data=st.data())
def test_a_body_flipped_by_its_own_author_is_refused_too(
    clinic: Clinic, which: int, data: st.DataObject
) -> None:
    envelope = all_three(clinic)[which]
    body = bytearray(envelope.body)
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    cut = bytes(body[: data.draw(st.integers(0, len(body)))])
    for bad in (bytes(body), cut):
        with pytest.raises(Refusal):
            open_envelope(
                resigned(envelope, clinic.eva.device_keys, body=bad), ring(clinic), clinic.eva_team_keys
            )


def test_a_header_changed_by_its_own_author_is_refused(clinic: Clinic) -> None:
    keyed, boxed, granted = all_three(clinic)
    for envelope in (keyed, boxed):
        for header in (
            replace(envelope.header, env_no=2),
            replace(envelope.header, priority=0),
            replace(envelope.header, salt=b"x"),
            replace(envelope.header, dictionary=7),
            replace(envelope.header, alg=9),
        ):
            with pytest.raises(Unreadable):
                open_envelope(
                    resigned(envelope, clinic.eva.device_keys, header), ring(clinic), clinic.eva_team_keys
                )
    other_id = resigned(granted, clinic.eva.device_keys, replace(granted.header, key_id=b"12345678"))
    with pytest.raises(Unreadable):
        open_envelope(other_id, Keyring(), clinic.eva_team_keys)


def refusal(envelope: Envelope, log: TrustLog) -> Refused:
    with pytest.raises(NotAccepted) as problem:
        check_envelope(envelope, log)
    return problem.value.why


def test_who_may_send_what(clinic: Clinic) -> None:
    keyed, boxed, granted = all_three(clinic)
    stranger = replace(keyed.header, device=clinic.mallory.device)
    assert (
        refusal(resigned(keyed, clinic.mallory.device_keys, stranger), clinic.log) == Refused.UNKNOWN_DEVICE
    )
    assert refusal(resigned(keyed, clinic.mallory.device_keys), clinic.log) == Refused.BAD_SIGNATURE
    for header in (
        replace(keyed.header, version=2),
        replace(keyed.header, alg=7),
        replace(keyed.header, unknown=((0, True),)),
    ):
        assert refusal(resigned(keyed, clinic.eva.device_keys, header), clinic.log) == Refused.MALFORMED
    for envelope in (keyed, granted):
        kiosk = replace(envelope.header, device=clinic.kiosk.device)
        assert refusal(resigned(envelope, clinic.kiosk.device_keys, kiosk), clinic.log) == Refused.NOT_ALLOWED
        other = replace(envelope.header, team=TeamId("another"))
        assert refusal(resigned(envelope, clinic.eva.device_keys, other), clinic.log) == Refused.NOT_ALLOWED
    check_envelope(
        resigned(boxed, clinic.kiosk.device_keys, replace(boxed.header, device=clinic.kiosk.device)),
        clinic.log,
    )
    check_envelope(
        resigned(keyed, clinic.eva.device_keys, replace(keyed.header, team=TeamId(""))), clinic.log
    )


def test_outside_the_team_nobody_writes_into_it(clinic: Clinic) -> None:
    nurse = somebody("nina")
    from clinic.keys.trust import as_device, say
    from clinic.protocol.trust import DeviceKind

    log = say(
        clinic.log, as_device(nurse.device, "n", DeviceKind.DESKTOP, nurse.device_keys), clinic.eva.signer, AT
    )
    log = say(log, as_user(nurse.user, "Nina", Role.NURSE, nurse.device, nurse.keys), clinic.eva.signer, AT)
    keyed = all_three(clinic)[0]
    assert (
        refusal(resigned(keyed, nurse.device_keys, replace(keyed.header, device=nurse.device)), log)
        == Refused.NOT_ALLOWED
    )


def test_what_was_written_before_leaving_counts(clinic: Clinic) -> None:
    place, keys = place_of(clinic.ben.device, env_no=5), clinic.ben.device_keys
    envelope = seal_with_scope_key(ops_about("p1"), place, KEY, 1, keys, repeating(b"s"))
    check_envelope(envelope, clinic.plus(MemberRemove(team=TEAM, user=clinic.ben.user)).log)
    check_envelope(envelope, clinic.plus(Revoke(device=clinic.ben.device, incarnation=0, last_env_no=5)).log)
    assert (
        refusal(envelope, clinic.plus(Revoke(device=clinic.ben.device, incarnation=0, last_env_no=4)).log)
        == Refused.REVOKED
    )


def test_another_patient_inside_is_refused_on_both_sides(clinic: Clinic) -> None:
    for ops in (
        ops_about("p2"),
        replace(
            ops_about("p1"), ops=tuple(replace(op, window=PatientId("p2")) for op in ops_about("p1").ops)
        ),
    ):
        with pytest.raises(Unreadable, match="another patient"):
            seal_with_scope_key(
                ops, place_of(clinic.eva.device), KEY, 1, clinic.eva.device_keys, repeating(b"s")
            )
        with pytest.raises(Unreadable):
            check_ops(ops, ScopeId("p:p1"))
        with pytest.raises(Unreadable):  # others than the patient's own readers open a team's scope
            check_ops(ops, ScopeId("t:team"))


def test_what_is_about_nobody_is_no_patients(clinic: Clinic) -> None:
    house = Ops(ops=(Op(id=OpId("x"), stamp=1, fact=Location(id=FactId("l"), name="Post")),))
    check_ops(house, ScopeId("t:team"))
    with pytest.raises(Unreadable):
        check_ops(house, ScopeId("p:p1"))


def test_a_kind_nobody_knows_is_kept_under_its_window(clinic: Clinic) -> None:
    later = Ops(
        ops=(
            Op(
                id=OpId("x"),
                stamp=1,
                fact=UnknownRecord(kind=98, unknown=((1, "later"),)),
                window=PatientId("p1"),
            ),
        )
    )
    envelope = seal_with_scope_key(
        later, place_of(clinic.eva.device), KEY, 1, clinic.eva.device_keys, repeating(b"s")
    )
    assert open_envelope(envelope, ring(clinic), {}) == later


def test_too_much_for_one_envelope(clinic: Clinic) -> None:
    noise = repeating(b"noise")(70_000).hex()
    fact = Communication(id=FactId("f"), patient=PatientId("p1"), sent_at=AT, sender="eva", text=noise)
    with pytest.raises(TooLong, match="attach it"):
        seal_with_scope_key(
            Ops(
                ops=(
                    Op(
                        id=OpId("x"),
                        stamp=1,
                        fact=fact,
                        replaces=tuple(OpId(noise[i : i + 20]) for i in range(0, 99_000, 20)),
                    ),
                )
            ),
            place_of(clinic.eva.device),
            KEY,
            1,
            clinic.eva.device_keys,
            repeating(b"s"),
        )


def test_a_keyring_writes_with_its_newest_key() -> None:
    scope, keys = ScopeId("p:p1"), Keyring()
    assert keys.newest(scope) is None and keys.key(scope, b"x") is None
    both = keys.plus(scope, b"a" * 32).plus(scope, b"b" * 32)
    assert both.newest(scope) == b"b" * 32 and both.key(scope, scope_key_id(b"a" * 32)) == b"a" * 32
    assert "aaaa" not in repr(both)


def test_contents_that_are_no_ops_are_refused(clinic: Clinic) -> None:
    from clinic.keys.boxes import lock
    from clinic.keys.sealing import _body_key

    keyed = all_three(clinic)[0]
    for inside in (pad(b"no zstd"), b""):
        body = lock(*_body_key(KEY, keyed.header), inside, keyed.header_bytes)
        with pytest.raises(Unreadable):
            open_envelope(resigned(keyed, clinic.eva.device_keys, body=body), ring(clinic), {})
