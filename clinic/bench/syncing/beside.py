# SPDX-License-Identifier: GPL-3.0-or-later
"""The peers at each stretch of the work that `clinic.bench.sync` measures ours at."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from clinic.bench.peers_records import records
from clinic.bench.syncing.link import Shape
from clinic.bench.syncing.lossy import Air
from clinic.bench.syncing.made_up import made_up
from clinic.bench.syncing.peers import PEERS, Peer, Work, at_work, install
from clinic.domain.errors import Unavailable
from clinic.domain.ids import DeviceId

THIN, LOSSY = Shape(rtt_ms=600, kbit=128), Air(rtt_ms=600, kbit=128, loss=2)
CUT, TRIES = 100_000, 400
FEW, SHARE_EDITED, SHARE_BOTH = 1_000, 10, 100
"""So many over a thin link; one in so many is edited by each side, and one in so many by both."""
_TEXT = {"chat": "body", "vitals": "note", "appointment": "reason"}


class Figure(StrEnum):
    """What is measured of every engine."""

    BYTES = "bytes a record, all at once, up"
    TURNS = "exchanges for all, connected before"
    PUSH = "push"
    PULL = "pull"
    SERVER = "server processor"
    MEMORY = "server memory"
    NOOP = "nothing new"
    LOST = "edits silently lost"
    THIN_PUSH = "thin push"
    THIN_BOTH = "thin converge"
    LOSSY_PUSH = "lossy push"
    CUT = "more bytes when cut"


def measured(
    folder: Path, home: Path, count: int, source: Path | None
) -> Mapping[Figure, Mapping[str, float]]:
    """Each figure by the peer's name. Raises Refusal if a peer cannot be had, Unavailable if one fails."""
    install(home)
    all_of_it, few = (
        _work(folder / name, size, source) for name, size in (("all", count), ("few", min(count, FEW)))
    )
    found: dict[Figure, dict[str, float]] = defaultdict(dict)
    for name, kind in PEERS.items():
        for figure, value in {
            **_whole(kind, home, all_of_it), **_thin(kind, home, few), **_lossy(kind, home, few),
            **_cut(kind, home, all_of_it),
        }.items():  # fmt: skip
            found[figure][name] = value
    return found


def _whole(kind: type[Peer], home: Path, work: Work) -> dict[Figure, float]:
    with at_work(kind, home) as peer:
        peer.tell("add", "a", path=str(work.records))
        push, pull = peer.spent(peer.push), peer.spent(peer.pull)
        memory = peer.peak_mb()
        lost = _lost(peer, work, peer.converge)
        peer.converge()  # what they keep of how far they came settles first
        nothing = peer.spent(lambda: peer.tell("sync", "a"))
        return {
            Figure.BYTES: push.bytes / work.count, Figure.TURNS: push.counted.turns, Figure.PUSH: work.count / push.seconds,
            Figure.PULL: work.count / pull.seconds, Figure.SERVER: push.server_s * 10_000 / work.count,
            Figure.MEMORY: memory, Figure.NOOP: nothing.bytes, Figure.LOST: lost,
        }  # fmt: skip


def _thin(kind: type[Peer], home: Path, work: Work) -> dict[Figure, float]:
    with at_work(kind, home) as peer:
        peer.tell("add", "a", path=str(work.records))
        push = peer.spent(peer.push, THIN)
        peer.spent(peer.pull)
        both: list[float] = []
        _lost(peer, work, lambda: both.append(peer.spent(peer.converge, THIN).seconds))
        return {Figure.THIN_PUSH: push.seconds, Figure.THIN_BOTH: both[0]}


def _lossy(kind: type[Peer], home: Path, work: Work) -> dict[Figure, float]:
    try:
        with at_work(kind, home, lossy=True) as peer:
            peer.tell("add", "a", path=str(work.records))
            return {Figure.LOSSY_PUSH: peer.spent(peer.push, air=LOSSY).seconds}
    except Unavailable:
        return {}


def _cut(kind: type[Peer], home: Path, work: Work) -> dict[Figure, float]:
    """Sync again after each cut, as an app would; without a figure for one that never comes to the end."""
    with at_work(kind, home) as peer:
        peer.tell("add", "a", path=str(work.records))
        whole = peer.spent(peer.push).counted.up
    with at_work(kind, home) as peer:
        peer.tell("add", "a", path=str(work.records))
        ended: list[bool] = []
        cut = peer.spent(lambda: ended.append(_through_cuts(peer)), Shape(cut=CUT))
        return {Figure.CUT: 100 * (cut.counted.up - whole) / whole} if ended[0] else {}


def _through_cuts(peer: Peer) -> bool:
    for _again in range(TRIES):
        try:
            peer.push()
        except Unavailable:
            continue
        return True
    return False


def _lost(peer: Peer, work: Work, converge: Callable[[], object]) -> int:
    """Edits of both sides that are nowhere seen after both have synced."""
    peer.tell("edit", "a", path=str(work.ours))
    peer.tell("edit", "b", path=str(work.theirs))
    converge()
    seen: int = sum(
        min(peer.tell("shown", name, path=str(path)) for name in "ab") for path in (work.ours, work.theirs)
    )
    return 2 * work.edits - seen


def _work(folder: Path, count: int, source: Path | None) -> Work:
    folder.mkdir()
    ours = list(_lines(count, source))
    texts = [(one["id"], field) for one in ours if (field := _text_of(one))]
    edits, both = count // SHARE_EDITED, count // SHARE_BOTH
    mine, yours = texts[:edits], [*texts[:both], *texts[edits : 2 * edits - both]]
    return Work(
        _kept(folder / "records", ours), _kept(folder / "ours", _edits(mine, "cambiado aquí")),
        _kept(folder / "theirs", _edits(yours, "cambiado allá")), count, len(mine),
    )  # fmt: skip


def _lines(count: int, source: Path | None) -> Sequence[dict[str, Any]]:
    if source:
        return list(records(source))[:count]
    return [asdict(fact) for fact in made_up(count, DeviceId("peer"))]


def _text_of(one: dict[str, Any]) -> str | None:
    """The field that an edit changes."""
    return (
        _TEXT.get(one["kind"])
        if "kind" in one
        else next((name for name in ("text", "reason") if one.get(name)), None)
    )


def _edits(of: Sequence[tuple[str, str]], words: str) -> list[dict[str, Any]]:
    return [{"id": name, "set": {field: words}} for name, field in of]


def _kept(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    path.write_text(
        "".join(json.dumps(one, default=str, ensure_ascii=False) + "\n" for one in lines), encoding="utf-8"
    )
    return path
