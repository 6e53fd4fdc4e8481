# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 7: all administrators are lost. Two of the three sheets make a new one on a new computer; one sheet does not."""

from itertools import combinations
from pathlib import Path

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import Outcome
from clinic.showcase.trust.acts import looked, sheets, sync
from clinic.showcase.trust.enrolment import rest_custody
from clinic.showcase.trust.founding import SHEETS, root_of
from clinic.showcase.trust.lost import choose_computer
from clinic.showcase.trust.paper import qr_of_paper
from clinic.showcase.trust.people import ADMIN, NEW_ADMIN, NEW_COMPUTER, WHY_TAKEN
from clinic.showcase.trust.seats import come_in, rise
from clinic.showcase.trust.terminal import Terminal

NEW_SHEETS = "new-sheets"
NEW = "fresh"


def run(scene: Scene, seen: Findings) -> None:
    papers = _typed_out(scene)
    _one_is_too_few(scene, seen, papers)
    _two_are_enough(scene, seen, papers)
    _what_the_log_says(scene, seen)
    _old_ones_count_no_more(scene, seen, papers)
    _opens_nothing(scene, seen)
    _revokes_the_old(scene, seen)


def _typed_out(scene: Scene) -> list[Path]:
    """What a scanner reads off the three printed pages, one file a sheet."""
    made = []
    for number, paper in enumerate(sheets(scene, SHEETS), start=1):
        file = scene.stage.temp / f"sheet-{number}.txt"
        file.write_text(qr_of_paper(scene, paper), encoding="utf-8")
        made.append(file)
    return made


def _take_over(scene: Scene, terminal: Terminal, home: str, papers: list[Path], new: str) -> Outcome:
    words = [word for paper in papers for word in ("--sheet", str(paper))]
    return terminal.run(
        NEW, "station", "clinic", "take-over", "--home", str(scene.home(home)), "--password-file",
        str(scene.password_file(NEW)), "--server", scene.texts["server"], "--admin", NEW_ADMIN,
        "--device-name", NEW_COMPUTER, *words, "--reason", WHY_TAKEN, "--sheets", str(scene.home(new)),
        "--lang", scene.language,
    )  # fmt: skip


def _one_is_too_few(scene: Scene, seen: Findings, papers: list[Path]) -> None:
    terminal = Terminal(scene)
    ended = _take_over(scene, terminal, NEW, [papers[0], papers[0]], NEW_SHEETS)
    terminal.shot("one-sheet")
    seen.expect(ended.code == 3, "one sheet alone to be refused", ended.code)
    made = (scene.home(NEW) / "slots.bin").exists() or bool(sheets(scene, NEW_SHEETS))
    seen.expect(not made, "no profile and no new sheets from one sheet")


def _two_are_enough(scene: Scene, seen: Findings, papers: list[Path]) -> None:
    terminal = Terminal(scene)
    ended = _take_over(scene, terminal, NEW, [papers[0], papers[2]], NEW_SHEETS)
    terminal.shot("two-sheets")
    seen.expect(ended.code == 0, "two sheets to make a new administrator", (ended.code, ended.said[-160:]))


def _what_the_log_says(scene: Scene, seen: Findings) -> None:
    """By a colleague's computer, which was there before and follows the log by itself."""
    before = looked(scene, "officer", "log")
    sync(scene, "officer")
    after = looked(scene, "officer", "log")
    seen.expect(
        NEW_ADMIN in after["administrators"], "the new administrator in the log", after["administrators"]
    )
    seen.expect(after["root"] != before["root"], "another root key", after["root"])
    seen.expect(after["fingerprint"] == before["fingerprint"], "the same organisation", after["fingerprint"])
    texts = [qr_of_paper(scene, paper) for paper in sheets(scene, NEW_SHEETS)]
    pairs = [root_of(list(pair)) for pair in combinations(texts, 2)]
    seen.expect(pairs == [after["root"]] * 3, "each two of the new sheets to give the new root key", pairs)


def _old_ones_count_no_more(scene: Scene, seen: Findings, papers: list[Path]) -> None:
    terminal = Terminal(scene)
    ended = _take_over(scene, terminal, "late", papers[1:], "late-sheets")
    terminal.shot("old-sheets")
    seen.expect(ended.code == 3, "the old sheets to be refused", ended.code)


def _opens_nothing(scene: Scene, seen: Findings) -> None:
    """Whoever has two sheets governs, and reads no record."""
    file = scene.stage.temp / "sealed.json"
    words = ("--patient", scene.patient, "--file", str(file))
    rest_custody(scene)
    looked(scene, "keeper", "sealed", *words)
    mine, opened = looked(scene, NEW, "log"), looked(scene, NEW, "opens", *words)
    seen.expect(mine["keys"] == [], "no key of a team", mine["keys"])
    seen.expect(opened["keys"] > 0 and opened["opened"] == 0, "no record opened by two sheets", opened)


def _revokes_the_old(scene: Scene, seen: Findings) -> None:
    """On her screen: the computer of the administrator who is gone."""
    hands = come_in(scene, NEW)
    choose_computer(scene, NEW, cast.STATION_NAME)
    hands.type("organisation.why", WHY_TAKEN)
    hands.click("organisation.revoke")
    hands.wait("organisation.warning.text", timeout_s=15)
    hands.click("organisation.revoke")
    hands.wait("organisation.revoke", hidden=True, timeout_s=40)
    scene.shot(NEW, "new-administrator")
    rise(scene, NEW)
    sync(scene, "officer")
    log = looked(scene, "officer", "log")
    seen.expect(
        cast.STATION_NAME in log["revoked"], "the old administrator's computer revoked", log["revoked"]
    )
    seen.expect(ADMIN not in log["administrators"], "one administrator: the new one", log["administrators"])
    seen.note("two of three sheets made a new administrator; she governs, and holds no key of a record")
