# SPDX-License-Identifier: GPL-3.0-or-later
"""The completed forms of one person: which of them stand, which were amended by a newer one, and how a number went over time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from clinic.domain.facts import Questionnaire, QuestionnaireResponse
from clinic.domain.forms import NUMBERS, fits
from clinic.domain.questionnaires import given_in

COMPLETED = ("completed", "amended")
OPEN = "in-progress"
THROWN_AWAY = "entered-in-error"


def amendments(responses: Iterable[QuestionnaireResponse]) -> dict[str, QuestionnaireResponse]:
    """By the id of one that was amended, the completed one that stands for it; of two, the later."""
    done = (one for one in responses if one.amends and one.status in COMPLETED)
    return {str(one.amends): one for one in sorted(done, key=lambda one: one.authored_at)}


def happened_at(response: QuestionnaireResponse, others: Mapping[str, QuestionnaireResponse]) -> datetime:
    """When what it says was so: when the first of those that were amended, one by the other, was completed. `others`: by id."""
    seen = {str(response.id)}
    while response.amends in others and response.amends not in seen:
        response = others[response.amends]
        seen.add(str(response.id))
    return response.authored_at


def course(
    responses: Iterable[QuestionnaireResponse], form: Questionnaire, key: str
) -> tuple[tuple[datetime, Decimal], ...]:
    """The numbers answered to one question of a form, whatever its version, oldest first; none of what was amended."""
    known = tuple(responses)
    by_id, amended = {str(one.id): one for one in known}, amendments(known)
    item = next((one for one in form.items if one.key == key and one.kind in NUMBERS), None)
    if item is None:
        return ()
    points = []
    for one in known:
        said = given_in(one).get(key, ())
        stands = one.status in COMPLETED and one.id not in amended and one.questionnaire == form.url
        if stands and said and fits(item, said):
            points.append((happened_at(one, by_id), Decimal(said[0])))
    return tuple(sorted(points))
