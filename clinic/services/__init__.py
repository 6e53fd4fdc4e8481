# SPDX-License-Identifier: GPL-3.0-or-later
"""F4: the verbs of a clinic. Each takes the Desk first, runs on a worker thread, and returns frozen dataclasses.

May import: every floor below. docs/services.md lists them all. Example::

    desk = open_desk(home, password, clock, os.urandom)
    for waiting in queue(desk):
        print(waiting.person.name.full, waiting.news2.total)
"""
