# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta doctor`: is this computer fit for Posta, and is what this profile keeps whole? Never deletes anything.

May import everything below the roofs. Lines of a table or JSON; exit 1 when something is wrong. Example::

    posta doctor --home HOME --password-file FILE --json
"""

from clinic.doctor.command import main as main
from clinic.doctor.finding import Finding as Finding
from clinic.doctor.finding import line_of as line_of
from clinic.doctor.machine import library as library
