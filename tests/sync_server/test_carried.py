# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else brings: taken under its author's rights, once, and never to its author's harm."""

import os

import pytest

from clinic.keys.trust import say
from clinic.protocol.carried import CarriedIn, CarriedTaken, CarriedUpTo
from clinic.protocol.codec import decode
from clinic.protocol.envelope import Envelope, pack, unpack
from clinic.protocol.sync import FaultNumber, Refused, TrustPart
from clinic.protocol.trust import Revoke
from tests.server_process import ServerProcess
from tests.small_clinic import AT, OTHER_TEAM, Somebody

from .conftest import Inside, fault_of
from .test_process import Client, founded


def carry(inside: Inside, bearer: Somebody, *envelopes: bytes) -> CarriedTaken:
    answer = inside.say("POST", "/v1/carried", CarriedIn(envelopes=envelopes), inside.token_of(bearer))
    assert answer.status_code == 200, fault_of(answer)
    return decode(answer.content, CarriedTaken)


def up_to(who: Somebody, number: int) -> CarriedUpTo:
    return CarriedUpTo(device=who.device, incarnation=who.incarnation, up_to=number)


def forged(wire: bytes) -> bytes:
    parsed = unpack(wire)
    return pack(Envelope(bytes(64), parsed.header_bytes, parsed.body, parsed.header))


def test_it_is_there_once_whoever_brings_it_and_its_author_hears_so(inside: Inside) -> None:
    c = inside.clinic
    one, two = (c.kiosk.envelope(c.log, "p:1", text) for text in "ab")
    assert carry(inside, c.eva, two, one) == CarriedTaken(authors=(up_to(c.kiosk, 2),))
    assert carry(inside, c.ben, one, two) == CarriedTaken(authors=(up_to(c.kiosk, 2),))
    three = c.kiosk.envelope(c.log, "p:1", "c")
    met = inside.sync(c.kiosk, one, two, three)
    assert (met.acked_env_no, met.refused) == (3, ())
    assert [got.envelope for got in inside.sync(c.ben).envelopes] == [one, two, three]


def test_the_bearers_rights_add_nothing_and_take_nothing_away(inside: Inside) -> None:
    c = inside.clinic
    theirs = c.ben.envelope(c.log, "p:1")
    assert carry(inside, c.ola, theirs).left == 0
    kiosk_to_all = c.kiosk.envelope(c.log, "o:org")
    assert carry(inside, c.eva, kiosk_to_all) == CarriedTaken(authors=(up_to(c.kiosk, 0),), left=1)
    into_anothers = c.ola.envelope(c.log, "p:1", team=OTHER_TEAM)
    assert carry(inside, c.eva, into_anothers) == CarriedTaken(authors=(up_to(c.ola, 0),), left=1)


def test_what_is_refused_uses_up_no_number_of_the_author(inside: Inside) -> None:
    c = inside.clinic
    good = c.ben.envelope(c.log, "p:1")
    refused = c.ola.envelope(c.log, "p:1", team=OTHER_TEAM)
    assert carry(inside, c.eva, good).left == 0
    assert carry(inside, c.eva, refused, forged(c.kiosk.envelope(c.log, "p:1")), b"nothing").left == 3
    assert [no.why for no in inside.sync(c.ola, refused).refused] == [Refused.NOT_ALLOWED]
    c.kiosk.env_no = 0
    met = inside.sync(c.kiosk, c.kiosk.envelope(c.log, "p:1", "the real one"))
    assert (met.acked_env_no, met.refused) == (1, ())


def test_a_forged_one_hides_no_good_one_of_the_same_number(inside: Inside) -> None:
    c = inside.clinic
    good = c.ben.envelope(c.log, "p:1")
    assert carry(inside, c.eva, forged(good), good) == CarriedTaken(authors=(up_to(c.ben, 1),), left=1)


def test_a_missing_one_before_it_is_waited_for(inside: Inside) -> None:
    c = inside.clinic
    one, two = (c.ben.envelope(c.log, "p:1", text) for text in "ab")
    assert carry(inside, c.eva, two) == CarriedTaken(authors=(up_to(c.ben, 0),), left=1)
    assert carry(inside, c.eva, one, two) == CarriedTaken(authors=(up_to(c.ben, 2),))


def test_strangers_and_what_was_written_after_a_revocation_are_left(inside: Inside) -> None:
    c = inside.clinic
    before, after = (c.ben.envelope(c.log, "p:1", text) for text in "ab")
    inside.sync(c.ben, before)
    revoked = say(c.log, Revoke(device=c.ben.device, incarnation=1, last_env_no=1), c.eva.signer, AT)
    told = TrustPart(first=0, statements=revoked.statements)
    assert inside.say("POST", "/v1/trust", told, inside.token_of(c.eva)).status_code == 204
    assert carry(inside, c.eva, after, c.mallory.envelope(c.log, "p:1")).left == 2
    refused = inside.say("POST", "/v1/carried", CarriedIn(envelopes=(before,)), inside.token_of(c.ben))
    assert fault_of(refused).number == FaultNumber.NOT_ALLOWED
    assert [got.envelope for got in inside.sync(c.eva).envelopes] == [before]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="its helpers end servers with signals")
def test_a_client_brings_it_to_a_centre_of_either_kind_and_it_outlives_a_kill(either: ServerProcess) -> None:
    c, eva, ben = founded(either)
    wires = tuple(c.kiosk.envelope(c.log, "p:1", text) for text in "ab")
    expected = CarriedTaken(authors=(up_to(c.kiosk, 2),))
    assert eva.do(lambda remote: remote.carry(wires)) == expected
    either.kill()
    either.start()
    assert ben.do(lambda remote: remote.carry(wires)) == expected
    assert [got.envelope for got in ben.sync().envelopes] == list(wires)
    assert c.kiosk.device not in {
        one.device for one in ben.do(lambda remote: remote.computers()) if one.seen_at
    }
    assert Client(either.url, c.kiosk).sync(*wires).acked_env_no == 2
