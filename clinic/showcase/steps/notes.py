# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 4, during the call: the note saves itself, a code is found by typing, a prescription is checked, a
photo goes into the chat."""

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.queue import rows

PACE_MS = 12


def run(scene: Scene, seen: Findings) -> None:
    _note(scene, seen)
    _code(scene, seen)
    _prescription(scene, seen)
    _chat(scene, seen)
    scene.both("during-the-call")
    seen.note(
        "note saved while typing, code J18 found, penicillin allergy warned of, "
        "azithromycin prescribed, photo sent in the chat"
    )


def _note(scene: Scene, seen: Findings) -> None:
    desktop = scene.desktop
    for section, text in cast.NOTE.items():
        desktop.type(f"visit.note.{section}", text, pace_ms=PACE_MS)
        seen.expect(
            desktop.text(f"visit.note.{section}") == text,
            f"the {section} as typed",
            desktop.text(f"visit.note.{section}"),
        )
    desktop.wait("visit.note.plan.state", text=r"\d\d?:\d\d", timeout_s=8)


def _code(scene: Scene, seen: Findings) -> None:
    desktop, wanted = scene.desktop, cast.SEARCHED[scene.language].condition
    desktop.click("visit.tool.codes")
    desktop.type("visit.icd.search", wanted, pace_ms=PACE_MS)
    wait_until(
        f"ICD-10 codes for {wanted}", lambda: any("J18" in row for row in rows(scene, "visit.icd.results")), 8
    )
    scene.shot("desktop", "code-by-typing")
    found = rows(scene, "visit.icd.results")
    desktop.choose("visit.icd.results", row=next(number for number, row in enumerate(found) if "J18" in row))
    wait_until(
        "the code among those chosen", lambda: any("J18" in row for row in rows(scene, "visit.icd.chosen")), 8
    )


def _prescription(scene: Scene, seen: Findings) -> None:
    desktop, wanted = scene.desktop, cast.SEARCHED[scene.language]
    desktop.click("visit.tool.prescription")
    _drug(scene, wanted.warned_of)
    desktop.wait("visit.rx.cautions", timeout_s=8)
    caution = desktop.read("visit.rx.cautions")
    told = f"{caution.get('text', '')} {caution.get('items', '')} {caution.get('spoken', '')}".lower()
    seen.expect(
        "alerg" in told or "allerg" in told or "penicil" in told,
        "a warning about the penicillin allergy",
        told,
    )
    scene.shot("desktop", "prescription-warning")
    _drug(scene, wanted.prescribed)
    desktop.type("visit.rx.dose", "500 mg", clear=True)
    desktop.type("visit.rx.every", "24", clear=True)
    desktop.type("visit.rx.days", "5", clear=True)
    scene.pause(0.4)
    scene.shot("desktop", "prescription")
    desktop.wait("visit.rx.add", enabled=True)
    desktop.click("visit.rx.add")
    desktop.wait("visit.note.prescriptions", text=f"(?i){wanted.prescribed}", timeout_s=8)


def _drug(scene: Scene, name: str) -> None:
    desktop = scene.desktop
    desktop.type("visit.rx.drug", name, clear=True, pace_ms=PACE_MS)
    stem = name[:4]
    wait_until(
        f"{name} among the medicines",
        lambda: any(stem in row.lower() for row in rows(scene, "visit.rx.results")),
        8,
    )
    listed = rows(scene, "visit.rx.results")
    desktop.choose(
        "visit.rx.results", row=next(number for number, row in enumerate(listed) if stem in row.lower())
    )
    scene.pause(0.3)


def _chat(scene: Scene, seen: Findings) -> None:
    desktop, kiosk = scene.desktop, scene.kiosk
    desktop.click("visit.tool.chat")
    desktop.type("visit.chat.text", cast.CHAT, pace_ms=PACE_MS)
    desktop.click("visit.chat.photo")
    desktop.click("visit.chat.send")
    wait_until(
        "the message among the lines",
        lambda: any(cast.CHAT in row for row in rows(scene, "visit.chat.lines")),
        8,
    )
    came = kiosk.wait("kiosk.call.chat", timeout_s=10)
    seen.expect(cast.CHAT in str(came.get("text", "")), "the message on the kiosk", came.get("text"))
    seen.expect(kiosk.exists("kiosk.call.picture"), "the photo on the kiosk", "no picture")
