# SPDX-License-Identifier: GPL-3.0-or-later
"""What `posta bench ui` stands on: a clinician's computer that holds a crowd, and a clinic in a call while records come in.

May import: `clinic.showcase`, services, store, keys. The screens themselves are measured by a program of its own
(`desktop.measured`), whose lines are read here. Example::

    told(["desktop.measured", str(crowded(20_000, print)), "opening"])
"""
