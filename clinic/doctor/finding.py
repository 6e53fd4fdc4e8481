# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of what the doctor found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table; `advice` is empty where nothing needs doing."""

    name: str
    ok: bool
    necessary: bool
    found: str
    advice: str = ""


def line_of(finding: Finding) -> str:
    """One line of the table: mark, name, what was found, what to do."""
    mark = "ok" if finding.ok else "MISSING" if finding.necessary else "none"
    return f"{mark:8}{finding.name:14}{finding.found}" + (f" — {finding.advice}" if finding.advice else "")
