# SPDX-License-Identifier: GPL-3.0-or-later
"""The call bench: a short real call over the relay, and what it says where something is missing."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.bench import __main__ as roof
from clinic.bench import call
from clinic.bench.call import Asked, Ratings, measure
from clinic.bench.calling import chromium, devtools, interop, judge, profiles
from clinic.bench.calling.chromium import only
from clinic.bench.calling.link import Link
from clinic.bench.calling.ours import Ours
from clinic.bench.calling.peer import Place
from clinic.bench.calling.profiles import CASES, LAN, Air, Case
from clinic.bench.calling.rating import Figure, Rating
from clinic.bench.calling.room import Props, play
from clinic.bench.calling.targets import Target
from clinic.bench.result import json_line, table
from clinic.domain.errors import Unavailable
from clinic.media.mark import COLUMNS, Mark, stamp_mark

Relay = Callable[[int], Link]


def relay(seed: int) -> Link:
    return Link("relay", seed)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng speaks")
def test_a_short_call_of_two_engines_over_the_relay(tmp_path: Path) -> None:
    props = Props(tmp_path)
    for seconds in (6.0, 25.0):  # a machine that is busy with other things gets a longer look
        case = Case("short", LAN, seconds=seconds, warm_s=1.0)
        played = play(case, props, relay, (Ours, Ours), tmp_path / f"{seconds:g}", seed=1)
        rating = Rating(played, props, judge.DEFAULT)
        figures = rating.figures
        if figures[Figure.FPS] >= 3 and figures[Figure.MISSING] < 50:
            break
    assert played.kind == "relay" and len(played.first_pictures) == 2
    assert figures[Figure.FPS] >= 3 and figures[Figure.HEIGHT] > 100, "pictures of the other side"
    assert figures[Figure.SSIM] > 0.7, "and the right ones"
    assert 1 <= figures[Figure.LATENCY] < 3_000
    assert figures[Figure.MISSING] < 50 and 20 < figures[Figure.EAR] < 3_000, "and its speech"
    assert 1 < figures[Figure.CPU] < 200 and figures[Figure.HELD] > 30
    assert max(rating.course) >= 3
    assert all(sum(tenth["delivered"] for tenth in way) > 50_000 for way in played.link), "through the link"


def test_a_call_that_does_not_come_about_is_no_pass(tmp_path: Path) -> None:
    def none(place: Place) -> Ours:
        raise Unavailable("The call engine is not here.")

    asked = Asked(seeds=2, link=relay)
    props = Props(tmp_path)
    (tmp_path / "speech.wav").touch()
    for side in "AB":
        (tmp_path / f"{side}-small.y4m").touch()
    ratings = Ratings(asked, CASES["p1m"], props, tmp_path / "runs", none)
    result = ratings.result(Target(Figure.FPS, "/s", 25))
    assert (
        not result.ok
        and result.absent == "The call engine is not here."
        and ratings.median(Figure.FPS) is None
    )
    assert "NOT MEASURED" in table("call", [result]) and '"ok": false' in json_line("call", [result])


def test_the_median_of_the_seeds_counts_and_none_may_be_missing(tmp_path: Path) -> None:
    ratings = Ratings(Asked(seeds=0), CASES["p1m"], Props(tmp_path), tmp_path, Ours)
    ratings._rated = [_rated(PESQ=value) for value in (3.1, 3.9, 3.7)]
    result = ratings.result(Target(Figure.PESQ, "", 3.7, 4.0))
    assert result.value == 3.7 and result.ok
    assert (result.also["least"], result.also["most"], result.also["aim"]) == (3.1, 3.9, 4.0)
    ratings._rated.append(_rated(FPS=3))
    assert ratings.median(Figure.PESQ) is None and not ratings.result(Target(Figure.PESQ, "", 3.7)).ok


def _rated(**figures: float) -> Rating:
    made = object.__new__(Rating)
    made.figures, made.absent, made.course = {Figure[name]: value for name, value in figures.items()}, {}, ()
    return made


def test_without_chromium_nothing_interoperates_and_that_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devtools.shutil, "which", lambda name: None)
    results = list(measure(Asked(parts=("interop",), link=relay)))
    assert len(results) == 4 and not any(one.ok for one in results)
    assert all("not installed" in one.absent for one in results)


def test_what_is_asked_for_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["--part", "sqlite"], ["--seconds", "1"], ["--seeds", "0"], ["--profile", "modem"]):
        with pytest.raises(SystemExit):
            roof.main(["call", *words])
    assert roof.PARTS["call"] == call.PARTS and set(roof.LINKS) == set(CASES)
    asked: list[Asked] = []
    monkeypatch.setattr(call, "measure", lambda one: asked.append(one) or iter(()))
    roof.main(
        ["call", "--json", "--profile", "p1m", "--profile", "drop", "--seconds", "30", "--part", "links"]
    )
    assert [(case.name, case.seconds) for case in asked[0].cases] == [("p1m", 35), ("drop", 50)]
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["bench"] == "call"


def test_a_profile_lasts_as_long_as_its_target_says() -> None:
    asked = Asked()
    assert {case.name: case.seconds - case.rated_at for case in asked.cases}["drop"] == 60
    assert all(
        case.seconds - case.warm_s >= 40 for case in asked.cases if not case.changes and not case.opening
    )
    assert (
        Air(256).queue == 14_000
        and Air(1_000).queue == 50_000
        and replace(profiles.P64K, queue_bytes=9).queue == 9
    )


def test_one_codec_of_an_offer() -> None:
    offer = (
        "v=0\r\nm=audio 9 X 96\r\na=rtpmap:96 opus/48000/2\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 97 98 99 100\r\na=mid:1\r\n"
        "a=rtpmap:97 VP8/90000\r\na=rtcp-fb:97 nack\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
        "a=rtpmap:99 H264/90000\r\na=fmtp:99 packetization-mode=1\r\na=rtpmap:100 rtx/90000\r\na=fmtp:100 apt=99\r\n"
        "m=application 9 X 5000\r\na=sctp-port:5000\r\n"
    )
    vp8, h264 = only(offer, "VP8"), only(offer, "H264")
    assert "SAVPF 97 98\r\n" in vp8 and "H264" not in vp8 and "apt=99" not in vp8
    assert "SAVPF 99 100\r\n" in h264 and "VP8" not in h264 and "a=rtcp-fb:97" not in h264
    for one in (vp8, h264):
        assert "opus" in one and one.endswith("a=sctp-port:5000\r\n") and "a=mid:1" in one
    assert "SAVPF\r\n" in only(offer, "AV1")


def test_the_cells_of_the_page_are_read_as_a_mark() -> None:
    import numpy as np

    from clinic.media.mark import read_mark

    picture = np.full((480, 640), 90, np.uint8)
    stamp_mark(picture, Mark("B", 4711))
    cells = [float(picture[y * 24 + 12, x * 40 + 20]) for y in (0, 1) for x in range(COLUMNS)]
    assert read_mark(chromium._strip(cells)) == Mark("B", 4711)
    assert read_mark(chromium._strip([16.0] * 5 + cells[5:])) is None


def test_both_call_each_other_with_every_codec() -> None:
    assert interop.CODECS == ("VP8", "H264") and len(interop.callers("VP8")) == 2
