# SPDX-License-Identifier: GPL-3.0-or-later
"""How a headless part of the demo ends: what it found on one line, or one sentence and a code."""

import json
import sys
from collections.abc import Callable, Mapping

from clinic.domain.errors import Refusal, Unavailable


def told(find: Callable[[], Mapping[str, object]]) -> int:
    """Prints what was found as JSON. Exit code 0, 3 (refused) or 4 (unavailable) with a sentence."""
    try:
        print(json.dumps(find(), ensure_ascii=False), flush=True)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 3
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 4
    return 0
