# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the story: each step with what it promises, its pictures in order, and what was looked at in the real stores."""

import html
from collections.abc import Sequence

from clinic.showcase.findings import Check
from clinic.showcase.report import CHECK, CROSS, Row
from clinic.showcase.trust.words import Words

FILES = ("consent.txt", "audit.proof", "report.json")


def page(rows: Sequence[Row], names: Sequence[str], said: Words, language: str) -> str:
    """HTML; `names`: of all steps in order, row n being step n."""
    steps = "".join(_step(row, names[row.step - 1], said) for row in rows)
    held = sum(row.ok for row in rows)
    verdict = "ok" if held == len(names) else "bad"
    files = " · ".join(f'<a href="{name}">{name}</a>' for name in FILES)
    return _PAGE.format(
        language=language, title=_safe(said.title), verdict=verdict, count=f"{held}/{len(names)}", steps=steps,
        files=f"{_safe(said.files)}: {files}",
    )  # fmt: skip


def picture_name(file: str) -> str:
    """`NAME` of `03-desktop-NAME.png`."""
    return file.removesuffix(".png").split("-", 2)[-1]


def _step(row: Row, name: str, said: Words) -> str:
    title, promise = said.steps[name]
    pictures = "".join(_picture(file, said) for file in row.pictures)
    checks = "".join(_check(one, said) for one in row.checks)
    wrong = "" if row.ok else f"<p class=bad>{_safe(row.detail)}</p>"
    return (
        f"<section><h2 class={'ok' if row.ok else 'bad'}><b>{CHECK if row.ok else CROSS}</b> {row.step}. {_safe(title)}</h2>"
        f"<p>{_safe(promise)}</p>{wrong}<main>{pictures}</main>"
        f"<details open><summary>{_safe(said.looked)} ({len(row.checks)})</summary><ul>{checks}</ul></details></section>"
    )


def _picture(file: str, said: Words) -> str:
    told = _safe(said.pictures.get(picture_name(file), file))
    link = _safe(file)
    return f'<figure><a href="{link}"><img loading=lazy src="{link}" alt="{told}"></a><figcaption>{told}</figcaption></figure>'


def _check(one: Check, said: Words) -> str:
    told = _safe(said.checks.get(one.expected, one.expected))
    return f"<li class={'ok' if one.held else 'bad'}><b>{CHECK if one.held else CROSS}</b> {told}</li>"


def _safe(text: str) -> str:
    return html.escape(text)


_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Posta: {title}</title><style>
body{{font:16px/1.5 Inter,system-ui,sans-serif;margin:32px auto;max-width:1180px;padding:0 20px;background:#f4f7f8;color:#14232b}}
section{{background:#fff;border-radius:14px;padding:6px 24px 18px;margin:22px 0}}
.ok b{{color:#0a6b45}}.bad b,p.bad,h1 .bad{{color:#b42318}}h1 .ok{{color:#0a6b45}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:18px;align-items:start}}
figure{{margin:0}}img{{width:100%;max-height:420px;object-fit:contain;object-position:top left;border-radius:6px}}
img{{border:1px solid #dfe6ea;box-sizing:border-box}}
figcaption{{color:#435560;font-size:14px}}ul{{list-style:none;padding:0;margin:8px 0;columns:2;column-gap:32px}}
li{{break-inside:avoid;font-size:14px}}summary{{margin-top:14px;font-weight:600;cursor:pointer}}
@media(max-width:760px){{ul{{columns:1}}}}
</style><h1>{title} <span class={verdict}>{count}</span></h1>{steps}<p>{files}</p></html>
"""
