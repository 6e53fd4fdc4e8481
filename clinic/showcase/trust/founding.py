# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 1: an organisation is founded; its root key lies on three sheets of paper, any two of which give it back."""

import json
from itertools import combinations

from clinic.domain.errors import Refusal
from clinic.keys.identity import RootKeys
from clinic.keys.sheets import join, read_sheet
from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.founding import keep_password, serve, words_of
from clinic.showcase.scene import Scene
from clinic.showcase.trust.acts import looked, sheets
from clinic.showcase.trust.paper import page_of, qr_of_paper
from clinic.showcase.trust.people import ADMIN, MACHINES, OTHER_TEAM
from clinic.showcase.trust.terminal import Terminal, told

PEOPLE, SEED = 12, 7
SHEETS = "root-sheets"


def run(scene: Scene, seen: Findings) -> None:
    for name in MACHINES:
        keep_password(scene.password_file(name))
    scene.texts["server"] = serve(scene)
    _found(scene, seen)
    _read_the_sheets(scene, seen)
    _fill(scene)


def _found(scene: Scene, seen: Findings) -> None:
    terminal = Terminal(scene)
    said = told(
        terminal.verb(
            "station", "found", "--server", scene.texts["server"], "--name", cast.ORGANISATION, "--admin", ADMIN,
            "--device-name", cast.STATION_NAME, "--sheets", str(scene.home(SHEETS)), "--lang", scene.language,
        )
    )  # fmt: skip
    terminal.shot("founding")
    scene.texts["fingerprint"] = str(said["fingerprint"])
    made = [path.name for path in sheets(scene, SHEETS)]
    seen.expect(len(made) == 3, "three sheets of the root key", made)


def _read_the_sheets(scene: Scene, seen: Findings) -> None:
    """As printed: each code is read off the picture of its page."""
    papers = sheets(scene, SHEETS)
    texts = [qr_of_paper(scene, paper) for paper in papers]
    page_of(scene, papers[0], "root-sheet")
    log = looked(scene, "station", "log")
    pairs = [_root_of(list(pair)) for pair in combinations(texts, 2)]
    seen.expect(pairs == [log["root"]] * 3, "each two of the sheets to give the root key", pairs)
    for alone in texts:
        seen.expect(_root_of([alone, alone]) == "", "one sheet alone to give nothing", alone[:9])
    seen.expect(
        log["fingerprint"] == scene.texts["fingerprint"], "the log of that fingerprint", log["fingerprint"]
    )
    seen.note(
        f"organisation {scene.texts['fingerprint'][:16]}…; any two of three printed sheets give its root key"
    )


def _root_of(texts: list[str]) -> str:
    """The public half of the root key that these sheets hold; '' when they give none."""
    try:
        seed = join([read_sheet(text) for text in texts])
    except Refusal:
        return ""
    return RootKeys.decode(RootKeys.MARK + seed + seed).public.signing.hex()


def _fill(scene: Scene) -> None:
    """Invented patients of the first team, and a second team."""
    card = scene.stage.folder / "machines" / "card.text"
    loaded = scene.stage.run(
        "station", "clinic.showcase.prepare", *words_of(scene, "station"), "--people", str(PEOPLE), "--seed", str(SEED),
        "--card", str(card),
    )  # fmt: skip
    card.unlink()
    scene.patient = str(json.loads(loaded)["patient"])
    scene.stage.run("station", "clinic", "add-team", *words_of(scene, "station"), "--name", OTHER_TEAM)
