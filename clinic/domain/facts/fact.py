# SPDX-License-Identifier: GPL-3.0-or-later
"""What all facts have."""

from typing import ClassVar

from clinic.domain.ids import FactId, PatientId
from clinic.domain.record import Record, Word, n, record


@record(99)
class Fact(Record):
    """What all facts have: an id of their own and the patient they are about ('' for facts about nobody)."""

    OPEN: ClassVar[frozenset[Word]] = frozenset()
    """Statuses in which somebody has yet to do something; such facts are found over all patients. A store remembers them by
    it: whoever changes one adds a step that goes through the rows."""

    id: FactId = n(1)
    patient: PatientId = n(2, default=PatientId(""))
