# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo found: report.json, written anew after every step, and a page with all pictures."""

import html
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from clinic.showcase.findings import Check

CHECK, CROSS = "✓", "✗"


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a story. `measured`: numbers behind `detail`, with their unit in the name; `pictures`: names
    of files."""

    step: int
    title: str
    ok: bool
    seconds: float
    detail: str
    measured: dict[str, object] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    pictures: tuple[str, ...] = ()


Draw = Callable[[list[Row], Path], str]
"""The rows so far and the folder -> a page of HTML."""


class Report:
    """Rows in order; whatever happens later, what was found stays on disk."""

    def __init__(self, folder: Path, draw: Draw | None = None) -> None:
        """`draw`: makes the page; without one it is `page`."""
        self._folder, self._draw = folder, draw or page
        self.rows: list[Row] = []

    @property
    def ok(self) -> bool:
        return bool(self.rows) and all(row.ok for row in self.rows)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        text = json.dumps([asdict(row) for row in self.rows], ensure_ascii=False, indent=1)
        _replace(self._folder / "report.json", text + "\n")
        _replace(self._folder / "index.html", self._draw(self.rows, self._folder))


def page(rows: list[Row], folder: Path) -> str:
    """The contact sheet: the rows, then every PNG of the folder, then what else was kept."""
    lines = "".join(
        f"<tr class={'ok' if row.ok else 'bad'}><td>{CHECK if row.ok else CROSS}"
        f"<td>{row.step}<td>{html.escape(row.title)}"
        f"<td>{row.seconds:.1f} s<td>{html.escape(row.detail)}"
        for row in rows
    )
    pictures = "".join(
        f'<figure><a href="{name}"><img loading=lazy src="{name}" alt="{name}"></a>'
        f"<figcaption>{name}</figcaption></figure>"
        for name in (html.escape(path.name) for path in sorted(folder.glob("*.png")))
    )
    kept = [path for pattern in ("*.mkv", "*.pdf", "report.json") for path in sorted(folder.glob(pattern))]
    files = "".join(f'<li><a href="{html.escape(path.name)}">{html.escape(path.name)}</a>' for path in kept)
    return _PAGE.format(lines=lines, pictures=pictures, files=files)


def _replace(path: Path, text: str) -> None:
    """Write whole or not at all."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Posta: one whole visit</title><style>
body{{font:15px/1.5 Inter,system-ui,sans-serif;margin:32px;background:#f4f7f8;color:#14232b}}
table{{border-collapse:collapse;background:#fff;border-radius:12px;overflow:hidden}}
td{{padding:8px 14px;border-bottom:1px solid #dfe6ea}}
.ok td:first-child{{color:#0a6b45}}.bad td:first-child{{color:#b42318}}.bad{{background:#fdecea}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:18px;margin-top:24px}}
figure{{margin:0;background:#fff;border-radius:12px;padding:10px}}img{{width:100%;border-radius:6px}}
figcaption{{color:#566872;font-size:13px}}
</style><h1>One whole visit</h1><table>{lines}</table><ul>{files}</ul><main>{pictures}</main></html>
"""
