# SPDX-License-Identifier: GPL-3.0-or-later
"""F3: the outside world's formats: files that ship with the program, code tables, PDF.

May import: `clinic.domain`, `clinic.protocol`, `clinic.keys`, reportlab, segno. Example::

    from clinic.exchange.resources import resource
    resource("consents", "AR")
"""
