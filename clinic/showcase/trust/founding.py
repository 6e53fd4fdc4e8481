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
SHEETS, STRANGE_SHEETS = "root-sheets", "strange-sheets"


def run(scene: Scene, seen: Findings) -> None:
    for name in MACHINES:
        keep_password(scene.password_file(name))
    code = _prepare_the_centre(scene)
    scene.texts["server"] = serve(scene)
    _strangers_do_not_found(scene, seen)
    _found(scene, seen, code)
    read_the_sheets(scene, seen)
    _fill(scene)


def _prepare_the_centre(scene: Scene) -> str:
    """The founding code, as `posta server init` prints it."""
    terminal, home = Terminal(scene), str(scene.home("server"))
    said = told(terminal.run("server", "server", "sync_server", "init", "--data", home))
    terminal.shot("centre")
    return str(said["founding_code"])


def _strangers_do_not_found(scene: Scene, seen: Findings) -> None:
    """Whoever finds the address first, without the code."""
    terminal = Terminal(scene)
    ended = terminal.verb(
        "fresh", "found", *_words(scene, STRANGE_SHEETS), "--founding-code", "0000-0000-0000-0000"
    )
    terminal.shot("stranger")
    seen.expect(ended.code == 3, "no founding without the centre's code", ended.code)
    left = [path.name for path in scene.home("fresh").glob("slots.*")] + sheets(scene, STRANGE_SHEETS)
    seen.expect(not left, "no profile and no sheets from a refused founding", left)


def _words(scene: Scene, folder: str) -> tuple[str, ...]:
    return (
        "--server", scene.texts["server"], "--name", cast.ORGANISATION, "--admin", ADMIN, "--device-name",
        cast.STATION_NAME, "--sheets", str(scene.home(folder)), "--lang", scene.language,
    )  # fmt: skip


def _found(scene: Scene, seen: Findings, code: str) -> None:
    terminal = Terminal(scene)
    said = told(terminal.verb("station", "found", *_words(scene, SHEETS), "--founding-code", code))
    terminal.shot("founding")
    scene.texts["fingerprint"] = str(said["fingerprint"])
    made = [path.name for path in sheets(scene, SHEETS)]
    seen.expect(len(made) == 3, "three sheets of the root key", made)


def read_the_sheets(scene: Scene, seen: Findings) -> None:
    """As printed: each code is read off the picture of its page."""
    papers = sheets(scene, SHEETS)
    texts = [qr_of_paper(scene, paper) for paper in papers]
    page_of(scene, papers[0], "root-sheet")
    log = looked(scene, "station", "log")
    pairs = [root_of(list(pair)) for pair in combinations(texts, 2)]
    seen.expect(pairs == [log["root"]] * 3, "each two of the sheets to give the root key", pairs)
    for alone in texts:
        seen.expect(root_of([alone, alone]) == "", "one sheet alone to give nothing", alone[:9])
    seen.expect(
        log["fingerprint"] == scene.texts["fingerprint"], "the log of that fingerprint", log["fingerprint"]
    )
    seen.note(
        f"organisation {scene.texts['fingerprint'][:16]}…; any two of three printed sheets give its root key"
    )


def root_of(texts: list[str]) -> str:
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
