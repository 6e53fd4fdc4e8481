# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 2: the waiting room, the clinician's queue by red flags and NEWS2, and the chart that remembers who opened it."""

from typing import Any

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until

FLAGS = {
    "es": "Señal de alarma: falta de aire",
    "en": "Red flag: trouble breathing",
    "pt": "Sinal de alarme: falta de ar",
}


def run(scene: Scene, seen: Findings) -> None:
    desktop, kiosk = scene.desktop, scene.kiosk
    ticket = kiosk.text("kiosk.waiting.ticket")
    arrived = wait_until(
        "the patient in the clinician's queue",
        lambda: any(_hers(row) for row in rows(scene, "today.queue")),
        30,
    )
    listed = rows(scene, "today.queue")
    seen.expect(len(listed) == 1 + len(cast.WAITERS), "three people in the queue", listed)
    seen.expect(bool(listed) and _hers(listed[0]), "the red flag first although she came last", listed)
    flag = FLAGS[scene.language]
    seen.expect(bool(listed) and flag in listed[0], f"in words why she is first: {flag}", listed[:1])
    seen.expect(bool(listed) and "NEWS2 6" in listed[0], "NEWS2 6 from what she measured", listed[:1])
    scene.shot("desktop", "queue")
    place = kiosk.wait("kiosk.waiting.place", text="1", timeout_s=15)
    seen.expect("1" in str(place.get("text", "")), "the kiosk to show place 1", place.get("text"))
    scene.shot("kiosk", "waiting-room")
    desktop.choose("today.queue", row=0)
    desktop.click("today.open")
    desktop.wait("visit.banner.name", timeout_s=15)
    desktop.click("visit.chart")
    name = desktop.wait("chart.banner.name", text=cast.FAMILY, timeout_s=10)
    seen.expect(cast.FAMILY in str(name.get("text", "")), f"the chart of {cast.FAMILY}", name.get("text"))
    scene.shot("desktop", "chart")
    desktop.click("chart.tab.opened")
    scene.pause(0.3)
    opened = rows(scene, "chart.rows")
    seen.expect(any(cast.CLINICIAN in row for row in opened), f"an audit entry of {cast.CLINICIAN}", opened)
    scene.shot("desktop", "chart-opened-by")
    seen.note(
        f"ticket {ticket} reached the queue in {arrived:.1f} s and stands first of {len(listed)}; "
        "opening the chart was written down",
        to_queue_s=round(arrived, 2),
    )


def rows(scene: Scene, widget: str, side: str = "desktop") -> list[str]:
    """What the rows of a list say, one line each; [] while it is not there."""
    hands = scene.hands[side]
    if not hands.exists(widget):
        return []
    return [_line(item) for item in hands.read(widget).get("items") or []]


def _line(item: Any) -> str:
    return " ".join(map(str, item)) if isinstance(item, (list, tuple)) else str(item)


def _hers(row: str) -> bool:
    return cast.FAMILY in row
