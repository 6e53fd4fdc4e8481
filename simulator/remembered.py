# SPDX-License-Identifier: GPL-3.0-or-later
"""What one computer of this process has worked out, the next one need not: that a signature is good, and what a trust log
comes to with one statement more. Both hang on the bytes alone; what is refused is worked out each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from unittest.mock import patch

from nacl.bindings import crypto_sign_open

from clinic.keys import identity, trust
from clinic.keys.roster import TrustLog

_MOST = 4_096
_opened = lru_cache(_MOST)(crypto_sign_open)
_extend = trust.extend
_after: dict[tuple[bytes, bytes], TrustLog] = {}
"""(head of a log, which names all before it, and the next statement) -> the log with it."""


def _extended(log: TrustLog, data: bytes) -> TrustLog:
    key = log.head, data
    if key not in _after:
        if len(_after) > _MOST:
            _after.clear()
        _after[key] = _extend(log, data)
    return _after[key]


@contextmanager
def remembering() -> Iterator[None]:
    """Within it that is so."""
    with patch.object(identity, "crypto_sign_open", _opened), patch.object(trust, "extend", _extended):
        yield
