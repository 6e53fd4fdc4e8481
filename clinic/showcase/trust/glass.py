# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 5: an emergency. A nurse of another team sees the summary, then the whole chart for four hours; all of it is written
down first, the patient's team hears of it the same day, and somebody else looks into it."""

import shutil
from datetime import datetime, timedelta
from typing import Any

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.arrival import ALL_THERE
from clinic.showcase.steps.queue import rows
from clinic.showcase.trust.acts import looked, sync
from clinic.showcase.trust.enrolment import keep_custody
from clinic.showcase.trust.people import CLINICIAN, FOUND, NURSE, REASON
from clinic.showcase.trust.seats import come_in, rise, unlock, until_row
from clinic.showcase.trust.terminal import Terminal

BREAK_GLASS = "break-glass"
LATER_S = 4 * 3600 + 300


def run(scene: Scene, seen: Findings) -> None:
    come_in(scene, "desktop")
    _find(scene, seen)
    _summary(scene, seen)
    _without_custodian(scene, seen)
    _whole_chart(scene, seen)
    _team_is_told(scene, seen)
    _reviewed(scene, seen)
    for side in ("second", "desktop"):
        rise(scene, side)
    _written_first(scene, seen)
    _gone_after_four_hours(scene, seen)


def _find(scene: Scene, seen: Findings) -> None:
    """She is no patient of the nurse's team: the ordinary search does not know her."""
    second = unlock(scene, "second")
    second.click("shell.rail.patients")
    second.type("patients.search", cast.NUMBER)
    second.wait("patients.empty", timeout_s=20)
    seen.expect(
        not rows(scene, "patients.list", "second"),
        "nobody in the nurse's own list",
        rows(scene, "patients.list", "second"),
    )
    second.click("patients.elsewhere")
    second.wait("emergency.search", timeout_s=15)
    row = until_row(
        scene,
        "second",
        "emergency.people",
        lambda text: cast.FAMILY in text,
        "the patient of the other team",
        60,
    )
    second.choose("emergency.people", row=row)
    seen.expect(
        not second.read("emergency.summary")["enabled"],
        "nothing to open without a reason",
        "emergency.summary",
    )
    second.type("emergency.reason", REASON)


def _summary(scene: Scene, seen: Findings) -> None:
    second = scene.second
    second.wait("emergency.summary", enabled=True, timeout_s=10)
    second.click("emergency.summary")
    text = str(second.wait("emergency.text", text="(?s).{40}", timeout_s=20).get("text", ""))
    seen.expect("enicilin" in text, "the allergy in the summary", text[:120])
    scene.shot("second", "summary")
    second.click("emergency.back")


def _ask(scene: Scene) -> None:
    second = scene.second
    second.wait("emergency.reason", timeout_s=10)
    second.type("emergency.reason", REASON, clear=True)
    second.type("emergency.password", scene.password("second"))
    second.wait("emergency.whole", enabled=True, timeout_s=10)


def _without_custodian(scene: Scene, seen: Findings) -> None:
    """Nobody holds the patient's key for her: refused, with whom to phone, and written down all the same."""
    scene.actors.pop("custodian").end()
    second = scene.second
    _ask(scene)
    second.click("emergency.whole")
    said = str(second.wait("emergency.notice", timeout_s=40).get("text", ""))
    seen.expect(bool(said) and not second.exists("emergency.title"), "no chart without a custodian", said)
    scene.shot("second", "no-custodian")
    keep_custody(scene)


def _whole_chart(scene: Scene, seen: Findings) -> None:
    """The custodian seals this patient's key, and no other, to the nurse at her computer."""
    second = scene.second

    def there() -> bool:
        _ask(scene)
        scene.shot("second", "asking") if "asked" not in scene.texts else None
        scene.texts["asked"] = "yes"
        second.click("emergency.whole")
        wait_until(
            "an answer", lambda: second.exists("emergency.title") or second.exists("emergency.notice"), 40
        )
        return second.exists("emergency.title")

    wait_until("the custodian's answer", there, 60, 1.0)
    text = second.text("emergency.text")
    band = str(second.wait("emergency.band", timeout_s=10).get("text", ""))
    scene.shot("second", "whole-chart")
    seen.expect(cast.FAMILY in second.text("emergency.title"), "her chart", second.text("emergency.title"))
    seen.expect(len(text) > 300, "notes and readings in it", len(text))
    scene.texts["band"] = band


