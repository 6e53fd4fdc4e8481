# SPDX-License-Identifier: GPL-3.0-or-later
"""F0, the ground floor: facts and rules of care, in FHIR R4 words, and nothing that does anything.

May import: the standard library only. Example::

    from clinic.domain.scores.news2 import Vitals, news2
    news2(Vitals(respiratory_rate=26, spo2=91)).missing
"""
