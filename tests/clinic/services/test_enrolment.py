# SPDX-License-Identifier: GPL-3.0-or-later
"""Letting somebody in over a link that breaks at the worst moments, and past a centre that forges or forgets."""

import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import TeamId
from clinic.keys.invites import mailbox_id, read_invitation
from clinic.keys.refusals import Unreadable
from clinic.keys.typed_codes import new_short_code
from clinic.protocol.sync import JoinRequest
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.enrolment import Joining, admit, invite, join
from clinic.services.link import exchange_now, with_remote
from clinic.services.organising import create_team
from clinic.services.short_codes import invitation_of, shorten
from clinic.services.sitting import open_desk
from clinic.services.tending import tend
from clinic.transport.http import Remote
from tests.clinic.services.conftest import PASSWORD, Town

pytestmark = pytest.mark.slow


def broken(monkeypatch: pytest.MonkeyPatch, verb: str, times: int, after: bool = False) -> None:
    """The next `times` calls of that verb of the remote find no link; `after`: only the answer is lost."""
    real: Callable[..., Awaitable[object]] = getattr(Remote, verb)
    left = [times]

    async def verb_over_a_broken_link(remote: Remote, *said: object, **more: object) -> object:
        left[0] -= 1
        if left[0] >= 0:
            if after:
                await real(remote, *said, **more)
            raise Unavailable("cut")
        return await real(remote, *said, **more)

    monkeypatch.setattr(Remote, verb, verb_over_a_broken_link)


def begun(town: Town, name: str) -> tuple[Path, Joining, threading.Thread]:
    home = town.folder / name
    joining = join(
        home,
        invite(town.station, Role.NURSE, DeviceKind.DESKTOP),
        name,
        PASSWORD,
        name,
        SystemClock(),
        os.urandom,
    )
    waiter = threading.Thread(target=joining.wait, args=(60,))
    waiter.start()
    return home, joining, waiter


def works(home: Path, waiter: threading.Thread) -> None:
    waiter.join()
    desk = open_desk(home, PASSWORD, SystemClock(), os.urandom)
    assert desk.person is not None and desk.team_keys
    desk.close()


def test_a_link_that_comes_and_goes_is_waited_out_on_both_sides(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "ask_to_join", 1, after=True)
    broken(monkeypatch, "join_answer", 2)
    broken(monkeypatch, "join_request", 2)
    broken(monkeypatch, "trust_from", 1)
    home, _, waiter = begun(town, "nora")
    admit(town.station, lambda newcomer: True, 60)
    works(home, waiter)


def test_a_short_code_and_the_address_do_what_the_long_code_does(town: Town) -> None:
    short = shorten(town.station, invite(town.station, Role.NURSE, DeviceKind.DESKTOP))
    home = town.folder / "quela"
    typed = short.lower().replace("-", " ")
    joining = join(home, typed, "Quela", PASSWORD, "q", SystemClock(), os.urandom, server=town.url)
    waiter = threading.Thread(target=joining.wait, args=(60,))
    waiter.start()
    admit(town.station, lambda newcomer: newcomer.digits == joining.digits, 60)
    works(home, waiter)
    with pytest.raises(Refusal, match="has been used"):
        join(town.folder / "r", short, "Rita", PASSWORD, "r", SystemClock(), os.urandom, server=town.url)


def test_a_short_code_that_leads_nowhere_says_what_to_do(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal, match="address of the centre"):
        invitation_of(new_short_code(os.urandom), "", SystemClock())
    with pytest.raises(Refusal, match="Nothing lies under this code"):
        invitation_of(new_short_code(os.urandom), town.url, SystemClock())
    short = shorten(town.station, invite(town.station, Role.NURSE, DeviceKind.DESKTOP))

    async def forged(remote: Remote, box: str) -> bytes:
        return os.urandom(200)

    monkeypatch.setattr(Remote, "lying_invitation", forged)
    with pytest.raises(Refusal, match="not from your administrator"):
        invitation_of(short, town.url, SystemClock())


def test_an_answer_that_was_cut_off_is_given_again_to_the_one_who_was_admitted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _, waiter = begun(town, "olga")
    with monkeypatch.context() as patch:
        broken(patch, "answer_join", 1)
        with pytest.raises(Unavailable):
            admit(town.station, lambda newcomer: True, 60)
    height = town.station.trust.position
    admit(town.station, lambda newcomer: True, 60)
    assert town.station.trust.position == height, "admitted once"
    works(home, waiter)


