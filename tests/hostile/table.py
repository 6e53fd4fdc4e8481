# SPDX-License-Identifier: GPL-3.0-or-later
"""All scripts, by what they touch."""

from tests.hostile import on_answers, on_envelopes, on_files, on_letters, on_the_wire, on_trust
from tests.hostile.script import Script

TABLE: dict[str, tuple[Script, ...]] = {
    "The trust log": on_trust.SCRIPTS,
    "Sealed records": on_envelopes.SCRIPTS,
    "The answer of an exchange": on_answers.SCRIPTS,
    "The wire": on_the_wire.SCRIPTS,
    "Letters, bells and calls": on_letters.SCRIPTS,
    "Files, capsules and newcomers": on_files.SCRIPTS,
}
ALL = tuple(script for scripts in TABLE.values() for script in scripts)
