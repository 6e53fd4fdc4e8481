# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo found: report.json, written anew after every step, and a page with all pictures."""

import html
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

CHECK, CROSS = "✓", "✗"


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a story. `measured`: numbers behind `detail`, with their unit in the name; `checks`: what was expected
    and whether it held; `pictures`: names of files."""

    step: int
    title: str
    ok: bool
    seconds: float
    detail: str
    measured: dict[str, object] = field(default_factory=dict)
    checks: tuple[tuple[str, bool], ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Album:
    """How the page is called, and what stands under its pictures: by the name in `03-desktop-NAME.png`."""

    title: str = "One whole visit"
    captions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"

    def caption(self, path: Path) -> str:
        """Its sentence; the name of the file where there is none."""
        return self.captions.get(picture_name(path), path.name)


def picture_name(path: Path) -> str:
    """`NAME` of `03-desktop-NAME.png`."""
    return path.stem.split("-", 2)[-1]


class Report:
    """Rows in order; whatever happens later, what was found stays on disk."""

    def __init__(self, folder: Path, album: Album = Album()) -> None:
        self._folder, self._album = folder, album
        self.rows: list[Row] = []

    @property
    def ok(self) -> bool:
        return bool(self.rows) and all(row.ok for row in self.rows)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        text = json.dumps([asdict(row) for row in self.rows], ensure_ascii=False, indent=1)
        _replace(self._folder / "report.json", text + "\n")
        _replace(self._folder / "index.html", page(self.rows, self._folder, self._album))


def page(rows: list[Row], folder: Path, album: Album = Album()) -> str:
    """The contact sheet: the rows, then every PNG of the folder, then what else was kept."""
    lines = "".join(
        f"<tr class={'ok' if row.ok else 'bad'}><td>{CHECK if row.ok else CROSS}"
        f"<td>{row.step}<td>{html.escape(row.title)}"
        f"<td>{row.seconds:.1f} s<td>{html.escape(row.detail)}"
        for row in rows
    )
    pictures = "".join(
        f'<figure><a href="{name}"><img loading=lazy src="{name}" alt="{told}"></a>'
        f"<figcaption>{told}</figcaption></figure>"
        for name, told in (
            (html.escape(path.name), html.escape(album.caption(path)))
            for path in sorted(folder.glob("*.png"))
        )
    )
    kept = [
        path
        for pattern in ("*.mkv", "*.pdf", "*.txt", "*.proof", "report.json")
        for path in sorted(folder.glob(pattern))
    ]
    files = "".join(f'<li><a href="{html.escape(path.name)}">{html.escape(path.name)}</a>' for path in kept)
    title = html.escape(album.title)
    return _PAGE.format(lines=lines, pictures=pictures, files=files, title=title, language=album.language)


def _replace(path: Path, text: str) -> None:
    """Write whole or not at all."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Posta: {title}</title><style>
body{{font:15px/1.5 Inter,system-ui,sans-serif;margin:32px;background:#f4f7f8;color:#14232b}}
table{{border-collapse:collapse;background:#fff;border-radius:12px;overflow:hidden}}
td{{padding:8px 14px;border-bottom:1px solid #dfe6ea}}
.ok td:first-child{{color:#0a6b45}}.bad td:first-child{{color:#b42318}}.bad{{background:#fdecea}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:18px;margin-top:24px}}
figure{{margin:0;background:#fff;border-radius:12px;padding:10px}}img{{width:100%;border-radius:6px}}
figcaption{{color:#566872;font-size:13px}}
</style><h1>{title}</h1><table>{lines}</table><ul>{files}</ul><main>{pictures}</main></html>
"""
