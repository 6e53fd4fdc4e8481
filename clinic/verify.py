# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta verify audit [FILE]`: the station's verb under the name a stranger looks for."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes as of the station; 1 if something does not hold."""
    from clinic.__main__ import main as station

    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] != ["audit"]:
        print(
            "Use: posta verify audit FILE, or posta verify audit --home DIR --password-file FILE.",
            file=sys.stderr,
        )
        return 0 if words[:1] in (["--help"], ["-h"]) else 2
    return station(["verify-audit", *words[1:]])


if __name__ == "__main__":
    sys.exit(main())
