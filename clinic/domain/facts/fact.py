# SPDX-License-Identifier: GPL-3.0-or-later
"""What all facts have."""

from clinic.domain.ids import FactId, PatientId
from clinic.domain.record import Record, n, record


@record(99)
class Fact(Record):
    """What all facts have: an id of their own and the patient they are about ('' for facts about nobody)."""

    id: FactId = n(1)
    patient: PatientId = n(2, default=PatientId(""))
