# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay of calls: what the centre hands out, what a real coturn makes of it under the configuration we ship, and the verb
that writes that configuration."""

import base64
import hashlib
import hmac
import json
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId
from clinic.protocol.codec import decode
from clinic.protocol.relay import RelayPass
from sync_server.app import arguments, main
from sync_server.configuration import configured, read_configuration
from sync_server.coturn import ALLOCATIONS, Wanted, configuration, span
from sync_server.relay import Relay, credential, read_secret, relay_at
from tests.server_process import ServerProcess
from tests.small_clinic import AT
from tests.turn_process import SECRET, Asking, Turn, coturn_or_skip

from .conftest import Inside, fault_of

ROOT = Path(__file__).parents[2]
PUBLIC, PUBLIC6 = "8.8.8.8", "2a00:1450::1"
"""Addresses of the internet: nothing is sent there, leave to send is asked."""
REFUSED = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.255.0.9", "169.254.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.8", "192.168.0.1", "192.168.255.254", "198.18.0.1", "224.0.0.251",
    "239.1.2.3", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
REFUSED6 = (
    "::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:192.168.1.1", "::ffff:169.254.169.254",
    "::ffff:8.8.8.8", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2002:a00:1::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff05::2",
)  # fmt: skip


# what the centre hands out


@pytest.fixture
def relayed(inside: Inside) -> Inside:
    inside.desk.relay = Relay(("turn:relay.example:3478",), SECRET)
    return inside


def given(inside: Inside, token: str) -> RelayPass:
    answer = inside.send("POST", "/v1/relay", token=token)
    assert answer.status_code == 200, fault_of(answer)
    return decode(answer.content, RelayPass)


def test_a_pass_is_reckoned_as_coturn_reckons_it(relayed: Inside) -> None:
    told = given(relayed, relayed.token_of(relayed.clinic.ben))
    until, _, name = told.username.partition(":")
    assert int(until) == int(AT.timestamp()) + 600 and told.seconds == 600
    wanted = hmac.new(SECRET.encode(), told.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(told.credential) == wanted
    assert told.urls == ("turn:relay.example:3478",)
    assert relayed.clinic.ben.device not in told.username and name


def test_a_device_has_one_name_there_and_no_other_device_has_it(relayed: Inside) -> None:
    """coturn counts by it: whoever asks again gets no further allocations."""
    ben, eva, kiosk = (
        relayed.token_of(who) for who in (relayed.clinic.ben, relayed.clinic.eva, relayed.clinic.kiosk)
    )
    names = [given(relayed, token).username.partition(":")[2] for token in (ben, ben, eva, kiosk)]
    assert names[0] == names[1] and len(set(names)) == 3
    relayed.clock.advance(700)
    later = given(relayed, ben).username
    assert later.endswith(names[0]) and not later.startswith(str(int(AT.timestamp()) + 600))


def test_it_is_asked_for_six_times_at_once_and_then_once_in_ten_seconds(relayed: Inside) -> None:
    ben, eva = relayed.token_of(relayed.clinic.ben), relayed.token_of(relayed.clinic.eva)
    asked = [relayed.send("POST", "/v1/relay", token=ben).status_code for _ in range(8)]
    assert asked == [200] * 6 + [429] * 2
    assert given(relayed, eva)
    relayed.clock.advance(11)
    assert [relayed.send("POST", "/v1/relay", token=ben).status_code for _ in range(2)] == [200, 429]


def test_a_centre_without_a_relay_says_so(inside: Inside) -> None:
    answer = inside.send("POST", "/v1/relay", token=inside.token_of(inside.clinic.ben))
    assert answer.status_code == 404 and fault_of(answer).code == 80


def test_the_secret_is_in_no_answer_no_representation_and_no_log(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET)
    options = (
        "--relay",
        "turn:relay.example",
        "--relay-secret",
        str(tmp_path / "key"),
        "--log-level",
        "debug",
    )
    with ServerProcess(tmp_path, *options) as running:
        assert SECRET not in running.log
    assert SECRET not in repr(Relay(("turn:x",), SECRET)) + repr(Wanted("x", SECRET))


@pytest.mark.parametrize(
    "urls",
    [
        "relay.example",
        "turn:",
        "http://x",
        "turn:x:port",
        "turns:x?transport=udp",
        "stun:x",
        "turn:x?transport=sctp",
    ],
)
def test_an_address_that_is_none_is_refused_when_the_server_starts(urls: str) -> None:
    with pytest.raises(Refusal):
        relay_at(urls, SECRET)
    assert relay_at(f"{urls} turn:[2001:db8::1]:3478?transport=tcp", SECRET) if urls == "stun:x" else True


def test_a_secret_comes_from_the_environment_or_a_file_and_is_long(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("of the file\n")
    assert read_secret(file, {}) == "of the file"
    assert read_secret(file, {"POSTA_RELAY_SECRET": "of the environment"}) == "of the environment"
    assert read_secret(None, {}) == "" and relay_at("", "") is None
    with pytest.raises(Refusal, match="too short"):
        relay_at("turn:x", "of the file")


# what coturn makes of it


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """As it is shipped: no exception."""
    coturn_or_skip()
    with Turn(tmp_path_factory.mktemp("turn")) as running:
        yield running


def told_to(turn: Turn, told: RelayPass) -> Asking:
    return Asking(turn.port, told.username, told.credential)


def test_what_the_centre_hands_out_opens_the_relay(turn: Turn, inside: Inside) -> None:
    """At a moment that is now: the clock of the small clinic stands in the past."""
    told = turn.relay.pass_for(inside.clinic.ben.device, datetime.now(UTC))
    with told_to(turn, told) as asking:
        assert asking.allocate() == 0
        assert asking.permit(PUBLIC) == 0
        assert asking.refresh() == 0


def test_expired_wrong_and_borrowed_credentials_are_refused(turn: Turn) -> None:
    good = turn.username()
    with ExitStack() as stack:
        expired = stack.enter_context(turn.asking(seconds=-10))  # the relay's clock may be seconds late
        nobody = stack.enter_context(Asking(turn.port))
        assert (expired.allocate(), nobody.allocate()) == (401, 401)
        wrong = stack.enter_context(Asking(turn.port, good, "d3Jvbmc="))
        assert wrong.allocate() == 401
        # the credential of one name under another, and one whose time was moved on
        of_mine = credential(SECRET, good)
        for name in (f"{good}x", good.replace(good[:4], "3000", 1), good.partition(":")[2]):
            assert stack.enter_context(Asking(turn.port, name, of_mine)).allocate() == 401


def test_one_that_is_used_again_after_its_time_is_refused_and_what_it_opened_lives_on(turn: Turn) -> None:
    with turn.asking("brief", seconds=4) as asking:
        assert asking.allocate() == 0
        username, password = asking.credential
        until = time.monotonic() + 20  # both clocks are whole seconds
        answers = [0]
        while answers[-1] == 0 and time.monotonic() < until:
            time.sleep(0.6)
            with Asking(turn.port, username, password) as again:
                answers.append(again.allocate())
        assert answers[-1] == 401
        assert asking.refresh() == 0, "a call that is longer than its credential goes on"
        assert asking.permit(PUBLIC) == 0


def test_one_device_opens_so_many_at_once_and_no_more(turn: Turn) -> None:
    with ExitStack() as stack:
        many = [stack.enter_context(turn.asking("many", seconds=600 + n)) for n in range(ALLOCATIONS + 2)]
        assert [one.allocate() for one in many] == [0] * ALLOCATIONS + [486] * 2
        assert stack.enter_context(turn.asking("another")).allocate() == 0


def test_nothing_is_relayed_to_what_is_not_the_internet(turn: Turn) -> None:
    with turn.asking("four") as four, turn.asking("six", family=6) as six:
        assert (four.allocate(), six.allocate()) == (0, 0)
        answers = {peer: (asking.permit(peer), asking.bind(peer, 0x4000 + n))
                   for asking, peers in ((four, REFUSED), (six, REFUSED6)) for n, peer in enumerate(peers)}  # fmt: skip
        assert answers == dict.fromkeys((*REFUSED, *REFUSED6), (403, 403))
        assert [four.permit(PUBLIC), four.bind(PUBLIC, 0x4100)] == [0, 0], (
            "the internet itself is not refused"
        )
        assert [six.permit(PUBLIC6), six.bind(PUBLIC6, 0x4100)] == [0, 0]


def test_the_named_exception_opens_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    coturn_or_skip()
    allowed = ("10.20.0.0/16", "fd00:20::/32")
    with Turn(tmp_path, allowed=allowed) as turn, turn.asking() as four, turn.asking("six", family=6) as six:
        assert (four.allocate(), six.allocate()) == (0, 0)
        peers = ("10.20.0.1", "10.20.255.255", "10.21.0.1", "192.168.1.1", "127.0.0.1", PUBLIC)
        assert [four.permit(peer) for peer in peers] == [0, 0, 403, 403, 403, 0]
        others = ("fd00:20::1", "fd00:21::1", "::ffff:10.20.0.1", "::1", PUBLIC6)
        assert [six.permit(peer) for peer in others] == [0, 403, 403, 403, 0]


def test_its_log_holds_no_secret_and_no_credential(turn: Turn) -> None:
    with turn.asking("logged") as asking:
        assert asking.allocate() == 0
        assert SECRET not in turn.log and asking.credential[1] not in turn.log


# the verb


Said = Callable[[], tuple[dict[str, str], str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def read() -> tuple[dict[str, str], str]:
        out, err = capsys.readouterr()
        return json.loads(out.splitlines()[-1]) if out.strip() else {}, err

    return read


@pytest.fixture
def data(tmp_path: Path) -> str:
    made = tmp_path / "data"
    assert (
        main(
            ["init", "--data", str(made), "--name", "relay.example", "--own-certificate", "--host", "0.0.0.0"]
        )
        == 0
    )
    return str(made)


def test_the_verb_writes_what_coturn_and_the_centre_need(data: str, said: Said) -> None:
    said()
    assert (
        main(
            [
                "turn-config",
                "--data",
                data,
                "--tls-port",
                "443",
                "--allow",
                "10.20.0.0/16",
                "--listen",
                "203.0.113.7",
            ]
        )
        == 0
    )
    told, _ = said()
    folder, file = Path(data), Path(told["configuration"])
    secret = (folder / "relay" / "secret").read_text().strip()
    lines = file.read_text().splitlines()
    for line in (
        "use-auth-secret", f"static-auth-secret={secret}", "realm=relay.example", "listening-ip=203.0.113.7", "no-cli",
        "no-multicast-peers", "no-tlsv1", "no-tlsv1_1", "fingerprint", "tls-listening-port=443",
        f"cert={folder / 'tls/centre.pem'}",
        f"pkey={folder / 'tls/centre.key'}", "denied-peer-ip=::ffff:0:0-::ffff:ffff:ffff",
        "allowed-peer-ip=10.20.0.0-10.20.255.255",
    ):  # fmt: skip
        assert line in lines
    assert sum(line.startswith("allowed-peer-ip") for line in lines) == 1
    for secretive in (file, folder / "relay" / "secret", folder / "server.toml"):
        assert stat.S_IMODE(secretive.stat().st_mode) == 0o600
    how = configured(arguments(["--data", data]), {})
    relay = relay_at(how.relay, read_secret(how.secret_of_relay(folder), {}))
    assert relay is not None and relay.secret == secret
    assert relay.urls == (
        "stun:relay.example:3478", "turn:relay.example:3478", "turn:relay.example:3478?transport=tcp", "turns:relay.example:443",
    )  # fmt: skip


def test_the_same_again_keeps_the_secret_and_another_relay_is_not_quietly_taken(
    data: str, said: Said
) -> None:
    order = ["turn-config", "--data", data]
    assert main(order) == 0
    before = (Path(data) / "relay" / "secret").read_text(), (Path(data) / "server.toml").read_text()
    assert main([*order, "--allow", "fd00:20::/32"]) == 0
    assert before == ((Path(data) / "relay" / "secret").read_text(), (Path(data) / "server.toml").read_text())
    said()
    assert main([*order, "--port", "3479"]) == 3 and "another relay" in said()[1]
    assert (
        main(["init", "--data", data, "--name", "relay.example", "--own-certificate", "--host", "0.0.0.0"])
        == 0
    )


def test_without_a_certificate_there_is_no_tls(tmp_path: Path, said: Said) -> None:
    assert main(["init", "--data", str(tmp_path)]) == 0
    said()
    assert main(["turn-config", "--data", str(tmp_path), "--name", "2001:db8::7"]) == 0
    told, err = said()
    assert "no TLS" in err and "turns:" not in told["relay"] and "turn:[2001:db8::7]:3478" in told["relay"]
    text = Path(told["configuration"]).read_text()
    assert "\nno-tls\n" in text and "cert=" not in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--allow", "127.0.0.0/8"], "no private network"), (["--allow", "0.0.0.0/0"], "no private network"),
        (["--allow", "::/0"], "no private network"), (["--allow", "169.254.0.0/16"], "no private network"),
        (["--allow", "8.8.8.0/24"], "no private network"), (["--allow", "10.0.0.0/7"], "no network|no private"),
        (["--allow", "home"], "no network"), (["--port", "0"], "A port is"), (["--listen", "eth0"], "no address"),
        (["--external", "a/b/c"], "no public address"), (["--name", "other.example"], "not made out to"),
    ],
)  # fmt: skip
def test_what_would_open_too_much_or_cannot_work_is_refused(
    data: str, said: Said, words: list[str], why: str
) -> None:
    said()
    assert main(["turn-config", "--data", data, *words]) == 3
    assert re.search(why, said()[1])
    there = read_configuration(Path(data))
    assert there is not None and there.relay == "" and not (Path(data) / "relay").exists()


def test_a_folder_that_was_not_set_up_is_told(tmp_path: Path, said: Said) -> None:
    assert main(["turn-config", "--data", str(tmp_path)]) == 3 and "posta server init" in said()[1]


def test_the_shipped_example_is_what_the_verb_writes() -> None:
    wanted = Wanted(
        "relay.example.org", "CHANGE-ME", Path("/srv/posta/tls/centre.pem"), Path("/srv/posta/tls/centre.key")
    )
    assert (ROOT / "packaging" / "coturn" / "turnserver.conf").read_text() == configuration(wanted)


def test_every_range_is_whole() -> None:
    for network in ("10.0.0.0/8", "fe80::/10", "192.0.2.1/32"):
        first, _, last = span(network).partition("-")
        known = ip_network(network)
        assert (first, last or first) == (str(known[0]), str(known[-1]))


def test_names_of_devices_need_the_secret() -> None:
    one, other = Relay(("turn:x",), SECRET), Relay(("turn:x",), SECRET + "2")
    device = DeviceId("somebody-of-the-clinic")
    names = {relay.pass_for(device, AT).username for relay in (one, other)}
    assert len(names) == 2
