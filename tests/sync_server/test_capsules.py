# SPDX-License-Identifier: GPL-3.0-or-later
"""Capsules for cards; one-time codes."""

from dataclasses import replace
from datetime import timedelta

from clinic.keys.withdrawals import withdraw
from clinic.protocol.capsule import Withdrawals
from clinic.protocol.codec import decode
from tests.small_clinic import AT

from .conftest import Inside

CAPSULE = "/v1/capsules/abcdefghijklmnopqrstuvwxyz"


def test_staff_writes_a_capsule_and_a_kiosk_reads_it(inside: Inside) -> None:
    eva, kiosk = inside.token_of(inside.clinic.eva), inside.token_of(inside.clinic.kiosk)
    assert inside.send("GET", CAPSULE, token=kiosk).status_code == 404
    assert inside.send("PUT", CAPSULE, b"sealed", eva).status_code == 204
    assert inside.send("GET", CAPSULE, token=kiosk).content == b"sealed"
    assert inside.send("GET", CAPSULE, token=eva).content == b"sealed"


def test_others_do_not(inside: Inside) -> None:
    kiosk, station = inside.token_of(inside.clinic.kiosk), inside.token_of(inside.clinic.station)
    assert inside.send("PUT", CAPSULE, b"sealed", kiosk).status_code == 403
    assert inside.send("GET", CAPSULE, token=station).status_code == 403
    assert inside.send("GET", CAPSULE).status_code == 401
    assert inside.send("PUT", CAPSULE, b"", inside.token_of(inside.clinic.eva)).status_code == 400
    assert inside.send("PUT", CAPSULE, bytes(600_000), inside.token_of(inside.clinic.eva)).status_code == 413


def test_a_withdrawn_card_is_gone_and_stays_so(inside: Inside) -> None:
    eva, kiosk = inside.token_of(inside.clinic.eva), inside.token_of(inside.clinic.kiosk)
    lookup = CAPSULE.rsplit("/", 1)[1]
    inside.send("PUT", CAPSULE, b"sealed", eva)
    who = inside.clinic.eva
    said = withdraw(lookup, who.device, who.device_keys, AT)
    assert inside.say("PUT", f"{CAPSULE}/withdrawal", said, kiosk).status_code == 403
    assert (
        inside.say("PUT", f"{CAPSULE}/withdrawal", replace(said, at=AT + timedelta(1)), eva).status_code
        == 403
    )
    assert inside.say("PUT", "/v1/capsules/another-card/withdrawal", said, eva).status_code == 400
    assert inside.send("GET", CAPSULE, token=kiosk).content == b"sealed"
    for _again in range(2):
        assert inside.say("PUT", f"{CAPSULE}/withdrawal", said, eva).status_code == 204
    assert inside.send("GET", CAPSULE, token=kiosk).status_code == 410
    assert inside.send("PUT", CAPSULE, b"sealed", eva).status_code == 410
    heard = decode(inside.send("GET", "/v1/withdrawals?after=0", token=kiosk).content, Withdrawals)
    assert (heard.withdrawals, heard.more) == ((said,), False)
    later = decode(
        inside.send("GET", f"/v1/withdrawals?after={heard.last}", token=kiosk).content, Withdrawals
    )
    assert (later.withdrawals, later.last, later.epoch) == ((), heard.last, heard.epoch)
    station = inside.token_of(inside.clinic.station)
    assert inside.send("GET", "/v1/withdrawals", token=station).status_code == 403


CODE = "/v1/codes/abcdefghijklmnopqrstuvwxyz"


def test_a_code_is_there_once_for_a_kiosk_and_for_a_while(inside: Inside) -> None:
    eva, kiosk = inside.token_of(inside.clinic.eva), inside.token_of(inside.clinic.kiosk)
    assert inside.send("PUT", f"{CODE}?seconds=900", b"parcel", kiosk).status_code == 403
    assert inside.send("PUT", f"{CODE}?seconds=900", b"", eva).status_code == 400
    assert inside.send("PUT", f"{CODE}?seconds=900", b"parcel", eva).status_code == 204
    assert inside.send("POST", CODE, token=eva).status_code == 403
    taken = inside.send("POST", CODE, token=kiosk)
    assert (taken.status_code, taken.content) == (200, b"parcel")
    assert inside.send("POST", CODE, token=kiosk).status_code == 404
    inside.send("PUT", f"{CODE}?seconds=900", b"parcel", eva)
    inside.clock.advance(900)
    assert inside.send("POST", CODE, token=kiosk).status_code == 404


def test_guesses_of_a_kiosk_are_few(inside: Inside) -> None:
    eva, kiosk = inside.token_of(inside.clinic.eva), inside.token_of(inside.clinic.kiosk)
    inside.send("PUT", f"{CODE}?seconds=3600", b"parcel", eva)
    tries = [inside.send("POST", f"/v1/codes/guess-number-{n}", token=kiosk).status_code for n in range(7)]
    assert tries == [404] * 5 + [429] * 2
    assert inside.send("POST", CODE, token=kiosk).status_code == 429  # not even the right one
    inside.clock.advance(60)
    assert inside.send("POST", CODE, token=kiosk).content == b"parcel"
