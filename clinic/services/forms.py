# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of a specialty: a definition is published as data and synced, an answer is checked against its own version."""

import json
from collections.abc import Mapping
from dataclasses import replace

from clinic.domain.errors import Refusal
from clinic.domain.facts import Questionnaire, QuestionnaireResponse
from clinic.domain.forms import Answer, check_answers, check_definition, read_answers
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.keys.rights import Action
from clinic.services.charted import fact_of, patient_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs


@needs(Action.MANAGE)
def publish(desk: Desk, form: Questionnaire) -> Written:
    """Put out a new version of a form. Refused for a definition that cannot be answered, or a version that is not newer."""
    check_definition(form)
    latest = max((known.version for known in forms(desk, form.name)), default=0)
    if form.version <= latest:
        raise Refusal(
            "{name} has version {version} already. Give the new one a higher number.",
            name=form.name,
            version=latest,
        )
    return desk.write(
        replace(form, id=FactId(f"{form.name}/{form.version}/{form.language}"), patient=PatientId(""))
    )


@needs(Action.LOOK_UP)
def forms(desk: Desk, name: str = "") -> tuple[Questionnaire, ...]:
    """Every version of the forms there are (of one of them), the newest version first."""
    held = desk.book.read(lambda page: page.all_facts(Questionnaire))
    wanted = (form for form in held if form.items and (not name or form.name == name))
    return tuple(sorted(wanted, key=lambda form: (form.name, -form.version)))


@needs(Action.WRITE_NOTE)
def answer(
    desk: Desk, form: Questionnaire, answers: Mapping[str, Answer], window: PatientId, encounter: EncounterId = EncounterId(""),
    finished: bool = True,
) -> QuestionnaireResponse:  # fmt: skip
    """File a filled-in form. Refused, question by question, for what is missing or cannot be; an unfinished one may lack some."""
    check_answers(form, answers, whole=finished)
    response = QuestionnaireResponse(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, encounter), questionnaire=form.name, version=form.version,
        status="completed" if finished else "in-progress", authored_at=desk.clock.now(), author=desk.someone.user,
        answers=_text(answers), encounter=encounter,
    )  # fmt: skip
    desk.write(response, window=window)
    return response


@needs(Action.WRITE_NOTE)
def correct(
    desk: Desk,
    response: FactId,
    form: Questionnaire,
    answers: Mapping[str, Answer],
    window: PatientId,
    finished: bool = True,
) -> Written:
    """Answer anew: a version of the same response. Answers to questions that `form` does not know are kept as they are."""
    found = fact_of(desk, QuestionnaireResponse, response, window)
    if found.questionnaire != form.name:
        raise Refusal("These are answers to another form.")
    known = {item.key for item in form.items}
    kept = {key: value for key, value in read_answers(found).items() if key not in known}
    check_answers(form, answers, whole=finished)
    status = "in-progress" if not finished else "amended" if found.status != "in-progress" else "completed"
    newer = replace(
        found, answers=_text({**kept, **answers}), version=max(found.version, form.version), status=status
    )
    return desk.write(newer, window=window)


def _text(answers: Mapping[str, Answer]) -> str:
    return json.dumps(dict(answers), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
