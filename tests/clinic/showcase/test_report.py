# SPDX-License-Identifier: GPL-3.0-or-later
"""The report is whole after every step, and only green when everything is."""

import json
from pathlib import Path

from clinic.showcase.report import Report, Row


def row(step: int, ok: bool) -> Row:
    return Row(step, "title <b>", ok, 1.5, "saw 3 of 4", {"seen": 3})


def test_nothing_found_is_not_green(tmp_path: Path) -> None:
    assert not Report(tmp_path).ok


def test_one_failed_step_makes_it_red(tmp_path: Path) -> None:
    report = Report(tmp_path)
    report.add(row(1, True))
    assert report.ok
    report.add(row(2, False))
    assert not report.ok


def test_it_is_readable_after_each_step(tmp_path: Path) -> None:
    report = Report(tmp_path)
    (tmp_path / "01-kiosk.png").write_bytes(b"")
    for step in (1, 2, 3):
        report.add(row(step, True))
        told = json.loads((tmp_path / "report.json").read_text())
        assert [line["step"] for line in told] == list(range(1, step + 1))
    assert {"step", "ok", "seconds", "detail"} <= set(told[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01-kiosk.png", "index.html", "report.json"]
    page = (tmp_path / "index.html").read_text()
    assert "01-kiosk.png" in page and "title &lt;b&gt;" in page and "<b>" not in page
