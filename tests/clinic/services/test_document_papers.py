# SPDX-License-Identifier: GPL-3.0-or-later
"""A document leaves the record only with the patient's permission, and each time is in the audit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clinic.domain.facts import AuditEvent
from clinic.domain.ids import PatientId
from clinic.domain.values import Attachment
from clinic.services.consents import NotPermitted
from clinic.services.desks import Desk
from clinic.services.imports import import_bundle, plan_import
from clinic.services.messages import add_file
from clinic.services.papers import document_to_print, document_to_save
from tests.clinic.desk_alone import desk_alone, permit
from tests.clinic.exchange.fhir.resources import WHOLE, bundle


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = desk_alone(tmp_path / "home")
    yield desk
    desk.close()


@pytest.mark.parametrize(("verb", "action"), [(document_to_print, "print"), (document_to_save, "export")])
def test_a_document_leaves_with_a_permission_and_an_entry(
    desk: Desk, verb: Callable[[Desk, PatientId, Attachment], bytes], action: str
) -> None:
    person = import_bundle(desk, plan_import(desk, bundle(*WHOLE), "x")).people[0].patient
    paper = add_file(desk, person, b"%PDF-1.7 informe", "informe.pdf")
    with pytest.raises(NotPermitted):
        verb(desk, person, paper)
    permit(desk, person)
    assert verb(desk, person, paper) == b"%PDF-1.7 informe"
    events = desk.book.read(lambda page: page.facts(AuditEvent, person))
    told = [(one.action, one.entity) for one in events if one.device == desk.device]
    assert told[-2:] == [("attempt", f"no consent: {action}"), (action, f"document {paper.id}")]
