# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 6: a computer is lost. It is believed no more, its teams get new keys, and it destroys its store when it is next here."""

import json
import shutil

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.founding import words_of
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.arrival import ALL_THERE
from clinic.showcase.trust.acts import looked, sync
from clinic.showcase.trust.enrolment import rest_custody
from clinic.showcase.trust.people import AFTER_FAMILY, AFTER_GIVEN, AFTER_NUMBER, WHY_LOST
from clinic.showcase.trust.seats import awake, come_in, rise, until_row
from clinic.showcase.trust.terminal import Terminal

STOLEN = "desktop-copied"
LEFT = {"lock", "log"}
"""All that a wiped desktop's folder holds (`clinic.services.wiping`)."""


def run(scene: Scene, seen: Findings) -> None:
    sync(scene, "officer")
    before = looked(scene, "officer", "log")
    _revoke(scene, seen)
    _register(scene)
    rise(scene, "station")
    rest_custody(scene)
    sync(scene, "keeper")
    shutil.copytree(scene.home("desktop"), scene.home(STOLEN))
    shutil.copy(scene.password_file("desktop"), scene.password_file(STOLEN))
    _new_keys(scene, seen, before)
    _cannot_read(scene, seen)
    _kept_out(scene, seen)
    _wiped(scene, seen)
    _receipt(scene, seen)


def _revoke(scene: Scene, seen: Findings) -> None:
    """On the administrator's screen; asked twice."""
    awake(scene)
    admin = scene.hands["station"]
    choose_computer(scene, "station", cast.DESKTOP_NAME)
    admin.type("organisation.why", WHY_LOST)
    admin.click("organisation.revoke")
    warned = str(admin.wait("organisation.warning.text", timeout_s=15).get("text", ""))
    scene.shot("station", "revoking")
    seen.expect(bool(warned), "to be asked twice before a computer is revoked")
    admin.click("organisation.revoke")
    admin.wait("organisation.revoke", hidden=True, timeout_s=40)
    scene.shot("station", "revoked")


def choose_computer(scene: Scene, side: str, name: str) -> None:
    """Its line on the page of people and computers."""
    hands = scene.hands[side]
    if not hands.exists("organisation.tab"):
        hands.click("shell.organisation")
        hands.wait("organisation.tab", timeout_s=20)
    hands.choose("organisation.tab", row=1)
    hands.choose(
        "organisation.list",
        row=until_row(scene, side, "organisation.list", lambda row: name in row, f"{name} on the page"),
    )


def _register(scene: Scene) -> None:
    """Somebody comes for the first time, after the loss; the record goes to the centre."""
    admin = scene.hands["station"]
    admin.click("shell.rail.patients")
    admin.click("patients.new")
    for field, text in (
        ("family", AFTER_FAMILY),
        ("given", AFTER_GIVEN),
        ("birth", "3/3/1974"),
        ("dni", AFTER_NUMBER),
    ):
        admin.type(f"patients.new.{field}", text)
    admin.click("patients.new.save")
    admin.wait("chart.banner", timeout_s=20)
    scene.shot("station", "registered-afterwards")
    wait_until("the centre to have her", lambda: bool(ALL_THERE.search(admin.text("status.sync"))), 60, 0.3)


def _new_keys(scene: Scene, seen: Findings, before: dict[str, object]) -> None:
    sync(scene, "officer")
    after = looked(scene, "officer", "log")
    was, now = (_epoch(log) for log in (before, after))
    seen.expect(
        cast.DESKTOP_NAME in _list(after, "revoked"), "the computer revoked in the log", after["revoked"]
    )
    seen.expect(now == was + 1, "the next key for its team", (was, now))
    lost = looked(scene, STOLEN, "log", machine="desktop")
    held = _list(lost, "keys")
    seen.expect(f"{cast.ORGANISATION} {was}" in held, "the old key on the lost computer", held)
    seen.expect(f"{cast.ORGANISATION} {now}" not in held, "no new key on the lost computer", held)


