# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 4: a consent is signed and one permission taken back; the evidence can be checked anywhere, and names what is wrong."""

from dataclasses import replace
from pathlib import Path

from clinic.domain.facts import Consent, Decision
from clinic.exchange.evidence_file import read, written
from clinic.exchange.evidence_words import TROUBLES, WORDS
from clinic.keys.evidence import Wrong
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import Outcome
from clinic.showcase.steps import intake
from clinic.showcase.steps.intake import touch
from clinic.showcase.trust.acts import sync
from clinic.showcase.trust.seats import rise
from clinic.showcase.trust.terminal import Terminal, told

SCOPE = "sharing"
EVIDENCE = "consent.txt"


def run(scene: Scene, seen: Findings) -> None:
    rise(scene, "desktop")
    _sign(scene, seen)
    _permitted(scene, seen)
    _take_back(scene, seen)
    _refused(scene, seen)
    _evidence(scene, seen)
    _tampered(scene, seen)
    scene.hands.pop("kiosk").quit()


def _sign(scene: Scene, seen: Findings) -> None:
    kiosk = scene.kiosk
    touch(scene, "kiosk.greet.yes")
    intake.reason(scene)
    for _number in intake.ORDER[1:]:  # one skip for both numbers of the blood pressure
        kiosk.wait("kiosk.vitals.skip")
        touch(scene, "kiosk.vitals.skip")
    if kiosk.exists("kiosk.vitals.self.yes"):
        touch(scene, "kiosk.vitals.self.yes")
    kiosk.wait("kiosk.photo.skip", timeout_s=20)
    touch(scene, "kiosk.photo.skip")
    intake.consent(scene, seen)
    kiosk.wait("kiosk.check.yes", timeout_s=30)
    touch(scene, "kiosk.check.yes")
    kiosk.wait("kiosk.waiting.ticket", timeout_s=30)


def _export(scene: Scene, terminal: Terminal) -> int:
    """The clinician lets the record go out to another centre; the gate asks the patient's word."""
    sync(scene, "desktop")
    out = scene.stage.temp / "record.json"
    ended = terminal.verb("desktop", "export-fhir", "--patient", scene.patient, "--out", str(out))
    if ended.code == 0:
        out.unlink()
    return ended.code


def _permitted(scene: Scene, seen: Findings) -> None:
    code = _export(scene, Terminal(scene))
    seen.expect(code == 0, "the record to go out while she permits sharing", code)


def _take_back(scene: Scene, seen: Findings) -> None:
    """One step away, on the kiosk where she signed."""
    kiosk, button = scene.kiosk, f"kiosk.waiting.take_back.{SCOPE}"
    kiosk.wait("kiosk.waiting.mine", timeout_s=15)
    touch(scene, "kiosk.waiting.mine")
    kiosk.wait(button, timeout_s=10)
    touch(scene, "kiosk.waiting.mine.down")
    scene.shot("kiosk", "what-she-permitted")
    touch(scene, button)
    kiosk.wait(button, hidden=True, timeout_s=10)
    scene.shot("kiosk", "taken-back")
    seen.expect(
        kiosk.exists("kiosk.waiting.take_back.recording"), "the other permissions to stand", "recording"
    )


def _refused(scene: Scene, seen: Findings) -> None:
    terminal = Terminal(scene)
    code = _export(scene, terminal)
    terminal.shot("sharing-refused")
    seen.expect(code == 3, "the same export to be refused once she took it back", code)


def _evidence(scene: Scene, seen: Findings) -> None:
    terminal, file = Terminal(scene), scene.out / EVIDENCE
    made = told(terminal.verb("desktop", "consent-evidence", "--patient", scene.patient, "--out", str(file)))
    ended = verify(scene, terminal, file).code
    terminal.shot("evidence")
    seen.expect(made["organization"] == scene.texts["fingerprint"], "evidence of this organisation", made)
    seen.expect(ended == 0, "the evidence to be whole", ended)
    _words, proof = read(file.read_text(encoding="utf-8"))
    said = [
        (item.scope, item.decision) for one in proof.statements for item in one.items if item.scope == SCOPE
    ]
    seen.expect(
        [decision for _scope, decision in said] == [Decision.PERMIT, Decision.DENY],
        "sharing first permitted, then taken back, in the evidence", said,
    )  # fmt: skip


def verify(scene: Scene, terminal: Terminal, file: Path) -> Outcome:
    """`posta verify consent`, on a computer that belongs to nobody: no store, no key."""
    words = ("consent", str(file), "--organization", scene.texts["fingerprint"], "--language", scene.language)
    return terminal.run("fresh", "", "clinic.cli", "verify", *words)


def _tampered(scene: Scene, seen: Findings) -> None:
    """Somebody turns her no into a yes: in the words, and in the proof itself."""
    text = (scene.out / EVIDENCE).read_text(encoding="utf-8")
    words, proof = read(text)
    number = next(n for n, one in enumerate(proof.statements, 1) if _says(one, Decision.DENY))
    lies = tuple(_lie(one) if n == number else one for n, one in enumerate(proof.statements, 1))
    terms, troubles = WORDS[scene.language], TROUBLES[scene.language]
    false_words = words.replace(f"{terms[SCOPE]}: {terms['denied']}", f"{terms[SCOPE]}: {terms['permitted']}")
    seen.expect(false_words != words, "words to change", "none")
    terminal = Terminal(scene)
    for name, content, part in (
        (
            "consent-words-changed.txt",
            text.replace(words.rstrip(), false_words.rstrip()),
            troubles[Wrong.WORDS],
        ),
        (
            "consent-proof-changed.txt",
            written(words, replace(proof, statements=lies)),
            troubles[Wrong.SIGNATURE].format(n=number),
        ),
    ):
        (scene.out / name).write_text(content, encoding="utf-8")
        ended = verify(scene, terminal, scene.out / name)
        seen.expect(ended.code == 1, f"{name} to be refused", ended.code)
        seen.expect(part in ended.printed, f"what is wrong in {name} to be named", ended.printed[:200])
    terminal.shot("tampered")
    seen.note(
        f"{len(proof.statements)} statements; her no of “{SCOPE}” wins, and a no made a yes is found in statement {number}"
    )


def _says(one: Consent, decision: Decision) -> bool:
    return any(item.scope == SCOPE and item.decision == decision for item in one.items)


def _lie(one: Consent) -> Consent:
    items = tuple(
        replace(item, decision=Decision.PERMIT) if item.scope == SCOPE else item for item in one.items
    )
    return replace(one, items=items)
