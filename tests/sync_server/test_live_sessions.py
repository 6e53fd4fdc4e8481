# SPDX-License-Identifier: GPL-3.0-or-later
"""Which computers are logged in, told to an administrator and to who works there; ended, they prove their key anew."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from clinic.domain.ids import DeviceId
from clinic.protocol.codec import decode
from clinic.protocol.organisation import ComputerSeen, ComputersSeen
from sync_server.limits import kind_of_address
from sync_server.realtime import Doorbell
from tests.small_clinic import AT, Somebody

from .conftest import Inside


def seen_by(inside: Inside, who: Somebody) -> dict[DeviceId, ComputerSeen]:
    answer = inside.send("GET", "/v1/computers", token=inside.token_of(who))
    return {one.device: one for one in decode(answer.content, ComputersSeen).computers}


@pytest.fixture
def busy(inside: Inside) -> Inside:
    """Everybody has exchanged; eva's first session is an hour old."""
    inside.sync(inside.clinic.eva)
    inside.clock.advance(3600)
    for who in (inside.clinic.eva, inside.clinic.ben, inside.clinic.ola):
        inside.sync(who)
    return inside


def test_an_administrator_sees_all_and_others_their_own(busy: Inside) -> None:
    eva, ben, ola = busy.clinic.eva, busy.clinic.ben, busy.clinic.ola
    all_of_them = seen_by(busy, eva)
    assert all_of_them[eva.device].session_since == AT, "the oldest"
    assert all_of_them[ben.device].session_since == AT + timedelta(hours=1)
    assert all_of_them[ben.device].came_from == "here"
    hers = seen_by(busy, ben)
    assert hers[ben.device].session_since is not None
    assert {device for device, one in hers.items() if one.session_since or one.came_from} == {ben.device}
    assert ola.device in hers, "when it was last here is told as before"


def test_a_session_that_is_over_is_not_live(busy: Inside) -> None:
    busy.clock.advance(13 * 3600)
    seen = seen_by(busy, busy.clinic.eva)
    assert {device for device, one in seen.items() if one.session_since} == {busy.clinic.eva.device}


def test_who_is_sent_away_proves_the_key_anew(busy: Inside) -> None:
    eva, ben = busy.clinic.eva, busy.clinic.ben
    token = busy.token_of(ben)
    assert busy.send("DELETE", f"/v1/sessions/{ben.device}", token=busy.token_of(eva)).status_code == 204
    assert busy.send("GET", "/v1/computers", token=token).status_code == 401
    assert seen_by(busy, eva)[ben.device].session_since is None
    busy.sync(ben)
    assert seen_by(busy, eva)[ben.device].session_since is not None


def test_everybody_ends_her_own_and_no_other(busy: Inside) -> None:
    ben, ola = busy.clinic.ben, busy.clinic.ola
    token = busy.token_of(ben)
    for other in (busy.clinic.eva.device, ola.device, DeviceId("nobody0000000000")):
        assert busy.send("DELETE", f"/v1/sessions/{other}", token=token).status_code == 403
    assert busy.send("DELETE", f"/v1/sessions/{ben.device}", token=token).status_code == 204
    assert busy.send("GET", "/v1/computers", token=token).status_code == 401


@dataclass
class Line:
    """The part of Socket.IO that hangs up."""

    gone: list[str] = field(default_factory=list)

    async def disconnect(self, sid: str) -> None:
        self.gone.append(sid)


def test_the_open_link_is_cut_too(busy: Inside) -> None:
    bell, line = Doorbell(busy.desk), Line()
    ben = busy.clinic.ben.device
    bell._here = {ben: ["one", "two"], busy.clinic.eva.device: ["three"]}
    bell.server = line
    busy.desk.bells = bell
    asyncio.run(busy.desk.end_sessions(ben))
    assert line.gone == ["one", "two"]


@pytest.mark.parametrize(
    ("address", "kind"),
    [("127.0.0.1", "here"), ("::1", "here"), ("10.0.0.5", "local"), ("::ffff:192.168.1.4", "local"),
     ("fd00::1", "local"), ("8.8.8.8", "internet"), ("2001:4860:4860::8888", "internet"), ("", ""), ("testclient", "")],
)  # fmt: skip
def test_of_an_address_only_its_kind_is_told(address: str, kind: str) -> None:
    assert kind_of_address(address) == kind
