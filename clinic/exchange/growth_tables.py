# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables that ship as files: WHO growth references, and charts of points such as PEWS."""

import csv
from functools import cache

from clinic.domain.errors import Unavailable
from clinic.domain.scores.growth import Tables
from clinic.exchange.resources import resource

_TENTHS = "cm"
"""Curves by length or height: their rows are counted in tenths of a cm."""


@cache
def growth_tables() -> Tables:
    """L, M and S by curve and sex. Raises Unavailable when the file is missing or damaged."""
    tables: dict[tuple[str, str], dict[int, tuple[str, str, str]]] = {}
    try:
        with resource("growth", "lms.csv").open(encoding="ascii", newline="") as file:
            for curve, sex, t, *lms in csv.reader(line for line in file if line[0] != "#"):
                if curve == "curve":
                    continue
                at = round(float(t) * 10) if curve.endswith(_TENTHS) else int(t)
                tables.setdefault((curve, sex), {})[at] = (lms[0], lms[1], lms[2])
    except (OSError, ValueError, IndexError) as error:
        raise Unavailable("The growth tables are missing or damaged. Install Posta again.") from error
    return tables


def chart_text(name: str) -> str:
    """A chart of points as it ships. Raises Unavailable."""
    try:
        return resource("scores", f"{name}.toml").read_text(encoding="utf-8")
    except OSError as error:
        raise Unavailable("This score's chart is missing: {name}. Install Posta again.", name=name) from error
