# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the headless station, a module for each kind of work: parse, call a service, print.

May import clinic.services and what is below. A module has ``add_verbs(add)``; ``clinic.__main__`` lists the modules.
Results are printed on stdout (JSON where a program may read them), sentences on stderr. Example::

    def add_verbs(add: Add) -> None:
        digest = add("digest", _digest, "hash of everything held about one patient")
        digest.add_argument("--patient", required=True)
"""
