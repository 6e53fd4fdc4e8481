# SPDX-License-Identifier: GPL-3.0-or-later
"""From the desk to the verifier's answer: the file is written by one program and checked by another that has nothing."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from clinic.cli import main as posta
from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent, Decision, Gender
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import HumanName
from clinic.exchange.resources import resource
from clinic.keys.consents import template_hash
from clinic.services import consents, people
from clinic.services.consent_forms import form_of, forms, load_template
from clinic.services.desks import Desk
from clinic.services.evidence import consent_evidence
from tests.clinic.desk_alone import desk_alone

PUBLISHED = json.loads((Path(__file__).parent / "published_forms.json").read_text(encoding="utf-8"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = desk_alone(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def rosa(desk: Desk) -> PatientId:
    name = HumanName(family="Quispe", given=("Rosa",))
    return people.register(desk, name, date(1961, 3, 5), Gender.FEMALE, "14233456")


def test_a_stranger_checks_the_file_with_nothing_else(
    desk: Desk, rosa: PatientId, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = consents.say(
        desk, rosa, {"sharing": Decision.PERMIT, "recording": Decision.DENY}, "es", window=rosa
    )
    consents.withdraw(desk, rosa, ("sharing",), "es", window=rosa)
    file = tmp_path / "constancia.txt"
    file.write_text(consent_evidence(desk, rosa, given.id), encoding="utf-8")
    mark = desk.trust.fingerprint.hex()
    assert posta(["verify", "consent", str(file), "--organization", mark]) == 0
    said = capsys.readouterr().out
    for words in ("Quispe, Rosa", "Testigo, con su firma: Ana Ruiz", "Compartir con otros centros: sí", "spoken, versión 1",
                  "¿Acepta que otros centros", "Compartir con otros centros: no permitido", "nada falta"):  # fmt: skip
        assert words in said
    assert posta(["verify", "consent", str(file), "--language", "en", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["whole"], answer["statements"], answer["standing"]["sharing"]) == (True, 2, "deny")
    assert any(
        "consent evidence" in one.entity for one in desk.book.read(lambda p: p.facts(AuditEvent, rosa))
    )


def test_a_changed_file_an_older_one_and_no_file(
    desk: Desk, rosa: PatientId, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = consents.say(desk, rosa, {"sharing": Decision.PERMIT}, "en", window=rosa)
    old, new, bad = tmp_path / "old", tmp_path / "new", tmp_path / "bad"
    old.write_text(consent_evidence(desk, rosa), encoding="utf-8")
    gone = consents.withdraw(desk, rosa, ("sharing",), "en", window=rosa)
    new.write_text(consent_evidence(desk, rosa, given.id), encoding="utf-8")
    assert posta(["verify", "consent", str(old), "--against", str(new), "--language", "en"]) == 1
    assert f"it lacks what the other evidence holds: {gone.id}" in capsys.readouterr().out
    bad.write_text(new.read_text(encoding="utf-8").replace("Rosa", "Rita"), encoding="utf-8")
    assert posta(["verify", "consent", str(bad)]) == 1
    assert "words above are not those that were sealed" in capsys.readouterr().out
    assert posta(["verify", "consent", str(new), "--organization", "00" * 32]) == 1
    assert posta(["verify", "consent", str(new), "--organization", "mine"]) == 3
    assert posta(["verify", "consent", str(tmp_path / "none")]) == 4
    bad.write_bytes(b"\xff\xfe")
    assert posta(["verify", "consent", str(bad)]) == 3


def test_evidence_of_what_is_not_there(desk: Desk, rosa: PatientId) -> None:
    with pytest.raises(Refusal, match="no such consent"):
        consent_evidence(desk, rosa)
    with pytest.raises(Refusal, match="not on this computer"):
        consent_evidence(desk, PatientId("nobody"), FactId("c"))


def test_a_published_form_never_changes_and_never_goes() -> None:
    """What somebody signed years ago is shown and checked for ever. A new wording is a new version, with a new line here."""
    here = {
        f"{f.jurisdiction}/{f.id}-v{f.version}.{f.language}": template_hash(f.text).hex() for f in forms()
    }
    assert here == PUBLISHED


def test_each_jurisdiction_has_each_form_in_each_language() -> None:
    for jurisdiction in ("AR", "generic"):
        for form in ("teleconsultation", "spoken", "withdrawal"):
            for language in ("es", "en", "pt"):
                found = load_template(jurisdiction, language, form)
                assert (found.jurisdiction, found.id, found.language) == (jurisdiction, form, language)
                assert [item.scope for item in found.items] == list(consents.SCOPES)
    assert load_template("ZZ", "en").jurisdiction == "generic"


def test_the_tenth_version_comes_after_the_ninth_and_the_first_is_still_found(
    desk: Desk, rosa: PatientId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = consents.say(desk, rosa, {"sharing": Decision.PERMIT}, "es", window=rosa)
    folder = tmp_path / "resources" / "consents" / "AR"
    folder.mkdir(parents=True)
    first = resource("consents", "AR", "spoken-v1.es.toml").read_text(encoding="utf-8")
    for version in (1, 9, 10):
        text = first.replace("version = 1\n", f"version = {version}\n")
        (folder / f"spoken-v{version}.es.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("POSTA_RESOURCES", str(tmp_path / "resources"))
    assert load_template("AR", "es", "spoken").version == 10
    found = form_of(given)
    assert found is not None and found.version == 1
    (folder / "spoken-v1.es.toml").write_text(first.replace("testigo", "testiga"), encoding="utf-8")
    assert form_of(given) is None
