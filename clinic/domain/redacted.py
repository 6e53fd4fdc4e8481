# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that goes to somebody who keeps the program running: what could name a person, a computer or a place is covered.

Our own logs say sentences without the values that were filled in; this is for what libraries say, and for the day one of ours
does not.
"""

import re

COVER = "▮"
_COVERED = re.compile(
    r"""
    (?P<quoted>[“"'«‹].*?[”"'»›])              # what is quoted was said or typed by somebody
    | (?P<url>\b[a-z][a-z0-9+.-]*://\S+)       # the clinic's own addresses
    | (?P<mail>\S+@\S+)
    | (?P<host>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b)
    | (?P<number>[+]?\b\d[\d ./-]{3,}\d\b)     # identity, telephone, birth date
    | (?P<path>(?:[A-Za-z]:)?(?:[\\/][^\\/\s]+){2,})
    | (?P<id>\b(?=\w*\d)[\w-]{12,}\b)          # ids of charts, facts and computers
    """,
    re.VERBOSE,
)
_TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3} ")


def redacted(line: str) -> str:
    """One line of a log; its own time at the beginning stays.

    >>> redacted("2026-11-21 12:00:00,000 INFO x opened 'Rosa' 14.203.881 at http://clinic:8000/v1")
    '2026-11-21 12:00:00,000 INFO x opened ▮ ▮ at ▮'
    """
    time = found.group() if (found := _TIME.match(line)) else ""
    return time + _COVERED.sub(COVER, line[len(time) :])