def _team_is_told(scene: Scene, seen: Findings) -> None:
    desktop = scene.desktop
    desktop.click("shell.rail.today")
    told = desktop.wait("today.reviews", timeout_s=60)
    wait_until(
        "the nurse's name on the team's own screen", lambda: NURSE in _spoken(scene, "today.reviews"), 30
    )
    said = _spoken(scene, "today.reviews")
    scene.shot("desktop", "team-is-told")
    seen.expect(
        cast.FAMILY in said and REASON[:20] in said, "whose chart and why, on the team's Today", said or told
    )


def _spoken(scene: Scene, widget: str) -> str:
    """All that a notice says: its text and what stands below."""
    hands = scene.desktop
    return " ".join(
        hands.text(f"{widget}.{part}") for part in ("text", "next") if hands.exists(f"{widget}.{part}")
    )


def _reviewed(scene: Scene, seen: Findings) -> None:
    """By the clinician of the patient's team: not by who opened it."""
    desktop = scene.desktop
    desktop.click("today.reviews.action")
    desktop.choose(
        "emergency.reviews",
        row=until_row(scene, "desktop", "emergency.reviews", lambda row: NURSE in row, "the review"),
    )
    desktop.wait("emergency.finding", timeout_s=10)
    desktop.type("emergency.finding", FOUND)
    scene.shot("desktop", "review")
    wait_until("the message about a red flag to go", lambda: not desktop.exists("toast"), 30)
    desktop.click("emergency.close_review")
    wait_until("the review to be closed", lambda: not desktop.exists("emergency.reviews"), 20)
    wait_until("the centre to have it", lambda: bool(ALL_THERE.search(desktop.text("status.sync"))), 60, 0.3)
    seen.expect(
        not rows(scene, "emergency.reviews", "second"), "no review for the nurse to close herself", "a row"
    )


def _written_first(scene: Scene, seen: Findings) -> None:
    """What each side's own audit says, in the order in which it was written."""
    sync(scene, "second", "officer", "desktop")
    own = [one for one in looked(scene, "second", "entries")["entries"] if one["here"]]
    asked = [one for one in own if one["action"] == BREAK_GLASS and "chart of" in one["entity"]]
    read = [one for one in own if one["action"] == "read" and "chart of" in one["entity"]]
    summaries = [one for one in own if one["action"] == BREAK_GLASS and "summary of" in one["entity"]]
    seen.expect(len(asked) >= 2, "an entry for the request nobody met, and one for the other", asked)
    seen.expect(
        len(summaries) == 1 and REASON in summaries[0]["entity"],
        "the reading of the summary, with its reason",
        summaries,
    )
    seen.expect(
        bool(read) and bool(asked) and _before(asked[-1], read[0]),
        "asking written down before reading",
        (asked, read),
    )
    told = looked(scene, "officer", "entries", "--patient", scene.patient)["entries"]
    custody = [one for one in told if one["action"] == BREAK_GLASS]
    seen.expect(
        len(custody) == 1 and custody[0]["name"] == NURSE and REASON in custody[0]["entity"],
        "one opening on the patient's chart, in the nurse's name, with her reason", custody,
    )  # fmt: skip
    if custody and read:
        first = datetime.fromisoformat(custody[0]["at"]) <= datetime.fromisoformat(read[0]["at"])
        seen.expect(
            first, "the custodian's entry before the chart was read", (custody[0]["at"], read[0]["at"])
        )
    terminal = Terminal(scene)
    terminal.verb("officer", "audit", "--action", BREAK_GLASS)
    terminal.shot("audit-of-the-emergency")


def _before(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["device"] == other["device"] and one["sequence"] < other["sequence"])


def _gone_after_four_hours(scene: Scene, seen: Findings) -> None:
    """On a copy of the nurse's store, by a program whose clock is set five minutes past the four hours."""
    now = looked(scene, "second", "glass", "--patient", scene.patient)
    copy = scene.home("second-later")
    shutil.copytree(scene.home("second"), copy)
    shutil.copy(scene.password_file("second"), scene.password_file("second-later"))
    words = ("--patient", scene.patient, "--ahead", str(LATER_S))
    later = looked(scene, "second-later", "glass", *words, machine="second")
    seen.expect(now["refused"] == "" and now["files"] > 0, "the chart to be open now", now)
    seen.expect(
        bool(later["refused"]) and later["files"] == 0, "the chart to be forgotten after four hours", later
    )
    until = datetime.fromisoformat(now["until"]) - datetime.now().astimezone()
    seen.expect(
        timedelta(hours=3, minutes=50) < until <= timedelta(hours=4), "four hours from the opening", until
    )
    seen.note(
        f"written down first, told to {CLINICIAN} on the same day, reviewed by her; forgotten after four hours"
    )
