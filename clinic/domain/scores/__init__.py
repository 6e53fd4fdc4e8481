# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores: each is data (inputs with LOINC and UCUM, whom it is for, bands, source) and one pure function.

No score makes a 0 of what nobody measured: it has no value then, and says what is missing. May import: the rest of
`clinic.domain`. Example::

    result = compute(NEWS2, Who(birth_date=born), observations, now)
    result.value, result.missing, result.used, result.stale
"""
