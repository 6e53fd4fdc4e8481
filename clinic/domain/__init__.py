# SPDX-License-Identifier: GPL-3.0-or-later
"""F0, the ground floor: facts and rules of care, in FHIR R4 words, and nothing that does anything.

May import: the standard library only. Example::

    from clinic.domain.news2 import Vitals, news2
    news2(Vitals(respiratory_rate=18, spo2=96, on_oxygen=False, systolic=120, heart_rate=80, alert=True, temperature=Decimal("36.8")))
"""
