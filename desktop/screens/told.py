# SPDX-License-Identifier: GPL-3.0-or-later
"""What was answered in a questionnaire, for whoever reads it: in her own language, by the version that was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain import questionnaires as q
from desktop.kit.words import language

if TYPE_CHECKING:
    from clinic.services.charts import Asked


def by_patient(asked: Asked) -> bool:
    """Whether the patient answered it herself: a form for the chart is a clinician's."""
    return asked.form is None or asked.form.purpose != q.CLINICIAN


def told_words(asked: Asked) -> list[str]:
    """A line for each question; the general questionnaire's first two stand elsewhere."""
    own = (q.REASON, q.SYMPTOMS) if asked.response.questionnaire == q.GENERAL else ()
    said = q.worded(asked.response, asked.form, language())
    return [
        f"{one.question} {', '.join(one.answers)}" for one in said if one.key.partition(".")[0] not in own
    ]


def marked_places(asked: Asked) -> dict[str, str]:
    """The places of the body that were marked, with their names; none where that version is not held here."""
    if asked.form is None:
        return {}
    items = [item for item in asked.form.items if item.control == q.BODY_MAP]
    return {
        code: q.option(item, code, language())
        for code in q.places(asked.response, asked.form)
        for item in items
    }
