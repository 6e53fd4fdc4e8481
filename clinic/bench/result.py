# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured figure beside its target, and the table or the JSON line they are told in."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Result:
    """`better`: lower or higher; `peer`: the same work done by what we compare with, in the same run, or None; with several of
    them it is the best, and `peers` has each by name. `also`: what belongs to the figure, by name; `course`: how it went over
    time. `absent`: why it could not be measured, which is never a pass."""

    measure: str
    value: float
    unit: str
    target: float
    better: str
    peer: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    also: Mapping[str, float] = field(default_factory=dict)
    course: tuple[float, ...] = ()
    unit_of_course: str = ""
    absent: str = ""

    @property
    def ok(self) -> bool:
        if self.absent:
            return False
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


def json_line(bench: str, results: Sequence[Result]) -> str:
    """The one line other programs read."""
    rows = [asdict(result) | {"ok": result.ok} for result in results]
    return json.dumps({"bench": bench, "machine": machine(), "results": rows}, allow_nan=False)


def beside(result: Result, peers: Mapping[str, float]) -> Result:
    """The same with what the peers reached at the same work."""
    best = min if result.better == "lower" else max
    return replace(result, peers=peers, peer=best(peers.values(), default=None))


def table(bench: str, results: Sequence[Result]) -> str:
    """The same for people."""
    head = f"{bench} on {machine()}"
    rows = [f"{'measure':<58} {'value':>10} {'target':>10} {'peer':>10}  "]
    for r in results:
        peer = "" if r.peer is None else f"{r.peer:.3g}"
        sign = "<=" if r.better == "lower" else ">="
        if r.absent:
            rows.append(
                f"{r.measure:<58} {'-':>10} {sign} {r.target:<7g} {peer:>9}  NOT MEASURED: {r.absent}"
            )
            continue
        rows.append(
            f"{r.measure:<58} {r.value:>7.3g} {r.unit:<3} {sign} {r.target:<7g} {peer:>9}  {'ok' if r.ok else 'MISSED'}"
            + "".join(f"  {name} {value:.4g}" for name, value in (*r.peers.items(), *r.also.items()))
        )
        if r.course:
            rows.append(
                f"{'':<4}{line(r.course)}  {min(r.course):.4g} to {max(r.course):.4g} {r.unit_of_course}"
            )
    return "\n".join([head, *rows])


def line(values: Sequence[float]) -> str:
    """A chart of one line: the lowest bar is the least value, the highest the most."""
    least, most = min(values), max(values)
    step = (most - least) / (len(_BARS) - 1) or 1.0
    return "".join(_BARS[round((value - least) / step)] for value in values)


def machine() -> str:
    """What it was measured on."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share (0-1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
