# SPDX-License-Identifier: GPL-3.0-or-later
"""The door is light: the window shows who can come in before the store is loaded."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_log_in_loads_no_store_and_nothing_that_few_people_use() -> None:
    heavy = ("sqlalchemy", "sqlcipher3", "asyncio", "pyotp", "fido2", "shamir_mnemonic", "reportlab")
    loaded = f"import sys, clinic.services.door; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