def _epoch(log: dict[str, object]) -> int:
    teams = log["teams"]
    assert isinstance(teams, dict)
    return int(teams[cast.ORGANISATION]["epoch"])


def _list(log: dict[str, object], name: str) -> list[str]:
    found = log[name]
    assert isinstance(found, list)
    return found


def _cannot_read(scene: Scene, seen: Findings) -> None:
    """What a custodian gets of the centre, as if the thief got it: the key of what was there before is hers, of what came after
    it is not."""
    new = str(looked(scene, "station", "who", "--name", AFTER_FAMILY)["patient"])
    for patient, fits in ((scene.patient, "old"), (new, "new")):
        file = scene.stage.temp / f"{fits}.json"
        words = ("--patient", patient, "--file", str(file))
        looked(scene, "keeper", "sealed", *words)
        ours = looked(scene, "station", "opens", *words)
        theirs = looked(scene, STOLEN, "opens", *words, machine="desktop")
        seen.expect(ours["opened"] > 0, f"the clinic to have the keys ({fits})", ours)
        if fits == "old":
            seen.expect(
                theirs["opened"] > 0, "the lost computer to have the key of what it could read before", theirs
            )
        else:
            seen.expect(theirs["opened"] == 0, "the lost computer to have no key of what came after", theirs)
            seen.note(f"0 of {theirs['keys']} newer keys follow from what the lost computer holds")


def _kept_out(scene: Scene, seen: Findings) -> None:
    """The thief's copy asks the centre with its own key, by a program that does not ask its own rules first."""
    seen.expect(looked(scene, "station", "asks")["computers"] > 0, "the centre to answer the clinic")
    ended = scene.stage.outcome("desktop", "clinic.showcase.trust.probe", "asks", *words_of(scene, STOLEN))
    refused = ended.code == 3 and "revoked" in ended.said
    seen.expect(refused, "the centre to refuse the lost computer", (ended.code, ended.said[-120:]))
    terminal = Terminal(scene)
    code = terminal.verb(
        "desktop", "export-pdf", "--patient", scene.patient, "--out", str(scene.stage.temp / "x.pdf")
    ).code
    seen.expect(code != 0, "its own program to refuse as well", code)
    code = terminal.verb("desktop", "sync").code
    seen.expect(code != 0, "no exchange for a revoked computer", code)
    terminal.shot("kept-out")


def _wiped(scene: Scene, seen: Findings) -> None:
    """Ordered by the administrator; done when the computer is next unlocked with a connection."""
    terminal = Terminal(scene)
    ordered = terminal.verb("station", "wipe", "--computer", cast.DESKTOP_NAME, "--reason", WHY_LOST)
    seen.expect(ordered.code == 0, "the order to be signed", ordered.code)
    done = terminal.verb("desktop", "sync")
    seen.expect(
        done.code == 3 and '"wiped"' in done.printed, "the computer to obey", (done.code, done.printed)
    )
    again = terminal.verb("desktop", "status")
    terminal.shot("wiped")
    left = {path.name for path in scene.home("desktop").iterdir()}
    seen.expect(left <= LEFT, "an empty folder", left - LEFT)
    seen.expect(again.code != 0, "nothing to open with the right password", again.code)


def _receipt(scene: Scene, seen: Findings) -> None:
    """Signed by the wiped computer, brought to the centre, checked by the administrator's."""
    listed = scene.stage.run("station", "clinic", "computers", *words_of(scene, "station"))
    rows = [json.loads(line) for line in listed.splitlines() if line.startswith("{")]
    wiped = next(row for row in rows if row["computer"] == cast.DESKTOP_NAME).get("wipe")
    seen.expect(isinstance(wiped, dict) and bool(wiped.get("done")), "a receipt of the wipe", wiped)
    come_in(scene, "station")
    choose_computer(scene, "station", cast.DESKTOP_NAME)
    scene.shot("station", "receipt")
    rise(scene, "station")
