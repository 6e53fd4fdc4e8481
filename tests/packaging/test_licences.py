# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/licences.md is true: every locked package is on it, and all may be part of a GPL-3.0 whole."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "licences.py"


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("posta_licences", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_lock_says(licences: ModuleType) -> None:
    page = licences.PAGE.read_text(encoding="utf-8")
    missing = [
        f"{name} {version}"
        for name, version in licences.locked().items()
        if f"| {name} | {version} |" not in page
    ]
    assert not missing, "run: packaging/posta python packaging/licences.py"
    assert "**no**" not in page


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", True),
        ("Apache-2.0 AND (MIT OR Proprietary)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT AND SSPL-1.0", False),
        ("GPL-2.0-only", False),
        ("AGPL-3.0-only", False),
        ("", False),
    ],
)
def test_what_fits(licences: ModuleType, expression: str, fits: bool) -> None:
    assert licences.fits(expression) is fits


def test_a_package_nobody_knows_is_named(licences: ModuleType) -> None:
    with pytest.raises(LookupError, match="no-such-package"):
        licences.licence_of("no-such-package")
