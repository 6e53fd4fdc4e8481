# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 7: signed; everything reaches the centre; a second desktop, enrolled only now, shows the whole
visit, byte-equal."""

import json
import re

from clinic.domain.errors import Unavailable
from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.founding import admit, digits_of, invitation
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.intake import READS_S
from clinic.showcase.steps.queue import rows

ARRIVE_S = 60.0
CONSENT = {
    "es": ["versión 1", "firmado con el dedo", "Estadísticas anónimas: no"],
    "en": ["version 1", "signed with a finger", "Anonymous statistics: no"],
    "pt": ["versão 1", "assinado com o dedo", "Estatísticas anônimas: não"],
}
LISTS = {"consents": "chart.consents", "messages": "chart.thread.lines"}
"""Tabs with a list of their own."""
ALL_THERE = re.compile("El centro confirmó|O centro confirmou|acknowledged by the centre")


def run(scene: Scene, seen: Findings) -> None:
    _sign(scene, seen)
    _kiosk_says_goodbye(scene, seen)
    _everything_acknowledged(scene, seen)
    _enrol_second(scene, seen)
    _read_on_second(scene, seen)
    _digests(scene, seen)


def _sign(scene: Scene, seen: Findings) -> None:
    desktop = scene.desktop
    desktop.click("visit.call.hangup")
    desktop.wait("visit.call.ring", enabled=True, timeout_s=10)
    desktop.click("visit.sign")
    desktop.wait("visit.sign.confirm")
    scene.shot("desktop", "sign")
    desktop.click("visit.sign.confirm")
    desktop.wait("visit.signed", timeout_s=15)
    scene.shot("desktop", "signed")
    desktop.click("visit.summary.save")
    wait_until("the summary as PDF", lambda: bool(list(scene.out.glob("*.pdf"))), 15)
    pdf = next(scene.out.glob("*.pdf"))
    seen.expect(
        pdf.read_bytes().startswith(b"%PDF") and pdf.stat().st_size > 2000,
        "a summary as PDF",
        pdf.stat().st_size,
    )


def _kiosk_says_goodbye(scene: Scene, seen: Findings) -> None:
    kiosk = scene.kiosk
    kiosk.wait("kiosk.after.goodbye", timeout_s=20)
    scene.shot("kiosk", "summary")
    seen.expect(kiosk.exists("kiosk.after.qr"), "the prescription as a QR code on the kiosk", "none")
    scene.pause(READS_S)
    kiosk.tap("kiosk.after.goodbye")
    kiosk.wait("kiosk.feedback.good", timeout_s=20)
    scene.shot("kiosk", "feedback")
    scene.pause(READS_S)
    kiosk.tap("kiosk.feedback.good")
    kiosk.wait("kiosk.feedback.listened", timeout_s=20)
    scene.pause(READS_S)
    kiosk.tap("kiosk.feedback.skip")
    kiosk.wait("kiosk.language.es", timeout_s=30)
    scene.shot("kiosk", "next-patient")


def _everything_acknowledged(scene: Scene, seen: Findings) -> None:
    desktop = scene.desktop

    def done() -> bool:
        return bool(ALL_THERE.search(desktop.text("status.sync")))

    waited = wait_until("the status line to say that the centre has everything", done, ARRIVE_S, 0.3)
    status = desktop.text("status.sync").replace("\n", " ")
    seen.expect(bool(re.search(r"\d", status)), "counts in the status line", status)
    scene.shot("desktop", "acknowledged")
    seen.note(f"all acknowledged after {waited:.1f} s: “{status}”")


def _enrol_second(scene: Scene, seen: Findings) -> None:
    code = invitation(scene, "clinician", "desktop")
    actor, second = scene.stage.handed("second", "second", *scene.programs["second"])
    scene.actors["second"], scene.hands["second"] = actor, second
    second.wait("join.code", timeout_s=30)
    second.type("join.code", code)
    second.type("join.name", cast.SECOND)
    second.type("join.device", cast.SECOND_NAME)
    second.type("join.password", scene.password("second"))
    second.type("join.again", scene.password("second"))
    scene.shot("second", "join")
    second.click("join.next")
    shown = digits_of(str(second.wait("join.digits", text=r"\d", timeout_s=20).get("text", "")))
    scene.shot("second", "digits")
    told = admit(scene, {shown})
    seen.expect(
        shown == told and len(shown) == 6, "the same six digits on both screens", f"{shown} and {told}"
    )
    second.wait("login.password", timeout_s=40)
    second.type("login.password", scene.password("second"))
    scene.shot("second", "login")
    second.click("login.unlock")
    second.wait("shell.rail.patients", timeout_s=30)


def _read_on_second(scene: Scene, seen: Findings) -> None:
    second = scene.second
    second.click("shell.rail.patients")
    second.wait("patients.search")
    second.type("patients.search", cast.FAMILY)
    waited = wait_until(
        "the patient on the second desktop",
        lambda: any(cast.FAMILY in row for row in rows(scene, "patients.list", "second")),
        60,
    )
    second.choose("patients.list", row=0)
    second.click("patients.open")
    second.wait("chart.banner.name", text=cast.FAMILY, timeout_s=10)
    plan = scene.texts.get("plan", cast.NOTE["plan"])
    for tab, wanted in (
        ("notes", [plan, cast.NOTE["subjective"]]),
        ("messages", [cast.CHAT]),
        ("medication", [cast.SEARCHED[scene.language].prescribed.capitalize()]),
        ("consents", CONSENT[scene.language]),
    ):
        second.click(f"chart.tab.{tab}")
        _appears(scene, seen, tab, wanted)
        scene.shot("second", f"chart-{tab}")
    second.click("chart.tab.documents")
    wait_until(
        "the photo's row on the second desktop",
        lambda: bool(rows(scene, "chart.document.list", "second")),
        20,
        0.3,
    )
    scene.wait_camera("second", "chart.document.picture")
    scene.shot("second", "chart-documents")
    seen.note(
        f"the second desktop, enrolled now, had her chart after {waited:.1f} s "
        "and shows note, chat, prescription, consent and photo"
    )


def _appears(scene: Scene, seen: Findings, tab: str, wanted: list[str]) -> None:
    listing = LISTS.get(tab, "chart.rows")

    def there() -> bool:
        listed = " ".join(rows(scene, listing, "second"))
        return bool(listed) and all(text in listed for text in wanted)

    try:
        wait_until(f"{tab} on the second desktop", there, 20, 0.3)
    except Unavailable:
        seen.expect(False, f"{tab} on the second desktop: {wanted}", rows(scene, listing, "second"))


def _digests(scene: Scene, seen: Findings) -> None:
    told = {}
    wait_until(
        "the centre to have what the second desktop opened",
        lambda: bool(ALL_THERE.search(scene.hands["second"].text("status.sync"))), ARRIVE_S, 0.3,
    )  # fmt: skip
    scene.hands["second"].quit()
    wait_until(
        "the desktop to have it too",
        lambda: bool(ALL_THERE.search(scene.desktop.text("status.sync"))), ARRIVE_S, 0.3,
    )  # fmt: skip
    scene.desktop.quit()
    for name in ("desktop", "second"):
        told[name] = json.loads(_asked(scene, name, "clinic", "digest"))
    seen.expect(told["desktop"] == told["second"], "both records to be byte-equal", told)
    seen.note(
        f"both records equal: {told['second']['facts']} facts, hash {told['second']['facts_hash'][:16]}…"
    )
    signed = json.loads(_asked(scene, "second", "clinic.showcase.verify"))
    for kind in ("consents", "notes", "prescriptions"):
        held = signed[kind]
        seen.expect(
            held["signed"] == held["valid"] == 1,
            f"one signed of {kind}, verified on the second desktop",
            held,
        )
    seen.note("consent, note and prescription verified there with the keys of the trust log")


def _asked(scene: Scene, name: str, *program: str) -> str:
    """What a headless program says about the patient's record on a machine."""
    return scene.stage.run(
        name,
        *program,
        "--home",
        str(scene.home(name)),
        "--password-file",
        str(scene.password_file(name)),
        "--patient",
        scene.patient,
    )
