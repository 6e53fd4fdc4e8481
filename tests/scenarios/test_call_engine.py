# SPDX-License-Identifier: GPL-3.0-or-later
"""Real engines, real media between them: what arrives is read and recognised; engines die,
networks are cut.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from clinic.calls.call import Phase
from clinic.domain.clock import SystemClock
from clinic.media.mark import Mark, read_mark
from clinic.media.recognise import HEARD, hears, marks_in
from clinic.media.ring import Ring
from clinic.protocol import engine as wire
from clinic.protocol.calling import CallMessage
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.video import VideoView

from .engines import EngineChild, joined, start

pytestmark = pytest.mark.slow
CUT_MS = 20_000


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[EngineChild, EngineChild]]:
    children = EngineChild("A", cache=tmp_path), EngineChild("B", cache=tmp_path)
    yield children
    for child in children:
        child.close()


def shown(ring: Ring) -> Mark | None:
    picture = ring.newest()
    if picture is None:
        return None
    return read_mark(np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 4))


def side_seen(ring: Ring, within_s: float = 10.0) -> str:
    """Whose picture is shown; a slow machine may just be writing the newest one."""
    until = time.monotonic() + within_s
    while (mark := shown(ring)) is None and time.monotonic() < until:
        time.sleep(0.02)
    return mark.side if mark else ""


def test_media_both_ways_is_kept_and_comes_back_after_an_engine_was_killed(
    pair: tuple[EngineChild, EngineChild], tmp_path: Path
) -> None:
    a, b = pair
    for child in pair:
        child.wait(wire.Ready)
        child.send(wire.KeepReceived(path=str(tmp_path / f"{child.side}.mkv"), consent_id="consent1"))
        child.wait(wire.Keeping)
    offer = joined(a, b, "c1")
    offer(1)
    for child in pair:
        child.wait(wire.MediaBack)
        child.wait(wire.FirstFrame)
        child.wait(wire.CallStats)
        _, spoke = child.wait(wire.SpeechStats)
        assert isinstance(spoke, wire.SpeechStats)
        assert spoke.bitrate >= 6_000
        assert 20 < spoke.delay_ms < 1_500
    assert {side_seen(a.remote), side_seen(b.remote)} == {"A", "B"}
    assert side_seen(a.local) == "A"
    first = time.monotonic()
    for child in pair:
        child.wait(wire.CallStats, since=first + 3)

    killed = time.monotonic()
    a.kill()
    a.spawn()
    b.wait(wire.MediaSilent, since=killed)
    a.wait(wire.Ready, since=killed)
    a.send(wire.KeepReceived(path=str(tmp_path / "A.mkv"), consent_id="consent1"))
    offer(2)
    for child in pair:
        child.wait(wire.MediaBack, since=killed, attempt=2)
        child.wait(wire.CallStats, since=time.monotonic() + 3)
        child.send(wire.Hangup(call_id="c1"))
        child.wait(wire.Saved, since=killed)
    for name, sides in {"A": ("B", "A"), "A-2": ("B", "A"), "B": ("A", "B")}.items():
        marks = marks_in(tmp_path / f"{name}.mkv")
        assert len(marks) > 20
        assert {mark.side for mark in marks} == {sides[0]}
        assert hears(tmp_path / f"{name}.mkv", sides[0], tmp_path) > HEARD
        assert hears(tmp_path / f"{name}.mkv", sides[1], tmp_path) < HEARD


def test_a_call_on_hold_brings_neither_voice_nor_picture_either_way_and_goes_on_after_it(
    pair: tuple[EngineChild, EngineChild], tmp_path: Path
) -> None:
    a, b = pair
    offer = joined(a, b, "c1")
    for child in pair:
        child.wait(wire.Ready)
    offer(1)
    for child in pair:
        child.wait(wire.MediaBack)
        child.wait(wire.FirstFrame)

    def kept(name: str, seconds: float) -> None:
        began = time.monotonic()
        for child in pair:
            path = tmp_path / f"{name}-{child.side}.mkv"
            child.send(wire.KeepReceived(path=str(path), consent_id="consent1"))
            child.wait(wire.Keeping, since=began)
        for child in pair:
            child.wait(wire.CallStats, since=began + seconds)
            child.send(wire.StopKeeping())
            child.wait(wire.Saved, since=began)

    a.send(wire.Mute(audio=True, video=True, deaf=True))
    a.wait(wire.CallStats, since=time.monotonic() + 2)  # what was on its way is over
    kept("held", 3)
    a.send(wire.Mute())
    a.wait(wire.CallStats, since=time.monotonic() + 2)
    kept("after", 5)
    for side, other in (("A", "B"), ("B", "A")):
        held, after = (tmp_path / f"{name}-{side}.mkv" for name in ("held", "after"))
        assert hears(held, other, tmp_path) < HEARD < hears(after, other, tmp_path)
        assert not marks_in(held)
        assert {mark.side for mark in marks_in(after)} == {other}
    silent = [event for _, event in (*a.events, *b.events) if isinstance(event, wire.MediaSilent)]
    assert not silent, "a call on hold is no call that was cut"


def test_wrong_commands_are_answered_and_the_engine_goes_on(pair: tuple[EngineChild, EngineChild]) -> None:
    a, _ = pair
    a.write(b"\x00\x00\x00\x01\xff")
    a.send(wire.Heartbeat(beat=1))
    a.send(wire.KeepReceived(path="/tmp/never.mkv", consent_id=""))
    a.send(wire.AcceptRemote(call_id="x", attempt=1, sdp="", type="offer"))
    a.send(start(a, "c1", 1, offerer=False))
    a.send(wire.AcceptRemote(call_id="c1", attempt=1, sdp="nonsense", type="offer"))
    a.send(wire.Hangup(call_id="c1"))
    a.send(wire.OpenCamera(purpose=wire.Purpose.SCAN, preview=a.local.name))
    a.wait(wire.CameraOpened, purpose=wire.Purpose.SCAN)
    a.wait(wire.FrameReady, ring=a.local.name)
    a.wait(wire.AttemptFailed, call_id="c1")
    refused = [event.sentence for _, event in a.events if isinstance(event, wire.CommandRefused)]
    assert len(refused) == 4
    assert "consent" in refused[2]
    assert not Path("/tmp/never.mkv").exists()
    a.send(wire.Quit())
    assert a.process.wait(5) == 0


def test_without_devices_the_call_is_described_all_the_same(tmp_path: Path) -> None:
    child = EngineChild("A", options=("--camera=none", "--microphone=none"), cache=tmp_path)
    child.send(start(child, "c1", 1, offerer=True))
    child.wait(wire.DeviceMissing, medium=wire.Medium.CAMERA)
    child.wait(wire.DeviceMissing, medium=wire.Medium.MICROPHONE)
    _, made = child.wait(wire.LocalDescription)
    assert isinstance(made, wire.LocalDescription)
    assert made.fingerprints
    assert "m=video" in made.sdp
    assert "m=audio" in made.sdp
    child.close()


def test_an_engine_ends_with_its_screen(tmp_path: Path) -> None:
    child = EngineChild("A", cache=tmp_path)
    child.wait(wire.Ready)
    assert child.process.stdin is not None
    child.process.stdin.close()
    assert child.process.wait(10) == 0
    child.close()


def test_a_wrong_source_is_wrong_use() -> None:
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "clinic.media", "--camera=webcam"], capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 2
    assert "Use one of" in done.stderr
    assert "Traceback" not in done.stderr


# Two desks in two network namespaces


class Lab:
    """Two namespaces on one bridge; needs root."""

    names = ("postaA", "postaB", "postaH")

    def __enter__(self) -> Lab:
        self.__exit__()
        _ip("netns add postaH", "-n postaH link add br0 type bridge", "-n postaH link set br0 up")
        for number, side in enumerate("AB", 1):
            _ip(
                f"netns add posta{side}",
                f"link add ve{side} netns posta{side} type veth peer name vh{side} netns postaH",
                f"-n posta{side} addr add 10.96.0.{number}/24 dev ve{side}",
                f"-n posta{side} link set lo up",
                f"-n posta{side} link set ve{side} up",
                f"-n postaH link set vh{side} master br0 up",
            )
        return self

    def __exit__(self, *_: object) -> None:
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def link(self, state: str) -> None:
        for side in "AB":
            _ip(f"-n posta{side} link set ve{side} {state}")


def _ip(*commands: str) -> None:
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True, capture_output=True)


def _may_make_namespaces() -> bool:
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    made = (
        subprocess.run(["ip", "netns", "add", "postaTry"], capture_output=True, check=False).returncode == 0
    )
    subprocess.run(["ip", "netns", "del", "postaTry"], capture_output=True, check=False)
    return made


class Face:
    """A desk with its own engine; letters go through `post` unless the network is cut."""

    keys: dict[str, SigningKey] = {}

    def __init__(
        self, side: str, post: Callable[[str, str, CallMessage], None], home: Path, within: tuple[str, ...]
    ) -> None:
        self.side, self.home = side, home
        key = self.keys[side] = SigningKey.generate()
        self.engine = CallEngine(
            camera=f"clip:{side}", microphone=f"clip:{side}", speaker="null", cache=home, within=within
        )
        self.desk = CallDesk(
            me=side,
            engine=self.engine,
            post=lambda peer, message: post(side, peer, message),
            sign=lambda data: key.sign(data).signature,
            verify=self._verify,
            clock=SystemClock(),
            random=os.urandom,
        )
        self.view = VideoView(name=f"call.{side}")
        self.view.watch(self.engine, "remote", "local")
        self.lost: list[float] = []
        self.engine.lost.connect(lambda: self.lost.append(time.monotonic()))

    def _verify(self, device: str, data: bytes, signature: bytes) -> bool:
        try:
            self.keys[device].verify_key.verify(data, signature)
        except BadSignatureError:
            return False
        return True

    @property
    def phase(self) -> Phase:
        return self.desk.call.phase

    def sees(self) -> Mark | None:
        image = self.view.picture
        if image.isNull():
            return None
        return read_mark(np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4))


@pytest.mark.skipif(not _may_make_namespaces(), reason="network namespaces need root")
def test_a_call_survives_twenty_seconds_without_network_and_two_dead_engines(
    qtbot: QtBot, tmp_path: Path
) -> None:
    faces: dict[str, Face] = {}
    net = {"up": True}

    def post(sender: str, peer: str, message: CallMessage) -> None:
        if net["up"]:
            QTimer.singleShot(30, lambda: faces[peer].desk.deliver(sender, message))

    def until(condition: Callable[[], bool], seconds: float = 20) -> None:
        qtbot.waitUntil(condition, timeout=round(seconds * 1000))

    def talking() -> bool:
        return a.phase is Phase.TALKING and b.phase is Phase.TALKING

    def fresh() -> Callable[[], bool]:
        """Both sides have seen another picture than now."""
        before = a.sees(), b.sees()
        return lambda: a.sees() not in (None, before[0]) and b.sees() not in (None, before[1])

    with Lab() as lab:
        for side in "AB":
            faces[side] = Face(side, post, tmp_path, ("ip", "netns", "exec", f"posta{side}"))
        a, b = faces["A"], faces["B"]
        try:
            for face in faces.values():
                face.engine.start()
            call_id = a.desk.ring("B", "enc1", "Dra. Ruiz")
            until(lambda: b.phase is Phase.RINGING)
            b.desk.answer()
            until(talking)
            for face in faces.values():
                face.desk.keep(str(tmp_path / f"{face.side}.mkv"), "consent1")
            until(lambda: a.sees() is not None and b.sees() is not None)
            assert (a.sees().side, b.sees().side) == ("B", "A")  # type: ignore[union-attr]
            qtbot.wait(3000)

            net["up"] = False
            lab.link("down")
            until(lambda: a.phase is b.phase is Phase.RECONNECTING, 6)
            qtbot.wait(CUT_MS)
            assert a.phase is b.phase is Phase.RECONNECTING
            lab.link("up")
            net["up"] = True
            until(talking)
            until(fresh())

            for victim in (a, b):
                os.kill(victim.engine.pid, 9)
                until(lambda victim=victim: len(victim.lost) == 1)  # type: ignore[misc]
                until(lambda victim=victim: victim.phase is Phase.RECONNECTING)  # type: ignore[misc]
                until(talking)
                until(fresh())
            assert a.desk.call.call_id == b.desk.call.call_id == call_id
            assert a.desk.call.encounter_id == "enc1"
            b.desk.hang()
            until(lambda: a.phase is b.phase is Phase.ENDED)
        finally:
            for face in faces.values():
                face.engine.stop()
    for side, heard in (("A", "B"), ("B", "A")):
        parts = sorted(tmp_path.glob(f"{side}*.mkv"))
        assert len(parts) == 2
        assert {mark.side for part in parts for mark in marks_in(part)} == {heard}
        assert max(hears(part, heard, tmp_path) for part in parts) > HEARD