def test_a_centre_that_forges_or_forgets_stands_in_nobodys_way(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = read_invitation(invite(town.station, Role.NURSE, DeviceKind.DESKTOP), SystemClock().now())
    with monkeypatch.context() as patch:
        real = Remote.join_request

        async def elsewhere(remote: Remote, box: str) -> JoinRequest | None:
            return await real(remote, "z" * 26 if box == mailbox_id(forgotten.secret) else box)

        patch.setattr(Remote, "join_request", elsewhere)
        forged = read_invitation(invite(town.station, Role.NURSE, DeviceKind.DESKTOP), SystemClock().now())
        lie = JoinRequest(
            device=town.desk.device, kind="desktop", device_name="x", device_signing_key=bytes(32), device_box_key=bytes(32)
        )  # fmt: skip
        with_remote(Remote(town.url), lambda remote: remote.ask_to_join(mailbox_id(forged.secret), lie))
        with pytest.raises(Unreadable, match="not made with your invitation"):
            admit(town.station, lambda newcomer: True, 5)
        home, _, waiter = begun(town, "petra")
        admit(town.station, lambda newcomer: True, 60)
        works(home, waiter)
        with pytest.raises(Refusal, match="Nobody has used"):
            admit(town.station, lambda newcomer: True, 0)


def test_whoever_waits_in_vain_hears_why(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code = invite(town.station, Role.NURSE, DeviceKind.DESKTOP)
    joining = join(town.folder / "rita", code, "Rita", PASSWORD, "Rita", SystemClock(), os.urandom)
    with pytest.raises(Refusal, match="Nobody let this computer in in time"):
        joining.wait(0.1)
    with monkeypatch.context() as patch:
        broken(patch, "join_answer", 99)
        with pytest.raises(Unavailable, match="cut"):
            joining.wait(0.1)
    with pytest.raises(Refusal, match="not the same"):  # nobody is left at the door for the next test
        admit(town.station, lambda newcomer: False, 5)


def test_a_gateway_comes_in_and_holds_no_key_of_a_team(town: Town) -> None:
    gateway = town.enrol("pasarela", Role.GATEWAY, DeviceKind.STATION)
    assert gateway.person is not None and not gateway.team_keys
    assert gateway.person.user not in gateway.trust.members(gateway.team)


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.KIOSK, DeviceKind.DESKTOP),
        (Role.NURSE, DeviceKind.KIOSK),
        (Role.CUSTODIAN, DeviceKind.DESKTOP),
        (Role.GATEWAY, DeviceKind.DESKTOP),
    ],
)
def test_nobody_is_invited_in_a_role_that_her_computer_cannot_have(
    town: Town, role: Role, kind: DeviceKind
) -> None:
    with pytest.raises(Refusal):
        invite(town.station, role, kind)


def test_somebody_the_log_can_never_take_hears_why_and_stands_in_nobodys_way(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic.services.enrolment.check_place", lambda role, kind, team: None)
    code = invite(town.station, Role.CUSTODIAN, DeviceKind.DESKTOP)
    joining = join(town.folder / "carla", code, "Carla", PASSWORD, "PC", SystemClock(), os.urandom)
    with pytest.raises(Refusal, match="station only"):
        admit(town.station, lambda newcomer: True, 30)
    with pytest.raises(Refusal, match="station only"):
        joining.wait(30)
    home, _, waiter = begun(town, "dora")
    admit(town.station, lambda newcomer: True, 30)
    works(home, waiter)


def test_a_newcomer_whose_name_cannot_be_read_is_not_even_shown(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = invite(town.station, Role.NURSE, DeviceKind.DESKTOP)
    with monkeypatch.context() as patched:
        patched.setattr("clinic.services.enrolment.name_as_said", lambda name: name)
        join(town.folder / "evil", code, "\u202eanA", PASSWORD, "PC", SystemClock(), os.urandom)
    with pytest.raises(Refusal, match="nobody can see"):
        admit(town.station, lambda newcomer: pytest.fail("shown"), 30)


def test_somebody_is_invited_into_another_team_and_holds_its_key_alone(town: Town) -> None:
    with pytest.raises(Refusal, match="no such team"):
        invite(town.station, Role.NURSE, DeviceKind.DESKTOP, team=TeamId("nowhere"))
    south = create_team(town.station, "Hospital Sur")
    home = town.folder / "sara"
    code = invite(town.station, Role.CLINICIAN, DeviceKind.DESKTOP, team=south)
    joining = join(home, code, "Sara", PASSWORD, "PC", SystemClock(), os.urandom)
    waiter = threading.Thread(target=joining.wait, args=(60,))
    waiter.start()
    admit(town.station, lambda newcomer: True, 60)
    waiter.join()
    tend(town.station)  # an administrator's program begins the first key of a team
    desk = open_desk(home, PASSWORD, SystemClock(), os.urandom)
    exchange_now(desk)
    assert desk.team == south and {team for team, _ in desk.team_keys} == {south}
    desk.close()
